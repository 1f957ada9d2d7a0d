"""Benchmarks of `empower`: ratios taken inside one run, and the tests that make the ratios honest."""

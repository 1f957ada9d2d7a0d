"""What others read of a pack: JSON Schema for hosts and editors, and Python models for type checkers. `schema` has the one of `pack.yaml`."""

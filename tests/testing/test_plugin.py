"""The plugin of pytest: cases are tests, a pack that cannot be read is told in its author's words, and nobody else notices it."""

from __future__ import annotations

from pathlib import Path

import pytest

import pytest_empower
from empower.testing import LAWS  # loaded here, so that not every run below loads it anew
from testing.shop import CASES, PACK, write_shop


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Pytest as somebody runs it who has empower installed."""
    return pytester.runpytest("-p", "pytest_empower", *arguments)


def run_apart(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """The same in a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(pytest_empower.__file__).parent))
        return pytester.runpytest_subprocess("-p", "pytest_empower", *arguments)


def test_each_case_is_a_test_by_its_sentence(pytester: pytest.Pytester) -> None:
    """The cases, then the examples under rules; any of them can be run alone."""
    write_shop(pytester.path / "rules" / "shop")
    result = run(pytester, "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["rules/shop/cases.yaml::gives twenty PASSED*", "rules/shop/cases.yaml::has many lines PASSED*"])
    run(pytester, "rules/shop/cases.yaml", "-k", "loyal").assert_outcomes(passed=1, deselected=2)
    run(pytester, "rules/shop/cases.yaml::gives twenty").assert_outcomes(passed=1)


def test_a_failure_is_a_difference_and_no_traceback(pytester: pytest.Pytester) -> None:
    """Where the case stands, what was expected and what was found, what staff hear, and the guardrail by its line."""
    write_shop(pytester.path, CASES + "- {it: gives thirty, action: refund 30, expect: {outcome: allow, limit: 30}}\n")
    result = run(pytester)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*cases.yaml:4: it gives thirty",
            "  - outcome: allow",
            "  + outcome: escalate",
            "  - limit: 30.00",
            "  + limit: 20.00",
            "  staff hear: *manager*",
            "  *pack.yaml:*: by-role",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "runtest" not in result.stdout.str()


def test_the_last_failures_can_be_run_again(pytester: pytest.Pytester) -> None:
    """`--lf` finds them by their sentence, also where two cases have the same."""
    write_shop(pytester.path, CASES + "- {it: gives twenty, action: refund 21, expect: allow}\n")
    run(pytester).assert_outcomes(passed=3, failed=1)
    result = run(pytester, "--lf", "-v")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["cases.yaml::gives twenty (2) FAILED*"])


@pytest.mark.parametrize(
    ("cases", "pack", "message"),
    [
        ("- {it: a, action: refund 5, expect: alow}\n", PACK, "*cases.yaml:1:*: bad-case: 'alow' is not an outcome"),
        (CASES, PACK.replace("order.lines > 3", "order.line > 3"), "*pack.yaml:*: *'order.line'*"),
    ],
)
def test_what_cannot_be_read_is_told_in_the_words_of_its_author(pytester: pytest.Pytester, cases: str, pack: str, message: str) -> None:
    """A pack or a case that cannot be read is an error of collection: the problem, its place, and how to mend it."""
    write_shop(pytester.path, cases, pack)
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message, "  help: did you mean *"])
    assert "Traceback" not in result.stdout.str()


def test_laws_are_added_where_they_are_asked_for(pytester: pytest.Pytester) -> None:
    """`--empower-laws` holds each pack to every law, also one that has no cases."""
    write_shop(pytester.path / "one")
    write_shop(pytester.path / "two", "")
    run(pytester).assert_outcomes(passed=3)
    result = run(pytester, "--empower-laws", "-k", "exceeded", "-v")
    result.assert_outcomes(passed=2, deselected=2 * len(LAWS) + 4)
    result.stdout.fnmatch_lines(["one/cases.yaml::law 1, never exceeded PASSED*", "two/pack.yaml::law 1, never exceeded PASSED*"])


def test_a_broken_law_is_told_without_a_traceback(pytester: pytest.Pytester) -> None:
    """The law, the request and both answers."""
    write_shop(pytester.path)
    pytester.makeconftest(
        """
        from empower import judge
        limit = judge.limit
        judge.limit = lambda case, speaking: (found := limit(case, speaking)) and found + 1
        """
    )
    result = run_apart(pytester, "--empower-laws", "-k", "exact")
    result.stdout.fnmatch_lines(["law 6, the limit is exact: *", "  action:  refund*", "answer:  *limit*", "but asked for *", "answer:  *"])
    assert "Traceback" not in result.stdout.str()


def test_laws_for_a_pack_in_one_line(pytester: pytest.Pytester) -> None:
    """`PackLaws` needs the name of the pack, seen from the root of the tests. Where warnings are errors, it has none."""
    write_shop(pytester.path / "rules" / "shop", "")
    pytester.makepyfile("from empower.testing import PackLaws\n\nclass TestLaws(PackLaws): pack = 'rules/shop'; examples = 5; days = 2\n")
    result = run(pytester, "-v", "-W", "error")
    result.assert_outcomes(passed=13)
    result.stdout.fnmatch_lines(["*::TestLaws::test_law?law 4, unknown is never generous? PASSED*"])


def test_it_works_with_xdist(pytester: pytest.Pytester) -> None:
    """Each worker collects the same cases."""
    write_shop(pytester.path)
    run(pytester, "-n", "2").assert_outcomes(passed=3)


def test_nothing_is_loaded_until_a_pack_is_met(pytester: pytest.Pytester) -> None:
    """A project without packs pays for one small module; `cases.yaml` and `pack.yaml` alone are somebody else's."""
    (pytester.path / "cases.yaml").write_text("- just: a list\n", encoding="utf-8")
    (pytester.path / "other").mkdir()
    (pytester.path / "other" / "pack.yaml").write_text("name: no pack of ours\n", encoding="utf-8")
    pytester.makepyfile("import sys\n\ndef test_loaded():\n    assert 'pytest_empower' in sys.modules and 'empower' not in sys.modules\n")
    result = run_apart(pytester)
    result.assert_outcomes(passed=1)

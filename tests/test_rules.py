"""Every pack that is shipped: its cases and examples, which pytest runs as they stand beside it, would notice if it changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from empower import PackError, load_pack
from empower.cases import read_cases, run_case, run_cases
from empower.check import check_pack
from empower.checked import CheckedPack
from empower.compile import compile_pack
from empower.demo import shipped_packs
from empower.load import read_pack
from empower.pack import Pack, PackDocument

PACKS = shipped_packs()
NAMES = (
    "airline-care", "coffee-shop", "company", "contact-centre", "grocery-doorstep", "hotel", "online-retail", "parcel-desk", "random-acts", "service-counter",
)  # fmt: skip
CASES_MIN = 20


def test_the_packs_are_found() -> None:
    """Every pack of the project is shipped, and no pack is shipped that is not looked at here."""
    assert set(NAMES) == set(PACKS)


@pytest.mark.parametrize("name", NAMES)
def test_enough_cases(name: str) -> None:
    """A pack has a case for each line of thought, and every outcome in some case."""
    examples = read_cases(load_pack(PACKS[name]))
    assert len([example for example in examples if not example.rule]) >= CASES_MIN
    assert {example.expect["outcome"] for example in examples} == {"allow", "needs_info", "escalate", "deny"}


@pytest.mark.parametrize("name", NAMES)
def test_every_guardrail_is_met(name: str) -> None:
    """Each rule, cap and budget speaks in some case, and each duty comes with some allow: nothing stands there untried."""
    pack = load_pack(PACKS[name])
    decisions = [result.decision for result in run_cases(pack) if result.decision is not None]
    met = {reason.guardrail for decision in decisions for reason in decision.reasons}
    met |= {duty.guardrail for decision in decisions for duty in decision.obligations}
    met |= {option.id for decision in decisions for option in decision.options}
    assert {guardrail for guardrail in pack.about if guardrail not in met} == set()


def without(pack: Pack, place: str, index: int) -> Pack:
    """The pack with one guardrail or offer left out."""
    rest = [each for number, each in enumerate(getattr(pack.document, place)) if number != index]
    return evolve(pack, document=PackDocument(**{**vars(pack.document), place: rest}))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["rules", "caps", "budgets", "menu", "assume"])
def test_every_guardrail_is_missed(name: str, place: str) -> None:
    """Whichever guardrail or offer is left out, some case notices."""
    pack = read_pack(PACKS[name])
    examples = read_cases(check_pack(pack))
    for index, left_out in enumerate(getattr(pack.document, place)):
        rules = compile_pack(check_pack(without(pack, place, index)))
        kept = [example for example in examples if example.rule != left_out.id]
        assert not all(run_case(rules, example).passed for example in kept), f"nobody misses '{left_out.id}'"


@pytest.mark.parametrize("name", NAMES)
def test_every_value_is_served(name: str) -> None:
    """Each value of the mission is served by some guardrail: words on a wall are none."""
    pack = load_pack(PACKS[name])
    assert {about.because for about in pack.about.values()} == set(pack.values)


# -- the runner itself

PACK = """\
pack: tiny
version: 1
currency: GBP
timezone: Europe/London
mission: Put it right.
values: {trust: We trust.}
roles: {ladder: [clerk, manager]}
facts:
  order.total: money 0..1000
  order.lines: integer 0..100
  order.at: instant
  order.day: date, may be never
  order.marks: set of [late, broken]
actions: {refund: {amount: money 0.01..500}, hand_over: {}}
menu: [{id: card, offer: {kind: refund, amount: 1}, because: trust}]
rules:
  - id: lines
    escalate: refund
    to: manager
    when: order.lines > 3
    because: trust
    examples: [RULE]
caps:
  - {id: by-role, for: refund, because: trust, first: [{actor.role: clerk, at_most: 50}, {otherwise: 500}]}
budgets:
  - {id: month, for: refund, per: actor.id, window: calendar month, at_most: {amount: 100, times: 3}, because: trust}
"""
RULE = "{action: refund 5, context: {actor.role: clerk, order.lines: 4}, expect: escalate}"


def write(folder: Path, cases_text: str = "", rule: str = RULE) -> CheckedPack:
    """A small pack with these cases."""
    (folder / "pack.yaml").write_text(PACK.replace("RULE", rule), encoding="utf-8")
    if cases_text:
        (folder / "cases.yaml").write_text(cases_text, encoding="utf-8")
    return load_pack(folder)


GIVEN = "- given: {actor.role: clerk, order.total: 80, order.lines: 1, order.marks: none}\n"


@pytest.mark.parametrize(
    ("case", "difference"),
    [
        ("{it: a, action: refund 50, expect: allow}", ""),
        ("{it: a, action: {kind: refund, amount: 50}, expect: {outcome: allow, amount: 50, limit: 50.00, who: none}}", ""),
        ("{it: a, action: refund 50.01, expect: allow}", "outcome: expected allow, found escalate"),
        ("{it: a, action: refund 50, expect: {outcome: allow, limit: 49}}", "limit: expected 49.00, found 50.00"),
        ("{it: a, action: hand_over, expect: {outcome: allow, limit: 49}}", "limit: expected 49.00, found none"),
        ("{it: a, action: refund 60, expect: {outcome: escalate, who: clerk}}", "who: expected clerk, found manager"),
        ("{it: a, action: refund 60, expect: {outcome: escalate, guardrails: month}}", "guardrails: expected month, found by-role"),
        ("{it: a, action: refund 60, expect: {outcome: escalate, guardrails: by-role, offers: card}}", ""),
        ("{it: a, action: refund 60, approval: manager, expect: allow}", ""),
        ("{it: a, action: rfund 60, expect: {outcome: deny, guardrails: unknown_kind}}", ""),
        ("{it: a, action: refund 60, approval: {id: somebody, role: manager}, expect: allow}", "outcome: expected allow, found escalate"),
        ("{it: a, action: refund 5, context: {order.lines: unknown}, expect: {outcome: needs_info, needs: order.lines}}", ""),
        ("{it: a, action: refund, expect: {outcome: needs_info, needs: action.amount}}", ""),
        ("{it: a, action: refund 5, context: {order: {lines: 4}}, expect: {outcome: escalate, guardrails: [lines]}}", ""),
        ("{it: a, action: refund 20, spent: {month: 80}, expect: {outcome: allow, limit: 20}}", ""),
        ("{it: a, action: refund 21, spent: {month: {amount: 80, times: 2}}, expect: {outcome: escalate, limit: 20}}", ""),
        ("{it: a, action: refund 1, spent: {month: {times: 3}}, expect: {outcome: escalate, limit: none}}", ""),
        ("{it: a, action: {kind: hand_over, order: 5}, expect: allow}", "action.order: is not declared"),
    ],
)
def test_a_case_is_compared_exactly(tmp_path: Path, case: str, difference: str) -> None:
    """Whatever a case names is compared; what differs is said with both values, and a request that cannot be read is a difference."""
    pack = write(tmp_path, f"{GIVEN}- {case}\n")
    result = run_cases(pack)[0]
    assert result.passed == (not difference), str(result)
    assert difference in str(result)
    assert str(result.example) == f"{tmp_path / 'cases.yaml'}:2: it a"


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("{it: a, action: refund 5}", "this case needs 'expect'"),
        ("{it: a, acton: refund 5, action: refund 5, expect: allow}", "'acton' is not a key of a case"),
        ("{it: a, action: refund 5, expect: alow}", "'alow' is not an outcome"),
        ("{it: a, action: refund 5, expect: {limit: 5}}", "what is expected names at least the outcome"),
        ("{it: a, action: refund 5, expect: {outcome: allow, whom: x}}", "'whom' is not something a case can expect"),
        ("{it: a, action: refund 5, expect: {outcome: allow, limit: £5}}", "has a currency symbol"),
        ("{it: a, action: refund 5, spent: {moth: 5}, expect: allow}", "'moth' is not a budget that 'refund' draws from"),
        ("{it: a, action: refund 5, spent: {month: {amount: 5, often: 2}}, expect: allow}", "what 'month' holds is an amount"),
        ("{it: a, action: refund 5, now: soon, expect: allow}", "'soon' is not an instant"),
        ("{it: a, action: [refund], expect: allow}", "an action is a mapping"),
        ("{it: a, action: give me five pounds, expect: allow}", "an action is a mapping"),
        ("{it: a, action: refund 5, context: [x], expect: allow}", "facts are a mapping"),
        ("{it: a, action: refund 5, expect: {outcome: allow, duties: {x: y}}}", "'duties' is a list of names"),
        ("{it: a, action: refund 5, approval: [x], expect: allow}", "an approval names a role"),
        ("{it: a, action: refund 5, approval: {id: m, rle: manager}, expect: allow}", "'actor.rle' is not a fact of this pack"),
        ("{it: a, action: {kind: refund, amount: '1,500'}, expect: allow}", "'1,500'"),
        ("{it: a, action: refund 1, context: {order.tota: 3}, expect: allow}", "'order.tota' is not a fact of this pack"),
        ("{it: a, action: refund 1, context: {order.lines: many}, expect: allow}", "order.lines: must be a whole number"),
        ("{it: a, action: refund 1, context: {order.day: 12/11/2026}, expect: allow}", "order.day: '12/11/2026' is not a date"),
        ("{it: a, action: refund 1, expect: {outcome: escalate, who: a manager}}", "'a manager' is not a role of this pack"),
        ("{it: a, action: refund 1, expect: {outcome: escalate, guardrails: [by-rule]}}", "'by-rule' is not a guardrail of this pack"),
        ("{it: a, action: refund 1, expect: {outcome: allow, duties: [sing]}}", "'sing' is not an obligation of this pack"),
        ("{it: a, action: refund 1, expect: {outcome: allow, advice: by-role}}", "'by-role' is not an advising rule of this pack"),
        ("{it: a, action: refund 1, expect: {outcome: allow, offers: [cart]}}", "'cart' is not an offer of this pack"),
        ("{it: a, action: refund 1, expect: {outcome: needs_info, needs: [order.line]}}", "'order.line' is not a fact of this pack"),
    ],
)
def test_a_bad_case_is_a_problem_at_its_line(tmp_path: Path, case: str, message: str) -> None:
    """A case that cannot be read is a problem with its place, like any other problem of a pack."""
    pack = write(tmp_path, f"{GIVEN}\n- {{it: fine, action: refund 5, expect: allow}}\n# a comment\n- {case}\n")
    with pytest.raises(PackError) as caught:
        read_cases(pack)
    (problem,) = caught.value.problems
    assert (problem.span.file, problem.span.line, problem.code) == (str(tmp_path / "cases.yaml"), 5, "bad-case")
    assert message in problem.message


@pytest.mark.parametrize(
    ("case", "shown"),
    [
        ("{it: a, action: refund 5, expect: alow}", "alow"),
        ("{it: a, action: refund 5, expect: {limit: 5, outcome: allowed}}", "allowed"),
        ("{it: a, action: refund 5, spent: {moth: 5}, expect: allow}", "moth"),
        ("{it: a, acton: refund 5, action: refund 5, expect: allow}", "acton"),
        ("{it: a, action: refund 1, context: {order: {day: 12/11/2026}}, expect: allow}", "12/11/2026"),
        ("{it: a, action: refund 1, expect: {outcome: escalate, guardrails: [by-role, mont]}}", "mont"),
        ("{it: a, action: refund 1, expect: {outcome: escalate, who: a manager}}", "a manager"),
    ],
)
def test_a_bad_case_is_shown_at_its_word(tmp_path: Path, case: str, shown: str) -> None:
    """The place of a problem is the word that is wrong, not the case it stands in."""
    pack = write(tmp_path, f"{GIVEN}- {case}\n")
    with pytest.raises(PackError) as caught:
        read_cases(pack)
    (problem,) = caught.value.problems
    line = (tmp_path / "cases.yaml").read_text(encoding="utf-8").splitlines()[problem.span.line - 1]
    assert line[problem.span.column - 1 : problem.span.end - 1].startswith(shown)
    assert problem.help


def test_every_bad_case_is_reported(tmp_path: Path) -> None:
    """All problems at once."""
    pack = write(tmp_path, "- {it: a}\n- {it: b, action: refund 5, expect: x}\n")
    with pytest.raises(PackError) as caught:
        read_cases(pack)
    assert len(caught.value.problems) == 3


def test_given_holds_until_the_next(tmp_path: Path) -> None:
    """`given` is where the cases below it start; the first one is where examples under rules start."""
    text = """\
- given: {actor.role: clerk, order.lines: 1}
- {it: a, action: refund 60, expect: escalate}
- given: {actor.role: manager, order.lines: 1}
- {it: b, action: refund 60, expect: allow}
"""
    pack = write(tmp_path, text, "{action: refund 5, context: {order.lines: 4}, expect: escalate}")
    assert [result.passed for result in run_cases(pack)] == [True, True, True]


def test_an_example_shows_its_own_rule(tmp_path: Path) -> None:
    """Under a rule, an example that comes out right for another reason is wrong."""
    pack = write(tmp_path, rule="{action: refund 60, context: {actor.role: clerk, order.lines: 1}, expect: escalate}")
    (result,) = run_cases(pack)
    assert result.differences == ("rule: expected 'lines' to speak, found by-role",)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("{order.at: 3 days ago}", "2026-11-15T12:00:00+00:00"),
        ("{order.at: 4 weeks ago}", "2026-10-21T12:00:00+01:00"),
        ("{order.at: 90 minutes ago}", "2026-11-18T10:30:00+00:00"),
        ("{order.at: 2026-07-01 09:00}", "2026-07-01T09:00:00+01:00"),
        ("{order.at: 2026-07-01T09:00:00Z}", "2026-07-01T09:00:00Z"),
    ],
)
def test_times_may_be_relative(tmp_path: Path, written: str, found: str) -> None:
    """Days count on the calendar of the pack's zone, across a change of the clocks; hours and minutes as they pass."""
    pack = write(tmp_path, f"{GIVEN}- {{it: a, action: refund 5, context: {written}, expect: allow}}\n")
    assert read_cases(pack)[0].context["order"]["at"] == found


def test_dates_may_be_relative(tmp_path: Path) -> None:
    """A date is a day, with no time in it; never stays never."""
    pack = write(tmp_path, f"{GIVEN}- {{it: a, action: refund 5, context: {{order.day: 18 days ago}}, expect: allow}}\n")
    assert read_cases(pack)[0].context["order"]["day"] == "2026-10-31"
    pack = write(tmp_path, f"{GIVEN}- {{it: a, action: refund 5, context: {{order.day: never}}, expect: allow}}\n")
    assert read_cases(pack)[0].context["order"]["day"] == "never"


def test_cases_notice_a_change() -> None:
    """A pack whose cap is a penny lower fails its cases: they hold it where it is."""
    pack = load_pack(PACKS["online-retail"])
    rules = compile_pack(pack)
    example = next(example for example in read_cases(pack) if example.expect.get("limit") == 7500)
    raised = evolve(example, expect={**example.expect, "limit": 7499})
    assert run_case(rules, example).passed
    assert not run_case(rules, raised).passed

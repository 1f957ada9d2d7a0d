"""The laws find what they are there to find: each planted fault is caught by the test that is named for it, in a small search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from empower import asking, authorise, clerk, ir, judge, lower, needs, options, reasons
from empower.backends import interpret
from laws import (
    test_law_01_never_exceeded as law_1,
    test_law_02_deterministic as law_2,
    test_law_03_certain_outcome as law_3,
    test_law_04_unknown_is_never_generous as law_4,
    test_law_05_guardrails_only_tighten as law_5,
    test_law_06_the_limit_is_exact as law_6,
    test_law_07_no_dead_end as law_7,
    test_law_08_nothing_without_a_why as law_8,
    test_law_09_asked_twice_given_once as law_9,
    test_law_10_fail_closed as law_10,
    test_law_11_approvals as law_11,
    test_law_12_back_ends_agree as law_12,
)
from laws.packs import Made, make, packs, sources
from laws.worlds import worlds

Patch = Callable[[pytest.MonkeyPatch], None]


def hunt(test: Callable[..., Any], *strategies: st.SearchStrategy[Any]) -> None:
    """A small search with a law's own test, always along the same way."""
    small = settings(
        max_examples=1_000, derandomize=True, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False, print_blob=False,
    )  # fmt: skip
    small(given(*strategies)(test.hypothesis.inner_test))()  # type: ignore[attr-defined]


def replacing(module: Any, name: str, made: Callable[[Any], Any]) -> Patch:
    """Plant a fault: a function in place of another, made from it."""
    return lambda monkeypatch: monkeypatch.setattr(module, name, made(getattr(module, name)))


# ------------------------------------------------------------------------------------------------ the faults


def unenforced(legs_of: Any) -> Any:
    """Legs that no ledger minds."""
    return lambda case, amount: [evolve(leg, enforced=False) for leg in legs_of(case, amount)]


def one_more(limit: Any) -> Any:
    """A limit one minor unit too high."""
    return lambda case, speaking: None if (found := limit(case, speaking)) is None else found + 1


def the_first_limit(limit: Any) -> Any:
    """The first guardrail of the pack sets the limit, instead of the tightest."""
    return lambda case, speaking: limit(case, speaking[:1])


def without_floors(limit: Any) -> Any:
    """A limit that forgets what is the least."""
    return lambda case, speaking: limit(case, [each for each in speaking if each.effect != "floor"])


def never_fresh(speak: Any) -> Any:
    """An approver who has spent what the requester spent."""
    return lambda case, facts, *, fresh: speak(case, facts, fresh=False)


def only_the_certain(outcome: Any) -> Any:
    """Guardrails that hinge on something unknown are left out."""
    return lambda case, certain, possible, **options: outcome(case, certain, [], **options)


def the_first_speaker(outcome: Any) -> Any:
    """The first guardrail that speaks decides, instead of the strongest."""
    return lambda case, certain, possible, **options: outcome(case, certain[:1], possible, **options)


def the_first_role(_: Any) -> Any:
    """An escalation names the next role, whether or not it could say yes."""

    def lowest(case: Any, named: Any) -> tuple[str | None, bool]:
        roles = judge.roles_above(case.program, str(case.facts["actor.role"]), named)
        return (roles[0], False) if roles else (None, True)

    return lowest


def sure_rows_only(first_match: Any) -> Any:
    """A row applies only if it certainly does, so that an unknown fact gives away what a later, larger row gives."""

    def made(rows: Any, **options: Any) -> ir.Triple:
        triple = first_match(rows, **options)
        low = triple.low
        return (
            evolve(triple, low=evolve(low, rows=tuple(evolve(row, possible=row.certain) for row in low.rows)))
            if isinstance(low, ir.Rows)
            else triple
        )

    return made


def the_last_cap(speak: Any) -> Any:
    """The last cap counts, instead of the tightest."""

    def spoken(*arguments: Any, **options: Any) -> Any:
        found = speak(*arguments, **options)
        last = [each for each in found if each.effect == "cap"][-1:]
        return [each if each.effect != "cap" or each in last else evolve(each, low=ir.OPEN, high=ir.OPEN) for each in found]

    return spoken


def nothing_spent(_: Any) -> Any:
    """What a window holds is forgotten."""
    return lambda bound, taken: bound


def inherits(as_approver: Any) -> Any:
    """What the approver lacks is the requester's."""

    def made(case: Any, approver: Any, balances: Any) -> Any:
        return as_approver(case, {**case.facts, **{path: value for path, value in approver.items() if value is not None}}, balances)

    return made


def anybody(_: Any) -> Any:
    """Everybody on the ladder may approve."""
    return lambda program, role, named: program.ladder


def sequential(_: Any) -> Any:
    """What a value says is filled again."""

    def fill(template: str, values: Any) -> str:
        for name, value in values.items():
            template = template.replace("{" + name + "}", value)
        return template

    return fill


def never_ended(as_it_stands: Any) -> Any:
    """A hold that has ended is given again."""
    return lambda self, before, key, held, at: as_it_stands(self, before, key, evolve(held, state="held"), at)


def generous_fallback(fallback: Any) -> Any:
    """While the ledger cannot be reached, everything is allowed."""
    return lambda self, *arguments, **options: fallback(self, *arguments, **options).changed(outcome="allow")


def half_open(operators: Any) -> Any:
    """`<=` that leaves its end out."""
    return {**operators, "<=": operators["<"]}


def blind_to_keys(unknown_facts: Any) -> Any:
    """Of a budget, its key is not asked for."""
    return lambda met, env: set() if isinstance(met, ir.Account) else unknown_facts(met, env)


def always(outcome: str) -> Callable[[Any], Any]:
    """A judge with one answer."""
    return lambda asked: lambda case: evolve(asked(case), outcome=outcome)


@st.composite
def capped(draw: st.DrawFn) -> Made:
    """Packs with nothing but caps, so that each of them is felt."""
    source = draw(sources(most=6, budgets=False))
    return make(evolve(source, document={**source.document, "rules": [], "assume": []}))


EVERYTHING, ACTORS, TALKATIVE = worlds(), worlds(packs(actor=True, escalating=True), unknown=9), worlds(packs(talkative=True), unknown=8)
CROWDED, APPROVED = worlds(packs(most=7, escalating=True)), worlds(law_11.PACKS, unknown=9)
FAULTS: dict[str, tuple[Patch, Callable[..., Any], tuple[Any, ...]]] = {
    "legs unenforced": (replacing(clerk, "legs_of", unenforced), law_1.test_no_limit_is_ever_exceeded, (law_1.busy_packs(), st.data())),
    "first limit counts": (
        replacing(judge, "limit", the_first_limit),
        law_2.test_the_order_of_rules_and_keys_changes_nothing,
        (CROWDED, st.data()),
    ),
    "first speaker decides": (
        replacing(judge, "_outcome", the_first_speaker),
        law_3.test_with_everything_known_the_strongest_outcome_wins,
        (worlds(packs(most=7, escalating=True), unknown=0),),
    ),
    "possibly is certainly": (
        replacing(lower, "possibly", lambda _: lower.certainly),
        law_3.test_the_outcome_is_what_all_completions_share,
        (EVERYTHING,),
    ),
    "unknown is dropped": (
        replacing(judge, "_outcome", only_the_certain),
        law_3.test_the_outcome_is_what_all_completions_share,
        (EVERYTHING,),
    ),
    "approvers are not fresh": (
        replacing(judge, "speak", never_fresh),
        law_3.test_an_escalation_names_the_lowest_role_that_could_say_yes,
        (ACTORS,),
    ),
    "next role named": (
        replacing(judge, "lowest_role", the_first_role),
        law_3.test_an_escalation_names_the_lowest_role_that_could_say_yes,
        (ACTORS,),
    ),
    "spending forgotten": (
        replacing(judge, "_less", nothing_spent),
        law_3.test_with_everything_known_the_strongest_outcome_wins,
        (worlds(unknown=0),),
    ),
    "sure rows only": (
        replacing(lower, "_first_match", sure_rows_only),
        law_4.test_what_is_allowed_is_allowed_in_every_completion,
        (worlds(capped(), unknown=2), st.data()),
    ),
    "last cap counts": (replacing(judge, "speak", the_last_cap), law_5.test_adding_guardrails_never_loosens, (worlds(capped()), st.data())),
    "limit off by one": (replacing(judge, "limit", one_more), law_6.test_the_limit_is_the_largest_amount_allowed, (EVERYTHING,)),
    "floors ignored": (replacing(judge, "limit", without_floors), law_6.test_the_limit_is_the_largest_amount_allowed, (EVERYTHING,)),
    "offers not judged": (replacing(options, "judge", always("allow")), law_7.test_each_option_is_allowed, (EVERYTHING,)),
    "keys not asked for": (
        replacing(needs, "unknown_facts", blind_to_keys),
        law_7.test_needs_once_supplied_leave_no_question,
        (EVERYTHING, st.data()),
    ),
    "values filled again": (
        replacing(reasons, "fill", sequential),
        law_8.test_nothing_leaks_to_the_customer,
        (TALKATIVE,),
    ),
    "ended is given again": (
        replacing(clerk.Clerk, "_as_it_stands", never_ended),
        law_9.test_what_has_ended_is_never_given_again,
        (EVERYTHING, st.sampled_from(["void", "expire"]), st.just(1)),
    ),
    "generous fallback": (
        replacing(clerk.Clerk, "fallback", generous_fallback),
        law_10.test_a_broken_ledger_never_allows,
        (EVERYTHING, st.just(0), st.just(OSError), st.just(value=False), st.data()),
    ),
    "facts inherited": (replacing(authorise, "as_approver", inherits), law_11.test_an_approval_is_a_second_verdict, (APPROVED, st.data())),
    "anybody approves": (replacing(authorise, "roles_above", anybody), law_11.test_an_approval_is_a_second_verdict, (APPROVED, st.data())),
    "half-open": (replacing(interpret, "_OPERATORS", half_open), law_12.test_compiled_is_interpreted, (EVERYTHING, st.data())),
}


@pytest.mark.parametrize(("fault", "test", "strategies"), FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_caught(
    fault: Patch, test: Callable[..., Any], strategies: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A law that cannot fail promises nothing."""
    fault(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        hunt(test, *strategies)


__all__ = ["asking"]

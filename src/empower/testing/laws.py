"""The laws of `docs/guarantees.md` that one request can break, as functions to call on one's own pack.

    law_04_unknown_is_never_generous(pack, {"kind": "refund", "amount": "25"}, context)

Each raises `LawBrokenError`, with the request, both answers and the guardrails that spoke. Where something is unknown, or other amounts have
to be tried, they are chosen beside the edges of the pack, always the same for the same request. Laws 1, 9, 10 and 11 stand in `giving`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from empower.backends.interpret import Interpreter
from empower.decision import Decision, Need
from empower.environment import Value
from empower.judge import Speaking, judge, speak
from empower.noun import evolve
from empower.phrases import PHRASES
from empower.testing.trial import (
    Law,
    answer,
    asks_what_is_known,
    broken,
    completions,
    dice,
    floor_of,
    law,
    minor,
    plain_case,
    shares_a_counter,
    shown,
    trial_of,
)
from empower.testing.world import World

STRENGTH = {"allow": 0, "needs_info": 1, "escalate": 2, "deny": 3}
COMPLETIONS = 6
"""So many completions of what is unknown are tried for each request."""
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


# ------------------------------------------------------------------------------------------------ 2


@law(2)
def law_02_deterministic(world: World) -> None:
    """The same pack, action, context, instant and balances give the same decision, in whatever order things stand.

    Asked again, with every key in another order, to the byte; and of the pack with its guardrails the other way round.
    """
    trial = trial_of(world.rules)
    first = trial.preview(world)
    again = trial.ask(world, _reversed(world.action()), _reversed(world.context()))
    if first.to_json() != again.to_json():
        broken(
            law_02_deterministic, world, answer(first), "asked again, the keys in another order", answer(again), _difference(first, again)
        )
    if trial.reordered is not None:
        other = trial_of(trial.reordered).preview(evolve(world, rules=trial.reordered))
        if unordered(first) != unordered(other):
            broken(law_02_deterministic, world, answer(first), "with the guardrails of the pack the other way round", answer(other))


def _reversed(value: Any) -> Any:
    return {key: _reversed(inner) for key, inner in reversed(tuple(value.items()))} if isinstance(value, Mapping) else value


def _difference(first: Decision, second: Decision) -> str:
    one, other = first.to_dict(), second.to_dict()
    return f"they differ in: {', '.join(name for name in one if one[name] != other.get(name))}"


def unordered(decision: Decision) -> dict[str, Any]:
    """What a decision says, whatever the order of the guardrails it comes from."""
    return {
        "outcome": decision.outcome, "limit": decision.limit, "who": decision.who, "guardrails": set(decision.guardrails),
        "reasons": {reason.guardrail: (reason.outcome, reason.gap) for reason in decision.reasons},
        "needs": {frozenset(need.fact for need in each) for each in decision.needs},
        "options": {(option.id, repr(sorted(option.action.items()))) for option in decision.options},
        "obligations": {(duty.name, duty.guardrail, duty.certain) for duty in decision.obligations},
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ 3 and 4


@law(3)
def law_03_the_strongest_certain_outcome(world: World) -> None:
    """With everything known the strongest guardrail wins; else the outcome is the one that all possible values share.

    Against the thresholds that the interpreter works out, and against completions of what is unknown.
    """
    trial = trial_of(world.rules)
    decision = trial.preview(world)
    case = plain_case(world)
    said = [each for each in speak(case, case.facts, fresh=False) if each.certain(*case.span)]
    expected = _strongest(world, said)
    if any(each.outcome == "deny" for each in said) and decision.outcome != "deny":
        _weaker(world, decision, said, "deny")
    if not _open(world) and decision.outcome not in expected:
        _weaker(world, decision, said, " or ".join(expected))
    if decision.outcome == "needs_info" or shares_a_counter(world) or asks_what_is_known(world):
        return
    for light in completions(world, COMPLETIONS):
        other = trial.preview(light)
        if other.outcome != decision.outcome:
            broken(law_03_the_strongest_certain_outcome, world, answer(decision), *_told_more(world, light), answer(other))


def _weaker(world: World, decision: Decision, said: list[Speaking], expected: str) -> None:
    speaking = ", ".join(f"{each.guardrail} ({each.outcome})" for each in said) or "nobody"
    broken(law_03_the_strongest_certain_outcome, world, answer(decision), f"certain to speak: {speaking}", f"expected: {expected}")


def _open(world: World) -> bool:
    """Whether something is not known."""
    case = world.case()
    return (
        any(value is None for value in case.facts.values())
        or bool(case.missing)
        or (world.plan.amount is not None and world.amount is None)
    )


def _strongest(world: World, said: list[Speaking]) -> tuple[str, ...]:
    """What everything known leads to; a deny also where nobody could say yes."""
    outside = (
        world.plan.amount is not None and world.amount is not None and not world.plan.amount[0] <= world.amount <= world.plan.amount[1]
    )
    if outside or any(each.outcome == "deny" for each in said):
        return ("deny",)
    return ("escalate", "deny") if said else ("allow",)


def _told_more(world: World, light: World) -> tuple[str, ...]:
    """What another world tells that this one does not."""
    before, after = world.everything, light.everything
    return (
        "but with",
        *(f"  {path}: {_plainly(value)}" for path, value in after.items() if value is not None and before.get(path) is None),
    )


def _plainly(value: Value) -> str:
    return ", ".join(sorted(value)) or "none" if isinstance(value, frozenset) else str(value)


@law(4)
def law_04_unknown_is_never_generous(world: World) -> None:
    """What is allowed while something is unknown is allowed whatever that turns out to be.

    Nothing that is allowed, and no limit, is lost by telling more; a budget with `when_unknown` is the one named exception.
    """
    if shares_a_counter(world):
        return
    trial = trial_of(world.rules)
    dark = trial.preview(world)
    if dark.outcome != "allow" and dark.limit is None:
        return
    for light in completions(world, COMPLETIONS):
        other = trial.preview(light)
        lost = dark.limit is not None and (other.limit is None or other.limit < dark.limit)
        if lost or (dark.outcome == "allow" and other.outcome != "allow"):
            broken(law_04_unknown_is_never_generous, world, answer(dark), *_told_more(world, light), answer(other))


# ------------------------------------------------------------------------------------------------ 5 and 6


@law(5)
def law_05_guardrails_only_tighten(world: World) -> None:
    """No guardrail allows more, or makes a weaker outcome, than the pack would without it.

    Against the pack without each of its own guardrails, one at a time; of a large pack against some of them.
    """
    decision = judge(plain_case(world))
    for name, rules in trial_of(world.rules).without.items():
        fewer = judge(plain_case(evolve(world, rules=rules)))
        more_given = decision.limit is not None and (fewer.limit is None or fewer.limit < decision.limit)
        weaker = not _open(world) and STRENGTH[decision.outcome] < STRENGTH[fewer.outcome]
        if more_given or weaker or (decision.outcome == "allow" and fewer.outcome != "allow"):
            there, here = (
                f"{each.outcome}, limit {'none' if each.limit is None else shown(each.limit, world)}" for each in (fewer, decision)
            )
            broken(law_05_guardrails_only_tighten, world, f"answer:  {here}", f"without '{name}'", f"answer:  {there}")


@law(6)
def law_06_the_limit_is_exact(world: World) -> None:
    """What is called the limit is allowed, and one minor unit more is not.

    At the limit, beside it, at both bounds of the kind and at the amount asked: allowed from the largest `at_least` up to the limit.
    """
    trial = trial_of(world.rules)
    decision = trial.preview(world)
    limit = minor(decision.limit, world)
    if world.plan.amount is None:
        if limit is not None:
            broken(law_06_the_limit_is_exact, world, answer(decision), f"but '{world.kind}' has no amount")
        return
    least, most = world.plan.amount
    floor = floor_of(world)
    tried = {least, most, floor, world.amount or least} | ({limit - 1, limit, limit + 1} if limit is not None else set())
    for amount in sorted(each for each in tried if least <= each <= most):
        other = trial.preview(evolve(world, amount=amount))
        given = limit is not None and (amount == limit or floor <= amount < limit)
        if (other.outcome == "allow") != given or other.limit != decision.limit:
            broken(law_06_the_limit_is_exact, world, answer(decision), f"but asked for {shown(amount, world)}", answer(other))


# ------------------------------------------------------------------------------------------------ 7


@law(7)
def law_07_a_no_is_never_a_dead_end(world: World) -> None:
    """What is offered is given, what is asked for settles the question, and an escalation names who could say yes.

    Each option is asked for; each set of needs is supplied, three times differently.
    """
    trial = trial_of(world.rules)
    decision = trial.preview(world)
    if (decision.who is not None) != (decision.outcome == "escalate"):
        broken(law_07_a_no_is_never_a_dead_end, world, answer(decision), "somebody is named for an escalation, and for nothing else")
    if decision.outcome == "needs_info" and not decision.needs:
        broken(law_07_a_no_is_never_a_dead_end, world, answer(decision), "and nothing that could be found out")
    for option in decision.options:
        other = trial.ask(world, option.action, world.context())
        if other.outcome != "allow":
            broken(law_07_a_no_is_never_a_dead_end, world, answer(decision), f"but the option {dict(option.action)}", answer(other))
    for needs in decision.needs[:3]:
        for told in _supplied(world, needs):
            other = trial.preview(told)
            if other.outcome == "needs_info":
                broken(law_07_a_no_is_never_a_dead_end, world, answer(decision), *_told_more(world, told), answer(other))


def _supplied(world: World, needs: tuple[Need, ...]) -> Iterator[World]:
    """The same world once these needs are met: evidence is shown, anything else is told."""
    edges = trial_of(world.rules).edges
    evidence = {fact for rule in world.rules.checked.rules if rule.evidence is not None for fact in rule.evidence[1]}
    throw = dice(world)
    for _ in range(3):
        facts, parameters, amount = dict(world.facts), dict(world.parameters), world.amount
        for path in (need.fact for need in needs):
            if path == "action.amount" and world.plan.amount is not None:
                amount = throw.choice((world.plan.amount[0], throw.randint(*world.plan.amount), world.plan.amount[1]))
            elif path.startswith("action."):
                parameters[path.removeprefix("action.")] = throw.choice(edges.values(path, world.at))
            else:
                facts[path] = True if path in evidence else throw.choice(edges.values(path, world.at))
        yield evolve(world, facts=facts, parameters=parameters, amount=amount)


# ------------------------------------------------------------------------------------------------ 8


@law(8)
def law_08_nothing_without_a_why(world: World) -> None:
    """Every guardrail that spoke is cited with the value that it serves, and the customer hears only what they may.

    Reasons, and the customer's voice in every language of the pack.
    """
    decision = trial_of(world.rules).preview(world)
    checked = world.rules.checked
    reasons = [reason for reason in decision.reasons if reason.effect != "notice"]
    silent = set(decision.guardrails) - {reason.guardrail for reason in reasons} - {duty.guardrail for duty in decision.obligations}
    if decision.outcome != "allow" and silent:
        broken(law_08_nothing_without_a_why, world, answer(decision), f"no reason is told for: {', '.join(sorted(silent))}")
    for reason in reasons:
        if reason.because not in checked.values or not reason.value or not reason.staff:
            broken(law_08_nothing_without_a_why, world, answer(decision), f"'{reason.guardrail}' names no value, or says nothing to staff")
    for language in checked.languages:
        said = decision.told(language).customer
        if not any(pattern.fullmatch(said) for pattern in _permitted(world, decision, language)):
            broken(law_08_nothing_without_a_why, world, answer(decision), f"but the customer hears: {said}")


def _permitted(world: World, decision: Decision, language: str) -> Iterator[re.Pattern[str]]:
    """Whatever the customer may hear: a neutral sentence, or the author's words with facts declared `customer_may_see`."""
    checked = world.rules.checked
    yield re.compile(re.escape(PHRASES[language][f"customer.{decision.outcome}"]))
    visible = {path for path, note in checked.fact_notes.items() if note.customer_may_see} | {"amount"}
    for about in checked.about.values():
        for words in about.say.customer.values():
            if set(PLACEHOLDER.findall(words)) <= visible:
                yield re.compile(".*".join(re.escape(part) for part in PLACEHOLDER.split(words)[::2]))


# ------------------------------------------------------------------------------------------------ 12


@law(12)
def law_12_what_is_proved_is_what_runs(world: World) -> None:
    """Everything that runs gives the answers of the interpreter, which is the meaning of a pack.

    Every number of the compiled pack, and the whole answer, text for text; asked twice, since the second ask goes the quick way.
    """
    plain, quick = Interpreter(), world.rules.back_end
    env = world.case().environment()
    for part in ("bars", "shadows", "accounts", "duties"):
        meant, found = (list(getattr(each, part)(world.plan, env)) for each in (plain, quick))
        if meant != found:
            broken(law_12_what_is_proved_is_what_runs, world, f"the {part} mean {meant}", f"but what runs says {found}")
    trial = trial_of(world.rules)
    meaning = trial.interpreted(world)
    for _ in range(2):
        decision = trial.preview(world)
        if decision.to_dict() != meaning.to_dict():
            broken(
                law_12_what_is_proved_is_what_runs,
                world,
                answer(decision),
                _difference(decision, meaning),
                f"meant:   {answer(meaning)[9:]}",
            )


OF_ANSWERS: tuple[Law, ...] = (
    law_02_deterministic, law_03_the_strongest_certain_outcome, law_04_unknown_is_never_generous, law_05_guardrails_only_tighten,
    law_06_the_limit_is_exact, law_07_a_no_is_never_a_dead_end, law_08_nothing_without_a_why, law_12_what_is_proved_is_what_runs,
)  # fmt: skip

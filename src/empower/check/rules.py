"""Rules, assumptions and claims: their conditions, whom they escalate to, and that a larger amount can only tighten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from empower import ir
from empower.check.definitions import condition_tree, local_day
from empower.check.desk import Desk, keys_of
from empower.checked import CheckedClaim, CheckedDuty, CheckedRule, Terms
from empower.formulas import all_of, any_of, negated, negation_normal
from empower.language.cells import read_cells
from empower.language.expressions import check_sign, read_condition
from empower.language.quantities import Misfit
from empower.language.scope import AmountUse, Scope
from empower.noun import evolve
from empower.pack import AssumeDocument, ClaimDocument, Guardrail, Place, RuleDocument

Tightening = Literal["deny", "escalate", "only_if", "ask"]
Duty = Literal["oblige", "advise"]
Effect = Tightening | Duty
EFFECTS: tuple[Effect, ...] = ("deny", "escalate", "only_if", "ask", "oblige", "advise")
_KEYS: Mapping[Effect, frozenset[str]] = {
    "deny": frozenset(), "escalate": frozenset({"to"}), "only_if": frozenset({"any", "all", "otherwise"}),
    "ask": frozenset({"at_least", "of", "otherwise"}), "oblige": frozenset({"then"}), "advise": frozenset({"then"}),
}  # fmt: skip
"""The keys that go with each effect, besides those every rule has."""
_TIGHTENING: Mapping[Effect, Tightening] = {"deny": "deny", "escalate": "escalate", "only_if": "only_if", "ask": "ask"}
_DUTIES: Mapping[Effect, Duty] = {"oblige": "oblige", "advise": "advise"}
_OWNED = frozenset().union(*_KEYS.values())
_BROKEN = ir.Constant(value=False)
"""Stands for a condition whose problem has been reported."""


# ------------------------------------------------------------------------------------------------ conditions


def condition(desk: Desk, given: Any, place: Place, scope: Scope) -> ir.Cond:
    """A condition in any of its three forms: text, a mapping of table cells, a business-rules tree."""
    found: ir.Cond | None = None
    if isinstance(given, str):
        found = read_condition(given, scope, place)
    elif isinstance(given, Mapping) and given:
        tree = bool(given.keys() & {"all", "any"}) or given.keys() >= {"name", "operator"}
        found = condition_tree(given, scope, place) if tree else read_cells(given, scope, place)
        try:
            check_sign(found or _BROKEN, scope.sign)
        except Misfit as misfit:
            desk.misfit(place, misfit)
    else:
        what = "a condition cannot be a list" if given else "there is no condition here"
        desk.problem(place, "wrong-shape", what, "write a text, a mapping of cells, or a business-rules tree")
    return _BROKEN if found is None else found


def conditions(desk: Desk, given: Any, place: Place, scope: Scope) -> tuple[ir.Cond, ...]:
    """A list of conditions, or one."""
    if not isinstance(given, list):
        return (condition(desk, given, place, scope),)
    if not given:
        desk.problem(place, "wrong-shape", "this list has no condition", "name at least one")
    return tuple(condition(desk, each, (*place, index), scope) for index, each in enumerate(given))


def applies(desk: Desk, when: Any, unless: Any, place: Place, amount: AmountUse) -> Terms:
    """`when` holds and `unless` does not. Where the amount is free, so is the rest: nothing tightens there."""
    sign: Literal[0, 1] = 0 if amount == "free" else 1
    turned: Literal[0, -1] = -1 if sign else 0
    held: ir.Cond = ir.Constant(value=True)
    excepted: ir.Cond = ir.Constant(value=False)
    if when is not None:
        held = condition(desk, when, (*place, "when"), desk.scope(amount, sign=sign))
    if unless is not None:
        excepted = condition(desk, unless, (*place, "unless"), desk.scope(amount, sign=turned))
    return Terms(when=negation_normal(held), unless=negation_normal(excepted))


def both(terms: Terms) -> ir.Cond:
    """The condition that `when` and `unless` make together."""
    return all_of((terms.when, negated(terms.unless)))


def dates(desk: Desk, document: Guardrail, place: Place) -> ir.Cond | None:
    """When a guardrail is in force, by local dates both included; None: always."""
    parts: list[ir.Cond] = []
    first = local_day(document.from_, desk, (*place, "from")) if document.from_ is not None else None
    last = local_day(document.until, desk, (*place, "until")) if document.until is not None else None
    if first is not None:
        parts.append(ir.Compare(">=", ir.Today(), ir.Number(first)))
    if last is not None:
        parts.append(ir.Compare("<=", ir.Today(), ir.Number(last)))
    if first is not None and last is not None and first > last:
        desk.problem((*place, "until"), "bad-date", "`until` lies before `from`", "exchange them")
    return all_of(tuple(parts)) if document.from_ is not None or document.until is not None else None


def shadow(desk: Desk, document: Guardrail, place: Place) -> bool:
    """Whether a guardrail only notes what it would have done."""
    mode = desk.choice(document.mode, ("live", "shadow"), (*place, "mode"), "a mode")
    return mode == "shadow" or desk.pack.document.mode == "shadow"


# ------------------------------------------------------------------------------------------------ rules


def rules(desk: Desk) -> tuple[list[CheckedRule], list[CheckedDuty]]:
    """Every rule of the pack."""
    tightening: list[CheckedRule] = []
    duties: list[CheckedDuty] = []
    for index, document in enumerate(desk.pack.document.rules):
        place: Place = ("rules", index)
        effect = _effect(desk, document, place)
        in_shadow = shadow(desk, document, place)
        desk.describe(document, effect or "deny", place, shadow=in_shadow)
        if effect is None:
            continue
        with desk.doubting(document.id):
            _refuse_strays(desk, document, effect, place)
            kinds = desk.kinds_of(getattr(document, effect), (*place, effect))
            desk.amount_max = desk.most_of(kinds)
            if effect in _DUTIES:
                duties.append(_duty(desk, document, _DUTIES[effect], kinds, place))
            else:
                tightening.append(_rule(desk, document, _TIGHTENING[effect], kinds, place, shadow=in_shadow))
    return tightening, duties


def _effect(desk: Desk, document: RuleDocument, place: Place) -> Effect | None:
    given = [effect for effect in EFFECTS if getattr(document, effect) is not None]
    if not given and desk.is_broken("rules", document.id):  # the word that says what it does may be the one that is misspelt
        desk.follows()
        return None
    if len(given) != 1:
        said = " and ".join(f"`{effect}`" for effect in given) or "none of " + ", ".join(f"`{effect}`" for effect in EFFECTS)
        where = (*place, given[1], "<key>") if given else place
        help_ = "a rule does exactly one thing: split it" if given else "say what the rule does, such as `deny: refund`"
        desk.problem(where, "one-effect", f"rule '{document.id[:60]}' has {said}", help_)
        return None
    return given[0]


def _refuse_strays(desk: Desk, document: RuleDocument, effect: Effect, place: Place) -> None:
    for key in sorted(document.given & (_OWNED - _KEYS[effect])):
        owners = " or ".join(f"`{other}`" for other, keys in _KEYS.items() if key in keys)
        desk.problem((*place, key, "<key>"), "unknown-key", f"'{key}' does not go with `{effect}`", f"it belongs to {owners}")


def _duty(desk: Desk, document: RuleDocument, effect: Duty, kinds: tuple[str, ...], place: Place) -> CheckedDuty:
    terms = applies(desk, document.when, document.unless, place, "free")
    dated = dates(desk, document, place)
    holds = all_of((*(() if dated is None else (dated,)), both(terms)))
    if not document.then and not (effect == "advise" and document.say):
        help_ = "name the duty, such as `then: [leave_item]`" if effect == "oblige" else "add `then:` or `say: {staff: …}`"
        desk.problem(place, "missing-key", f"rule '{document.id[:60]}' needs 'then'", help_)
    for index, duty in enumerate(document.then):
        if desk.name(duty, (*place, "then", index), "a duty") and duty not in desk.obligations:
            desk.near_duty(duty, (*place, "then", index))
    return CheckedDuty(document.id, effect, kinds, negation_normal(holds), tuple(document.then), terms)


def _rule(desk: Desk, document: RuleDocument, effect: Tightening, kinds: tuple[str, ...], place: Place, *, shadow: bool) -> CheckedRule:
    core: ir.Cond = ir.Constant(value=True)
    evidence = None
    outcome: Literal["deny", "escalate"] = "deny"
    role = None
    if effect == "only_if":
        core = negated(_positive_list(desk, document, place))
        outcome, role = otherwise(desk, document.otherwise, (*place, "otherwise"))
    elif effect == "ask":
        evidence = _evidence(desk, document, place)
        core = negated(ir.AtLeast(evidence[0], tuple(ir.IsYes(fact) for fact in evidence[1])))
        outcome, role = otherwise(desk, document.otherwise, (*place, "otherwise"))
    elif effect == "escalate":
        outcome, role = "escalate", _to(desk, document, place)
    terms = evolve(applies(desk, document.when, document.unless, place, "tightens"), wanted=negated(core))
    dated = dates(desk, document, place)
    fires = negation_normal(all_of((*(() if dated is None else (dated,)), core, both(terms))))
    return CheckedRule(document.id, effect, kinds, _below(desk, fires, role), outcome, role, evidence, shadow, terms)


def _below(desk: Desk, fires: ir.Cond, role: str | None) -> ir.Cond:
    """An escalation does not fire when the authority holds the role it names, or a higher one."""
    if role is None:
        return fires
    lower = desk.roles.compared("<", role)
    return all_of((ir.IsAmong("actor.role", lower) if lower else ir.Constant(value=False), fires))


def _positive_list(desk: Desk, document: RuleDocument, place: Place) -> ir.Cond:
    if (document.any is None) == (document.all is None):
        when = document.when if isinstance(document.when, str) and '"' not in document.when and document.any is None else ""
        help_ = (
            f'what it asks for stands there, not in `when`: write `any: ["{when[:80]}"]` in its place'
            if when
            else "add `any: [condition, …]`"
        )
        desk.problem(place, "missing-key", f"rule '{document.id[:60]}' needs one of 'any' and 'all'", help_)
        return ir.Constant(value=True)
    key = "any" if document.any is not None else "all"
    parts = conditions(desk, getattr(document, key), (*place, key), desk.scope(sign=-1))
    return any_of(parts) if key == "any" else all_of(parts)


def _evidence(desk: Desk, document: RuleDocument, place: Place) -> tuple[int, tuple[str, ...]]:
    facts = document.of or []
    if not facts:
        help_ = "list the yes/no facts that count, such as `of: [evidence.photo_id]`"
        desk.problem(place, "missing-key", f"rule '{document.id[:60]}' needs 'of'", help_)
    seen: set[str] = set()
    for index, fact in enumerate(facts):
        where = (*place, "of", index)
        if fact not in desk.facts:
            desk.unknown_fact(fact, where)
        elif not isinstance(desk.facts[fact], ir.YesNoType):
            desk.problem(where, "wrong-type", f"'{fact}' is not a yes/no fact", "declare it as `yes/no`, or ask for another")
        elif fact in seen:
            desk.problem(where, "duplicate-id", f"'{fact}' stands here twice", "name each fact once")
        seen.add(fact)
    text = document.at_least if document.at_least is not None else str(len(facts) or 1)
    if not text.isdigit() or not text.isascii() or len(text) > 4 or not 1 <= int(text) <= max(1, len(facts)):
        message = f"'{text[:20]}' is not a number between 1 and {len(facts)}"
        desk.problem((*place, "at_least"), "bad-number", message, "it says how many of the listed facts must be yes")
        return 1, tuple(facts)
    return int(text), tuple(dict.fromkeys(facts))


def otherwise(desk: Desk, given: Any, place: Place) -> tuple[Literal["deny", "escalate"], str | None]:
    """`deny`, which is the default, or `{escalate: ROLE}`."""
    if given is None or given == "deny":
        return "deny", None
    if isinstance(given, dict) and isinstance(given.get("escalate"), str):
        keys_of(given, ("escalate",), desk, place, "an escalation")
        return "escalate", desk.role(given["escalate"], (*place, "escalate"))
    help_ = "write `{escalate: ROLE}` with the lowest role that may say yes"
    desk.problem(place, "wrong-shape", "this must be `deny` or `{escalate: ROLE}`", help_)
    return "deny", None


def _to(desk: Desk, document: RuleDocument, place: Place) -> str | None:
    if document.to is None:
        help_ = "add `to:` with the lowest role that may say yes"
        desk.problem(place, "missing-key", f"rule '{document.id[:60]}' needs 'to'", help_)
        return None
    return desk.role(document.to, (*place, "to"))


# ------------------------------------------------------------------------------------------------ assumptions and claims


def assumptions(desk: Desk) -> list[CheckedRule]:
    """`assume`: a deny rule by another name."""
    found = []
    for index, document in enumerate(desk.pack.document.assume):
        place: Place = ("assume", index)
        desk.describe(document, "assume", place)
        with desk.doubting(document.id):
            found.append(_assumption(desk, document, place))
    return found


def _assumption(desk: Desk, document: AssumeDocument, place: Place) -> CheckedRule:
    for key, name in (("from", "from_"), ("until", "until"), ("mode", "mode")):
        if name in document.given:
            help_ = "write a dated rule instead"
            desk.problem((*place, key, "<key>"), "unknown-key", f"an assumption holds always, so it has no '{key}'", help_)
    kinds = desk.kinds_of(document.for_, (*place, "for"))
    desk.amount_max = desk.most_of(kinds)
    wanted = negation_normal(condition(desk, document.that, (*place, "that"), desk.scope(sign=-1)))
    return CheckedRule(document.id, "assume", kinds, negated(wanted), "deny", None, None, shadow=False, terms=Terms(wanted=wanted))


def claims(desk: Desk, inherited: tuple[CheckedClaim, ...]) -> list[CheckedClaim]:
    """`claims`: type-checked here, proved elsewhere. They may look at the amount freely, and at `approved`."""
    found = []
    seen = {claim.id for claim in inherited}
    for index, document in enumerate(desk.pack.document.claims):
        place: Place = ("claims", index)
        if desk.fresh(document.id, place) and document.id in seen:
            desk.problem((*place, "id"), "duplicate-id", f"'{document.id}' is the id of a claim already", "choose another")
        seen.add(document.id)
        desk.value(document.because, (*place, "because"))
        desk.words(document.title, (*place, "title"))
        claim = _claim(desk, document, place)
        found += [claim] if claim is not None else []
    return found


def _claim(desk: Desk, document: ClaimDocument, place: Place) -> CheckedClaim | None:
    if (document.never is None) == (document.always is None):
        message = f"claim '{document.id[:60]}' needs one of 'never' and 'always'"
        desk.problem(place, "missing-key", message, "add `never:` with what must not be possible")
        return None
    mode: Literal["never", "always"] = "never" if document.never is not None else "always"
    scope = evolve(desk.scope("free"), facts={**desk.facts, "approved": ir.YesNoType()})
    held = condition(desk, getattr(document, mode), (*place, mode), scope)
    return CheckedClaim(document.id, mode, negation_normal(held), document.because)

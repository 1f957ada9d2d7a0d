"""Rules, assumptions and claims: their conditions, whom they escalate to, and that a larger amount can only tighten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import evolve

from empower import ir
from empower.cells import read_cells
from empower.check.declarations import local_day
from empower.check.desk import Desk
from empower.checked import CheckedClaim, CheckedDuty, CheckedRule
from empower.expressions import read_condition
from empower.formulas import all_of, any_of, atoms, negated, negation_normal, reads_the_amount
from empower.pack import AssumeDocument, Guardrail, Place, RuleDocument
from empower.scope import Scope
from empower.trees import read_tree

EFFECTS = ("deny", "escalate", "only_if", "ask", "oblige", "advise")
_KEYS: dict[str, frozenset[str]] = {
    "deny": frozenset(), "escalate": frozenset({"to"}), "only_if": frozenset({"any", "all", "otherwise"}),
    "ask": frozenset({"at_least", "of", "otherwise"}), "oblige": frozenset({"then"}), "advise": frozenset({"then"}),
}  # fmt: skip
"""The keys that go with each effect, besides those every rule has."""
_BROKEN = ir.Constant(value=False)
"""Stands for a condition whose problem has been reported."""


def condition(desk: Desk, given: Any, place: Place, scope: Scope) -> ir.Cond:
    """A condition in any of its three forms: text, a mapping of table cells, a business-rules tree."""
    found: ir.Cond | None = None
    if isinstance(given, str):
        found = read_condition(given, scope, place)
    elif isinstance(given, Mapping) and (set(given) & {"all", "any"} or {"name", "operator"} <= set(given)):
        found = read_tree(given, scope, place)
    elif isinstance(given, Mapping):
        found = read_cells(given, scope, place)
    else:
        help_ = "write a text, a mapping of cells, or a business-rules tree"
        desk.problem(place, "wrong-shape", "a condition cannot be a list", help_)
    return _BROKEN if found is None else found


def conditions(desk: Desk, given: Any, place: Place, scope: Scope) -> tuple[ir.Cond, ...]:
    """A list of conditions, or one."""
    if isinstance(given, list):
        return tuple(condition(desk, each, (*place, index), scope) for index, each in enumerate(given))
    return (condition(desk, given, place, scope),)


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


def rules(desk: Desk) -> tuple[list[CheckedRule], list[CheckedDuty]]:
    """Every rule of the pack."""
    tightening: list[CheckedRule] = []
    duties: list[CheckedDuty] = []
    for index, document in enumerate(desk.pack.document.rules):
        place: Place = ("rules", index)
        effect = _effect(desk, document, place)
        if effect is None:
            continue
        desk.describe(document, effect, place, shadow=shadow(desk, document, place))
        kinds = desk.kinds_of(getattr(document, effect), (*place, effect))
        if effect in ("oblige", "advise"):
            duties.append(_duty(desk, document, effect, kinds, place))
        else:
            tightening.append(_rule(desk, document, effect, kinds, place))
    return tightening, duties


def _effect(desk: Desk, document: RuleDocument, place: Place) -> str | None:
    given = [effect for effect in EFFECTS if getattr(document, effect) is not None]
    if len(given) != 1:
        said = " and ".join(f"`{effect}`" for effect in given) or "none of " + ", ".join(f"`{effect}`" for effect in EFFECTS)
        desk.problem(place, "one-effect", f"rule '{document.id[:60]}' has {said}", "a rule does exactly one thing: split it")
        return None
    others = frozenset(key for keys in _KEYS.values() for key in keys)
    for key in sorted(document.model_fields_set & (others - _KEYS[given[0]])):
        owners = " or ".join(f"`{effect}`" for effect, keys in _KEYS.items() if key in keys)
        desk.problem((*place, key, "<key>"), "unknown-key", f"'{key}' does not go with `{given[0]}`", f"it belongs to {owners}")
    return given[0]


def _duty(desk: Desk, document: RuleDocument, effect: str, kinds: tuple[str, ...], place: Place) -> CheckedDuty:
    holds = _scoped(desk, document, place, ir.Constant(value=True), evolve(desk.scope(), amount="free"))
    if not document.then and not (effect == "advise" and document.say):
        help_ = "name the duty, such as `then: [leave_item]`" if effect == "oblige" else "add `then:` or `say: {staff: …}`"
        desk.problem(place, "missing-key", f"rule '{document.id}' needs 'then'", help_)
    return CheckedDuty(document.id, effect, kinds, negation_normal(holds), tuple(document.then))  # type: ignore[arg-type]


def _scoped(desk: Desk, document: RuleDocument, place: Place, core: ir.Cond, scope: Scope) -> ir.Cond:
    """`core`, where `when` holds and `unless` does not, within the dates."""
    parts = [core]
    if document.when is not None:
        parts.append(condition(desk, document.when, (*place, "when"), scope))
    if document.unless is not None:
        parts.append(negated(condition(desk, document.unless, (*place, "unless"), scope)))
    dated = dates(desk, document, place)
    return all_of((dated, *parts)) if dated is not None else all_of(tuple(parts))


def _rule(desk: Desk, document: RuleDocument, effect: str, kinds: tuple[str, ...], place: Place) -> CheckedRule:
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
    fires = negation_normal(_scoped(desk, document, place, core, desk.scope()))
    tightens(desk, fires, place, document.id)
    return CheckedRule(
        document.id, effect, kinds, _below(desk, fires, role), outcome, role, evidence, shadow(desk, document, place)
    )  # type: ignore[arg-type]


def _below(desk: Desk, fires: ir.Cond, role: str | None) -> ir.Cond:
    """An escalation does not fire when the authority holds the role it names, or a higher one (DESIGN §4 *Over*)."""
    if role is None:
        return fires
    lower = [each for each in desk.roles.everyone() if desk.roles.rank(each) < desk.roles.rank(role)]
    if len(lower) == len(desk.roles.everyone()):
        return fires
    return all_of((ir.IsAmong("actor.role", frozenset(lower)) if lower else ir.Constant(value=False), fires))


def _positive_list(desk: Desk, document: RuleDocument, place: Place) -> ir.Cond:
    if (document.any is None) == (document.all is None):
        desk.problem(place, "missing-key", f"rule '{document.id}' needs one of 'any' and 'all'", "add `any: [condition, …]`")
        return ir.Constant(value=True)
    key = "any" if document.any is not None else "all"
    parts = conditions(desk, getattr(document, key), (*place, key), desk.scope())
    return any_of(parts) if key == "any" else all_of(parts)


def _evidence(desk: Desk, document: RuleDocument, place: Place) -> tuple[int, tuple[str, ...]]:
    facts = document.of or []
    if not facts:
        desk.problem(place, "missing-key", f"rule '{document.id}' needs 'of'", "list the yes/no facts that count, such as `of: [evidence.photo_id]`")
    for index, fact in enumerate(facts):
        if not isinstance(desk.facts.get(fact), ir.YesNoType):
            desk.problem((*place, "of", index), "wrong-type", f"'{fact[:60]}' is not a yes/no fact", "declare it as `yes/no` under `facts:`")
    text = document.at_least if document.at_least is not None else str(len(facts))
    if not text.isdigit() or not text.isascii() or len(text) > 4 or not 1 <= int(text) <= max(1, len(facts)):
        message = f"'{text[:20]}' is not a number between 1 and {len(facts)}"
        desk.problem((*place, "at_least"), "bad-number", message, "it says how many of the listed facts must be yes")
        return 1, tuple(facts)
    return int(text), tuple(dict.fromkeys(facts))


def otherwise(desk: Desk, given: Any, place: Place) -> tuple[Literal["deny", "escalate"], str | None]:
    """`deny`, which is the default, or `{escalate: ROLE}`."""
    if given is None or given == "deny":
        return "deny", None
    if isinstance(given, dict) and set(given) == {"escalate"} and isinstance(given["escalate"], str):
        return "escalate", desk.role(given["escalate"], (*place, "escalate"))
    desk.problem(place, "wrong-shape", "this must be `deny` or `{escalate: ROLE}`", "an escalation names the lowest role that may say yes")
    return "deny", None


def _to(desk: Desk, document: RuleDocument, place: Place) -> str | None:
    if document.to is None:
        desk.problem(place, "missing-key", f"rule '{document.id}' needs 'to'", "add `to:` with the lowest role that may say yes")
        return None
    return desk.role(document.to, (*place, "to"))


def tightens(desk: Desk, fires: ir.Cond, place: Place, name: str) -> None:
    """Refuse a condition under which a larger amount, or a fact becoming known, could loosen (DESIGN §4)."""
    for atom, positive in atoms(fires):
        if isinstance(atom, ir.AmountAbove) and not positive:
            message = f"in '{name}' a larger amount could loosen: `action.amount <` stands where `>` belongs"
            help_ = "a rule may only tighten as the amount grows; for a least amount write a cap with `at_least`"
            desk.problem(place, "not-monotone", message, help_)
            return
        if isinstance(atom, ir.Known) and positive:
            message = f"in '{name}' telling '{atom.fact}' could tighten: `known({atom.fact})` stands where `not known(…)` belongs"
            desk.problem(place, "known-tightens", message, "nobody may be better off for keeping silent; drop it, or turn it round")
            return


def assumptions(desk: Desk) -> list[CheckedRule]:
    """`assume`: a deny rule by another name."""
    found = []
    for index, document in enumerate(desk.pack.document.assume):
        place: Place = ("assume", index)
        desk.describe(document, "assume", place)
        found.append(_assumption(desk, document, place))
    return found


def _assumption(desk: Desk, document: AssumeDocument, place: Place) -> CheckedRule:
    if document.from_ or document.until or document.mode != "live":
        desk.problem(place, "unknown-key", "an assumption holds always: it has no dates and no mode", "write a dated rule instead")
    fires = negated(condition(desk, document.that, (*place, "that"), desk.scope()))
    tightens(desk, fires, (*place, "that"), document.id)
    kinds = desk.kinds_of(document.for_, (*place, "for"))
    return CheckedRule(document.id, "assume", kinds, fires, "deny", None, None, shadow=False)


def claims(desk: Desk) -> list[CheckedClaim]:
    """`claims`: type-checked here, proved elsewhere. They may look at the amount freely, and at `approved`."""
    found = []
    seen: set[str] = set()
    for index, document in enumerate(desk.pack.document.claims):
        place: Place = ("claims", index)
        if document.id in seen or document.id in desk.about:
            desk.problem((*place, "id"), "duplicate-id", f"'{document.id[:60]}' is an id already", "choose another")
        seen.add(document.id)
        if document.because not in desk.values:
            desk.problem((*place, "because"), "unknown-value", f"'{document.because[:60]}' is not a value of the mission", "name a value")
        if (document.never is None) == (document.always is None):
            desk.problem(place, "missing-key", f"claim '{document.id}' needs one of 'never' and 'always'", "add `never: condition`")
            continue
        mode: Literal["never", "always"] = "never" if document.never is not None else "always"
        scope = evolve(desk.scope("free"), facts={**desk.facts, "approved": ir.YesNoType()})
        held = condition(desk, getattr(document, mode), (*place, mode), scope)
        found.append(CheckedClaim(document.id, mode, negation_normal(held), document.because))
    return found


__all__ = ["assumptions", "claims", "condition", "dates", "otherwise", "reads_the_amount", "rules", "shadow", "tightens"]

"""Denials that hold whenever an escalation does: the escalation can never be answered, which the author hardly meant.

One condition is shown to imply another by its parts, comparing what stands beside the same fact; what cannot be shown is left alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from empower import ir
from empower.check.desk import Desk
from empower.checked import CheckedPack, CheckedRule
from empower.formulas import atoms

WORK_MAX = 200_000
"""How many pairs of a denial and an escalation are compared: those that speak of the same fact, by the rarest fact of the denial."""

Subject = tuple[str, ...]


def hidden_escalations(desk: Desk, checked: CheckedPack) -> None:
    """Refuse each escalation that a denial hides."""
    own = {rule.id: index for index, rule in enumerate(desk.pack.document.rules)}
    live = [rule for rule in checked.rules if not rule.shadow and rule.id not in desk.doubtful]
    denials = _indexed([rule for rule in live if rule.outcome == "deny" and rule.effect != "assume"])
    if not denials:
        return
    work = 0
    for rule in live:
        if rule.role is None or rule.id not in own:
            continue
        kinds = set(rule.kinds)
        for denial in _speaking_of_the_same(rule, denials):
            work += 1
            if kinds.issubset(denial.kinds) and implies(rule.fires, denial.fires):
                message = f"'{rule.id}' can never escalate: '{denial.id}' denies whenever it holds"
                help_ = f"add `unless: …` to '{denial.id}' with the case that '{rule.id}' is for, or drop one of them"
                desk.problem(("rules", own[rule.id]), "hidden-escalation", message, help_)
                break
        if work > WORK_MAX:
            return


def _indexed(denials: Iterable[CheckedRule]) -> Mapping[Subject, list[CheckedRule]]:
    """Denials by the subject that fewest of them speak of, so that few are compared with each escalation."""
    subjects = [(denial, set(_subjects(denial.fires))) for denial in denials]
    counts = Counter(subject for _, each in subjects for subject in each)
    found: dict[Subject, list[CheckedRule]] = defaultdict(list)
    for denial, each in subjects:
        found[min(each, key=lambda subject: (counts[subject], subject), default=())].append(denial)
    return found


def _speaking_of_the_same(rule: CheckedRule, denials: Mapping[Subject, list[CheckedRule]]) -> Iterator[CheckedRule]:
    found = {_subject(atom, positive=positive) for atom, positive in atoms(rule.fires)}
    for subject in sorted({(), *(subject for subject in found if subject is not None)}):
        yield from denials.get(subject, ())


def _subjects(condition: ir.Cond) -> Iterator[Subject]:
    """What the parts of a conjunction speak of: a denial is implied only by what speaks of all its subjects."""
    for part in condition.conditions if isinstance(condition, ir.All) else (condition,):
        if not isinstance(part, (ir.Any, ir.AtLeast, ir.Constant)):
            yield from (subject for atom, positive in atoms(part) if (subject := _subject(atom, positive=positive)))


def _subject(atom: ir.Atom, *, positive: bool) -> Subject | None:
    match atom:
        case ir.IsAmong(fact=fact, members=members):
            return ("among", fact, *members) if len(members) == 1 and positive else None
        case ir.AmountAbove():
            return ("amount",)
        case ir.Compare(left=left):
            return ("number", repr(left))
        case _:
            return ("other", repr(atom), str(positive))


def implies(stronger: ir.Cond, weaker: ir.Cond) -> bool:
    """Whether one condition surely holds whenever another does. False where that is not plain to see."""
    if stronger == weaker or weaker == ir.Constant(value=True) or stronger == ir.Constant(value=False):
        return True
    if isinstance(weaker, ir.All):
        return all(implies(stronger, part) for part in weaker.conditions)
    if isinstance(stronger, ir.Any):
        return all(implies(part, weaker) for part in stronger.conditions)
    if isinstance(weaker, ir.Any) and any(implies(stronger, part) for part in weaker.conditions):
        return True
    if isinstance(stronger, ir.All):
        return any(implies(part, weaker) for part in stronger.conditions)
    return _atom_implies(stronger, weaker)


def _atom_implies(stronger: ir.Cond, weaker: ir.Cond) -> bool:
    match stronger, weaker:
        case ir.IsAmong(fact=fact, members=few), ir.IsAmong(fact=other, members=many):
            return fact == other and few <= many
        case ir.IsAmong(fact=fact, members=some), ir.Not(condition=ir.IsAmong(fact=other, members=others)):
            return fact == other and not some & others
        case ir.AmountAbove(threshold=ir.Number(value=high)), ir.AmountAbove(threshold=ir.Number(value=low)):
            return low <= high
        case ir.Compare(left=left, right=ir.Number()), ir.Compare(left=other, right=ir.Number()) if left == other:
            return _within(stronger, weaker)
        case _:
            return False


def _within(stronger: ir.Compare, weaker: ir.Compare) -> bool:
    """Whether the whole numbers that pass one comparison with a constant all pass another."""
    (low, high), (least, most) = _stretch(stronger), _stretch(weaker)
    if weaker.operator == "!=":
        assert isinstance(weaker.right, ir.Number)
        return not low <= weaker.right.value <= high
    return stronger.operator != "!=" and least <= low and high <= most


def _stretch(comparison: ir.Compare) -> tuple[int, int]:
    assert isinstance(comparison.right, ir.Number)
    value = comparison.right.value
    low = {">": value + 1, ">=": value, "==": value}.get(comparison.operator, -ir.OPEN)
    high = {"<": value - 1, "<=": value, "==": value}.get(comparison.operator, ir.OPEN)
    return low, high

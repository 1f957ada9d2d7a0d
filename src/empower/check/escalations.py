"""Escalations that nobody can ever answer: found where it is certain, whatever the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from empower import ir
from empower.check.desk import Desk
from empower.check.roles import most_for, reads_actor, roles_of, value_for
from empower.checked import CheckedBudget, CheckedCap, CheckedPack, CheckedRule
from empower.formulas import atom_facts, atoms
from empower.pack import Place


def escalations(desk: Desk, checked: CheckedPack) -> None:
    """Refuse each escalation that no role could say yes to."""
    most = _Most(desk, checked)
    _rules(desk, checked, most)
    _fallbacks(desk, checked, most)
    _caps(desk, checked)
    _budgets(desk, checked)


class _Most:
    """The most that a role may ever give of a kind, by the caps and budgets that always apply."""

    def __init__(self, desk: Desk, checked: CheckedPack) -> None:
        self._checked = checked
        self._caps: dict[str, list[CheckedCap]] = defaultdict(list)
        self._budgets: dict[str, list[CheckedBudget]] = defaultdict(list)
        self._found: dict[tuple[str, str], int] = {}
        for cap in checked.caps:
            always = (
                cap.effect == "cap" and not cap.shadow and cap.dated is None and isinstance(cap.applies, ir.Constant) and cap.applies.value
            )
            if always and cap.id not in desk.doubtful:
                for kind in cap.kinds:
                    self._caps[kind].append(cap)
        for budget in checked.budgets:
            if not budget.shadow and budget.id not in desk.doubtful:
                for kind in budget.kinds:
                    self._budgets[kind].append(budget)

    def of(self, kind: str, role: str) -> int:
        """The most; −1 where not even an action without an amount is possible."""
        if (kind, role) not in self._found:
            caps = [_most_of_cap(cap, role, self._checked) for cap in self._caps[kind]]
            budgets = [most_for(budget.amounts, role) if budget.times != 0 else -1 for budget in self._budgets[kind]]
            self._found[kind, role] = min((*caps, *budgets), default=ir.OPEN)
        return self._found[kind, role]

    def anybody(self, kind: str, roles: Iterable[str]) -> bool:
        """Whether one of these roles might give the least amount of a kind."""
        least = (self._checked.kinds[kind].amount or (0, 0))[0]
        return any(self.of(kind, role) >= least for role in roles)


def _most_of_cap(cap: CheckedCap, role: str, checked: CheckedPack) -> int:
    """The largest amount that a cap could give a role: of constant rows their amount, of computed ones no bound."""
    found = [0]
    for row in cap.rows:
        if role in roles_of(row.condition, checked.roles):
            found.append(most_for(row.amounts, role))
            if all(fact == "actor.role" for atom, _ in atoms(row.condition) for fact in atom_facts(atom)) and not cap.collect:
                break
    return max(found)


def _at_or_above(checked: CheckedPack, role: str) -> Sequence[str]:
    return checked.roles.ladder[checked.roles.rank(role) :]


# ------------------------------------------------------------------------------------------------ rules


def _rules(desk: Desk, checked: CheckedPack, most: _Most) -> None:
    own = {rule.id: index for index, rule in enumerate(desk.pack.document.rules)}
    for rule in checked.rules:
        if rule.role is None or rule.id not in own or rule.id in desk.doubtful:
            continue
        place: Place = ("rules", own[rule.id])
        if not roles_of(rule.fires, checked.roles):
            _nobody_asks(desk, checked, rule, place)
            continue
        for kind in rule.kinds:
            if not most.anybody(kind, _at_or_above(checked, rule.role)):
                message = f"'{rule.id}' sends '{kind}' to {_upwards(checked, rule.role)} may ever give any"
                desk.problem(
                    _role_place(desk, place), "dead-escalation", message, "raise a cap or budget for that role, or write `deny` instead"
                )
                break


def _upwards(checked: CheckedPack, role: str) -> str:
    higher = len(_at_or_above(checked, role)) > 1
    return f"{role}, but neither {role} nor a higher role" if higher else f"{role}, but no {role}"


def _nobody_asks(desk: Desk, checked: CheckedPack, rule: CheckedRule, place: Place) -> None:
    below = checked.roles.compared("<", str(rule.role))
    why = "speaks only of roles that need nobody above them" if below else "is for everybody, and nobody stands below that role"
    message = f"'{rule.id}' can never send anybody to {rule.role}: it {why}"
    desk.problem(_role_place(desk, place), "dead-escalation", message, "name a higher role, or write `deny` instead")


def _role_place(desk: Desk, place: Place) -> Place:
    document = desk.pack.document.rules[int(place[1])]
    return (*place, "to") if document.to is not None else (*place, "otherwise", "escalate")


def _fallbacks(desk: Desk, checked: CheckedPack, most: _Most) -> None:
    """Roles that are asked because a key is unknown."""
    own = {budget.id: index for index, budget in enumerate(desk.pack.document.budgets)}
    for budget in checked.budgets:
        if budget.unknown_role is None or budget.id not in own or budget.id in desk.doubtful:
            continue
        for kind in budget.kinds:
            if not most.anybody(kind, _at_or_above(checked, budget.unknown_role)):
                message = f"'{budget.id}' sends '{kind}' to {_upwards(checked, budget.unknown_role)} may ever give any"
                place = ("budgets", own[budget.id], "when_unknown", "escalate")
                desk.problem(place, "dead-escalation", message, "raise a cap or budget for that role, or write `shared` instead")
                break


# ------------------------------------------------------------------------------------------------ caps and budgets


def _caps(desk: Desk, checked: CheckedPack) -> None:
    """A cap that is the same for everybody, and yet says `over: escalate`."""
    own = {cap.id: index for index, cap in enumerate(desk.pack.document.caps)}
    for cap in checked.caps:
        if cap.id not in own or cap.id in desk.doubtful or cap.outcome != "escalate":
            continue
        document = desk.pack.document.caps[own[cap.id]]
        if "over" in document.given and not _cap_differs(cap, checked):
            message = f"'{cap.id}' is the same for every role, so nobody could say yes to {'more' if cap.effect == 'cap' else 'less'}"
            help_ = "write `over: deny`, or make it differ by `actor.role`"
            desk.problem(("caps", own[cap.id], "over"), "dead-escalation", message, help_)


def _cap_differs(cap: CheckedCap, checked: CheckedPack) -> bool:
    """Whether a cap could leave a role of the ladder more than it leaves a lower one, or a role beside it."""
    conditions = (cap.applies, *(row.condition for row in cap.rows))
    facts = {fact for condition in conditions for atom, _ in atoms(condition) for fact in atom_facts(atom)}
    amounts = [amount for row in cap.rows for amount in row.amounts]
    if reads_actor(amounts) or any(fact.startswith("actor.") and fact != "actor.role" for fact in facts):
        return True
    if "actor.role" in facts:
        return True
    return _rises(amounts, checked, floor=cap.effect == "floor")


def _rises(amounts: Sequence[ir.Num], checked: CheckedPack, *, floor: bool = False) -> bool:
    """Whether one of several amounts is larger (for a floor: smaller) for a role of the ladder than for a role below it."""
    beside, ladder = tuple(checked.roles.beside), checked.roles.ladder
    pairs = [(lower, higher) for rank, higher in enumerate(ladder) for lower in (*beside, *ladder[:rank])]
    return any(_more(amount, lower, higher, floor=floor) for amount in amounts for lower, higher in pairs)


def _more(amount: ir.Num, lower: str, higher: str, *, floor: bool) -> bool:
    high, low = value_for(amount, higher), value_for(amount, lower)
    if high is None or low is None:
        return _case(amount, higher) != _case(amount, lower)
    return high < low if floor else high > low


def _case(amount: ir.Num, role: str) -> ir.Num:
    """What a lookup by role says of a role; any other amount as it is."""
    while isinstance(amount, ir.Floored):
        amount = amount.value
    if isinstance(amount, ir.Chosen) and amount.fact == "actor.role":
        return next((number for member, number in amount.cases if member == role), amount)
    return amount


def _budgets(desk: Desk, checked: CheckedPack) -> None:
    """`over: escalate` on a budget that everybody shares, and that gives no role more."""
    own = {budget.id: index for index, budget in enumerate(desk.pack.document.budgets)}
    for budget in checked.budgets:
        if budget.id not in own or budget.id in desk.doubtful or budget.outcome != "escalate":
            continue
        personal = any(key.startswith("actor.") for key in budget.keys)
        if not personal and not reads_actor(budget.amounts) and not _rises(budget.amounts, checked):
            shared = f"is one for each {' and '.join(budget.keys)}, whoever asks" if budget.keys else "is shared by everybody"
            message = f"'{budget.id}' {shared}, so nobody could say yes beyond it"
            help_ = "write `over: deny`, or give some role a higher limit with `at_most: {by: actor.role, …}`"
            desk.problem(("budgets", own[budget.id], "over"), "dead-escalation", message, help_)

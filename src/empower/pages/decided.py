"""One decision explained: what was decided and what to say, why, and why the other guardrails were silent, each with value, bound and gap.

What was answered is read, never decided anew. Where only the ask was kept, as in a ledger, it is decided again with nothing drawn from any
budget, since a record does not hold what the budgets held; where that comes out otherwise than it did, the page says so. Why others were
silent is worked out from the facts that were read then; where the record lacks them, the page says which it would take.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from empower import ir
from empower.asking import make_case
from empower.backends.english.conditions import clause
from empower.backends.english.words import capital, day, listed, money, with_article, words
from empower.compile import Rules
from empower.decide import Guard
from empower.decision import Decision
from empower.formulas import condition_facts, negated
from empower.judge import Case, Speaking, speak
from empower.money import parse_money
from empower.noun import frozen
from empower.pages.page import Item, Page, Section
from empower.pages.record import REFUSED, Recorded
from empower.pages.roles import NEVER, condition_for
from empower.pages.sentences import Writer, make_writer
from empower.periods import day_in
from empower.reasons import Shown, clause as compared, decisive
from empower.request import Approval, nested, written

_OUTCOMES = {
    "allow": "Allowed",
    "needs_info": "To be found out first",
    "escalate": "To be asked",
    "deny": "Not possible",
    REFUSED: "A budget had too little left",
}


@frozen
class _Story:
    """What one decision is told from."""

    rules: Rules
    writer: Writer
    recorded: Recorded
    answer: Mapping[str, Any]
    case: Case | None
    """The question with its facts, nothing drawn from any budget; None where the facts are not known."""

    def money(self, minor: int) -> str:
        """An amount."""
        return money(minor, self.writer.lexicon)

    @property
    def shown(self) -> Shown:
        """How values are shown."""
        return Shown(self.rules.checked, self.writer.lexicon.language)

    @property
    def again(self) -> bool:
        """Whether deciding the ask again gives what was answered then."""
        return bool(self.answer["outcome"] == self.recorded.outcome)


def explain_decision(rules: Rules, recorded: Recorded, language: str) -> Page:
    """The page of a decision. What was answered is told in the language of the answer, what is worked out in the one asked for."""
    answer = recorded.answer if recorded.answer is not None else _decided_again(rules, recorded, language)
    story = _Story(rules, make_writer(rules.checked, language), recorded, answer, _case(rules, recorded))
    sections = [
        Section("Why", tuple(_spoken(story))),
        Section("Why not", tuple(_silent(story)), "Nothing else stood in the way."),
    ]
    if story.again:
        sections = [Section("What to say", tuple(_voices(answer))), *sections, *_rest(story)]
    name = rules.checked.pack.name
    parts = [f"{name} {rules.checked.pack.document.version}", recorded.key and f"key {recorded.key}", _instant(story)]
    if recorded.digest and recorded.digest != rules.checked.pack.digest:
        parts.append("decided under another version of the pack; the sentences about guardrails are those of this one")
    foot = f"{'; '.join(part for part in parts if part)}."
    return Page(_title(story), f"A decision explained, {words(name)}", _lead(story), tuple(each for each in sections if each.items), foot)


# ------------------------------------------------------------------------------------------------ the question


def _case(rules: Rules, recorded: Recorded) -> Case | None:
    asked = recorded.asked
    if asked is None or asked.kind not in rules.program.plans:
        return None
    return make_case(rules, asked, recorded.at or 0, {}, day_in(rules.program.zone))


def _decided_again(rules: Rules, recorded: Recorded, language: str) -> dict[str, Any]:
    """What comes of an ask that is on record, with nothing drawn from any budget."""
    assert recorded.asked is not None  # a record has an answer or an ask
    asked, at = recorded.asked, recorded.at or 0
    action = {"kind": asked.kind, **_handed_in(rules, {f"action.{name}": value for name, value in asked.parameters.items()}, "action.")}
    if asked.amount is not None:
        action["amount"] = {"minor": asked.amount, "currency": rules.program.currency}
    by = None if asked.approver is None else Approval(_handed_in(rules, asked.approver, "actor."))
    guard = Guard(rules, clock=lambda: at)
    return _as_told(guard.preview(action, _handed_in(rules, asked.facts, ""), approval=by), language)


def _handed_in(rules: Rules, facts: Mapping[str, Any], below: str) -> dict[str, Any]:
    """Facts as a host hands them in, nested by their names; those that this pack does not know are left out."""
    known = rules.program.facts
    told = {path: value for path, value in facts.items() if value is not None and path in known and path != "action.kind"}
    return nested(
        {
            path.removeprefix(below): written(value, known[path], rules.program.currency)
            for path, value in told.items()
            if path.startswith(below)
        }
    )


def _as_told(decision: Decision, language: str) -> dict[str, Any]:
    """A decision as data, its texts in one language."""
    teller, say = decision.teller, decision.told(language)
    data = decision.to_dict()
    for reason, told in zip(data["reasons"], teller.reasons(decision, language), strict=True):
        reason.update(staff=told.staff, customer=told.customer, value=told.value)
        reason["clauses"] = [{"text": each.text} for each in told.clauses]
    data["say"] = {"staff": say.staff, "customer": say.customer}
    data["needs"] = [[{"question": need.question} for need in each] for each in teller.needs(decision, language)]
    data["options"] = [{"title": each.title, "action": dict(each.action)} for each in teller.options(decision, language)]
    data["obligations"] = [{"text": each.text, "guardrail": each.guardrail} for each in teller.obligations(decision, language)]
    return data


# ------------------------------------------------------------------------------------------------ the answer


def _title(story: _Story) -> str:
    kind = str(story.answer["kind"])
    name = capital(story.writer.lexicon.kinds.get(kind, words(kind)))
    asked = story.answer.get("asked")
    who = story.answer.get("who") if story.again else None
    outcome = f"ask {with_article(words(who))}" if who else _OUTCOMES[story.recorded.outcome].lower()
    return f"{name}{f' of {_money(story, asked)}' if asked else ''}: {outcome}"


def _lead(story: _Story) -> str:
    answer = story.answer
    if story.recorded.outcome == REFUSED:
        return "The rules allowed it, and a budget had too little left of it. What the budgets held then is not on record."
    if not story.again:
        return (
            f"It was answered with “{_OUTCOMES[story.recorded.outcome].lower()}”. With nothing drawn from any budget it would be "
            f"“{_OUTCOMES[answer['outcome']].lower()}”: what the budgets held then is not on record."
        )
    parts = []
    if answer.get("who"):
        parts.append(f"{capital(with_article(words(answer['who'])))} is the lowest who can say yes.")
    if answer["outcome"] == "allow" and answer.get("amount"):
        parts.append(f"{_money(story, answer['amount'])} may be given.")
    if answer.get("limit"):
        parts.append(f"The most that was possible at once: {_money(story, answer['limit'])}.")
    elif answer["outcome"] != "allow" and answer.get("asked"):
        parts.append("No amount of it was possible at once.")
    return " ".join(parts)


def _instant(story: _Story) -> str:
    if story.recorded.at is None:
        return str(story.answer.get("at") or "").replace("T", " ")[:16]
    at = datetime.datetime.fromtimestamp(story.recorded.at // 1000, ZoneInfo(story.rules.program.zone))
    return f"{day(at.toordinal())}, {at:%H:%M}"


def _money(story: _Story, text: object) -> str:
    return story.money(parse_money(str(text), story.rules.program.currency))


def _voices(answer: Mapping[str, Any]) -> Iterator[Item]:
    yield Item(f": {answer['say']['staff']}", "To you")
    yield Item(f": “{answer['say']['customer']}”", "To the customer")


def _rest(story: _Story) -> Iterator[Section]:
    answer = story.answer
    needs = [listed([need["question"] for need in each], "and") for each in answer.get("needs", ())]
    yield Section("What to find out" if len(needs) < 2 else "What to find out, one of these", tuple(Item(text) for text in needs))
    options = [(option["title"], option["action"].get("amount")) for option in answer.get("options", ())]
    yield Section(
        "What can be offered instead",
        tuple(Item(f"{capital(title)}{f', {_money(story, amount)}' if amount else ''}.") for title, amount in options),
    )
    yield Section("What comes with it", tuple(Item(each["text"], name=each["guardrail"]) for each in answer.get("obligations", ())))
    yield Section(
        "What guardrails in shadow would have said", tuple(Item(each["staff"], name=each["guardrail"]) for each in answer.get("shadow", ()))
    )


# ------------------------------------------------------------------------------------------------ why


def _spoken(story: _Story) -> Iterator[Item]:
    """Every guardrail that spoke: what it says, and by how much it was met."""
    told = _told_reasons(story)
    for reason in told:
        yield _reason(story, reason)
    for account in story.case.plan.accounts if story.case is not None and story.recorded.outcome == REFUSED else ():
        item = _sentence(story, account.guardrail)
        yield Item(item.text, item.subject, "", item.lines, "It may have been this one.", "", item.value, account.guardrail)
    for name in story.recorded.guardrails:
        known = story.rules.checked.about.get(name)
        if name not in {reason["guardrail"] for reason in told} and known is not None and known.effect not in ("oblige", "advise"):
            item = _sentence(story, name)
            yield Item(item.text, item.subject, "", item.lines, "It spoke; what it held then is not on record.", "", item.value, name)


def _told_reasons(story: _Story) -> list[Mapping[str, Any]]:
    return [reason for reason in story.answer["reasons"] if story.again or reason["guardrail"] in story.recorded.guardrails]


def _reason(story: _Story, reason: Mapping[str, Any]) -> Item:
    name = str(reason["guardrail"])
    numbers = ""
    if reason["bound"] and reason["effect"] in ("cap", "floor", "budget", "notice"):
        side = "less" if reason["effect"] == "floor" else "more"
        bound = {"budget": "Left of it", "floor": "At least", "cap": "At most"}.get(str(reason["effect"]), "Between")
        numbers = f"{bound}: {reason['bound']}. Asked: {reason['actual']}, which is {reason['gap']} {side}."
    if name not in story.writer.written:
        return Item(reason["staff"], after=numbers, name=name)
    item = _sentence(story, name)
    lines = tuple(_atoms(story, name, silent=False)) or tuple(("", clause_["text"]) for clause_ in reason["clauses"])
    if item.lines and lines:
        lines = _below(item, "Here", lines)
    quote = f"“{reason['staff']}”" if reason["staff"] else ""
    if not reason["certain"]:
        numbers = " ".join(filter(None, ["Whether it applies is open.", numbers]))
    return Item(
        item.text,
        item.subject,
        "",
        lines or (item.lines if item.text.endswith(":") else ()),
        numbers or item.after,
        quote,
        reason["value"],
        name,
    )


def _below(item: Item, label: str, lines: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """What was met, below the list that a guardrail is: labelled, so that nobody reads it as a part of the list."""
    return (*item.lines, *((label, text) for _, text in lines))


def _sentence(story: _Story, name: str) -> Item:
    """What a guardrail says, as on the page of its pack."""
    checked, writer = story.rules.checked, story.writer
    for rule in checked.rules:
        if rule.id == name:
            return writer.rule(rule)
    for cap in checked.caps:
        if cap.id == name:
            return writer.cap(cap) if story.case is None else writer.cap_for(cap, str(story.case.facts["actor.role"]))
    return next(writer.budget(budget) for budget in checked.budgets if budget.id == name)


def _atoms(story: _Story, name: str, *, silent: bool) -> Iterator[tuple[str, str]]:
    """The comparisons that made a rule speak or be silent, each with the value it met and the gap."""
    rule = next((rule for rule in story.rules.checked.rules if rule.id == name), None)
    if rule is None or story.case is None:
        return
    env = story.case.environment()
    for atom, positive in decisive(negated(rule.fires) if silent else rule.fires, env):
        if isinstance(atom, ir.IsAmong) and atom.fact == "actor.role":
            continue
        found = compared(atom, env, story.shown, positive=positive)
        said = clause(atom, story.writer.lexicon_of(name), positive=positive)
        gap = found.gap.removeprefix("-")
        how = "exactly" if gap in ("0", story.shown.money(0)) else f"{gap} {'to spare' if silent else 'past it'}"
        yield "", f"{capital(said)}: it is {found.actual}, {how}" if gap else capital(said)


# ------------------------------------------------------------------------------------------------ why not


def _silent(story: _Story) -> Iterator[Item]:
    """Every guardrail that was silent, and what it would have taken."""
    checked, kind = story.rules.checked, str(story.answer["kind"])
    if kind not in story.rules.program.plans:
        return
    plan = story.rules.program.plans[kind]
    budgets = [account.guardrail for account in plan.accounts] if story.recorded.outcome == REFUSED and story.case is not None else []
    spoken = {*budgets, *story.recorded.guardrails, *(reason["guardrail"] for reason in _told_reasons(story))}
    silent = [name for name in plan.order if name not in spoken and checked.about[name].effect not in ("oblige", "advise")]
    if story.case is None:
        missing = sorted({path for name in silent for path in _reads(story, name)})
        if missing:
            names = listed([story.writer.lexicon.names[path] for path in missing])
            yield Item(
                f"To tell why the other guardrails were silent, it takes {names}. A decision does not keep the facts, but a ledger does."
            )
        return
    speaking = {each.guardrail: each for each in speak(story.case, story.case.facts, fresh=False)}
    for name in silent:
        if name in speaking:
            item = _sentence(story, name)
            text, lines = _quiet(story, speaking[name])
            if lines and item.lines:
                yield Item(item.text, item.subject, lines=_below(item, text.removesuffix(":"), lines), name=name)
            elif lines:
                yield Item(f"{item.text} {text}", item.subject, lines=lines, name=name)
            else:
                yield Item(item.text, item.subject, lines=item.lines, after=text, name=name)


def _reads(story: _Story, name: str) -> frozenset[str]:
    """The facts that a rule reads."""
    found = next((condition_facts(rule.fires) for rule in story.rules.checked.rules if rule.id == name), frozenset[str]())
    return found - {"actor.role", "action.kind", "now"}


def _quiet(story: _Story, each: Speaking) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Why a guardrail was silent: the room below its threshold, or the comparisons that kept it from applying."""
    case = story.case
    assert case is not None  # asked of cases only
    rule = next((rule for rule in story.rules.checked.rules if rule.id == each.guardrail), None)
    role = str(case.facts["actor.role"])
    if rule is not None and condition_for(rule.fires, role) == NEVER:
        return f"It does not concern {with_article(words(role))}.", ()
    if each.low != each.high:
        return "Whether it would have spoken hinges on what is not known.", ()
    if each.effect == "floor":
        return (
            f"It would have spoken below {story.money(each.high)}: asked was {story.money(case.asked)}, {story.money(case.asked - each.high)} above.",
            (),
        )
    if each.low < ir.OPEN:
        what = "would speak, with nothing given before," if each.effect == "budget" else "would have spoken"
        return (
            f"It {what} above {story.money(each.low)}: asked was {story.money(case.asked)}, {story.money(each.low - case.asked)} below.",
            (),
        )
    if each.effect in ("cap", "budget"):
        return "It did not apply." if each.effect == "cap" else "It was not used up.", ()
    return "It was silent:", tuple(_atoms(story, each.guardrail, silent=True))

"""Decisions told: reasons, needs, options, obligations, nudges and both voices. Worked out when asked for, from what the decision kept."""

from __future__ import annotations

import datetime
import difflib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from empower import ir
from empower.asking import Asked, make_case, money_text
from empower.backends.interpret import holds
from empower.checked import About
from empower.compile import Rules
from empower.decision import Clause, Decision, Left, Need, Nudge, Obligation, Option, Outcome, Reason, Say
from empower.environment import AccountReading, Environment, Value
from empower.judge import Case, Speaking, Verdict, judge, outside_campaign
from empower.ledger import Balance, Counter, Window
from empower.ledger.windows import local_day, window_interval
from empower.money import to_decimal
from empower.needs import ALTERNATIVES_MAX, alternatives, unknown_facts
from empower.noun import evolve, frozen
from empower.options import options_instead, options_now
from empower.phrases import BUILT_IN, phrase
from empower.reasons import Shown, about, clause, decisive, fill, fill_known
from empower.request import Misread, look_up, plain, read_value


@frozen
class Teller:
    """Tells the decisions of one pack."""

    rules: Rules
    day_of: Callable[..., int]

    # -------------------------------------------------------------------------------------------- cases

    def case(self, decision: Decision) -> Case | None:
        """The requester's case behind a decision, or the approver's where the approval was used; None where no plan was asked."""
        if decision.kind not in self.rules.program.plans or decision.extra.notice:
            return None
        plan = self.rules.program.plans[decision.kind]
        facts = dict(zip(plan.slots, decision.facts, strict=True))
        asked = Asked(decision.kind, decision.asked, decision.parameters, facts)
        balances = decision.extra.balances
        case = make_case(self.rules, asked, decision.judged_at, balances, self.day_of, others=decision.extra.others)
        if decision.extra.shown_amount is not None:
            case = evolve(case, amount=decision.extra.shown_amount)
        return evolve(case, missing=decision.extra.missing)

    def verdict(self, decision: Decision, case: Case) -> Verdict:
        """The verdict behind a decision, worked out again where the fast path did not keep it."""
        return decision.extra.verdict if decision.extra.verdict is not None else judge(case)

    def case_in(
        self, context: Any, kind: str, at: int, balances: Mapping[Counter, Balance], parameters: Mapping[str, Value] | None = None
    ) -> Case:
        """A case of another kind in the same context; a fact that cannot be read there is unknown."""
        plan = self.rules.program.plans[kind]
        facts = {slot: self.lenient(context, slot) for slot in plan.slots if not slot.startswith("action.")}
        facts.update({f"action.{name}": value for name, value in (parameters or {}).items()})
        return make_case(self.rules, Asked(kind, None, parameters or {}, facts), at, balances, self.day_of)

    def lenient(self, context: Any, path: str) -> Value | None:
        """A fact of a context that was not asked about; unknown where it cannot be read."""
        mapping = plain(context)
        raw = look_up(mapping, path) if isinstance(mapping, Mapping) else None
        try:
            return None if raw is None else read_value(raw, self.rules.program.facts[path], self.rules.program.currency)
        except Misread:
            return None

    # -------------------------------------------------------------------------------------------- why

    def reasons(self, decision: Decision, language: str | None = None) -> tuple[Reason, ...]:
        """Why, those that decide first."""
        if decision.parts:
            return _decisive_first(dict.fromkeys(reason for part in decision.parts for reason in self.reasons(part, language)))
        case = self.case(decision)
        if case is None:
            return (self._notice(decision, language or self.language()),)
        verdict = self.verdict(decision, case)
        found = self._spoken(case, verdict, verdict.speaking, decision, language or self.language())
        if verdict.out_of_bounds and case.plan.amount is not None:
            found.insert(0, self._bounds(case, language or self.language()))
        if decision.extra.approval_refused:
            found.append(self._approval(decision, language or self.language()))
        return _decisive_first(found)

    def shadow(self, decision: Decision) -> tuple[Reason, ...]:
        """What guardrails in shadow mode would have said."""
        if decision.parts:
            return tuple(dict.fromkeys(reason for part in decision.parts for reason in part.shadow))
        case = self.case(decision)
        if case is None:
            return ()
        bars = self.rules.back_end.shadows(case.plan, case.environment())
        speaking = [
            Speaking(bar.guardrail, bar.effect, bar.outcome, bar.role, low, high)
            for bar, (low, high) in zip(case.plan.shadows, bars, strict=True)
        ]
        budgets = tuple(evolve(account, shadow=not account.shadow) for account in case.plan.accounts)
        turned = evolve(case, plan=evolve(case.plan, bars=(), accounts=budgets))
        verdict = judge(turned)
        return tuple(self._spoken(case, verdict, [*speaking, *verdict.speaking], decision, self.language()))

    def _spoken(self, case: Case, verdict: Verdict, speaking: Sequence[Speaking], decision: Decision, language: str) -> list[Reason]:
        span = case.span
        spoken = [each for each in speaking if each.certain(*span) or (each.possible(*span) and verdict.outcome == "needs_info")]
        return [self._reason(case, each, decision, language, certain=each.certain(*span)) for each in spoken]

    def _reason(self, case: Case, each: Speaking, decision: Decision, language: str, *, certain: bool) -> Reason:
        note, met = about(case, self.rules.checked, each.guardrail)
        shown = Shown(self.rules.checked, language)
        env = case.environment()
        asked = case.asked
        bound = each.high if each.effect == "floor" or each.low <= 0 else each.low  # what is certain, where something is unknown
        numeric = 0 <= bound < ir.OPEN and case.plan.amount is not None and (each.effect != "floor" or bound > 0)
        actual, limit, gap = (shown.money(asked), shown.money(bound), shown.money(abs(asked - bound))) if numeric else ("", "", "")
        clauses = self._clauses(met, env, shown)
        values = self._values(decision, case, shown, limit=limit)
        title = fill_known(shown.said(note.title), values, case.facts)
        name = title[:1].upper() + title[1:] or each.guardrail  # it begins a sentence
        told = {"id": name, "actual": actual, "bound": limit, "gap": gap}
        open_facts = [shown.name(fact) for fact in sorted(unknown_facts(met, env))]
        told["facts"] = ", ".join(open_facts or ([] if certain else [phrase(language, "clause.amount")]))
        comma = "," if any("," in clause.text for clause in clauses[:-1]) else ""
        joint = f"{comma} {phrase(language, 'and')} "
        told["clauses"] = joint.join(clause.text for clause in clauses) or phrase(language, "reason.applies")
        text = self._default_text(each, met, case, told, language) if certain else phrase(language, "reason.unknown", **told)
        # What an author wrote for a rule that fires says nothing true while it is open whether it fires; a positive list or a call for
        # evidence says what is wanted, which is true either way.
        said = note.say.staff.get(language, "") if certain or each.effect in ("only_if", "ask") else ""
        staff = fill_known(said, values, case.facts) or text
        outcome = each.outcome if certain else "needs_info"
        return Reason(
            each.guardrail, each.effect, outcome, certain, note.because, self._value(note, language), actual, limit, gap, clauses, str(note.span()),
            staff, fill_known(note.say.customer.get(language, ""), values, case.facts),
        )  # fmt: skip

    def _clauses(self, met: ir.Bar | ir.Account | ir.Duty | None, env: Environment, shown: Shown) -> tuple[Clause, ...]:
        if not isinstance(met, ir.Bar) or not isinstance(met.threshold.exact, ir.If):
            return ()
        if not holds(met.threshold.high.condition, env) if isinstance(met.threshold.high, ir.If) else False:
            return ()
        condition = met.threshold.exact.condition
        return tuple(clause(atom, env, shown, positive=positive) for atom, positive in decisive(condition, env) if not self._of_role(atom))

    @staticmethod
    def _of_role(atom: ir.Atom) -> bool:
        return isinstance(atom, ir.IsAmong) and atom.fact == "actor.role"

    def _default_text(
        self, each: Speaking, met: ir.Bar | ir.Account | ir.Duty | None, case: Case, told: Mapping[str, str], language: str
    ) -> str:
        if each.effect == "budget" and isinstance(met, ir.Account):
            return self._budget_text(met, case, language, told)
        if isinstance(met, ir.Bar) and met.evidence is not None:
            wanted, names = met.evidence
            shown = sum(case.facts.get(name) is True for name in names)
            listed = ", ".join(Shown(self.rules.checked, language).name(name) for name in names)
            return phrase(language, "reason.ask", id=told["id"], shown=shown, wanted=wanted, facts=listed)
        if each.effect in ("cap", "floor"):
            return phrase(language, f"reason.{each.effect}", **told)
        return phrase(language, "reason.rule_amount" if told["bound"] else "reason.rule", **told)

    def _budget_text(self, met: ir.Account, case: Case, language: str, told: Mapping[str, str]) -> str:
        if outside_campaign(met, case.environment()):
            return phrase(language, "reason.campaign_ended", **told)
        if told["bound"]:
            return phrase(language, "reason.budget", **told)
        index = case.plan.accounts.index(met)
        frees = case.balances[index].frees_at if case.balances else None
        if frees is None:
            return phrase(language, "reason.budget_unknown" if told["facts"] else "reason.budget_times", **told)
        return phrase(language, "reason.budget_again", when=self._local(frees), **told)

    def _local(self, at: int) -> str:
        moment = datetime.datetime.fromtimestamp(at // 1000, ZoneInfo(self.rules.program.zone))
        return f"{moment:%Y-%m-%d %H:%M}"

    def _value(self, note: About, language: str) -> str:
        words = self.rules.checked.values.get(note.because, {})
        return words.get(language) or next(iter(words.values()), "")

    def _notice(self, decision: Decision, language: str) -> Reason:
        notice = decision.extra.notice
        role = str(look_up(plain(decision.context), "actor.role") or "")
        known = self.rules.checked.kinds if notice == "unknown_kind" else self.rules.checked.roles.everyone()
        near = difflib.get_close_matches(decision.kind if notice == "unknown_kind" else role, known, n=1)
        hint = phrase(language, "notice.near", near=near[0]) if near and notice in ("unknown_kind", "unknown_role") else ""
        text = phrase(language, f"notice.{notice}", kind=decision.kind, role=role) + hint
        return _notice_reason(notice, decision.outcome, text)

    def _bounds(self, case: Case, language: str) -> Reason:
        shown = Shown(self.rules.checked, language)
        low, high = case.plan.amount or (0, 0)
        bound = f"{shown.money(low)} – {shown.money(high)}"
        gap = shown.money(max(low - case.asked, case.asked - high))
        text = phrase(language, "notice.amount_bounds", actual=shown.money(case.asked), bound=bound)
        return evolve(_notice_reason("amount_bounds", "deny", text), actual=shown.money(case.asked), bound=bound, gap=gap)

    def _approval(self, decision: Decision, language: str) -> Reason:
        approver = decision.extra.approver or {}
        shown = Shown(self.rules.checked, language)
        roles = {"role": shown.role(str(approver.get("actor.role"))), "who": shown.role(decision.who)}
        why = phrase(language, f"approval.{decision.extra.approval_refused}", **roles)
        text = phrase(language, "notice.approval_refused", why=why)
        return _notice_reason("approval_refused", decision.outcome, text)

    # -------------------------------------------------------------------------------------------- what is missing

    def needs(self, decision: Decision, language: str | None = None) -> tuple[tuple[Need, ...], ...]:
        """Alternatives, each a set of needs that, supplied in full (evidence: shown), leaves no further question."""
        if decision.parts:
            asking = [part.needs for part in decision.parts if part.needs and (decision.outcome != "deny" or part.outcome == "deny")]
            chosen = itertools.islice(itertools.product(*asking), ALTERNATIVES_MAX)
            return tuple(dict.fromkeys(tuple(dict.fromkeys(need for each in some for need in each)) for some in chosen if some))
        case = self.case(decision)
        if case is None or decision.outcome == "allow":
            return ()
        language = language or self.language()
        return tuple(tuple(self.need(fact, language) for fact in sorted(each)) for each in alternatives(case, self.verdict(decision, case)))

    def need(self, fact: str, language: str) -> Need:
        """A fact, and how to ask for it."""
        note = self.rules.checked.fact_notes.get(fact)
        return Need(
            fact, (note.ask.get(language) if note else None) or self._question(fact, language), note.supplied_by if note else "staff"
        )

    def _question(self, fact: str, language: str) -> str:
        kind = self.rules.program.facts.get(fact)
        shown = Shown(self.rules.checked, language)
        name = shown.name(fact)
        if fact == "action.amount":
            return phrase(language, "ask.amount")
        if fact in BUILT_IN:
            return phrase(language, f"ask.{fact}")
        if isinstance(kind, ir.OneOfType):
            members = f" {phrase(language, 'or')} ".join(shown.word(fact, each) for each in kind.members)
            return phrase(language, "ask.one_of", fact=name, members=members)
        return phrase(language, "ask.yes_no" if isinstance(kind, ir.YesNoType) else "ask.fact", fact=name)

    # -------------------------------------------------------------------------------------------- what else

    def options(self, decision: Decision, language: str | None = None) -> tuple[Option, ...]:
        """What would be allowed instead, at this instant and these balances."""
        return options_instead(self, decision, language or self.language())

    def everything(self, decision: Decision, language: str | None = None) -> tuple[Option, ...]:
        """Every kind at its limit, then the menu."""
        return options_now(self, decision, language or self.language())

    # -------------------------------------------------------------------------------------------- duties and nudges

    def obligations(self, decision: Decision, language: str | None = None) -> tuple[Obligation, ...]:
        """Duties and advice of this action; in the pack's first language what has no text in the one asked for."""
        if decision.parts:
            return tuple(dict.fromkeys(duty for part in decision.parts for duty in self.obligations(part, language)))
        case = self.case(decision)
        if case is None:
            return ()
        found = []
        shown = Shown(self.rules.checked, language or self.language())
        values = self._values(decision, case, shown)
        for duty, (certain, possible) in zip(case.plan.duties, self.rules.back_end.duties(case.plan, case.environment()), strict=True):
            if not possible:
                continue
            say = shown.said(self.rules.checked.about[duty.guardrail].say.staff)
            for name in duty.then or (duty.guardrail,):
                text = shown.said(self.rules.checked.obligations.get(name, {}), say or name.replace("_", " "))
                found.append(Obligation(name, fill(text, values), duty.guardrail, duty.effect == "oblige", certain))
        return tuple(found)

    def nudges(self, decision: Decision) -> tuple[Nudge, ...]:
        """Encouragements of the budgets that this kind draws on, beyond what this decision gives."""
        found: dict[str, Nudge | None] = {}
        for part in decision.parts or (decision,):
            case = self.case(part)
            if case is not None and not part.replayed:
                found.update(self._nudges(case, given=int(part.allowed and part.key is not None)))
        return tuple(nudge for nudge in found.values() if nudge is not None)

    def all_nudges(self, decision: Decision) -> tuple[Nudge, ...]:
        """Encouragements of every budget in this context."""
        found: dict[str, Nudge | None] = {}
        for kind in () if decision.extra.notice else self.rules.program.plans:
            found.update(self._nudges(self.case_in(decision.context, kind, decision.judged_at, decision.extra.balances), given=0))
        return tuple(nudge for nudge in found.values() if nudge is not None)

    def _nudges(self, case: Case, *, given: int) -> Iterator[tuple[str, Nudge | None]]:
        """For each budget with an encouragement what it says, if anything, once so many more were `given`."""
        budgets = {budget.id: budget for budget in self.rules.checked.budgets}
        for account, counter, balance in zip(case.plan.accounts, case.counters, case.balances, strict=True):
            if account.encourage is None or counter is None or outside_campaign(account, case.environment()):
                continue
            left = account.encourage - balance.times - given
            until = self._until(account, balance, case)
            values = {"left": str(left), "until": until, "aim": str(account.encourage)}
            text = fill(budgets[account.guardrail].nudge.get(self.language(), ""), values)
            yield account.guardrail, Nudge(account.guardrail, left, until, text) if left > 0 else None

    def _until(self, account: ir.Account, balance: Balance, case: Case) -> str:
        """The last local day of a budget's window or campaign, whichever ends first; of a rolling window the day on which it lets go."""
        kind, length = account.window
        period = window_interval(Window(kind, length), account.zone, case.at)  # type: ignore[arg-type]
        rolls = length and (balance.frees_at if balance.frees_at is not None else case.at + length)
        ends = period[1] - 1 if period is not None else rolls or None
        days = [] if ends is None else [local_day(account.zone, ends)]
        if account.campaign is not None and account.campaign[1] is not None:
            days.append(account.campaign[1])
        return datetime.date.fromordinal(min(days)).isoformat() if days else ""

    # -------------------------------------------------------------------------------------------- voices

    def language(self) -> str:
        """The pack's first language."""
        return self.rules.checked.languages[0]

    def _values(self, decision: Decision, case: Case, shown: Shown, limit: str = "") -> dict[str, str]:
        values = {path: shown.fact(path, case.facts.get(path)) for path in case.facts}
        asked = decision.extra.shown_amount if decision.extra.shown_amount is not None else decision.asked
        values["amount"] = shown.money(asked) if asked is not None else ""
        most = None if decision.limit is None else int(decision.limit.scaleb(self._exponent()))
        values["limit"] = limit or ("" if most is None else shown.money(most))
        values["role"] = decision.who or ""
        values["left"] = values["limit"]
        values["currency"] = self.rules.program.currency
        return values

    def say(self, decision: Decision, language: str | None = None) -> Say:
        """What to say: to staff what stands in the way and what to do next, to the customer the author's words or a neutral sentence."""
        language = language or self.language()
        return Say(self._staff(decision, language), self._customer(decision, language))

    def _staff(self, decision: Decision, language: str) -> str:
        if decision.extra.withheld and decision.outcome == "allow":
            return phrase(language, "staff.withheld")
        shown = Shown(self.rules.checked, language)
        lines = [self._headline(decision, language)]
        if decision.outcome != "allow":
            # What merely hinges on what is to be found out adds nothing to the questions.
            open_ = phrase(language, "reason.unknown", id="", facts="")
            lines += [_sentences([each.staff]) for each in self._heard(decision, language) if each.certain or open_ not in each.staff]
            options = [self._option_text(option, shown) for option in self.options(decision, language)]
            if options:
                lines.append(phrase(language, "staff.options", options="; ".join(options)))
        duties = [duty.text for duty in self.obligations(decision, language) if duty.binding and duty.certain]
        if duties and decision.outcome in ("allow", "escalate"):
            lines.append(_closed(phrase(language, "staff.obligation", obligations=_sentences(duties))))
        return " ".join(line for line in lines if line)

    def _heard(self, decision: Decision, language: str) -> Sequence[Reason]:
        """The reasons that staff hear; of what no amount would mend no bound, which would read as if a smaller amount did."""
        found = self.reasons(decision, language)
        final = [each for each in found if each.certain and each.outcome == "deny" and not each.bound]
        forbidden = any(each.effect != "notice" for each in final) and not decision.parts
        return final if forbidden else found

    def _headline(self, decision: Decision, language: str) -> str:
        shown = Shown(self.rules.checked, language)
        if decision.outcome == "allow" and decision.amount is not None:
            return phrase(language, "staff.allow_amount", amount=shown.money(int(decision.amount.scaleb(self._exponent()))))
        if decision.outcome == "escalate":
            return phrase(language, "staff.escalate", role=shown.role(decision.who))
        if decision.outcome == "needs_info":
            first = self.needs(decision, language)[:1]
            return _closed(phrase(language, "staff.needs_info", needs=_sentences([need.question for each in first for need in each])))
        return phrase(language, f"staff.{decision.outcome}")

    def _exponent(self) -> int:
        return -int(to_decimal(1, self.rules.program.currency).as_tuple().exponent)

    def _option_text(self, option: Option, shown: Shown) -> str:
        amount = option.action.get("amount")
        priced = any(offer.id == option.id and offer.amount is not None for offer in self.rules.program.menu)
        if amount is None or priced:  # a gesture is named by what it is; only what goes up to a limit needs the amount
            return option.title
        return f"{option.title} {shown.money(int(amount.replace('.', '')))}"

    def _customer(self, decision: Decision, language: str) -> str:
        if decision.extra.withheld and decision.outcome == "allow":
            return phrase(language, "customer.withheld")
        if decision.outcome in ("deny", "escalate", "needs_info"):
            for reason in self.reasons(decision, language):
                if reason.customer and reason.certain:
                    return reason.customer
        return phrase(language, f"customer.{decision.outcome}")

    # -------------------------------------------------------------------------------------------- data

    def to_dict(self, decision: Decision) -> dict[str, Any]:
        """A decision as plain data."""
        program = self.rules.program
        say = decision.say
        return {
            "pack": program.name, "version": self.rules.checked.pack.document.version, "digest": program.digest, "key": decision.key,
            "at": None if decision.at is None else _instant(decision.at),
            "kind": decision.kind, "asked": money_text(decision.asked, program.currency), "currency": program.currency,
            "outcome": decision.outcome, "limit": _text(decision.limit), "amount": _text(decision.amount), "who": decision.who,
            "approved": decision.extra.approved, "replayed": decision.replayed, "guardrails": list(decision.guardrails),
            "reasons": [_reason_dict(reason) for reason in decision.reasons],
            "needs": [[{"fact": n.fact, "question": n.question, "supplied_by": n.supplied_by} for n in each] for each in decision.needs],
            "options": [{"action": dict(o.action), "title": o.title, "id": o.id, "because": o.because} for o in decision.options],
            "obligations": [{"name": o.name, "text": o.text, "guardrail": o.guardrail, "binding": o.binding, "certain": o.certain} for o in decision.obligations],
            "nudges": [{"budget": n.budget, "left": n.left, "until": n.until, "text": n.text} for n in decision.nudges],
            "shadow": [_reason_dict(reason) for reason in decision.shadow],
            "say": {"staff": say.staff, "customer": say.customer},
            "parts": [self.to_dict(part) for part in decision.parts],
        }  # fmt: skip

    def to_json(self, decision: Decision) -> str:
        """The same bytes for the same decision."""
        return json.dumps(self.to_dict(decision), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def left_of(
    rules: Rules,
    facts: Mapping[str, str],
    at: int,
    day_of: Callable[..., int],
    held: Callable[[list[Counter]], Mapping[Counter, Balance]],
) -> Iterator[Left]:
    """One line for each budget whose keys are all named; each budget once, whatever the number of kinds that draw on it."""
    currency = rules.program.currency
    seen: set[str] = set()
    role = facts.get("actor.role")
    roles = [role] if role is not None else rules.checked.roles.everyone()
    for kind in rules.program.plans:
        known = {slot: facts.get(slot) for slot in rules.program.plans[kind].slots}
        cases = [make_case(rules, Asked(kind, None, {}, {**known, "actor.role": each}), at, {}, day_of) for each in roles]
        for index, account in enumerate(cases[0].plan.accounts):
            counter = cases[0].counters[index]
            if account.guardrail in seen or counter is None or any(facts.get(key) is None for key in account.keys):
                continue
            seen.add(account.guardrail)
            readings = {case.readings[index] for case in cases}
            yield _left(account.guardrail, readings.pop() if len(readings) == 1 else None, held([counter])[counter], currency)


def _left(budget: str, reading: AccountReading | None, balance: Balance, currency: str) -> Left:
    """`reading`: None where the limit depends on a role that is not named."""
    amount, times = (reading.amount, reading.times) if reading is not None else (None, None)
    limit = None if amount is None or amount[0] != amount[1] else max(0, amount[0])
    times_left = None if times is None else max(0, times[0] - balance.times)
    remaining = None if limit is None else to_decimal(max(0, limit - balance.amount), currency)
    spent = to_decimal(balance.amount, currency)
    return Left(
        budget, spent, balance.times, None if limit is None else to_decimal(limit, currency), remaining, times_left, balance.frees_at
    )


def _sentences(texts: Sequence[str]) -> str:
    """Texts in a row, each closed by a mark of its own."""
    return " ".join(text if text.endswith((".", "?", "!")) else f"{text}." for text in texts)


def _closed(text: str) -> str:
    """A sentence with one mark at its end, where a part of it brought its own."""
    return text[:-1] if text.endswith(("..", "?.", "!.")) else text


def _decisive_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    strength = {"deny": 0, "escalate": 1, "needs_info": 2}
    return tuple(sorted(reasons, key=lambda reason: (not reason.certain, strength.get(reason.outcome, 3))))


def _instant(at: int) -> str:
    return (datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(milliseconds=at)).isoformat()


def _notice_reason(name: str, outcome: Outcome, text: str) -> Reason:
    """A reason that no guardrail gives."""
    return Reason(
        guardrail=name, effect="notice", outcome=outcome, certain=True, because="", value="", actual="", bound="", gap="", clauses=(), place="",
        staff=text, customer="",
    )  # fmt: skip


def _text(amount: Any) -> str | None:
    return None if amount is None else str(amount)


def _reason_dict(reason: Reason) -> dict[str, Any]:
    return {
        "guardrail": reason.guardrail, "effect": reason.effect, "outcome": reason.outcome, "certain": reason.certain, "because": reason.because,
        "value": reason.value, "actual": reason.actual, "bound": reason.bound, "gap": reason.gap,
        "clauses": [{"text": c.text, "actual": c.actual, "bound": c.bound, "gap": c.gap} for c in reason.clauses],
        "staff": reason.staff, "customer": reason.customer,
    }  # fmt: skip

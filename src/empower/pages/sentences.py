"""Each guardrail of a pack as sentences: what it is about, when it speaks, what it then asks for, and what serves it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from empower import ir
from empower.backends.english.conditions import clause
from empower.backends.english.numbers import amount
from empower.backends.english.words import Lexicon, capital, listed, money, roles, spelt, times, with_article, words
from empower.checked import About, CheckedBudget, CheckedCap, CheckedClaim, CheckedDuty, CheckedOffer, CheckedPack, CheckedRule, Words
from empower.formulas import all_of
from empower.noun import evolve, frozen
from empower.pack import ClaimDocument, Guardrail, Pack
from empower.pages.lexicon import Document, documents, key_name, make_lexicon, said, with_names
from empower.pages.page import Item
from empower.pages.parts import (
    between,
    cap_lines,
    comma,
    conditions,
    dates,
    least_of,
    lookup_lines,
    sentence,
    space,
    split_role,
    tried,
    window,
)
from empower.pages.roles import ALWAYS, condition_for, rows_for

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@frozen
class Writer:
    """Writes about one pack in one language."""

    checked: CheckedPack
    language: str
    lexicon: Lexicon
    written: dict[str, tuple[Document, Pack]]

    def lexicon_of(self, name: str) -> Lexicon:
        """The lexicon for one guardrail."""
        return with_names(self.lexicon, self.checked, self.written[name][0])

    def kinds(self, names: Sequence[str], joint: str = "or") -> str:
        """Several kinds of action as the subject of a sentence."""
        if len(names) == len(self.checked.kinds) > 1:
            return "Everything"
        return capital(listed([self.lexicon.kinds[name] for name in names], joint))

    def item(self, name: str, subject: str, text: str, lines: Sequence[tuple[str, str]] = (), *, after: str = "") -> Item:
        """A guardrail said, with its value, its words for staff, and where it comes from."""
        note = self.checked.about[name]
        origin = note.pack if note.pack != self.checked.pack.name else ""
        value = said(self.checked.values.get(note.because, {}), self.checked, self.language)
        shown = tuple((capital(label), line if label else capital(line)) for label, line in lines)
        return Item(text, subject, "", shown, after, self._to_staff(note), value, name, origin, note.shadow)

    def _to_staff(self, note: About) -> str:
        """The author's words to staff; of a limit only those that say something without its number."""
        quote = self.quote(note.say.staff)
        return f"To staff: {quote}" if quote and ("…" not in quote or note.effect not in ("cap", "floor", "budget")) else ""

    def quote(self, texts: Words) -> str:
        """What an author wrote, in quotes, with dots where a decision fills something in."""
        text = self.words(texts)
        return f"“{text}”" if text else ""

    def words(self, texts: Words) -> str:
        """What an author wrote, with dots where a decision fills something in."""
        return _PLACEHOLDER.sub("…", said(texts, self.checked, self.language))

    # -------------------------------------------------------------------------------------------- rules

    def rule(self, rule: CheckedRule) -> Item:
        """A rule that can tighten."""
        lexicon = self.lexicon_of(rule.id)
        subject = self.kinds(rule.kinds)
        ask = f"ask {with_article(words(rule.role))}" if rule.role else ""
        dated = self._dates(rule.id)
        terms, effect = rule.terms, rule.effect
        if effect in ("only_if", "assume") and isinstance(terms.wanted, ir.Not):  # what it refuses, so that nothing is denied twice
            terms = evolve(terms, when=all_of((terms.wanted.condition, terms.when)))
            effect = "escalate" if rule.role else "deny"
        when = conditions(terms, lexicon)
        match effect:
            case "deny":
                return self.item(rule.id, subject, sentence(f": not {when}" if when else ": not at all", dated))
            case "escalate":
                return self.item(rule.id, subject, sentence(f": {ask} first{comma(when)}", dated))
            case "assume":
                return self.item(rule.id, subject, sentence(f": only if {clause(terms.wanted, lexicon)}", dated))
            case "ask":
                count, facts = rule.evidence or (0, ())
                lines = [("", lexicon.names[fact]) for fact in facts]
                how = f"only with {'at least ' if count < len(facts) else ''}{spelt(count)} of these"
                after = f"Otherwise {ask or 'the answer is no'}."
                return self.item(rule.id, subject, f": {how}{comma(when)}{comma(dated)}:", lines, after=after)
            case _:
                after = f"Otherwise {ask or 'the answer is no'}.{' Of other cases it says nothing.' if when else ''}"
                ways = _ways(terms.wanted, lexicon)
                if ways:
                    return self.item(rule.id, subject, f"{comma(when)}: only if one of these holds{comma(dated)}:", ways, after=after)
                only = sentence(f"{comma(when)}: only if {clause(terms.wanted, lexicon)}", dated)
                return self.item(rule.id, subject, f"{only} {after}")

    def duty(self, duty: CheckedDuty) -> Item:
        """What comes with an action, or what is advised."""
        lexicon = self.lexicon_of(duty.id)
        when = conditions(duty.terms, lexicon)
        note = self.checked.about[duty.id]
        texts = [self.words(self.checked.obligations.get(name, {})) or f"{capital(words(name))}." for name in duty.then]
        if not texts:
            texts = [self.words(note.say.staff)]
        subject = self.kinds(duty.kinds)
        head = f"{comma(when)}{comma(self._dates(duty.id))}:"
        if len(texts) == 1:
            return evolve(self.item(duty.id, subject, f"{head} {texts[0]}"), quote="")
        return evolve(self.item(duty.id, subject, head, [("", text) for text in texts]), quote="")

    def _dates(self, name: str) -> str:
        document = self.written[name][0]
        return dates(document.from_, document.until) if isinstance(document, Guardrail) else ""

    # -------------------------------------------------------------------------------------------- caps

    def cap(self, cap: CheckedCap) -> Item:
        """The most, or the least, that one action may give."""
        lexicon = self.lexicon_of(cap.id)
        bound = "at most" if cap.effect == "cap" else "at least"
        who, rest = split_role(cap.terms.when)
        when = conditions(evolve(cap.terms, when=rest), lexicon)
        by = f"by {roles(who, lexicon)}" if who is not None else ""
        subject = self.kinds(cap.kinds)
        head = f"{comma(by)}{comma(when)}{comma(self._dates(cap.id))}"
        lines = cap_lines(cap, lexicon, self.checked.roles.everyone())
        after = []
        if cap.dated is not None and cap.outside_zero:
            after.append("On other days nothing.")
        if cap.collect:
            after.append("Of those that apply the least counts.")
        if cap.ceiling:
            after.append("No pack that builds on this one may give more.")
        after.append(_over(cap.outcome, cap.effect))
        if len(lines) == 1 and not lines[0][0]:
            return self.item(cap.id, subject, " ".join([f"{head}: {bound} {lines[0][1]}.", *after]))
        return self.item(cap.id, subject, f"{head}, {bound}:", lines, after=" ".join(after))

    def cap_for(self, cap: CheckedCap, role: str) -> Item:
        """A cap as it meets one role."""
        rows = rows_for(cap, role)
        texts = tried(rows, cap, self.lexicon_of(cap.id)) if rows else ["nothing"]
        bound = "at most" if cap.effect == "cap" else "at least"
        terms = evolve(cap.terms, when=condition_for(cap.terms.when, role), unless=condition_for(cap.terms.unless, role))
        head = comma(conditions(terms, self.lexicon_of(cap.id)))
        return self.item(cap.id, self.kinds(cap.kinds), f"{head}, for {with_article(words(role))}: {bound} {'; '.join(texts)}.")

    # -------------------------------------------------------------------------------------------- budgets

    def budget(self, budget: CheckedBudget) -> Item:
        """The most that may be given per key in a window."""
        lexicon = self.lexicon_of(budget.id)
        together = " together" if len(budget.kinds) > 1 else ""
        per = listed([key_name(self.checked, key, self.lexicon.language) for key in budget.keys])
        subject = self.kinds(budget.kinds, "and")
        head = f"{together}, for {f'each {per}' if per else 'all of us together'}"
        count = times(budget.times) if budget.times is not None else ""
        rows = lookup_lines(budget.amounts[0], lexicon) if len(budget.amounts) == 1 else []
        after = " ".join(self._budget_notes(budget, lexicon))
        if len(rows) > 1:
            limit = f"at most {f'{count} and ' if count else ''}so much{space(window(budget.window))}"
            return self.item(budget.id, subject, f"{head}, {limit}:", rows, after=after)
        limits = listed([each for each in (least_of(budget.amounts, lexicon) if budget.amounts else "", count) if each])
        return self.item(budget.id, subject, f"{head}: at most {limits}{space(window(budget.window))}. {after}")

    def _budget_notes(self, budget: CheckedBudget, lexicon: Lexicon) -> Iterator[str]:
        if budget.already is not None:
            yield f"{capital(amount(budget.already, lexicon))} counts towards it."
        if budget.campaign is not None:
            first, last = budget.campaign
            yield f"It runs {between(first, last)}; on other days it gives nothing."
        unknown = [key_name(self.checked, key, self.lexicon.language) for key in budget.keys if key not in ("actor.id", "actor.role")]
        if budget.shared_at_most is not None:
            who = f"beyond that, ask {with_article(words(budget.unknown_role))}" if budget.unknown_role else "no more than that"
            yield f"While the {listed(unknown)} is not known, {money(budget.shared_at_most, lexicon)} is shared by all such cases; {who}."
        yield _over(budget.outcome, "budget")
        if budget.encourage is not None:
            nudge = self.quote(budget.nudge)
            yield f"Encouraged: {times(budget.encourage)}{space(window(budget.window))}.{space(nudge)}"

    # -------------------------------------------------------------------------------------------- the rest

    def offer(self, offer: CheckedOffer) -> Item:
        """A gesture on the menu."""
        lexicon = self.lexicon_of(offer.id)
        title = said(offer.title, self.checked, self.language) or lexicon.kinds[offer.kind]
        price = f", {money(offer.amount, lexicon)}" if offer.amount is not None else ""
        when = f", if {clause(offer.when, lexicon)}" if offer.when != ALWAYS else ""
        return evolve(self.item(offer.id, capital(title), f"{price}{when}."), quote="")

    def claim(self, claim: CheckedClaim) -> Item:
        """A sentence that must be provable."""
        document, pack = self.written[claim.id]
        written = document.title if isinstance(document, ClaimDocument) else None
        title = self.words({language or self.checked.languages[0]: text for language, text in (written or {}).items()})
        lexicon = self.lexicon_of(claim.id)
        text = f"{title}." if title else _claimed(claim, lexicon)
        origin = pack.name if pack.name != self.checked.pack.name else ""
        return Item(text, value=said(self.checked.values.get(claim.because, {}), self.checked, self.language), name=claim.id, origin=origin)


def make_writer(checked: CheckedPack, language: str) -> Writer:
    """A writer about a pack. What stands inside its English sentences is called by its English name, where it has one."""
    inside = "en" if "en" in checked.languages else language
    return Writer(checked, language, make_lexicon(checked, inside), documents(checked.pack))


def _over(outcome: str, effect: str) -> str:
    if effect == "floor":
        return "Less than that is not given." if outcome == "deny" else "For less, ask higher up."
    return "More than that is not given." if outcome == "deny" else "For more, ask higher up."


def _ways(wanted: ir.Cond, lexicon: Lexicon) -> list[tuple[str, str]]:
    """Alternatives as lines, where one of them has an `or` of its own, or there are many; else none, since a sentence holds them."""
    texts = [clause(part, lexicon) for part in wanted.conditions] if isinstance(wanted, ir.Any) else []
    return [("", text) for text in texts] if len(texts) > 2 or any(" or " in text for text in texts) else []


# ------------------------------------------------------------------------------------------------ claims


def _claimed(claim: CheckedClaim, lexicon: Lexicon) -> str:
    """What a claim promises, as in `no driver ever gives more than £40 without an approval`."""
    if claim.mode == "always":
        return f"It always holds that {clause(claim.condition, lexicon)}."
    parts = list(claim.condition.conditions) if isinstance(claim.condition, ir.All) else [claim.condition]
    who, kind, most, alone = "Nobody", "", "", ""
    rest: list[ir.Cond] = []
    for part in parts:
        match part:
            case ir.IsAmong(fact="actor.role", members=members):
                known = [role for role in lexicon.ladder if role in members] or sorted(members)
                who = f"No {listed([words(role) for role in known], 'or')}"
            case ir.IsAmong(fact="action.kind", members=members):
                kind = _kinds(members, lexicon)
            case ir.Any(conditions=inner) if (named := _named(inner)) is not None:
                kind = _kinds(named, lexicon)
            case ir.Compare(operator=">", left=ir.Amount(), right=right):
                most = f"more than {amount(right, lexicon)}"
            case ir.Not(condition=ir.IsYes(fact="approved")):
                alone = " without an approval"
            case _:
                rest.append(part)
    held = f" while {clause(all_of(tuple(rest)), lexicon)}" if rest else ""
    if not most and who == "Nobody":
        return f"{capital(kind or 'anything')}: never{alone}{held}."
    text = f"{who} ever gives {most or ('any of it' if kind else 'anything')}{alone}{held}."
    return f"{capital(kind)}: {text[:1].lower()}{text[1:]}" if kind else text


def _named(parts: Sequence[ir.Cond]) -> frozenset[str] | None:
    """The kinds that alternatives name; None where they ask for anything else."""
    named = [part.members for part in parts if isinstance(part, ir.IsAmong) and part.fact == "action.kind"]
    return frozenset().union(*named) if len(named) == len(parts) else None


def _kinds(members: frozenset[str], lexicon: Lexicon) -> str:
    return listed([name for kind, name in lexicon.kinds.items() if kind in members], "or")

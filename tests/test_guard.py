"""`Guard` in the hands of its embedder: what it answers beside yes and no, and what it says when it is used wrongly."""

from __future__ import annotations

import copy
import pickle
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from empower import Guard, HoldEnded, KeyConflict, MalformedRequest, MoreThanReserved, load_pack
from empower.ledger.memory import MemoryLedger

PACK = """\
pack: tiny
version: 1
currency: GBP
timezone: Europe/London
languages: [en, de]
mission: Put it right.
values: {trust: We trust.}
roles: {ladder: [clerk, manager]}
facts:
  order.total: {type: money 0..1000, customer_may_see: yes}
  customer.flags: set of [late, vip]
actions:
  refund: {amount: money 0.01..500, asks: [reason], reasons: [late, broken]}
  discount: {amount: money 0.01..500}
  gesture: {amount: money 0.01..100, title: a treat}
"""
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
CONTEXT = {"actor": {"id": "a1", "role": "clerk"}, "customer": {"id": "c1", "flags": []}, "order": {"total": "80.00"}}


class Clock:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = int(MONDAY.timestamp() * 1000)

    def __call__(self) -> int:
        """Milliseconds UTC."""
        return self.now


def guard(folder: Path, guardrails: str, clock: Clock | None = None) -> Guard:
    """A guard for the small pack with these guardrails."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(PACK + guardrails, encoding="utf-8")
    return Guard(load_pack(folder), clock=clock or Clock())


def of(kind: str, amount: str, **parameters: Any) -> dict[str, Any]:
    """An action."""
    return {"kind": kind, "amount": amount, **parameters}


# ------------------------------------------------------------------------------------------------ a no is never a dead end

SPENT_GIFT = """\
rules: [{id: no-discounts, deny: discount, because: trust}]
budgets: [{id: one-gift, for: gesture, per: customer.id, window: ever, at_most: {times: 1}, because: trust}]
menu: [{id: flowers, offer: {kind: gesture, amount: 5}, because: trust}]
"""


def test_a_quick_no_offers_nothing_that_is_spent(tmp_path: Path) -> None:
    """Each option re-decides to `allow` at that instant and balance: also of a guard that has answered the like before."""
    shop = guard(tmp_path, SPENT_GIFT)
    assert [option.id for option in shop.preview(of("discount", "5.00"), CONTEXT).options] == ["flowers"]
    assert shop.decide(of("gesture", "5.00"), CONTEXT).allowed
    for _ in range(2):
        assert shop.preview(of("discount", "5.00"), CONTEXT).options == ()


def test_a_part_of_a_refused_whole_tells_nobody_to_go_ahead(tmp_path: Path) -> None:
    """Only the whole permits giving anything: a part that would be allowed by itself says so, to nobody's harm."""
    whole = guard(tmp_path, SPENT_GIFT).decide_all([of("gesture", "5.00"), of("discount", "5.00")], CONTEXT)
    gift, discount = whole.parts
    assert (whole.outcome, gift.would_allow, gift.allowed, discount.outcome) == ("deny", True, False, "deny")
    assert gift.say.staff == "Not yet: this would be allowed by itself, but not together with the rest."
    assert gift.told("de").customer == "Ich sehe nach, was ich für Sie tun kann."
    assert [option.action for option in whole.options] == [of("gesture", "5.00")]
    assert "You can offer: a treat £5.00." in whole.say.staff
    assert whole.asked == 1000


def test_options_say_what_they_need(tmp_path: Path) -> None:
    """A kind that asks for parameters is listed with its questions, and allowed once they are answered."""
    shop = guard(tmp_path, "caps: [{id: late-ones, for: refund, at_most: 20, when: action.reason == 'late', over: deny, because: trust}]\n")
    refund = shop.options(CONTEXT)[0]
    assert (refund.action, [need.fact for need in refund.needs]) == (of("refund", "20.00"), ["action.reason"])
    assert refund.needs[0].question == "What is the reason: late or broken?"
    assert shop.preview(refund.action, CONTEXT).outcome == "needs_info"
    assert all(shop.preview({**refund.action, "reason": reason}, CONTEXT).outcome == "allow" for reason in ("late", "broken"))


# ------------------------------------------------------------------------------------------------ asked twice

MONTH = """\
rules: [{id: thank, oblige: gesture, then: [say_sorry], because: trust}]
budgets: [{id: month, for: gesture, per: actor.id, window: calendar month, at_most: 50, because: trust}]
"""


def test_a_replay_tells_what_was_told_with_the_allow(tmp_path: Path) -> None:
    """Once allowed, every ask returns that allow: with the guardrails of then, whatever was given since, and nothing beyond it."""
    clock = Clock()
    shop = guard(tmp_path / "before", MONTH, clock)
    first = shop.decide(of("gesture", "20.00"), CONTEXT, key="k")
    clock.now += 60_000
    assert shop.decide(of("gesture", "30.00"), CONTEXT).allowed
    again = shop.decide(of("gesture", "20.00"), CONTEXT, key="k")
    assert again.replayed
    assert again.limit == again.amount
    for name in ("outcome", "amount", "guardrails", "reasons", "obligations"):
        assert getattr(again, name) == getattr(first, name), name
    stricter = guard(tmp_path / "after", "rules: [{id: never, deny: gesture, because: trust}]\n")
    later = shop.with_pack(stricter.rules.checked).decide(of("gesture", "20.00"), CONTEXT, key="k")
    assert (later.outcome, later.amount, later.guardrails, later.reasons) == ("allow", first.amount, ("thank",), ())


def test_a_whole_is_replayed_as_it_was(tmp_path: Path) -> None:
    """Once allowed, every ask returns that allow: of several parts each, and the sum."""
    clock = Clock()
    shop = guard(tmp_path, MONTH, clock)
    wish = [of("gesture", "20.00"), of("gesture", "10.00")]
    first = shop.decide_all(wish, CONTEXT, key="k")
    clock.now += 60_000
    assert shop.decide(of("gesture", "15.00"), CONTEXT).allowed
    again = shop.decide_all(wish, CONTEXT, key="k")
    assert (first.replayed, again.replayed) == (False, True)
    assert again.limit == again.amount == first.amount
    assert [(part.amount, part.guardrails) for part in again.parts] == [(part.amount, part.guardrails) for part in first.parts]


# ------------------------------------------------------------------------------------------------ layers


def test_a_parents_days_are_days_where_the_parent_is(tmp_path: Path) -> None:
    """A child may not date its parent's guardrails: a day of the parent begins and ends at its own midnight, wherever the child lies."""
    head = PACK.replace("pack: tiny", "pack: company").replace("Europe/London", "Pacific/Auckland")
    (tmp_path / "company").mkdir()
    rules = """\
rules: [{id: holiday, deny: gesture, from: 2026-12-25, until: 2026-12-25, because: trust}]
budgets: [{id: week, for: discount, window: ever, at_most: 50, campaign: {from: 2026-12-25, until: 2026-12-25}, because: trust}]
"""
    (tmp_path / "company" / "pack.yaml").write_text(head + rules, encoding="utf-8")
    (tmp_path / "shop").mkdir()
    child = "pack: shop\nversion: 1\nextends: ../company\ncurrency: GBP\ntimezone: Europe/London\nmission: Put it right.\n"
    (tmp_path / "shop" / "pack.yaml").write_text(
        child + "rules: [{id: ours, deny: refund, from: 2026-12-25, because: trust}]\n", encoding="utf-8"
    )
    pack = load_pack(tmp_path / "shop")
    told = []
    for text in ("2026-12-24T10:59:59+00:00", "2026-12-24T11:00:00+00:00", "2026-12-25T10:59:59+00:00", "2026-12-25T11:00:00+00:00"):
        at = int(datetime.fromisoformat(text).timestamp() * 1000)
        shop = Guard(pack, clock=lambda at=at: at)  # type: ignore[misc]
        actions = [of("gesture", "5.00"), of("discount", "5.00"), of("refund", "5.00", reason="late")]
        told.append([shop.decide(action, CONTEXT).outcome for action in actions])
    assert told == [["allow", "deny", "allow"], ["deny", "allow", "allow"], ["deny", "allow", "deny"], ["allow", "deny", "deny"]]


# ------------------------------------------------------------------------------------------------ settling and looking back


def test_refusals_of_settling_name_money(tmp_path: Path) -> None:
    """What cannot be confirmed or taken back is said in the pack's currency; whatever the key looks like."""
    shop = guard(tmp_path, "")
    key = "a {0} key"
    shop.decide(of("gesture", "12.50"), CONTEXT, key=key)
    with pytest.raises(MoreThanReserved, match=r"£20\.00 of 'a \{0\} key' was to be confirmed, but it holds £12\.50"):
        shop.confirm(key, "20.00")
    shop.confirm(key, "10.00")
    with pytest.raises(HoldEnded, match=r"'a \{0\} key' is confirmed with £10\.00, so not with £9\.00"):
        shop.confirm(key, "9.00")
    shop.reverse(key, amount="4.00", because="found")
    with pytest.raises(HoldEnded, match=r"£4\.00 of 'a \{0\} key' is taken back already, not £3\.00"):
        shop.reverse(key, amount="3.00", because="found")


@pytest.mark.parametrize(
    ("method", "subjects", "message"),
    [
        ("left", {"role": "clark"}, "role: 'clark' is not a role of this pack (help: did you mean 'clerk'?)"),
        ("left", {"actor": 7}, 'actor: must be a text, not a whole number (help: such as actor="d7"; leave it out to ask about everybody)'),
        ("left", {"customer": None}, "customer: must be a text, not nothing"),
        ("left", {"custommer": "c1"}, "custommer: is not a subject (help: did you mean 'customer'?)"),
        ("history", {"role": "clerk"}, "role: is not kept with the history (help: ask by actor, customer, incident, store)"),
        ("history", {"actr": "a1"}, "actr: is not a subject (help: did you mean 'actor'?)"),
        ("history", {"actor": ["a1"]}, "actor: must be a text, not a list"),
    ],
)
def test_a_wrong_subject_is_refused_by_name(tmp_path: Path, method: str, subjects: dict[str, Any], message: str) -> None:
    """Malformed input: one typed error that says what is wrong, and how to mend it."""
    with pytest.raises(MalformedRequest) as refusal:
        getattr(guard(tmp_path, ""), method)(**subjects)
    assert message in str(refusal.value)


# ------------------------------------------------------------------------------------------------ in a hurry


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pack": "rules/online-retail"}, "a guard needs a pack that was read, not a text (help: Guard(load_pack('rules/my-pack')))"),
        ({"clock": 5}, "a clock is a function that gives whole milliseconds since 1970 UTC, not a whole number"),
        ({"clock": time.time}, "a clock is a function that gives whole milliseconds since 1970 UTC, not a float"),
    ],
)
def test_a_guard_of_the_wrong_parts_is_not_made(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    """A programmer's mistake is told before anything is decided: a clock in seconds would open no window for a thousand years."""
    pack = guard(tmp_path, "").rules.checked
    with pytest.raises(TypeError) as refusal:
        Guard(**{"pack": pack, **options})
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda shop: shop.decide(of("gesture", "5.00"), CONTEXT, up_to="no"), "up_to: must be True or False, not a text"),
        (lambda shop: shop.decide(of("gesture", "5.00"), CONTEXT, key=""), "of 1 to 200 characters, not an empty one"),
        (lambda shop: shop.decide(of("gesture", "5.00"), CONTEXT, key="k" * 201), "of 1 to 200 characters, not one of 201"),
        (lambda shop: shop.decide(of("gesture", "5.00"), CONTEXT, hold_for=timedelta(0)), "hold_for: is no time at all"),
        (lambda shop: shop.decide(of("gesture", "5.00"), {"actor.id": "a1", "actor.role": "clerk"}), 'write {"actor": {"id": …}}'),
        (lambda shop: shop.decide_all([], CONTEXT), "must be a list of one or more actions, not an empty list"),
        (lambda shop: shop.decide_all(of("gesture", "5.00"), CONTEXT), "not a mapping (help: such as [{"),
        (lambda shop: shop.confirm(shop.decide(of("gesture", "5.00"), CONTEXT)), "give its key, `decision.key`"),
        (lambda shop: shop.reverse("k", amount="1.00", because=" "), "because: must say in a few words why it is taken back"),
    ],
)
def test_what_is_meant_otherwise_is_refused_by_name(tmp_path: Path, ask: Callable[[Guard], object], message: str) -> None:
    """Malformed input: one typed error with what is wrong and how to mend it; nothing spent."""
    with pytest.raises(MalformedRequest) as refusal:
        ask(guard(tmp_path, ""))
    assert message in str(refusal.value)


# ------------------------------------------------------------------------------------------------ texts


def test_a_text_without_its_number_gives_way(tmp_path: Path) -> None:
    """What an author wrote is said only where every number in it is there; the library's own sentence is never short of one."""
    say = 'say: {staff: "Up to {limit} of {order.total}.", customer: "For {order.total}."}'
    shop = guard(tmp_path, f"rules: [{{id: early, deny: gesture, when: order.total < 90, because: trust, {say}}}]\n")
    no = shop.preview(of("gesture", "5.00"), CONTEXT)
    assert no.reasons[0].staff == "early: order.total is £80.00, less than £90.00"
    assert no.say.customer == "For £80.00."


CREDIT = """\
menu: [{id: treat, offer: {kind: gesture, amount: 5}, because: trust}]
caps: [{id: none, for: discount, at_most: 0, over: deny, because: trust}]
"""


def test_who_is_to_find_something_out_hears_the_questions_alone(tmp_path: Path) -> None:
    """`needs_info` is not a no: staff hear what to ask and what they can offer; what each guardrail hinges on stands in the reasons."""
    shop = guard(tmp_path, "rules: [{id: large, deny: gesture, when: order.total > 90, because: trust}]\n")
    unknown = shop.preview(of("gesture", "5.00"), {**CONTEXT, "order": {}})
    assert unknown.say.staff == "Find out first: What is order.total?"
    assert unknown.reasons[0].staff == "large: depends on order.total"
    no_amount = guard(tmp_path, "caps: [{id: most, for: gesture, at_most: 5, over: deny, because: trust}]\n").preview(
        {"kind": "gesture"}, CONTEXT
    )
    assert no_amount.say.staff == "Find out first: How much is it about? You can offer: a treat £5.00."
    assert no_amount.reasons[0].staff == "most: depends on the amount"
    assert no_amount.told("de").staff.startswith("Erst herausfinden: Um wie viel geht es?")


def test_what_need_not_be_declared_is_asked_for_in_words(tmp_path: Path) -> None:
    """`needs_info` says what to ask: a fact that every pack knows without declaring it has a name and a question in each language."""
    shop = guard(tmp_path, "budgets: [{id: month, for: gesture, per: customer.id, window: 30 days, at_most: 9, because: trust}]\n")
    unknown = shop.preview(of("gesture", "5.00"), {"actor": CONTEXT["actor"]})
    assert unknown.say.staff == "Find out first: Which customer is it?"
    assert unknown.told("de").staff == "Erst herausfinden: Um welche Kundin oder welchen Kunden geht es?"
    assert unknown.reasons[0].staff == "month: depends on the customer"


def test_names_fall_back_to_the_first_language(tmp_path: Path) -> None:
    """A duty or an offer without a text in the language asked for is told in the pack's first language, never by its key."""
    duty = "obligations: {say_sorry: {en: Say sorry., de: Entschuldige dich.}, send_label: Send a label.}\n"
    shop = guard(tmp_path, duty + "rules: [{id: both, oblige: gesture, then: [say_sorry, send_label], because: trust}]\n" + CREDIT)
    assert (
        shop.preview(of("gesture", "5.00"), CONTEXT).told("de").staff == "In Ordnung: 5,00\u00a0£. Dann: Entschuldige dich. Send a label."
    )
    assert "Du kannst anbieten: a treat." in shop.preview(of("discount", "5.00"), CONTEXT).told("de").staff


@pytest.mark.parametrize(
    ("window", "campaign", "until"),
    [
        ("calendar week", "", "2026-11-22"),
        ("calendar month", "", "2026-11-30"),
        ("calendar month", "campaign: {until: 2026-11-20},", "2026-11-20"),
        ("7 days", "", "2026-11-23"),
        ("ever", "", ""),
    ],
)
def test_a_nudge_speaks_from_the_first_day(tmp_path: Path, window: str, campaign: str, until: str) -> None:
    """Permitted is not encouraged: a nudge tells how many are left, and until when, before anything was given and after."""
    clock = Clock()
    nudge = 'encourage: {aim: 3, nudge: {en: "{left} of {aim} treats left until {until}"}}'
    shop = guard(
        tmp_path, f"budgets: [{{id: treats, for: gesture, per: actor.id, window: {window}, at_most: {{times: 9}}, {campaign} {nudge}, because: trust}}]\n", clock,
    )  # fmt: skip
    (first,) = shop.nudges(CONTEXT)
    assert (first.left, first.until, first.text) == (3, until, f"3 of 3 treats left until {until}")
    given = shop.decide(of("gesture", "5.00"), CONTEXT, key="first")
    assert [nudge.left for nudge in given.nudges] == [2]
    clock.now += 86_400_000
    assert shop.decide(of("gesture", "5.00"), CONTEXT, key="first").nudges == ()
    (second,) = shop.nudges(CONTEXT)
    assert (second.left, second.until, second.text) == (2, until, f"2 of 3 treats left until {until}")
    assert shop.nudges({"actor": CONTEXT["actor"]}) == (second,)
    assert shop.decide_all([of("gesture", "5.00"), of("gesture", "6.00")], CONTEXT).nudges == ()
    assert shop.nudges(CONTEXT) == ()


def test_titles_are_filled_and_named(tmp_path: Path) -> None:
    """A title of the menu shows its amount and what the customer may see; a guardrail with a title is called by it."""
    shop = guard(
        tmp_path,
        """\
caps: [{id: by-total, title: {en: "the cap for orders of {order.total}"}, for: discount, at_most: 10% of order.total, over: deny, because: trust}]
menu: [{id: flowers, offer: {kind: gesture, amount: 5}, title: {en: "flowers for {amount}, on your {order.total}"}, because: trust}]
""",
    )
    no = shop.preview(of("discount", "9.00"), CONTEXT)
    assert [option.title for option in no.options] == ["discount", "flowers for £5.00, on your £80.00"]
    assert no.reasons[0].staff == "The cap for orders of £80.00: at most £8.00 here; £9.00 is £1.00 more"
    unknown = {**CONTEXT, "order": {}}
    assert [option.title for option in shop.preview(of("discount", "9.00"), unknown).options] == ["a treat"]


@pytest.mark.parametrize(
    ("rule", "english", "german"),
    [
        ("from: 2026-11-01, until: 2026-12-26", "r: from 2026-11-01 and until 2026-12-26", "r: ab 2026-11-01 und bis 2026-12-26"),
        ("when: not ('vip' in customer.flags)", "r: customer.flags does not have vip", "r: customer.flags enthält nicht vip"),
        ("when: customer.id == 'c1'", "r: the customer is c1", "r: die Kundennummer ist c1"),
        ("when: \"starts_with(customer.id, 'c')\"", "r: the customer starts with 'c'", "r: die Kundennummer beginnt mit 'c'"),
        ("when: order.total > 50", "r: order.total is £80.00, more than £50.00", "r: order.total ist 80,00\u00a0£, mehr als 50,00\u00a0£"),
        ("mode: live", "r: applies here", "r: gilt hier"),
    ],
)
def test_a_rule_without_words_tells_its_condition(tmp_path: Path, rule: str, english: str, german: str) -> None:
    """Every decision cites the guardrails that spoke: in dates, words and numbers that people read, in their language."""
    shop = guard(tmp_path, f"rules: [{{id: r, deny: gesture, {rule}, because: trust}}]\n")
    no = shop.preview(of("gesture", "5.00"), CONTEXT)
    assert no.reasons[0].staff == english
    assert german in no.told("de").staff


@pytest.mark.parametrize(
    ("fact", "value", "when", "told"),
    [
        ("order.late: integer 0..365", 9, "order.late > 3", "order.late is 9, more than 3"),
        ("order.fault: 'one of [none, missing_page]'", "missing_page", "order.fault == 'missing_page'", "order.fault is missing page"),
        ("order.at: instant", "2026-11-14T09:00:00Z", "hours_since(order.at) >= 36", "hours since order.at is 48, at least 36"),
        ("order.day: date", "2026-10-01", "order.day < '2026-10-02'", "order.day is 2026-10-01, before 2026-10-02"),
    ],
)
def test_staff_read_words_and_no_signs(tmp_path: Path, fact: str, value: object, when: str, told: str) -> None:
    """What staff read are sentences: no sign of a comparison, no underscore, and no count of milliseconds."""
    pack = PACK.replace("facts:\n", f"facts:\n  {fact}\n") + f'rules: [{{id: r, deny: gesture, when: "{when}", because: trust}}]\n'
    (tmp_path / "pack.yaml").write_text(pack, encoding="utf-8")
    shop = Guard(load_pack(tmp_path), clock=Clock())
    name = fact.partition(":")[0].removeprefix("order.")
    no = shop.preview(of("gesture", "5.00"), {**CONTEXT, "order": {name: value}})
    assert no.say.staff == f"Not possible. r: {told}."


def test_what_is_forbidden_is_not_argued_down(tmp_path: Path) -> None:
    """A no at any amount tells staff of no bound, which would read as if less were possible; the reasons hold every guardrail."""
    cap = "caps: [{id: alone, for: gesture, at_most: 3, because: trust}]\n"
    shop = guard(tmp_path / "never", cap + "rules: [{id: late, deny: gesture, when: order.total > 50, because: trust}]\n")
    no = shop.preview(of("gesture", "5.00"), CONTEXT)
    assert no.say.staff == "Not possible. late: order.total is £80.00, more than £50.00."
    assert [each.guardrail for each in no.reasons] == ["late", "alone"]
    shop = guard(tmp_path / "less", cap + "rules: [{id: late, deny: gesture, when: action.amount > 4, because: trust}]\n")
    assert "at most £3.00 here" in shop.preview(of("gesture", "5.00"), CONTEXT).say.staff


# ------------------------------------------------------------------------------------------------ one ledger, several packs


def test_a_key_names_money_and_not_a_number(tmp_path: Path) -> None:
    """Same key, other wish: `KeyConflict`. As many yen as there were pence are another wish."""
    pounds = guard(tmp_path / "pounds", "")
    (tmp_path / "pack.yaml").write_text(PACK.replace("GBP", "JPY").replace("0.01", "1"), encoding="utf-8")
    yen = pounds.with_pack(load_pack(tmp_path))
    assert pounds.decide(of("gesture", "1.00"), CONTEXT, key="k").allowed
    with pytest.raises(KeyConflict, match="currency was 'GBP', is 'JPY'"):
        yen.decide(of("gesture", "100"), CONTEXT, key="k")


@pytest.mark.parametrize("ledger", [None, "sqlite:///{}/till.db"])
def test_what_was_given_in_pounds_is_not_settled_in_yen(tmp_path: Path, ledger: str | None) -> None:
    """What is confirmed, voided or taken back is the amount that was given: under a pack of another currency it is refused by name."""
    (tmp_path / "pounds").mkdir()
    (tmp_path / "pounds" / "pack.yaml").write_text(PACK, encoding="utf-8")
    (tmp_path / "pack.yaml").write_text(PACK.replace("GBP", "JPY").replace("0.01", "1"), encoding="utf-8")
    pounds = Guard(load_pack(tmp_path / "pounds"), ledger and ledger.format(tmp_path), clock=Clock())
    yen = pounds.with_pack(load_pack(tmp_path))
    pounds.decide(of("gesture", "5.00"), CONTEXT, key="k")
    pounds.decide_all([of("gesture", "1.00"), of("discount", "2.00")], CONTEXT, key="both")
    for settle in (yen.confirm, yen.void, lambda key: yen.reverse(key, amount="5", because="found"), lambda key: yen.confirm(key, "5")):
        for key in ("k", "both#2"):
            with pytest.raises(MalformedRequest, match="key: names an amount in GBP, but the pack is in JPY") as refused:
                settle(key)
            assert refused.value.faults[0].help == "settle it with a guard whose pack is in GBP"
    assert [(each.state, str(each.amount)) for each in yen.unsettled()] == [("held", "5.00"), ("held", "1.00"), ("held", "2.00")]
    assert str(pounds.confirm("k", "4.00").amount) == "4.00"
    assert yen.decide(of("gesture", "100"), CONTEXT, key="y").allowed
    assert str(yen.confirm("y").amount) == "100"
    pounds.ledger.close()


def test_a_store_has_a_clock_of_its_own(tmp_path: Path) -> None:
    """There is one instant per decision, in ledger time: a guard cannot give a store another clock."""
    (tmp_path / "pack.yaml").write_text(PACK, encoding="utf-8")
    with pytest.raises(TypeError, match=r"a store has a clock of its own.*help: give the clock to the store"):
        Guard(load_pack(tmp_path), MemoryLedger(), clock=Clock())


class Behind(MemoryLedger):
    """A store whose guess is a month old."""

    def guess(self) -> int:
        """Far from ledger time."""
        return self.now() - 30 * 24 * 3_600_000


def test_a_guess_of_the_time_decides_nothing(tmp_path: Path) -> None:
    """There is one instant per decision, in ledger time: a verdict worked out at another is taken anew where it does not hold."""
    (tmp_path / "pack.yaml").write_text(PACK + "rules: [{id: r, deny: gesture, from: 2026-11-16, because: trust}]\n", encoding="utf-8")
    clock = Clock()
    shop = Guard(load_pack(tmp_path), Behind(clock))
    no = shop.decide(of("gesture", "1.00"), CONTEXT, key="k")
    assert (no.outcome, no.guardrails, no.at) == ("deny", ("r",), clock.now)
    yes = shop.decide(of("discount", "1.00"), CONTEXT, key="y", hold_for=timedelta(hours=1))
    assert (yes.outcome, yes.at, yes.extra.expires_at) == ("allow", clock.now, clock.now + 3_600_000)
    assert shop.decide({"kind": "unheard-of"}, CONTEXT, key="u").at == clock.now


# ------------------------------------------------------------------------------------------------ strict


def test_a_context_without_end_is_refused(tmp_path: Path) -> None:
    """Malformed input is one typed error, with every fault, also where a context holds itself."""
    (tmp_path / "pack.yaml").write_text(PACK, encoding="utf-8")
    endless: dict[str, Any] = {**CONTEXT}
    endless["order"] = {**CONTEXT["order"], "self": endless}
    strict = Guard(load_pack(tmp_path), strict=True)
    for ask in (strict.preview, strict.decide):
        with pytest.raises(MalformedRequest, match=r"order\.self: is not declared"):
            ask(of("gesture", "1.00"), endless)
    assert Guard(load_pack(tmp_path)).decide(of("gesture", "1.00"), endless).allowed


# ------------------------------------------------------------------------------------------------ copies


def test_what_never_changes_is_its_own_copy(tmp_path: Path) -> None:
    """A guard and a decision are immutable, so a copy of either is itself; and neither is pickled by accident."""
    shop = guard(tmp_path, "")
    for each in (shop, shop.decide(of("gesture", "1.00"), CONTEXT)):
        assert copy.copy(each) is each
        assert copy.deepcopy(each) is each
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(each)


@pytest.mark.parametrize("ledger", [5, Path("till.db"), object()])
def test_what_is_no_ledger_is_refused_at_once(tmp_path: Path, ledger: Any) -> None:
    """A guard is made with an address or a store, or not at all."""
    with pytest.raises(TypeError, match="a ledger is an address or a store"):
        Guard(guard(tmp_path, "").rules, ledger)


@pytest.mark.parametrize(("amount", "outcome"), [("4.00", "allow"), ("5.00", "allow"), ("6.00", "needs_info"), ("9.01", "deny")])
def test_a_lookup_by_something_unknown_lies_between_its_ends(tmp_path: Path, amount: str, outcome: str) -> None:
    """With unknowns: the outcome all completions share, else `needs_info`; and the limit is the least of theirs."""
    lookup = "{by: order.size, small: 5, middle: 7.50, large: 9}"
    facts = PACK.replace("facts:\n", "facts:\n  order.size: one of [small, middle, large]\n")
    (tmp_path / "pack.yaml").write_text(
        f"{facts}caps: [{{id: by-size, for: discount, at_most: {lookup}, over: deny, because: trust}}]\n", encoding="utf-8"
    )
    decision = Guard(load_pack(tmp_path)).preview(of("discount", amount), CONTEXT)
    assert (decision.outcome, str(decision.limit)) == (outcome, "5.00")

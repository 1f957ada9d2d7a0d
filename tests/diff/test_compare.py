"""Two versions of a pack: who is allowed more, who less, by which edit, each with an example that is decided by both."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from empower.diff.compare import Comparison, compare
from prove.shop import Document, loaded, shop

Edit = Callable[[Document], Any]


def compared(*changes: Edit, before: Document | None = None) -> Comparison:
    """The shop compared with itself, after some edits."""
    old = shop() if before is None else before
    new = copy.deepcopy(old)
    for change in changes:
        change(new)
    return compare(loaded(old), loaded(new))


def guardrail(document: Document, name: str) -> Document:
    """A guardrail of the shop."""
    return next(each for section in ("rules", "caps", "budgets") for each in document[section] if each["id"] == name)


def to(name: str, key: str, value: Any) -> Edit:
    """A key of a guardrail gets another value."""
    return lambda document: guardrail(document, name).__setitem__(key, value)


def without(section: str, name: str) -> Edit:
    """A guardrail is taken out."""
    return lambda document: document[section].remove(guardrail(document, name))


@pytest.mark.parametrize(
    ("edit", "verdict", "says"),
    [
        (to("goodwill", "at_most", {"by": "actor.role", "agent": "5", "clerk": "21", "lead": "50", "manager": "100"}), "never stricter",
         "A clerk asks for 'credit' of £20.01, with order.total £30.00: before a lead is asked, now allowed."),
        (to("goodwill", "at_most", {"by": "actor.role", "agent": "5", "clerk": "19", "lead": "50", "manager": "100"}), "never looser",
         "A clerk asks for 'credit' of £19.01, with order.total £20.00: before allowed, now a lead is asked."),
        (to("claims", "to", "manager"), "never looser", "before a lead is asked, now a manager is asked."),
        (without("rules", "fee"), "never stricter", "before denied, now allowed."),
        (to("once", "window", "60 days"), "both", "'once' used 2 times already"),
        (lambda document: document["actions"].update(gift={"amount": "money 1..5"}), "never stricter", "could not be asked before, now allowed."),
        (lambda document: document["actions"]["refund"].update(amount="money 0.01..999"), "same", ""),
        (lambda document: document["actions"]["release"].update(asks=["reason"]), "never looser", "now something is asked first."),
        (lambda document: document["roles"].update(beside={"agent": "asks manager"}), "never looser", "now a manager is asked."),
        (lambda document: document["values"].update(trust="We trust."), "same", ""),
    ],
)  # fmt: skip
def test_what_changes_is_told(edit: Edit, verdict: str, says: str) -> None:
    """The verdict is the right one, and an example at the edge shows why."""
    found = compared(edit)
    assert found.verdict == verdict
    assert found.defects == ()
    assert any(says in change.says for change in found.changes) or not says


def test_each_edit_has_a_change_of_its_own() -> None:
    """Changes are grouped by what the author edited."""
    found = compared(without("rules", "fee"), to("late", "when", "days_since(order.delivered) > 20"))
    behind = {(change.looser, *(edit.name for edit in change.edits)) for change in found.changes}
    assert behind == {(True, "fee"), (False, "late")}
    assert found.verdict == "both"


def test_a_definition_is_behind_what_reads_it() -> None:
    """An edit of a named expression is told as that, not as an edit of the rules that read it."""
    before = shop()
    before["define"] = {"long": "30"}
    guardrail(before, "late")["when"] = "days_since(order.delivered) > long"
    found = compared(lambda document: document["define"].update(long="31"), before=before)
    assert {(edit.noun, edit.name) for change in found.changes for edit in change.edits} == {("definition", "long")}
    assert found.verdict == "never stricter"


def test_an_edit_that_changes_nothing_is_told_so() -> None:
    """Where another guardrail is tighter anyway, an edit is shown to change no decision."""
    found = compared(to("paid", "when", "action.amount > order.total and order.total >= 0"))
    assert (found.verdict, [edit.name for edit in found.idle]) == ("same", ["paid"])


def test_two_edits_that_only_together_loosen_are_told_together() -> None:
    """Neither edit alone allows more: what is behind the change is both."""
    before = shop()
    before["caps"].append({"id": "again", "for": "credit", "at_most": dict(guardrail(before, "goodwill")["at_most"]), "because": "thrift"})
    raised = {"by": "actor.role", "agent": "5", "clerk": "25", "lead": "50", "manager": "100"}
    found = compared(to("goodwill", "at_most", raised), to("again", "at_most", dict(raised)), before=before)
    assert [{edit.name for edit in change.edits} for change in found.changes] == [{"goodwill", "again"}]


def test_a_renamed_budget_starts_at_zero() -> None:
    """What was given before does not count under another id, so it is looser; and the report says which budget starts anew."""
    found = compared(lambda document: guardrail(document, "month").update(id="monthly"))
    assert found.looser == "yes"
    assert found.restarted == ("monthly",)


def test_too_much_work_is_never_a_proof() -> None:
    """A solver that gives up leaves it unknown."""
    new = shop()
    guardrail(new, "paid")["when"] = "action.amount >= order.total"
    found = compare(loaded(shop()), loaded(new), work=1)
    assert (found.verdict, found.looser) == ("unknown", "unknown")


def test_another_currency_is_not_compared() -> None:
    """Amounts of two currencies cannot be compared."""
    new = shop()
    new["currency"] = "EUR"
    with pytest.raises(ValueError, match="GBP, the other in EUR"):
        compare(loaded(shop()), loaded(new))

"""What lies between guardrails: denials that hide an escalation, escalations that nobody can answer, parents and their ceilings."""

from __future__ import annotations

from pathlib import Path

import pytest

from empower import load_pack
from hostile.shop import BUDGETS, CAPS, HEAD, PARENT, RULES, problems, told, written

DENY = "{{id: d, deny: {}, when: {}, because: trust}}"
SEND = "{{id: e, escalate: {}, to: lead, when: {}, because: trust}}"


@pytest.mark.parametrize(
    ("denied", "sent"),
    [
        (("refund", "yes"), ("refund", "small")),
        (("everything", "yes"), ("refund", "small")),
        (("refund", "small"), ("refund", "small")),
        (("refund", "small"), ("refund", "small and evidence.photo")),
        (("money_back", "small"), ("refund", "small and evidence.photo")),
        (("refund", "small or evidence.photo"), ("refund", "evidence.photo")),
        (("refund", "small"), ("refund", "(small and evidence.photo) or (small and evidence.receipt)")),
        (("refund", "action.amount > 50"), ("refund", "action.amount > 100")),
        (("refund", "order.items >= 5"), ("refund", "order.items > 7 and small")),
        (("refund", "order.items != 5"), ("refund", "order.items == 6")),
        (("refund", "order.items != 5"), ("refund", "order.items < 5")),
        (("refund", "order.items < 5"), ("refund", "order.items <= 4")),
        (("refund", "customer.category != 'loyal'"), ("refund", "customer.category == 'new'")),
        (("refund", "\"customer.category in ['new', 'regular']\""), ("refund", "customer.category == 'new'")),
        (("refund", "actor.role <= 'clerk'"), ("refund", "actor.role == 'clerk'")),
    ],
)
def test_a_denial_that_hides_an_escalation(denied: tuple[str, str], sent: tuple[str, str], tmp_path: Path) -> None:
    """An escalation whose condition implies that of a denial is never heard; the help says `unless`."""
    text = f"{HEAD}rules:\n  - {DENY.format(*denied)}\n  - {SEND.format(*sent)}\n"
    (problem,) = problems(written(tmp_path, text))
    assert problem.code == "hidden-escalation"
    assert "`unless: …` to 'd'" in problem.help


@pytest.mark.parametrize(
    ("denied", "sent"),
    [
        (("refund", "small"), ("refund", "evidence.photo")),
        (("refund", "small and evidence.photo"), ("refund", "small")),
        (("refund", "small"), ("money_back", "small")),
        (("refund", "action.amount > 100"), ("refund", "action.amount > 50")),
        (("refund", "order.items > 7"), ("refund", "order.items >= 7")),
        (("refund", "order.items != 5"), ("refund", "order.items >= 5")),
        (("refund", "customer.category != 'new'"), ("refund", "customer.category == 'new'")),
        (("refund", "small"), ("refund", "small or evidence.photo")),
        (("refund", "actor.role == 'clerk'"), ("refund", "actor.role < 'lead'")),
        (("refund", "small, unless: evidence.photo"), ("refund", "small")),
        (("refund", "small, mode: shadow"), ("refund", "small")),
        (("refund", "small, until: 2026-12-24"), ("refund", "small")),
    ],
)
def test_a_denial_that_leaves_room(denied: tuple[str, str], sent: tuple[str, str], tmp_path: Path) -> None:
    """An escalation that is heard in some case is accepted."""
    assert told(written(tmp_path, f"{HEAD}rules:\n  - {DENY.format(*denied)}\n  - {SEND.format(*sent)}\n")) == []


ESCALATE = "rules:\n  - {id: e, escalate: refund, to: lead, because: trust}\n"


@pytest.mark.parametrize(
    "text",
    [
        ESCALATE + CAPS + "{id: c, for: refund, at_most: 0, because: trust}",
        ESCALATE + CAPS + "{id: c, for: everything, first: [{actor.role: lead or above, at_most: 0}, {otherwise: 5}], because: trust}",
        ESCALATE + CAPS + "{id: c, for: refund, at_most: {by: actor.role, bot: 5, clerk: 5, lead: 0, manager: 0}, because: trust}",
        ESCALATE + CAPS + "{id: c, for: refund, first: [{actor.role: [clerk, bot], at_most: half}, {otherwise: 0}], because: trust}",
        ESCALATE + BUDGETS + "{id: b, for: refund, per: actor.id, window: ever, at_most: 0, because: trust}",
        ESCALATE + BUDGETS + "{id: b, for: refund, window: ever, at_most: {times: 0}, because: trust}",
        ESCALATE.replace("because", "when: actor.role >= 'lead', because"),
        ESCALATE.replace("to: lead", "to: clerk").replace("{bot: asks lead}", "{}"),
        ESCALATE.replace("escalate: refund, to: lead", "only_if: refund, any: [small], otherwise: {escalate: lead}")
        + CAPS + "{id: c, for: refund, at_most: 0, because: trust}",
        BUDGETS + "{id: b, for: refund, per: order.id, window: ever, at_most: 5, when_unknown: {escalate: lead, shared_at_most: 5}, because: trust}\n"
        + CAPS + "{id: c, for: refund, at_most: {by: actor.role, bot: 5, clerk: 5, lead: 0, manager: 0}, because: trust}",
    ],
)  # fmt: skip
def test_an_escalation_that_nobody_can_answer(text: str, tmp_path: Path) -> None:
    """A route whose roles can never give anything, or that nobody would take, is refused."""
    head = HEAD.replace(", beside: {bot: asks lead}", "") if "to: clerk" in text else HEAD
    assert [code for code, _ in told(written(tmp_path, head + text + "\n"))] == ["dead-escalation"]


@pytest.mark.parametrize(
    "text",
    [
        ESCALATE,
        ESCALATE + CAPS + "{id: c, for: refund, at_most: {by: actor.role, bot: 5, clerk: 5, lead: 0, manager: 5}, because: trust}",
        ESCALATE + CAPS + "{id: c, for: refund, at_most: 0, when: small, because: trust}",
        ESCALATE + CAPS + "{id: c, for: refund, at_most: 0, from: 2026-11-01, outside: absent, because: trust}",
        ESCALATE + CAPS + "{id: c, for: refund, at_most: 0, mode: shadow, because: trust}",
        ESCALATE + CAPS + "{id: c, for: refund, first: [{small: yes, at_most: 0}, {otherwise: half}], because: trust}",
        ESCALATE + CAPS + "{id: c, for: credit, at_most: 0, because: trust}",
        ESCALATE.replace("refund", "release") + CAPS + "{id: c, for: everything, at_most: 0, because: trust}",
        ESCALATE.replace("to: lead", "to: clerk"),
    ],
)
def test_an_escalation_that_somebody_might_answer(text: str, tmp_path: Path) -> None:
    """Where some role might say yes in some case, the escalation is accepted."""
    assert told(written(tmp_path, HEAD + text + "\n")) == []


# ------------------------------------------------------------------------------------------------ layers

CHILD = "pack: shop\nversion: 1\nextends: ../company\ncurrency: GBP\ntimezone: Europe/London\nmission: Put it right.\n"


def layered(folder: Path, child: str, parent: str = PARENT.removesuffix("rules:\n")) -> Path:
    """A pack on top of another."""
    written(folder / "company", parent)
    return written(folder / "shop", CHILD + child + "\n")


@pytest.mark.parametrize(
    ("cap", "word"),
    [
        ("at_most: 50", "50"),
        ("at_most: [60, 50]", "60"),
        ("at_most: {by: actor.role, bot: 5, clerk: 40, lead: 100, manager: 501}", "501"),
        ("first: [{customer.category: new, actor.role: clerk, at_most: 40.01}, {otherwise: 5}]", "40.01"),
        ("first: [{actor.role: lead or above, at_most: 100}, {otherwise: 6}]", "6"),
        ("at_most: 50, when: small", "50"),
        ("at_most: 50, mode: shadow", "50"),
        ("table: table.csv", "table.csv"),
    ],
)
def test_a_child_above_its_parents_ceiling(cap: str, word: str, tmp_path: Path) -> None:
    """A constant of a child above the ceiling of a parent, for any role, is an error that names both."""
    shop = layered(tmp_path, CAPS + f"{{id: ours, for: money_back, {cap}, because: trust}}")
    (shop / "table.csv").write_text("actor.role,at_most\nbot,5\nclerk or above,41\n", encoding="utf-8")
    (problem,) = problems(shop)
    assert told(shop) == [("exceeds-ceiling", word)]
    assert "'ours'" in problem.message
    assert "'most'" in problem.message
    assert str(tmp_path / "company" / "pack.yaml") in problem.message


@pytest.mark.parametrize(
    "cap",
    [
        "for: refund, at_most: 5",
        "for: refund, at_most: half",
        "for: refund, at_most: [50, half]",
        "for: refund, at_most: {by: actor.role, bot: 5, clerk: 40, lead: 100, manager: 500}",
        "for: credit, at_most: 5000",
        "for: refund, at_least: 50, over: deny",
        "for: refund, first: [{actor.role: manager, at_most: 500}, {otherwise: 5}]",
    ],
)
def test_a_child_below_its_parents_ceiling(cap: str, tmp_path: Path) -> None:
    """What is not above, is computed, or concerns another action is accepted: there the smaller of the two wins by itself."""
    assert told(layered(tmp_path, CAPS + f"{{id: ours, {cap}, because: trust}}")) == []


@pytest.mark.parametrize(
    ("cap", "word"),
    [
        ("at_most: 40", ""),
        ("at_most: 41", "41"),
        ("first: [{actor.role: manager, at_most: 500}, {otherwise: 40}]", ""),
        ("first: [{actor.role: bot, at_most: 1}, {otherwise: 40}]", "1"),
        ("at_most: {by: actor.role, bot: 1, clerk: 40, lead: 40, manager: 40}", "1"),
        ("for: money_back, at_most: 40", ""),
    ],
)
def test_a_ceiling_of_nothing_speaks_of_its_own_role_alone(cap: str, word: str, tmp_path: Path) -> None:
    """Where a role may give nothing at all, a child's constant is held against that only if it names the role."""
    cap = cap if cap.startswith("for:") else f"for: refund, {cap}"
    shop = layered(tmp_path, CAPS + f"{{id: ours, {cap}, because: trust}}", PARENT.removesuffix("rules:\n").replace("bot: 5", "bot: 0"))
    assert told(shop) == ([("exceeds-ceiling", word)] if word else [])


def test_the_ceiling_of_a_grandparent_holds(tmp_path: Path) -> None:
    """A ceiling holds for every pack above which it stands."""
    layered(tmp_path, CAPS + "{id: ours, for: refund, at_most: 5, because: trust}")
    corner = written(
        tmp_path / "corner",
        CHILD.replace("shop", "corner").replace("company", "shop") + CAPS + "{id: mine, for: refund, at_most: 6, because: trust}\n",
    )
    assert told(corner) == [("exceeds-ceiling", "6")]


@pytest.mark.parametrize(
    ("child", "wanted"),
    [
        ("values: {trust: Something else.}", ("redeclared", "trust")),
        ("roles: {ladder: [clerk]}", ("redeclared", "roles")),
        ("groups: {money_back: [gesture]}", ("redeclared", "money_back")),
        ("facts: {order.total: text}", ("redeclared", "order.total")),
        ("facts: {customer.claims: {type: integer 0..100, customer_may_see: yes}}", ("redeclared", "customer_may_see")),
        ("define: {half: 60% of order.total}", ("redeclared", "half")),
        ("actions: {refund: {amount: money 0.01..9000}}", ("redeclared", "refund")),
        (CAPS + "{id: most, for: refund, at_most: 5, because: trust}", ("duplicate-id", "most")),
        (RULES + "{id: most, deny: refund, mode: shadow, because: trust}", ("duplicate-id", "most")),
        ("facts: {order: text}", ("reserved-name", "order")),
        ("actions: {comp: {amount: money 1..9, parameters: {currency: text}}}", ("reserved-name", "currency")),
    ],
)
def test_a_child_does_not_redefine_its_parent(child: str, wanted: tuple[str, str], tmp_path: Path) -> None:
    """A child adds; it cannot redefine, shadow or date what its parent declares."""
    assert told(layered(tmp_path, child)) == [wanted]


def test_a_child_needs_nothing_but_its_head(tmp_path: Path) -> None:
    """Values, roles, facts and actions are the parent's; the same fact may be declared again."""
    checked = load_pack(layered(tmp_path, "facts: {order.items: integer 0..100, order.colour: text}"))
    assert set(checked.values) == {"trust", "thrift"}
    assert "order.colour" in checked.facts


def test_a_parents_guardrail_for_everything_reaches_what_the_child_adds(tmp_path: Path) -> None:
    """`everything` means every action, also those of a child; caps reach those with an amount."""
    parent = (
        PARENT.removesuffix("rules:\n")
        + "  - {id: all, for: everything, at_most: 50, because: trust}\n"
        + RULES
        + "{id: closed, deny: everything, when: small, because: trust}\n"
    )
    shop = layered(tmp_path, "actions: {flowers: {amount: money 1..20}, note: {}}", parent)
    checked = load_pack(shop)
    kinds = {each.id: each.kinds for each in (*checked.rules, *checked.caps)}
    assert {"flowers", "note", "refund", "release"} <= set(kinds["closed"])
    assert "flowers" in kinds["all"]
    assert not {"note", "release"} & set(kinds["all"])
    assert kinds["most"] == ("refund",)


def test_a_currency_is_shared_with_the_parent(tmp_path: Path) -> None:
    """Another currency is an error, and amounts are not compared across it."""
    shop = layered(tmp_path, CAPS + "{id: ours, for: refund, at_most: 5000, because: trust}")
    written(shop, (shop / "pack.yaml").read_text(encoding="utf-8").replace("GBP", "JPY"))
    assert told(shop) == [("mixed-currencies", "JPY")]

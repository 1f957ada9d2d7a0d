"""What an author edited, told by what it means; layout and order mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from empower import load_pack
from empower.diff.edits import edits

PACK = """
pack: shop
version: {version}
currency: GBP
timezone: Europe/London
mission: Put it right.
values: {{trust: We trust our people.}}
roles: {{ladder: [clerk, lead]}}
facts: {{order.total: money 0..5000}}
actions: {{refund: {{amount: money 0.01..1000}}}}
{rest}
"""
CAP = "caps: [{id: by-role, for: refund, because: trust, first: [{actor.role: clerk, at_most: 25}, {actor.role: lead, at_most: 250}]}]"
TABLE = "caps: [{id: by-role, for: refund, because: trust, table: rows.csv}]"


def pack_of(folder: Path, rest: str = "", version: str = "1", rows: str = "") -> Path:
    """A small pack in a folder of its own."""
    folder.mkdir()
    (folder / "pack.yaml").write_text(PACK.format(version=version, rest=rest), encoding="utf-8")
    if rows:
        (folder / "rows.csv").write_text(rows, encoding="utf-8")
    return folder


def said(tmp_path: Path, before: str, after: str, **more: str) -> list[tuple[str, bool]]:
    """The edits between two packs: as phrases, and whether they may decide."""
    one = load_pack(pack_of(tmp_path / "one", before, rows=more.get("rows_before", "")))
    other = load_pack(pack_of(tmp_path / "other", after, more.get("version", "1"), more.get("rows_after", "")))
    return [(edit.says, edit.decides) for edit in edits(one.pack, other.pack)]


def test_a_row_is_told_by_its_number(tmp_path: Path) -> None:
    """What changed in a row of a table is told with its number, and what it was."""
    assert said(tmp_path, CAP, CAP.replace("25}", "30}")) == [("cap 'by-role' changed: first row 1 at_most 25 → 30", True)]


def test_a_row_in_between_moves_no_other(tmp_path: Path) -> None:
    """A row that is put in between is added; those below it are not changed."""
    more = CAP.replace("{actor.role: lead", "{actor.role: clerk, when: order.total > 9, at_most: 30}, {actor.role: lead")
    assert said(tmp_path, CAP, more) == [
        ("cap 'by-role' changed: first row 2 added: {actor.role: clerk, when: order.total > 9, at_most: 30}", True)
    ]


def test_a_csv_table_is_looked_into(tmp_path: Path) -> None:
    """The rows of a CSV file are compared, not its name."""
    rows = "actor.role,at_most\nclerk,25\nlead,250\n"
    found = said(tmp_path, TABLE, TABLE, rows_before=rows, rows_after=rows.replace("25\n", "26\n", 1))
    assert found == [("cap 'by-role' changed: table row 1 at_most 25 → 26", True)]


@pytest.mark.parametrize(
    ("before", "after", "edit", "decides"),
    [
        ("", CAP, "cap 'by-role' added", True),
        (CAP, "", "cap 'by-role' removed", True),
        ("define: {most: 25}", "define: {most: 30}", "definition 'most' changed: 25 → 30", True),
        (CAP, CAP.replace("because: trust", "because: trust, title: the most"), "cap 'by-role' changed: title added: the most", False),
        (CAP, CAP.replace("because: trust", "because: trust, when: order.total > 5"), "cap 'by-role' changed: when added: order.total > 5", True),
        ("", "languages: [en, de]", "key 'languages' added", False),
        ("", "claims: [{id: c, never: action.amount > 1000, because: trust}]", "claim 'c' added", False),
    ],
)  # fmt: skip
def test_what_is_edited_is_told(tmp_path: Path, before: str, after: str, edit: str, *, decides: bool) -> None:
    """Each edit has a phrase; what is only said or claimed decides nothing."""
    assert said(tmp_path, before, after) == [(edit, decides)]


def test_layout_means_nothing(tmp_path: Path) -> None:
    """Order, comments and ways to write YAML are no edits."""
    block = """
caps:
  # the most
  - because: 'trust'
    id: by-role
    for: refund
    first:
      - {at_most: 25, actor.role: clerk}
      - {actor.role: lead, at_most: 250}
"""
    assert said(tmp_path, CAP, block) == []


def test_an_edit_has_its_place(tmp_path: Path) -> None:
    """An edit leads to the line of the version after, or of the one before for what is gone."""
    one, other = pack_of(tmp_path / "one", CAP), pack_of(tmp_path / "other")
    added, gone = (edits(load_pack(a).pack, load_pack(b).pack)[0] for a, b in ((other, one), (one, other)))
    assert added.place == gone.place == f"{one / 'pack.yaml'}:11"

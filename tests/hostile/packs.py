"""Hostile packs, made when they are needed: each is written into a folder, and is refused by its code. Good controls stand beside them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

MAKERS: list[tuple[str, str, Callable[[Path], object]]] = []
"""Name, expected code ("": a good control), and what writes the pack."""

HEAD = """\
pack: hostile
version: 1
currency: GBP
timezone: Europe/London
mission: Put it right.
values: {trust: We believe our customers.}
roles: {ladder: [clerk, manager]}
facts:
  order.total: money 0..5000
  order.id: text
actions: {refund: {amount: money 0.01..5000}}
"""
RULE = "  - {{id: r{0}, deny: refund, when: order.total > {0}, because: trust}}\n"
MEBI = 2**20


def write(folder: Path, text: str | bytes, name: str = "pack.yaml") -> None:
    """Write a file of the pack."""
    content = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(content)


def hostile(code: str) -> Callable[[Callable[[Path], object]], Callable[[Path], object]]:
    """Note a maker of a pack; what it gives, if it is a text, is written into `pack.yaml`."""

    def note(make: Callable[[Path], object]) -> Callable[[Path], object]:
        def made(folder: Path) -> None:
            text = make(folder)
            if isinstance(text, (str, bytes)):
                write(folder, text)

        MAKERS.append((make.__name__, code, made))
        return make

    return note


def good(make: Callable[[Path], object]) -> Callable[[Path], object]:
    """Note a maker of a pack that must be accepted."""
    return hostile("")(make)


# ------------------------------------------------------------------------------------------------ files


@hostile("no-such-file")
def nothing_there(folder: Path) -> None:
    """An empty folder."""


@hostile("not-a-file")
def a_folder_by_that_name(folder: Path) -> None:
    (folder / "pack.yaml").mkdir()


@hostile("not-a-file")
def a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "pack.yaml")


@hostile("not-a-file")
def an_endless_device(folder: Path) -> None:
    (folder / "pack.yaml").symlink_to("/dev/zero")


@hostile("no-such-file")
def a_link_to_itself(folder: Path) -> None:
    (folder / "pack.yaml").symlink_to(folder / "pack.yaml")


@hostile("too-big")
def ten_megabytes(_: Path) -> str:
    return HEAD + "# x\n" * (10 * MEBI // 4)


@hostile("too-big")
def ten_megabytes_of_rules(_: Path) -> str:
    return HEAD + "rules:\n" + "".join(RULE.format(number) for number in range(10 * MEBI // 65))


@hostile("not-utf8")
def utf_16(_: Path) -> bytes:
    return HEAD.encode("utf-16")


@hostile("not-utf8")
def utf_16_without_a_mark(_: Path) -> bytes:
    return HEAD.encode("utf-16-le")


@hostile("not-utf8")
def latin_1(_: Path) -> bytes:
    return HEAD.replace("right.", "zurück.").encode("latin-1")


@hostile("not-utf8")
def a_lone_surrogate(_: Path) -> bytes:
    return HEAD.encode() + b"obligations: {x: \xed\xa0\x80}\n"


@hostile("not-utf8")
def an_overlong_letter(_: Path) -> bytes:
    return HEAD.encode() + b"obligations: {x: \xc0\xaf}\n"


@hostile("not-utf8")
def a_nul(_: Path) -> bytes:
    return HEAD.encode() + b"obligations: {x: a\0b}\n"


@hostile("bad-yaml")
def an_empty_file(_: Path) -> str:
    return ""


@hostile("bad-yaml")
def only_comments(_: Path) -> str:
    return "# nothing\n" * 1000


@hostile("bad-yaml")
def random_bytes(_: Path) -> bytes:
    return bytes(byte for byte in range(1, 127)) * 100


# ------------------------------------------------------------------------------------------------ YAML


@hostile("forbidden-yaml")
def an_anchor_bomb(_: Path) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return HEAD + "\n".join(lines)


@hostile("forbidden-yaml")
def a_value_that_holds_itself(_: Path) -> str:
    return HEAD + "define: &d {x: *d}\n"


@hostile("forbidden-yaml")
def a_merge(_: Path) -> str:
    return HEAD + "define: {<<: {x: 5}}\n"


@hostile("forbidden-yaml")
def an_object_of_python(_: Path) -> str:
    return HEAD + 'obligations: {x: !!python/object/apply:os.system ["true"]}\n'


@hostile("forbidden-yaml")
def a_name_of_python(_: Path) -> str:
    return HEAD + "obligations: {x: !!python/name:os.system x}\n"


@hostile("forbidden-yaml")
def a_binary(_: Path) -> str:
    return HEAD + "obligations: {x: !!binary aGk=}\n"


@hostile("forbidden-yaml")
def a_tag_of_its_own(_: Path) -> str:
    return "%TAG ! tag:example.com,2026:\n---\n" + HEAD + "obligations: {x: !include /etc/passwd}\n"


@hostile("forbidden-yaml")
def two_documents(_: Path) -> str:
    return HEAD + "---\n" + HEAD


@hostile("forbidden-yaml")
def a_hundred_thousand_anchors(_: Path) -> str:
    return HEAD + "groups: {all: [" + ", ".join(f"&a{n} refund" for n in range(10_000)) + "]}\n"


@hostile("duplicate-key")
def a_key_that_stands_twice(_: Path) -> str:
    return HEAD + "values: {trust: Another.}\n"


@hostile("duplicate-key")
def a_key_that_stands_a_hundred_thousand_times(_: Path) -> str:
    return HEAD + "define:\n" + "  x: 5\n" * 100_000


@hostile("bad-yaml")
def a_key_that_is_a_list(_: Path) -> str:
    return HEAD + "define: {[x]: 5}\n"


@hostile("bad-yaml")
def tabs(_: Path) -> str:
    return HEAD.replace("  order.id", "\torder.id")


@hostile("bad-yaml")
def a_bracket_that_is_never_closed(_: Path) -> str:
    return HEAD + "groups: {all: [refund\n" + "# x\n" * 10_000


@hostile("too-big")
def brackets_ten_thousand_deep(_: Path) -> str:
    return HEAD + "define: {x: " + "[" * 10_000 + "]" * 10_000 + "}\n"


@hostile("too-big")
def mappings_ten_thousand_deep(_: Path) -> str:
    return HEAD + "define: " + "{x: " * 10_000 + "5" + "}" * 10_000 + "\n"


@hostile("too-big")
def dashes_ten_thousand_deep(_: Path) -> str:
    return HEAD + "rules:\n  " + "- " * 10_000 + "x\n"


@hostile("too-big")
def lines_ten_thousand_deep(_: Path) -> str:
    return HEAD + "define:\n" + "".join(f"{' ' * depth}x:\n" for depth in range(1, 2_000))


@hostile("too-big")
def an_endless_line(_: Path) -> str:
    return HEAD + "obligations: {x: " + "x" * MEBI + "}\n"


@hostile("too-big")
def a_hundred_thousand_keys(_: Path) -> str:
    return HEAD + "define:\n" + "".join(f"  d{n}: 5\n" for n in range(100_000))


@hostile("too-big")
def a_million_items(_: Path) -> str:
    return HEAD + "groups: {all: [" + "refund, " * 1_000_000 + "]}\n"


@hostile("too-big")
def a_million_mappings(_: Path) -> str:
    return HEAD + "rules: [" + "{}," * 1_000_000 + "]\n"


@hostile("invisible-character")
def a_text_from_right_to_left(_: Path) -> str:
    return HEAD + "obligations: {x: Give \u202eeulav elohw\u202c back.}\n"


@hostile("invisible-character")
def a_space_without_width(_: Path) -> str:
    return HEAD + "obligations: {x: re\u200bfund}\n"


@hostile("invisible-character")
def an_escaped_control_character(_: Path) -> str:
    return HEAD + 'obligations: {x: "\\e[2J"}\n'


@hostile("invisible-character")
def an_escaped_nul(_: Path) -> str:
    return HEAD + 'extends: "../\\0"\n'


# ------------------------------------------------------------------------------------------------ tables


def tabled(folder: Path, table: str | bytes, hit: str = "first") -> str:
    """A pack with one table."""
    write(folder, table, "table.csv")
    return HEAD + f"caps: [{{id: c, for: refund, table: table.csv, hit: {hit}, over: deny, because: trust}}]\n"


@hostile("bad-table")
def a_table_elsewhere(folder: Path) -> str:
    return tabled(folder, "").replace("table.csv", "../../../etc/passwd")


@hostile("bad-table")
def no_table(folder: Path) -> str:
    return tabled(folder, "").replace("table.csv", "other.csv")


@hostile("not-a-file")
def a_pipe_as_a_table(folder: Path) -> str:
    os.mkfifo(folder / "other.csv")
    return tabled(folder, "").replace("table.csv", "other.csv")


@hostile("too-big")
def a_table_of_ten_megabytes(folder: Path) -> str:
    return tabled(folder, "order.total,at_most\n" + "-,5\n" * (10 * MEBI // 4))


@hostile("too-big")
def a_table_of_a_million_columns(folder: Path) -> str:
    return tabled(folder, "x," * 1_000_000 + "\n")


@hostile("too-big")
def a_table_of_a_million_lines(folder: Path) -> str:
    return tabled(folder, "order.total,at_most\n" + "-,5\n" * 1_000_000)


@hostile("bad-table")
def a_quote_that_is_never_closed(folder: Path) -> str:
    return tabled(folder, 'order.total,at_most\n"' + "x" * 1_000_000)


@hostile("bad-table")
def an_empty_table(folder: Path) -> str:
    return tabled(folder, "")


@hostile("not-utf8")
def a_table_in_latin_1(folder: Path) -> str:
    return tabled(folder, "order.id,at_most\nzurück,5\n".encode("latin-1"))


@hostile("too-big")
def rows_without_number_that_may_not_overlap(folder: Path) -> str:
    return tabled(folder, "order.id,at_most\n" + "".join(f"x{n},5\n" for n in range(5_000)), hit="unique")


@hostile("bad-cell")
def a_formula_in_a_cell(folder: Path) -> str:
    return tabled(folder, "order.id,at_most\n=cmd|'/c calc'!A1,5\n")


# ------------------------------------------------------------------------------------------------ parents


@hostile("bad-parent")
def its_own_parent(_: Path) -> str:
    return HEAD + "extends: .\n"


@hostile("bad-parent")
def a_circle_of_parents(folder: Path) -> str:
    (folder / "other").mkdir()
    write(folder / "other", HEAD.replace("hostile", "other") + "extends: ..\n")
    return HEAD + "extends: other\n"


@hostile("bad-parent")
def a_circle_through_links(folder: Path) -> str:
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    return HEAD + "extends: " + "/".join(["loop"] * 30) + "\n"


@hostile("bad-parent")
def a_tower_of_parents(folder: Path) -> str:
    for number in range(20):
        (folder / f"p{number}").mkdir()
        write(folder / f"p{number}", HEAD.replace("hostile", f"p{number}") + f"extends: ../p{number + 1}\n")
    return HEAD + "extends: p0\n"


@hostile("bad-parent")
def an_endless_device_as_a_parent(_: Path) -> str:
    return HEAD + "extends: /dev/zero\n"


@hostile("bad-parent")
def a_pipe_as_a_parent(folder: Path) -> str:
    os.mkfifo(folder / "pipe")
    return HEAD + "extends: pipe\n"


@hostile("bad-parent")
def a_parent_with_an_endless_name(_: Path) -> str:
    return HEAD + f"extends: {'x' * 10_000}\n"


@hostile("bad-parent")
def a_folder_without_a_pack_as_a_parent(folder: Path) -> str:
    (folder / "empty").mkdir()
    return HEAD + "extends: empty\n"


@hostile("bad-yaml")
def a_broken_parent(folder: Path) -> str:
    (folder / "broken").mkdir()
    write(folder / "broken", "{")
    return HEAD + "extends: broken\n"


# ------------------------------------------------------------------------------------------------ good controls


@good
def the_head_alone(_: Path) -> str:
    return HEAD


@good
def with_a_byte_order_mark(_: Path) -> bytes:
    return b"\xef\xbb\xbf" + HEAD.encode()


@good
def lines_of_another_system(_: Path) -> bytes:
    return HEAD.replace("\n", "\r\n").encode()


@good
def texts_of_the_world(_: Path) -> str:
    return HEAD + "obligations: {x: Gib’s zurück – 返金 👩‍👧 می‌خواهم}\n"


@good
def a_thousand_rules(_: Path) -> str:
    return HEAD + "rules:\n" + "".join(RULE.format(number) for number in range(1_000))


@good
def three_thousand_facts(_: Path) -> str:
    return HEAD.replace("actions:", "".join(f"  fact{n}: text\n" for n in range(3_000)) + "actions:")


@good
def a_table_of_a_thousand_lines(folder: Path) -> str:
    return tabled(folder, "order.id,at_most\n" + "".join(f"x{n},5\n" for n in range(1_000)) + "-,0\n")


@good
def eight_layers(folder: Path) -> str:
    for number in range(7):
        (folder / f"p{number}").mkdir()
        more = f"extends: ../p{number + 1}\n" if number < 6 else ""
        own = HEAD if number == 6 else HEAD.partition("values:")[0]
        write(folder / f"p{number}", own.replace("hostile", f"p{number}") + more)
    return HEAD.partition("values:")[0] + "extends: p0\n"

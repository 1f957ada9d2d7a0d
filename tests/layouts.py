"""YAML as many hands would write it: the same value with any indentation, quotes, brackets, comments and blank lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from attrs import define, field
from hypothesis import strategies as st

PLAIN = re.compile(r"[A-Za-z0-9_.](?:[A-Za-z0-9_./%' -]*[A-Za-z0-9_./%'])?")
WORDS = st.sampled_from([
    "x", "no", "010", "12:30", "2026.10", "it's", 'say "x"', "a: b", "# none", "a #b", "", "two\nlines", "three\n\nlines\n", "-", "- x", "[", "{a}", "é",
    "*x", "&x", "!x", "%x", "@x", "|", ">", "a long text of several words", "50% of order.total", "back \\ slash", "~", "null", "<<", "x:", " lead", "trail ",
])  # fmt: skip
KEYS = st.sampled_from(["pack", "because", "when", "id", "deny", "say", "title", "a b", "it's", "x.y", "2", "unless", "to", "rules-of"])
COMMENTS = st.sampled_from(["# why", "#no space", '# it\'s "so": [x, {y', "# - a", "## two", "# k: v   "])
VALUES = st.recursive(WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12)
GUARDRAILS = st.lists(st.dictionaries(KEYS, VALUES, min_size=1, max_size=5), max_size=3)
DOCUMENTS = st.fixed_dictionaries(
    {}, optional={"pack": WORDS, "values": VALUES, "rules": GUARDRAILS, "facts": VALUES, "caps": GUARDRAILS, "x": VALUES}
).filter(bool)


@define
class Hand:
    """Somebody who writes YAML."""

    draw: Callable[[Any], Any]
    lines: list[str] = field(factory=list)
    comments: list[str] = field(factory=list)
    open_ended: bool = False
    """The line before ends a block scalar, to which blank lines and what is indented would belong."""

    def chance(self, of: int = 3) -> bool:
        """True once in so many times."""
        return bool(self.draw(st.integers(0, of - 1)) == 0)

    def comment(self) -> str:
        """A comment, which is noted."""
        self.comments.append(self.draw(COMMENTS).rstrip())
        return self.comments[-1]

    def add(self, text: str, *, comment: bool = True) -> None:
        """A line, perhaps with a comment or blanks behind it."""
        self.open_ended = False
        tail = (
            f"{' ' * self.draw(st.integers(1, 4))}{self.comment()}"
            if comment and self.chance(5)
            else " " * self.draw(st.integers(0, 2))
            if comment
            else ""
        )
        self.lines.append(text + tail)

    def between(self) -> None:
        """Perhaps blank lines and comments, in any column."""
        while self.chance(4):
            if self.open_ended:
                self.lines.append(self.comment())
                self.open_ended = False
                continue
            self.lines.append(" " * self.draw(st.integers(0, 6)) + self.comment() if self.chance(2) else " " * self.draw(st.integers(0, 1)))

    def block(self, value: Any, indent: int, start: str) -> None:
        """A value behind what begins its line; further lines stand at this indentation or deeper."""
        if isinstance(value, dict) and value and self.chance(3) is False:
            self.add(start.rstrip() or "", comment=bool(start.strip())) if start.strip() else None
            for key, inner in value.items():
                self.between()
                self.block(inner, indent + self.draw(st.integers(1, 4)), f"{' ' * indent}{self.scalar(key, flow=False)}:")
        elif isinstance(value, list) and value and self.chance(3) is False:
            self.add(start.rstrip(), comment=True) if start.strip() else None
            for inner in value:
                self.between()
                self.dashed(inner, indent)
        elif isinstance(value, str) and "\n" not in value and self.chance(8) and PLAIN.fullmatch(value) and start.strip():
            self.add(start)
            self.add(" " * indent + value)
        elif (
            isinstance(value, str)
            and value
            and not value.startswith((" ", "\n"))
            and value != "trail "
            and self.chance(4)
            and start.strip()
        ):
            self.literal(value, indent, start)
        else:
            self.add(start + self.gap() + self.flow(value, indent), comment=True)

    def dashed(self, value: Any, indent: int) -> None:
        """An item of a list: what it holds may begin on the line of its dash."""
        dash = f"{' ' * indent}-{self.gap()}"
        if isinstance(value, dict) and value and self.chance(2):
            first, *others = value.items()
            self.block(first[1], len(dash) + self.draw(st.integers(1, 3)), f"{dash}{self.scalar(first[0], flow=False)}:")
            for key, inner in others:
                self.between()
                self.block(inner, len(dash) + self.draw(st.integers(1, 3)), f"{' ' * len(dash)}{self.scalar(key, flow=False)}:")
        else:
            self.block(value, indent + self.draw(st.integers(2, 4)), dash.rstrip())

    def gap(self) -> str:
        """One blank or more."""
        return " " * self.draw(st.integers(1, 3))

    def literal(self, value: str, indent: int, start: str) -> None:
        """A text as a block scalar that keeps its lines."""
        end = len(value) - len(value.rstrip("\n"))
        sign = {0: "-", 1: ""}.get(end, "+")
        self.add(f"{start} |{sign}")
        self.lines += [" " * indent + line if line else "" for line in value.rstrip("\n").split("\n")]
        self.lines += [""] * (end - 1)
        self.open_ended = True

    def flow(self, value: Any, indent: int) -> str:
        """A value in brackets, or a scalar; it may go on to further lines."""
        if isinstance(value, str):
            return self.scalar(value, flow=True)
        items = (
            [f"{self.scalar(key, flow=True)}:{self.gap()}{self.flow(inner, indent)}" for key, inner in value.items()]
            if isinstance(value, dict)
            else [self.flow(inner, indent) for inner in value]
        )
        opened, closed = "{}" if isinstance(value, dict) else "[]"
        parts = [f"{item}{',' if number < len(items) else ''}{self.turn(indent)}" for number, item in enumerate(items, 1)]
        return opened + self.turn(indent) + "".join(parts) + closed

    def turn(self, indent: int) -> str:
        """Blanks, or a new line, perhaps behind a comment."""
        if not self.chance(5):
            return " " * self.draw(st.integers(0, 2))
        behind = f"  {self.comment()}" if self.chance(3) else ""
        above = f"\n{' ' * self.draw(st.integers(0, 5))}{self.comment()}" if self.chance(4) else ""
        return f"{behind}{above}\n{' ' * (indent + self.draw(st.integers(1, 4)))}"

    def scalar(self, value: str, *, flow: bool) -> str:
        """A scalar on one line; plain where that is the same, else in quotes."""
        if PLAIN.fullmatch(value) and not self.chance(4):
            return value
        if not flow and not value:
            return '""'
        if "\n" in value or self.chance(2):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        return "'" + value.replace("'", "''") + "'"


@st.composite
def written(draw: st.DrawFn) -> tuple[Any, str, list[str]]:
    """A document, its text, and the comments in it."""
    value = draw(DOCUMENTS)
    hand = Hand(draw)
    hand.between()
    for key, inner in value.items():
        hand.between()
        hand.block(inner, draw(st.integers(1, 4)), f"{hand.scalar(key, flow=False)}:")
    hand.between()
    return value, "\n".join(hand.lines) + "\n", hand.comments

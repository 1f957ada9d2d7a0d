"""What a host hands in for a pack, as Python source: pydantic models of its actions and of its context, to be kept beside the host's code.

The text is the same for the same pack, laid out as formatters do at 88 columns, and passes strict type checkers. A guard takes the models
as they are. A name that Python or pydantic needs for itself gets an underscore; the pack's own name stays what is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from empower import ir
from empower.checked import CheckedPack, Kind, Words
from empower.money import exponent_of
from empower.noun import define, field, frozen
from empower.request import TEXT_MAX, nested, written

WIDTH = 88
_TAKEN = frozenset((
    "bool", "int", "str", "frozenset", "datetime", "decimal", "typing", "pydantic", "construct", "copy", "dict", "from_orm", "json", "parse_file",
    "parse_obj", "parse_raw", "schema", "schema_json", "update_forward_refs", "validate",
))  # fmt: skip
"""What a field of a model cannot be called: names that its annotations read, and methods that models have."""
_NAMES = frozenset(("Action", "Context", "Money", "None", "True", "False"))
_HEAD = '''\
"""{about}

Written by `empower types`. Change the pack, and write it anew.
"""

from __future__ import annotations

{imports}
import pydantic


'''
_MONEY = '''\
def _exact(value: object) -> object:
    if isinstance(value, (int, float)):
        raise ValueError("an amount is a Decimal or a text, never a bare number")
    return value


Money: typing.TypeAlias = typing.Annotated[
    decimal.Decimal,
    pydantic.BeforeValidator(_exact),
    pydantic.Field(ge=0, decimal_places={decimals}),
]
"""An amount in {currency}."""


'''
_MODEL = """\
class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


"""


@frozen
class _Field:
    """A line of a class: its name in the pack, its annotation without "or unknown", and its constraints."""

    name: str
    kind: str
    limits: tuple[str, ...] = ()
    needed: bool = False
    about: str = ""


def python_models(pack: CheckedPack) -> str:
    """The source of a module with `Action`, `Context`, and what they are made of."""
    document, writer = pack.pack.document, _Writer(pack)
    actions = [writer.action(kind) for kind in pack.kinds.values()]
    writer.group("", _nested(pack.facts))
    about = _sentence(f"What {document.pack} {document.version} is asked: its actions and its facts")
    classes = "\n\n\n".join([*writer.parts, _union("Action: typing.TypeAlias = ", actions)])
    money = _MONEY.format(decimals=exponent_of(pack.currency), currency=pack.currency) if re.search(r"\bMoney\b", classes) else ""
    imports = "".join(f"import {name}\n" for name in ("datetime", "decimal", "typing") if f"{name}." in money + classes)
    return f"{_HEAD.format(about=about, imports=imports)}{money}{_MODEL}{classes}\n"


def _nested(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a context by their groups: a mapping for each group, and the path for each fact."""
    return nested({path: path for path in facts if not path.startswith("action.") and path != "now"})


@define
class _Writer:
    """Writes the classes of a pack, what others are made of first."""

    pack: CheckedPack
    parts: list[str] = field(factory=list)
    taken: set[str] = field(factory=lambda: set(_NAMES))

    def name(self, words: str, otherwise: str) -> str:
        """A name for a class, made from the name of a kind or a group, that no other class has."""
        plain = "".join(part[:1].upper() + part[1:] for part in re.split(r"[-_.]", words))
        others = (f"{plain}{otherwise}{number or ''}" for number in range(len(self.taken) + 1))
        found = next(each for each in (plain, *others) if each not in self.taken)
        self.taken.add(found)
        return found

    def said(self, words: Words, otherwise: str = "") -> str:
        """A text in the pack's first language."""
        return words.get(self.pack.languages[0], otherwise)

    def action(self, kind: Kind) -> str:
        """The class of a kind of action."""
        fields = [_Field("amount", "Money")] if kind.amount is not None else []
        name = self.name(kind.name, "Action")
        fields += [self.fact(name, parameter, f"action.{parameter}") for parameter in kind.parameters]
        tag = f'    kind: typing.Literal["{kind.name}"] = "{kind.name}"'
        self.write(name, self.said(kind.title, kind.name), fields, tag)
        return name

    def group(self, path: str, facts: Mapping[str, Any]) -> str:
        """The class of a group of facts, those of the groups in it first; the whole is the context."""
        name = self.name(path, "Facts") if path else "Context"
        fields = [
            _Field(key, self.group(f"{path}.{key}".lstrip("."), inner), needed=(path, key) == ("", "actor"))
            if isinstance(inner, Mapping) else self.fact(name, key, inner)
            for key, inner in facts.items()
        ]  # fmt: skip
        self.write(name, "the facts; whatever is None is not known" if not path else f"the facts `{path}.…`", fields)
        return name

    def fact(self, owner: str, key: str, path: str) -> _Field:
        """The field of a fact; a type that would not fit on its line gets a name of its own."""
        kind, limits = _annotation(self.pack.facts[path], self.pack.currency)
        words = getattr(self.pack.facts[path], "members", ())
        if words and len(f"    {key}: {kind} | None = None") > WIDTH:
            alias = self.name(f"{owner}.{key}", "Words")
            self.parts.append(_brackets(f"{alias}: typing.TypeAlias = typing.Literal[", [f'"{word}"' for word in words], "]"))
            kind = kind.replace(_literal(words), alias)
        note = self.pack.fact_notes.get(path)
        needed = path in ("actor.id", "actor.role")
        return _Field(key, kind, limits, needed, "" if note is None else self.said(note.title))

    def write(self, name: str, about: str, fields: Sequence[_Field], first: str = "") -> None:
        """A class with these fields."""
        lines = [f"class {name}(_Model):", f'    """{_sentence(about)}"""', ""]
        self.parts.append("\n".join([*lines, *([first] if first else []), *(line for each in fields for line in _lines(each))]).rstrip())


def _annotation(kind: ir.FactType, currency: str) -> tuple[str, tuple[str, ...]]:
    """A type, and the arguments of `pydantic.Field` that bound it."""
    never = getattr(kind, "never", False)
    match kind:
        case ir.NumberType(unit="integer"):
            return "int", (f"ge={kind.low}", f"le={kind.high}", "strict=True")
        case ir.NumberType(unit="duration"):
            return "datetime.timedelta", tuple(
                f"{sign}=datetime.timedelta(seconds={bound})" for sign, bound in (("ge", kind.low), ("le", kind.high))
            )
        case ir.NumberType():
            low, high = (f'decimal.Decimal("{written(bound, kind, currency)}")' for bound in (kind.low, kind.high))
            least = () if kind.unit == "money" and kind.low == 0 else (f"ge={low}",)
            places = () if kind.unit == "money" else (f"decimal_places={len(str(kind.denominator)) - 1}",)
            return ("Money" if kind.unit == "money" else "decimal.Decimal"), (*least, f"le={high}", *places)
        case ir.YesNoType():
            return "bool", ("strict=True",)
        case ir.OneOfType():
            return _literal(kind.members), ()
        case ir.SetOfType():
            return f"frozenset[{_literal(kind.members)}]", ()
        case ir.TextType():
            return "str", ("min_length=1", f"max_length={TEXT_MAX}")
        case ir.DateType() | ir.InstantType():
            moment = "datetime.date" if isinstance(kind, ir.DateType) else "pydantic.AwareDatetime"
            return (f'{moment} | typing.Literal["never"]' if never else moment), ()


def _literal(members: Sequence[str]) -> str:
    words = ", ".join(f'"{member}"' for member in members)
    return f"typing.Literal[{words}]"


# ------------------------------------------------------------------------------------------------ layout


def _lines(each: _Field) -> Iterator[str]:
    """A field: on one line if it fits, else with its arguments on the next, else with a line for each."""
    taken = each.name in _TAKEN or each.name.startswith("model_")
    name = f"{each.name}_" if taken else each.name
    alias = (f'validation_alias=pydantic.AliasChoices("{name}", "{each.name}")', f'serialization_alias="{each.name}"') if taken else ()
    arguments = [*([] if each.needed else ["default=None"]), *alias, *each.limits]
    annotated = f"    {name}: {each.kind}" + ("" if each.needed else " | None")
    if arguments == ["default=None"]:
        yield f"{annotated} = None"
    elif arguments:
        yield _brackets(f"{annotated} = pydantic.Field(", arguments, ")")
    else:
        yield annotated
    if each.about:
        yield f'    """{_sentence(each.about)}"""'


def _brackets(head: str, items: Sequence[str], tail: str) -> str:
    """Items in brackets, as formatters lay them out."""
    indent = " " * (len(head) - len(head.lstrip()))
    joined = ", ".join(items)
    if len(head) + len(joined) + len(tail) <= WIDTH:
        return f"{head}{joined}{tail}"
    if len(indent) + 4 + len(joined) <= WIDTH:
        return f"{head}\n{indent}    {joined}\n{indent}{tail}"
    return "\n".join([head, *(f"{indent}    {item}," for item in items), f"{indent}{tail}"])


def _union(head: str, names: Sequence[str]) -> str:
    joined = " | ".join(names)
    if len(head) + len(joined) <= WIDTH:
        return f"{head}{joined}"
    return f"{head}(\n    {joined if len(joined) + 4 <= WIDTH else f'{chr(10)}    | '.join(names)}\n)"


def _sentence(text: str) -> str:
    """A text as a docstring can hold it: one line, its first letter large, with a full stop."""
    plain = re.sub(r"\s+", " ", text).replace("\\", "/").replace('"', "'").strip()
    return f"{plain[:1].upper()}{plain[1:]}".rstrip(".") + "."

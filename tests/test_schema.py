"""The published schema of a pack: what it accepts is what the reader accepts, key by key."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from empower import pack as shapes
from empower.demo import shipped_packs
from empower.load import read_yaml
from empower.pack import PackDocument
from empower.schema import pack_schema, shape_model
from empower.shape import Misshapen, Shape, declared_keys, read_shape

SHAPES = {name: each for name, each in vars(shapes).items() if inspect.isclass(each) and issubclass(each, Shape) and each is not Shape}
KINDS = {key.kind: f"{shape}.{key.name}" for shape, each in SHAPES.items() for key in declared_keys(each).values()}
"""Every annotation of a key, and one key that has it."""
WORDS = st.sampled_from(["", "x", "refund", "no"])
ODD = st.one_of(WORDS, st.lists(WORDS, max_size=1), st.dictionaries(WORDS, WORDS, max_size=1))
"""A value that fits wherever its shape happens to be wanted."""


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation, here and there with another shape somewhere in them."""
    return st.one_of(fitting(kind), fitting(kind), fitting(kind), ODD)


def fitting(kind: Any) -> st.SearchStrategy[Any]:
    """Values whose outermost shape is the one of an annotation."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return st.one_of(WORDS, fitting(parts[0]))
    if origin is Union or origin is UnionType:
        return fitting(parts[0])
    if origin is Sequence:
        return st.lists(values(parts[0]), max_size=2)
    if origin is Mapping:
        return st.dictionaries(WORDS, values(parts[1]), max_size=2)
    if inspect.isclass(kind) and issubclass(kind, Shape):
        return mappings(kind)
    return WORDS if kind is str else ODD


@st.composite
def mappings(draw: st.DrawFn, shape: type[Shape]) -> dict[str, Any]:
    """The least that a shape can be, and one key more."""
    declared = declared_keys(shape)
    key = draw(st.sampled_from(sorted(declared)))
    return least(shape) | {key: draw(values(declared[key].kind))}


def least(shape: type[Shape]) -> dict[str, Any]:
    """The least that a shape can be."""
    empty: dict[Any, Any] = {Sequence: [], Mapping: {}}
    return {key: empty.get(get_origin(each.kind), "x") for key, each in declared_keys(shape).items() if each.needed}


def is_read(shape: type[Shape], value: Any) -> bool:
    """Whether the reader finds nothing misshapen in a value."""
    misshapen: list[Misshapen] = []
    read_shape(shape, value, (), misshapen)
    return not misshapen


def is_accepted(shape: type[Shape], value: Any) -> bool:
    """Whether the published model accepts a value."""
    try:
        shape_model(shape).model_validate(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS, ids=KINDS.values())
@given(data=st.data())
def test_the_schema_accepts_what_is_read(kind: Any, data: st.DataObject) -> None:
    """A value fits the published schema of its key exactly if the reader finds nothing misshapen in it."""
    one = type("One", (Shape,), {"__annotations__": {"key": kind}})
    value = {"key": data.draw(values(kind))}
    assert is_accepted(one, value) == is_read(one, value)


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_keys_are_needed_or_unknown_to_both(name: str) -> None:
    """The schema and the reader want the same keys of a shape, and refuse any other: the attribute's name, and names that Python uses."""
    shape, whole = SHAPES[name], least(SHAPES[name])
    without = [{key: value for key, value in whole.items() if key != left_out} for left_out in whole]
    others = [whole | {key: "x"} for key in ("from_", "for_", "given", "model_fields", "__class__", "")]
    assert is_read(shape, whole)
    assert is_accepted(shape, whole)
    assert [each for each in (*without, *others) if is_read(shape, each) or is_accepted(shape, each)] == []


def test_the_shipped_packs_fit() -> None:
    """The packs that come with the library fit the schema, and with one more key they do not."""
    for folder in shipped_packs().values():
        document = read_yaml((folder / "pack.yaml").read_text(encoding="utf-8"), "pack.yaml")
        assert is_accepted(PackDocument, document)
        assert not is_accepted(PackDocument, {**document, "rule": []})


def test_the_schema_names_every_key() -> None:
    """Every key of every shape stands in the JSON Schema, those that are needed as such, and no other may be written."""
    schema = pack_schema()
    found = {"PackDocument": schema, **schema["$defs"]}
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(found) == set(SHAPES) - {"Guardrail"}  # which is part of others, never by itself
    for name, each in found.items():
        declared = declared_keys(SHAPES[name])
        assert list(each.get("properties", {})) == list(declared)
        assert each.get("required", []) == [key for key, about in declared.items() if about.needed]
        assert each["additionalProperties"] is False


def test_every_scalar_is_a_text() -> None:
    """An editor that reads `version: 2026.11` as a number finds nothing wrong, and offers no `null`."""
    schema = pack_schema()
    assert schema["properties"]["version"]["type"] == ["string", "number", "boolean"]
    assert {"enum": ["", None]} in schema["properties"]["actions"]["additionalProperties"]["anyOf"]
    assert "default" not in schema["properties"]["extends"]

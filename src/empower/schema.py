"""The published schema of a pack: the declarations of `pack` as pydantic models and as JSON Schema. The only module that knows pydantic.

Nothing here is needed to load a pack, and nothing that decides imports it. `tests/test_schema.py` holds that the models accept what
the reader accepts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model
from pydantic.json_schema import GenerateJsonSchema

from empower.pack import PackDocument
from empower.shape import Bare, Key, declared_keys

_TEXT = Annotated[str, WithJsonSchema({"type": ["string", "number", "boolean"]})]
"""A pack reads every scalar as text; an editor that knows YAML takes some for numbers, and `yes` for more than a word."""


def pack_schema() -> dict[str, Any]:
    """The JSON Schema, 2020-12, of `pack.yaml`: its keys and shapes, not what its words mean."""
    return {"$schema": GenerateJsonSchema.schema_dialect, **shape_model(PackDocument).model_json_schema()}


@cache
def shape_model(shape: Any) -> type[BaseModel]:
    """A shape as a pydantic model."""
    fields: dict[str, Any] = {key.name: (_kind(key.kind), _field(name, key)) for name, key in declared_keys(shape).items()}
    return create_model(shape.__name__, __config__=ConfigDict(extra="forbid"), __doc__=shape.__doc__, **fields)


def _field(name: str, key: Key) -> Any:
    if key.needed:
        return Field(alias=name)
    if key.default is None:
        return Field(alias=name, default_factory=lambda: None)  # so that no editor offers to write `null`
    return Field(alias=name, default=key.default)


def _kind(kind: Any) -> Any:
    """An annotation of a shape, as pydantic wants it."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is str:
        return _TEXT
    if kind is Any:
        return Any
    if origin is Annotated:
        return Union[_bare(parts[1]), _kind(parts[0])]  # noqa: UP007  (made of values)
    if origin is Union or origin is UnionType:
        return _kind(parts[0])
    if origin is Sequence:
        return list[_kind(parts[0])]  # type: ignore[misc]
    if origin is Mapping:
        return dict[str, _kind(parts[1])]  # type: ignore[misc]
    return shape_model(kind)


def _bare(bare: Bare) -> Any:
    if bare.only is None:
        return _TEXT
    return Annotated[Literal[bare.only], WithJsonSchema({"enum": [bare.only, None]})]

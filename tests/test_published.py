"""What others read of a pack: schemas that say what is read, and models that a guard takes as they are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pydantic
import pytest
import yaml
from hypothesis import given, strategies as st
from jsonschema import Draft202012Validator

from commands import run
from empower import Approval, Guard, MalformedRequest, load_pack
from empower.cases import EXPECTATIONS, Example, read_cases
from empower.checked import CheckedPack
from empower.compile import compile_pack
from empower.demo import shipped_packs
from empower.load import read_yaml
from empower.published.cases import cases_schema
from empower.published.host import host_schema
from empower.published.models import python_models
from empower.schema import pack_schema
from empower.testing import DrawnPack, World, packs
from laws.profile import searched
from laws.worlds import worlds

ROOT = Path(__file__).resolve().parents[1]
PACKS = {name: load_pack(folder) for name, folder in shipped_packs().items()}
ODD = """\
pack: odd
version: 1
currency: JPY
timezone: Asia/Tokyo
mission: Say "yes" \\ when you can.
values: {trust: We trust.}
roles: {ladder: [clerk]}
facts:
  model_config: yes/no
  copy: date, may be never
  datetime: instant
  refund.json: text
  refund.inner.decimal: {type: decimal(3) -5..5, title: 'the "odd" one \\'}
  refund.inner.total: money 0..500
  store-credit.x: text
  order.waited: duration 0..2 hours
  order.kinds: "set of [%s]"
actions:
  refund: {amount: money 1..500, parameters: {schema: integer 0..3, int: yes/no}}
  re-fund: {}
  Refund.action: {}
"""


@pytest.fixture
def odd(tmp_path: Path) -> CheckedPack:
    """A pack whose names get in the way of Python, of pydantic, and of one another."""
    text = ODD % ", ".join(f"word_number_{number}" for number in range(9))
    (tmp_path / "pack.yaml").write_text(text.replace("  store-credit.x: text\n", ""), encoding="utf-8")
    return load_pack(tmp_path)


def wrong(schema: Mapping[str, Any], *values: Any) -> list[list[str]]:
    """What does not fit a schema, by value; the schema itself is one of 2020-12."""
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    return [[str(error) for error in validator.iter_errors(value)] for value in values]


# ------------------------------------------------------------------------------------------------ what a host hands in


@pytest.mark.parametrize("name", PACKS)
def test_every_case_fits_the_schema_of_its_pack(name: str) -> None:
    """What the cases of a shipped pack hand in fits its schema, the strict one as well."""
    pack, examples = PACKS[name], read_cases(PACKS[name])
    handed = [{"action": example.action, "context": example.context} for example in examples]
    fits = [example in known(pack) for example in examples]
    assert sum(fits) >= 20
    for strict in (False, True):
        assert [not found for found in wrong(host_schema(pack, strict=strict), *handed)] == fits


@searched(25)
@given(worlds(unknown=3))
def test_what_is_read_fits(world: World) -> None:
    """Whatever a random world hands in as texts fits the schema of its pack."""
    handed = json.loads(json.dumps({"action": world.action(), "context": world.context()}, default=str))
    assert wrong(host_schema(world.rules.checked, strict=True), handed) == [[]]


def values(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a piece of a schema."""
    if "$ref" in schema:
        return values(defs[schema["$ref"].rpartition("/")[2]], defs)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return st.one_of([values(each, defs) for each in schema[several]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    match kind:
        case "object":
            needed = {key: values(each, defs) for key, each in schema["properties"].items() if key in schema.get("required", ())}
            others = {key: values(each, defs) for key, each in schema["properties"].items() if key not in needed}
            mappings = st.fixed_dictionaries(needed, optional=others)
            return mappings if schema["type"] == "object" else st.one_of(st.none(), mappings)
        case "array":
            return st.lists(values(schema["items"], defs), unique=True)
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case "null":
            return st.none()
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].replace("$", r"\Z").replace("[0-9]{1,18}", "[0-9]{1,3}"))
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


IN_WORDS = re.compile("must lie between|is not a date|is not an instant|lies outside the calendar|is more than")
"""What a schema says in a description only, or with a `format` that few hold anybody to."""


@searched(25)
@given(packs(), st.data())
def test_what_fits_is_read(pack: DrawnPack, data: st.DataObject) -> None:
    """Whatever fits the strict schema can be read by a strict guard, save bounds of texts and days that no calendar has."""
    schema = host_schema(pack, strict=True)
    handed = (
        data.draw(values(schema["properties"]["action"], schema["$defs"])),
        data.draw(values(schema["$defs"]["context"], schema["$defs"])),
    )
    assert wrong(schema, {"action": handed[0], "context": handed[1]}) == [[]]
    assert [fault for fault in faults(pack, *handed) if not IN_WORDS.search(fault)] == []


def faults(pack: DrawnPack, action: Any, context: Any) -> list[str]:
    """What a strict guard cannot read of a request."""
    try:
        Guard(pack, strict=True).preview(action, context)
    except MalformedRequest as malformed:
        return [fault.message for fault in malformed.faults]
    return []


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("action", {"kind": "refnd"}, "'refnd'"),
        ("action", {"amount": 5}, "5"),
        ("action", {"amount": "5.001"}, "5.001"),
        ("action", {"amount": "£5"}, "£5"),
        ("context", {"actor": None}, "None"),
        ("context", {"actor": {"role": "driver"}}, "'id' is a required property"),
        ("context", {"actor": {"id": "a", "role": "boss"}}, "'boss' is not one of"),
        ("context", {"customer": {"claims_90d": 1001}}, "1001"),
        ("context", {"customer": {"category": "gold"}}, "gold"),
        ("context", {"customer": []}, "[] is not of type 'object', 'null'"),
        ("context", {"order": {"delivered_at": "2026-11-18"}}, "2026-11-18"),
    ],
)
def test_what_cannot_be_read_does_not_fit(part: str, change: dict[str, Any], message: str) -> None:
    """A typing error, a bare number for money, a value outside its type: refused before the guard is asked."""
    handed: dict[str, Any] = {"action": {"kind": "refund", "amount": "5.00"}, "context": {"actor": {"id": "d7", "role": "driver"}}}
    schema = host_schema(PACKS["grocery-doorstep"])
    assert wrong(schema, handed) == [[]]
    handed[part] |= change
    assert message in "\n".join(*wrong(schema, handed))


def test_strict_is_closed() -> None:
    """Facts that the pack does not declare fit, unless the schema is the strict one."""
    handed = {"action": {"kind": "release"}, "context": {"actor": {"id": "d7", "role": "driver"}, "till": {"number": 4}}}
    pack = PACKS["grocery-doorstep"]
    assert wrong(host_schema(pack), handed) == [[]]
    assert "'till' was unexpected" in "\n".join(*wrong(host_schema(pack, strict=True), handed))


# ------------------------------------------------------------------------------------------------ what an editor reads


class Editor(yaml.SafeLoader):
    """YAML as an editor reads it, by the core schema of YAML 1.2: numbers and true or false, and no dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (as the library declares it)
        sign: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(("timestamp", "merge", "value"))]
        for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@pytest.mark.parametrize("folder", shipped_packs().values(), ids=lambda folder: folder.name)
def test_shipped_packs_fit(folder: Path) -> None:
    """The packs that are shipped, and their cases, fit what an editor holds them to, however the editor reads scalars."""
    for name, schema in (("pack.yaml", pack_schema()), ("cases.yaml", cases_schema())):
        text = (folder / name).read_text(encoding="utf-8")
        assert wrong(schema, read_yaml(text, name), yaml.load(text, Editor)) == [[], []]  # noqa: S506  (a safe loader)


STRUCTURAL = ("missing-key", "no-value", "unknown-key", "wrong-shape")


@pytest.mark.parametrize("code", STRUCTURAL)
def test_packs_that_are_misshapen_do_not_fit(code: str) -> None:
    """A key that means nothing or is missing, and a value of another shape, are found while typing."""
    text = (ROOT / "tests" / "packs" / "bad" / code / "pack.yaml").read_text(encoding="utf-8")
    needs_to = code == "missing-key"  # `to` is needed by `escalate` alone, which is for the checker
    (found,) = wrong(pack_schema(), read_yaml(text, "pack.yaml"))
    assert bool(found) != needs_to


@pytest.mark.parametrize(
    "entry",
    [
        {"it": "a", "action": "refund 5"},
        {"it": "a", "action": "refund 5", "expect": "alow"},
        {"it": "a", "action": {"amount": 5}, "expect": "allow"},
        {"it": "a", "action": "refund 5", "expect": {"limit": 5}},
        {"it": "a", "action": "refund 5", "expect": {"outcome": "allow", "whom": "x"}},
        {"it": "a", "action": "refund 5", "contxt": {}, "expect": "allow"},
        {"it": "a", "action": "refund 5", "spent": {"month": {"often": 2}}, "expect": "allow"},
        {"given": {}, "it": "a"},
    ],
)
def test_cases_that_are_misshapen_do_not_fit(entry: dict[str, Any]) -> None:
    """As of packs; and a case beside it that is well written fits."""
    fine, found = wrong(cases_schema(), [{"it": "a", "action": "refund 5", "expect": "allow"}], [entry])
    assert (fine, bool(found)) == ([], True)


def test_the_schema_of_cases_knows_what_a_case_can_expect() -> None:
    """Everything a case may expect is offered while typing."""
    (_, expected) = cases_schema()["$defs"]["case"]["properties"]["expect"]["anyOf"]
    assert list(expected["properties"]) == list(EXPECTATIONS)


@pytest.mark.parametrize("name", ["pack", "cases"])
def test_the_published_files_are_up_to_date(name: str) -> None:
    """What docs/schema holds for editors is what the command prints; `python tests/test_published.py` writes it anew."""
    assert (ROOT / "docs" / "schema" / f"{name}.schema.json").read_text(encoding="utf-8") == printed(name)


def printed(name: str) -> str:
    """What the command prints for an editor."""
    return run("schema", *(["--cases"] if name == "cases" else [])).stdout


# ------------------------------------------------------------------------------------------------ models


def module(pack: CheckedPack) -> ModuleType:
    """The models of a pack, as a host imports them."""
    made = ModuleType(f"models_of_{pack.pack.name.replace('-', '_')}")
    sys.modules[made.__name__] = made
    exec(compile(python_models(pack), made.__name__, "exec"), vars(made))  # noqa: S102
    return made


def known(pack: CheckedPack) -> list[Example]:
    """The cases of a pack in which the action and the role are known to it."""
    everyone = pack.roles.everyone()
    return [each for each in read_cases(pack) if each.action["kind"] in pack.kinds and each.context["actor"].get("role") in everyone]


def durations(value: Any) -> Any:
    """Lengths of time as JSON has them for pydantic, which does not read `20 minutes`."""
    if isinstance(value, dict):
        return {key: durations(inner) for key, inner in value.items()}
    found = re.fullmatch(r"(\d+) (minute|hour|day)s?", value) if isinstance(value, str) else None
    return value if found is None else int(found[1]) * {"minute": 60, "hour": 3_600, "day": 86_400}[found[2]]


@pytest.mark.parametrize("name", PACKS)
def test_a_guard_takes_the_models(name: str) -> None:
    """Every case of a shipped pack, handed in as models, gets the answer that it gets as plain mappings."""
    pack, made = PACKS[name], module(PACKS[name])
    rules, adapter = compile_pack(pack), pydantic.TypeAdapter(made.Action)
    for example in known(pack):
        yes = (
            json.dumps({"action": example.action, "context": durations(dict(example.context))})
            .replace('"yes"', "true")
            .replace('"no"', "false")
        )
        handed = json.loads(yes)
        action, context = adapter.validate_python(handed["action"]), made.Context.model_validate_json(json.dumps(handed["context"]))
        guard = Guard(rules, clock=lambda at=example.at: at, strict=True)  # type: ignore[misc]
        plain = guard.preview(example.action, example.context).to_dict()
        for _ in range(2):
            assert guard.preview(action, context).to_dict() == plain
            assert guard.preview(action, example.context).to_dict() == plain
        assert guard.decide(action, context, key="k").outcome == plain["outcome"]


def test_an_approver_may_be_a_model() -> None:
    """Approvals, options and several actions at once take models as well."""
    pack = PACKS["grocery-doorstep"]
    made, guard = module(pack), Guard(pack)
    context, gesture = made.Context(actor=made.Actor(id="d7", role="driver")), made.Gesture(amount="30")
    assert guard.decide(gesture, context, key="k", approval=Approval(by=made.Actor(id="m2", role="manager"))).allowed
    assert guard.decide_all([gesture, gesture], context).outcome == "escalate"
    assert guard.options(context) == guard.options({"actor": {"id": "d7", "role": "driver"}})


def test_the_example_of_the_page_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """What docs/api.md shows of the models is what one writes."""
    (example,) = re.findall(r"^```py\n(.*?)^```$", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    pack = PACKS["grocery-doorstep"]
    monkeypatch.setitem(sys.modules, "doorstep", module(pack))
    scope: dict[str, Any] = {"guard": Guard(pack), "Decimal": Decimal}
    exec(example, scope)  # noqa: S102
    assert scope["decision"].asked == 500


def test_models_refuse_what_a_type_checker_cannot_see() -> None:
    """A word misspelt, a bare number for money, a fact that is not declared, a value out of bounds; and nothing can be changed later."""
    made = module(PACKS["grocery-doorstep"])
    for wrong_ in (
        lambda: made.Refund(amount=5), lambda: made.Refund(amount=5.0), lambda: made.Refund(amount="5.001"), lambda: made.Refund(reson="late"),
        lambda: made.Customer(category="gold"), lambda: made.Customer(claims_90d=1001), lambda: made.Customer(claims_90d=True),
        lambda: made.Order(total="5000.01"), lambda: made.Actor(role="driver"), made.Context, lambda: made.Evidence(message="perhaps"),
    ):  # fmt: skip
        with pytest.raises(pydantic.ValidationError):
            wrong_()
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        made.Refund(amount="5.00").amount = None


def test_names_that_are_taken(odd: CheckedPack) -> None:
    """Names that Python or pydantic need get an underscore; what is handed in has the pack's own names."""
    made = module(odd)
    action = made.Refund(amount="5", schema_=2, int_=True)
    context = made.Context(
        actor=made.Actor(id="a", role="clerk"), model_config_=True, copy_="never",
        refund=made.RefundFacts(json_="x", inner=made.RefundInner(decimal_="1.250", total="20")),
    )  # fmt: skip
    assert action.model_dump(by_alias=True) == {"kind": "refund", "amount": 5, "reason": None, "schema": 2, "int": True}
    asked = Guard(odd, strict=True).decide(action, context, key="k")
    assert asked.allowed
    assert made.Context.model_validate({"actor": {"id": "a", "role": "clerk"}, "copy": "never"}).copy_ == "never"


def test_models_are_laid_out_and_typed(tmp_path: Path, odd: CheckedPack) -> None:
    """The source of every shipped pack, and of one with odd names, is as formatters leave it and passes strict type checking."""
    for name, pack in {**PACKS, "odd": odd}.items():
        (tmp_path / f"{name.replace('-', '_')}.py").write_text(python_models(pack), encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = True\n", encoding="utf-8")
    (tmp_path / "pack.yaml").unlink()
    for command in (
        ["ruff", "format", "--isolated", "--check", "."], ["ruff", "check", "--isolated", "--select", "E4,E7,E9,F,UP,I", "--target-version", "py311", "."],
        ["mypy", "--config-file", "mypy.ini", "."],
    ):  # fmt: skip
        done = subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@searched(20)
@given(packs())
def test_models_of_any_pack_can_be_imported(pack: DrawnPack) -> None:
    """Whatever a pack declares, its models are Python, they are the same each time, and they have what is always there."""
    assert python_models(pack) == python_models(pack)
    models = module(pack)
    assert models.Context(actor=models.Actor(id="a", role=pack.roles.ladder[0])).actor.id == "a"


# ------------------------------------------------------------------------------------------------ the commands


def test_the_commands_print_what_the_library_makes() -> None:
    """`empower schema PACK` and `empower types PACK` answer on standard output, ready to be kept in a file."""
    pack = PACKS["hotel"]
    assert json.loads(run("schema", "hotel").stdout) == host_schema(pack)
    assert json.loads(run("schema", "hotel", "--strict").stdout) == host_schema(pack, strict=True)
    assert run("types", "hotel").stdout == python_models(pack)


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["schema", "--strict"], 2, "none is named"),
        (["schema", "hotel", "--cases"], 2, "the same for every pack"),
        (["schema", "hotl"], 2, "did you mean 'hotel'?"),
        (["types"], 2, "missing argument 'PACK'"),
        (["types", "tests/packs/bad/unknown-key"], 1, "cannot be used"),
    ],
)
def test_called_wrongly(arguments: list[str], code: int, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong is said in a sentence."""
    monkeypatch.chdir(ROOT)
    answer = run(*arguments)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert word in answer.stderr


if __name__ == "__main__":
    for each in ("pack", "cases"):
        (ROOT / "docs" / "schema" / f"{each}.schema.json").write_text(printed(each), encoding="utf-8")

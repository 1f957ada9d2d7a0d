"""The pages say what is so: their examples run, and nothing that a reader can write, call or meet is missing from them.

A page's Python is run as it stands, in order. A pack on `docs/packs.md` is loaded and its cases are decided; a fragment is put into the
first pack of that page before. `docs/tutorial.md` is followed step by step, its commands included.
"""

from __future__ import annotations

import doctest
import inspect
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import field, fields, frozen, has

import empower
from empower import Decision, Guard, PackError, load_pack, pack as shapes
from empower.cases import EXPECTATIONS, read_cases, run_cases
from empower.cli.app import app
from empower.language import expressions, trees
from empower.load import read_yaml
from empower.phrases import PHRASES
from empower.problems import CODES
from empower.shape import Key, Shape, declared_keys

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "empower"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@frozen
class Block:
    """A fenced block of a page: what stands behind its fence, its text, its first line."""

    info: str
    body: str
    line: int


@cache
def page(name: str) -> str:
    """The text of a page, by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    text = page(name)
    for found in re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield Block(found.group(1), found.group(2), text[: found.start()].count("\n") + 1)


@cache
def sections(name: str) -> dict[str, str]:
    """The text below each heading of a page, up to the next heading of any level."""
    parts = re.split(r"^#+ (.*)$", prose(name), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def prose(name: str) -> str:
    """A page without what stands in fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page(name), flags=re.MULTILINE | re.DOTALL)


def named(text: str) -> set[str]:
    """Every name that stands in code somewhere in a text, also as the first word of it."""
    code = re.findall(r"`([^`\n]+)`", text)
    return {*code, *(word for each in code for word in re.findall(r"^[\w.-]+", each))}


def rows(text: str) -> dict[str, str]:
    """The rows of the tables in a text, by the name in their first cell."""
    return dict(re.findall(r"^\| `([^`]+)` \|(.*)\|$", text, re.MULTILINE))


def missing(wanted: object, found: object) -> list[str]:
    """What is wanted and not found."""
    return sorted(set(wanted) - set(found))  # type: ignore[call-overload]


# ------------------------------------------------------------------------------------------------ Python


def run_python(name: str, scope: dict[str, Any]) -> None:
    """Run the Python of a page as one session, and fail with every difference."""
    run_session("".join(f"{block.body}\n" for block in blocks(name) if block.info == "python"), name, scope)


def run_session(source: str, name: str, scope: dict[str, Any]) -> None:
    """Run a session in Python, and fail with every difference. What it binds stays in `scope`."""
    test = doctest.DocTestParser().get_doctest(source, scope, name, name, 0)
    assert test.examples
    test.globs = scope
    out = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test, out=out.write, clear_globs=False)
    assert runner.failures == 0, out.getvalue()


@pytest.mark.parametrize("name", ["README.md", "docs/index.md", "docs/api.md", "docs/testing.md"])
def test_python_on_a_page_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python on a page gives what the page says."""
    monkeypatch.chdir(ROOT)
    run_python(name, {})


def test_the_ledgers_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page about ledgers shows is so; it makes a file, so it runs where only the packs are."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    monkeypatch.chdir(tmp_path)
    run_python("docs/ledger.md", {})
    assert (tmp_path / "till.db").exists()


def run_command(line: str, folder: Path) -> str:
    """What a command of the tutorial prints."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE.parent), "COLUMNS": "80"}
    command = f"{shlex.quote(sys.executable)} -m {line.removeprefix('$ ')}"
    return subprocess.run(command, cwd=folder, env=environment, shell=True, check=False, capture_output=True, text=True).stdout  # noqa: S602


FOLLOWED = [
    "docs/tutorial.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/how-to/*.md") if path.stem != "index"),
]
"""Pages that are followed step by step, in an empty folder that holds nothing but the packs that ship."""


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_page_can_be_followed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does what the page says gets what it shows."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    for block in blocks(name):
        language, _, file = block.info.partition(" ")
        if language == "python":
            run_session(block.body, name, scope)
        elif language == "console":
            line, _, shown = block.body.partition("\n")
            assert run_command(line, tmp_path) == shown, line
        elif file:
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(block.body, encoding="utf-8")


def test_the_readme_shows_what_the_demo_prints() -> None:
    """The sample of the demo in the README is a part of what the demo prints."""
    (sample,) = (block.body for block in blocks("README.md") if block.info == "text")
    printed = [line.rstrip() for line in run_command("$ empower demo", ROOT).splitlines()]
    assert sample.strip() in "\n".join(printed)


# ------------------------------------------------------------------------------------------------ packs


@frozen
class Example:
    """A pack or fragment on a page, with the files that stand beside it."""

    block: Block
    files: dict[str, str] = field(factory=dict)

    @property
    def refused(self) -> str:
        """The code of the problem that it has to have; empty for a good one."""
        return self.block.info.partition("refused: ")[2]


def examples() -> list[Example]:
    """The packs and fragments of `docs/packs.md`."""
    found: list[Example] = []
    for block in blocks("docs/packs.md"):
        language, _, file = block.info.partition(" ")
        if language == "yaml" and (not file or file.startswith("refused: ")):
            found.append(Example(block))
        elif language in ("yaml", "csv"):
            found[-1].files[file] = block.body
    return found


EXAMPLES = examples()


def merged(base: Any, more: Any) -> Any:
    """A document with a fragment put into it: mappings join, lists follow one another, anything else takes its place."""
    if isinstance(base, Mapping) and isinstance(more, Mapping):
        return {**base, **{key: merged(base[key], value) if key in base else value for key, value in more.items()}}
    return [*base, *more] if isinstance(base, list) and isinstance(more, list) else more


def written(example: Example, folder: Path) -> Path:
    """The folder of the pack that an example makes, beside the first pack of the page."""
    first, document = EXAMPLES[0], read_yaml(example.block.body, "the fragment")
    usual = first.files["cases.yaml"].partition("\n\n")[0] + "\n"
    whole = "pack" in document
    for name, text in [("corner-shop", first.block.body), (document.get("pack", "fragment"), example.block.body)]:
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "pack.yaml").write_text(text, encoding="utf-8")
    target = folder / document.get("pack", "fragment")
    if not whole:
        joined = merged(read_yaml(first.block.body, "the first pack"), document)
        (target / "pack.yaml").write_text(yaml.safe_dump(joined, sort_keys=False, allow_unicode=True), encoding="utf-8")
    for name, text in {"cases.yaml": "", **example.files}.items():
        own = whole or name != "cases.yaml"
        if text or not own:
            (target / name).write_text(text if own else usual + text, encoding="utf-8")
    return target


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.block.line}")
def test_a_pack_on_the_page_says_what_the_page_says(example: Example, tmp_path: Path) -> None:
    """Every pack and fragment on the page about packs loads and passes its cases, or is refused by the code that it names."""
    folder = written(example, tmp_path)
    if example.refused:
        with pytest.raises(PackError) as refusal:
            load_pack(folder)
        assert {problem.code for problem in refusal.value.problems} == {example.refused}
        return
    pack = load_pack(folder)
    assert [str(result) for result in run_cases(pack) if not result.passed] == []
    assert bool(read_cases(pack)) == bool(example.files or "examples" in example.block.body)


def test_every_example_of_a_pack_is_found() -> None:
    """No fence on the page about packs is left out of the tests."""
    tested = sum(1 + len(example.files) for example in EXAMPLES)
    assert tested == sum(block.info != "text" for block in blocks("docs/packs.md"))


SECTIONS = {
    "PackDocument": "The top level", "RolesDocument": "Roles", "FactDocument": "Facts", "ActionDocument": "Actions", "Guardrail": "Every guardrail",
    "RuleDocument": "Rules", "CapDocument": "Caps", "BudgetDocument": "Budgets", "CampaignDocument": "Campaigns and encouragement",
    "EncourageDocument": "Campaigns and encouragement", "OfferDocument": "Menu", "AssumeDocument": "Assumptions", "ClaimDocument": "Claims",
    "Say": "Words", "AcceptDocument": "Accepted findings",
}  # fmt: skip
"""Where `docs/packs.md` lists the keys of each model."""
MODELS = {name: model for name, model in vars(shapes).items() if inspect.isclass(model) and issubclass(model, Shape) and model is not Shape}


def keys(model: type[Shape]) -> Mapping[str, Key]:
    """The keys of a shape as an author writes them, without those that every guardrail has."""
    own = declared_keys(model)
    if model is not shapes.Guardrail and issubclass(model, shapes.Guardrail):
        return {key: info for key, info in own.items() if key not in keys(shapes.Guardrail)}
    return own


def test_every_model_of_a_pack_has_its_place() -> None:
    """No part of a pack is without a section."""
    assert missing(MODELS, SECTIONS) == missing(SECTIONS, MODELS) == []


@pytest.mark.parametrize("section", sorted(set(SECTIONS.values())))
def test_every_key_of_a_pack_is_documented(section: str) -> None:
    """The tables of a section list exactly the keys that may be written there."""
    wanted = {key for name, place in SECTIONS.items() if place == section for key in keys(MODELS[name])}
    listed = {name.split(",")[0] for name in rows(sections("docs/packs.md")[section])}
    others = {"calendar day", "30 days", "ever"} if section == "Budgets" else {name for name in listed if "{" in name}
    assert missing(wanted, listed) == []
    assert missing(listed, wanted | others) == []


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_default_is_documented(name: str) -> None:
    """Where a key may be left out and a word holds instead, the page says which."""
    table = rows(sections("docs/packs.md")[SECTIONS[name]])
    words = {key: info.default for key, info in keys(MODELS[name]).items() if isinstance(info.default, str)}
    assert [key for key, word in words.items() if f"`{word}`" not in table[key]] == []


def test_the_language_of_conditions_is_documented() -> None:
    """Every function, every operator of a tree, every hit policy and everything that a case can say stands on the page about packs."""
    known = named(prose("docs/packs.md"))
    operators = {operator for table in trees._OPERATORS.values() for operator in table}
    cases = {*EXPECTATIONS, "it", "action", "context", "approval", "spent", "now", "expect"}
    assert missing({*expressions._FUNCTIONS, *operators, *cases, "first", "unique", "any", "collect-min"}, known) == []


def test_the_mistakes_side_by_side_are_told_as_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of at least twenty mistakes is told word for word as it stands beside what others say of it."""
    monkeypatch.chdir(tmp_path)
    base, *others = blocks("docs/side-by-side.md")
    (tmp_path / "corner-shop").mkdir()
    fragments = [block for block in others if block.info.endswith(" fragment")]
    ours = [block for block in others if block.info == "text empower"]
    assert len(fragments) == len(ours) >= 20
    for fragment, told in zip(fragments, ours, strict=True):
        (tmp_path / "corner-shop" / "pack.yaml").write_text(base.body + fragment.body, encoding="utf-8")
        with pytest.raises(PackError) as refusal:
            load_pack("corner-shop")
        assert f"{refusal.value}\n" == told.body


# ------------------------------------------------------------------------------------------------ the API


def members(kind: type) -> set[str]:
    """The public methods, properties and fields of a class."""
    inherited = {*dir(tuple), *dir(BaseException)} - {"add_note"}
    own = {name for name in dir(kind) if not name.startswith("_")} | {each.name for each in (fields(kind) if has(kind) else ())}
    return {name for name in own if not name.startswith("_")} - inherited


def carried(kind: type) -> set[str]:
    """What an error carries, from what its `__init__` sets."""
    body = inspect.getsource(kind.__init__) if "__init__" in vars(kind) else ""
    return set(re.findall(r"self\.(\w+)", body))


@pytest.mark.parametrize("name", empower.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    """The page about the API has every public name, with every member of it."""
    thing = getattr(empower, name)
    places = sections("docs/api.md")
    known = named(prose("docs/api.md"))
    assert name in known or f"empower.{name}" in known
    if thing in (Guard, Decision) or not inspect.isclass(thing):
        wanted, found = members(thing) if inspect.isclass(thing) else set(), known
    elif issubclass(thing, Exception):
        wanted, found = carried(thing), named(rows(places["Errors"])[name])
    else:
        wanted, found = members(thing), named(next(text for heading, text in places.items() if f"`{name}`" in heading))
    assert missing(wanted, found | {word for each in found for word in re.findall(r"\w+", each)}) == []


def test_every_argument_is_documented() -> None:
    """Every argument of a method of the guard stands in the signature that the page shows."""
    text = re.sub(r"\s+", " ", page("docs/api.md"))
    for name, method in inspect.getmembers(Guard, inspect.isfunction):
        if name.startswith("_") and name != "__init__":
            continue
        shown = re.search(rf"`(?:await )?{'Guard' if name == '__init__' else name}\(([^`]*?)\)(?: →[^`]*)?`", text)
        assert shown, name
        arguments = [each for each in inspect.signature(method).parameters if each != "self"]
        assert missing(arguments, re.findall(r"\w+", shown.group(1))) == [], name


def test_every_notice_is_documented() -> None:
    """Every reason that no guardrail gives is named on the page about the API."""
    notices = {name.removeprefix("notice.") for name in PHRASES["en"] if name.startswith("notice.")} - {"near"}
    assert missing(notices, named(prose("docs/api.md"))) == []


# ------------------------------------------------------------------------------------------------ the other pages


def test_every_module_is_on_the_map() -> None:
    """The map of the code has a line for each module, and none for a module that is not there."""
    there = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")}
    mapped = {name for name in rows(prose("docs/architecture.md")) if name.endswith(".py")}
    assert missing(there, mapped) == missing(mapped, there) == []


def test_every_problem_is_explained() -> None:
    """Every code has a section of its own on the page about problems, and there is none for a code that does not exist."""
    explained = re.findall(r"^#+ `?([a-z0-9]+(?:-[a-z0-9]+)*)`?$", prose("docs/problems.md"), re.MULTILINE)
    assert missing(CODES, explained) == missing(explained, CODES) == []


def commands(group: Any, path: str = "empower") -> Iterator[tuple[str, Any]]:
    """Every command below a group, by how it is called."""
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        yield from commands(command, f"{path} {name}") if hasattr(command, "commands") else ()


def test_every_command_is_documented() -> None:
    """Every command of the command line is on its page, with every option."""
    text = page("docs/cli.md")
    for called, command in commands(app):
        assert called in text
        assert [option for each in command.params for option in each.opts if option.startswith("--") and option not in text] == [], called


def test_every_word_is_in_the_glossary() -> None:
    """The words with a fixed meaning are in the glossary, once each, in order."""
    words = re.findall(r"^\| \*\*([\w ]+)\*\* \| .+ \|$", page("docs/glossary.md"), re.MULTILINE)
    fixed = (
        "pack action context guardrail cap budget menu outcome limit verdict decision wish key authority ledger claim "
        "role-ladder fact unknown never completion hold given duty shadow ceiling counter window kind value approval"
    )
    assert missing(fixed.replace("role-", "").split(), words) == []
    assert words == sorted(set(words))


def test_every_law_names_its_test() -> None:
    """Each of the twelve laws has a sentence, and the file of at least one test that is there."""
    laws = {heading: text for heading, text in sections("docs/guarantees.md").items() if heading[:1].isdigit()}
    assert [heading.partition(".")[0] for heading in laws] == [str(number) for number in range(1, 13)]
    for heading, text in laws.items():
        files = re.findall(r"\]\(\.\./(tests/[\w/]+\.py)\)", text)
        assert files, heading
        assert [file for file in files if not (ROOT / file).is_file()] == [], heading


def test_every_law_with_a_test_of_its_own_names_it() -> None:
    """No test in tests/laws is missing from the guarantees."""
    assert [
        path.name for path in sorted((ROOT / "tests" / "laws").glob("test_*.py")) if f"laws/{path.name})" not in page("docs/guarantees.md")
    ] == []


def test_every_design_note_is_complete() -> None:
    """Each design note is listed, and says what, how, why, what it costs and what else there was."""
    for path in sorted((ROOT / "docs" / "design").glob("0*.md")):
        text = path.read_text(encoding="utf-8")
        assert f"({path.name})" in page("docs/design/README.md"), path.name
        assert [part for part in ("Summary", "Example", "Why", "Drawbacks", "Alternatives") if f"**{part}.**" not in text] == [], path.name


def test_the_changelog_knows_this_version() -> None:
    """The version that the package says it is has a section in the changelog."""
    assert f"\n## {empower.__version__}" in page("CHANGELOG.md")


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as its readers' browsers make them."""
    found = re.findall(r"^#+ (.+)$", prose(path.relative_to(ROOT).as_posix()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_link_is_dead(path: Path) -> None:
    """Every relative link leads to a file, and to a heading in it if it names one."""
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(path.relative_to(ROOT).as_posix())):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_can_be_found() -> None:
    """Every page in docs is in the contents of its first page."""
    listed = {name for block in blocks("docs/index.md") if block.info == "{toctree}" for name in block.body.split()}
    assert [path.name for path in sorted((ROOT / "docs").glob("*.md")) if path.stem not in {*listed, "index"}] == []

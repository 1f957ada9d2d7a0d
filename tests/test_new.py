"""`empower new`: a pack to begin with, which checks, passes its cases and teaches, whatever was answered."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from commands import run
from empower import load_pack
from empower.beginning import LEAST, MOST, TRADES, Beginning, begin_pack
from empower.cases import run_cases
from empower.cli import new
from empower.demo import shipped_packs
from empower.layout.document import lay_out_cases, lay_out_pack
from empower.money import CURRENCIES
from laws.profile import searched

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,12}", fullmatch=True)
SIGNS = st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"])
MISSIONS = st.sampled_from([trade.mission for trade in TRADES.values()]) | st.text(SIGNS, min_size=1, max_size=60)


@st.composite
def beginnings(draw: st.DrawFn) -> Beginning:
    """Any answers that are taken."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.lower))
    amounts = sorted(draw(st.sets(st.integers(LEAST, 10_000) | st.integers(LEAST, MOST), min_size=len(names), max_size=len(names))))
    name, trade, currency = draw(NAMES), draw(st.sampled_from(sorted(TRADES))), draw(st.sampled_from(CURRENCIES))
    zone = draw(st.sampled_from(["UTC", "Europe/London", "Pacific/Apia"]))
    return Beginning(
        name, f"packs/{name}", trade, currency, zone, tuple(zip(names, amounts, strict=True)), draw(MISSIONS).strip() or "Help."
    )


@searched(25)
@given(beginnings())
def test_whatever_is_answered_the_pack_is_good(beginning: Beginning) -> None:
    """Any trade, currency, roles and amounts: it checks, each case comes out as it says, and it is laid out as `empower fmt` leaves it."""
    texts = begin_pack(beginning)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        pack = load_pack(folder)
        assert [str(result) for result in run_cases(pack) if not result.passed] == []
    assert lay_out_pack(texts["pack.yaml"]) == texts["pack.yaml"]
    assert lay_out_cases(texts["cases.yaml"]) == texts["cases.yaml"]
    assert (pack.pack.name, pack.currency, pack.zone) == (beginning.name, beginning.currency, beginning.zone)
    assert pack.roles.ladder == tuple(role for role, _ in beginning.roles)
    assert pack.mission == {"en": beginning.mission}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("trade", TRADES)
def test_a_new_pack_is_ready(folder: Path, trade: str) -> None:
    """In every trade the pack that is made checks, passes, is laid out, and lint finds nothing in it."""
    answer = run("new", "mine", "--trade", trade)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("made mine: pack.yaml, cases.yaml; 10 cases, all as expected\n")
    assert run("test").stdout == "ok: mine, 10 cases\n10 cases in 1 pack: all as expected\n"
    assert run("fmt", "mine", "--check").returncode == 0
    assert run("lint", "mine").returncode == 0
    assert [file.name for file in folder.iterdir()] == ["mine"]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_new_pack_can_be_trusted(folder: Path, count: int) -> None:
    """However many roles there are, lint finds nothing, and everything that can be asked of the pack is proved."""
    roles = [word for number in range(count) for word in ("--role", f"r{number}={5 * 10**number}")]
    assert run("new", "mine", *roles).returncode == 0
    assert (folder / "mine").is_dir()
    assert run("lint", "mine").returncode == 0
    answer = run("prove", "mine")
    assert (answer.returncode, re.fullmatch(r"(\d+) questions: \1 proved", answer.stdout.splitlines()[-1]) is None) == (0, False), (
        answer.stdout
    )


def test_what_is_asked_for_is_there(folder: Path) -> None:
    """Currency, zone, mission and roles are as given; the amounts are limits, and each is a case."""
    words = [
        "--currency",
        "JPY",
        "--timezone",
        "Asia/Tokyo",
        "--mission",
        'Say "yes": now',
        "--role",
        "staff=800",
        "--role",
        "chief=5000",
        "--role",
        "owner=90000",
    ]
    assert run("new", "ramen", *words).returncode == 0
    pack = load_pack(folder / "ramen")
    assert (pack.currency, pack.zone, pack.roles.ladder, pack.mission) == (
        "JPY",
        "Asia/Tokyo",
        ("staff", "chief", "owner"),
        {"en": 'Say "yes": now'},
    )
    found = {result.example.it: result.decision for result in run_cases(pack)}
    assert str(found["gives back 800 on the spot"].limit) == "800"  # type: ignore[union-attr]


def test_at_a_terminal_it_asks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What matters most is asked, with a usual answer; what was given is not asked again."""
    monkeypatch.setattr(new, "_at_a_terminal", lambda: True)
    answer = run("new", "cafe", "--currency", "EUR", given="cafe\nbarista=8, manager=60\n")
    assert answer.returncode == 0
    assert "Which trade is it most like (shop, cafe, delivery, hotel, support) [shop]:" in answer.stdout
    assert "lowest first, and how much at once [barista=20 manager=100]:" in answer.stdout
    assert "currency" not in answer.stdout
    text = (folder / "cafe" / "pack.yaml").read_text(encoding="utf-8")
    assert "{actor.role: manager, at_most: 60}" in text


def test_nothing_is_written_over(folder: Path) -> None:
    """What is there stays; an empty folder is filled."""
    (folder / "full").mkdir()
    (folder / "full" / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / "file").write_text("mine", encoding="utf-8")
    (folder / "empty").mkdir()
    for name in ("full", "file"):
        answer = run("new", name)
        assert answer.returncode == 2
        assert "is there already" in answer.stderr
    assert run("new", "empty").returncode == 0
    assert sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*")) == [
        "empty", "empty/cases.yaml", "empty/pack.yaml", "file", "full", "full/notes.txt",
    ]  # fmt: skip


@pytest.mark.parametrize("name", shipped_packs())
def test_a_copy_of_a_shipped_pack(folder: Path, name: str) -> None:
    """`--from` copies a pack under a new name, with what it extends beside it; it is the same but for its name, and passes the same cases."""
    answer = run("new", "packs/ours", "--from", name)
    assert (answer.returncode, answer.stderr) == (0, "")
    copy, pack = load_pack(folder / "packs" / "ours"), load_pack(shipped_packs()[name])
    assert (copy.pack.name, list(copy.about)) == ("ours", list(pack.about))
    parents = {"company"} if pack.parent is not None else set()
    assert {each.name for each in (folder / "packs").iterdir()} == {"ours"} | parents
    assert run("new", "packs/theirs", "--from", name).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "missing argument 'NAME'"), (["9lives"], "is no name for a pack"), (["x y"], "is no name for a pack"), ([".." ], "is no name"),
        (["x", "--trade", "hotell"], "did you mean 'hotel'?"), (["x", "--currency", "gbp"], "did you mean 'GBP'?"),
        (["x", "--timezone", "Europe/Londn"], "did you mean 'Europe/London'?"), (["x", "--role", "boss"], "is not NAME=AMOUNT"),
        (["x", "--role", "a=5", "--role", "a=6"], "stands there twice"), (["x", "--role", "a=5", "--role", "b=5"], "must lie between 5.01 and"),
        (["x", "--role", "a=0.01"], "must lie between 0.04 and"), (["x", "--role", "a=£5"], "currency symbol"), (["x", "--role", "a b=5"], "NAME=AMOUNT"),
        (["x", "--from", "hotl"], "did you mean 'hotel'?"), (["x", "--from", "hotel", "--currency", "EUR"], "copies a pack as it is"),
    ],
)  # fmt: skip
def test_called_wrongly(folder: Path, arguments: list[str], word: str) -> None:
    """What is wrong is said in a sentence with help, and nothing is made."""
    answer = run("new", *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert word in answer.stderr
    assert "Traceback" not in answer.stderr
    assert list(folder.iterdir()) == []


def test_what_cannot_be_written_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be made, or one that fails half way, leaves nothing behind."""
    (folder / "file").write_text("mine", encoding="utf-8")
    answer = run("new", "file/inside")
    assert (answer.returncode, answer.stdout) == (4, "")
    assert "cannot write" in answer.stderr

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert "no space left on device" in run("new", "mine").stderr
    assert [each.name for each in folder.iterdir()] == ["file"]


def test_the_pack_teaches(folder: Path) -> None:
    """Every part of the pack says in a few words what it is, in one column."""
    run("new", "mine", "--role", "a=5", "--role", "a_role_with_a_long_name=60")
    lines = (folder / "mine" / "pack.yaml").read_text(encoding="utf-8").splitlines()
    for part in ("values", "facts", "menu", "rules", "caps", "budgets", "claims"):
        assert [line.index("# ") for line in lines if line.startswith(f"{part}:")] == [32]

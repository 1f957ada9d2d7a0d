"""The command line as its user meets it: answers, exit codes, what is said when it is called wrongly, and help that is documented.

`python tests/test_cli.py` writes the help texts into docs/cli.md anew.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from commands import Answer, run, run_apart
from empower.cli.app import app


def every_command(group: click.Group = app, *before: str) -> Iterator[tuple[str, ...]]:
    """The words of each command and group, the whole first."""
    yield before
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, *before, name)
        else:
            yield (*before, name)


DOCS = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
BLOCK = re.compile(r"```console\n\$ empower ([^\n]*--help)\n(.*?)```", re.DOTALL)
COMMANDS = tuple(" ".join((*words, "--help")) for words in every_command())

FACTS = ["customer.id=c1", "customer.category=vip", "flags=none", "item.code=22423", "item.quantity=3", "item.bought_days_ago=12"]
KNOWN = [word for fact in FACTS for word in ("--fact", fact)]
CONTEXT = {
    "actor": {"id": "a1", "role": "associate"},
    "customer": {"id": "c1", "category": "vip", "spend": "900.00"},
    "item": {"code": "22423", "quantity": 3, "bought_days_ago": 12},
    "refunds_30d": {"amount": "0.00"},
    "flags": [],
}


def decide(*arguments: str, action: str = "refund 12.50", role: str = "associate") -> Answer:
    """A decision under the shipped pack, at a fixed instant."""
    return run("decide", "online-retail", "--action", action, "--role", role, "--now", "2026-11-18 12:00", *KNOWN, *arguments)


# -- decide


@pytest.mark.parametrize(
    ("action", "facts", "code", "words"),
    [
        ("refund 12.50", [], 0, ["allow", "refund £12.50", "Go ahead: £12.50.", "limit     £100.00"]),
        (
            "refund 40",
            ["item.bought_days_ago=unknown"],
            10,
            ["needs info", "When was it bought?", "find out  item.bought_days_ago", "refund 25.00"],
        ),
        (
            "refund 100.01",
            [],
            11,
            ["escalate to team lead", "refund £100.01", "Alone, nobody in your role gives", "instead   refund 100.00"],
        ),
        ("refund 20", ["item.code=AMAZONFEE"], 12, ["deny", "This is a partner's fee", "instead"]),
    ],
)
def test_the_exit_code_is_the_outcome(action: str, facts: list[str], code: int, words: list[str]) -> None:
    """0 allow, 10 needs_info, 11 escalate, 12 deny; each says what to do, and what could be done instead."""
    answer = decide(*(word for fact in facts for word in ("--fact", fact)), action=action)
    assert (answer.returncode, answer.stderr) == (code, "")
    for word in words:
        assert word in answer.stdout


def test_json_is_the_decision() -> None:
    """With `--json` one line: the decision as the library gives it."""
    answer = decide("--json", "--key", "order-17", action="refund 100.01")
    assert (answer.returncode, answer.stderr, answer.stdout.count("\n")) == (11, "", 1)
    decision = json.loads(answer.stdout)
    assert (decision["outcome"], decision["who"], decision["limit"], decision["key"]) == ("escalate", "team_lead", "100.00", "order-17")
    assert decision["at"] == "2026-11-18T12:00:00+00:00"


def test_a_preview_has_no_key() -> None:
    """`--preview` gives the same answer, and no key."""
    preview, real = (json.loads(decide("--json", *extra).stdout) for extra in (["--preview"], ["--key", "k"]))
    assert preview.pop("key") is None
    assert real.pop("key") == "k"
    assert preview == real


def test_json_from_files_and_standard_input(tmp_path: Path) -> None:
    """Action and context may be written out, come from a file, or from standard input."""
    action, context = '{"kind": "refund", "amount": "12.50"}', json.dumps(CONTEXT)
    (tmp_path / "action.json").write_text(action, encoding="utf-8")
    (tmp_path / "context.json").write_text(context, encoding="utf-8-sig")
    answers = [
        run("decide", "online-retail", "--action", action, "--context", context),
        run("decide", "online-retail", "--action", f"@{tmp_path / 'action.json'}", "--context", f"@{tmp_path / 'context.json'}"),
        run("decide", "online-retail", "--action", action, "--context", "@-", given=context),
        run("decide", "online-retail", "--action", "@-", "--context", context, given=action),
    ]
    assert {(answer.returncode, answer.stdout, answer.stderr) for answer in answers} == {(0, answers[0].stdout, "")}


def test_decimals_of_json_are_exact() -> None:
    """A number of JSON keeps its digits: 100.01 is a penny above the limit, and never 100.00999."""
    for amount, code in (("100.00", 0), ("100.01", 11)):
        answer = run("decide", "online-retail", "--action", f'{{"kind": "refund", "amount": {amount}}}', "--context", json.dumps(CONTEXT))
        assert answer.returncode == code


def test_role_and_facts_come_on_top() -> None:
    """`--role` and `--fact` are laid over the context."""
    answer = run(
        "decide", "online-retail", "--action", "refund 300", "--context", json.dumps(CONTEXT), "--role", "manager", "--fact", "flags=many_refunds",
        "--fact", "refunds_30d.amount=80", "--json",
    )  # fmt: skip
    assert json.loads(answer.stdout)["outcome"] == "allow"


def test_the_languages_of_the_pack() -> None:
    """`--language` speaks it; one that the pack does not speak is refused."""
    assert "Das möchte ich gern mit einer Kollegin ansehen." in decide("--language", "de", action="refund 101").stdout
    assert "'fr' is not a language of this pack" in decide("--language", "fr").stderr


# -- check


def test_check_says_what_is_there(repository: Path) -> None:
    """A good pack is counted, by name, folder or file."""
    folder = repository / "rules" / "grocery-doorstep"
    answers = [run("check", name) for name in ("grocery-doorstep", str(folder), str(folder / "pack.yaml"))]
    assert {(answer.returncode, answer.stdout, answer.stderr) for answer in answers} == {(0, answers[0].stdout, "")}
    assert re.fullmatch(r"ok: grocery-doorstep 2026\.11, 6 rules, 2 caps, 3 budgets, 3 offers, 1 claim, \d+ cases\n", answers[0].stdout)


@pytest.fixture
def broken(repository: Path, tmp_path: Path) -> Path:
    """A pack with two mistakes, copied from a good one."""
    text = (repository / "rules/grocery-doorstep/pack.yaml").read_text(encoding="utf-8")
    text = text.replace("to: team_lead", "to: team_leed", 1).replace("deny: refund", "deny: refnd", 1)
    (tmp_path / "pack.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_check_shows_every_problem(broken: Path) -> None:
    """Each problem with its place, the line underlined, and help; exit code 1. The pack beside it is still checked."""
    answer = run("check", str(broken), "online-retail")
    assert (answer.returncode, answer.stderr) == (1, "")
    for text in (
        "pack.yaml:",
        "'team_leed' is not a role",
        "did you mean 'team_lead'?",
        "'refnd' is neither",
        "^^^^^",
        "2 problems",
        "ok: online-retail",
    ):
        assert text in answer.stdout


def test_check_as_json(broken: Path) -> None:
    """The same as data: every problem with file, line, column, code, message and help."""
    answer = run("check", "--json", str(broken), "online-retail")
    report = json.loads(answer.stdout)
    assert (answer.returncode, report["ok"], [pack["ok"] for pack in report["packs"]]) == (1, False, [False, True])
    assert {problem["code"] for problem in report["packs"][0]["problems"]} == {"unknown-role", "unknown-kind"}
    assert all(set(problem) == {"file", "line", "column", "code", "message", "help"} for problem in report["packs"][0]["problems"])


def test_check_reads_the_cases(repository: Path, tmp_path: Path) -> None:
    """A case that cannot be read is a problem of the pack."""
    (tmp_path / "pack.yaml").write_text((repository / "rules/grocery-doorstep/pack.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "cases.yaml").write_text("- {it: is wrong, action: refund 5, expect: alow}\n", encoding="utf-8")
    answer = run("check", str(tmp_path))
    assert answer.returncode == 1
    assert "cases.yaml:1:" in answer.stdout
    assert "did you mean 'allow'?" in answer.stdout


def test_deciding_under_a_broken_pack(broken: Path) -> None:
    """The problems end `decide` and `demo` too, on standard error, with exit code 1."""
    for arguments in (["decide", str(broken), "--action", "refund 5", "--role", "driver"], ["demo", "--pack", str(broken)]):
        answer = run(*arguments)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert "'team_leed' is not a role" in answer.stderr


# -- called wrongly

WRONG = [
    (["decide", "online-retail", "--action", "refund 5", "--role", "asociate"], 2, ["'asociate' is not a role", "did you mean 'associate'?"]),
    (["decide", "online-retail", "--action", "refnd 5", "--role", "associate"], 2, ["'refnd' is not an action", "did you mean 'refund'?"]),
    (["check", "online-retail", "--wach"], 2, ["no such option '--wach'", "did you mean '--watch'?"]),
    (["decid"], 2, ["no such command 'decid'", "did you mean 'decide'?"]),
    (["decide"], 2, ["missing argument 'PACK'", "`empower decide --help`"]),
    (["decide", "online-retail"], 2, ["missing option '--action'"]),
    (["decide", "online-retail", "--actoin", "x"], 2, ["no such option", "--action"]),
    (["decide", "online-retial", "--action", "refund 5"], 2, ["there is no pack 'online-retial'", "did you mean 'online-retail'?"]),
    (["check", "nowhere/at/all"], 2, ["there is no pack 'nowhere/at/all'", "pack.yaml"]),
    (["decide", "online-retail", "--action", "@nothing.json"], 2, ["--action: cannot read 'nothing.json': no such file"]),
    (["decide", "online-retail", "--action", "refund 5", "--now", "tomorrow"], 2, ["--now: 'tomorrow' is not an instant"]),
    (["decide", "online-retail", "--action", "refund 5", "--fact", "flags"], 2, ["--fact: 'flags' has no '='"]),
    (["decide", "online-retail", "--action", "refund 5", "--fact", "custmer.id=3"], 2, ["'custmer.id' is not a fact", "did you mean 'customer.id'"]),
    (["decide", "online-retail", "--action", '{"kind": "refund", amount: 5}'], 3, ["line 1, column 20", "    |                    ^"]),
    (["decide", "online-retail", "--action", '{"kind": "refund",\n "amount": }'], 3, ["line 2, column 12", '2 |  "amount": }']),
    (["decide", "online-retail", "--action", '{"kind": "refund", "amount": "5", "amount": "6"}'], 3, ["'amount' stands twice"]),
    (["decide", "online-retail", "--action", '{"kind": "refund", "amount": NaN}'], 3, ["'NaN' is not a number of JSON"]),
    (["decide", "online-retail", "--action", "give them five pounds"], 3, ["is not an action", "refund 12.50"]),
    (["decide", "online-retail", "--action", "[" * 100_000], 3, ["nested too deeply"]),
    (["decide", "online-retail", "--action", '["refund"]', "--role", "associate"], 3, ["action: must be a mapping"]),
    (["decide", "online-retail", "--action", '{"kind": "refund", "amount": 5}', "--role", "associate"], 3, ["5 pounds or 5 pence?"]),
    (["decide", "online-retail", "--action", "refund 5"], 3, ["actor.role: is missing", "`--role NAME`"]),
    (["decide", "online-retail", "--action", "refund -5", "--role", "associate"], 3, ["action.amount:"]),
    (["decide", "online-retail", "--action", "refund 5", "--context", "[]", "--role", "associate"], 3, ["must be a mapping of facts"]),
    (["decide", "online-retail", "--action", "refund 5", "--context", '{"actor": 5}', "--role", "associate"], 3, ["'actor' must hold a mapping"]),
    (["decide", "online-retail", "--action", "refund 5", "--role", "associate", "--fact", "customer.category=gold"], 3, ["'gold' is not one of its"]),
    (["decide", "online-retail", "--action", "refund 5", "--role", "associate", "--key", ""], 3, ["key: must be a printable text"]),
    (["decide", "online-retail", "--action", "refund 5", "--strict", "--context", '{"actor": {"id": "a", "role": "associate"}, "flag": []}'], 3,
     ["flag: is not declared", "did you mean 'flags'?"]),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "words"), WRONG, ids=[" ".join(arguments)[:60] for arguments, _, _ in WRONG])
def test_called_wrongly(arguments: list[str], code: int, words: list[str]) -> None:
    """Whatever is wrong is said in a sentence, with its place and how to mend it; never a traceback, nothing on standard output."""
    answer = run(*arguments)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert answer.stderr.startswith("error: ")
    assert "Traceback" not in answer.stderr
    for word in words:
        assert word.lower() in answer.stderr.lower()


@pytest.mark.parametrize(
    ("arguments", "code"), [(arguments, code) for arguments, code, _ in WRONG], ids=[" ".join(a)[:60] for a, _, _ in WRONG]
)
def test_errors_are_json_where_json_was_asked_for(arguments: list[str], code: int) -> None:
    """With `--json` an error is one line of JSON on standard output, and standard error stays empty."""
    answer = run(*arguments, "--json")
    assert (answer.returncode, answer.stderr, answer.stdout.count("\n")) == (code, "", 1)
    report = json.loads(answer.stdout)
    assert report["exit"] == code
    assert {"kind", "message", "help"} <= set(report["error"])
    assert report["error"]["kind"] == {2: "usage", 3: "malformed"}[code]


def test_nothing_is_meant_where_nothing_is_alike() -> None:
    """An option that is like no other is not taken for one."""
    answer = run("check", "online-retail", "--fast")
    assert (answer.returncode, "did you mean" in answer.stderr) == (2, False)


def test_an_unknown_role_or_kind_is_a_no() -> None:
    """What the pack does not know is, in JSON, a deny that says so: that is what a host would get, too."""
    context = '{"actor": {"id": "a", "role": "boss"}}'
    answer = run("decide", "online-retail", "--action", "refund 5", "--context", context)
    assert (answer.returncode, "'boss' is not a role" in answer.stdout) == (12, True)
    answer = decide("--action", '{"kind": "fee_waiver", "amount": "5"}')
    assert (answer.returncode, "'fee_waiver' is not an action" in answer.stdout) == (12, True)


# -- as a program among programs


def test_without_the_extra_there_is_a_sentence() -> None:
    """On a base install, without click or rich, one is told in a line how to get the command line."""
    for missing in ("click", "rich"):
        program = (
            f"import sys; sys.modules['{missing}'] = None; sys.argv = ['empower']; from empower.__main__ import main; sys.exit(main())"
        )
        answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert (answer.returncode, answer.stdout) == (2, "")
        assert 'pip install "empower[cli]"' in answer.stderr
        assert missing in answer.stderr
        assert "Traceback" not in answer.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`empower demo | head -1` ends quietly."""
    command = f"{shlex.quote(sys.executable)} -m empower demo --limit 30 | head -1"
    answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert answer.stderr == ""


def test_a_terminal_without_unicode() -> None:
    """Where the output cannot hold a character there is a `?`, never a traceback."""
    answer = decide_with_encoding("ascii")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "Go ahead: ?12.50." in answer.stdout


def decide_with_encoding(encoding: str) -> Answer:
    """A decision written in another encoding."""
    words = ["decide", "online-retail", "--action", "refund 12.50", "--role", "associate", *KNOWN]
    return run_apart(*words, PYTHONIOENCODING=encoding, PYTHONUTF8="0")


def test_python_dash_m() -> None:
    """`python -m empower` is the command: the same answer, and the exit code of the outcome."""
    words = ["decide", "online-retail", "--action", "refund 101", "--role", "associate", *KNOWN]
    assert run_apart(*words) == run(*words)
    assert run_apart(*words).returncode == 11


def test_version() -> None:
    """`empower --version` is the version of the package."""
    answer = run("--version")
    assert re.fullmatch(r"empower \d+\.\d+\.\d+\n", answer.stdout)


# -- documentation


def help_of(words: str) -> str:
    """What the command says about itself, in 80 columns."""
    return run(*words.split()).stdout


def test_help_is_documented() -> None:
    """docs/cli.md holds the help of every command, word for word; `python tests/test_cli.py` writes it anew."""
    documented = dict(BLOCK.findall(DOCS.read_text(encoding="utf-8")))
    assert set(documented) == set(COMMANDS)
    for words, text in documented.items():
        assert text == help_of(words), f"run `python tests/test_cli.py` to write the help of `empower {words}` into docs/cli.md"


def test_help_without_a_command() -> None:
    """`empower` alone gives its help, and that is no mistake."""
    assert (run().returncode, run().stdout) == (0, help_of("--help"))


def test_exit_codes_are_documented() -> None:
    """docs/cli.md has a line for each exit code."""
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)}
    assert documented == {0, 1, 2, 3, 4, 10, 11, 12, 130}


def write_documentation() -> None:
    """Put the help of every command into docs/cli.md."""
    text = DOCS.read_text(encoding="utf-8")
    DOCS.write_text(BLOCK.sub(lambda match: f"```console\n$ empower {match[1]}\n{help_of(match[1])}```", text), encoding="utf-8")


if __name__ == "__main__":
    write_documentation()

"""Every expression that is accepted is matched in linear time, and every refusal says how to mend it.

Linear time is shown without a clock: a naive backtracking machine, made from the tree that Python's own parser gives, counts its steps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, example, given, strategies as st

from empower.patterns import GROUPS_MAX, LENGTH_MAX, PatternError, check_pattern, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

AMBIGUOUS = [
    "(a+)+$", "(a+)+", "(a*)*", "(a*)+b", "(a?)*", "(a|a)*", "(a|a?)+", "(a|ab)*c", "(a|aa)+$", "(ab|a)(c|bcd)", ".*.*=", ".*foo", ".*,.*",
    ".+@.+", "a*a", "a+a+", "a?a", "a{2,4}a", "a{2,4}a*", "a*b*a", "(a*b?)*", "((a*)?b)*c", "([a-z]+)*1", "([a-zA-Z]+)*$", "(.*)*x",
    "(x+x+)+y", r"\d+\d", r"(\d+-?)*", r"\w+\d", r"(\s|\t)*", r"[^@]*\w", r"\S+\.", r"\D*x", "(a|b|ab)*c", "(a|[a-c])*d", "(|a)+",
    "(|a|b|)",
    "|", "(a|b?|c?)", "a*?a", "(a+?)+?", "([a-z]{1,3}){1,3}", "(a{1,2}){2}", "(ab?)*b", "(a(ba)*b?)*", "(^|a|b?)c", "(a+|b+)*", "(a?b?)+",
]  # fmt: skip

FOREIGN = [
    r"(a)\1", "(?i)a", "(?i:a)", "(?P<n>a)", "(?P=n)", "(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", "(a)?(?(1)b|c)", "(?>a)", "(?#note)",
    "(?x) a",
    "(?:a", "(a", "a)", "a**", "a*+", "a++", "a?+", "a{2}{3}", "*a", "+", "{2}", "a{", "a{x}", "a{,}", "a{3,2}", "a{0}", "a{0,0}", "a{501}",
    "a}", "a]", "[a", "[", "[^", "[z-a]", r"[a-\d]", r"[\d-z]", "[[a]", "[]a]", "[a||b]", "[a&&b]", "[a--b]", "[a~~b]", "\\", r"\q",
    r"\x41",
    r"\u0041", r"\N{DIGIT ONE}", r"[\b]", r"[\1]", r"\é", "(a{100}){100}", "a" * (LENGTH_MAX + 1),
    "(" * (GROUPS_MAX + 1) + ")" * (GROUPS_MAX + 1),
]  # fmt: skip

GOOD = [
    ("", ("",), ("a",)),
    ("UK-[0-9]{6}", ("UK-123456",), ("UK-12345", "UK-1234567", "xUK-123456")),
    (r"\d{3}-\d{4}", ("555-1234",), ("5555-1234",)),
    (r"[A-Z]{2}\d{6,10}", ("GB123456", "GB1234567890"), ("GB12345", "gb123456")),
    (r"[^@]+@[^@]+", ("a@b",), ("a@b@c", "@b")),
    (r"[\w.-]+@[\w-]+", ("j.d@x-y",), ("j.d@x.y",)),
    ("(foo|bar|quux)", ("foo", "quux"), ("fo", "foobar")),
    ("(?:foo|bar)?x*", ("", "foo", "xx", "barx"), ("foobar",)),
    (r"(\d{2}-){1,3}[A-Z]+", ("12-A", "12-34-56-AB"), ("12-34-56-78-AB", "12-")),
    (".*", ("", "abc"), ("a\nb",)),
    ("ab.*", ("ab", "abc"), ("xab",)),
    ("^a+$", ("a", "aaa"), ("", "ab", "a\n")),
    (r"\Aa+\Z", ("a",), ("a\n",)),
    (r"\bfoo\b", ("foo",), ("foob",)),
    ("(a+b)*", ("", "aabab"), ("aaba",)),
    ("((a|b)c)+d", ("acbcd",), ("acbd",)),
    ("a*?b", ("b", "aab"), ("a",)),
    ("a{,3}b{2,}", ("bb", "aaabbb"), ("aaaabb", "ab")),
    (r"[\]\[^\-]\.\\", (r"].\ ".strip(), r"-.\ ".strip()), ("a.\\",)),
    ("[-a][b-]", ("-b", "a-"), ("bb",)),
    ("[^a]", ("b", "\n"), ("a",)),
    (r"\t\n\r", ("\t\n\r",), ("tnr",)),
    (r"\+\?\(\)\ \$", ("+?() $",), ("",)),
    ("(a|)b", ("b", "ab"), ("a",)),
    (r"(\s|x)+", (" x\t",), ("y",)),
    ("é+ü", ("ééü",), ("e",)),
    ("[à-ü]{2}", ("éü",), ("ab",)),
]


@pytest.mark.parametrize("pattern", AMBIGUOUS + FOREIGN)
def test_hostile_patterns_are_refused(pattern: str) -> None:
    """Each with a sentence that begins in lower case or with the author's words, and a help line."""
    with pytest.raises(PatternError) as refusal:
        check_pattern(pattern)
    assert refusal.value.message
    assert refusal.value.message[0] in "`abcdefghijklmnopqrstuvwxyz"
    assert not refusal.value.message.endswith(".")
    assert refusal.value.help


@pytest.mark.parametrize(("pattern", "takes", "leaves"), GOOD)
def test_good_patterns_match_the_whole_text(pattern: str, takes: tuple[str, ...], leaves: tuple[str, ...]) -> None:
    check_pattern(pattern)
    assert [text for text in takes if not compile_pattern(pattern).fullmatch(text)] == []
    assert [text for text in leaves if compile_pattern(pattern).fullmatch(text)] == []


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (".*foo", ("`.` and `f` can both take 'f'", "contains(…)")),
        ("(a|ab)*c", ("`a` can take 'a' in more than one way", "a(b|c)")),
        (r"\w+\d", (r"`\w` and `\d`", "another character")),
        ("(a?)*", ("`(a?)*` repeats what may be empty",)),
        (r"(a)\1", ("linear time",)),
        ("a{2}{3}", ("keep one quantifier",)),
        ("(?i)a", ("flags",)),
        ("[z-a]", ("`z-a`", "lower end first")),
        ("a" * 201, ("201", "200")),
    ],
)
def test_a_refusal_names_what_is_wrong(pattern: str, words: tuple[str, ...]) -> None:
    with pytest.raises(PatternError) as refusal:
        check_pattern(pattern)
    assert [word for word in words if word not in f"{refusal.value.message} | {refusal.value.help}"] == []


def test_letters_digits_and_spaces_are_those_of_ascii() -> None:
    """So a decision does not depend on the Unicode tables of a version of Python."""
    assert not compile_pattern(r"\d+").fullmatch("٣")
    assert not compile_pattern("k", ignore_case=True).fullmatch("\N{KELVIN SIGN}")
    assert compile_pattern("k", ignore_case=True).fullmatch("K")


@pytest.mark.parametrize("pattern", ["[a-z]+[A-Z]+", "(a|A)", "[^b]+A", r"x*[^\W_]", "[A-Z]?z"])
def test_what_differs_by_case_only_is_ambiguous_where_case_is_ignored(pattern: str) -> None:
    with pytest.raises(PatternError):
        check_pattern(pattern, ignore_case=True)


def test_case_counts_otherwise() -> None:
    check_pattern("[a-z]+[A-Z]+")
    check_pattern("[b-z]+A", ignore_case=True)


@pytest.mark.parametrize("pattern", ["a+b", "[a-z]+@", "a*$", r"x(ab)*c", "(^|b)a+c", "a+$", "[0-9]+-[0-9]+", "x?^a+b"])
def test_what_could_be_tried_from_every_character_is_refused_anywhere_in_a_text(pattern: str) -> None:
    check_pattern(pattern)
    with pytest.raises(PatternError, match="looked for anywhere"):
        check_pattern(pattern, found=True)


@pytest.mark.parametrize(
    "pattern", ["^a+b", "(^a|^b)c*d", "a{1,20}b", "foo", "foo.*", "a*", "(ab)*", "ab+", "x[0-9]{3}$", "^$", "$", "(foo|bar) [a-z]+"]
)
def test_what_fails_soon_is_accepted_anywhere_in_a_text(pattern: str) -> None:
    check_pattern(pattern, found=True)


@pytest.mark.parametrize("pattern", [r"\d", r"\W", r"[\s]", r"\bfoo", r"foo\B"])
def test_shorthands_are_refused_where_they_would_mean_every_script(pattern: str) -> None:
    with pytest.raises(PatternError, match="every script"):
        check_pattern(pattern, found=True)


# -- the naive machine

Instruction = tuple[str, Any, Any]
STEPS_MAX = 400_000


def program(pattern: str, flags: int = re.ASCII) -> list[Instruction]:
    """The instructions of a backtracking machine, counted repetitions written out."""
    code: list[Instruction] = []
    for item in re._parser.parse(pattern, flags):  # type: ignore[attr-defined]
        emit(item, code)
    return [*code, ("match", None, None)]


def emit(item: Any, code: list[Instruction]) -> None:
    operator, argument = str(item[0]), item[1]
    if operator == "SUBPATTERN":
        emit_all(argument[3], code)
    elif operator == "BRANCH":
        emit_branches(argument[1], code)
    elif operator in ("MAX_REPEAT", "MIN_REPEAT"):
        emit_repeat(*argument, code)
    elif operator == "AT":
        code.append(("at", str(argument), None))
    else:
        code.append(("take", takes(operator, argument), None))


def emit_all(items: Any, code: list[Instruction]) -> None:
    for item in items:
        emit(item, code)


def emit_branches(branches: Any, code: list[Instruction]) -> None:
    jumps = []
    for branch in branches[:-1]:
        split = len(code)
        code.append(("split", split + 1, None))
        emit_all(branch, code)
        jumps.append(len(code))
        code.append(("split", None, None))
        code[split] = ("split", split + 1, len(code))
    emit_all(branches[-1], code)
    for jump in jumps:
        code[jump] = ("split", len(code), len(code))


def emit_repeat(low: int, high: Any, items: Any, code: list[Instruction]) -> None:
    for _ in range(low):
        emit_all(items, code)
    endless = high == re._parser.MAXREPEAT  # type: ignore[attr-defined]
    splits = []
    for _ in range(1 if endless else high - low):
        splits.append(len(code))
        code.append(("split", len(code) + 1, None))
        emit_all(items, code)
    if endless:
        code.append(("split", splits[0], splits[0]))
    for split in splits:
        code[split] = ("split", split + 1, len(code))


def takes(operator: str, argument: Any) -> Callable[[str], bool]:
    single: dict[str, Callable[[str], bool]] = {
        "LITERAL": lambda c: ord(c) == argument,
        "NOT_LITERAL": lambda c: ord(c) != argument,
        "ANY": lambda c: c != "\n",
        "RANGE": lambda c: argument[0] <= ord(c) <= argument[1],
        "CATEGORY": lambda c: bool(re.match(CATEGORIES[str(argument)], c, re.ASCII)),
    }
    if operator != "IN":
        return single[operator]
    negated = str(argument[0][0]) == "NEGATE"
    tests = [takes(str(op), value) for op, value in argument[negated:]]
    return lambda c: any(test(c) for test in tests) != negated


CATEGORIES = {
    f"CATEGORY_{no}{name}": pattern
    for name, plain in (("DIGIT", "d"), ("WORD", "w"), ("SPACE", "s"))
    for no, pattern in (("", f"\\{plain}"), ("NOT_", f"\\{plain.upper()}"))
}


def edge(kind: str, text: str, at: int) -> bool:
    ends = {"AT_BEGINNING": at == 0, "AT_BEGINNING_STRING": at == 0, "AT_END_STRING": at == len(text)}
    return ends[kind] if kind in ends else text[at:] in ("", "\n")


def run(code: list[Instruction], text: str, start: int = 0, *, whole: bool) -> tuple[int, int]:
    """Steps taken and matches found from one start: all of them for `whole`, else at most the first."""
    stack, steps, found = [(0, start)], 0, 0
    while stack and steps < STEPS_MAX:
        counter, at = stack.pop()
        steps += 1
        kind, one, other = code[counter]
        if kind == "match":
            found += not whole or at == len(text)
            stack = stack if whole or not found else []
        elif kind == "split":
            stack += [(target, at) for target in dict.fromkeys((other, one))]
        elif (kind == "at" and edge(one, text, at)) or (kind == "take" and at < len(text) and one(text[at])):
            stack.append((counter + 1, at + (kind == "take")))
    return steps, found


def search(code: list[Instruction], text: str) -> tuple[int, bool]:
    """Steps taken by trying every start until one matches."""
    total = 0
    for start in range(len(text) + 1):
        steps, found = run(code, text, start, whole=False)
        total += steps
        if found:
            return total, True
    return total, False


# -- properties

ATOMS = st.sampled_from(["a", "b", "c", "1", "-", ".", "[ab]", "[^a]", "[b-]", r"\d", r"\w", r"\n", "(?:ab|c)", "(a|bc)"])
COUNTS = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "{,2}", "*?"])


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join).map("({})".format),
        st.tuples(inner, COUNTS).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        st.tuples(ATOMS, COUNTS).map("".join),
    )


PATTERNS = st.recursive(ATOMS, larger, max_leaves=6)
PIECES = st.text("abc1-\n", max_size=4)
EDGES = st.sampled_from(["", "^", "$"])


def accepted(pattern: str, *, found: bool = False) -> bool:
    try:
        check_pattern(pattern, found=found)
    except PatternError:
        return False
    return True


@given(PATTERNS, st.lists(PIECES, min_size=3, max_size=3), st.integers(0, 12))
@example("(a+b)*", ["", "ab", ""], 12)
def test_an_accepted_pattern_has_one_way_to_match(pattern: str, pieces: list[str], times: int) -> None:
    """No text is read in two ways, and all there is to try takes no more steps than text times expression."""
    assume(accepted(pattern))
    text = pieces[0] + pieces[1] * times + pieces[2]
    code = program(pattern)
    steps, found = run(code, text, whole=True)
    assert found == bool(compile_pattern(pattern).fullmatch(text))
    assert steps <= 2 * len(code) * (len(text) + 1)


@given(EDGES, PATTERNS, EDGES, st.lists(PIECES, min_size=3, max_size=3))
@example("", "a{1,3}b", "$", ["", "a", "-"])
def test_an_accepted_search_takes_linear_time(start: str, inner: str, end: str, pieces: list[str]) -> None:
    """A text twice as long takes twice the steps, but for what one short attempt costs."""
    pattern = start + inner + end
    assume(accepted(pattern, found=True))
    code = program(pattern)
    steps = {}
    for times in (100, 200):
        text = pieces[0] + pieces[1] * times + pieces[2]
        steps[times], found = search(code, text)
        assert found == bool(compile_pattern(pattern).search(text))
    assert steps[200] <= 2 * steps[100] + 4 * len(code) ** 2


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a+)+b", "(?:a{1,3}){1,9}b", ".*.*.*=", "(x+x+)+y", "((a*)?b)*c"])
def test_the_naive_machine_can_find_a_fault(pattern: str) -> None:
    """The counter of steps is not blind: what is refused does explode."""
    worst = max(run(program(pattern), piece * 20, whole=True)[0] for piece in ("a", "x", "b"))
    assert worst > 2 * len(program(pattern)) * 21


def test_the_naive_machine_finds_a_slow_search() -> None:
    code = program("a+b")
    assert search(code, "a" * 200)[0] > 2 * search(code, "a" * 100)[0] + 4 * len(code) ** 2


@given(st.text(st.sampled_from("ab1.^$*+?{}[]()|\\-,d:P<=! é\n"), max_size=30))
def test_any_text_is_accepted_or_refused_by_name(pattern: str) -> None:
    """No other exception comes out, and what is accepted compiles without a warning."""
    if accepted(pattern):
        compile_pattern(pattern)
        compile_pattern(pattern, ignore_case=True)

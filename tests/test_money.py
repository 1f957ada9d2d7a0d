"""Money at the edge: what is plainly an amount is read exactly, and everything else is refused by name."""

from __future__ import annotations

import math
import pickle
import threading
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Rounded, Subnormal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from empower import money
from empower.money import (
    CURRENCIES,
    MINOR_MAX,
    BoundsError,
    MoneyError,
    MoneyMemo,
    exponent_of,
    format_money,
    parse_money,
    plain_money,
    to_decimal,
)
from hostile.amounts import HOSTILE, NAMED, EqualToAll, LyingText, PosingText, accepted, refused


def test_the_list_is_long_and_honest() -> None:
    """At least 200 hostile amounts and 40 good ones, every text quoted, every named value used once."""
    assert len(refused()) >= 200
    assert len(accepted()) >= 40
    groups = HOSTILE["refused"] + HOSTILE["accepted"]
    assert all(isinstance(raw, str) for group in groups for made in ("texts", "decimals", "floats") for raw in group.get(made, ()))
    assert sorted(name for group in groups for name in group.get("named", ())) == sorted(NAMED)


@pytest.mark.parametrize(("value", "currency", "says"), refused())
def test_a_hostile_amount_is_refused_by_name(value: object, currency: str, says: str) -> None:
    """One short printable sentence says what is wrong, another how to mend it; the memo says the same and keeps nothing."""
    with pytest.raises(MoneyError) as caught:
        parse_money(value, currency)
    error = caught.value
    assert says in error.message
    assert error.help
    assert str(error) == f"{error.message} (help: {error.help})"
    assert str(error).isprintable()
    assert len(str(error)) <= 250
    memo = MoneyMemo(currency)
    with pytest.raises(MoneyError) as again:
        memo.read(value)
    assert again.value.args == error.args
    assert not memo


@pytest.mark.parametrize(("value", "currency", "minor"), accepted())
def test_a_good_amount_is_read_exactly(value: object, currency: str, minor: int) -> None:
    """The minor units, to the unit, as a plain `int`; through the memo the same, twice."""
    memo = MoneyMemo(currency)
    for read in (parse_money(value, currency), memo.read(value), memo.read(value)):
        assert read == minor
        assert type(read) is int


@pytest.mark.parametrize(
    ("currency", "advice"),
    [
        ("GBP", '5 pounds or 5 pence? write "5.00" or {"minor": 5, "currency": "GBP"}'),
        ("CHF", '5 CHF or 5 hundredths of CHF? write "5.00" or {"minor": 5, "currency": "CHF"}'),
        ("KWD", '5 KWD or 5 thousandths of KWD? write "5.000" or {"minor": 5, "currency": "KWD"}'),
        ("JPY", 'write "5" or {"minor": 5, "currency": "JPY"}'),
    ],
)
def test_a_bare_integer_is_asked_what_it_means(currency: str, advice: str) -> None:
    """The help shows both meanings, in the words of the currency."""
    with pytest.raises(MoneyError) as caught:
        parse_money(5, currency)
    assert caught.value.help == advice


@pytest.mark.parametrize(
    ("count", "currency", "shown"),
    [
        (0, "GBP", "0.00"),
        (MINOR_MAX // 100, "GBP", "10000000000000.00"),
        (MINOR_MAX // 100 + 1, "GBP", "5.00"),
        (MINOR_MAX, "JPY", "1000000000000000"),
        (MINOR_MAX + 1, "JPY", "5"),
        (-1, "JPY", "5"),
    ],
)
def test_what_a_bare_integer_is_answered_with_can_be_read(count: int, currency: str, shown: str) -> None:
    """The help shows the count itself where that may be an amount in either unit, and another one where not."""
    with pytest.raises(MoneyError) as caught:
        parse_money(count, currency)
    assert f'write "{shown}" or {{"minor": ' in caught.value.help
    parse_money(shown, currency)


ROUND_IT = "round it before you ask, your way; amounts are never rounded here"


@pytest.mark.parametrize(
    ("value", "currency", "message", "advice"),
    [
        (1.5e-07, "GBP", "1.5e-07 has 8 decimals, more than the 2 of GBP", ROUND_IT),
        (Decimal("1.5"), "JPY", "1.5 has 1 decimal, more than the 0 of JPY", ROUND_IT),
        (Decimal("1.55"), "JPY", "1.55 has 2 decimals, more than the 0 of JPY", ROUND_IT),
        (True, "JPY", "True is yes/no, not an amount", 'write "5" or {"minor": 5, "currency": "JPY"}'),
        (True, "GBP", "True is yes/no, not an amount", 'write "5.00" or {"minor": 500, "currency": "GBP"}'),
        (True, "BHD", "True is yes/no, not an amount", 'write "5.000" or {"minor": 5000, "currency": "BHD"}'),
        (math.nan, "JPY", "nan is not a number", 'write an amount such as "1234"'),
        (math.nan, "GBP", "nan is not a number", 'write an amount such as "1234.50"'),
        (math.nan, "BHD", "nan is not a number", 'write an amount such as "1234.500"'),
        ("!5é", "GBP", "'!5é' has the character U+00E9 in it", 'use the digits 0 to 9 and a point; write an amount such as "1234.50"'),
        ("~5é", "GBP", "'~5é' has the character U+00E9 in it", 'use the digits 0 to 9 and a point; write an amount such as "1234.50"'),
    ],
)
def test_a_refusal_in_full(value: object, currency: str, message: str, advice: str) -> None:
    """What is wrong, with its number; and how to mend it, in the decimals of the currency."""
    with pytest.raises(MoneyError) as caught:
        parse_money(value, currency)
    assert (caught.value.message, caught.value.help) == (message, advice)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 40, "'" + "x" * 40 + "'"),
        ("x" * 41, "'" + "x" * 40 + "…'"),
        (2**128 - 1, "340282366920938463463374607431768211455"),
        (2**128, "(129 bits)"),
    ],
)
def test_a_refusal_shows_what_is_short(value: object, shown: str) -> None:
    """A text is cut after forty characters, and an integer beyond 128 bits is told by its size."""
    with pytest.raises(MoneyError) as caught:
        parse_money(value, "GBP")
    assert caught.value.message.startswith(f"{shown} ")


# -- currencies


def test_the_table_of_currencies_is_whole() -> None:
    """165 active codes of ISO 4217 with a minor unit, by their decimals."""
    by_decimals = {places: [code for code in CURRENCIES if exponent_of(code) == places] for places in range(5)}
    assert {places: len(codes) for places, codes in by_decimals.items()} == {0: 17, 1: 0, 2: 139, 3: 7, 4: 2}
    assert " ".join(by_decimals[0]) == "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
    assert " ".join(by_decimals[3]) == "BHD IQD JOD KWD LYD OMR TND"
    assert " ".join(by_decimals[4]) == "CLF UYW"
    assert len(set(CURRENCIES)) == len(CURRENCIES)
    assert all(len(code) == 3 and code.isascii() and code.isalpha() and code.isupper() for code in CURRENCIES)


@pytest.mark.parametrize(
    ("wrong", "says", "advice"),
    [
        ("gbp", "'gbp' is not in upper case", "did you mean 'GBP'?"),
        ("Eur", "'Eur' is not in upper case", "did you mean 'EUR'?"),
        ("GPB", "'GPB' is not a currency of ISO 4217", "did you mean 'GBP'?"),
        ("UDS", "'UDS' is not a currency of ISO 4217", "did you mean 'USD'?"),
        ("KDK", "'KDK' is not a currency of ISO 4217", "did you mean 'DKK'?"),
        ("EURO", "'EURO' is not a currency of ISO 4217", "did you mean 'EUR'?"),
        (" GBP", "' GBP' is not a currency of ISO 4217", "did you mean 'GBP'?"),
        ("GBX", "'GBX' is not a currency of ISO 4217", "did you mean 'GBP'?"),
        ("GHX", "'GHX' is not a currency of ISO 4217", "did you mean 'GHS'?"),
        ("£", "'£' is not a currency of ISO 4217", "did you mean 'GBP'?"),
        ("BGN", "'BGN' is no longer a currency", "did you mean 'EUR'?"),
        ("XAU", "'XAU' has no minor unit", "use the currency in which you pay, such as 'GBP'"),
        ("", "'' is not a currency of ISO 4217", "use the three letters of ISO 4217, such as 'GBP'"),
        ("pounds", "'pounds' is not a currency of ISO 4217", "use the three letters of ISO 4217, such as 'GBP'"),
        ("X" * 3, "is not a currency of ISO 4217", "use the three letters of ISO 4217, such as 'GBP'"),
        ("G" * 10**6, "GGG…' is not a currency of ISO 4217", "use the three letters of ISO 4217, such as 'GBP'"),
        (None, "None is not a currency", "use the three letters of ISO 4217, such as 'GBP'"),
        (["GBP"], "a value of type list is not a currency", "use the three letters of ISO 4217, such as 'GBP'"),
    ],
)
def test_an_unknown_currency_is_refused_with_the_likely_one(wrong: Any, says: str, advice: str) -> None:
    """Every function that takes a currency says what is wrong with it, and what was probably meant."""
    for use in (
        exponent_of,
        lambda code: parse_money("5", code),
        lambda code: plain_money(5, code),
        lambda code: format_money(5, code),
        MoneyMemo,
    ):
        with pytest.raises(MoneyError) as caught:
            use(wrong)
        assert says in caught.value.message
        assert caught.value.help.startswith(advice) or (not advice.startswith("did") and "did you mean" in caught.value.help)


# -- laws

currencies = st.sampled_from(CURRENCIES)
minors = st.integers(0, MINOR_MAX)
number_like = st.text(st.sampled_from("0123456789012345678901234567890123456789.....,-+eE_ £٥\n"), max_size=45)
padded = st.builds("{}.{}".format, st.integers(0, 10**16), st.text(st.sampled_from("0123456789"), max_size=5))


def plainly(text: str, currency: str) -> int | None:
    """The oracle: the minor units of a text in plain notation, or None; written without the pattern that `parse_money` uses."""
    whole, point, fraction = text.partition(".")
    if len(text) > 40 or not set(whole + fraction) <= set("0123456789") or not whole or bool(point) != bool(fraction):
        return None
    if whole != "0" and whole.startswith("0"):
        return None
    exact = Fraction(Decimal(text)) * 10 ** exponent_of(currency)
    return int(exact) if len(fraction) <= exponent_of(currency) and exact <= MINOR_MAX else None


def outcome(value: object, currency: str) -> int | None:
    """The minor units read, or None if they were refused; any other exception is a failure."""
    try:
        return parse_money(value, currency)
    except MoneyError:
        return None


@given(st.one_of(st.text(), number_like, padded, st.from_regex(r"-?[0-9]{1,17}(\.[0-9]{0,5})?")), currencies)
@example("10000000000000.00", "GBP")
@example("10000000000000.01", "GBP")
@example("5.00\n", "GBP")
def test_any_text_is_read_as_the_oracle_reads_it_or_refused(text: str, currency: str) -> None:
    """Exactly the texts in plain decimal notation are accepted, with exactly their value."""
    assert outcome(text, currency) == plainly(text, currency)


built = st.builds(lambda digits, power: Decimal(f"{digits}E{power}"), st.integers(-10, 10**20), st.integers(-8, 20))


@given(st.one_of(st.decimals(), built), currencies)
def test_any_decimal_is_read_exactly_or_refused(value: Decimal, currency: str) -> None:
    """Finite, unsigned, with no more decimals than the currency, and not too large: read as it is; else refused."""
    places = exponent_of(currency)
    power = value.as_tuple().exponent
    expected = None
    if isinstance(power, int) and not value.is_signed() and power >= -places and (not value or value.adjusted() < 20):
        exact = Fraction(value or 0) * 10**places
        expected = int(exact) if exact <= MINOR_MAX else None
    assert outcome(value, currency) == expected


@given(st.one_of(st.floats(), st.floats(0, 10**6), st.builds(lambda cents: cents / 100, st.integers(0, 10**9))), currencies)
def test_any_float_is_read_by_its_shortest_repr_or_refused(value: float, currency: str) -> None:
    """A float means the decimal that it is written as; a whole one has no decimals."""
    text = repr(value)
    expected = plainly(text.removesuffix(".0"), currency) if set(text) <= set("0123456789.") else None
    assert outcome(value, currency) == expected


anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.decimals(), st.fractions(), st.complex_numbers()
    ),
    lambda inner: st.one_of(
        st.lists(inner),
        st.dictionaries(st.one_of(st.text(), st.integers(), st.none()), inner),
        st.fixed_dictionaries({"minor": inner, "currency": st.one_of(inner, currencies, st.just("GBP"))}),
    ),
    max_leaves=6,
)


@given(anything, currencies)
def test_any_value_is_an_amount_or_a_money_error(value: object, currency: str) -> None:
    """Nothing from outside raises anything else; an amount lies within 0 and the bound; the memo agrees."""
    minor = outcome(value, currency)
    assert minor is None or (type(minor) is int and 0 <= minor <= MINOR_MAX)
    memo = MoneyMemo(currency)
    try:
        assert memo.read(value) == minor
    except MoneyError:
        assert minor is None


@given(currencies, minors)
@example("GBP", MINOR_MAX)
def test_what_is_written_is_read_back(currency: str, minor: int) -> None:
    """Reading undoes writing, for every currency and every way to write."""
    assert parse_money(plain_money(minor, currency), currency) == minor
    assert parse_money(to_decimal(minor, currency), currency) == minor
    assert parse_money({"minor": minor, "currency": currency}, currency) == minor
    assert str(to_decimal(minor, currency)) == plain_money(minor, currency)
    assert to_decimal(minor, currency).as_tuple().exponent == -exponent_of(currency)


@given(currencies, minors, st.sampled_from(["en", "de", "fr", "es", "nl", "cy", "pt-PT", "de-CH", "tlh"]))
def test_what_people_read_has_the_same_digits(currency: str, minor: int, language: str) -> None:
    """A language changes separators and places, never a digit."""
    shown = format_money(minor, currency, language)
    assert "".join(filter(str.isdigit, shown)) == plain_money(minor, currency).replace(".", "")


def test_the_decimal_context_of_the_caller_is_neither_read_nor_written() -> None:
    """A host that computes with one digit and traps everything gets the same answers."""
    traps = [Inexact, Rounded, InvalidOperation, Overflow, Subnormal]
    with localcontext(Context(prec=1, Emax=1, Emin=-1, traps=traps)) as context:
        assert parse_money("1234567.89", "GBP") == 123456789
        assert parse_money(Decimal("1234567.89"), "GBP") == 123456789
        assert parse_money(1234567.89, "GBP") == 123456789
        assert str(to_decimal(987654321, "GBP")) == "9876543.21"
        assert outcome(Decimal("sNaN"), "GBP") is None
        assert not any(context.flags.values())


# -- the memo


def test_a_memo_looks_up_what_it_has_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text is parsed once; after that it is one look-up, by `[]` and by `read`."""
    memo = MoneyMemo("GBP")
    assert memo["5.00"] == 500
    monkeypatch.delattr(money, "parse_money")
    assert memo["5.00"] == memo.read("5.00") == 500
    assert dict(memo) == {"5.00": 500}


def test_only_texts_are_ever_keys() -> None:
    """5, 5.0, True and Decimal(5) are equal and hash alike; none of them finds what another one stored."""
    memo = MoneyMemo("JPY")
    good: list[Any] = ["1", 1.0, Decimal(1), LyingText("1")]
    bad: list[Any] = [1, True, EqualToAll(), b"1"]
    for value in good:
        assert memo.read(value) == memo[value] == 1
    for value in bad:
        with pytest.raises(MoneyError):
            memo.read(value)
        with pytest.raises(MoneyError):
            memo[value]
    assert memo.read(PosingText("7")) == 7
    assert [(type(key), key) for key in memo] == [(str, "1")]


@pytest.mark.parametrize("value", [{"minor": 500, "currency": "GBP"}, [], Decimal("sNaN")])
def test_what_cannot_be_hashed_is_read_all_the_same(value: Any) -> None:
    """`[]` raises `TypeError` there, as any dictionary does; `read` gives the amount or its refusal."""
    memo = MoneyMemo("GBP")
    with pytest.raises(TypeError):
        memo[value]
    try:
        assert memo.read(value) == 500
    except MoneyError:
        assert outcome(value, "GBP") is None


def test_a_memo_stays_small() -> None:
    """After 4096 texts it forgets them all and goes on; refusals and amounts out of bounds are never kept."""
    memo = MoneyMemo("GBP", 0, 10_000_00)
    for count in range(10_000):
        assert memo.read(f"{count}.{count % 100:02d}") == count * 100 + count % 100
        assert len(memo) <= 4096
        with pytest.raises(MoneyError):
            memo.read(f"-{count}")
    assert min(memo.values()) >= 4096_00


@pytest.mark.parametrize(
    ("text", "minor", "message"),
    [
        ("0.00", 0, "0.00 GBP is below 0.01 GBP, the least that this amount may be"),
        ("50.01", 5001, "50.01 GBP is above 50.00 GBP, the most that this amount may be"),
    ],
)
def test_bounds_are_the_callers(text: str, minor: int, message: str) -> None:
    """Outside them the refusal names value and bound, and carries the amount; `parse_money` itself knows no bounds but its own."""
    memo = MoneyMemo("GBP", 1, 5000)
    assert (memo.read("0.01"), memo.read("50.00")) == (1, 5000)
    with pytest.raises(BoundsError) as caught:
        memo.read(text)
    assert caught.value.message == message
    assert caught.value.help == "use an amount from 0.01 GBP to 50.00 GBP"
    assert caught.value.minor == parse_money(text, "GBP") == minor
    assert text not in memo


@pytest.mark.parametrize(("low", "high"), [(-1, 5), (6, 5), (0, MINOR_MAX + 1)])
def test_bounds_that_are_none_are_refused(low: int, high: int) -> None:
    """A memo starts with bounds that some amount can meet."""
    with pytest.raises(MoneyError, match="are no bounds of an amount"):
        MoneyMemo("GBP", low, high)


def test_a_memo_may_be_shared_by_threads() -> None:
    """Eight readers of more texts than it keeps get their own amounts."""
    memo = MoneyMemo("GBP")
    wrong: list[int] = []

    def read(start: int) -> None:
        wrong.extend(count for count in range(start, start + 6000) if memo.read(f"{count}.00") != count * 100)

    readers = [threading.Thread(target=read, args=(1000 * number,)) for number in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(memo) <= 4096 + len(readers)


@pytest.mark.parametrize("error", [MoneyError("it is wrong", "mend it"), BoundsError("too much", "less", 7)])
def test_errors_travel_between_processes(error: MoneyError) -> None:
    """An error arrives whole after pickling."""
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301  it was made here
    assert type(arrived) is type(error)
    assert (arrived.args, vars(arrived), str(arrived)) == (error.args, vars(error), str(error))


# -- what people read: the values were checked against ICU 78 (CLDR 48)


@pytest.mark.parametrize(
    ("minor", "currency", "language", "shown"),
    [
        (500, "GBP", "en", "£5.00"),
        (99999, "GBP", "en", "£999.99"),
        (100000, "GBP", "en", "£1,000.00"),
        (123450, "GBP", "en", "£1,234.50"),
        (123456789, "EUR", "en-IE", "€1,234,567.89"),
        (0, "GBP", "en_GB", "£0.00"),
        (-500, "GBP", "en", "-£5.00"),
        (500, "USD", "en", "$5.00"),
        (500, "JPY", "en", "¥500"),
        (500, "CHF", "en", "5.00 CHF"),
        (1234500, "KWD", "en", "1,234.500 KWD"),
        (5, "CLF", "en", "0.0005 CLF"),
        (123450, "GBP", "cy", "£1,234.50"),
        (123450, "GBP", "de", "1.234,50 £"),
        (123450, "GBP", "de-DE", "1.234,50 £"),
        (-500, "EUR", "de", "-5,00 €"),
        (123450, "EUR", "de-AT", "€ 1.234,50"),
        (123450, "GBP", "de-CH", "£ 1'234.50"),
        (123450, "EUR", "fr", "1 234,50 €"),
        (500, "JPY", "fr", "500 ¥"),
        (123450, "EUR", "es", "1234,50 €"),
        (999999, "EUR", "es", "9999,99 €"),
        (1000000, "EUR", "es", "10.000,00 €"),
        (1234560, "EUR", "es", "12.345,60 €"),
        (123450, "USD", "es-MX", "$1,234.50"),
        (123450, "EUR", "nl", "€ 1.234,50"),
        (123450, "EUR", "it", "1234,50 €"),
        (123450, "EUR", "pt-PT", "1234,50 €"),
        (123450, "EUR", "pt-BR", "€ 1.234,50"),
        (123450, "PLN", "pl", "1234,50 PLN"),
        (12345600, "SEK", "sv", "123 456,00 SEK"),
        (123450, "GBP", "tlh", "£1,234.50"),
        (123450, "GBP", "", "£1,234.50"),
    ],
)
def test_people_read_money_their_way(minor: int, currency: str, language: str, shown: str) -> None:
    """Symbol, separators and their places by language; an unknown language reads English. Spaces are no-break spaces."""
    assert format_money(minor, currency, language) == shown.replace(" ", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (500, "GBP", "5.00"),
        (5, "GBP", "0.05"),
        (0, "GBP", "0.00"),
        (-5, "GBP", "-0.05"),
        (500, "JPY", "500"),
        (0, "JPY", "0"),
        (-7, "JPY", "-7"),
        (1, "KWD", "0.001"),
        (1, "CLF", "0.0001"),
    ],
)
def test_plain_money_is_a_plain_number(minor: int, currency: str, shown: str) -> None:
    """All decimals of the currency, no symbol, no separator."""
    assert plain_money(minor, currency) == shown
    assert to_decimal(minor, currency) == Decimal(shown)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.compare import CompareMode, CompareOptions, numbers
from nbcheck.compare.lines import LineJudge, prepare
from nbcheck.compare.numbers import (
    NumberRule,
    error_remark,
    number_value,
    only_long_floats_differ,
    significant_digits,
    split_numbers,
)

RULE = NumberRule.of(CompareOptions())


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("x = 1.5 m", ["1.5"]),
        ("-1.5e-10, +2, .5, 3.", ["-1.5e-10", "+2", ".5", "3."]),
        ("1.5-2.5", ["1.5", "2.5"]),
        ("(1.5-2.5j)", ["1.5", "-2.5"]),
        ("1,234,567.89 and 12,34", ["1,234,567.89", "12", "34"]),
        ("3.11.7 192.168.0.1 12.05.2024", []),
        ("12:30:45.5", []),
        ("v1.5 x_2 a3", []),
        ("It is 3.14.", ["3.14"]),
        ("5.5ms 97.5% 10x", ["5.5", "97.5", "10"]),
        ("12345678e9", ["12345678"]),
        ("1e5 1.e5", ["1e5", "1.e5"]),
        ("[1.,2.]", ["1.", "2."]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert split_numbers(text)[1::2] == tokens
    assert "".join(split_numbers(text)) == text


@pytest.mark.parametrize(
    ("token", "digits"),
    [("0.01200e5", 4), ("1,234.50", 6), ("-0.0", 0), ("10", 2), ("1.e5", 1), ("0.1234567", 7)],
)
def test_significant_digits(token: str, digits: int) -> None:
    assert significant_digits(token) == digits


@pytest.mark.parametrize(
    ("expected", "actual", "equal"),
    [
        ("0.3", "0.30000000000000004", True),
        ("3.10", "3.1", False),
        ("0.3333333", "0.33333333", True),
        ("0.333333", "0.333334", False),
        ("1000000.", "1000000.0", True),
        ("13002700.0", "13002701.0", False),
        ("13002700.0", "13002700.5", True),
        ("12345678", "12345679", False),
        ("12345678", "12345678.0", True),
        ("1e999", "1e998", False),
        ("1,234.56789", "1234.56789", True),
    ],
)
def test_rule(expected: str, actual: str, equal: bool) -> None:
    assert RULE.agrees(expected, actual) is equal
    assert RULE.agrees(actual, expected) is equal


def test_mode_exact_has_no_tolerance() -> None:
    rule = NumberRule.of(CompareOptions(mode=CompareMode.EXACT))
    assert not rule.agrees("0.3", "0.30000000000000004")
    assert not rule.values_agree(0.3, 0.30000000000000004)
    assert not rule.negligible(0.0, 1e-17, 1.0, 1.0)


def test_single_precision() -> None:
    assert NumberRule.of(CompareOptions(), single_precision=True).rtol == 1e-5
    assert NumberRule.of(CompareOptions(rtol=1e-9), single_precision=True).rtol == 1e-9
    assert NumberRule.of(CompareOptions(rtol=1e-3), single_precision=True).rtol == 1e-3


@pytest.mark.parametrize(("rtol", "digits"), [(1e-7, 7), (1e-9, 7), (0.0, 7), (1e-3, 3), (5e-3, 2), (0.5, 1)])
def test_digits_follow_the_tolerance(rtol: float, digits: int) -> None:
    assert NumberRule.of(CompareOptions(rtol=rtol)).digits == digits


def test_negligible_entries() -> None:
    assert RULE.negligible(1e-17, -2e-17, 1.0, 1.0)
    assert RULE.negligible(0.0, -0.0, 0.0, 0.0)
    assert not RULE.negligible(1e-17, 2e-17, 1e-17, 2e-17)
    assert not RULE.negligible(1e-17, 1.0, 1.0, 1.0)
    assert not RULE.negligible(0.0, 1.0, 1e12, 1e12)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_values_agree_as_their_texts_do(expected: float, actual: float) -> None:
    assert RULE.values_agree(expected, actual) == (
        expected == actual or RULE.agrees(repr(expected), repr(actual))
    )


@given(st.floats(1e-300, 1e300), st.floats(-2e-7, 2e-7))
def test_values_agree_as_their_texts_do_when_close(value: float, noise: float) -> None:
    other = value * (1 + noise)
    assert RULE.values_agree(value, other) == (value == other or RULE.agrees(repr(value), repr(other)))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_float_is_one_token(value: float) -> None:
    assert split_numbers(f"x {value!r} y")[1::2] == [repr(value)]
    assert number_value(repr(value)) == value


def test_error_remark() -> None:
    assert error_remark(3.14, 3.15) == "relative error 0.0032"
    assert error_remark(3.1, 3.1) == error_remark(0.0, 0.0) == error_remark(1.0, float("inf")) == ""


# Many long floats at once


MANY = [
    ("0.30000000000000004", "0.30000000000000001", True),
    ("[1.2345678901, -2.5]\n[x(3.3333333331)]", "[1.2345678902, -2.5]\n[x(3.3333333332)]", True),
    ("1.2345678901e-05 a", "1.2345678902e-05 a", True),
    ("-0.0001234567891", "-0.0001234567892", True),
    ("1.2345678901", "1.2345688901", False),
    ("1.2345678901", "-1.2345678901", False),
    ("1.2345678901e-05", "1.2345678901e-06", False),
    ("1.234567", "1.234568", False),
    ("0.00000012", "0.00000013", False),
    ("13002700.0000000", "13002701.0000000", False),
    ("v1.2345678901", "v1.2345678902", False),
    ("1.2345678901.5", "1.2345678902.5", False),
    ("1.2345678901,123", "1.2345678902,123", False),
    ("1.2345678901 a", "1.2345678902 b", False),
    ("1.2345678901  a", "1.2345678902 a", False),
    ("[1.2345678901", "[ 1.2345678902", False),
    ("1.2345678901, 2", "1.2345678902 , 2", False),
    ("1.2345678901\n", "1.2345678902", False),
    ("1.2345678901\r", "1.2345678902\r", False),
    ("1.2345678901e999", "1.2345678902e999", False),
]


@pytest.mark.parametrize(("expected", "actual", "agree"), MANY)
def test_many_long_floats(expected: str, actual: str, agree: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not only_long_floats_differ(expected, actual, 1e-7)  # a few are left to the rules
    monkeypatch.setattr(numbers, "_WORTHWHILE", 0)
    assert only_long_floats_differ(expected, actual, 1e-7) is agree
    assert only_long_floats_differ(actual, expected, 1e-7) is agree
    repeated = "\n".join([expected] * 9), "\n".join([actual] * 9)
    assert only_long_floats_differ(*repeated, 1e-7) is agree


pieces = st.sampled_from(
    [
        *" \t\n[](),;:-+.ex",
        *("1.2345678", "0.00001234567", "12.3456789e-05", "1.5", "1,234", "array(", "1.234567890123"),
        *("-0.12345678912", "0.01234567890123", "12345678.90123", "123456789.0123", "9.87654321e5"),
    ]
)


@given(st.lists(st.tuples(pieces, st.integers(-1, 1)), max_size=12), st.sampled_from([0.0, 1e-9, 1e-7, 1e-3]))
def test_what_agrees_at_once_agrees_by_the_rules(parts: list[tuple[str, int]], rtol: float) -> None:
    def spell(side: int) -> str:
        return "".join(
            f"{part}{5 + side * shift}" if len(part) > 6 and part[-1].isdigit() else part
            for part, shift in parts
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbers, "_WORTHWHILE", 0)
        expected, actual = spell(0), spell(1)
        if expected != actual and only_long_floats_differ(expected, actual, rtol):
            options = CompareOptions(rtol=rtol)
            assert LineJudge(prepare(expected, actual, options), options).texts_agree()


@pytest.mark.parametrize(
    ("expected", "actual", "agree"),
    [
        ("5.12345678901", "5.12345678902", True),
        ("5.12345678901", "5.12345678902 2.5", False),
        ("5.12345678901 2.5", "5.12345678902 2.6", False),
        ("5.12345678901 2.5123456", "5.12345678902 2.5123457", True),
        ("5.12345678901 2.5123456", "5.12345678902 2.6123456", False),
        ("5.12345678901 2.5123456", "5.12345678902 ", False),
        # The first characters are equal, but not the size.
        ("12345678901.5", "1234567890.15", False),
        ("123456789012.5", "12345678901.25", False),
        ("0.000012345678", "0.000012345679", True),
        ("0.000012345678", "0.000012355679", False),
        ("5.12345678901e3", "5.12345678901e4", False),
        ("1.99999999999", "2.00000000001", True),
    ],
)
def test_many_numbers_at_once(expected: str, actual: str, agree: bool) -> None:
    for same in ("3.5", "7.1234567890123"):
        texts = ["\n".join([same, *[text] * 800, same]) for text in (expected, actual)]
        assert (
            only_long_floats_differ(*texts, 1e-7) is only_long_floats_differ(*reversed(texts), 1e-7) is agree
        )
        between = [
            "\n".join([f"{same[:-1]}{digit}", *[text] * 800]) for text, digit in ((expected, 1), (actual, 2))
        ]
        agrees = agree and len(same) > 3
        assert only_long_floats_differ(*between, 1e-7) is agrees

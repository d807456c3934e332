"""Secrets in what is kept and shown."""

from __future__ import annotations

import pytest

from nbcheck.accepting.redact import Redactor
from nbcheck.compare.base import Difference, DifferenceKind, HunkLine, TextHunk
from nbcheck.results import CellResult, Outcome

SECRET = 'p4ss "word"/x'


@pytest.mark.parametrize(
    ("environ", "patterns", "hidden"),
    [
        ({"API_TOKEN": "abcdef"}, (), True),
        ({"my_secret": "abcdef"}, (), True),
        ({"DB_PASSWORD": "abcdef"}, (), True),
        ({"AWS_ACCESS_KEY_ID": "abcdef"}, (), True),
        ({"DATABASE_URL": "abcdef"}, (), False),
        ({"DATABASE_URL": "abcdef"}, ("DATABASE_*",), True),
        ({"KEYBOARD": "abcdef"}, ("-KEYBOARD",), False),
        ({"API_TOKEN": "abcdef"}, ("-KEYBOARD",), True),
        ({"API_TOKEN": ""}, (), False),
    ],
)
def test_the_name_decides(environ: dict[str, str], patterns: tuple[str, ...], hidden: bool) -> None:
    redactor = Redactor.of_environment(environ, patterns)
    name = next(iter(environ))
    assert redactor.redact("it is abcdef!") == (f"it is <redacted:{name}>!" if hidden else "it is abcdef!")


def test_short_values_stay() -> None:
    assert Redactor({"A_KEY": "1", "B_KEY": "12345"}).redact("1 12345") == "1 12345"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"x{SECRET}x", "x<redacted:T>x"),
        (repr(SECRET), "'<redacted:T>'"),
        (r'{"a": "p4ss \"word\"/x"}', '{"a": "<redacted:T>"}'),
        ("https://u:p4ss%20%22word%22%2Fx@host", "https://u:<redacted:T>@host"),
    ],
)
def test_all_spellings_go(text: str, redacted: str) -> None:
    assert Redactor({"T": SECRET}).redact(text) == redacted


def test_a_line_of_a_long_secret_goes() -> None:
    secret = "-----BEGIN-----\nabcdefghijklmnopqrstuvwxyz\n-----END-----"
    assert Redactor({"T": secret}).redact("  2  abcdefghijklmnopqrstuvwxyz") == "  2  <redacted:T>"
    assert Redactor({"T": secret}).redact(secret) == "<redacted:T>"


def test_a_secret_in_another_one() -> None:
    assert Redactor({"A": "abcdef", "B": "abcdefgh"}).redact("abcdefgh abcdef") == "<redacted:B> <redacted:A>"


def test_everything_of_a_result_is_looked_at() -> None:
    hunk = TextHunk(1, 1, (HunkLine("+", "a abcdef b", ((9, 10),)), HunkLine(" ", "c", ())))
    difference = Difference(DifferenceKind.CHANGED, "stdout", "x became abcdef", hunks=(hunk,))
    output = {"output_type": "display_data", "data": {"application/json": {"abcdef": ["abcdef", 1]}}}
    result = CellResult(0, 1, Outcome.DIFFERENT, "abcdef", (difference,), outputs=(output,))
    redactor = Redactor({"T": "abcdef"})
    redacted = redactor.redact(result)
    assert "abcdef" not in repr(redacted)
    assert repr(redacted).count("<redacted:T>") == 5
    # The marks counted characters of the text as it was.
    assert redacted.differences[0].hunks[0].lines[0] == HunkLine("+", "a <redacted:T> b")
    assert redactor.names_in(result.outputs) == ("T",)
    assert redactor.names_in(redacted.outputs) == ()


def test_what_holds_no_secret_is_not_copied() -> None:
    result = CellResult(0, 1, Outcome.PASSED, outputs=({"output_type": "stream", "text": "x"},))
    assert Redactor({"T": "abcdef"}).redact(result) is result

"""nbval's sanitize files."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbcheck.errors import UsageError
from nbcheck.execution.sanitise import SanitizeFile, load_sanitize_file, read_sanitize_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", SanitizeFile((), 0)),
        ("regex: a\nreplace: b", SanitizeFile((("a", "b"),), 0)),
        (
            "[times]\nregex: a\nreplace: b\n\n[dates]\nregex: c\nreplace: \n",
            SanitizeFile((("a", "b"), ("c", "")), 0),
        ),
        ("regex: a\r\nreplace: b\r\n", SanitizeFile((("a", "b"),), 0)),
        # A pattern that comes again keeps its place.
        (
            "regex: a\nreplace: 1\nregex: b\nreplace: 2\nregex: a\nreplace: 3\n",
            SanitizeFile((("a", "3"), ("b", "2")), 0),
        ),
        # Blanks belong to the pattern.
        ("regex:  a \nreplace:  \n", SanitizeFile(((" a ", " "),), 0)),
        (r"regex: (\d+) ms" "\n" r"replace: \1", SanitizeFile(((r"(\d+) ms", r"\1"),), 0)),
        ("regex: a\n\nreplace: b\n", SanitizeFile((), 1)),
        ("regex:a\nreplace:b\n", SanitizeFile((), 1)),
        ("regex = a\nreplace = b\n", SanitizeFile((), 1)),
        (" regex: a\n replace: b\nregex: c\nreplace: d\n", SanitizeFile((("c", "d"),), 1)),
        ("replace: b\nregex: a\n", SanitizeFile((), 1)),
    ],
)
def test_what_is_read(text: str, expected: SanitizeFile) -> None:
    assert read_sanitize_text(text, "x.cfg") == expected


def test_all_that_makes_no_sense_is_told() -> None:
    text = "regex: (\nreplace: b\nregex: a\nreplace: \\1\nregex: c\nreplace: d\n"
    with pytest.raises(UsageError) as raised:
        read_sanitize_text(text, "x.cfg")
    assert str(raised.value).splitlines() == [
        "x.cfg: '(' cannot be replaced by 'b': missing ), unterminated subpattern at position 0",
        r"x.cfg: 'a' cannot be replaced by '\\1': invalid group reference 1 at position 1",
    ]


def test_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.cfg"
    path.write_text("regex: \u00e9\nreplace: e\n", "utf-8")
    assert load_sanitize_file(path, "x.cfg").replacements == (("\u00e9", "e"),)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        load_sanitize_file(tmp_path / "x.cfg", "x.cfg")
    assert str(raised.value) == "x.cfg: cannot be read: No such file or directory"


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "x.cfg").write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"^x\.cfg: cannot be read: 'utf-8' codec"):
        load_sanitize_file(tmp_path / "x.cfg", "x.cfg")

import pytest

from nbcheck.compare import CompareOptions, Difference
from nbcheck.compare import svg as module
from nbcheck.compare.svg import SvgComparer

OPTIONS = CompareOptions()


def compare(expected: str, actual: str) -> Difference:
    difference = SvgComparer().compare(expected, actual, OPTIONS)
    assert difference is not None
    assert (difference.expected, difference.actual) == (expected, actual)
    return difference


def test_the_command_of_a_path_that_moved_is_told() -> None:
    source = '<svg viewBox="0 0 9 9"><path id="p1" fill="url(#g1)" d="M 0 0 L 1.5,2 z"/></svg>'
    difference = compare(source, source.replace("1.5", "1.75").replace("p1", "p2"))
    assert difference.summary == "1.5 became 1.75 (relative error 0.14)"
    (hunk,) = difference.hunks
    assert [(line.side, line.text) for line in hunk.lines] == [
        (" ", '<path fill="url(#g1)" id="<id-1>"/>'),
        (" ", "  d = M 0 0"),
        ("-", "  d = L 1.5 2"),
        ("+", "  d = L 1.75 2"),
        (" ", "  d = z"),
        (" ", "</svg>"),
    ]
    assert difference.hidden == ("svg-ids",)


def test_a_negligible_shift_is_not_shown_beside_a_change() -> None:
    source = '<svg viewBox="0 0 99 99"><use x="1.0000001"/><use x="1.000000"/><text>a</text></svg>'
    difference = compare(source, source.replace("1.0000001", "1.0000003").replace(">a<", ">b<"))
    assert difference.summary == "a became b"


def test_equal_ids_are_not_told_as_hidden() -> None:
    assert compare('<svg id="a1"><text>a</text></svg>', '<svg id="a1"><text>b</text></svg>').hidden == ()


def test_a_large_source_is_compared_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PARSE_LIMIT", 40)
    rect = '<rect x="1"/>'
    assert SvgComparer().compare(f"<svg>{rect}</svg>", f"<svg>\n{rect}</svg>", OPTIONS) is None
    assert SvgComparer().compare(f"<svg>{rect * 9}</svg>", f"<svg>\n{rect * 9}</svg>", OPTIONS)

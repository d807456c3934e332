import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from nbcheck.compare import CompareMode, CompareOptions, Difference, DifferenceKind, compare_outputs
from nbcheck.compare.registry import Registry, builtin_registry
from nbcheck.errors import CompareError

OPTIONS = CompareOptions()


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def rich(text: str, **more: Any) -> dict[str, Any]:
    data = {"text/plain": text, **{name.replace("_", "/"): value for name, value in more.items()}}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def error(name: str, value: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": ["frame"]}


def told(expected: list[Any], actual: list[Any]) -> list[tuple[str, str, str, int | None, int | None]]:
    return [
        (
            difference.kind.value,
            difference.place,
            difference.summary,
            difference.expected_index,
            difference.actual_index,
        )
        for difference in compare_outputs(expected, actual, OPTIONS)
    ]


def test_differences_come_in_reading_order() -> None:
    expected = [rich("a"), stream("1\n"), rich("<b>"), error("E", "x")]
    actual = [rich("a"), stream("2\n"), rich("<c>"), error("E", "y")]
    assert told(expected, actual) == [
        ("changed", "stdout", "1 became 2 (relative error 0.5)", 1, 1),
        ("changed", "output 3, text/plain", "<b> became <c>", 2, 2),
        ("changed", "error", "message of E: x became y", 3, 3),
    ]


def test_insertions_and_deletions_are_told_as_such() -> None:
    assert told([rich("a"), rich("b")], [rich("x" * 9), rich("a"), rich("b")]) == [
        ("extra", "output 1", "display_data that the file does not have", None, 0)
    ]
    assert told([rich("a"), rich("b")], [rich("b")]) == [
        ("missing", "output 1", "display_data missing from this run", 0, None)
    ]
    assert told([error("E", "x")], []) == [("missing", "error", "error missing from this run", 0, None)]
    assert told([rich("a")], [error("E", "x")]) == [
        ("missing", "output 1", "display_data missing from this run", 0, None),
        ("extra", "error", "error that the file does not have", None, 0),
    ]


def test_a_moved_output_is_told_once() -> None:
    assert told([rich("a"), rich("b")], [rich("b"), rich("a")]) == [
        ("changed", "output 2", "moved: output 2 in the file, output 1 in this run", 1, 0)
    ]


def test_text_may_stand_before_or_behind_the_result() -> None:
    result = {**rich("5"), "output_type": "execute_result", "execution_count": 1}
    late, early = [stream("a\n"), result, stream("b\n")], [stream("a\nb\n"), result]
    assert told(late, early) == told(early, late) == []
    shown = rich("x")
    assert told([shown, result, stream("b\n")], [stream("b\n"), shown, result]) == [
        ("changed", "stdout", "text moved: after output 1 in the file, before it in this run", 2, 0)
    ]
    exact = replace(OPTIONS, mode=CompareMode.EXACT)
    (difference,) = compare_outputs(late, early, exact)
    assert difference.summary == "text moved: after output 2 in the file, before it in this run"


def test_a_moved_output_is_shown() -> None:
    (difference,) = compare_outputs([rich("a"), rich("b\nc")], [rich("b\nc"), rich("a")], OPTIONS)
    assert [(line.side, line.text) for hunk in difference.hunks for line in hunk.lines] == [
        (" ", "b"),
        (" ", "c"),
    ]


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ({"text/plain": "<IPython.core.display.Markdown object>", "text/markdown": "**b**"}, "**b**"),
        ({"text/plain": "<IPython.core.display.Latex object>", "text/latex": "$x$"}, "$x$"),
        ({"text/plain": "<IPython.core.display.HTML object>", "text/html": "<b>b</b>"}, "<b>b</b>"),
        ({"text/plain": "<IPython.core.display.Image object>", "image/png": "aGk="}, None),
        ({"text/plain": "   a\n0  1", "text/html": "<table/>"}, "   a"),
        ({"text/html": "<b>b</b>"}, "<b>b</b>"),
    ],
    ids=["markdown", "latex", "html", "picture", "table", "no-plain-text"],
)
def test_an_output_is_told_by_the_text_that_says_most(data: dict[str, str], shown: str | None) -> None:
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    (difference,) = compare_outputs([output], [], OPTIONS)
    assert difference.hunks[0].lines[0].text == (data["text/plain"] if shown is None else shown)


def test_a_lossless_picture_is_told_before_a_lossy_one() -> None:
    old = {"output_type": "display_data", "metadata": {}, "data": {"image/jpeg": "aGk=", "image/png": "aGk="}}
    new = {**old, "data": {"image/jpeg": "aG8=", "image/png": "aG8="}}
    (difference,) = compare_outputs([old], [new], OPTIONS)
    assert (difference.mimetype, difference.details) == ("image/png", ("image/jpeg differs too",))


def test_an_output_without_text_is_told_by_its_types() -> None:
    output = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "aGk="}}
    (difference,) = compare_outputs([output], [], OPTIONS)
    assert difference.details == ("has image/png",)


@pytest.mark.parametrize(
    ("expected", "actual", "summary"),
    [
        (
            [stream("a\n"), rich("x")],
            [rich("x"), stream("a\n")],
            "text moved: before output 2 in the file, after it in this run",
        ),
        (
            [rich("x"), stream("a\n")],
            [stream("a\n"), rich("x")],
            "text moved: after output 1 in the file, before it in this run",
        ),
        ([stream(" "), rich("x")], [stream(" "), rich("x"), stream(" ")], "1 line new"),
        ([stream("a\n")], [], "a missing from this run"),
        ([], [stream("a\nb\n")], "2 lines printed that the file does not have"),
    ],
)
def test_streams(expected: list[Any], actual: list[Any], summary: str) -> None:
    (difference,) = compare_outputs(expected, actual, OPTIONS)
    assert (difference.place, difference.summary) == ("stdout", summary)


def test_a_replacement_is_made_once_in_a_stream() -> None:
    options = replace(OPTIONS, replacements=((r"\Ax", ""),))
    assert compare_outputs([stream("xa\n")], [stream("a\n")], options) == ()
    assert compare_outputs([stream("xxa\n")], [stream("xa\n")], options) != ()


def test_a_display_without_partner_cuts_no_stream() -> None:
    found = compare_outputs([stream("a\nb\n")], [stream("a\n"), rich("x"), stream("b\n")], OPTIONS)
    assert [difference.kind for difference in found] == [DifferenceKind.EXTRA]


def test_the_richest_representation_tells_the_difference() -> None:
    (difference,) = compare_outputs(
        [rich("a", text_html="<b>a</b>", text_latex="a")],
        [rich("b", text_html="<b>b</b>", text_latex="b")],
        OPTIONS,
    )
    assert (difference.place, difference.mimetype) == ("output 1, text/html", "text/html")
    assert difference.details == ("text/latex differs too", "text/plain differs too")


def test_a_difference_that_only_the_twin_shows_is_one() -> None:
    (difference,) = compare_outputs(
        [rich("a", text_html="<b>a</b>")], [rich("b", text_html="<b>a</b>")], OPTIONS
    )
    assert difference.mimetype == "text/plain"


def test_metadata_and_kind_of_output_count() -> None:
    wide = {**rich("a"), "metadata": {"image/png": {"width": 9}}}
    assert told([rich("a")], [wide]) == [
        ("changed", "output 1, metadata", '["image/png"]: object of 1 is new', 0, 0)
    ]
    assert told([rich("a")], [{**rich("a"), "output_type": "execute_result"}]) == [
        ("changed", "output 1", "display_data became execute_result", 0, 0)
    ]


class Crashing:
    mimetypes = ("text/plain",)
    priority = 50

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        raise ZeroDivisionError("oh")


class Blind:
    mimetypes = ("text/*",)
    priority = 50

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        return None


def test_a_comparer_that_crashes_is_no_pass() -> None:
    registry = builtin_registry().extended([Crashing()])
    (difference,) = compare_outputs([rich("a")], [rich("b")], OPTIONS, registry=registry)
    assert difference.summary == "not judged: Crashing failed with ZeroDivisionError: oh"
    assert (difference.expected, difference.actual) == ("a", "b")


def test_a_value_of_the_wrong_shape_is_no_pass() -> None:
    (difference,) = compare_outputs([rich("a")], [rich(["b"])], OPTIONS)  # type: ignore[arg-type] (that is the case)
    assert difference.summary.startswith("not judged: TextComparer failed with ")
    (difference,) = compare_outputs([stream("a")], [stream(5)], OPTIONS)  # type: ignore[arg-type] (that is the case)
    assert "failed with TypeError" in difference.summary


def test_mode_exact_asks_no_comparer_for_mercy() -> None:
    registry = builtin_registry().extended([Blind()])
    assert compare_outputs([rich("a")], [rich("b")], OPTIONS, registry=registry) == ()
    assert compare_outputs(
        [rich("a")], [rich("b")], CompareOptions(mode=CompareMode.EXACT), registry=registry
    )


def test_mode_run_and_ignoring_all_compare_nothing() -> None:
    for options in (CompareOptions(mode=CompareMode.RUN), CompareOptions(ignored=frozenset({"all"}))):
        assert compare_outputs([rich("a")], [], options) == ()


@pytest.mark.parametrize(
    ("mimetype", "name"),
    [
        ("text/plain", "TextComparer"),
        ("text/csv", "TextComparer"),
        ("text/markdown", "MarkdownComparer"),
        ("text/latex", "LatexComparer"),
        ("application/x-tex", "LatexComparer"),
        ("text/html", "HtmlComparer"),
        ("image/svg+xml", "SvgComparer"),
        ("image/png", "ImageComparer"),
        ("application/json", "JsonComparer"),
        ("application/geo+json", "JsonComparer"),
        ("application/javascript", "JavascriptComparer"),
        ("text/javascript", "JavascriptComparer"),
        ("application/vnd.plotly.v1+json", "PlotlyComparer"),
        ("application/vnd.vegalite.v5+json", "VegaComparer"),
        ("application/vnd.vegalite.v6.json", "VegaComparer"),
        ("application/vnd.vega.v5+json", "VegaComparer"),
        ("application/vnd.jupyter.widget-view+json", "WidgetViewComparer"),
        ("application/pdf", "OpaqueComparer"),
    ],
)
def test_registry(mimetype: str, name: str) -> None:
    assert type(builtin_registry().find(mimetype)).__name__ == name


def test_a_registry_without_a_match() -> None:
    with pytest.raises(CompareError, match=r"^no comparer for a/b$"):
        Registry(()).find("a/b")


def test_the_later_of_equal_priority_wins() -> None:
    first, second = Blind(), Blind()
    assert builtin_registry().extended([first, second]).find("text/x") is second


def test_equal_outputs_import_nothing() -> None:
    code = (
        "import sys; from nbcheck.compare import *; "
        "o = [dict(output_type='stream', name='stdout', text='a')]; compare_outputs(o, list(o), CompareOptions()); "
        "print([m for m in ('deepdiff', 'rapidfuzz', 'PIL', 'html.parser', 'nbcheck.compare.text') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("data", [7, "x", None, [1]])
def test_a_stored_output_of_an_unknown_type_may_hold_anything(data: object) -> None:
    (difference,) = compare_outputs([{"output_type": "widget", "data": data}], [], CompareOptions())
    assert (difference.summary, difference.details) == ("widget missing from this run", ())

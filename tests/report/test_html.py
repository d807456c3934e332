"""Pages of a report, without a browser; tests/browser looks at them in one."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from PIL import Image

from helpers.nb import code, display, document, error, markdown, result, stderr, stdout
from nbcheck.compare.base import CompareOptions, Difference
from nbcheck.compare.outputs import compare_outputs
from nbcheck.report.base import (
    FaultRecord,
    ItemOutcome,
    ItemRecord,
    NotebookEntry,
    ResultRecord,
    RunReport,
)
from nbcheck.report.html import HtmlFile, HtmlFolder
from nbcheck.report.record import record_notebook, record_result
from nbcheck.report.view import DifferenceView, show_duration, view_cells
from nbcheck.results import CellError, CellResult, Outcome

HOSTILE = "</script></style><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


class Page(HTMLParser):
    """A page taken apart: tags with their attributes, in order, and text."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._silent = 0
        self.html = html.decode()
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._silent += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def with_class(self, name: str) -> int:
        return sum(name in attributes.get("class", "").split() for _, attributes in self.tags)


def png(colour: str) -> str:
    stream = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def picture(colour: str) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "data": {"image/png": png(colour), "text/plain": "Figure"},
        "metadata": {},
    }


def judged(number: int, expected: list[Any], actual: list[Any]) -> ResultRecord:
    """What a cell with other outputs than stored came to."""
    differences = compare_outputs(expected, actual, CompareOptions())
    assert differences
    told = CellResult(number, number, Outcome.DIFFERENT, "it differs", differences, outputs=tuple(actual))
    return record_result(told, advice=["Do this next."], compared_not="")


def entry(name: str = "nb.ipynb") -> NotebookEntry:
    """A notebook with one cell of every kind."""
    outputs: list[tuple[list[Any], list[Any]]] = [
        ([stdout("a\nb 3.14\nc\n")], [stdout("a\nb 3.15\nc\n")]),
        ([picture("white")], [picture("red")]),
        ([display("kept"), result("gone")], [display("kept"), stderr("new\n")]),
        (
            [{"output_type": "display_data", "data": {"application/json": {"a": [1, 2]}}, "metadata": {}}],
            [{"output_type": "display_data", "data": {"application/json": {"a": [1, 3]}}, "metadata": {}}],
        ),
    ]
    cells = [markdown("# Title\n*text*"), *(code(f"cell {n}", *pair[0]) for n, pair in enumerate(outputs, 1))]
    cells += [code("x = (\n1 / 0)"), code("never"), code("not selected", stdout("as stored\n"))]
    results = [judged(n, *pair) for n, pair in enumerate(outputs, 1)]
    raised = CellError("ZeroDivisionError", "no", ("\x1b[31mZeroDivisionError\x1b[39m", "Cell In[5], line 2"))
    failed = CellResult(5, 5, Outcome.ERROR, "ZeroDivisionError: no", error=raised, execution_count=5)
    results.append(record_result(failed, advice=["Mend it."], compared_not=""))
    results.append(
        record_result(CellResult(6, 6, Outcome.NOT_RUN, "not run: cell 5 raised"), advice=(), compared_not="")
    )
    items = [ItemRecord(f"cell-{n}", ItemOutcome.FAILED, 0.1) for n in range(1, 6)]
    items.append(ItemRecord("cell-6", ItemOutcome.SKIPPED))
    record = record_notebook(document(*cells), "nbcheck-python", ["a note on the notebook"])
    return NotebookEntry(name, tuple(items), record, tuple(results))


def run(*entries: NotebookEntry, note: str = "") -> RunReport:
    return RunReport(
        entries, "2024-05-01 10:00:00+02:00", 75.0, (("Python", "3.12"),), "pytest --nbcheck", note
    )


def passed(name: str) -> NotebookEntry:
    return NotebookEntry(name, (ItemRecord("cell-1", ItemOutcome.PASSED, 0.5),))


def broken(name: str, text: str = "wrong") -> NotebookEntry:
    fault = FaultRecord((text, "do this"), 2, ((1, "{"), (2, "<<<<<<< HEAD")))
    return NotebookEntry(name, (ItemRecord("notebook", ItemOutcome.FAILED),), fault=fault)


def hostile() -> NotebookEntry:
    """A notebook that tries to get out wherever text comes in."""
    outputs = [
        stdout(HOSTILE),
        stderr(HOSTILE),
        error(HOSTILE, HOSTILE),
        *(
            {"output_type": "display_data", "data": {mimetype: HOSTILE}, "metadata": {mimetype: {"width": HOSTILE}}}
            for mimetype in ("text/plain", "text/html", "text/markdown", "text/latex", "image/svg+xml", "image/png",
                             "application/javascript", "application/json", HOSTILE)
        ),
    ]  # fmt: skip
    cells = [
        markdown(HOSTILE),
        code(HOSTILE, *outputs, tags=[HOSTILE]),
        {**markdown(HOSTILE), "cell_type": "raw"},
    ]
    notebook = document(*cells, language_info={"name": HOSTILE})
    told = CellResult(
        1,
        1,
        Outcome.DIFFERENT,
        HOSTILE,
        compare_outputs([*outputs], [stdout("other")], CompareOptions()),
        CellError(HOSTILE, HOSTILE, (HOSTILE,)),
        (stdout("other"),),
        (HOSTILE,),
    )
    return NotebookEntry(
        HOSTILE + ".ipynb",
        (
            ItemRecord("cell-1", ItemOutcome.FAILED, text=HOSTILE),
            ItemRecord(HOSTILE, ItemOutcome.ERROR, text=HOSTILE),
        ),
        record_notebook(notebook, HOSTILE, [HOSTILE]),
        (record_result(told, advice=[HOSTILE], compared_not=HOSTILE),),
    )


RUNS = {
    "mixed": run(passed("ok.ipynb"), entry(), broken("broken.ipynb"), entry("sub/nb.ipynb")),
    "hostile": run(hostile(), broken(HOSTILE, HOSTILE), passed(HOSTILE), note=HOSTILE),
    "empty": run(),
    "all passed": run(passed("a.ipynb"), passed("b.ipynb")),
}


def pages(name: str) -> dict[str, Page]:
    """Every page of both forms of a report."""
    return {
        place: Page(content)
        for reporter in (HtmlFile("r.html"), HtmlFolder())
        for place, content in reporter.render(RUNS[name]).items()
    }


@pytest.mark.parametrize("name", RUNS)
def test_only_the_script_of_the_page_may_run_and_nothing_is_loaded(name: str) -> None:
    for page in pages(name).values():
        first = page.tags[page.tags.index(("head", {})) + 1]
        assert first[0] == "meta"
        assert first[1]["http-equiv"] == "Content-Security-Policy"
        (script,) = re.findall(r"<script>(.*?)</script>", page.html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"script-src 'sha256-{digest}';" in first[1]["content"]
        assert first[1]["content"].startswith("default-src 'none';")
        assert len(page.all("script")) == 1
        for tag, attributes in page.tags:
            assert not [name for name in attributes if name.startswith("on")], tag
            assert tag not in ("object", "embed", "base", "form")
            if tag in ("img", "link", "iframe", "source"):
                assert attributes.get("src", "data:").startswith("data:")
                assert attributes.get("href", "data:").startswith("data:")
            if tag == "iframe":
                assert attributes["sandbox"] == ""


@pytest.mark.parametrize("name", RUNS)
def test_pages_are_sound(name: str) -> None:
    found = pages(name)
    for place, page in found.items():
        ids = Counter(attributes["id"] for _, attributes in page.tags if "id" in attributes)
        assert [name for name, count in ids.items() if count > 1] == []
        groups = {attributes["name"] for attributes in page.all("input") if attributes.get("type") == "radio"}
        assert len(groups) == page.with_class("pictures")
        for link in page.all("a"):
            address, _, anchor = link["href"].partition("#")
            if address.startswith("https:"):
                continue
            target = (
                page if not address else found[re.sub(r"^[^/]*/\.\./|^\.\./", "", _beside(place, address))]
            )
            assert not anchor or anchor in {attributes.get("id") for _, attributes in target.tags}
        for attributes in page.all("section"):
            if "aria-labelledby" in attributes:
                assert attributes["aria-labelledby"] in ids
        assert all("alt" in image for image in page.all("img") if "src" in image)
        assert page.html.count("{{") == page.html.count("{{ 7*7")


def _beside(place: str, address: str) -> str:
    folder = place.rpartition("/")[0]
    return f"{folder}/{address}" if folder else address


def test_hostile_text_is_shown_as_it_is() -> None:
    (content,) = HtmlFile("r.html").render(RUNS["hostile"]).values()
    page = Page(content)
    assert page.text.count("alert(1)") > 10
    assert "49" not in page.text


def test_a_folder_has_a_page_for_each_notebook_that_failed() -> None:
    names = list(HtmlFolder().render(RUNS["mixed"]))
    assert names == ["index.html", "notebooks/nb.html", "notebooks/broken.html", "notebooks/sub-nb.html"]


def test_names_of_pages_are_unique_and_plain() -> None:
    odd = run(
        entry("a b.ipynb"),
        entry("a/b.ipynb"),
        entry("A-B.IPYNB"),
        entry("\u00e9.ipynb"),
        entry("x" * 300 + ".ipynb"),
    )
    names = list(HtmlFolder().render(odd))[1:]
    assert names[:4] == [
        "notebooks/a-b.html",
        "notebooks/a-b-2.html",
        "notebooks/A-B-3.html",
        "notebooks/notebook.html",
    ]
    assert len(names[4]) < 110


def test_what_a_reader_sees_first() -> None:
    (content,) = HtmlFile("r.html").render(RUNS["mixed"]).values()
    text = " ".join(Page(content).text.split())
    for part in (
        "3 of 4 notebooks failed",
        "1 min 15 s",
        "a note on the notebook",
        "pytest --nbcheck nb.ipynb::cell-1",
        "Do this next.",
        "not run: cell 5 raised",
        "not selected",
        "<<<<<<< HEAD",
    ):
        assert part in text
    assert re.search(r"nb\.ipynb.*sub/nb\.ipynb.*ok\.ipynb", text)


def differences(number: int) -> list[Difference | DifferenceView]:
    cell = next(cell for cell in view_cells(entry()) if cell.number == number)
    return [block for block in cell.blocks if isinstance(block, DifferenceView)]


def test_texts_stand_side_by_side() -> None:
    (view,) = differences(1)
    (hunk,) = view.hunks
    rows = [
        (row.kind, row.expected_number, str(row.expected), row.actual_number, str(row.actual)) for row in hunk
    ]
    assert rows == [
        ("same", 1, "a", 1, "a"),
        ("changed", 2, "b <del>3.14</del>", 2, "b <ins>3.15</ins>"),
        ("same", 3, "c", 3, "c"),
    ]
    assert view.is_folded


def test_pictures_come_with_a_picture_of_their_difference() -> None:
    (view,) = differences(2)
    assert view.pictures is not None
    assert view.pictures.expected == f"data:image/png;base64,{png('white')}"
    assert view.pictures.actual == f"data:image/png;base64,{png('red')}"
    assert view.pictures.difference is not None


def test_missing_and_extra_outputs_stand_where_they_belong() -> None:
    cell = next(cell for cell in view_cells(entry()) if cell.number == 3)
    kinds = [block.kind if isinstance(block, DifferenceView) else str(block) for block in cell.blocks]
    assert kinds == ["<pre>kept</pre>", "missing", "extra"]


def test_the_line_that_failed_is_marked() -> None:
    cell = next(cell for cell in view_cells(entry()) if cell.number == 5)
    assert cell.failing_line == 2
    assert "ansi-fg-1" in str(cell.blocks[-1])


def test_a_cell_that_nobody_selected_shows_what_is_stored() -> None:
    cell = next(cell for cell in view_cells(entry()) if cell.number == 7)
    assert (cell.label, [str(block) for block in cell.blocks]) == (
        "not selected",
        ['<pre class="stream stdout">as stored\n</pre>'],
    )


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.004, "0.00 s"), (9.994, "9.99 s"), (12.4, "12 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s")],
)
def test_durations(seconds: float, said: str) -> None:
    assert show_duration(seconds) == said

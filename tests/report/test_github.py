"""Annotations and the step summary of GitHub Actions."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from nbcheck.report.base import ItemOutcome, ItemRecord, NotebookEntry, ResultRecord, RunReport
from nbcheck.report.failures import Failure
from nbcheck.report.github import escape_data, escape_property, render_annotations, render_summary
from nbcheck.results import CellError, CellResult, Outcome


@pytest.mark.parametrize(
    ("text", "data", "property_"),
    [
        ("plain", "plain", "plain"),
        ("50% of\r\nlines", "50%25 of%0D%0Alines", "50%25 of%0D%0Alines"),
        ("a: b, c", "a: b, c", "a%3A b%2C c"),
        ("%0A", "%250A", "%250A"),
        ("::error::", "::error::", "%3A%3Aerror%3A%3A"),
    ],
)
def test_escapes_are_those_of_github(text: str, data: str, property_: str) -> None:
    assert (escape_data(text), escape_property(text)) == (data, property_)


def unescape(text: str) -> str:
    for code, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, character)
    return text


@given(st.text())
def test_an_annotation_is_one_line_and_reads_back(text: str) -> None:
    (line,) = render_annotations([Failure(text, 3, "cell-1", "", "error", text, (text,))])
    assert not re.search("[\r\n]", line)
    found = re.fullmatch(r"::error file=([^:,]*),line=3,title=([^:,]*)::(.*)", line, flags=re.DOTALL)
    assert found
    assert unescape(found[1]) == text
    assert unescape(found[2]) == f"{text}, cell 1"
    assert unescape(found[3]) == f"{text}\n{text}"


def some(count: int, path: str = "a.ipynb") -> list[Failure]:
    return [Failure(path, n, f"cell-{n}", "", "error", f"m{n}") for n in range(1, count + 1)]


@pytest.mark.parametrize(("count", "lines"), [(0, 0), (1, 1), (10, 10), (11, 10), (400, 10)])
def test_no_more_than_github_shows(count: int, lines: int) -> None:
    assert len(render_annotations(some(count))) == lines


def test_the_rest_is_counted_and_every_notebook_has_its_turn() -> None:
    *shown, last = render_annotations([*some(20, "a.ipynb"), *some(2, "b.ipynb")])
    assert [line.partition(",title")[0] for line in shown if "b.ipynb" in line] == [
        "::error file=b.ipynb,line=1",
        "::error file=b.ipynb,line=2",
    ]
    assert last == (
        "::error title=nbcheck::13 more failures than GitHub shows; the log and the summary have all%0Aa.ipynb: 13"
    )


def error(n: int, message: str = "E: no", line: str = "E: no") -> ResultRecord:
    told = CellResult(n - 1, n, Outcome.ERROR, message, error=CellError("E", "no", (line,)))
    return ResultRecord(told, line=10 * n, advice=("Mend `it`.",))


def entry(name: str, *results: ResultRecord) -> NotebookEntry:
    items = [ItemRecord(f"cell-{record.result.number}", ItemOutcome.FAILED, 0.5) for record in results]
    passed = ItemRecord("cell-99", ItemOutcome.PASSED, 0.25)
    return NotebookEntry(name, (*items, passed), results=results)


def run(*entries: NotebookEntry, note: str = "") -> RunReport:
    return RunReport(entries, "", 61.0, (), note=note, folder="/project")


def test_the_summary_of_a_run() -> None:
    text = render_summary(
        run(entry("ok.ipynb"), entry("a|b.ipynb", error(1)), note="It was interrupted."), "/project"
    )
    assert text == (
        "## nbcheck: 1 of 2 notebooks failed\n"
        "\n"
        "1 failed, 2 passed, 1 min 1 s\n"
        "\n"
        "**It was interrupted.**\n"
        "\n"
        "| notebook | | failed | passed | skipped | time |\n"
        "|---|---|--:|--:|--:|--:|\n"
        "| a\\|b.ipynb | failed | 1 | 1 | 0 | 0.75 s |\n"
        "| ok.ipynb | passed | 0 | 1 | 0 | 0.25 s |\n"
        "\n"
        "### a\\|b.ipynb, cell 1\n"
        "\n"
        "Line 10: E: no\n"
        "\n"
        "```text\n"
        "E: no\n"
        "```\n"
        "\n"
        "Mend \\`it\\`.\n"
    )


@pytest.mark.parametrize(
    ("entries", "head"),
    [((), "## nbcheck: no notebook was run"), ((entry("a.ipynb"),), "## nbcheck: 1 notebook passed")],
)
def test_its_first_line_is_the_verdict(entries: tuple[NotebookEntry, ...], head: str) -> None:
    assert render_summary(run(*entries), "/project").splitlines()[0] == head


NAMES = st.text(st.characters(exclude_characters="\0"))
HOSTILE = (
    "</td>|`x` ```` **b** [l](http://x) <script>alert(1)</script> $x$ @you #1 &amp; ![i](x) \\| ~~s~~ _e_"
)


@given(st.sampled_from(HOSTILE.split()) | NAMES | st.just(HOSTILE))
def test_what_a_notebook_says_stays_text(text: str) -> None:
    written = render_summary(run(entry(f"{text}.ipynb", error(1, text, text))), "/elsewhere")
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(written)
    kinds = {token.type for token in tokens} | {
        child.type for token in tokens for child in token.children or () if child.content or child.type
    }
    assert kinds <= {
        *(
            "heading_open",
            "heading_close",
            "paragraph_open",
            "paragraph_close",
            "inline",
            "text",
            "softbreak",
            "fence",
        ),
        *(
            "table_open",
            "table_close",
            "thead_open",
            "thead_close",
            "tbody_open",
            "tbody_close",
            "text_special",
        ),
        *("tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close"),
    }
    assert sum(token.type == "tr_open" for token in tokens) == 2
    assert sum(token.type == "fence" for token in tokens) <= 1
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h2", "h3"]


@pytest.mark.parametrize("limit", [4_000, 50_000])
def test_the_summary_keeps_its_limit(limit: int) -> None:
    written = render_summary(
        run(entry("nb.ipynb", *(error(n, line="\u00e9" * 150) for n in range(1, 900)))),
        "/project",
        limit=limit,
    )
    assert len(written.encode()) <= limit
    shown = written.count("### nb")
    assert written.endswith(f"\n{899 - shown} more failures not shown: a summary must not be larger.\n")


def test_a_long_table_is_cut() -> None:
    written = render_summary(run(*(entry(f"{n}.ipynb") for n in range(1000))), "/project")
    assert written.count(".ipynb | passed |") == 300
    assert "| ... and 700 more | | | | | |\n" in written

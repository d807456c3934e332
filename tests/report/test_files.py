"""Where a report goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbcheck.errors import UsageError
from nbcheck.report.base import RunReport
from nbcheck.report.files import ReportTarget
from nbcheck.report.html import HtmlFolder

EMPTY = dict(HtmlFolder().render(RunReport((), "now", 0.0, ())))
PAGE = EMPTY["index.html"]


def linking(*names: str) -> bytes:
    """An index that links to pages as ours does."""
    links = "".join(f'<a href="notebooks/{name}#notebook">x</a>' for name in names)
    return PAGE.replace(b"</main>", links.encode() + b"</main>")


@pytest.mark.parametrize(
    ("name", "is_file", "start"),
    [
        ("report.html", True, "report.html"),
        ("REPORT.HTM", True, "REPORT.HTM"),
        ("report", False, "report/index.html"),
        ("a.b", False, "a.b/index.html"),
    ],
)
def test_a_name_says_what_it_is(name: str, is_file: bool, start: str) -> None:
    target = ReportTarget(Path("/x") / name)
    assert (target.is_file, target.start) == (is_file, Path("/x") / start)


def test_a_report_is_written_over_an_earlier_one(tmp_path: Path) -> None:
    for name, pages in (("a/b/r.html", {"r.html": PAGE}), ("a/folder", EMPTY)):
        target = ReportTarget(tmp_path / name)
        for _ in range(2):
            target.check()
            target.write(pages)
        assert target.start.read_bytes() == PAGE


def test_pages_of_an_earlier_report_go_and_other_files_stay(tmp_path: Path) -> None:
    target = ReportTarget(tmp_path / "r")
    target.write(
        {"index.html": linking("a.html", "b.html"), "notebooks/a.html": PAGE, "notebooks/b.html": PAGE}
    )
    (tmp_path / "r/notebooks/mine.html").write_bytes(b"mine")
    (tmp_path / "r/notebooks/b.html").write_bytes(b"not a report any more")
    target.write({"index.html": linking("c.html"), "notebooks/c.html": PAGE})
    assert sorted(path.name for path in (tmp_path / "r/notebooks").iterdir()) == [
        "b.html",
        "c.html",
        "mine.html",
    ]


def test_what_is_there_already_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "mine.html").write_text("mine")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("mine")
    said = {}
    for name in ("folder.html", "file", "mine.html", "site"):
        with pytest.raises(UsageError) as caught:
            ReportTarget(tmp_path / name).check()
        said[name] = str(caught.value).replace(str(tmp_path), "DIR")
    assert said == {
        "folder.html": "DIR/folder.html is a folder; for a report in a folder choose a name without .html",
        "file": "DIR/file is a file; a report in one file needs a name that ends in .html",
        "mine.html": "DIR/mine.html is no report of nbcheck, so it is not overwritten; choose another name",
        "site": "DIR/site/index.html is no report of nbcheck, so it is not overwritten; choose another name",
    }

"""The HTML report: one file, or a folder with a page for each notebook that failed.

A page is complete in itself: no request leaves it. It can be read without JavaScript. Its first element is a policy
that allows no script but the one whose hash it names; what notebooks hold is sanitised, or in a sandboxed frame.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from nbcheck import __version__
from nbcheck.report.base import ItemOutcome, ItemRecord, NotebookEntry, RunReport, in_order
from nbcheck.report.duration import show_duration
from nbcheck.report.view import CellView, view_cells

_FAILED = (ItemOutcome.FAILED, ItemOutcome.ERROR)
_PASSED = (ItemOutcome.PASSED, ItemOutcome.XPASSED)
_SKIPPED = (ItemOutcome.SKIPPED, ItemOutcome.XFAILED)
_PAGES = "notebooks"
"""Folder of the pages in the folder of a report."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure at the top."""

    name: str
    value: str
    state: str = ""
    """Class for its colour."""


@dataclass(frozen=True, slots=True)
class NotebookView:
    """A notebook on a page."""

    entry: NotebookEntry
    anchor: str
    """Of its article."""
    page: str
    """Address of its page, from the page that is written; empty for the page itself."""
    prefix: str
    """Of its anchors, so that they are unique on their page."""
    cells: tuple[CellView, ...]

    @property
    def href(self) -> str:
        """Address of its article; empty when it has none."""
        return f"{self.page}#{self.anchor}" if self.entry.is_shown else ""

    @property
    def state(self) -> str:
        """Class for its looks, and the verdict in a word."""
        return "failed" if self.entry.has_failed else "updated" if self.entry.is_shown else "passed"

    @property
    def failed(self) -> int:
        """Items that failed."""
        return self.entry.count(*_FAILED)

    @property
    def passed(self) -> int:
        """Items that passed."""
        return self.entry.count(*_PASSED)

    @property
    def skipped(self) -> int:
        """Items that were skipped, or failed as expected."""
        return self.entry.count(*_SKIPPED)

    @property
    def duration(self) -> str:
        """Time that its items took."""
        return show_duration(self.entry.duration)

    @property
    def loose(self) -> list[ItemRecord]:
        """Items that failed and that no cell and no fault tells of."""
        if self.entry.fault is not None:
            return []
        shown = {f"cell-{cell.number}" for cell in self.cells}
        has_results = bool(self.entry.results)
        return [
            item
            for item in self.entry.items
            if item.outcome.is_failure and item.text and item.name not in shown and not has_results
        ]

    @property
    def argument(self) -> str:
        """Its name as an argument of a shell command."""
        return _quote(self.entry.name)

    def argument_of(self, cell: CellView) -> str:
        """A cell's node id as an argument of a shell command."""
        return _quote(f"{self.entry.name}::cell-{cell.number}{self.entry.suffix}")


class HtmlFile:
    """A report in one file."""

    def __init__(self, name: str) -> None:
        """Keep the file's name."""
        self._name = name

    def render(self, run: RunReport) -> Mapping[str, bytes]:
        """Write it; see :class:`nbcheck.report.base.Reporter`."""
        notebooks = [
            NotebookView(entry, f"n{number}", "", f"n{number}-", view_cells(entry) if entry.is_shown else ())
            for number, entry in enumerate(in_order(run.notebooks), start=1)
        ]
        return {self._name: _render("report.html.j2", run, notebooks)}


class HtmlFolder:
    """A report in a folder: ``index.html``, and ``notebooks/NAME.html`` for each that failed or is updated."""

    def render(self, run: RunReport) -> Mapping[str, bytes]:
        """Write it; see :class:`nbcheck.report.base.Reporter`."""
        entries = in_order(run.notebooks)
        names = list(_page_names(entries))
        cells = [view_cells(entry) if entry.is_shown else () for entry in entries]

        def views(folder: str) -> list[NotebookView]:
            return [
                NotebookView(entry, "notebook", folder + name, "", content)
                for entry, name, content in zip(entries, names, cells, strict=True)
            ]

        pages = {"index.html": _render("index.html.j2", run, views(f"{_PAGES}/"))}
        for view in views(""):
            if view.entry.is_shown:
                pages[f"{_PAGES}/{view.page}"] = _render(
                    "notebook.html.j2", run, views(""), notebook=view, index="../index.html"
                )
        return pages


def _render(template: str, run: RunReport, notebooks: Sequence[NotebookView], **more: object) -> bytes:
    failed = sum(view.entry.has_failed for view in notebooks)
    script, style = _asset("report.js"), _asset("report.css")
    digest = base64.b64encode(hashlib.sha256(f"\n{script}\n".encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "font-src data:; frame-src 'none'; base-uri 'none'; form-action 'none'"
    )
    text = (
        _environment()
        .get_template(template)
        .render(
            run=run,
            notebooks=notebooks,
            failed=failed,
            verdict=_verdict(failed, len(notebooks)),
            tiles=list(_tiles(run, failed)),
            policy=policy,
            script=Markup(script),  # noqa: S704 (ours)
            style=Markup(style),  # noqa: S704 (ours)
            version=__version__,
            **more,
        )
    )
    # UTF-8 has no lone surrogates, which outputs and names of files may hold.
    return text.encode("utf-8", "replace")


def _verdict(failed: int, count: int) -> str:
    if not count:
        return "No notebook was run"
    notebooks = f"{count} notebook{'s' if count != 1 else ''}"
    return f"{failed} of {notebooks} failed" if failed else f"{notebooks} passed"


def _tiles(run: RunReport, failed: int) -> Iterator[Tile]:
    yield Tile("notebooks", f"{len(run.notebooks):,}")
    yield Tile("failed notebooks", f"{failed:,}", "failed" if failed else "")
    for name, outcomes, state in (
        ("tests failed", _FAILED, "failed"),
        ("tests passed", _PASSED, "passed"),
        ("tests skipped", _SKIPPED, ""),
    ):
        count = sum(entry.count(*outcomes) for entry in run.notebooks)
        yield Tile(name, f"{count:,}", state if count else "")
    updated = sum(entry.updated for entry in run.notebooks)
    if updated:
        yield Tile("cells updated", f"{updated:,}")
    uncompared = sum(bool(record.compared_not) for entry in run.notebooks for record in entry.results)
    if uncompared:
        yield Tile("cells not compared", f"{uncompared:,}")
    yield Tile("time", show_duration(run.duration))


def _page_names(entries: Sequence[NotebookEntry]) -> Iterator[str]:
    """Yield a name of a page for each notebook: readable, safe in every file system, unique."""
    used: set[str] = set()
    for entry in entries:
        stem = re.sub(
            r"[^A-Za-z0-9._-]+", "-", re.sub(r"(?i)\.ipynb(?=\[|$)", "", entry.title).replace("/", "-")
        ).strip("-.")
        stem = stem[:80] or "notebook"
        name, number = f"{stem}.html", 1
        while name.lower() in used:
            number += 1
            name = f"{stem}-{number}.html"
        used.add(name.lower())
        yield name


def _quote(text: str) -> str:
    return text if re.fullmatch(r"[\w@%+=:,./-]+", text) else "'" + text.replace("'", "'\"'\"'") + "'"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("nbcheck.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> str:
    return (files("nbcheck.report") / "assets" / name).read_text("utf-8").rstrip("\n")

"""Notebooks kept as text: Markdown, MyST, Quarto and Python scripts with cells, as jupytext knows them.

A text file is taken for a notebook only when it says so in its header; what merely looks like one is left alone. It
holds no outputs. These are in the ``.ipynb`` it is paired with, by jupytext's ``formats`` or by its name; a cell whose
source stands in both has the outputs that are stored there.

Source: jupytext, "Notebooks as text" and "Paired notebooks"; MyST-NB, "Text-based notebooks"; Quarto, "Engine binding".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nbcheck.document.load import Document, parse_document, read_bytes, read_document
from nbcheck.document.notebooknode import NotebookNode
from nbcheck.errors import DocumentError

FORMATS = {".md": "md", ".markdown": "md", ".py": "py", ".qmd": "Rmd", ".rmd": "Rmd"}
"""Name endings of text notebooks, and jupytext's name for what is in them. Quarto's chunks are those of R Markdown."""

_HEAD = 16_384
"""Bytes in which a header must end; reading whole files of a tree would cost too much."""
_HEADERS = {
    "py": re.compile(rb"(?:#![^\n]*\n|#[^\n]*coding[^\n]*\n)*# ---\n(?:#[^\n]*\n)*?# jupyter:"),
    "md": re.compile(
        rb"---\n(?:[^\n]*\n)*?(?:jupyter|jupytext|kernelspec|file_format: *mystnb)\b(?:[^\n]*\n)*?---"
    ),
    "Rmd": re.compile(rb"---\n(?:[^\n]*\n)*?(?:jupyter|jupytext|engine: *jupyter)\b(?:[^\n]*\n)*?---"),
}
# jupytext asks for a display name, which nobody writes by hand.
_BARE_KERNELSPEC = re.compile(
    r"^((?:# )? *)kernelspec:[ \t]*\n(?!(?:(?:# )? +\w+:[^\n]*\n)*?(?:# )? +display_name:)", re.MULTILINE
)
_INSTALL = "install pytest-nbcheck[jupytext] to run it"


@dataclass(frozen=True, eq=False)
class TextDocument(Document):
    """A text notebook, with the outputs of the notebook it is paired with."""

    lines: tuple[int, ...]
    """Line of the file where the source of each cell begins, from 1."""
    stored: Document | None
    """The notebook that holds its outputs; None when there is none."""
    stored_cells: Mapping[int, int]
    """Index of a cell here -> index of the cell there whose outputs it has."""

    def cell_line(self, cell_index: int) -> int:
        """Line in the file where a cell begins, from 1."""
        return self.lines[cell_index]

    def source_line(self, cell_index: int, line: int = 1) -> int:
        """Line in the file where a line of a cell's source stands; arguments and result are those of Document."""
        last: int = self.notebook["cells"][cell_index]["source"].count("\n") + 1
        return self.lines[cell_index] + min(line, last) - 1

    def output_line(self, cell_index: int, output_index: int) -> int:
        """Line where a cell begins: its outputs stand in another file."""
        self.notebook["cells"][cell_index]["outputs"][output_index]
        return self.lines[cell_index]


def is_text_notebook(path: Path) -> bool:
    """Whether a file says in its header that it is a notebook."""
    header = _HEADERS.get(FORMATS.get(path.suffix.lower(), ""))
    if header is None:
        return False
    try:
        # A FIFO would never end.
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return header.match(head.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")) is not None


@cache
def can_read_text() -> bool:
    """Whether jupytext is installed."""
    return find_spec("jupytext") is not None


def text_twins(path: Path) -> list[Path]:
    """Return the text notebooks beside an ``.ipynb`` that have its name, which is where its outputs go."""
    beside = (path.with_suffix(suffix) for suffix in FORMATS)
    return [twin for twin in beside if is_text_notebook(twin)]


def read_any_document(path: Path) -> Document:
    """Read a notebook, as text or as ``.ipynb``, by the ending of its name.

    Raises:
        DocumentError: it cannot be read.
    """
    return read_text_document(path) if path.suffix.lower() in FORMATS else read_document(path)


def read_text_document(path: Path) -> TextDocument:
    """Read a text notebook, and the outputs of the notebook it is paired with.

    Args:
        path: a file that :func:`is_text_notebook` is true of.

    Returns:
        The document.

    Raises:
        DocumentError: jupytext is not installed or cannot read the file, or the paired notebook is none.
    """
    raw = read_bytes(path)
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentError("not UTF-8", path=path, line=line, remedy="save it in UTF-8") from error
    suffix = path.suffix.lower()
    tree, formats = _convert(text, FORMATS[suffix], path)
    for cell in tree["cells"]:
        # Made up anew at each reading; ours, invented below, are the same each time.
        cell.pop("id", None)
        if suffix == ".qmd":
            _apply_quarto(cell)
    base = parse_document(json.dumps(tree).encode(), path)
    notebook_file = _paired(path, formats)
    stored = None if notebook_file is None else read_document(notebook_file)
    cells = base.notebook["cells"]
    matches = {} if stored is None else _match(cells, stored.notebook["cells"])
    for index, other in matches.items():
        assert stored is not None  # noqa: S101 (where there is a match there is something to match)
        for key in ("outputs", "execution_count"):
            cells[index][key] = stored.notebook["cells"][other][key]
    _settle_metadata(base.notebook, stored)
    return TextDocument(
        path=path,
        raw=raw,
        notebook=base.notebook,
        notes=() if stored is None else stored.notes,
        version=base.version,
        cell_pointers=base.cell_pointers,
        invented_ids=frozenset(range(len(cells))),
        lines=tuple(_find_lines(text, [cell["source"] for cell in cells])),
        stored=stored,
        stored_cells=matches,
    )


# Any: jupytext has no types, and a notebook is whatever JSON the file makes
def _convert(text: str, kind: str, path: Path) -> tuple[dict[str, Any], str]:
    """Let jupytext read a text; return the notebook, and the formats that it is paired in."""
    if not can_read_text():
        raise DocumentError("a notebook kept as text", path=path, remedy=_INSTALL)
    # Only here: it takes as long to import as all of pytest.
    import jupytext  # pyright: ignore[reportMissingTypeStubs]

    completed = _BARE_KERNELSPEC.sub(r"\1kernelspec:\n\1  display_name: kernel\n", text)
    try:
        found = jupytext.reads(completed, fmt=kind)
    except Exception as error:  # whatever its parsers raise on what people write
        first = str(error).partition("\n")[0]
        raise DocumentError(
            f"jupytext cannot read it: {type(error).__name__}: {first}",
            path=path,
            line=1,
            remedy="correct its header, or remove the header if it is no notebook",
        ) from error
    formats = (found.metadata.get("jupytext") or {}).get("formats", "")
    tree: dict[str, Any] = json.loads(json.dumps(found))
    return tree, formats if isinstance(formats, str) else ""


def _apply_quarto(cell: dict[str, Any]) -> None:
    """Turn what Quarto says of a cell into what Jupyter says, and what it only shows into text."""
    language = cell["metadata"].get("language", "")
    if cell["cell_type"] == "code" and isinstance(language, str) and language.startswith("."):
        cell["cell_type"] = "markdown"
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
        return
    options = dict(re.findall(r"^#\| *([\w-]+): *(\S+) *$", cell["source"], re.MULTILINE))
    tags = cell["metadata"].setdefault("tags", [])
    if options.get("eval") == "false":
        tags.append("skip-execution")
    if not tags:
        del cell["metadata"]["tags"]


def _paired(path: Path, formats: str) -> Path | None:
    """Return the notebook with the outputs of a text notebook; None when there is none."""
    candidates = []
    if "ipynb" in formats:
        from jupytext.paired_paths import (  # pyright: ignore[reportMissingTypeStubs]
            InconsistentPath,
            paired_paths,
        )

        try:
            pairs = paired_paths(str(path), {"extension": path.suffix}, formats)
        except InconsistentPath:
            pairs = []
        candidates = [Path(other) for other, _ in pairs if other.endswith(".ipynb")]
    candidates.append(path.with_suffix(".ipynb"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _match(cells: Sequence[NotebookNode], stored: Sequence[NotebookNode]) -> dict[int, int]:
    """Match code cells by their sources, in order; a source that was changed has no outputs yet."""
    ours, theirs = (
        [i for i, cell in enumerate(side) if cell["cell_type"] == "code"] for side in (cells, stored)
    )
    sources = [
        [side[i]["source"].strip() for i in indexes] for side, indexes in ((cells, ours), (stored, theirs))
    ]
    blocks = SequenceMatcher(None, sources[0], sources[1], autojunk=False).get_matching_blocks()
    return {ours[a + k]: theirs[b + k] for a, b, size in blocks for k in range(size)}


def _settle_metadata(notebook: NotebookNode, stored: Document | None) -> None:
    """Take what the text does not say from the paired notebook; and a language for those who say none."""
    metadata = notebook["metadata"]
    metadata.pop("jupytext", None)
    other = {} if stored is None else stored.notebook["metadata"]
    for key in ("kernelspec", "language_info"):
        if key not in metadata and key in other:
            metadata[key] = other[key]


def _find_lines(text: str, sources: Sequence[str]) -> list[int]:
    """Find the line where each source begins, from 1: sources stand in the text in order, some behind comment signs."""
    lines = text.split("\n")
    found, position = [], 0
    for source in sources:
        wanted = source.split("\n")
        first = next((index for index, line in enumerate(wanted) if line.strip()), None)
        place = None if first is None else _search(lines, wanted[first], position)
        if place is None or first is None:
            found.append(min(position, len(lines) - 1) + 1)
            continue
        found.append(max(0, place - first) + 1)
        position = place - first + len(wanted)
    return found


def _search(lines: Sequence[str], wanted: str, start: int) -> int | None:
    plain = wanted.strip()
    commented = {plain, f"# {plain}", f"#{plain}"}
    return next((index for index in range(start, len(lines)) if lines[index].strip() in commented), None)

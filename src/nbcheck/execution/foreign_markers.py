"""What authors say in the words of other tools, as directives of ours: nbval, nbmake, pytest-notebook, Jupyter's tags.

Nothing here decides anything: each marker becomes a directive with its source (``the comment NBVAL_SKIP``), below what
is said in our own words at the same place. Tags that say how a notebook is shown or parametrised (``parameters``,
``remove-cell`` and the like) are in no table, so they have no effect.

Sources: nbval 0.11, ``find_comment_markers`` and ``find_metadata_tags``; nbmake 1.5, ``nb_run.py``;
pytest-notebook 0.11, ``nb_metadata.schema.json``; nbclient, "cell tags".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbcheck.execution.address import is_name


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that was said in another tool's words."""

    directive: str
    """Name of the directive that means the same."""
    value: object
    """Its value, as it could stand in metadata."""
    source: str
    """What was written, for people."""


_Meaning = tuple[tuple[str, object], ...]

_IGNORE: _Meaning = (("ignore-output", True),)

COMMENTS: Mapping[str, _Meaning] = {
    "PYTEST_VALIDATE_IGNORE_OUTPUT": _IGNORE,
    "NBVAL_IGNORE_OUTPUT": _IGNORE,
    # Also where the run as a whole compares nothing, as with --nbval-lax.
    "NBVAL_CHECK_OUTPUT": (("ignore-output", False), ("run-only", False)),
    "NBVAL_RAISES_EXCEPTION": (("raises-exception", True),),
    "NBVAL_SKIP": (("skip", True),),
}
"""nbval's comments, and what they mean."""

TAGS: Mapping[str, _Meaning] = {
    **{name.lower().replace("_", "-"): meaning for name, meaning in COMMENTS.items()},
    "raises-exception": (("raises-exception", True),),
    "skip-execution": (("skip", True),),
}
"""nbval's tags and Jupyter's, and what they mean."""


def read_tags(metadata: Mapping[str, Any]) -> Iterator[Marker]:
    """Yield what a cell's tags say, in their order."""
    tags = metadata.get("tags")
    for tag in tags if isinstance(tags, list) else ():
        for name, value in TAGS.get(tag, ()) if isinstance(tag, str) else ():
            yield Marker(name, value, f"the tag {tag}")


JUPYTERS_NAME = "cell metadata name"
"""Who says the name that nbformat knows; a front-end may have put it there, so nobody is held to it."""


def read_name(metadata: Mapping[str, Any]) -> Iterator[Marker]:
    """Yield the name that nbformat knows of a cell, if it can be one here."""
    name = metadata.get("name")
    if isinstance(name, str) and is_name(name):
        yield Marker("name", name, JUPYTERS_NAME)


def read_comments(source: str) -> Iterator[Marker]:
    """Yield what comments in a cell's source say, in their order; nbval takes the last of two that disagree.

    As in nbval, a marker is a line of its own with nothing else in it: ``# NBVAL_SKIP because`` is none.
    """
    if "NBVAL_" not in source and "PYTEST_VALIDATE_" not in source:
        return
    for line in source.splitlines():
        text = line.strip()
        comment = text.lstrip("#").strip() if text.startswith("#") else ""
        for name, value in COMMENTS.get(comment, ()):
            yield Marker(name, value, f"the comment {comment}")


def read_notebook_markers(metadata: Mapping[str, Any]) -> Iterator[Marker]:
    """Yield what a notebook's metadata say of all its cells: nbmake's time limit, pytest-notebook's skip."""
    timeout = _section(metadata, "execution").get("timeout")
    if timeout is not None:
        # nbclient, which nbmake hands it to, takes negative numbers for no limit.
        has_no_limit = isinstance(timeout, int | float) and timeout < 0
        yield Marker(
            "cell-timeout", "none" if has_no_limit else timeout, "notebook metadata execution.timeout"
        )
    section = _section(metadata, "nbreg")
    if section.get("skip"):
        yield Marker("skip", section.get("skip_reason") or section["skip"], "notebook metadata nbreg.skip")


def allows_errors(metadata: Mapping[str, Any]) -> bool:
    """Whether a notebook's metadata say that its cells may raise errors: ``execution.allow_errors``."""
    return bool(_section(metadata, "execution").get("allow_errors"))


_ERROR_FIELDS = ("ename", "evalue")
_STREAMS = ("stdout", "stderr")


def kinds_of_fields(names: Iterable[str]) -> frozenset[str]:
    """Return the kinds of outputs that names in nbval's ``skip_compare`` mean; others are never compared here."""
    found = {"error" if name in _ERROR_FIELDS else name for name in names}
    return frozenset(name for name in found if name == "error" or name in _STREAMS or "/" in name)


# ---- pytest-notebook's paths


@dataclass(frozen=True, slots=True)
class PathRule:
    """One entry of ``nbreg.diff_ignore`` or ``nbreg.diff_replace``."""

    cell_index: int | None
    """The cell it is said of, all cell types counted from 0; None for all cells."""
    ignored: tuple[str, ...] = ()
    """Kinds of outputs to be left out, as the directive ``ignore-output`` names them."""
    replacement: tuple[str, str] | None = None
    """A regular expression and what takes the place of what matches."""


@dataclass(frozen=True, slots=True)
class PathRules:
    """What ``nbreg`` of a notebook or a cell says."""

    rules: tuple[PathRule, ...] = ()
    """In the order of the file."""
    problems: tuple[str, ...] = ()
    """What cannot be followed, and what to do."""


_NBREG_KEYS = ("diff_ignore", "diff_replace")
_NOTEBOOK_KEYS = (*_NBREG_KEYS, "skip", "skip_reason")
_PATH = re.compile(r"/[_a-z0-9/+\-*]*")
_NOT_COMPARED_OF_NOTEBOOK = ("metadata", "nbformat", "nbformat_minor")
_NOT_COMPARED_OF_CELL = ("attachments", "cell_type", "execution_count", "id", "metadata", "source")
_NOT_COMPARED_OF_OUTPUT = ("execution_count", "output_type", "traceback")
_FIELDS = {**dict.fromkeys(_ERROR_FIELDS, ("error",)), "name": _STREAMS, "text": _STREAMS}
_SUGGESTION = "say it in nbcheck's words, as ignore-output, ignore-pattern or run-only"


def read_path_rules(metadata: Mapping[str, Any], *, is_notebook: bool) -> PathRules:
    """Read ``nbreg`` of pytest-notebook.

    Args:
        metadata: a notebook's or a cell's.
        is_notebook: whose; paths of a cell begin at the cell.
    """
    section = metadata.get("nbreg")
    place = f"{'notebook' if is_notebook else 'cell'} metadata nbreg"
    if section is None:
        return PathRules()
    if not isinstance(section, Mapping):
        return PathRules(problems=(f"{place}: it must be an object, not {section!r}",))
    rules: list[PathRule] = []
    problems = [
        f"{place}: {key!r} has no counterpart here; {_SUGGESTION}"
        for key in section
        if key not in (_NOTEBOOK_KEYS if is_notebook else _NBREG_KEYS)
    ]
    for key in _NBREG_KEYS:
        entries = section.get(key, [])
        if not isinstance(entries, list):
            problems.append(f"{place}.{key}: it must be a list, not {entries!r}")
            continue
        for entry in entries:
            try:
                read = _read_ignored if key == "diff_ignore" else _read_replaced
                rules += read(entry, is_notebook)
            except ValueError as error:
                problems.append(f"{place}.{key}: {error}")
    return PathRules(tuple(rules), tuple(problems))


def rules_as_markers(rules: Iterable[PathRule], cell_index: int, source: str) -> Iterator[Marker]:
    """Yield what rules say of one cell.

    Args:
        rules: of the notebook and of the cell.
        cell_index: of the cell, from 0.
        source: who said it, for people.
    """
    fitting = [rule for rule in rules if rule.cell_index in (None, cell_index)]
    ignored = dict.fromkeys(kind for rule in fitting for kind in rule.ignored)
    if ignored:
        yield Marker("ignore-output", list(ignored), source)
    replaced = [list(rule.replacement) for rule in fitting if rule.replacement is not None]
    if replaced:
        yield Marker("replace", replaced, source)


def _read_ignored(path: object, is_notebook: bool) -> list[PathRule]:
    cell_index, kinds = _resolve_path(path, is_notebook)
    return [PathRule(cell_index, kinds)] if kinds else []


def _read_replaced(entry: object, is_notebook: bool) -> list[PathRule]:
    match entry:
        case [path, str(pattern), str(replacement)]:
            cell_index, kinds = _resolve_path(path, is_notebook)
            return [PathRule(cell_index, replacement=(pattern, replacement))] if kinds else []
    raise ValueError(f"{entry!r} is not a path, a regular expression and a replacement")


def _resolve_path(path: object, is_notebook: bool) -> tuple[int | None, tuple[str, ...]]:
    """Return the cell that a path leads to, None for all, and the kinds of outputs; none for what is never compared.

    Raises:
        ValueError: nothing of ours means the same.
    """
    if not isinstance(path, str) or _PATH.fullmatch(path) is None:
        raise ValueError(f"{path!r} is no path such as {'/cells/*' if is_notebook else ''}/outputs/0/text")
    parts = list(filter(None, path.split("/")))
    cell_index = None
    if is_notebook and parts:
        head, *parts = parts
        if head in _NOT_COMPARED_OF_NOTEBOOK:
            return None, ()
        if head != "cells":
            raise ValueError(f"{path!r} leads nowhere; {_SUGGESTION}")
        if parts:
            number, *parts = parts
            cell_index = _index(number, path)
    return cell_index, _resolve_in_cell(parts, path)


def _resolve_in_cell(parts: Sequence[str], path: str) -> tuple[str, ...]:
    match parts:
        case []:
            return ("all",)
        case [head, *_] if head in _NOT_COMPARED_OF_CELL:
            return ()
        case ["outputs"]:
            return ("all",)
        case ["outputs", number, *rest]:
            index = _index(number, path)
            own = None if index is None else (str(index + 1),)
            match rest:
                case []:
                    return own or ("all",)
                case [field, *_] if field in _NOT_COMPARED_OF_OUTPUT:
                    return ()
                case [field] if field in _FIELDS:
                    return own or _FIELDS[field]
                case ["data"] if own is not None:
                    return own
                case ["data", top, sub] if own is None:
                    return (f"{top}/{sub}",)
    raise ValueError(f"nothing here means the same as {path!r}; {_SUGGESTION}")


def _index(text: str, path: str) -> int | None:
    if text == "*":
        return None
    if not text.isdigit():
        raise ValueError(f"{path!r} leads nowhere: {text!r} is neither a number nor *")
    return int(text)


# ---- nbmake's code after a cell


@dataclass(frozen=True, slots=True)
class AfterCode:
    """Code that is to be run after a cell, and is no cell."""

    source: str
    """The code."""
    what: str
    """Who asked for it, for people."""


_VARIABLE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def read_after_code(
    metadata: Mapping[str, Any], language: str
) -> tuple[tuple[AfterCode, ...], tuple[str, ...]]:
    """Read ``nbmake.mock`` and ``nbmake.post_cell_execute``.

    Args:
        metadata: the cell's.
        language: of the notebook, as its metadata name it; empty when they do not.

    Returns:
        Code in the order of running, and what cannot be followed.
    """
    section = _section(metadata, "nbmake")
    found: list[AfterCode] = []
    problems: list[str] = []
    mock, lines = section.get("mock") or {}, section.get("post_cell_execute") or []
    place = "cell metadata nbmake"
    if not isinstance(mock, Mapping):
        problems.append(f"{place}.mock: it must be an object of variables and values, not {mock!r}")
    elif mock and language.lower() not in ("", "python", "ipython"):
        problems.append(f"{place}.mock: values can be assigned in Python only, not in {language}")
    elif mock:
        problems += [
            f"{place}.mock: {name!r} is not the name of a variable"
            for name in mock
            if _VARIABLE.fullmatch(name) is None
        ]
        source = "\n".join(f"{name} = {python_literal(value)}" for name, value in mock.items())
        found.append(AfterCode(source, "nbmake.mock"))
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        problems.append(f"{place}.post_cell_execute: it must be a list of lines of code, not {lines!r}")
    elif lines:
        found.append(AfterCode("\n".join(lines), "nbmake.post_cell_execute"))
    return (() if problems else tuple(found)), tuple(problems)


def python_literal(value: object) -> str:
    """Spell a JSON value in Python, whatever quotes, lines and numbers it holds."""
    match value:
        case Mapping():
            return (
                "{" + ", ".join(f"{str(key)!r}: {python_literal(item)}" for key, item in value.items()) + "}"
            )
        case list():
            return f"[{', '.join(map(python_literal, value))}]"
        case float() if not math.isfinite(value):
            return f"float({str(value)!r})"
        case str():
            return repr(str(value))
        case _:
            return repr(value)


def _section(metadata: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = metadata.get(name)
    return section if isinstance(section, Mapping) else {}

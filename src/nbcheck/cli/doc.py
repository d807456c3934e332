"""``nbcheck doc``: notebook files by themselves, without running them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbcheck.document import save_document
from nbcheck.document.load import read_bytes
from nbcheck.document.tidy import find_issues, normalize, strip, upgrade
from nbcheck.errors import DocumentError

CLEAN, FOUND, FAILED = 0, 1, 2
"""Exit codes: nothing to do or all done; issues found, or a file that would be changed; a file that cannot be read or
written."""

_LEFT_OUT = frozenset({".ipynb_checkpoints", ".git", ".venv", "node_modules"})


@dataclass(frozen=True, slots=True)
class _Change:
    """A command that changes files."""

    function: Callable[[bytes, Path | None], bytes]
    """From old content to new."""
    done: str
    """What is said of a changed file."""
    help: str
    """What it does, in half a line."""


_CHANGES = {
    "normalize": _Change(normalize, "normalized", "repair what Jupyter repairs when it opens a notebook"),
    "strip": _Change(strip, "stripped", "take out outputs, execution counts and metadata of running"),
    "upgrade": _Change(upgrade, "upgraded", "bring notebooks to format 4.5"),
}


def doc(arguments: Sequence[str]) -> int:
    """Check, repair, upgrade or strip notebook files.

    Args:
        arguments: those after ``doc``.

    Returns:
        Exit code: 0 when nothing is wrong or everything was done; 1 when issues were found, or files would be changed
        by a command that was only to look; 2 when a file could not be read or written.
    """
    options = _parser().parse_args(arguments)
    code = CLEAN
    for path in find_notebooks(options.paths):
        try:
            found = _validate(path) if options.action == "validate" else _change(path, options)
        except DocumentError as error:
            print(error, file=sys.stderr)
            found = FAILED
        code = max(code, found)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nbcheck doc",
        description="Work on notebook files without running them. What need not change in a file does not.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    validate = actions.add_parser("validate", help="list every place where a notebook leaves the format")
    _add_paths(validate)
    for name, change in _CHANGES.items():
        action = actions.add_parser(name, help=change.help)
        action.add_argument("--check", action="store_true", help="only say which files would be changed")
        _add_paths(action)
    return parser


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a notebook, or a folder with some"
    )


def find_notebooks(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield files as they are given, and the notebooks of folders in order."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for found in sorted(path.rglob("*")):
            if found.suffix.lower() == ".ipynb" and _LEFT_OUT.isdisjoint(found.parts) and found.is_file():
                yield found


def _validate(path: Path) -> int:
    issues = find_issues(read_bytes(path), path)
    for issue in issues:
        print(f"{path}:{issue.line}:{issue.column}: {issue.pointer or 'the whole file'}: {issue.problem}")
    return FOUND if issues else CLEAN


def _change(path: Path, options: argparse.Namespace) -> int:
    change = _CHANGES[options.action]
    raw = read_bytes(path)
    new = change.function(raw, path)
    if new == raw:
        return CLEAN
    if options.check:
        print(f"{path}: would be {change.done}")
        return FOUND
    for note in save_document(path, raw, new):
        print(note, file=sys.stderr)
    print(f"{path}: {change.done}")
    return CLEAN

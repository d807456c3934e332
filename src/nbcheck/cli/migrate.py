"""``nbcheck migrate``: other notebook testers' markers in our words."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from nbcheck.cli.doc import CLEAN, FAILED, FOUND, find_notebooks
from nbcheck.document import read_document, save_document
from nbcheck.errors import NbcheckError
from nbcheck.execution.rewrite import rewrite_markers


def migrate(arguments: Sequence[str]) -> int:
    """Rewrite markers of nbval and pytest-notebook.

    Args:
        arguments: those after ``migrate``.

    Returns:
        Exit code: 0 when all is done; 1 when files would be changed and were not; 2 when a file could not be read or
        written.
    """
    parser = argparse.ArgumentParser(
        prog="nbcheck migrate",
        description="Rewrite markers of nbval and pytest-notebook into directives of nbcheck that mean the same. "
        "Nothing else in a file is changed.",
    )
    parser.add_argument("--check", action="store_true", help="only say which files would be changed")
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a notebook, or a folder with some"
    )
    options = parser.parse_args(arguments)
    code = CLEAN
    for path in find_notebooks(options.paths):
        try:
            code = max(code, _migrate(path, is_check=options.check))
        except NbcheckError as error:
            print(error, file=sys.stderr)
            code = FAILED
    return code


def _migrate(path: Path, *, is_check: bool) -> int:
    document = read_document(path)
    rewriting = rewrite_markers(document)
    for left in rewriting.left:
        print(f"{path}: {left}")
    if rewriting.raw == document.raw:
        return CLEAN
    if is_check:
        print(f"{path}: would be migrated")
        return FOUND
    for note in save_document(path, document.raw, rewriting.raw):
        print(note, file=sys.stderr)
    print(f"{path}: migrated")
    return CLEAN

"""``nbcheck pending``, ``accept`` and ``reject``: deciding on what failing runs have left."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbcheck.accepting.pieces import Piece
from nbcheck.accepting.proposal import Decision, Proposal, ProposedCell, open_proposal
from nbcheck.accepting.record import PendingCell, PendingNotebook
from nbcheck.accepting.select import Selector, is_selected, read_selector
from nbcheck.accepting.store import FOLDER, PendingStore
from nbcheck.accepting.update import Outcome, accept_notebook, forget, write
from nbcheck.errors import NbcheckError, UsageError
from nbcheck.execution.config import Configuration, load_configuration
from nbcheck.report.terminal import WIDTH, escape
from nbcheck.transport.project import HOME

DONE, REFUSED, UNUSABLE = 0, 1, 2
"""Exit codes: all that was asked for is done; something was refused; what was asked for makes no sense."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the arguments of these commands come to."""

    root: Path
    """The project's folder."""
    store: PendingStore
    """Where the pending set is."""
    selectors: tuple[Selector, ...]
    """What is meant; none for everything."""
    configuration: Configuration
    """What the project says of its notebooks."""
    notebooks: tuple[PendingNotebook, ...]
    """Those of the set that are meant, or have a part that is."""

    def means(self, pending: PendingNotebook, cell: PendingCell, piece: str) -> bool:
        """Whether an output is meant."""
        return is_selected(self.selectors, pending.notebook, cell, piece)

    def open(self, pending: PendingNotebook) -> Proposal:
        """Read the files of a notebook; raises NbcheckError when nothing of it can be accepted."""
        return open_proposal(self.root, pending, self.configuration)


def pending(arguments: Sequence[str]) -> int:
    """List what waits; the arguments are those after ``pending``."""
    return _run("pending", "List the outputs that wait for a decision.", arguments, _list)


def accept(arguments: Sequence[str]) -> int:
    """Write fresh outputs into their notebooks; the arguments are those after ``accept``."""
    text = "Write the fresh outputs of failed cells into their notebooks, and change nothing else in them."
    return _run("accept", text, arguments, _accept)


def reject(arguments: Sequence[str]) -> int:
    """Forget fresh outputs; the arguments are those after ``reject``."""
    return _run("reject", "Forget fresh outputs; the notebooks stay as they are.", arguments, _reject)


def read_arguments(command: str, text: str, arguments: Sequence[str]) -> Asked:
    """Read the arguments that these commands have in common.

    Args:
        command: its name.
        text: what it does.
        arguments: those after its name.

    Raises:
        NbcheckError: something that was given is not there.
    """
    parser = argparse.ArgumentParser(prog=f"nbcheck {command}", description=text)
    parser.add_argument(
        "selections",
        nargs="*",
        metavar="SELECT",
        help="notebooks, cells or outputs: docs/*.ipynb, nb.ipynb::cell-3, nb.ipynb::cell-3::stdout; "
        "everything unless told otherwise",
    )
    parser.add_argument("--root", type=Path, metavar="DIR", help="the project's folder, pytest's rootdir")
    parser.add_argument(
        "--from",
        dest="artifact",
        type=Path,
        metavar="DIR",
        help=f"a folder with the pending set of another machine, instead of {HOME}/{FOLDER} of the project",
    )
    options = parser.parse_args(arguments)
    root = options.root or _find_root()
    for folder in (root, options.artifact):
        if folder is not None and not folder.is_dir():
            raise UsageError(f"{folder}: there is no such folder")
    store = PendingStore.in_artifact(options.artifact) if options.artifact else PendingStore.of_project(root)
    selectors = tuple(read_selector(text, root.absolute(), Path.cwd()) for text in options.selections)
    notebooks = tuple(store)
    for selector in selectors:
        if not any(_meant(selector, notebook) for notebook in notebooks):
            raise UsageError(f"{selector.text}: nothing of that waits for a decision; see nbcheck pending")
    meant = tuple(
        notebook
        for notebook in notebooks
        if not selectors or any(selector.matches_notebook(notebook.notebook) for selector in selectors)
    )
    return Asked(root, store, selectors, load_configuration(root / "pyproject.toml"), meant)


def _find_root() -> Path:
    """Return the nearest folder with a pending set, from where the user is."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / HOME / FOLDER).is_dir()), here)


def _meant(selector: Selector, notebook: PendingNotebook) -> bool:
    whole = replace(selector, output="*")
    return any(whole.matches(notebook.notebook, cell, "") for cell in notebook.cells)


def _run(command: str, text: str, arguments: Sequence[str], function: Callable[[Asked], int]) -> int:
    try:
        return function(read_arguments(command, text, arguments))
    except NbcheckError as error:
        print(f"nbcheck {command}: {error}", file=sys.stderr)
        return UNUSABLE


def _accept(asked: Asked) -> int:
    outcome = Outcome()
    for notebook in asked.notebooks:
        outcome += accept_notebook(asked.root, asked.store, notebook, asked.configuration, asked.selectors)
    if asked.selectors and not outcome.outputs and not outcome.refusals:
        raise _nothing_of(asked)
    for line in outcome.lines:
        print(escape(line))
    return REFUSED if outcome.is_incomplete else DONE


def _nothing_of(asked: Asked) -> UsageError:
    named = ", ".join(selector.text for selector in asked.selectors)
    return UsageError(f"{named}: nothing of that waits for a decision; see nbcheck pending")


def _reject(asked: Asked) -> int:
    count = 0
    for notebook in asked.notebooks:
        try:
            count += _reject_pieces(asked, notebook)
        except NbcheckError:
            # Nothing of it can be accepted any more: only whole cells are left to be told apart.
            meant = [cell.number for cell in notebook.cells if asked.means(notebook, cell, "*")]
            forget(asked.store, notebook, meant)
            count += len(meant)
    if asked.selectors and not count:
        raise _nothing_of(asked)
    print(f"{count} rejected")
    return DONE


def _reject_pieces(asked: Asked, notebook: PendingNotebook) -> int:
    proposal = asked.open(notebook)
    decisions = []
    for cell in proposal.cells:
        meant = tuple(piece for piece in cell.pieces if asked.means(notebook, cell.pending, piece.name))
        decisions += [Decision(cell, rejected=meant)] if meant else []
    for note in write(asked.root, asked.store, proposal, decisions).notes:
        print(escape(note), file=sys.stderr)
    whole = [cell.number for cell, _ in proposal.refused if asked.means(notebook, cell, "*")]
    forget(asked.store, notebook, whole)
    return sum(len(decision.rejected) for decision in decisions) + len(whole)


# Text


def _list(asked: Asked) -> int:
    for notebook in asked.notebooks:
        for line in _describe(asked, notebook):
            print(escape(line)[:WIDTH])
    if not asked.notebooks:
        print("nothing waits for a decision")
    return DONE


def _describe(asked: Asked, notebook: PendingNotebook) -> Iterator[str]:
    yield f"{notebook.notebook} (run {notebook.made.replace('T', ' ')[:16]} by {notebook.kernel or 'no kernel'})"
    try:
        proposal = asked.open(notebook)
    except NbcheckError as error:
        yield f"  refused: {str(error).removeprefix(f'{notebook.notebook}: ')}"
        return
    rows = [
        (cell.pending, piece.name, _state(cell, piece)) for cell in proposal.cells for piece in cell.pieces
    ]
    rows += [(cell, "*", reason) for cell, reason in proposal.refused]
    for cell, name, state in sorted(rows, key=lambda row: row[0].number):
        if asked.means(notebook, cell, name):
            yield f"  cell-{cell.number}{'' if name == '*' else f'::{name}'}  {state}"


def _state(cell: ProposedCell, piece: Piece) -> str:
    refusal = cell.refusal(piece)
    unstable = " (unstable)" if piece.key in cell.pending.suggestions else ""
    return f"{piece.difference.summary}{unstable}{f' (cannot be accepted: {refusal})' if refusal else ''}"

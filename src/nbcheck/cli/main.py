"""The ``nbcheck`` command: one module a subcommand."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nbcheck import __version__
from nbcheck.cli.directives import directives
from nbcheck.cli.doc import doc
from nbcheck.cli.explain import explain
from nbcheck.cli.init import init
from nbcheck.cli.kernel import kernel
from nbcheck.cli.migrate import migrate
from nbcheck.cli.pending import accept, pending, reject
from nbcheck.cli.review import review
from nbcheck.cli.run import run


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand."""

    function: Callable[[Sequence[str]], int]
    """Takes the arguments after the subcommand's name, returns the exit code."""
    help: str
    """What it does, in half a line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: without the program's name; None takes them from the command line.

    Returns:
        Exit code: the subcommand's, 0 when all is well.
    """
    width = max(map(len, COMMANDS))
    parser = argparse.ArgumentParser(
        prog="nbcheck",
        usage="nbcheck [-h] [--version] COMMAND ...",
        description="Run Jupyter notebooks and compare their outputs with the stored ones.",
        epilog="commands:\n"
        + "\n".join(f"  {name:{width}}  {command.help}" for name, command in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"nbcheck {__version__}")
    parser.add_argument("command", choices=list(COMMANDS), metavar="COMMAND", help="one of those below")
    # A subcommand reads its own arguments: those of run are pytest's, and their order counts.
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    return COMMANDS[options.command].function(options.arguments)


COMMANDS = {
    "accept": Command(
        accept, "write the fresh outputs of failed cells into their notebooks: nbcheck accept SELECT"
    ),
    "directives": Command(
        directives, "list what holds for each cell, and who says so: nbcheck directives PATHS"
    ),
    "doc": Command(doc, "check, repair, upgrade or strip notebook files: nbcheck doc validate PATHS"),
    "init": Command(
        init, "run a repository for the first time: what fails and why, settings, a baseline: nbcheck init"
    ),
    "kernel": Command(
        kernel, "let JupyterLab and others start nbcheck's kernels: nbcheck kernel install, list, remove"
    ),
    "migrate": Command(
        migrate, "rewrite markers of nbval and pytest-notebook into nbcheck's: nbcheck migrate PATHS"
    ),
    "explain": Command(explain, "why a cell passes or fails, step by step: nbcheck explain NOTEBOOK::cell-3"),
    "pending": Command(pending, "list the outputs that wait for a decision"),
    "reject": Command(
        reject, "forget fresh outputs, and leave the notebooks as they are: nbcheck reject SELECT"
    ),
    "review": Command(review, "decide on them one by one, in the terminal"),
    "run": Command(run, "test notebooks and folders: pytest --nbcheck PATHS, with pytest's options"),
}
"""Every subcommand, by name."""

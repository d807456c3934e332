"""``nbcheck kernel``: kernelspecs, by which JupyterLab and others start the bundled kernels."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nbcheck.errors import KernelspecError, NbcheckError, UsageError
from nbcheck.manager.discovery import (
    BUNDLED,
    find_kernelspecs,
    installed_dirs,
    list_kernelspecs,
    load_kernelspec,
    prefers_environment,
    user_data_dir,
)
from nbcheck.manager.install import (
    install_kernelspec,
    is_ours,
    remove_kernelspec,
)
from nbcheck.report.terminal import escape

DONE, FAILED = 0, 2
"""Exit codes: all that was asked for is done; it makes no sense or could not be done."""


def kernel(arguments: Sequence[str]) -> int:
    """Install, list and remove kernelspecs; the arguments are those after ``kernel``.

    Returns:
        Exit code: 0 when it was done, 2 when it could not be, or makes no sense.
    """
    options = _parser().parse_args(arguments)
    actions: dict[str, Callable[[argparse.Namespace], None]] = {
        "install": _install,
        "list": _list,
        "remove": _remove,
    }
    try:
        actions[options.action](options)
    except NbcheckError as error:
        print(f"nbcheck kernel {options.action}: {error}", file=sys.stderr)
        return FAILED
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nbcheck kernel", description="Kernelspecs, by which Jupyter software starts kernels."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    install = actions.add_parser("install", help="let JupyterLab and others start the kernels of nbcheck")
    install.add_argument(
        "kernels",
        nargs="*",
        metavar="KERNEL",
        help=f"{' or '.join(BUNDLED.values())}; all of them unless told otherwise",
    )
    where = install.add_mutually_exclusive_group()
    where.add_argument("--user", action="store_true", help="for this user, in all environments")
    where.add_argument(
        "--sys-prefix",
        action="store_true",
        help="for this environment; the default inside of one, otherwise --user is",
    )
    where.add_argument("--prefix", type=Path, metavar="DIR", help="in DIR/share/jupyter/kernels")
    install.add_argument("--name", default="", help="of the kernelspec; for a single kernel")
    install.add_argument("--display-name", default="", help="what people see; for a single kernel")
    actions.add_parser("list", help="list the kernelspecs that are found, the one that wins first")
    remove = actions.add_parser("remove", help="remove kernelspecs of nbcheck's kernels")
    remove.add_argument("names", nargs="+", metavar="NAME", help="of kernelspecs, as listed")
    remove.add_argument("--any", action="store_true", help="also those of other kernels")
    return parser


def _install(options: argparse.Namespace) -> None:
    wanted = options.kernels or list(BUNDLED.values())
    for interpreter in wanted:
        if interpreter not in BUNDLED.values():
            raise UsageError(
                f"{interpreter}: there is no such kernel; there are {', '.join(BUNDLED.values())}"
            )
    if len(wanted) > 1 and (options.name or options.display_name):
        raise UsageError("--name and --display-name are for a single kernel; name it, as in install python")
    folder = _target(options)
    for interpreter in wanted:
        made = install_kernelspec(
            folder, interpreter, sys.executable, name=options.name, display_name=options.display_name
        )
        print(f"{made.name} installed: {escape(str(made))}")
    if folder.absolute() not in [one.absolute() for one in installed_dirs()]:
        print(
            f"Jupyter does not look there; JUPYTER_PATH={escape(str(folder.parent))} makes it",
            file=sys.stderr,
        )


def _target(options: argparse.Namespace) -> Path:
    """Return the folder of kernelspecs to install into."""
    if options.prefix is not None:
        prefix: Path = options.prefix
        return prefix / "share" / "jupyter" / "kernels"
    if options.sys_prefix or (not options.user and prefers_environment(os.environ)):
        return Path(sys.prefix) / "share" / "jupyter" / "kernels"
    return user_data_dir(os.environ, Path.home(), sys.platform) / "kernels"


def _list(_: argparse.Namespace) -> None:
    found = list(list_kernelspecs(installed_dirs()))
    if not found:
        print("no kernelspecs; nbcheck kernel install makes those of nbcheck")
        return
    rows = list(_rows(found))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for name, display, folder in rows:
        print(f"{name:{widths[0]}}  {display:{widths[1]}}  {folder}")


def _rows(found: Sequence[Path]) -> Iterator[tuple[str, str, str]]:
    """Yield name, name for people and folder of each, with what there is to know of it."""
    seen: set[str] = set()
    for folder in found:
        name = folder.name.lower()
        try:
            display = load_kernelspec(name, folder).display_name
        except KernelspecError as error:
            display = f"cannot be used: {'; '.join(error.problems)}"
        hidden = " (hidden by the one above)" if name in seen else ""
        seen.add(name)
        yield escape(name), escape(display), f"{escape(str(folder))}{hidden}"


def _remove(options: argparse.Namespace) -> None:
    found = find_kernelspecs(installed_dirs())
    chosen = {}
    for given in options.names:
        name = given.lower()
        if name not in found:
            raise UsageError(f"{given}: there is no such kernelspec; see nbcheck kernel list")
        if not (options.any or is_ours(found[name])):
            raise UsageError(f"{found[name]}: is another kernel's; --any removes that, too")
        chosen[name] = found[name]
    for name, folder in chosen.items():
        remove_kernelspec(folder)
        print(f"{name} removed: {escape(str(folder))}")

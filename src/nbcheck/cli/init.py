"""``nbcheck init``: the first run on a repository, what its failures have in common, and where to begin."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbcheck.accepting.proposal import Proposal, open_proposal
from nbcheck.accepting.settings import Setting, find_settings
from nbcheck.accepting.store import PendingStore
from nbcheck.baseline.file import NAME, Baseline, read_baseline, write_baseline
from nbcheck.cli.doc import find_notebooks
from nbcheck.document.files import replace_file, save_document
from nbcheck.errors import NbcheckError, UsageError
from nbcheck.execution.config import TABLE, Configuration, load_configuration
from nbcheck.report.reasons import Reason, find_reasons
from nbcheck.report.terminal import escape

GREEN, RED, UNUSABLE = 0, 1, 2
"""Exit codes: nothing fails, or what fails is known now; something fails; what was asked for makes no sense."""
_MARKS = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", ".git")
"""What the folder of a project holds."""
_SHOWN = 3
"""Places of a reason that are told."""
_HEADER = re.compile(rf"^[ \t]*\[[ \t]*{re.escape(TABLE)}[ \t]*\][^\n]*\n?", re.MULTILINE)

Json = Mapping[str, Any]
"""The JSON report of a run. Any: what JSON can carry."""


@dataclass(frozen=True, slots=True)
class _Ran:
    """What the first run came to."""

    report: Json
    baseline: Baseline
    """Of everything that failed."""


def init(arguments: Sequence[str]) -> int:
    """Run all notebooks for the first time; the arguments are those after ``init``.

    Returns:
        Exit code: 0 when nothing fails, or all that fails is in the baseline that was asked for; 1 when something
        fails; 2 when what was asked for makes no sense, or the run broke off.
    """
    # argparse would take what stands behind the -- for paths.
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = _parser().parse_args(arguments[:end])
    try:
        return _init(options, arguments[end + 1 :])
    except NbcheckError as error:
        print(f"nbcheck init: {error}", file=sys.stderr)
        return UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nbcheck init",
        description="Run all notebooks, say what their failures have in common, and propose settings. Changes nothing "
        "unless told to.",
        epilog="What stands behind -- goes to pytest: nbcheck init docs -- -n4 --nbcheck-cell-timeout=60",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        default=[Path()],
        metavar="PATH",
        help="notebooks and folders; all here unless told otherwise",
    )
    parser.add_argument("--root", type=Path, metavar="DIR", help="the project's folder, pytest's rootdir")
    parser.add_argument("--write", action="store_true", help="write the settings into pyproject.toml")
    parser.add_argument(
        "--baseline",
        action="store_true",
        help=f"write the failures into {NAME} as well, so that they do not count and only new ones are red",
    )
    return parser


def _init(options: argparse.Namespace, rest: Sequence[str]) -> int:
    paths: list[Path] = options.paths
    root = options.root or _find_root(paths)
    for path in (root, *paths):
        if not path.exists():
            raise UsageError(f"{path}: there is no such file or folder")
    notebooks = list(find_notebooks(paths))
    if not notebooks:
        raise UsageError(f"no notebooks in {', '.join(map(str, paths))}")
    pyproject = root / "pyproject.toml"
    configuration = load_configuration(pyproject)
    target = root / (configuration.baseline or NAME)
    if options.baseline and target.exists():
        raise UsageError(f"{target}: is there, and a baseline only shrinks; remove it to begin a new one")
    ran = _run(root, notebooks, rest)
    reasons = find_reasons(ran.report)
    _print(_tell(ran.report, reasons))
    if not ran.baseline.count:
        return GREEN
    settings = find_settings(_open(root, configuration, ran.report))
    name = target.relative_to(root).as_posix() if options.baseline else ""
    entries = list(_entries(settings, "" if configuration.baseline else name))
    section = [*_section(entries), *_skips(reasons)]
    then = _next(options, has_settings=bool(entries))
    # A baseline is written also where there is nothing to set: the key may stand there already.
    if not (options.baseline or (options.write and section)):
        proposed = ["proposed for pyproject.toml:", "", *(f"  {line}".rstrip() for line in section)]
        _print(["", *(proposed if section else ["no setting would let several of them pass"]), *then])
        return RED
    if entries:
        write_section(pyproject, entries, section)
        print(f"\n{pyproject}: [{TABLE}] written")
    left = _without(ran.baseline, settings)
    if options.baseline:
        write_baseline(target, left)
        told = "known failure is" if left.count == 1 else "known failures are"
        print(f"{target}: {left.count:,} {told} written; commit it")
    _print(then)
    return GREEN if options.baseline or not left.count else RED


def _find_root(paths: Sequence[Path]) -> Path:
    """Return the nearest folder above the first path that looks like a project's."""
    here = paths[0].absolute()
    folder = here if here.is_dir() else here.parent
    return next(
        (one for one in (folder, *folder.parents) if any((one / mark).exists() for mark in _MARKS)), folder
    )


def _run(root: Path, notebooks: Sequence[Path], rest: Sequence[str]) -> _Ran:
    """Run notebooks, with dots on the terminal.

    Raises:
        UsageError: the run broke off.
    """
    with TemporaryDirectory(prefix="nbcheck-init-") as scratch:
        report, baseline = Path(scratch, "run.json"), Path(scratch, "baseline.json")
        command = [sys.executable, "-m", "pytest", "--nbcheck", f"--rootdir={root}"]
        command += ["-qq", "--tb=no", "--no-summary", "--maxfail=0", f"--nbcheck-json={report}"]
        command += [f"--nbcheck-write-baseline={baseline}", "--nbcheck-annotations=none", *rest]
        ended = subprocess.run([*command, *map(str, notebooks)], check=False)
        if ended.returncode not in (0, 1) or not (report.exists() and baseline.exists()):
            raise UsageError("the run broke off; what is wrong stands above")
        return _Ran(json.loads(report.read_bytes()), read_baseline(baseline))


def _open(root: Path, configuration: Configuration, report: Json) -> Iterator[Proposal]:
    """Yield the notebooks of a run of which outputs wait; after an error there is nothing to compare."""
    ran = {notebook["path"] for notebook in report["notebooks"]}
    for pending in PendingStore.of_project(root):
        if pending.notebook in ran:
            try:
                yield open_proposal(root, pending, configuration)
            except NbcheckError:
                continue


def _without(baseline: Baseline, settings: Iterable[Setting]) -> Baseline:
    """Return what still fails under some settings."""
    passing = {
        (notebook, f"cell-{number}", output)
        for setting in settings
        for notebook, number, output in setting.passes
    }
    gone = {
        name: [entry for entry in entries if (name, entry.cell, entry.output) in passing]
        for name, entries in baseline.notebooks.items()
    }
    return baseline.without(gone, {})


# Text


def _tell(report: Json, reasons: Sequence[Reason]) -> Iterator[str]:
    counts = report["counts"]
    passed = counts["notebooks"] - counts["failed_notebooks"]
    yield ""
    noun = "notebook" if counts["notebooks"] == 1 else "notebooks"
    yield f"{counts['notebooks']:,} {noun}: {passed:,} passed, {counts['failed_notebooks']:,} failed"
    for reason in reasons:
        yield f"  {reason}"
        shown = ", ".join(reason.places[:_SHOWN])
        more = len(reason.places) - _SHOWN
        yield f"      {shown}{f' and {more:,} more' if more > 0 else ''}"


def _entries(settings: Iterable[Setting], baseline: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, TOML value and reason of what is to be set."""
    if baseline:
        yield "baseline", json.dumps(baseline), "known failures; only new ones are red"
    yield from ((setting.name, setting.value, setting.reason) for setting in settings)


def _section(entries: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    if entries:
        yield f"[{TABLE}]"
    for name, value, reason in entries:
        yield f"# {reason}"
        yield f"{name} = {value}"


def _skips(reasons: Iterable[Reason]) -> Iterator[str]:
    """Yield what would skip notebooks that miss a package: as a comment, since most people want to install it."""
    for reason in reasons:
        if reason.module:
            paths = sorted({place.partition("::")[0] for place in reason.places})
            yield ""
            yield f"# {reason.module} is not installed; without it:"
            yield f"# [[{TABLE}.overrides]]"
            yield f"# paths = {json.dumps(paths)}"
            yield f"# skip = {json.dumps(f'needs {reason.module}')}"


def _next(options: argparse.Namespace, *, has_settings: bool) -> Iterator[str]:
    yield ""
    yield "next:"
    if has_settings and not (options.write or options.baseline):
        yield "  nbcheck init --write       put these settings into pyproject.toml"
    if not options.baseline:
        yield "  nbcheck init --baseline    and count only failures that are new from now on"
    yield "  nbcheck review             decide on outputs one by one; nbcheck accept PATH takes all of a notebook"


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(escape(line))


# pyproject.toml


def write_section(path: Path, entries: Sequence[tuple[str, str, str]], section: Sequence[str]) -> None:
    """Write settings into a file, which need not be there; what it says already stays as it is.

    Raises:
        UsageError: there is no place for them.
        DocumentError: the file cannot be written.
    """
    raw = path.read_bytes() if path.exists() else None
    text = "" if raw is None else raw.decode("utf-8")
    end = "\r\n" if "\r\n" in text else "\n"
    table = tomllib.loads(text).get("tool", {}).get("nbcheck")
    if table is None:
        gap = end if text.endswith(end) else end * 2 if text else ""
        new = end.join([f"{text}{gap}{section[0]}", *section[1:], ""])
    else:
        lines = "".join(
            f"# {reason}{end}{name} = {value}{end}" for name, value, reason in entries if name not in table
        )
        header = _HEADER.search(text)
        if header is None:
            raise UsageError(f"{path}: has no line [{TABLE}]; add there:\n{lines}".rstrip())
        head, rest = text[: header.end()], text[header.end() :]
        new = f"{head}{lines}{rest}" if head.endswith("\n") else f"{head}{end}{lines}"
    tomllib.loads(new)
    if raw is None:
        replace_file(path, new.encode())
    else:
        save_document(path, raw, new.encode())

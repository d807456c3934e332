"""``nbcheck pending``, ``accept`` and ``reject``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.nb import code, display, error, notebook, stdout
from helpers.pending import leave
from nbcheck.accepting.store import PendingStore
from nbcheck.cli import main
from nbcheck.results import Outcome

Said = Callable[..., tuple[int, list[str], str]]

A = notebook(code("a", stdout("1\n"), display("x" * 20)), code("b", stdout("1\n")))
FRESH = {1: [stdout("2\n"), display("y" * 20)], 2: [stdout("2\n")]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two notebooks that wait, and the user in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    for name in ("a.ipynb", "docs/b.ipynb"):
        (tmp_path / name).write_bytes(A)
        leave(tmp_path, name, FRESH)
    return tmp_path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """A function that runs a command and returns its exit code, lines of output, and errors."""

    def run(*arguments: str) -> tuple[int, list[str], str]:
        status = main(arguments)
        shown = capsys.readouterr()
        return status, shown.out.splitlines(), shown.err

    return run


def waiting(folder: Path) -> dict[str, list[int]]:
    found = PendingStore.of_project(folder)
    return {notebook.notebook: [cell.number for cell in notebook.cells] for notebook in found}


def test_the_list(folder: Path, said: Said) -> None:
    assert said("pending") == (
        0,
        [
            "a.ipynb (run 2026-01-02 03:04 by k)",
            "  cell-1::stdout  1 became 2 (relative error 0.5)",
            f"  cell-1::2  {'x' * 20} became {'y' * 20}",
            "  cell-2::stdout  1 became 2 (relative error 0.5)",
            "docs/b.ipynb (run 2026-01-02 03:04 by k)",
            "  cell-1::stdout  1 became 2 (relative error 0.5)",
            f"  cell-1::2  {'x' * 20} became {'y' * 20}",
            "  cell-2::stdout  1 became 2 (relative error 0.5)",
        ],
        "",
    )
    assert said("pending", "docs::cell-1::2")[1] == [
        "docs/b.ipynb (run 2026-01-02 03:04 by k)",
        f"  cell-1::2  {'x' * 20} became {'y' * 20}",
    ]


def test_accepting_step_by_step(folder: Path, said: Said) -> None:
    assert said("accept", "a.ipynb::cell-1::stdout") == (0, ["1 output in 1 notebook accepted"], "")
    expected = notebook(code("a", stdout("2\n"), display("x" * 20)), code("b", stdout("1\n")))
    assert (folder / "a.ipynb").read_bytes() == expected
    assert waiting(folder) == {"a.ipynb": [1, 2], "docs/b.ipynb": [1, 2]}
    assert said("accept") == (0, ["5 outputs in 2 notebooks accepted"], "")
    assert waiting(folder) == {}
    assert said("pending")[1] == ["nothing waits for a decision"]
    assert said("accept") == (0, ["0 outputs in 0 notebooks accepted"], "")


def test_rejecting_step_by_step(folder: Path, said: Said) -> None:
    assert said("reject", "*.ipynb::cell-1::2") == (0, ["2 rejected"], "")
    assert [line for line in said("pending", "a.ipynb")[1] if "::2" in line] == []
    assert said("reject", "a.ipynb")[1] == ["2 rejected"]
    assert waiting(folder) == {"docs/b.ipynb": [1, 2]}
    # What was rejected is not accepted with the rest.
    assert said("accept")[1] == ["2 outputs in 1 notebook accepted"]
    expected = notebook(code("a", stdout("2\n"), display("x" * 20)), code("b", stdout("2\n")))
    assert (folder / "docs/b.ipynb").read_bytes() == expected
    assert (folder / "a.ipynb").read_bytes() == A
    assert waiting(folder) == {}


def test_a_file_that_changed_is_refused_and_the_others_go_on(folder: Path, said: Said) -> None:
    (folder / "a.ipynb").write_bytes(A.replace(b"1\\n", b"3\\n"))
    reason = "a.ipynb: a.ipynb was changed since the run; run the notebook again"
    status, lines, _ = said("accept")
    assert (status, lines) == (1, ["3 outputs in 1 notebook accepted", f"not accepted: {reason}"])
    assert said("pending")[1] == [
        "a.ipynb (run 2026-01-02 03:04 by k)",
        "  refused: a.ipynb was changed since the run; run the notebook again",
    ]
    assert said("reject")[1] == ["2 rejected"]
    assert waiting(folder) == {}


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file or directory"),
        (
            lambda path: path.chmod(0o444),
            "cannot be written: the file is read-only; make it writable: chmod u+w",
        ),
        (lambda path: path.write_bytes(b"{}"), 'no "nbformat" key'),
    ],
)
def test_what_cannot_be_accepted(
    folder: Path, said: Said, prepare: Callable[[Path], object], reason: str
) -> None:
    prepare(folder / "a.ipynb")
    status, lines, _ = said("accept", "a.ipynb")
    assert status == 1
    assert reason in lines[1]
    assert waiting(folder)["a.ipynb"] == [1, 2]


def test_nothing_is_written_after_an_error(folder: Path, said: Said) -> None:
    leave(folder, "a.ipynb", {1: FRESH[1], 2: [error("ValueError", "no")]}, kinds={2: Outcome.ERROR})
    status, lines, _ = said("accept", "a.ipynb::cell-1")
    assert status == 1
    assert lines[1] == (
        "not accepted: a.ipynb: nothing is written after an error: cell 2: it differs; correct it, or tag the cell "
        "raises-exception, and run the notebook again"
    )
    assert (folder / "a.ipynb").read_bytes() == A


def test_a_widget_whose_state_is_stored(folder: Path, said: Said) -> None:
    view = "application/vnd.jupyter.widget-view+json"

    def widget(model: str, text: str) -> dict[str, Any]:
        shown = display(text)
        shown["data"][view] = {"model_id": model, "version_major": 2, "version_minor": 0}
        return shown

    state = {"old": {"model_name": "IntSliderModel", "model_module": "c", "state": {"value": 1}}}
    widgets = {
        "application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2, "version_minor": 0}
    }
    raw = notebook(code("a", widget("old", "IntSlider(value=1)")), widgets=widgets)
    (folder / "a.ipynb").write_bytes(raw)
    leave(folder, "a.ipynb", {1: [widget("new", "IntSlider(value=2)")]})
    status, lines, _ = said("accept", "a.ipynb")
    assert status == 1
    assert lines[1] == (
        "not accepted: a.ipynb::cell-1::1: it shows a widget whose state the file stores, and the fresh state was "
        "not kept; run the notebook in Jupyter and save it"
    )
    assert (folder / "a.ipynb").read_bytes() == raw


def test_a_link_stays_one(folder: Path, said: Said) -> None:
    (folder / "a.ipynb").rename(folder / "elsewhere.ipynb")
    (folder / "a.ipynb").symlink_to("elsewhere.ipynb")
    assert said("accept", "a.ipynb")[0] == 0
    assert (folder / "a.ipynb").is_symlink()
    assert (folder / "elsewhere.ipynb").read_bytes() != A


def test_a_path_that_leaves_the_project(folder: Path, said: Said, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}.ipynb"
    outside.write_bytes(A)
    leave(folder, f"../{outside.name}", FRESH)
    status, lines, _ = said("accept")
    assert status == 1
    assert any("the path leaves the project's folder" in line for line in lines)
    assert outside.read_bytes() == A


def test_a_cell_that_has_no_difference_any_more(folder: Path, said: Said) -> None:
    leave(folder, "a.ipynb", {1: [stdout("1\n"), display("x" * 20)], 2: FRESH[2]})
    assert said("pending", "a.ipynb")[1][1:] == [
        "  cell-1  no output can be accepted: it differs",
        "  cell-2::stdout  1 became 2 (relative error 0.5)",
    ]
    status, lines, _ = said("accept", "a.ipynb")
    assert status == 1
    assert lines[1] == "not accepted: a.ipynb::cell-1: no output can be accepted: it differs"
    assert said("reject", "a.ipynb::cell-1")[1] == ["1 rejected"]
    assert waiting(folder) == {"docs/b.ipynb": [1, 2]}


def test_from_a_subfolder(folder: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "docs")
    assert said("accept", "b.ipynb::cell-2")[1] == ["1 output in 1 notebook accepted"]
    monkeypatch.chdir("/")
    assert said("accept", "--root", str(folder), "docs/b.ipynb")[1] == ["2 outputs in 1 notebook accepted"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["c.ipynb"], "c.ipynb: nothing of that waits for a decision; see nbcheck pending"),
        (["a.ipynb::cell-9"], "a.ipynb::cell-9: nothing of that waits for a decision; see nbcheck pending"),
        (["--from", "nowhere"], "nowhere: there is no such folder"),
    ],
)
@pytest.mark.parametrize("command", ["pending", "accept", "reject", "review"])
def test_usage(folder: Path, said: Said, command: str, arguments: list[str], problem: str) -> None:
    assert said(command, *arguments) == (2, [], f"nbcheck {command}: {problem}\n")
    assert (folder / "a.ipynb").read_bytes() == A


@pytest.mark.parametrize("command", ["accept", "reject"])
def test_an_output_that_does_not_wait(folder: Path, said: Said, command: str) -> None:
    status, lines, problem = said(command, "a.ipynb::cell-1::stderr")
    assert (status, lines) == (2, [])
    assert problem == (
        f"nbcheck {command}: a.ipynb::cell-1::stderr: nothing of that waits for a decision; see nbcheck pending\n"
    )
    assert waiting(folder)["a.ipynb"] == [1, 2]


def test_a_file_of_another_version(folder: Path, said: Said) -> None:
    (folder / ".nbcheck/pending/x.json").write_text('{"format": 9}')
    status, _, problem = said("accept")
    assert status == 2
    assert "its format is 9, and this version of nbcheck reads format 1; remove it" in problem


def test_a_cell_that_is_not_there(folder: Path, said: Said) -> None:
    leave(folder, "a.ipynb", {7: [stdout("2\n")]})
    status, lines, _ = said("accept", "a.ipynb")
    assert status == 1
    assert lines[1] == "not accepted: a.ipynb::cell-7: the notebook has no such cell"


def test_a_broken_configuration(folder: Path, said: Said) -> None:
    (folder / "pyproject.toml").write_text("[tool.nbcheck]\nredact = 3\n")
    status, _, problem = said("accept")
    assert status == 2
    assert "'redact' must be a list of names of variables" in problem


def test_what_the_project_says_holds(folder: Path, said: Said) -> None:
    (folder / "pyproject.toml").write_text('[tool.nbcheck]\nignore-output = ["stdout"]\n')
    assert said("accept", "a.ipynb")[1] == [
        "1 output in 1 notebook accepted",
        "not accepted: a.ipynb::cell-2: no output can be accepted: it differs",
    ]

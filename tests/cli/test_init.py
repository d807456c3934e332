"""``nbcheck init``: from an old repository to a green run in which only what is new is red."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from helpers.nb import code, notebook, stdout
from nbcheck.baseline.file import NAME, Baseline, read_baseline
from nbcheck.baseline.known import Known, KnownAs
from nbcheck.cli import main
from nbcheck.cli.init import _Ran, write_section
from nbcheck.errors import UsageError

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")


def stale_notebook(number: int) -> bytes:
    """A notebook whose stored outputs are of another day."""
    kind = number % 5
    stored = "".join(f"{row} {'old' if row == 2 else number}\n" for row in range(5))
    last = {
        3: code("import nosuchmodule_of_nobody", stdout("ok\n")),
        4: code(
            "import datetime\nprint('at', datetime.datetime.now())", stdout("at 2020-01-02 03:04:05.678901\n")
        ),
    }.get(kind, code("print('ok')", stdout("ok\n")))
    return notebook(
        code("print('start')", stdout("start\n")),
        code(f"for row in range(5):\n    print(row, {number})", stdout(stored)),
        last,
        code("print('end')", stdout("other\n" if kind == 3 else "end\n")),
        **PYTHON,
    )


@pytest.fixture
def repository(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of some notebooks, where the user is."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "docs").mkdir()
    for number in range(getattr(request, "param", 10)):
        folder = tmp_path / "docs" if number % 2 else tmp_path
        (folder / f"n{number:02}.ipynb").write_bytes(stale_notebook(number))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, list[str]]:
    """Exit code of pytest, and the cells that failed."""
    command = [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", "--nbcheck", "-q", "--tb=no"]
    command += arguments
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    failed = [line.split()[1] for line in ended.stdout.splitlines() if line.startswith("FAILED")]
    return ended.returncode, failed


def change_source(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("repository", [5, pytest.param(50, marks=pytest.mark.foreign)], indirect=True)
def test_from_an_old_repository_to_a_green_run(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    count = len(list(repository.rglob("*.ipynb")))
    few, plural = count // 5, "" if count == 5 else "s"
    notebook = repository / "docs/n01.ipynb"
    assert main(["init", "--baseline"]) == 0
    said = capfd.readouterr().out.splitlines()
    assert f"{count} notebooks: 0 passed, {count} failed" in said
    assert f"  {count} outputs: everywhere 'old' became 'N'" in said
    assert f"  {few} cell{plural}: need nosuchmodule_of_nobody, which is not installed" in said
    noise = "two runs of the same code differ, masked by normalise=dates"
    assert f"  {few} unstable output{plural}: {noise}" in said
    assert any(line.startswith("      docs/n01.ipynb::cell-2, ") for line in said)
    before = read_baseline(repository / NAME)
    assert run(repository) == (0, [])
    assert read_baseline(repository / NAME) == before
    # One new regression: exactly that is red, in an output of which another line is known.
    change_source(notebook, "    print(row, 1)", "    print(row, 1 if row != 4 else 7)")
    assert run(repository) == (1, ["docs/n01.ipynb::cell-2"])
    # That and the old one are mended: the baseline shrinks by one.
    change_source(notebook, "1 if row != 4 else 7", "1 if row != 2 else 'old'")
    assert run(repository) == (0, [])
    after = read_baseline(repository / NAME)
    assert before.count - after.count == 1
    assert {*before.notebooks} - {*after.notebooks} == {"docs/n01.ipynb"}
    # It is red when it comes back.
    change_source(notebook, "1 if row != 2 else 'old'", "1")
    assert run(repository, "docs/n01.ipynb") == (1, ["docs/n01.ipynb::cell-2"])


@pytest.mark.foreign
def test_settings_are_proposed_and_written(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(repository / "docs")
    for path in repository.glob("*.ipynb"):
        path.unlink()
    lines = [f"{name} 0.123456{digit}" for digit, name in enumerate(NAMES)]
    cells = [
        code(
            "import datetime\nprint('at', datetime.datetime.now())", stdout("at 2020-01-02 03:04:05.678901\n")
        ),
        code(f"print({lines[0]!r})", stdout("alpha 0.1234568\n")),
        code("print('really new')", stdout("stored\n")),
    ]
    for number in range(3):
        (repository / f"n{number}.ipynb").write_bytes(notebook(*cells, **PYTHON))
    (repository / "pyproject.toml").write_text('[project]\nname = "x"')
    untouched = (repository / "pyproject.toml").read_text()
    assert main(["init", "."]) == 1
    said = capfd.readouterr().out
    assert "proposed for pyproject.toml:" in said
    assert '  # 3 outputs pass without noise of these kinds\n  normalise = ["dates"]\n' in said
    assert "rtol = " in said
    assert (repository / "pyproject.toml").read_text() == untouched
    assert not (repository / NAME).exists()
    assert main(["init", "--write"]) == 1
    written = (repository / "pyproject.toml").read_text()
    assert written.startswith(f"{untouched}\n\n[tool.nbcheck]\n")
    assert tomllib.loads(written)["tool"]["nbcheck"]["normalise"] == ["dates"]
    # What is said already stays; the baseline holds what is left.
    capfd.readouterr()
    assert main(["init", "--baseline", "--", "-p", "no:cacheprovider"]) == 0
    now = (repository / "pyproject.toml").read_text()
    assert (
        now.replace('# known failures; only new ones are red\nbaseline = "nbcheck-baseline.json"\n', "")
        == written
    )
    assert read_baseline(repository / NAME).count == 3
    assert run(repository) == (0, [])


def test_what_makes_no_sense(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "nosuch"]) == 2
    assert capsys.readouterr().err == "nbcheck init: nosuch: there is no such file or folder\n"
    (repository / "empty").mkdir()
    assert main(["init", "empty"]) == 2
    assert capsys.readouterr().err == "nbcheck init: no notebooks in empty\n"
    (repository / NAME).write_text("{}")
    assert main(["init", "--baseline"]) == 2
    assert f"{NAME}: is there, and a baseline only shrinks; remove it" in capsys.readouterr().err
    (repository / "pyproject.toml").write_text("[tool.nbcheck]\nrtol = -1\n")
    assert main(["init"]) == 2
    assert "rtol" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_that_breaks_off(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "n00.ipynb", "--", "--nosuchoption"]) == 2
    said = capfd.readouterr().err
    assert "unrecognized arguments: --nosuchoption" in said
    assert "nbcheck init: the run broke off; what is wrong stands above" in said


@pytest.mark.slow
def test_where_nothing_fails(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (repository / "n00.ipynb").write_bytes(notebook(code("print(1)", stdout("1\n")), **PYTHON))
    assert main(["init", "n00.ipynb", "--baseline"]) == 0
    assert "1 notebook: 1 passed, 0 failed" in capfd.readouterr().out
    assert not (repository / NAME).exists()
    assert not (repository / "pyproject.toml").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[tool.nbcheck]\n# why\nx = 1\n"),
        ("[a]\nb = 1\n", "[a]\nb = 1\n\n[tool.nbcheck]\n# why\nx = 1\n"),
        ("[tool.nbcheck]\nrtol = 1e-5\n[z]\n", "[tool.nbcheck]\n# why\nx = 1\nrtol = 1e-5\n[z]\n"),
        ("[ tool.nbcheck ] # ours", "[ tool.nbcheck ] # ours\n# why\nx = 1\n"),
        ("[tool.nbcheck]\nx = 2\n", "[tool.nbcheck]\nx = 2\n"),
        ("[a]\r\nb = 1\r\n", "[a]\r\nb = 1\r\n\r\n[tool.nbcheck]\r\n# why\r\nx = 1\r\n"),
        ("[tool.nbcheck]\r\ny = 1\r\n", "[tool.nbcheck]\r\n# why\r\nx = 1\r\ny = 1\r\n"),
    ],
)
def test_what_becomes_of_a_configuration(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_bytes(before.encode())
    write_section(path, [("x", "1", "why")], ["[tool.nbcheck]", "# why", "x = 1"])
    assert path.read_bytes() == after.encode()


def test_a_table_without_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("tool = {nbcheck = {rtol = 1e-5}}\n")
    with pytest.raises(UsageError, match=r"has no line \[tool.nbcheck\]; add there:\n# why\nx = 1"):
        write_section(path, [("x", "1", "why")], [])


def test_a_baseline_where_nothing_is_left_to_be_set(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "pyproject.toml").write_text('[tool.nbcheck]\nbaseline = "known.json"\n')
    failed = Baseline({"n00.ipynb": (Known("cell-1", KnownAs.DIED),)})
    report = {"counts": {"notebooks": 1, "failed_notebooks": 1}, "notebooks": []}
    monkeypatch.setattr("nbcheck.cli.init._run", lambda *_: _Ran(report, failed))
    assert main(["init", "--baseline"]) == 0
    assert read_baseline(repository / "known.json") == failed

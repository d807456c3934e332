"""``nbcheck kernel``: kernelspecs are installed, listed and removed, and Jupyter's own software finds and runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbcheck.cli import main
from nbcheck.manager.discovery import installed_dirs

SPEC = {
    "argv": [
        sys.executable,
        "-P",
        "-m",
        "nbcheck.kernel",
        "-f",
        "{connection_file}",
        "--interpreter",
        "python",
    ],
    "display_name": "Python 3 (nbcheck)",
    "language": "python",
    "interrupt_mode": "signal",
    "kernel_protocol_version": "5.5",
    "metadata": {"debugger": False},
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for what Jupyter keeps of the user."""
    folder = tmp_path / "data"
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(folder))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "first"))
    return folder


def foreign(folder: Path, name: str, content: object) -> Path:
    path = folder / "kernels" / name / "kernel.json"
    path.parent.mkdir(parents=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path.parent


def test_all_of_them(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kernel", "install", "--user"]) == 0
    folders = [data / "kernels" / name for name in ("nbcheck-python", "nbcheck-bash")]
    said = capsys.readouterr()
    assert said.out == "".join(f"{folder.name} installed: {folder}\n" for folder in folders)
    assert said.err == ""
    assert json.loads((folders[0] / "kernel.json").read_text()) == SPEC
    assert (folders[1] / "logo-svg.svg").read_text().startswith("<svg ")
    # Nothing is left of the making, and to do it again is no fault.
    assert sorted(path.name for path in (data / "kernels").iterdir()) == ["nbcheck-bash", "nbcheck-python"]
    (folders[0] / "kernel.json").write_text(json.dumps(SPEC | {"display_name": "old"}))
    assert main(["kernel", "install", "python", "--user"]) == 0
    assert json.loads((folders[0] / "kernel.json").read_text()) == SPEC
    assert sorted(path.name for path in (data / "kernels").iterdir()) == ["nbcheck-bash", "nbcheck-python"]


def test_under_another_name(data: Path) -> None:
    arguments = ["--name", "Mine", "--display-name", "My Python"]
    assert main(["kernel", "install", "python", "--user", *arguments]) == 0
    written = json.loads((data / "kernels/mine/kernel.json").read_text())
    assert written == SPEC | {"display_name": "My Python"}


def test_where_it_is_installed(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "env"))
    monkeypatch.setattr("nbcheck.cli.kernel.prefers_environment", lambda environ: True)
    assert main(["kernel", "install", "bash"]) == 0
    assert (tmp_path / "env/share/jupyter/kernels/nbcheck-bash/kernel.json").is_file()
    monkeypatch.setattr("nbcheck.cli.kernel.prefers_environment", lambda environ: False)
    assert main(["kernel", "install", "bash"]) == 0
    assert (data / "kernels/nbcheck-bash/kernel.json").is_file()
    capsys.readouterr()
    assert main(["kernel", "install", "bash", "--prefix", str(tmp_path / "else")]) == 0
    assert (tmp_path / "else/share/jupyter/kernels/nbcheck-bash/kernel.json").is_file()
    assert capsys.readouterr().err == (
        f"Jupyter does not look there; JUPYTER_PATH={tmp_path}/else/share/jupyter makes it\n"
    )


def test_what_is_listed(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["kernel", "install", "python", "--user"])
    foreign(tmp_path / "first", "nbcheck-python", {"argv": ["x"], "display_name": "Another"})
    foreign(tmp_path / "first", "broken", "{")
    capsys.readouterr()
    assert main(["kernel", "list"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if str(tmp_path) in line]
    assert [line.split()[0] for line in lines] == ["broken", "nbcheck-python", "nbcheck-python"]
    assert "cannot be used: " in lines[0]
    assert "Another" in lines[1]
    assert lines[2].endswith(f"{data}/kernels/nbcheck-python (hidden by the one above)")


def test_removing(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["kernel", "install", "--user"])
    other = foreign(tmp_path / "first", "other", {"argv": ["x"]})
    capsys.readouterr()
    assert main(["kernel", "remove", "NBCHECK-python"]) == 0
    assert capsys.readouterr().out == f"nbcheck-python removed: {data}/kernels/nbcheck-python\n"
    assert not (data / "kernels/nbcheck-python").exists()
    # Nothing is removed when one of several cannot be.
    assert main(["kernel", "remove", "nbcheck-bash", "other"]) == 2
    assert capsys.readouterr().err == (
        f"nbcheck kernel remove: {other}: is another kernel's; --any removes that, too\n"
    )
    assert (data / "kernels/nbcheck-bash").exists()
    assert main(["kernel", "remove", "--any", "other"]) == 0
    assert not other.exists()
    assert main(["kernel", "remove", "other"]) == 2
    assert "other: there is no such kernelspec; see nbcheck kernel list" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["julia"], "julia: there is no such kernel; there are python, bash"),
        (["--name", "x"], "--name and --display-name are for a single kernel; name it, as in install python"),
        (["python", "--name", "taken"], "taken: is another kernel's; remove it, or choose another --name"),
        (["python", "--prefix", "/dev/null"], "cannot be written: Not a directory"),
    ],
)
def test_what_makes_no_sense(
    data: Path, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = foreign(data, "taken", {"argv": ["x"]})
    where = [] if "--prefix" in arguments else ["--user"]
    assert main(["kernel", "install", *arguments, *where]) == 2
    assert complaint in capsys.readouterr().err
    assert [path.name for path in taken.iterdir()] == ["kernel.json"]


@pytest.mark.slow
def test_jupyters_own_software_finds_and_runs_them(
    data: Path, tmp_path: Path, require: Callable[[str], Any]
) -> None:
    specs = require("jupyter_client.kernelspec")
    nbclient, nbformat = require("nbclient"), require("nbformat")
    assert main(["kernel", "install", "--user"]) == 0
    assert str(data / "kernels") in map(str, installed_dirs())
    found = specs.KernelSpecManager().get_all_specs()
    assert found["nbcheck-python"]["spec"]["display_name"] == "Python 3 (nbcheck)"
    for name, source, shown in (
        ("nbcheck-python", "6 * 7", "42"),
        ("nbcheck-bash", "echo $((6 * 7))", "42\n"),
    ):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        nbclient.NotebookClient(notebook, kernel_name=name).execute()
        (output,) = notebook.cells[0].outputs
        assert output.get("text", output.get("data", {}).get("text/plain")) == shown
    listed = subprocess.run(
        [sys.executable, "-m", "jupyter_client.kernelspecapp", "list"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "nbcheck-python" in listed.stdout + listed.stderr

"""What a run leaves for a decision, and ``--nbcheck-update``."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.example import Example
from helpers.fake_kernel import Raises, prints, returns
from helpers.nb import code, markdown, notebook, result, stdout
from nbcheck.accepting.record import PendingNotebook
from nbcheck.accepting.store import PendingStore
from nbcheck.cli import main

Make = Callable[..., Example]

FILE = notebook(
    markdown("# Heading"),
    code("a", stdout("stored\n"), count=7),
    code("b", stdout("same\n"), count=8),
    code("c", result("1", 9), count=9),
    code("new"),
)
SCRIPT = {
    "a": [prints("fresh\n")],
    "b": [prints("same\n")],
    "c": [returns("2")],
    "new": [prints("first\n")],
}


def pending(example: Example) -> dict[str, PendingNotebook]:
    return {one.notebook: one for one in PendingStore.of_project(example.folder)}


def numbers(example: Example, name: str = "nb.ipynb") -> list[int]:
    found = pending(example)
    return [cell.number for cell in found[name].cells] if name in found else []


def changed_lines(before: bytes, path: Path) -> list[str]:
    """Lines that git would show."""
    old = path.with_name("old")
    old.write_bytes(before)
    command = ["git", "diff", "--no-index", "--unified=0", "--", str(old), str(path)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    old.unlink()
    return [line for line in shown.splitlines() if line[0] in "+-" and line[:3] not in ("+++", "---")]


def test_a_failing_run_leaves_what_it_made(fake_example: Make) -> None:
    example = fake_example({"sub/nb.ipynb": FILE, "ok.ipynb": notebook(code("d"))}, SCRIPT)
    finished = example.run("-p", "no:cacheprovider")
    assert finished.ret == 1
    assert any("nbcheck: 2 cells wait for a decision: nbcheck review" in line for line in finished.outlines)
    assert [*pending(example)] == ["sub/nb.ipynb"]
    left = pending(example)["sub/nb.ipynb"]
    assert [cell.number for cell in left.cells] == [1, 3]
    assert left.cells[0].outputs == ({"output_type": "stream", "name": "stdout", "text": "fresh\n"},)
    assert left.kernel == "fake"
    # Nothing of this machine but the folders that outputs may name.
    raw = next((example.folder / ".nbcheck/pending").glob("*.json")).read_text()
    assert json.loads(raw) | {"conditions": {}} == json.loads(
        raw.replace(str(example.folder), "elsewhere")
    ) | {"conditions": {}}


def test_later_runs_replace_what_they_judge(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FILE}, dict(SCRIPT))
    example.run()
    example.fakes.script["c"] = [returns("3")]
    example.run("nb.ipynb::cell-3")
    assert numbers(example) == [1, 3]
    assert pending(example)["nb.ipynb"].cells[1].outputs[0]["data"] == {"text/plain": "3"}
    example.fakes.script["a"] = [prints("stored\n")]
    example.run("nb.ipynb::cell-1")
    assert numbers(example) == [3]
    example.fakes.script["c"] = [returns("1")]
    assert example.run().ret == 0
    assert pending(example) == {}
    assert list((example.folder / ".nbcheck/pending").glob("*.json")) == []


def test_a_passing_run_leaves_nothing(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("b", stdout("same\n")))}, SCRIPT)
    assert example.run().ret == 0
    assert not (example.folder / ".nbcheck").exists()


def test_what_nobody_can_accept_is_not_announced(fake_example: Make) -> None:
    files = {
        "a.ipynb": FILE,
        "slow.ipynb": notebook(code("c", result("2", 1), nbcheck={"max-seconds": 0})),
        "stopped.ipynb": notebook(code("a", stdout("stored\n")), code("e")),
    }
    example = fake_example(files, SCRIPT | {"e": [Raises("ValueError", "no")]})
    finished = example.run()
    assert any("nbcheck: 2 cells wait for a decision" in line for line in finished.outlines)
    assert not any("wait" in line for line in example.run("stopped.ipynb").outlines)


def test_runs_with_other_values_leave_nothing(fake_example: Make) -> None:
    cells = (code("x = 1", count=1, tags=["parameters"]), code("a", stdout("stored\n")), code("new"))
    file = notebook(*cells, nbcheck={"parametrize": [{"x": 1}, {"x": 2}]})
    example = fake_example({"nb.ipynb": file}, SCRIPT)
    assert example.run("--nbcheck-update=all").ret == 1
    assert pending(example) == {}
    assert (example.folder / "nb.ipynb").read_bytes() == file


def test_expected_failures_do_not_wait(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a", stdout("x"), nbcheck={"xfail": True}))}, SCRIPT)
    example.run()
    example.run("--nbcheck-items=notebook")
    assert pending(example) == {}


def test_a_folder_that_cannot_be_written_fails_no_run(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FILE, ".nbcheck": "a file"}, SCRIPT)
    finished = example.run()
    finished.assert_outcomes(passed=2, failed=2)
    assert any("nothing can be kept there" in line for line in finished.outlines)


@pytest.mark.slow
def test_secrets_are_in_nothing_that_is_written(fake_example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "hunter22")
    monkeypatch.setenv("MY_DSN", "postgres:x")
    files = {
        "nb.ipynb": notebook(code("s", stdout("stored\n"), result("1")), code("e")),
        "pyproject.toml": "[tool.nbcheck]\nredact = ['*_DSN']\n",
    }
    script = {
        "s": [prints("it is hunter22\npostgres:x\n"), returns("2")],
        "e": [Raises("ValueError", "bad hunter22")],
    }
    example = fake_example(files, script)
    finished = example.run("--nbcheck-html=r.html", "--junitxml=r.xml", "-rA", "-v")
    written = [(example.folder / name).read_text("utf-8") for name in ("r.html", "r.xml")]
    written += [path.read_text() for path in (example.folder / ".nbcheck/pending").glob("*.json")]
    for text in (*written, finished.stdout.str()):
        assert "hunter22" not in text
        assert "postgres:x" not in text
        assert "<redacted:MY_TOKEN>" in text or "&lt;redacted:MY_TOKEN" in text
    assert pending(example)["nb.ipynb"].cells[0].secrets == {"0": ("MY_DSN", "MY_TOKEN")}


@pytest.mark.slow
def test_workers_of_xdist_write_one_set(example: Make, require: Callable[[str], object]) -> None:
    require("xdist")
    cells = [code(f"print({n})", stdout("stored\n"), count=1) for n in range(4)]
    made = example({"a.ipynb": notebook(*cells), "b.ipynb": notebook(*cells[:1])})
    finished = made.run_apart("-n2", "-p", "no:cacheprovider")
    assert finished.ret == 1
    assert numbers(made, "a.ipynb") == [1, 2, 3, 4]
    assert numbers(made, "b.ipynb") == [1]
    finished = made.run_apart("-n2", "--nbcheck-update=changed")
    assert finished.ret == 0
    assert any("5 outputs in 2 notebooks accepted" in line for line in finished.outlines)
    assert pending(made) == {}


# --nbcheck-update

A = ['-     "text": "stored\\n"', '+     "text": "fresh\\n"']
C = [
    '-     "execution_count": 9,',
    '+     "execution_count": 1,',
    '-      "text/plain": "1"',
    '+      "text/plain": "2"',
    '-   "execution_count": 9,',
    '+   "execution_count": 3,',
]


@pytest.mark.parametrize(
    ("what", "items", "said", "lines", "code"),
    [
        ("changed", "cell", "2 outputs in 1 notebook accepted", [*A, *C], 0),
        ("changed", "notebook", "2 outputs in 1 notebook accepted", [*A, *C], 0),
        ("new", "cell", "1 output in 1 notebook accepted", None, 1),
        ("all", "cell", "3 outputs in 1 notebook accepted", None, 0),
    ],
)
def test_update(
    fake_example: Make, what: str, items: str, said: str, lines: list[str] | None, code: int
) -> None:
    example = fake_example({"nb.ipynb": FILE}, SCRIPT)
    finished = example.run(f"--nbcheck-update={what}", f"--nbcheck-items={items}")
    assert finished.ret == code
    assert any(f"nbcheck: {said}" in line for line in finished.outlines)
    changed = changed_lines(FILE, example.folder / "nb.ipynb")
    stored = json.loads((example.folder / "nb.ipynb").read_text())["cells"]
    if lines is not None:
        assert changed == lines
    is_new = what in ("new", "all")
    assert (stored[4]["outputs"] != []) is is_new
    assert (stored[4]["execution_count"] is not None) is is_new
    assert (stored[1]["outputs"][0]["text"] == "fresh\n") is (what != "new")
    assert numbers(example) == ([1, 3] if what == "new" else [])
    if what == "all":
        assert example.run().ret == 0


def test_updated_cells_are_counted_as_such(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FILE}, SCRIPT)
    finished = example.run("--nbcheck-update=changed", "-v")
    told = finished.outlines.index("  nb.ipynb::cell-1::stdout  stored became fresh")
    assert finished.outlines[told + 1] == "  nb.ipynb::cell-3::1  1 became 2 (relative error 0.5)"
    assert any("nb.ipynb::cell-1 UPDATED" in line for line in finished.outlines)
    assert any("2 passed, 2 updated" in line for line in finished.outlines)


def test_updated_cells_in_reports(fake_example: Make) -> None:
    files = {"nb.ipynb": FILE, "bad.ipynb": notebook(code("a", stdout("stored\n")), code("e"))}
    example = fake_example(files, SCRIPT | {"e": [Raises("ValueError", "no")]})
    arguments = ("--nbcheck-html=r.html", "--nbcheck-json=r.json", "--nbcheck-annotations=github")
    finished = example.run("--nbcheck-update=all", *arguments)
    told = {
        entry["path"]: entry for entry in json.loads((example.folder / "r.json").read_text())["notebooks"]
    }
    assert [cell["updated"] for cell in told["nb.ipynb"]["cells"]] == [True, False, True, True]
    assert [(item["outcome"]) for item in told["nb.ipynb"]["items"]] == ["passed"] * 4
    page = (example.folder / "r.html").read_text()
    assert (
        page.count("</span> updated</span>") == 3 + 1 + 2
    )  # cells, one in the notebook that fails, the notebook twice
    assert "<dt>cells updated</dt><dd>4</dd>" in page
    assert "fresh" in page
    # What is accepted is no failure.
    failures = [line for line in finished.outlines if line.startswith("::error")]
    assert [line.partition("title=")[2].partition("::")[0] for line in failures] == ["bad.ipynb%2C cell 2"]


def test_nothing_is_written_after_an_error(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FILE}, SCRIPT | {"c": [Raises("ValueError", "no")]})
    finished = example.run("--nbcheck-update=all")
    assert finished.ret == 1
    said = (
        "not accepted: nb.ipynb: nothing is written after an error: cell 3: ValueError: no; correct it, or tag "
        "the cell raises-exception, and run the notebook again"
    )
    assert said in finished.outlines
    assert (example.folder / "nb.ipynb").read_bytes() == FILE


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (
            lambda path: path.chmod(0o444),
            "cannot be written: the file is read-only; make it writable: chmod u+w",
        ),
        (
            lambda path: path.write_bytes(FILE + b"\n"),
            "nb.ipynb was changed since the run; run the notebook again",
        ),
    ],
)
def test_what_cannot_be_written_fails_the_run(
    fake_example: Make, prepare: Callable[[Path], object], reason: str
) -> None:
    conftest = "import pytest, builtins\ndef pytest_runtest_teardown(item):\n    builtins.nbcheck_prepare()\n"
    example = fake_example({"nb.ipynb": FILE, "conftest.py": conftest}, SCRIPT)
    import builtins

    builtins.nbcheck_prepare = lambda: prepare(example.folder / "nb.ipynb")  # type: ignore[attr-defined]
    try:
        finished = example.run("--nbcheck-update=all")
    finally:
        del builtins.nbcheck_prepare  # type: ignore[attr-defined]
    assert finished.ret == 1
    assert any(line.endswith(reason) and line.startswith("not accepted: ") for line in finished.outlines)


def test_a_secret_is_not_updated(fake_example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "hunter22")
    file = notebook(code("s", stdout("stored\n"), result("1")), code("a", stdout("stored\n")))
    example = fake_example({"nb.ipynb": file}, SCRIPT | {"s": [prints("hunter22\n"), returns("1")]})
    finished = example.run("--nbcheck-update=all")
    assert finished.ret == 1
    finished.assert_outcomes(failed=1)
    said = (
        "not accepted: nb.ipynb::cell-1::stdout: the value of MY_TOKEN was taken out of it, and would be missing; "
        "keep the notebook from printing it, or save the notebook in Jupyter"
    )
    assert said in finished.outlines
    assert changed_lines(file, example.folder / "nb.ipynb") == A


@pytest.mark.parametrize("value", ["true", "1", "True"])
def test_updating_in_ci_is_a_usage_error(
    fake_example: Make, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CI", value)
    example = fake_example({"nb.ipynb": FILE}, SCRIPT)
    finished = example.run("--nbcheck-update=all")
    assert finished.ret == pytest.ExitCode.USAGE_ERROR
    assert finished.errlines[0].startswith("ERROR: --nbcheck-update: not in a CI job")
    assert example.fakes.executed == []
    assert example.run("--nbcheck-update=all", "--nbcheck-update-in-ci").ret == 0


def test_an_unknown_category(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FILE}, SCRIPT)
    finished = example.run("--nbcheck-update=fix")
    assert finished.errlines[0] == "ERROR: --nbcheck-update: 'fix' is not one of new, changed, all"


def test_a_broken_configuration_is_told_and_nothing_else_happens(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": FILE, "pyproject.toml": "[tool.nbcheck]\nredact = 3\n"}, SCRIPT)
    finished = example.run("--nbcheck-update=all")
    finished.assert_outcomes(failed=1)
    assert any("'redact' must be a list" in line for line in finished.outlines)
    assert (example.folder / "nb.ipynb").read_bytes() == FILE


def test_outputs_without_counts_stay_without(fake_example: Make) -> None:
    stripped = result("1", 1) | {"execution_count": None}
    cell = code("c", stripped) | {"execution_count": None}
    example = fake_example({"nb.ipynb": notebook(cell)}, SCRIPT)
    assert example.run("--nbcheck-update=changed").ret == 0
    changed = changed_lines(notebook(cell), example.folder / "nb.ipynb")
    assert changed == ['-      "text/plain": "1"', '+      "text/plain": "2"']


def test_the_outputs_of_a_text_notebook_go_into_its_pair(
    fake_example: Make, require: Callable[[str], object]
) -> None:
    require("jupytext")
    text = "# ---\n# jupyter:\n#   kernelspec:\n#     name: python3\n# ---\n\n# %%\na\n\n# %%\nother\n"
    stored = notebook(markdown("first"), code("a", stdout("stored\n")), code("gone", stdout("x")))
    example = fake_example({"nb.py": text, "nb.ipynb": stored}, SCRIPT | {"other": [prints("y")]})
    finished = example.run("--nbcheck-update=all")
    assert changed_lines(stored, example.folder / "nb.ipynb") == A
    assert (example.folder / "nb.py").read_text() == text
    said = (
        "nb.py::cell-2: the paired .ipynb has no cell with this source; sync them, and run the notebook again"
    )
    assert f"not accepted: {said}" in finished.outlines
    assert finished.ret == 1


def test_an_artifact_is_accepted_elsewhere(
    fake_example: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A run in CI, its pending set fetched to a checkout at another place."""
    example = fake_example({"sub/nb.ipynb": FILE}, SCRIPT)
    example.run()
    checkout = tmp_path / "checkout"
    (checkout / "sub").mkdir(parents=True)
    (checkout / "sub/nb.ipynb").write_bytes(FILE)
    os.rename(example.folder / ".nbcheck", tmp_path / "artifact")
    capsys.readouterr()
    monkeypatch.chdir(checkout)
    assert main(["accept", "--from", str(tmp_path / "artifact"), "sub/nb.ipynb::cell-1"]) == 0
    assert changed_lines(FILE, checkout / "sub/nb.ipynb") == A
    assert main(["pending", "--from", str(tmp_path / "artifact")]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "1 output in 1 notebook accepted"
    assert shown[2:] == ["  cell-3::1  1 became 2 (relative error 0.5)"]

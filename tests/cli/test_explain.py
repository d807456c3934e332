"""``nbcheck explain``."""

from __future__ import annotations

from pathlib import Path

import pytest

import nbcheck.cli.explain
from helpers.example import FakeKernels
from helpers.fake_kernel import Publishes, Raises
from helpers.nb import code, display, error, notebook, result, stderr, stdout
from nbcheck.cli import main
from nbcheck.protocol.content import ExecuteResult, Stream

LINES = ["a <f at 0x7f0000000001>\n", "same\n", "\x1b[31mred\x1b[0m 2.5\n"]
FRESH = ["a <f at 0x7f0000000002>\n", "same\n", "\x1b[31mred\x1b[0m 2.6\n"]


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> FakeKernels:
    """Kernels that play a script."""
    kernels = FakeKernels(
        {
            "first": [Publishes(Stream(name="stdout", text="1"))],
            "second": [
                Publishes(Stream(name="stdout", text="".join(FRESH))),
                Publishes(ExecuteResult(data={"text/plain": "0.3"}, metadata={}, execution_count=2)),
            ],
            "raises": [Raises("ValueError", "bad")],
        }
    )
    monkeypatch.setattr(nbcheck.cli.explain, "Kernels", lambda: kernels)
    return kernels


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where notebooks are, and the user is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, *cells: dict[str, object]) -> None:
    path.write_bytes(notebook(*cells))


SECOND = code(
    "# nbcheck: ignore-output=stderr\nsecond",
    stdout("".join(LINES)),
    stderr("w"),
    result("0.30000000000000004"),
)


def test_a_fresh_run(folder: Path, fakes: FakeKernels, capsys: pytest.CaptureFixture[str]) -> None:
    fakes.script[SECOND["source"][0] + "second"] = fakes.script["second"]
    write(folder / "nb.ipynb", code("first", stdout("1")), SECOND, code("raises"))
    assert main(["explain", "nb.ipynb::cell-2"]) == 1
    # Cell 3 is not needed for it.
    assert [len(sources) for sources in fakes.executed] == [2]
    assert (fakes.closed, fakes.folders) == (1, [folder])
    assert capsys.readouterr().out.splitlines() == [
        "nb.ipynb:22: cell 2",
        "directives:",
        "  ignore-output = stderr  (a comment)",
        "stored: 3 outputs",
        "   1  stdout, 3 lines: a <f at 0x7f0000000001>",
        "   2  stderr, 1 line: w",
        "   3  execute_result, text/plain: 0.30000000000000004",
        "a run by fake: 2 outputs",
        "   1  stdout, 3 lines: a <f at 0x7f0000000002>",
        "   2  execute_result, text/plain: 0.3",
        "aligned:",
        "  ignored: stored 2",
        "  stdout: stored 1 with fresh 1",
        "  execute_result: stored 3 with fresh 2",
        "compared:",
        "  stdout, judged by streams: different",
        "    ansi changed",
        r"      - \x1b[31mred\x1b[0m 2.5",
        "      + red 2.5",
        r"      - \x1b[31mred\x1b[0m 2.6",
        "      + red 2.6",
        "    addresses changed",
        "      - a <f at 0x7f0000000001>",
        "      + a <f at <address>>",
        "      - a <f at 0x7f0000000002>",
        "      + a <f at <address>>",
        "    2.5 became 2.6 (relative error 0.038)",
        "           1  a <f at 0x7f0000000002>",
        "           2  same",
        "      -    3  red 2.5",
        "      ?           ^^^",
        "      +    3  red 2.6",
        "      ?           ^^^",
        "  output 3, text/plain, judged by TextComparer: equal within the tolerances",
        "  output 3, type and metadata, judged by JsonComparer: the same on both sides",
        "note: ignored outputs: stderr",
        "verdict: different: stdout: 2.5 became 2.6 (relative error 0.038)",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nb.ipynb", "'nb.ipynb' is not the name of a cell; write NOTEBOOK::cell-3"),
        ("::cell-1", "'::cell-1' is not the name of a cell; write NOTEBOOK::cell-3"),
    ],
)
def test_what_is_no_cell(text: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["explain", text])
    assert end.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"nbcheck explain: error: {told}"


def test_a_cell_that_is_not_there(
    folder: Path, fakes: FakeKernels, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "nb.ipynb", code("first", stdout("1")))
    assert main(["explain", "nb.ipynb::cell-2", "missing.ipynb::cell-1", "nb.ipynb::cell-1"]) == 2
    assert (
        capsys.readouterr().err.splitlines()[0]
        == "nb.ipynb: there is no 'cell-2'; its only code cell is cell-1"
    )
    assert fakes.started == []


def test_another_file_and_nothing_run(
    folder: Path, fakes: FakeKernels, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "nb.ipynb", code("a", display("x")), code("b", error("E", "1")))
    write(
        folder / "other.ipynb",
        code("new", stdout("n")),
        code("a", display("x"), display("y")),
        code("b", error("E", "1")),
    )
    cells = [f"nb.ipynb::cell-{number}" for number in (1, 2)]
    assert main(["explain", "--against", "other.ipynb", *cells]) == 1
    assert fakes.started == []
    assert capsys.readouterr().out.splitlines() == [
        "nb.ipynb:6: cell 1",
        "directives: none",
        "stored: 1 output",
        "   1  display_data, text/plain: x",
        "stored in other.ipynb: 2 outputs",
        "   1  display_data, text/plain: x",
        "   2  display_data, text/plain: y",
        "aligned:",
        "  display_data: stored 1 with fresh 1",
        "  display_data: fresh 2, extra",
        "compared:",
        "  output 1, text/plain, judged by TextComparer: the same on both sides",
        "  output 1, type and metadata, judged by JsonComparer: the same on both sides",
        "verdict: different: output 2: display_data that the file does not have",
        "",
        "nb.ipynb:24: cell 2",
        "directives: none",
        "stored: 1 output",
        "   1  error E: 1",
        "stored in other.ipynb: 1 output",
        "   1  error E: 1",
        "aligned:",
        "  error: stored 1 with fresh 1",
        "compared:",
        "  error, judged by errors: the same on both sides",
        "note: raised the stored error again (E: 1); tag the cell raises-exception to say that it is meant",
        "verdict: passed",
    ]


def test_cells_that_are_not_compared(
    folder: Path, fakes: FakeKernels, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [
        code("first"),
        code("first", stdout("1"), tags=["nbcheck-skip"]),
        code("raises", stdout("1"), tags=["nbcheck-xfail=known"]),
        code("first", stdout("1")),
    ]
    write(folder / "nb.ipynb", *cells)
    assert main(["explain", *(f"nb.ipynb::cell-{number}" for number in (1, 2, 3))]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "nb.ipynb:6: cell 1",
        "directives: none",
        "stored: no outputs",
        "a run by fake: 1 output",
        "   1  stdout, 1 line: 1",
        "compared: nothing (no stored outputs)",
        "verdict: passed",
        "",
        "nb.ipynb:16: cell 2",
        "directives:",
        "  skip = true  (the tag nbcheck-skip)",
        "stored: 1 output",
        "   1  stdout, 1 line: 1",
        "compared: nothing",
        "verdict: skipped by the tag nbcheck-skip",
        "",
        "nb.ipynb:36: cell 3",
        "directives:",
        "  xfail = known  (the tag nbcheck-xfail=known)",
        "stored: 1 output",
        "   1  stdout, 1 line: 1",
        "a run by fake: 1 output",
        "   1  error ValueError: bad",
        "compared: nothing",
        "verdict: error: ValueError: bad; expected to fail (known)",
    ]
    assert main(["explain", "nb.ipynb::cell-4"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "verdict: not run: cell 3 raised ValueError"


def test_a_cell_that_the_other_file_does_not_have(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder / "nb.ipynb", code("a"), code("b"))
    write(folder / "other.ipynb", code("b"))
    assert main(["explain", "--against", "other.ipynb", "nb.ipynb::cell-1"]) == 2
    assert capsys.readouterr().err == "other.ipynb: no cell of it belongs to cell 1 of nb.ipynb\n"


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("# nbcheck: skip", "verdict: skipped by a comment"),
        ("# nbcheck: skp", "verdict: error: a comment: unknown directive 'skp'; did you mean 'skip'?"),
        ("raise E", "verdict: error: E: 1"),
    ],
)
def test_another_file_and_directives(
    source: str, verdict: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "nb.ipynb", code(source, stdout("a")))
    write(folder / "other.ipynb", code(source, stdout("a"), error("E", "1")))
    assert main(["explain", "--against", "other.ipynb", "nb.ipynb::cell-1"]) == int("error" in verdict)
    assert capsys.readouterr().out.splitlines()[-1] == verdict


@pytest.mark.slow
def test_a_real_kernel(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder / "nb.ipynb", code("x = 41"), code("print(x + 1)", stdout("42\n")))
    assert main(["explain", "nb.ipynb::cell-2"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "nb.ipynb:16: cell 2",
        "directives: none",
        "stored: 1 output",
        "   1  stdout, 1 line: 42",
        "a run by nbcheck-python: 1 output",
        "   1  stdout, 1 line: 42",
        "aligned:",
        "  stdout: stored 1 with fresh 1",
        "compared:",
        "  stdout, judged by streams: the same on both sides",
        "verdict: passed",
    ]

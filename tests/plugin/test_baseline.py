"""Baselines: what a project knows of does not count, what is new does, and what is gone is taken out."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from helpers.example import Example, section, verdicts
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, notebook, stdout
from nbcheck.baseline.file import NAME, read_baseline
from nbcheck.baseline.known import Known

Make = Callable[..., Example]

PYPROJECT = f'[tool.nbcheck]\nbaseline = "{NAME}"\n'
FILES = {
    "a.ipynb": notebook(code("a", stdout("stored\n")), code("b", stdout("same\n"))),
    "sub/b.ipynb": notebook(code("e", stdout("x\n")), code("a", stdout("stored\n"))),
    "c.ipynb": notebook(code("b", stdout("same\n"))),
    "bad.ipynb": b"{",
}
SCRIPT = {
    "a": [prints("fresh\n")],
    "b": [prints("same\n")],
    "e": [Raises("ValueError", "no")],
}


def entries(example: Example) -> dict[str, tuple[Known, ...]]:
    return dict(read_baseline(example.folder / NAME).notebooks)


def begin(make: Make, **files: bytes) -> Example:
    """A project with a baseline of everything that fails in it."""
    example = make(FILES | files, dict(SCRIPT))
    result = example.run(f"--nbcheck-write-baseline={NAME}", "-q", "--nbcheck-no-twice")
    assert result.ret == 1
    assert any("nbcheck: 4 known failures are written to" in line for line in result.outlines)
    example.write("pyproject.toml", PYPROJECT)
    return example


def test_what_is_known_does_not_count(fake_example: Make) -> None:
    example = begin(fake_example)
    assert {
        name: [(one.cell, str(one.outcome)) for one in found] for name, found in entries(example).items()
    } == {
        "a.ipynb": [("cell-1", "different")],
        "bad.ipynb": [("notebook", "unreadable")],
        "sub/b.ipynb": [("cell-1", "error"), ("cell-2", "not-run")],
    }
    result = example.run("-rA")
    assert result.ret == 0
    result.assert_outcomes(passed=2, xfailed=3, skipped=1)
    assert f"3 known failures are not counted: {NAME}" in section(result, "nbcheck")
    assert "XFAIL a.ipynb::cell-1 - known: stdout: stored became fresh" in result.outlines
    assert "XFAIL bad.ipynb::notebook - known: the notebook cannot be read" in result.outlines
    # It says nothing of what is known, and runs nothing twice for it.
    assert "fresh" not in "".join(line for line in result.outlines if not line.startswith("XFAIL"))
    assert len(example.fakes.started) == 3 + 3


@pytest.mark.parametrize("arguments", [("--nbcheck-items=notebook",), ("--runxfail",)])
def test_other_ways_to_run(fake_example: Make, arguments: tuple[str, ...]) -> None:
    example = begin(fake_example)
    result = example.run("-rA", *arguments)
    if arguments == ("--runxfail",):
        result.assert_outcomes(passed=2, failed=3, skipped=1)
    else:
        result.assert_outcomes(passed=1, xfailed=3)
    assert len(entries(example)) == 3


def test_only_what_is_new_is_red(fake_example: Make) -> None:
    example = begin(fake_example)
    example.fakes.script["b"] = [prints("other\n")]
    result = example.run("-rA")
    failed = [nodeid for nodeid, verdict in verdicts(result).items() if verdict == "failed"]
    assert failed == ["a.ipynb::cell-2", "c.ipynb::cell-1"]
    # A known output that differs in a line more is not known.
    example.fakes.script["b"] = [prints("same\n")]
    example.fakes.script["a"] = [prints("fresh\nmore\n")]
    failed = [nodeid for nodeid, verdict in verdicts(example.run("-rA")).items() if verdict == "failed"]
    assert failed == ["a.ipynb::cell-1"]


def test_what_is_gone_is_taken_out(fake_example: Make) -> None:
    example = begin(fake_example)
    example.fakes.script["a"] = [prints("stored\n")]
    result = example.run("-q")
    assert result.ret == 0
    assert any(
        f"1 known failure is gone, and taken out of {NAME}: commit it" in line for line in result.outlines
    )
    assert "a.ipynb" not in entries(example)
    # It may not come back.
    example.fakes.script["a"] = [prints("fresh\n")]
    assert example.run("a.ipynb").ret == 1
    # Behind an error nobody had looked: what differs there was so before.
    example.fakes.script["e"] = [prints("x\n")]
    assert example.run("sub").ret == 0
    assert [(one.cell, str(one.outcome)) for one in entries(example)["sub/b.ipynb"]] == [
        ("cell-2", "different")
    ]
    # A notebook that is removed, and one that can be read again.
    (example.folder / "sub/b.ipynb").unlink()
    example.write("bad.ipynb", FILES["c.ipynb"])
    example.fakes.script["a"] = [prints("stored\n")]
    result = example.run("-q")
    assert entries(example) == {}
    told = f"nbcheck: no failure is known any more: remove {NAME}, and 'baseline' from [tool.nbcheck]"
    assert any(told in line for line in result.outlines)


def test_ci_changes_no_file(fake_example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    example = begin(fake_example)
    before = (example.folder / NAME).read_bytes()
    monkeypatch.setenv("CI", "true")
    example.fakes.script["a"] = [prints("stored\n")]
    result = example.run()
    assert result.ret == 0
    assert any(
        "1 known failure is gone: run pytest --nbcheck where you can commit" in line
        for line in result.outlines
    )
    assert (example.folder / NAME).read_bytes() == before


@pytest.mark.parametrize("arguments", [("--nbcheck-mode=run",), ("-k", "cell-2"), ("c.ipynb",)])
def test_what_was_not_looked_at_stays(fake_example: Make, arguments: tuple[str, ...]) -> None:
    example = begin(fake_example)
    before = entries(example)
    example.fakes.script["a"] = [prints("stored\n")]
    example.run("--ignore=bad.ipynb", "--ignore=sub", *arguments)
    assert entries(example) == before


def test_updating_takes_what_is_known(fake_example: Make) -> None:
    example = begin(fake_example)
    result = example.run("a.ipynb", "--nbcheck-update=changed")
    assert any("1 passed, 1 updated" in line for line in result.outlines)
    assert example.run("a.ipynb").ret == 0
    assert "a.ipynb" not in entries(example)


def test_sets_of_parameters_have_their_own(fake_example: Make) -> None:
    cells = (code("x = 1", count=1, tags=["parameters"]), code("e", stdout("x\n")))
    files = {"p.ipynb": notebook(*cells, nbcheck={"parametrize": [{"x": 1}, {"x": 2}]})}
    example = fake_example(files, SCRIPT)
    example.run(f"--nbcheck-write-baseline={NAME}")
    assert sorted(entries(example)) == ["p.ipynb[x=1]", "p.ipynb[x=2]"]
    example.write("pyproject.toml", PYPROJECT)
    example.run().assert_outcomes(passed=2, xfailed=2)


def test_reports_tell_what_is_known(fake_example: Make) -> None:
    example = begin(fake_example)
    arguments = (
        "--nbcheck-json=r.json",
        "--nbcheck-html=r.html",
        "--junitxml=j.xml",
        "--nbcheck-annotations=github",
    )
    example.fakes.script["b"] = [prints("other\n")]
    result = example.run(*arguments)
    told = {one["path"]: one for one in json.loads((example.folder / "r.json").read_text())["notebooks"]}
    assert [cell["excused"] for cell in told["a.ipynb"]["cells"]] == [
        "known: stdout: stored became fresh",
        "",
    ]
    assert [item["outcome"] for item in told["a.ipynb"]["items"]] == ["xfailed", "failed"]
    assert "</span> known</span>" in (example.folder / "r.html").read_text()
    annotated = [line for line in result.outlines if line.startswith("::error")]
    assert [line.partition("title=")[2].partition("::")[0] for line in annotated] == [
        "a.ipynb%2C cell 2",
        "c.ipynb%2C cell 1",
    ]
    suite = ET.parse(example.folder / "j.xml").find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("skipped")) == ("2", "4")


def test_a_baseline_is_not_written_over(fake_example: Make) -> None:
    example = begin(fake_example)
    result = example.run(f"--nbcheck-write-baseline={NAME}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert any(f"{NAME} is there, and a baseline only shrinks" in line for line in result.errlines)


@pytest.mark.parametrize(
    ("said", "content", "complaint"),
    [
        (
            'baseline = "no.json"',
            None,
            "there is no such baseline; write it with --nbcheck-write-baseline=no.json",
        ),
        ('baseline = "b.json"', "{}", "no baseline that can be read"),
    ],
)
def test_a_baseline_that_cannot_be_read(
    fake_example: Make, said: str, content: str | None, complaint: str
) -> None:
    files = {"pyproject.toml": f"[tool.nbcheck]\n{said}\n", "c.ipynb": FILES["c.ipynb"]}
    example = fake_example(files | ({"b.json": content} if content is not None else {}), SCRIPT)
    result = example.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert any(complaint in line for line in result.errlines)


def test_a_key_that_makes_no_sense(fake_example: Make) -> None:
    files = {"pyproject.toml": "[tool.nbcheck]\nbaseline = 3\n", "c.ipynb": FILES["c.ipynb"]}
    result = fake_example(files, SCRIPT).run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*'baseline' must be the path of a file*"])


@pytest.mark.slow
def test_workers_of_xdist(example: Make) -> None:
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    files = {
        f"n{number}.ipynb": notebook(
            code(f"print({number})", stdout("0\n")), code("print('ok')", stdout("ok\n")), **python
        )
        for number in range(4)
    }
    made = example(files)
    made.run_apart("-n2", f"--nbcheck-write-baseline={NAME}").assert_outcomes(passed=5, failed=3)
    made.write("pyproject.toml", PYPROJECT)
    made.write(
        "n1.ipynb", notebook(code("print(0)", stdout("0\n")), code("print('ok')", stdout("ok\n")), **python)
    )
    made.run_apart("-n2").assert_outcomes(passed=6, xfailed=2)
    assert sorted(entries(made)) == ["n2.ipynb", "n3.ipynb"]

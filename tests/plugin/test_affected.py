"""``--nbcheck-affected``: what has not changed is left out, visibly, and everything else is run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.example import Example, section, verdicts
from helpers.nb import code, markdown, notebook, stdout

Make = Callable[..., Example]
PYTHON = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
READS = notebook(
    code("import helper"), code("print(open('data/a.csv').read(), helper.x)", stdout("1 1\n")), **PYTHON
)
PLAIN = notebook(code("1 + 1"), **PYTHON)
FILES = {
    "reads.ipynb": READS,
    "plain.ipynb": PLAIN,
    "data/a.csv": "1",
    "helper.py": "from deep import x",
    "deep.py": "x = 1",
    "pytest.ini": "[pytest]\n",
}
HOOKS = """
import os
import rules

def pytest_nbcheck_normalisers():
    return [("mine", lambda text: text.replace("x", "y"))]

def pytest_nbcheck_kernel_env():
    return {"SAID": os.environ.get("SAID")}
"""


def run(example: Example, *arguments: str) -> dict[str, str]:
    """Run, and return what is said of each notebook: why it was run, or ``unchanged``."""
    result = example.run("--nbcheck-affected", "-v", "-rA", *arguments)
    said = {line.split(": ", 1)[0].strip(): line.split(": ", 1)[1] for line in reasons(result)}
    for nodeid, verdict in verdicts(result).items():
        name = nodeid.partition("::")[0]
        assert verdict != "skipped" or name not in said, (nodeid, said)
    for line in result.outlines:
        if " SKIPPED (unchanged since " in line:
            said.setdefault(line.partition("::")[0], "unchanged")
    return said


def reasons(result: pytest.RunResult) -> list[str]:
    return [line for line in section(result, "nbcheck: what is affected") if line.startswith("  ")]


@pytest.mark.slow
def test_each_change_and_nothing_else_makes_it_run(example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = example(FILES)
    never = "no passing run is recorded"
    assert run(made) == {"reads.ipynb": never, "plain.ipynb": never}
    # What does not count: times, other files, markdown, the folder's own caches.
    os.utime(made.folder / "data/a.csv", (1, 1))
    made.write("data/b.csv", "")
    made.write("other.py", "")
    cells = json.loads(READS)["cells"]
    made.write("reads.ipynb", notebook(*cells, markdown("explained"), **PYTHON))
    assert run(made) == {"reads.ipynb": "unchanged", "plain.ipynb": "unchanged"}

    def expect(reason: str, *arguments: str, plain: str = "unchanged") -> None:
        assert run(made, *arguments) == {"reads.ipynb": reason, "plain.ipynb": plain}

    made.write("deep.py", "x = 1  # the same, and yet")
    expect("deep.py changed")
    made.write("deep/__init__.py", "x = 1")
    expect("there are other modules in .")
    made.write("data/a.csv", "2")
    expect("data/a.csv changed")
    made.write("data/a.csv", "1")
    expect("no passing run is recorded")  # it has failed
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    reason = "environment variables changed: TZ"
    expect(reason, plain=reason)
    expect("options changed", "--nbcheck-cell-timeout=9", plain="options changed")
    made.write("reads.ipynb", READS.replace(b"import helper", b"import helper "))
    expect("its code, stored outputs or directives changed", "--nbcheck-cell-timeout=9")
    made.write("conftest.py", HOOKS)
    made.write("rules.py", "import re\nrule = re.compile('x').sub\n")
    loads = "what conftest.py loads changed: conftest.py, rules.py"
    expect(loads, plain=loads)
    monkeypatch.setenv("SAID", "x")
    expect("options changed", plain="options changed")


@pytest.mark.slow
def test_what_is_told(example: Make) -> None:
    made = example(FILES)
    first = made.run("--nbcheck-affected", "--nbcheck-html=report.html")
    first.assert_outcomes(passed=3)
    assert section(first, "nbcheck: what is affected") == ["2 notebooks run; -v says why"]
    (record, _) = sorted((made.folder / ".nbcheck/affected").glob("*.json"))
    since = json.loads(record.read_text())["passed"]
    second = made.run("--nbcheck-affected", "-rs")
    second.assert_outcomes(skipped=3)
    assert second.ret == pytest.ExitCode.OK
    assert section(second, "nbcheck: what is affected") == [f"2 notebooks not run: unchanged since {since}"]
    reason = f"unchanged since {since} (nothing that it uses has changed)"
    assert section(second, "short test summary info")[:3] == [
        f"SKIPPED [1] plain.ipynb:6: {reason}",
        f"SKIPPED [1] reads.ipynb:6: {reason}",
        f"SKIPPED [1] reads.ipynb:16: {reason}",
    ]
    # Without the option nothing is left out, and nothing recorded.
    made.write("data/a.csv", "1 ")
    made.run().assert_outcomes(failed=1, passed=2)
    assert section(made.run("-q"), "nbcheck: what is affected") == []


@pytest.mark.foreign
def test_who_passed_only_in_part_is_run_again(example: Make) -> None:
    steady = code("print(1)", stdout("1\n"))
    files = {
        "part.ipynb": notebook(steady, steady, **PYTHON),
        "failing.ipynb": notebook(steady, code("print(2)", stdout("1\n")), **PYTHON),
        "skipped.ipynb": notebook(steady, code("1", tags=["nbcheck-skip"]), **PYTHON),
        "xfailed.ipynb": notebook(steady, code("1 / 0", tags=["nbcheck-xfail=known"]), **PYTHON),
        "left.ipynb": notebook(steady, code("quit()"), **PYTHON),
        "killed.ipynb": notebook(steady, code("import os, signal; os.kill(os.getpid(), 9)"), **PYTHON),
        "shell.ipynb": notebook(code("true"), kernelspec={"name": "nbcheck-bash", "language": "bash"}),
        "starts.ipynb": notebook(code("!true"), **PYTHON),
        "vouched.ipynb": notebook(code("!true"), nbcheck={"uses-files": "*.csv"}, **PYTHON),
        "vain.ipynb": notebook(code("1"), nbcheck={"uses-files": ["*.parquet"]}, **PYTHON),
        "makes.ipynb": notebook(code("open('made', 'w').write('1');"), **PYTHON),
        "given.ipynb": notebook(code("1"), nbcheck={"fixtures": "base"}, **PYTHON),
        "sets.ipynb": notebook(code("1"), nbcheck={"parametrize": [{}, {"alpha": 2}]}, **PYTHON),
        "conftest.py": "import pytest\n\nbase = pytest.fixture(scope='session')(lambda: 1)\n",
        "a.csv": "1",
        "pytest.ini": "[pytest]\n",
    }
    made = example(files)
    run(made, "--deselect=part.ipynb::cell-1")
    said = run(made)
    never = "no passing run is recorded"
    assert said == {
        "part.ipynb": never,
        "failing.ipynb": never,
        "skipped.ipynb": never,
        "xfailed.ipynb": never,
        "left.ipynb": "unchanged",
        "killed.ipynb": never,
        "shell.ipynb": "it did not run in nbcheck's Python kernel",
        "starts.ipynb": "it started a program, and does not say by uses-files what that reads: true",
        "vouched.ipynb": "unchanged",
        "vain.ipynb": "it names files that are not there: uses-files=*.parquet",
        "makes.ipynb": "it made made, which may matter when it runs again",
        "given.ipynb": "it takes the values of pytest's fixtures, which are made by other code",
        "sets.ipynb": "it is run with several sets of parameters",
    }
    assert run(made)["makes.ipynb"] == "unchanged"
    made.write("b.csv", "")
    assert run(made)["vouched.ipynb"] == "files of uses-files=*.csv changed"
    # One item for a notebook hides what of it was expected to fail.
    assert run(made, "--nbcheck-items=notebook")["xfailed.ipynb"] == never
    assert run(made, "--nbcheck-items=notebook")["xfailed.ipynb"] == never


@pytest.mark.slow
def test_with_workers_reruns_and_cold_kernels(example: Make) -> None:
    flaky = "import os\nfirst = not os.path.exists('.was')\nopen('.was', 'w').close()\nif first: 1 / 0"
    made = example({**FILES, "flaky.ipynb": notebook(code(flaky), code("1"), **PYTHON)})
    never = "no passing run is recorded"
    many = ("-n2", "--dist=loadfile", "--reruns=1", "-p", "no:hypothesispytest")
    first = made.run_apart("--nbcheck-affected", "-v", *many)
    first.assert_outcomes(passed=5)
    names = ("flaky.ipynb", "plain.ipynb", "reads.ipynb")
    assert reasons(first) == [f"  {name}: {never}" for name in names]
    second = made.run_apart("--nbcheck-affected", "-v", "--nbcheck-cold", *many)
    second.assert_outcomes(passed=2, skipped=3)
    assert reasons(second) == [f"  flaky.ipynb: {never}"]
    assert section(second, "nbcheck: what is affected")[0].startswith("2 notebooks not run: unchanged since ")
    # All processes wrote whole files, and none left anything.
    kept = {path.suffix for path in (made.folder / ".nbcheck/affected").iterdir()}
    assert kept == {"", ".json"}


def test_no_place_for_records(fake_example: Make) -> None:
    made = fake_example({"nb.ipynb": PLAIN, ".nbcheck": ""})
    result = made.run("--nbcheck-affected")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = filter(None, result.errlines)
    folder = Path(made.folder, ".nbcheck/affected")
    assert line.startswith(f"ERROR: --nbcheck-affected: {folder} cannot be written to: ")


def test_a_folder_moved_elsewhere_keeps_its_records(example: Make, tmp_path: Path) -> None:
    made = example(FILES)
    run(made)
    there = tmp_path / "elsewhere"
    made.folder.rename(there)  # and with it the current folder
    assert set(run(made).values()) == {"unchanged"}

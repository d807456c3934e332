"""Projects set up for other testers run unchanged, with the verdicts of those except where docs/migrating.md says so.

Each is made of what the tester's documentation shows; the tester and nbcheck run the very same files, the tester in an
environment of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from helpers.nb import code, error, markdown, notebook, result, stderr, stdout
from helpers.venv import make_venv

pytestmark = [pytest.mark.foreign, pytest.mark.slow, pytest.mark.timeout(600)]

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
Files = Mapping[str, bytes | str]


def nb(*cells: dict[str, Any], **metadata: Any) -> bytes:
    """A notebook whose code cells have been run in order, once."""
    numbered = [cell | {"execution_count": number} for number, cell in enumerate(cells, 1)]
    return notebook(*numbered, kernelspec=KERNEL, **metadata)


@pytest.fixture(scope="module")
def python_with_peers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_venv(tmp_path_factory.mktemp("peers"), "nbval", "nbmake", "pytest-notebook")


def verdicts(python: Path | str, folder: Path, *arguments: str) -> dict[str, str]:
    """Outcome by node id, in the order of running."""
    command = [python, "-m", "pytest", "-v", "--color=no", "-p", "no:cacheprovider", *arguments]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert finished.returncode in (0, 1), finished.stdout + finished.stderr
    found = re.findall(r"^(\S.*?::.+?) ([A-Z]{4,})(?: \(.*\))? +\[", finished.stdout, flags=re.MULTILINE)
    # nbval's items begin their names with the file, in which pytest takes the point for that of a dotted name.
    return {nodeid.replace("::ipynb::", ".ipynb::"): outcome.lower() for nodeid, outcome in found}


def write(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


NBVAL: Files = {
    "pytest.ini": """\
[pytest]
addopts = --nbval --nbval-sanitize-with docs/sanitize.cfg --nbval-cell-timeout=60 --nbval-current-env
    --deselect "docs/markers.ipynb::Cell 7"
""",
    "conftest.py": """\
def pytest_collectstart(collector):
    if collector.fspath and collector.fspath.ext == '.ipynb':
        collector.skip_compare += 'text/html', 'application/javascript', 'stderr',
""",
    "docs/sanitize.cfg": """\
[regex1]
regex: \\d{1,2}/\\d{1,2}/\\d{2,4}
replace: DATE-STAMP

[regex2]
regex: \\d{2}:\\d{2}:\\d{2}
replace: TIME-STAMP
""",
    "docs/markers.ipynb": nb(
        code("# NBVAL_IGNORE_OUTPUT\nimport random\nprint(random.random())", stdout("1\n")),
        code("print(1)", stdout("1\n")),
        code("print(2)", stdout("3\n")),
        code("# NBVAL_RAISES_EXCEPTION\n1 / 0", error("ZeroDivisionError", "division by zero")),
        code("raise SystemError  # NBVAL_SKIP", tags=["nbval-skip"]),
        code("import sys\nprint('now', file=sys.stderr)", stderr("then\n")),
        code("print('03/04/2026 10:11:12')", stdout("01/02/2024 00:00:00\n")),
        code("print('deselected')", stdout("differs\n")),
        code("print('ignored')", stdout("x\n"), tags=["nbval-ignore-output"]),
    ),
    "docs/wrong.ipynb": nb(
        code("# NBVAL_RAISES_EXCEPTION\nx = 1"),
        code("x;"),
        code("object()", result("<object at 0x7f0000000000>", 3)),
        code("%no_such_magic"),
        code("print(4)", stdout("4\n")),
    ),
}


def test_a_project_of_nbval(python_with_peers: Path, tmp_path: Path) -> None:
    write(tmp_path, NBVAL)
    theirs = verdicts(python_with_peers, tmp_path, "--deselect", "docs/wrong.ipynb")
    numbered = {
        re.sub(r"Cell (\d+)", lambda match: f"cell-{int(match[1]) + 1}", nodeid): outcome
        for nodeid, outcome in theirs.items()
    }
    assert verdicts(sys.executable, tmp_path, "--deselect", "docs/wrong.ipynb") == numbered
    assert len(numbered) == 8
    assert [*numbered.values()].count("failed") == 1


def test_where_nbval_is_wrong(python_with_peers: Path, tmp_path: Path) -> None:
    write(tmp_path, NBVAL)
    theirs = verdicts(python_with_peers, tmp_path, "docs/wrong.ipynb")
    assert [*theirs.values()] == ["passed", "failed", "failed", "passed", "passed"]
    ours = verdicts(sys.executable, tmp_path, "docs/wrong.ipynb")
    # The first raised nothing; the magic is not there, which ends the notebook.
    assert [*ours.values()] == ["failed", "passed", "passed", "failed", "skipped"]


NBMAKE: Files = {
    "pytest.ini": "[pytest]\naddopts = --nbmake --nbmake-timeout=60\n",
    "docs/good.ipynb": nb(code("x = 1"), code("print(x)", stdout("something else\n"))),
    "docs/bad.ipynb": nb(code("1 / 0")),
    "docs/raises.ipynb": nb(code("1 / 0", tags=["raises-exception"]), code("print(1)")),
    "docs/skips.ipynb": nb(code("1 / 0", tags=["skip-execution"])),
    "docs/allows.ipynb": nb(code("1 / 0"), code("1"), execution={"allow_errors": True, "timeout": 60}),
    "docs/mock.ipynb": nb(code("n = 1000", nbmake={"mock": {"n": 2}}), code("assert n == 2")),
    "docs/after.ipynb": nb(
        code("n = 1", nbmake={"post_cell_execute": ["n += 1", "n += 1"]}), code("assert n == 3")
    ),
    "docs/after_bad.ipynb": nb(code("n = 1", nbmake={"post_cell_execute": ["n.x"]}), code("n")),
    "docs/slow.ipynb": nb(code("import time\ntime.sleep(60)"), execution={"timeout": 1}),
    "docs/_build/bad.ipynb": nb(code("1 / 0")),
    "docs/text.ipynb": notebook(markdown("# text"), kernelspec=KERNEL),
}


def by_file(outcomes: Mapping[str, str]) -> dict[str, str]:
    """The outcome of each notebook: failed when one of its cells is."""
    found: dict[str, str] = {}
    for nodeid, outcome in outcomes.items():
        file = nodeid.partition("::")[0]
        found[file] = "failed" if "failed" in (outcome, found.get(file)) else "passed"
    return found


def test_a_project_of_nbmake(python_with_peers: Path, tmp_path: Path) -> None:
    write(tmp_path, NBMAKE)
    theirs = by_file(verdicts(python_with_peers, tmp_path))
    assert by_file(verdicts(sys.executable, tmp_path)) == theirs
    assert sorted(file for file, outcome in theirs.items() if outcome == "failed") == [
        "docs/after_bad.ipynb",
        "docs/bad.ipynb",
        "docs/slow.ipynb",
    ]
    assert len(theirs) == 10


def test_where_nbmake_is_wrong(python_with_peers: Path, tmp_path: Path) -> None:
    files = {
        "magic.ipynb": nb(code("%no_such_magic"), code("1")),
        "none.ipynb": nb(code("1", tags=["raises-exception"])),
        "quote.ipynb": nb(code("s = ''", nbmake={"mock": {"s": "it's"}}), code('assert s == "it\'s"')),
    }
    write(tmp_path, files)
    theirs = by_file(verdicts(python_with_peers, tmp_path, "--nbmake"))
    assert theirs == {"magic.ipynb": "passed", "none.ipynb": "passed", "quote.ipynb": "failed"}
    ours = by_file(verdicts(sys.executable, tmp_path, "--nbmake"))
    assert ours == {"magic.ipynb": "failed", "none.ipynb": "failed", "quote.ipynb": "passed"}


PYTEST_NOTEBOOK: Files = {
    "pytest.ini": """\
[pytest]
nb_test_files = True
nb_exec_timeout = 60
nb_diff_replace =
    /cells/*/outputs \\d{2,4}-\\d{1,2}-\\d{1,2} "DATE-STAMP"
nb_diff_ignore =
    /metadata
    /cells/*/metadata
    /cells/*/outputs/*/traceback
""",
    "good.ipynb": nb(code("x = 1"), code("print(x)", stdout("1\n"))),
    "differs.ipynb": nb(code("print(2)", stdout("1\n"))),
    "replaced.ipynb": nb(code("print('2026-11-24')", stdout("2020-01-02\n"))),
    "raises.ipynb": nb(
        code("1 / 0", error("ZeroDivisionError", "division by zero"), tags=["raises-exception"])
    ),
    "fails.ipynb": nb(code("1 / 0")),
    "skipped.ipynb": nb(code("1 / 0"), nbreg={"skip": True, "skip_reason": "not today"}),
    "ignored.ipynb": nb(
        code("print(2)", stdout("1\n")),
        code("print(3)", stdout("3\n")),
        nbreg={"diff_ignore": ["/cells/0/outputs"]},
    ),
    "ignores.ipynb": nb(code("print(2)", stdout("1\n"), nbreg={"diff_ignore": ["/outputs"]})),
    "leaves.ipynb": nb(code("import pytest\npytest.skip('no data')"), code("print(1)", stdout("2\n"))),
    "test_notebooks.py": """\
import pytest

@pytest.mark.parametrize("name", ["good", "differs", "replaced"])
def test_notebook(nb_regression, name):
    nb_regression.exec_timeout = 50
    nb_regression.check(f"{name}.ipynb")

def test_ignored(nb_regression):
    nb_regression.diff_ignore += ("/cells/0/outputs",)
    nb_regression.check("differs.ipynb")

def test_result(nb_regression):
    result = nb_regression.check("differs.ipynb", raise_errors=False)
    assert result.diff_filtered and result.diff_string
    assert result.nb_final.cells[0].outputs[0].text == "2\\n"
""",
}


def test_a_project_of_pytest_notebook(python_with_peers: Path, tmp_path: Path) -> None:
    write(tmp_path, PYTEST_NOTEBOOK)
    theirs = verdicts(python_with_peers, tmp_path)
    ours = verdicts(sys.executable, tmp_path, "--nbcheck", "--nbcheck-items=notebook")
    assert {nodeid.replace("::notebook", ""): outcome for nodeid, outcome in ours.items()} == {
        re.sub(r"::nbregression\(.*", "", nodeid): outcome for nodeid, outcome in theirs.items()
    }
    assert [outcome for nodeid, outcome in theirs.items() if "test_notebooks" in nodeid] == [
        "passed",
        "failed",
        "passed",
        "passed",
        "passed",
    ]
    assert len(theirs) == 14


def test_where_pytest_notebook_is_wrong(python_with_peers: Path, tmp_path: Path) -> None:
    files = {
        "pytest.ini": "[pytest]\nnb_diff_ignore =\n    /metadata\n    /cells/*/outputs/*/traceback\n",
        "address.ipynb": nb(code("object()", result("<object at 0x7f0000000000>", 1))),
        "none.ipynb": nb(code("1;", tags=["raises-exception"])),
    }
    write(tmp_path, files)
    theirs = by_file(verdicts(python_with_peers, tmp_path, "--nb-test-files"))
    assert theirs == {"address.ipynb": "failed", "none.ipynb": "passed"}
    ours = by_file(verdicts(sys.executable, tmp_path, "--nb-test-files"))
    assert ours == {"address.ipynb": "passed", "none.ipynb": "failed"}

"""Projects that are set up for nbval, nbmake or pytest-notebook, as their documentation has it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.example import Example, verdicts
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, error, markdown, notebook, stderr, stdout
from helpers.venv import make_venv
from pytest_nbcheck.migrate.flags import FLAGS
from pytest_nbcheck.options import PEER_STARTS

Make = Callable[..., Example]


def run(example: Example, *arguments: str) -> pytest.RunResult:
    """Run pytest, without our own flag."""
    return example.pytester.runpytest_inprocess(*arguments)


def notices(result: pytest.RunResult) -> list[str]:
    return [line.removeprefix("nbcheck: ") for line in result.outlines if line.startswith("nbcheck: ")]


def cells(result: pytest.RunResult) -> list[str]:
    """Outcomes of the cells of a project with one notebook, in order."""
    return list(dict(sorted(verdicts(result).items())).values())


def ini(addopts: str, *more: str) -> str:
    return "\n".join(["[pytest]", f"addopts = {addopts}", *more, ""])


def test_flags_that_ask_for_notebooks_are_known_where_nothing_is_imported() -> None:
    assert {flag.dest for flag in FLAGS if flag.starts} == set(PEER_STARTS)


# ---- nbval

NBVAL = notebook(
    markdown("# nbval"),
    code("date", stdout("2016-01-01 at 10:00:00\n")),
    code("# NBVAL_IGNORE_OUTPUT\nrandom", stdout("0.1\n")),
    code("# NBVAL_CHECK_OUTPUT\nchecked", stdout("1\n")),
    code("# NBVAL_RAISES_EXCEPTION\nraises", error("ValueError", "no")),
    code("# NBVAL_SKIP\nskipped", stdout("1\n")),
    code("tagged", stdout("0.1\n"), tags=["nbval-ignore-output"]),
)
NBVAL_SCRIPT = {
    "date": [prints("2026-11-24 at 11:00:00\n")],
    "# NBVAL_IGNORE_OUTPUT\nrandom": [prints("0.2\n")],
    "# NBVAL_CHECK_OUTPUT\nchecked": [prints("2\n")],
    "# NBVAL_RAISES_EXCEPTION\nraises": [Raises("ValueError", "no")],
    "tagged": [prints("0.2\n")],
}
SANITIZE = r"""[dates]
regex: \d{4}-\d{2}-\d{2}
replace: DATE
[times]
regex: \d{2}:\d{2}:\d{2}
replace: TIME
"""
NBVAL_PROJECT = {
    "nb.ipynb": NBVAL,
    "tests/sanitize.cfg": SANITIZE,
    "pytest.ini": ini(
        "--nbval --nbval-sanitize-with tests/sanitize.cfg --nbval-cell-timeout=30 --nbval-current-env --nbdime"
    ),
}


@pytest.mark.parametrize("arguments", [[], ["--nbcheck"]])
def test_a_project_of_nbval(fake_example: Make, arguments: list[str]) -> None:
    example = fake_example(NBVAL_PROJECT, NBVAL_SCRIPT)
    finished = run(example, "-rA", *arguments)
    assert cells(finished) == ["passed", "passed", "failed", "passed", "passed"]
    assert "SKIPPED [1] nb.ipynb:82: skipped by the comment NBVAL_SKIP" in finished.outlines
    taken = ["--nbval: nbval is not there, nbcheck runs the notebooks"] if not arguments else []
    assert notices(finished) == [
        *taken,
        "--nbdime has no effect: it is not needed: a failure shows what changed",
    ]


def test_lax_compares_only_what_is_marked(fake_example: Make) -> None:
    files = {
        "nb.ipynb": notebook(code("a", stdout("1\n")), code("# NBVAL_CHECK_OUTPUT", stdout("1\n"))),
        "pytest.ini": ini("--nbval-lax"),
    }
    script = {"a": [prints("2\n")], "# NBVAL_CHECK_OUTPUT": [prints("2\n")]}
    for arguments in ([], ["--nbcheck"]):
        assert cells(run(fake_example(files, script), "-rA", *arguments)) == ["passed", "failed"]


@pytest.mark.parametrize("flag", ["--nbval-sanitize-with=s.cfg", "--sanitize-with=s.cfg"])
def test_both_spellings_of_sanitize_files(fake_example: Make, flag: str) -> None:
    files = {"nb.ipynb": notebook(code("a", stdout("t=1\n"))), "s.cfg": "regex: t=.\nreplace: t\n"}
    assert cells(run(fake_example(files, {"a": [prints("t=2\n")]}), "--nbval", flag, "-rA")) == ["passed"]


def test_replacements_see_the_whole_text(fake_example: Make) -> None:
    files = {"nb.ipynb": notebook(code("a", stdout("x\n1\ny\n"))), "s.cfg": "regex: ^x\\n\\d\nreplace: x\n"}
    script = {"a": [prints("x\n2\ny\n")]}
    finished = run(fake_example(files, script), "--nbval", "--nbval-sanitize-with=s.cfg", "-rA")
    assert cells(finished) == ["passed"]
    assert cells(run(fake_example(files, script), "--nbval", "-rA")) == ["failed"]


def test_a_sanitize_file_that_cannot_be_used_ends_the_run(fake_example: Make) -> None:
    example = fake_example({"s.cfg": "regex: (\nreplace: x\n"})
    finished = run(example, "--nbval", "--nbval-sanitize-with=s.cfg")
    assert finished.ret == pytest.ExitCode.USAGE_ERROR
    finished.stderr.fnmatch_lines(
        ["ERROR: s.cfg: '(' cannot be replaced by 'x': missing ), unterminated subpattern at position 0"]
    )
    finished = run(example, "--nbval", "--nbval-sanitize-with=none.cfg")
    finished.stderr.fnmatch_lines(["ERROR: none.cfg: cannot be read: No such file or directory"])


def test_entries_without_effect_are_told(fake_example: Make) -> None:
    example = fake_example({"s.cfg": "regex:a\nreplace:b\n"})
    assert notices(run(example, "--nbcheck", "--nbval-sanitize-with=s.cfg")) == [
        "s.cfg: 1 of its patterns has no effect, as in nbval: "
        "'regex: ' and 'replace: ' must begin two lines, one right after the other"
    ]


CONFTEST = """
def pytest_collectstart(collector):
    if collector.fspath and collector.fspath.ext == '.ipynb':
        collector.skip_compare += 'text/html', 'application/javascript', 'stderr', 'metadata', 'evalue',
"""


def test_conftests_that_add_to_what_is_skipped(fake_example: Make) -> None:
    files = {
        "nb.ipynb": notebook(code("a", stderr("1\n")), code("b", stdout("1\n")), code("c", stdout("1\n"))),
        "conftest.py": CONFTEST,
    }
    script = {
        "a": [prints("2\n", "stderr")],
        "b": [prints("2\n")],
        "c": [prints("1\n"), prints("w", "stderr")],
    }
    assert cells(fake_example(files, script).run("-rA")) == ["passed", "failed", "passed"]
    files.pop("conftest.py")
    example = fake_example(files, script)
    (example.folder / "conftest.py").unlink()
    assert cells(example.run("-rA")) == ["failed", "failed", "failed"]


def test_kernel_and_time_limits_of_nbval(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a"))})
    run(example, "--nbval", "--nbval-kernel-name=ir", "--nbval-kernel-startup-timeout=7")
    assert (example.fakes.requested, example.fakes.timeouts) == (["ir"], [7.0])
    example = fake_example({})
    run(example, "--nbval", "--nbval-kernel-name=ir", "--nbcheck-kernel=notebook")
    assert example.fakes.requested == ["notebook"]
    finished = run(example, "--nbval", "--nbval-cell-timeout=soon")
    finished.stderr.fnmatch_lines(
        ["ERROR: --nbval-cell-timeout: 'soon' is not a number of seconds above 0, or none for no limit"]
    )


# ---- nbmake


def test_a_project_of_nbmake(fake_example: Make) -> None:
    mocked = code("b", stdout("1\n"), nbmake={"mock": {"n": "it's"}, "post_cell_execute": ["y()"]})
    files = {
        "nb.ipynb": notebook(
            code("a", tags=["raises-exception"]),
            code("skipped", tags=["skip-execution"]),
            mocked,
            execution={"timeout": 1000},
        ),
        "_build/nb.ipynb": notebook(code("never")),
        "pytest.ini": ini("--nbmake --nbmake-timeout=60 --nbmake-kernel=python3 --overwrite"),
    }
    script = {"a": [Raises("ValueError")], "b": [prints("2\n")]}
    example = fake_example(files, script)
    before = (example.folder / "nb.ipynb").read_bytes()
    finished = run(example, "-rA")
    assert cells(finished) == ["passed", "passed"]
    assert "SKIPPED [1] nb.ipynb:20: skipped by the tag skip-execution" in finished.outlines
    assert example.fakes.executed == [["a", "b"]]
    assert example.fakes.started[0].hidden == ['n = "it\'s"', "y()"]
    assert example.fakes.requested == ["python3"]
    assert (example.folder / "nb.ipynb").read_bytes() == before
    assert notices(finished) == [
        "--nbmake: nbmake is not there, nbcheck runs the notebooks",
        "--overwrite has no effect: no notebook is written; save it in Jupyter when a change is meant",
    ]
    # Who asks for nbcheck wants to see outputs compared.
    assert cells(run(example, "-rA", "--nbcheck")) == ["passed", "failed"]


@pytest.mark.parametrize(("arguments", "outcome"), [([], "passed"), (["--nbcheck"], "failed")])
def test_errors_that_a_notebook_allows(fake_example: Make, arguments: list[str], outcome: str) -> None:
    files = {
        "nb.ipynb": notebook(code("a"), code("b"), execution={"allow_errors": True}),
        "pytest.ini": ini("--nbmake"),
    }
    finished = run(fake_example(files, {"a": [Raises("ValueError", "no")]}), "-rA", *arguments)
    assert verdicts(finished)["nb.ipynb::cell-1"] == outcome
    told = {
        "passed": "nb.ipynb::cell-1: raised ValueError: no, which the notebook's execution.allow_errors permits",
        "failed": "nb.ipynb:6: cell 1: ValueError: no; execution.allow_errors excuses no error here: "
        "tag the cell raises-exception if it is meant",
    }
    assert told[outcome] in finished.outlines


def test_looking_for_import_errors_compares_nothing(fake_example: Make) -> None:
    files = {"nb.ipynb": notebook(code("a", stdout("1\n")))}
    example = fake_example(files, {"a": [prints("2\n")]})
    assert cells(run(example, "--nbcheck", "--nbmake-find-import-errors", "-rA")) == ["passed"]


# ---- pytest-notebook

PYTEST_NOTEBOOK = ini(
    "--nb-test-files",
    "nb_test_files = True",
    "nb_exec_timeout = 50",
    "nb_diff_use_color = True",
    "nb_diff_ignore =",
    "    /metadata/language_info",
    "    /cells/*/execution_count",
    "    /cells/*/outputs/*/data/image/png",
    "nb_diff_replace =",
    r"    /cells/*/outputs \d{1,2}/\d{1,2}/\d{2,4} REPLACE_DATE",
    r'    /cells/*/outputs "\d{2}:\d{2}:\d{2}" "REPLACE TIME"',
)


def test_a_project_of_pytest_notebook(fake_example: Make) -> None:
    files = {
        "nb.ipynb": notebook(
            code("a", stdout("1/2/2026 10:00:00\n")),
            code("b", stdout("1\n"), nbreg={"diff_ignore": ["/outputs/0/text"]}),
            code("c", stdout("id 1\n")),
            code("d", stdout("1\n")),
            nbreg={"diff_replace": [["/cells/*/outputs", r"id \d", "id"]]},
        ),
        "skipped.ipynb": notebook(code("e"), nbreg={"skip": True, "skip_reason": "it is slow"}),
        "pytest.ini": PYTEST_NOTEBOOK,
    }
    script = {
        "a": [prints("2/3/2027 11:11:11\n")],
        "b": [prints("2\n")],
        "c": [prints("id 2\n")],
        "d": [prints("2\n")],
    }
    for arguments in ([], ["--nbcheck"]):
        example = fake_example(files, script)
        finished = run(example, "-rA", "--strict-config", "--nbcheck-no-twice", *arguments)
        assert cells(finished) == ["passed", "passed", "passed", "failed"]
        assert (
            "SKIPPED [1] skipped.ipynb:6: skipped by notebook metadata nbreg.skip (it is slow)"
            in finished.outlines
        )
        assert example.fakes.executed == [["a", "b", "c", "d"]]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "nb_exec_cwd = x",
            "nb_exec_cwd cannot be followed: notebooks are run in their own folder; "
            "let a cell change it with os.chdir()",
        ),
        (
            "nb_exec_env = A=1",
            "nb_exec_env cannot be followed: set the variables before pytest is started; kernels inherit them",
        ),
        (
            "nb_diff_ignore = /cells/2/outputs",
            "nb_diff_ignore, nb_diff_replace: a path to cell 2 holds for every notebook; "
            "say it in the metadata of the one that is meant",
        ),
        (
            "nb_diff_ignore = /cells/x",
            "nb_diff_ignore: '/cells/x' leads nowhere: 'x' is neither a number nor *",
        ),
        (
            "nb_diff_replace = /cells ( x",
            "nb_diff_replace: '(': missing ), unterminated subpattern at position 0",
        ),
    ],
)
def test_settings_that_cannot_be_followed_end_the_run(fake_example: Make, line: str, told: str) -> None:
    example = fake_example({"pytest.ini": ini("--nb-test-files", line)})
    finished = run(example)
    assert finished.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {told}" in finished.errlines


def test_settings_without_effect_are_told(fake_example: Make) -> None:
    example = fake_example({"pytest.ini": ini("--nbcheck", "nb_force_regen = True", "nb_exec_timeout = 5")})
    assert notices(run(example, "--nb-coverage")) == [
        "--nb-coverage has no effect: coverage of what notebooks import is not measured",
        "nb_force_regen has no effect: no notebook is written; save it in Jupyter when a change is meant",
    ]


# ---- flags and their owners


def test_a_flag_of_nobody_is_still_an_error(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a"))})
    for arguments in (["--overwrite"], ["--nbmak"], ["--nbcheck", "--nbval-x"], ["--nbdime"]):
        finished = run(example, *arguments)
        assert finished.ret == pytest.ExitCode.USAGE_ERROR
        finished.stderr.fnmatch_lines([f"*unrecognized arguments: {arguments[-1]}"])


def test_a_flag_that_a_conftest_declares_is_the_conftests(fake_example: Make) -> None:
    conftest = "def pytest_addoption(parser):\n    parser.addoption('--overwrite', action='store_true')\n"
    example = fake_example({"nb.ipynb": notebook(code("a")), "conftest.py": conftest})
    finished = run(example, "--nbcheck", "--overwrite", "-rA")
    assert cells(finished) == ["passed"]
    assert notices(finished) == []


def test_help_still_works(fake_example: Make) -> None:
    assert run(fake_example({"pytest.ini": ini("--nbmake --overwrite")}), "--help").ret == 0


def test_workers_of_xdist_know_the_flags(example: Make) -> None:
    files = {
        "nb.ipynb": notebook(code("print(2)", stdout("1\n"))),
        "s.cfg": r"regex: \d" "\nreplace: N\n",
        "pytest.ini": ini("--nbval --nbval-sanitize-with s.cfg"),
    }
    project = example(files)
    project.pytester.runpytest_subprocess("-n1").assert_outcomes(passed=1)


PEER = """
import pytest

class Item(pytest.Item):
    def runtest(self):
        pass

class NotebookFile(pytest.File):
    def collect(self):
        yield Item.from_parent(self, name="theirs")

def pytest_addoption(parser):
    parser.addoption("--nbval", action="store_true")
    parser.addoption("--nbval-sanitize-with")
    parser.addoption("--nbval-cell-timeout", default=2000, type=float)

def pytest_collect_file(file_path, parent):
    if parent.config.option.nbval and file_path.suffix == ".ipynb":
        return NotebookFile.from_parent(parent, path=file_path)
"""
BESIDE = {
    "nb.ipynb": notebook(code("a", stdout("t=1\n"))),
    "nbval/__init__.py": "",
    "nbval/plugin.py": PEER,
    "s.cfg": "regex: t=.\nreplace: t\n",
    "pytest.ini": ini("-p nbval.plugin --nbval --nbval-sanitize-with s.cfg", "pythonpath = ."),
}


def test_beside_a_peer_its_flag_alone_is_the_peers(
    fake_example: Make, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(pytester.path)
    example = fake_example(BESIDE)
    finished = run(example, "-rA")
    assert verdicts(finished) == {"nb.ipynb::theirs": "passed"}
    assert notices(finished) == []
    assert example.fakes.started == []


def test_beside_a_peer_a_notebook_is_run_once_and_its_flags_hold(
    fake_example: Make, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(pytester.path)
    finished = run(fake_example(BESIDE, {"a": [prints("t=2\n")]}), "--nbcheck", "-rA")
    assert verdicts(finished) == {"nb.ipynb::cell-1": "passed"}
    assert notices(finished) == ["nbcheck runs the notebooks, not nbval"]


# ---- beside the real ones


@pytest.fixture(scope="module")
def python_with_peers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has what this one has, and nbval, nbmake and pytest-notebook."""
    return make_venv(tmp_path_factory.mktemp("peers"), "nbval", "nbmake", "pytest-notebook")


ALL_FLAGS = (
    "--nbval --nbval-sanitize-with=s.cfg --nbval-cell-timeout=60 "
    "--nbmake --nbmake-timeout=60 --overwrite --nb-test-files"
)


@pytest.mark.foreign
@pytest.mark.parametrize(
    ("flags", "items", "told"),
    [
        ("--nbval", {"nb.ipynb::Cell 0": "failed", "nb.ipynb::Cell 1": "passed"}, []),
        ("--nbmake", {"nb.ipynb::nb.ipynb": "passed"}, []),
        ("--nb-test-files", {"nb.ipynb::nbregression(nb)": "failed"}, []),
        ("--nbcheck", {"nb.ipynb::cell-1": "failed", "nb.ipynb::cell-2": "passed"}, []),
        (
            f"--nbcheck {ALL_FLAGS}",
            {"nb.ipynb::cell-1": "passed", "nb.ipynb::cell-2": "passed"},
            [
                "nbcheck runs the notebooks, not nbval or nbmake or pytest-notebook",
                "--overwrite has no effect: no notebook is written; save it in Jupyter when a change is meant",
            ],
        ),
    ],
)
def test_each_notebook_is_run_once_with_the_real_ones_installed(
    python_with_peers: Path, tmp_path: Path, flags: str, items: dict[str, str], told: list[str]
) -> None:
    cells = [
        code("print('t=2')", stdout("t=1\n")),
        code("# NBVAL_IGNORE_OUTPUT\nimport random; print(random.random())", stdout("1\n"), count=2),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (tmp_path / "nb.ipynb").write_bytes(notebook(*cells, kernelspec=kernel))
    (tmp_path / "s.cfg").write_text("regex: t=.\nreplace: t\n")
    command = [python_with_peers, "-m", "pytest", "-rA", "--color=no", "-p", "no:cacheprovider"]
    finished = subprocess.run(
        [*command, *flags.split()], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    ran = pytest.RunResult(finished.returncode, finished.stdout.splitlines(), [], 0)
    assert verdicts(ran) == items
    assert notices(ran) == told

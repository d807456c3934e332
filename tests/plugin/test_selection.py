"""However cells are chosen and ordered: what they need runs first, and the verdict is that of a whole run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example, verdicts
from helpers.fake_kernel import Raises, displays, prints, updates
from helpers.nb import code, display, notebook, stdout

Make = Callable[..., Example]

TWO = {"a.ipynb": notebook(*map(code, "abc")), "z.ipynb": notebook(*map(code, "xyz"))}

SHUFFLE = """
import pytest

def pytest_collection_modifyitems(items):
    items[:] = sorted(items, key=lambda item: ({order}.index(item.name), item.nodeid))
"""
LAST_FIRST = SHUFFLE.format(order=["cell-3", "cell-1", "cell-2"])


def ran(result: pytest.RunResult) -> list[str]:
    """Node ids in the order of running, of a run with ``-v``."""
    return [line.split()[0] for line in result.outlines if ".ipynb::" in line and line.endswith("%]")]


# ---- order


def test_cells_stay_together_and_in_order_whoever_shuffles(fake_example: Make) -> None:
    example = fake_example({**TWO, "conftest.py": LAST_FIRST, "test_x.py": "def test_cell(): pass"})
    example.write("conftest.py", LAST_FIRST.replace("cell-1", "test_cell', 'cell-1"))
    result = example.run("-v")
    result.assert_outcomes(passed=7)
    cells = [f"{name}.ipynb::cell-{number}" for name in "az" for number in (1, 2, 3)]
    assert ran(result) == cells
    assert example.fakes.executed == [["a", "b", "c"], ["x", "y", "z"]]


def test_a_shuffled_notebook_has_the_verdicts_of_one_in_order(fake_example: Make) -> None:
    files = {"a.ipynb": notebook(code("a", stdout("no")), code("b"), code("c"))}
    script = {"b": [Raises("NameError")]}
    outcomes = []
    for more in ({}, {"conftest.py": LAST_FIRST}):
        result = fake_example({**files, **more}, script).run("-rA")
        outcomes.append(
            [line for line in result.outlines if line.startswith(("FAILED", "SKIPPED", "PASSED"))]
        )
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) == 3


def test_notebooks_that_failed_come_first_with_their_cells_in_order(fake_example: Make) -> None:
    example = fake_example({**TWO, "z.ipynb": notebook(code("x"), code("y", stdout("no")), code("z"))})
    example.run().assert_outcomes(passed=5, failed=1)
    result = example.run("-v", "--ff")
    assert ran(result) == [f"{name}.ipynb::cell-{number}" for name in "za" for number in (1, 2, 3)]


def test_stepwise_goes_on_with_the_cell_that_failed(fake_example: Make) -> None:
    differs = notebook(code("a", stdout("1")), code("b", stdout("2")), code("c"))
    example = fake_example({"nb.ipynb": differs}, {"b": [prints("2")]})
    assert verdicts(example.run("-rA", "--sw")) == {"nb.ipynb::cell-1": "failed"}
    example.fakes.script["a"] = [prints("1")]
    example.fakes.script["b"] = []
    assert verdicts(example.run("-rA", "--sw"))["nb.ipynb::cell-2"] == "failed"
    example.fakes.script["b"] = [prints("2")]
    result = example.run("-rA", "--sw")
    assert verdicts(result) == {"nb.ipynb::cell-2": "passed", "nb.ipynb::cell-3": "passed"}
    assert example.fakes.executed[-1] == ["a", "b", "c"]


# ---- differences, errors, what is hidden


def test_a_difference_in_the_first_cell_leaves_all_others_judged(fake_example: Make) -> None:
    cells = [code("a", stdout("no")), code("b", stdout("2")), code("c", stdout("3")), code("d")]
    example = fake_example({"nb.ipynb": notebook(*cells)}, {"b": [prints("2")], "c": [prints("no")]})
    outcomes = verdicts(example.run("-rA"))
    assert [*outcomes.values()].count("failed") == 2
    assert [outcomes[f"nb.ipynb::cell-{number}"] for number in range(1, 5)] == [
        "failed",
        "passed",
        "failed",
        "passed",
    ]


def test_the_whole_notebook_as_one_item_takes_the_same_cells(fake_example: Make) -> None:
    cells = [code("a", stdout("no")), code("b", stdout("2")), code("c"), code("# nbcheck: depends=cell-2")]
    example = fake_example({"nb.ipynb": notebook(*cells)}, {"b": [prints("2")], "c": [Raises("E")]})
    result = example.run("--nbcheck-items=notebook", "-rA", "-k", "notebook")
    assert verdicts(result) == {"nb.ipynb::notebook": "failed"}
    assert (
        "FAILED nb.ipynb::notebook - 2 cells failed, the first: cell 1: stdout: no mis..." in result.outlines
    )
    assert example.fakes.executed == [["a", "b", "c", "# nbcheck: depends=cell-2"]]


def test_a_later_cell_that_is_not_selected_updates_a_display(fake_example: Make) -> None:
    cells = [code("a", display("2")), code("b", stdout("no")), code("c"), code("d")]
    script = {"a": [displays("1", "id")], "c": [updates("2", "id")]}
    example = fake_example({"nb.ipynb": notebook(*cells)}, script)
    result = example.run("-rA", "nb.ipynb::cell-1")
    assert verdicts(result) == {"nb.ipynb::cell-1": "passed"}
    assert example.fakes.executed == [["a", "b", "c"]]


def test_an_error_in_a_later_cell_that_is_not_selected_is_nobodys(fake_example: Make) -> None:
    cells = [code("a", display("2")), code("b"), code("c")]
    script = {"a": [displays("1", "id")], "b": [Raises("E")], "c": [updates("2", "id")]}
    result = fake_example({"nb.ipynb": notebook(*cells)}, script).run("-rA", "nb.ipynb::cell-1")
    assert verdicts(result) == {"nb.ipynb::cell-1": "failed"}
    assert "nb.ipynb:6: cell 1: output 1, text/plain: 2 became 1 (relative error 0.5)" in result.outlines


def test_what_other_cells_took_is_not_in_the_duration_of_a_call(fake_example: Make) -> None:
    conftest = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    yield
    item.seconds_of_others = 1e9 if item.name == "cell-1" else -1e9

def pytest_runtest_logreport(report):
    print("TOOK", report.when, report.duration < 1e8, report.duration >= 0)
"""
    result = fake_example({"nb.ipynb": notebook(code("a"), code("b")), "conftest.py": conftest}).run("-s")
    told = [line.split("TOOK ")[1] for line in result.outlines if "TOOK call" in line]
    assert told == ["call True True", "call False True"]


def test_a_rerun_whose_predecessor_fails_is_no_skip(fake_example: Make) -> None:
    # In the first kernel cell 1 runs well and cell 2 differs; in that of the rerun cell 1 raises, and it is told
    # as passed already: nobody else would report it.
    example = fake_example({"nb.ipynb": notebook(code("a"), code("b", stdout("x")))})
    example.fakes.later_scripts = [{"a": [Raises("ConnectionError", "gone")]}]
    result = example.run("-rA", "--reruns=1")
    result.assert_outcomes(passed=1, failed=1)
    assert "nb.ipynb:6: cell 1 (run because cell 2 needs it): ConnectionError: gone" in result.outlines


def test_one_item_for_a_notebook_can_be_run_again(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a"), code("b", stdout("x")))})
    example.fakes.later_scripts = [{"b": [prints("x")]}]
    result = example.run("-rA", "--reruns=1", "--nbcheck-items=notebook")
    assert verdicts(result) == {"nb.ipynb::notebook": "passed"}
    assert example.fakes.executed == [["a", "b"]] * 2


def test_a_cell_may_skip_the_rest_as_a_test_may(fake_example: Make) -> None:
    files = {"nb.ipynb": notebook(code("a", stdout("1")), code("b", stdout("2")), code("c"))}
    example = fake_example(files, {"a": [prints("1")], "b": [Raises("Skipped", "no data")]})
    result = example.run("-rs")
    result.assert_outcomes(passed=1, skipped=2)
    assert "SKIPPED [1] nb.ipynb:22: skipped by pytest.skip in the cell (no data)" in result.outlines
    assert "SKIPPED [1] nb.ipynb:38: not run: cell 2 called pytest.skip" in result.outlines
    example.run("-k", "cell-3").assert_outcomes(skipped=1, deselected=2)
    whole = example.run("--nbcheck-items=notebook", "-rs")
    whole.assert_outcomes(skipped=1)
    assert "SKIPPED [1] nb.ipynb:1: cell 2: skipped by pytest.skip in the cell (no data)" in whole.outlines
    example.fakes.script["a"] = [prints("no")]
    example.run("--nbcheck-items=notebook").assert_outcomes(failed=1)


def test_a_notebook_whose_every_cell_is_skipped_is_no_pass(fake_example: Make) -> None:
    cells = notebook(code("a"), code("b"), nbcheck={"skip": "not today"})
    result = fake_example({"nb.ipynb": cells}).run("--nbcheck-items=notebook", "-rs")
    result.assert_outcomes(skipped=1)
    assert "SKIPPED [1] nb.ipynb:1: skipped by notebook metadata (not today)" in result.outlines


# ---- what a cell depends on

LOAD, PLOT = "# nbcheck: name=load", "# nbcheck: name=plot, depends=load"
DEPENDS = {"nb.ipynb": notebook(code(LOAD), code("b"), code(PLOT), code("d"))}


@pytest.mark.parametrize(
    ("arguments", "executed"),
    [
        (["nb.ipynb::plot"], [LOAD, PLOT]),
        (["-k", "plot or load"], [LOAD, PLOT]),
        (["nb.ipynb::plot", "nb.ipynb::cell-4"], [LOAD, "b", PLOT, "d"]),
        ([], [LOAD, "b", PLOT, "d"]),
    ],
)
def test_a_cell_runs_after_what_it_depends_on(
    fake_example: Make, arguments: list[str], executed: list[str]
) -> None:
    example = fake_example(DEPENDS)
    assert set(verdicts(example.run("-rA", *arguments)).values()) == {"passed"}
    assert example.fakes.executed == [executed]


def test_a_cell_is_skipped_when_what_it_depends_on_failed(fake_example: Make) -> None:
    result = fake_example(DEPENDS, {LOAD: [Raises("E")]}).run("-rA", "-k", "plot or load")
    assert verdicts(result) == {"nb.ipynb::cell-1": "failed"}
    assert "SKIPPED [1] nb.ipynb:26: not run: cell 1 raised E" in result.outlines


def test_a_cell_is_judged_when_what_it_does_not_need_failed(fake_example: Make) -> None:
    result = fake_example(DEPENDS, {"b": [Raises("E")]}).run("-rA")
    assert verdicts(result) == {
        "nb.ipynb::cell-1": "passed",
        "nb.ipynb::cell-2": "failed",
        "nb.ipynb::cell-3": "passed",
    }
    result.assert_outcomes(passed=2, failed=1, skipped=1)


# ---- names

NAMED = {
    "sub/nb.ipynb": notebook(
        code("a"), code("b", name="clean"), *map(code, "cdefghi"), code("# nbcheck: name=load"), code("k")
    )
}


@pytest.mark.parametrize(
    ("argument", "number"),
    [
        ("sub/nb.ipynb::load", 10),
        ("./sub/../sub/nb.ipynb::load", 10),
        ("{folder}/sub/nb.ipynb::id:c9", 10),
        ("sub/nb.ipynb::c10", 11),
        ("sub/nb.ipynb::clean", 2),
        ("sub/nb.ipynb::Cell 0", 1),
    ],
)
def test_other_names_of_cells(fake_example: Make, argument: str, number: int) -> None:
    example = fake_example(NAMED)
    result = example.run("-rA", argument.format(folder=example.folder))
    assert verdicts(result) == {f"sub/nb.ipynb::cell-{number}": "passed"}
    deselected = example.run("--deselect", argument.format(folder=example.folder))
    # cell-1 alone, and not what begins with it, as cell-10 does.
    deselected.assert_outcomes(passed=10, deselected=1)


def test_several_names_and_what_they_leave_in_the_cache(
    fake_example: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = fake_example({**NAMED, "nb.ipynb": notebook(code("x", stdout("1"))), "pytest.ini": "[pytest]"})
    monkeypatch.chdir(example.folder / "sub")
    example.run("nb.ipynb::load", "../nb.ipynb::c0", "nb.ipynb::Cell 1").assert_outcomes(passed=2, failed=1)
    result = example.run("-rA", "--lf", "..")
    assert verdicts(result) == {"../nb.ipynb::cell-1": "failed"}


@pytest.mark.parametrize("spelling", ["--nbcheck-nbval-cells-from=1", "nbcheck_nbval_cells_from = 1"])
def test_nbvals_names_may_count_from_one(fake_example: Make, spelling: str) -> None:
    example = fake_example(NAMED)
    example.write("pytest.ini", "[pytest]\n" if spelling.startswith("-") else f"[pytest]\n{spelling}\n")
    options = [spelling] if spelling.startswith("-") else []
    result = example.run("-rA", *options, "sub/nb.ipynb::Cell 11")
    assert verdicts(result) == {"sub/nb.ipynb::cell-11": "passed"}


@pytest.mark.parametrize(
    "whole", ["sub/nb.ipynb::nb.ipynb", "sub/nb.ipynb::nbregression(nb)", "sub/nb.ipynb::notebook"]
)
def test_names_of_whole_notebooks(fake_example: Make, whole: str) -> None:
    example = fake_example(NAMED)
    example.run(whole).assert_outcomes(passed=11)
    example.run("--deselect", whole).assert_outcomes(deselected=11)
    example.run("--nbcheck-items=notebook", whole).assert_outcomes(passed=1)


def test_names_with_one_set_of_parameters(fake_example: Make) -> None:
    cells = [code("rate = 1", tags=["parameters"]), code("# nbcheck: name=load")]
    example = fake_example(
        {"nb.ipynb": notebook(*cells, nbcheck={"parametrize": [{"rate": 1}, {"rate": 2}]})}
    )
    for items, chosen, left in (("cell", "load", 3), ("notebook", "notebook", 1)):
        argument = f"nb.ipynb::{chosen}[rate=2]"
        example.run(f"--nbcheck-items={items}", argument).assert_outcomes(passed=1)
        deselected = example.run(f"--nbcheck-items={items}", "--deselect", argument)
        deselected.assert_outcomes(passed=left, deselected=1)


def test_names_that_lead_nowhere_end_the_run_with_one_error(fake_example: Make) -> None:
    example = fake_example(NAMED)
    result = example.run("sub/nb.ipynb::laod", "sub/nb.ipynb::Cell 11", "--deselect", "sub/nb.ipynb::id:c99")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        "ERROR: sub/nb.ipynb::laod: no code cell has the name or id 'laod'; did you mean 'load'?",
        "sub/nb.ipynb::Cell 11: there is no 'Cell 11'; its code cells are cell-1 to cell-11",
        "sub/nb.ipynb::id:c99: no code cell has the id 'id:c99'; did you mean 'id:c9' or 'id:c8' or 'id:c7'?",
    ]
    assert example.fakes.executed == []


def test_a_cell_of_a_notebook_that_is_one_test_is_none(fake_example: Make) -> None:
    result = fake_example(NAMED).run("sub/nb.ipynb::cell-1", "--nbcheck-items=notebook")
    assert result.errlines[0] == (
        "ERROR: sub/nb.ipynb::cell-1: with --nbcheck-items=notebook a notebook is one test; write sub/nb.ipynb"
    )


def test_a_cell_of_a_broken_notebook_tells_what_is_wrong_with_it(fake_example: Make) -> None:
    result = fake_example({"nb.ipynb": "[]"}).run("-rA", "nb.ipynb::load")
    assert verdicts(result) == {"nb.ipynb::notebook": "failed"}


def test_what_is_no_notebook_is_left_to_pytest(fake_example: Make) -> None:
    example = fake_example({"test_x.py": "class TestA:\n    def test_b(self): pass", **NAMED})
    example.run("test_x.py::TestA::test_b").assert_outcomes(passed=1)
    example.run("--deselect", "test_x.py::TestA", "test_x.py").assert_outcomes(deselected=1)
    assert (
        example.run("nope.ipynb::load")
        .errlines[0]
        .startswith("ERROR: file or directory not found: nope.ipynb")
    )


def test_names_show_where_tests_are_listed_as_a_tree(fake_example: Make) -> None:
    lines = [line.strip() for line in fake_example(NAMED).run("--collect-only").outlines]
    assert {"<CellItem cell-1>", "<CellItem cell-2 clean>", "<CellItem cell-10 load>"} <= set(lines)


# ---- markers

MARKED = {
    "nb.ipynb": notebook(
        code("# nbcheck: mark=slow"),
        code("b", tags=["nbcheck-mark=skip(reason='no GPU')"]),
        code("c", stdout("x"), nbcheck={"mark": ["slow", "xfail(strict=True)"]}),
        code("# nbcheck: skip=not today"),
        nbcheck={"mark": "docs"},
    ),
    "pytest.ini": "[pytest]\nmarkers =\n  slow: s\n  docs: d\n",
}


@pytest.mark.parametrize(
    ("expression", "outcomes"),
    [
        ("slow", {"passed": 1, "xfailed": 1, "deselected": 2}),
        ("not slow", {"skipped": 2, "deselected": 2}),
        ("docs", {"passed": 1, "xfailed": 1, "skipped": 2}),
    ],
)
def test_markers_select(fake_example: Make, expression: str, outcomes: dict[str, int]) -> None:
    example = fake_example(MARKED)
    result = example.run("-rs", "--strict-markers", "-m", expression)
    result.assert_outcomes(**outcomes)
    if "skipped" in outcomes:
        assert "SKIPPED [1] nb.ipynb: no GPU" in result.outlines
        assert "SKIPPED [1] nb.ipynb:53: skipped by a comment (not today)" in result.outlines


def test_markers_of_cells_on_the_one_item_of_a_notebook(fake_example: Make) -> None:
    example = fake_example(MARKED)
    # What excuses one cell does not excuse the others: cell 3 differs, whatever its marker says.
    example.run("--nbcheck-items=notebook", "-m", "slow and docs").assert_outcomes(failed=1)
    example.run("--nbcheck-items=notebook", "-m", "not slow").assert_outcomes(deselected=1)


def test_a_marker_that_is_not_registered_is_pytests_error(fake_example: Make) -> None:
    files = {"nb.ipynb": notebook(code("# nbcheck: mark=slwo"))}
    strict = fake_example(files).run("--strict-markers")
    assert strict.ret == pytest.ExitCode.INTERRUPTED
    assert any("'slwo' not found in `markers` configuration option" in line for line in strict.outlines)
    fake_example(files).run("-W", "default").assert_outcomes(passed=1, warnings=1)


def test_a_marker_makes_other_plugins_work(fake_example: Make) -> None:
    source = "# nbcheck: mark='flaky(reruns=1)'"
    example = fake_example({"nb.ipynb": notebook(code(source, stdout("x")))})
    example.fakes.later_scripts = [{source: [prints("x")]}]
    assert verdicts(example.run("-rA")) == {"nb.ipynb::cell-1": "passed"}


# ---- hooks

CONFTEST = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        notebook, cell = item.notebook, item.cell
        told = [notebook and dict(notebook.metadata), cell and (cell.number, cell.name, cell.cell_id, cell.source)]
        print("HOOK", item.name, *told)
        if cell is not None and "download" in cell.source:
            item.add_marker(pytest.mark.skip(reason="no network"))
"""


def test_hooks_get_the_cell_and_the_notebook(fake_example: Make) -> None:
    files = {
        "a.ipynb": notebook(code("# nbcheck: name=x"), code("download()"), title="T"),
        "b.ipynb": "[]",
        "c.ipynb": notebook(),
        "conftest.py": CONFTEST,
    }
    result = fake_example(files).run("-rs", "-s")
    assert [line for line in result.outlines if line.startswith("HOOK")] == [
        "HOOK cell-1 {'title': 'T'} (1, 'x', 'c0', '# nbcheck: name=x')",
        "HOOK cell-2 {'title': 'T'} (2, '', 'c1', 'download()')",
        "HOOK notebook None None",
        "HOOK notebook {} None",
    ]
    assert "SKIPPED [1] a.ipynb: no network" in result.outlines
    result.assert_outcomes(passed=2, failed=1, skipped=1)


# ---- pytest-timeout


@pytest.mark.parametrize(
    ("mark", "limit"),
    [("", (9.0, True)), ("timeout(3)", (3, True)), ("timeout(3, func_only=False)", (3, False))],
)
def test_a_limit_of_pytest_timeout_is_for_the_cell_alone(
    fake_example: Make, mark: str, limit: object
) -> None:
    metadata = {"nbcheck": {"mark": [mark]}} if mark else {}
    example = fake_example({"nb.ipynb": notebook(code("a", **metadata))})
    items, _ = example.pytester.inline_genitems("--nbcheck", "--timeout=9")
    from pytest_timeout import _get_item_settings

    settings = _get_item_settings(items[0])
    assert (settings.timeout, settings.func_only) == limit

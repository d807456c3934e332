"""Other tools' markers, and the directives that they become."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.nb import code, document, markdown
from nbcheck.compare.base import CompareMode
from nbcheck.errors import UsageError
from nbcheck.execution.directives import Fault, Found, read_cell_directives
from nbcheck.execution.foreign_markers import AfterCode, python_literal, read_after_code
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import PlannedCell, plan_notebook


def said(source: str = "", **metadata: Any) -> dict[str, tuple[Any, str]]:
    found, faults = read_cell_directives(source, metadata)
    assert faults == ()
    return {name: (directive.value, directive.source) for name, directive in found.items()}


def plan(*cells: dict[str, Any], outer: Mapping[str, Found] | None = None, **metadata: Any) -> PlannedCell:
    """The plan of the last code cell."""
    return plan_notebook(document(*cells, **metadata), RunOptions(), [outer or {}]).cells[-1]


IGNORED = frozenset({"all"})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# NBVAL_IGNORE_OUTPUT", {"ignore-output": IGNORED}),
        ("# PYTEST_VALIDATE_IGNORE_OUTPUT", {"ignore-output": IGNORED}),
        ("# NBVAL_CHECK_OUTPUT", {"ignore-output": frozenset(), "mode": None}),
        ("# NBVAL_RAISES_EXCEPTION", {"raises-exception": True}),
        ("# NBVAL_SKIP", {"skip": True}),
        ("#NBVAL_SKIP\nx", {"skip": True}),
        ("x\n    ## NBVAL_SKIP  \ny", {"skip": True}),
        ("# NBVAL_SKIP because", {}),
        ("# # NBVAL_SKIP", {}),
        ("# nbval_skip", {}),
        ("x  # NBVAL_SKIP", {}),
        ("NBVAL_SKIP", {}),
        ("// NBVAL_SKIP", {}),
        ("# NBVAL_SKIP\n# NBVAL_RAISES_EXCEPTION", {"skip": True, "raises-exception": True}),
        # The last one wins.
        ("# NBVAL_CHECK_OUTPUT\n# NBVAL_IGNORE_OUTPUT", {"ignore-output": IGNORED, "mode": None}),
        ("# NBVAL_IGNORE_OUTPUT\n# NBVAL_CHECK_OUTPUT", {"ignore-output": frozenset(), "mode": None}),
    ],
)
def test_comments_of_nbval(source: str, expected: dict[str, Any]) -> None:
    assert {name: value for name, (value, _) in said(source).items()} == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (
            "pytest-validate-ignore-output",
            {"ignore-output": (IGNORED, "the tag pytest-validate-ignore-output")},
        ),
        ("nbval-ignore-output", {"ignore-output": (IGNORED, "the tag nbval-ignore-output")}),
        (
            "nbval-check-output",
            {
                "ignore-output": (frozenset(), "the tag nbval-check-output"),
                "mode": (None, "the tag nbval-check-output"),
            },
        ),
        ("nbval-raises-exception", {"raises-exception": (True, "the tag nbval-raises-exception")}),
        ("nbval-skip", {"skip": (True, "the tag nbval-skip")}),
        ("raises-exception", {"raises-exception": (True, "the tag raises-exception")}),
        ("skip-execution", {"skip": (True, "the tag skip-execution")}),
        ("NBVAL_SKIP", {}),
        ("parameters", {}),
        ("injected-parameters", {}),
        ("papermill-error-cell-tag", {}),
        ("remove-cell", {}),
        ("remove-input", {}),
        ("remove-output", {}),
        ("hide-input", {}),
    ],
)
def test_tags(tag: str, expected: dict[str, Any]) -> None:
    assert said(tags=[tag]) == expected


def test_a_comment_wins_over_a_tag_and_ours_over_both() -> None:
    source = "# NBVAL_IGNORE_OUTPUT"
    assert said(source, tags=["nbval-check-output"])["ignore-output"] == (
        IGNORED,
        "the comment NBVAL_IGNORE_OUTPUT",
    )
    ours = {"ignore-output": "stderr"}
    assert said(source, tags=["nbval-skip"], nbcheck=ours | {"skip": False}) == {
        "ignore-output": (frozenset({"stderr"}), "cell metadata"),
        "skip": (False, "cell metadata"),
    }


def test_nbval_check_output_compares_where_the_run_does_not() -> None:
    outer = {"mode": Found(CompareMode.RUN, "--nbval-lax")}
    assert plan(code("x"), outer=outer).compare.mode is CompareMode.RUN
    assert plan(code("# NBVAL_CHECK_OUTPUT"), outer=outer).compare.mode is CompareMode.SEMANTIC


@pytest.mark.parametrize(("timeout", "seconds"), [(90, 90.0), (0.5, 0.5), (-1, None), (None, 600.0)])
def test_a_time_limit_of_nbmake(timeout: float | None, seconds: float | None) -> None:
    assert plan(code("x"), execution={"timeout": timeout}).timeout == seconds


def test_our_time_limit_wins_over_that_of_nbmake() -> None:
    assert plan(code("x"), execution={"timeout": 9}, nbcheck={"cell-timeout": 7}).timeout == 7
    assert plan(code("# nbcheck: timeout=5"), execution={"timeout": 9}).timeout == 5
    assert plan(code("x"), execution={"timeout": 9}, outer={"cell-timeout": Found(3, "x")}).timeout == 9


def test_a_time_limit_that_is_none_is_told() -> None:
    told = (
        "nb.ipynb: notebook metadata execution.timeout: the value of 'cell-timeout' must be "
        "a number of seconds above 0, or none for no limit, not 'long'"
    )
    with pytest.raises(UsageError) as raised:
        plan(code("x"), execution={"timeout": "long"})
    assert str(raised.value) == told


def test_errors_of_all_cells_are_excused_only_where_that_is_honoured() -> None:
    notebook = document(code("x"), execution={"allow_errors": True})
    (ours,) = plan_notebook(notebook, RunOptions()).cells
    (theirs,) = plan_notebook(notebook, RunOptions(honours_allow_errors=True)).cells
    assert (ours.may_raise, ours.has_vain_permission) == (False, True)
    assert (theirs.may_raise, theirs.has_vain_permission) == (True, False)
    other = plan(code("x"), execution="nothing of nbmake's")
    assert (other.may_raise, other.has_vain_permission) == (False, False)


# ---- code after a cell


def after(language: str = "python", **nbmake: Any) -> tuple[tuple[AfterCode, ...], tuple[str, ...]]:
    return read_after_code({"nbmake": nbmake}, language)


def test_mocked_values_come_first_and_are_quoted() -> None:
    code, problems = after(
        mock={"a": "it's", "b": None, "x.y": [True, 1.5]}, post_cell_execute=["if a:", "    b = 1"]
    )
    assert problems == ()
    assert code == (
        AfterCode('a = "it\'s"\nb = None\nx.y = [True, 1.5]', "nbmake.mock"),
        AfterCode("if a:\n    b = 1", "nbmake.post_cell_execute"),
    )


def test_without_words_of_nbmake_nothing_runs_after_a_cell() -> None:
    assert read_after_code({}, "python") == read_after_code({"nbmake": {}}, "") == ((), ())


@pytest.mark.parametrize(
    ("language", "nbmake", "problem"),
    [
        ("", {"mock": []}, ""),
        ("", {"mock": [1]}, "mock: it must be an object of variables and values, not [1]"),
        ("R", {"mock": {"a": 1}}, "mock: values can be assigned in Python only, not in R"),
        ("", {"mock": {"a b": 1}}, "mock: 'a b' is not the name of a variable"),
        (
            "",
            {"post_cell_execute": "x = 1"},
            "post_cell_execute: it must be a list of lines of code, not 'x = 1'",
        ),
    ],
)
def test_what_nbmake_would_not_take_either_is_a_fault(
    language: str, nbmake: dict[str, Any], problem: str
) -> None:
    assert after(language, **nbmake) == ((), (f"cell metadata nbmake.{problem}",) if problem else ())


def test_a_fault_of_it_is_one_of_the_cell() -> None:
    cell = plan(
        code("x", nbmake={"mock": {"a": 1}}),
        kernelspec={"language": "", "name": "ir"},
        language_info={"name": "R"},
    )
    assert cell.faults == (
        Fault("cell metadata nbmake.mock: values can be assigned in Python only, not in R"),
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    )
)
def test_a_literal_is_read_by_python_as_what_it_was(value: object) -> None:
    spelt = python_literal(value).replace("float('inf')", "1e999").replace("float('-inf')", "-1e999")
    assert ast.literal_eval(spelt) == value


def test_a_literal_of_no_number() -> None:
    assert math.isnan(eval(python_literal(math.nan)))


# ---- pytest-notebook


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("/", {"all"}),
        ("/cells", {"all"}),
        ("/cells/*", {"all"}),
        ("/cells/1", {"all"}),
        ("/cells/0", set()),
        ("/cells/*/outputs", {"all"}),
        ("/cells/*/outputs/*", {"all"}),
        ("/cells/*/outputs/0", {"1"}),
        ("/cells/1/outputs/2/text", {"3"}),
        ("/cells/2/outputs/2/text", set()),
        ("/cells/*/outputs/*/text", {"stdout", "stderr"}),
        ("/cells/*/outputs/*/evalue", {"error"}),
        ("/cells/*/outputs/3/data", {"4"}),
        ("/cells/*/outputs/*/data/image/png", {"image/png"}),
        ("/cells/*/outputs/*/data/image/svg+xml", {"image/svg+xml"}),
        ("/cells/*/outputs/*/traceback", set()),
        ("/cells/*/outputs/*/execution_count", set()),
        ("/cells/*/execution_count", set()),
        ("/cells/*/metadata", set()),
        ("/metadata/language_info/version", set()),
    ],
)
def test_paths_that_are_ignored(path: str, ignored: set[str]) -> None:
    cell = plan(markdown("#"), code("x"), nbreg={"diff_ignore": [path]})
    assert cell.compare.ignored == ignored
    if ignored:
        assert cell.directives["ignore-output"].source == "notebook metadata nbreg"


NO_WAY = "say it in nbcheck's words, as ignore-output, ignore-pattern or run-only"


@pytest.mark.parametrize(
    ("nbreg", "problem"),
    [
        ([], ": it must be an object, not []"),
        (
            {"diff_normalize": ["mask_uuids"]},
            f": 'diff_normalize' has no counterpart here; {NO_WAY}",
        ),
        ({"diff_ignore": "/cells"}, ".diff_ignore: it must be a list, not '/cells'"),
        (
            {"diff_ignore": ["cells"]},
            ".diff_ignore: 'cells' is no path such as /cells/*/outputs/0/text",
        ),
        ({"diff_ignore": ["/worksheets"]}, f".diff_ignore: '/worksheets' leads nowhere; {NO_WAY}"),
        (
            {"diff_ignore": ["/cells/x"]},
            ".diff_ignore: '/cells/x' leads nowhere: 'x' is neither a number nor *",
        ),
        (
            {"diff_ignore": ["/cells/*/outputs/0/data/image/png"]},
            f".diff_ignore: nothing here means the same as '/cells/*/outputs/0/data/image/png'; {NO_WAY}",
        ),
        (
            {"diff_ignore": ["/cells/*/outputs/*/data"]},
            f".diff_ignore: nothing here means the same as '/cells/*/outputs/*/data'; {NO_WAY}",
        ),
        (
            {"diff_replace": [["/cells", "x"]]},
            ".diff_replace: ['/cells', 'x'] is not a path, a regular expression and a replacement",
        ),
    ],
)
def test_what_has_no_counterpart_is_told(nbreg: Any, problem: str) -> None:
    with pytest.raises(UsageError) as raised:
        plan(code("x"), nbreg=nbreg)
    assert str(raised.value) == f"nb.ipynb: notebook metadata nbreg{problem}"


def test_a_pattern_that_is_none_fails_the_cells_it_is_meant_for() -> None:
    nbreg = {"diff_replace": [["/cells/0/outputs", "(", ""]]}
    notebook = document(code("x"), code("y"), nbreg=nbreg)
    first, second = plan_notebook(notebook, RunOptions()).cells
    assert second.faults == ()
    assert [fault.problem for fault in first.faults] == [
        "notebook metadata nbreg: the value of 'replace' must be a list of pairs, each a regular expression "
        "and what takes the place of what matches, not [['(', '']]"
    ]


def test_a_cell_adds_to_what_its_notebook_says() -> None:
    nbreg = {
        "diff_ignore": ["/cells/*/outputs/*/data/image/png"],
        "diff_replace": [["/cells/*/outputs", r"\d+ ms", "N ms"], ["/cells/*/outputs/*/traceback", "a", "b"]],
    }
    own = {"diff_ignore": ["/outputs/0/text", "/metadata"], "diff_replace": [["/outputs/0/text", "c", "d"]]}
    cell = plan(code("x", nbreg=own), nbreg=nbreg)
    assert cell.faults == ()
    assert cell.compare.ignored == {"image/png", "1"}
    assert cell.compare.replacements == ((r"\d+ ms", "N ms"), ("c", "d"))
    assert cell.directives["replace"].source == "cell metadata nbreg"


def test_a_fault_in_a_cell_is_the_cells() -> None:
    cell = plan(code("x", nbreg={"diff_ignore": ["/text"]}))
    assert cell.faults == (
        Fault(f"cell metadata nbreg.diff_ignore: nothing here means the same as '/text'; {NO_WAY}"),
    )
    assert plan(code("x", nbreg={"skip": True})).faults == (
        Fault(f"cell metadata nbreg: 'skip' has no counterpart here; {NO_WAY}"),
    )


def test_our_word_on_the_notebook_wins_over_theirs() -> None:
    nbreg = {"diff_ignore": ["/cells/*/outputs"]}
    ours = {"ignore-output": "stderr"}
    assert plan(code("x"), nbreg=nbreg, nbcheck=ours).compare.ignored == {"stderr"}
    outer = {"ignore-output": Found(frozenset({"stdout"}), "pyproject.toml")}
    assert plan(code("x"), nbreg=nbreg, outer=outer).compare.ignored == {"all"}


@pytest.mark.parametrize(
    ("nbreg", "skipped_by"),
    [
        ({"skip": True, "skip_reason": "slow"}, "notebook metadata nbreg.skip (slow)"),
        ({"skip": True}, "notebook metadata nbreg.skip"),
        ({"skip": False, "skip_reason": "slow"}, ""),
    ],
)
def test_a_notebook_that_is_skipped(nbreg: dict[str, Any], skipped_by: str) -> None:
    assert plan(code("x"), nbreg=nbreg).skipped_by == skipped_by

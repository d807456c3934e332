"""Reading directives."""

from __future__ import annotations

from typing import Any

import pytest

from nbcheck.compare.base import CompareMode
from nbcheck.execution.directives import (
    DIRECTIVES,
    ExpectedError,
    Fault,
    Scope,
    read_cell_directives,
    read_notebook_directives,
)

KNOWN = {
    scope: ", ".join(name for name, directive in DIRECTIVES.items() if scope in directive.scopes)
    for scope in Scope
}


def values(source: str = "", **metadata: Any) -> dict[str, Any]:
    found, faults = read_cell_directives(source, metadata)
    assert faults == ()
    return {name: directive.value for name, directive in found.items()}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", {}),
        ("# nbcheck: skip", {"skip": True}),
        ("#nbcheck:skip", {"skip": True}),
        ("  ## nbcheck: skip  \nx", {"skip": True}),
        ("x\n# nbcheck: skip", {"skip": True}),
        ("# nbcheck: skip=false", {"skip": False}),
        ("# nbcheck: raises-exception", {"raises-exception": True}),
        ("# nbcheck: run-only", {"mode": CompareMode.RUN}),
        ("# nbcheck: run-only=false", {"mode": None}),
        ("# nbcheck: mode=exact", {"mode": CompareMode.EXACT}),
        ("# nbcheck: ignore-output", {"ignore-output": {"all"}}),
        ("# nbcheck: ignore-output=stderr image/svg+xml", {"ignore-output": {"stderr", "image/svg+xml"}}),
        ("# nbcheck: ignore-output=false", {"ignore-output": set()}),
        ("# nbcheck: timeout = 2.5", {"timeout": 2.5}),
        ("# nbcheck: timeout=none", {"timeout": None}),
        ("# nbcheck: run-only, timeout=30", {"mode": CompareMode.RUN, "timeout": 30.0}),
        ("# nbcheck: timeout=1\n# nbcheck: timeout=2", {"timeout": 2.0}),
        ("// nbcheck: skip", {"skip": True}),
        ("/* nbcheck: skip */", {"skip": True}),
        ("-- nbcheck: skip", {"skip": True}),
        ("% nbcheck: skip", {"skip": True}),
        (";; nbcheck: skip", {"skip": True}),
        ("# nbcheck: rtol=1e-3, atol = 0.5", {"rtol": 1e-3, "atol": 0.5}),
        (
            "# nbcheck: column-rtol=price:1e-3 a:b:0",
            {"column-rtol": (("price", 1e-3), ("a:b", 0.0))},
        ),
        ("# nbcheck: ignore-output=2 stderr", {"ignore-output": {"2", "stderr"}}),
        ("# nbcheck: raises-exception=ValueError", {"raises-exception": ExpectedError("ValueError")}),
        (
            "# nbcheck: raises-exception='a.B: one, two', skip",
            {"raises-exception": ExpectedError("a.B", "one, two"), "skip": True},
        ),
        ('# nbcheck: ignore-pattern="a, b=c"', {"ignore-pattern": ("a, b=c",)}),
        ("# nbcheck: normalise=-addresses dates", {"normalise": {"addresses": False, "dates": True}}),
        ("# nbcheck: image-tolerance=20, image-share=0.5%", {"image-tolerance": 20, "image-share": 0.005}),
        ("# nbcheck: xfail", {"xfail": ""}),
        ("# nbcheck: xfail=bug 12", {"xfail": "bug 12"}),
        ("# nbcheck: xfail=false", {"xfail": "false"}),
        ("# nbcheck: max-seconds=2", {"max-seconds": 2.0}),
        ("# nbcheck: max-memory=1.5G", {"max-memory": 3 << 29}),
        ("# nbcheck: max-memory=none", {"max-memory": None}),
        ("x = 1  # nbcheck: skip", {}),
        ("'nbcheck: skip'", {}),
        ("# about nbcheck: skip", {}),
    ],
)
def test_comments(source: str, expected: dict[str, Any]) -> None:
    assert values(source) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([], {}),
        (["parameters", "skip"], {}),
        (["nbcheck-skip"], {"skip": True}),
        (["skip-execution"], {"skip": True}),
        (["raises-exception"], {"raises-exception": True}),
        (["nbcheck-raises-exception"], {"raises-exception": True}),
        (["nbcheck-run-only", "nbcheck-ignore-output"], {"mode": CompareMode.RUN, "ignore-output": {"all"}}),
        (["nbcheck-timeout=5"], {"timeout": 5.0}),
        ([None, 3], {}),
        ("nbcheck-skip", {}),
    ],
)
def test_tags(tags: Any, expected: dict[str, Any]) -> None:
    assert values(tags=tags) == expected


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (None, {}),
        ({}, {}),
        ({"skip": True}, {"skip": True}),
        ({"skip": "false"}, {"skip": False}),
        ({"ignore-output": True}, {"ignore-output": {"all"}}),
        ({"ignore-output": False}, {"ignore-output": set()}),
        ({"ignore-output": ["stderr", "text/html"]}, {"ignore-output": {"stderr", "text/html"}}),
        ({"timeout": 3}, {"timeout": 3.0}),
        ({"timeout": None}, {"timeout": None}),
        ({"mode": "run"}, {"mode": CompareMode.RUN}),
        ({"rtol": 0}, {"rtol": 0.0}),
        ({"column-atol": {"net weight": 0.01}}, {"column-atol": (("net weight", 0.01),)}),
        ({"ignore-output": 1}, {"ignore-output": {"1"}}),
        ({"ignore-pattern": ["a", "b"]}, {"ignore-pattern": ("a", "b")}),
        ({"replace": [["a(b)", "\\1"], ["c", ""]]}, {"replace": (("a(b)", "\\1"), ("c", ""))}),
        ({"normalise": ["-uuids"]}, {"normalise": {"uuids": False}}),
        ({"xfail": False}, {"xfail": None}),
        ({"raises-exception": "KeyError: 'x'"}, {"raises-exception": ExpectedError("KeyError", "'x'")}),
    ],
)
def test_metadata(section: Any, expected: dict[str, Any]) -> None:
    assert values(nbcheck=section) == expected


def test_the_nearest_wins() -> None:
    found, _ = read_cell_directives(
        "# nbcheck: timeout=1",
        {
            "tags": ["nbcheck-timeout=2", "nbcheck-mode=run"],
            "nbcheck": {"timeout": 3, "mode": "exact", "skip": True},
        },
    )
    assert {name: (said.value, said.source) for name, said in found.items()} == {
        "timeout": (1.0, "a comment"),
        "mode": (CompareMode.RUN, "the tag nbcheck-mode=run"),
        "skip": (True, "cell metadata"),
    }


@pytest.mark.parametrize(
    ("source", "metadata", "fault"),
    [
        (
            "\n# nbcheck: skp",
            {},
            Fault("a comment: unknown directive 'skp'; did you mean 'skip'?", 2),
        ),
        (
            "# nbcheck: ignore_output",
            {},
            Fault("a comment: unknown directive 'ignore_output'; did you mean 'ignore-output'?", 1),
        ),
        (
            "# nbcheck: xyzzy",
            {},
            Fault(
                f"a comment: unknown directive 'xyzzy'; known are {KNOWN[Scope.CELL]}",
                1,
            ),
        ),
        (
            "",
            {"tags": ["nbcheck-skips"]},
            Fault("the tag nbcheck-skips: unknown directive 'skips'; did you mean 'skip'?"),
        ),
        (
            "# nbcheck: timeout",
            {},
            Fault(
                "a comment: the value of 'timeout' must be a number of seconds above 0, or none for no limit, "
                "and none is given",
                1,
            ),
        ),
        (
            "# nbcheck: timeout=-1",
            {},
            Fault(
                "a comment: the value of 'timeout' must be a number of seconds above 0, or none for no limit, "
                "not '-1'",
                1,
            ),
        ),
        (
            "# nbcheck: run-only=maybe",
            {},
            Fault("a comment: the value of 'run-only' must be true or false, not 'maybe'", 1),
        ),
        (
            "",
            {"nbcheck": {"timeout": True}},
            Fault(
                "cell metadata: the value of 'timeout' must be a number of seconds above 0, or none for no limit, "
                "not True"
            ),
        ),
        (
            "",
            {"nbcheck": {"mode": "strict"}},
            Fault("cell metadata: the value of 'mode' must be semantic, exact or run, not 'strict'"),
        ),
        (
            "",
            {"nbcheck": {"ignore-output": "sterr"}},
            Fault(
                "cell metadata: the value of 'ignore-output' must be all, stdout, stderr, error, MIME types, "
                "numbers of outputs, or several of them separated by spaces, not 'sterr'"
            ),
        ),
        (
            "",
            {"nbcheck": ["skip"]},
            Fault("cell metadata: 'nbcheck' must be an object of directives, not ['skip']"),
        ),
        (
            "",
            {"nbcheck": {"cell-timeout": 3}},
            Fault(f"cell metadata: 'cell-timeout' cannot be said of a cell; known are {KNOWN[Scope.CELL]}"),
        ),
    ],
)
def test_faults(source: str, metadata: dict[str, Any], fault: Fault) -> None:
    assert read_cell_directives(source, metadata)[1] == (fault,)


def test_all_faults_are_told_in_order_of_lines() -> None:
    _, faults = read_cell_directives(
        "# nbcheck: one\n# nbcheck: two, three", {"tags": ["nbcheck-four"], "nbcheck": {"five": 5}}
    )
    assert [(fault.source_line, fault.problem.partition(";")[0]) for fault in faults] == [
        (1, "a comment: unknown directive 'one'"),
        (2, "a comment: unknown directive 'two'"),
        (2, "a comment: unknown directive 'three'"),
        (None, "cell metadata: unknown directive 'five'"),
        (None, "the tag nbcheck-four: unknown directive 'four'"),
    ]


def test_notebook_metadata_has_its_own_directives() -> None:
    found, faults = read_notebook_directives(
        {"nbcheck": {"timeout": 60, "cell-timeout": 5, "raises-exception": True}}
    )
    assert {name: said.value for name, said in found.items()} == {"timeout": 60.0, "cell-timeout": 5.0}
    assert faults == (
        Fault(
            "notebook metadata: 'raises-exception' cannot be said of a notebook; known are "
            f"{KNOWN[Scope.NOTEBOOK]}"
        ),
    )


def test_every_directive_is_documented() -> None:
    assert all(directive.doc.endswith(".") for directive in DIRECTIVES.values())


@pytest.mark.parametrize(
    "text",
    [
        "rtol=-1",
        "rtol=nan",
        "rtol",
        "column-rtol=price",
        "column-rtol=:1",
        "column-atol=price:-1",
        "column-atol",
        "image-tolerance=256",
        "image-tolerance=0.5",
        "image-share=5",
        "image-share=101%",
        "normalise=nosuch",
        "normalise",
        "ignore-pattern=[",
        "ignore-pattern",
        "ignore-output=0",
        "raises-exception=: x",
        "raises-exception=E: [",
        "max-seconds=0",
        "max-memory=63M",
        "max-memory=much",
        "max-memory",
    ],
)
def test_values_that_make_no_sense(text: str) -> None:
    found, (fault,) = read_cell_directives(f"# nbcheck: {text}", {})
    assert found == {}
    assert fault.problem.startswith(f"a comment: the value of {text.partition('=')[0]!r} must be ")


@pytest.mark.parametrize("text", ['"', 'a="b', "= ,", "a b", ",", "skip,,skip"])
def test_comments_that_are_no_list_are_faults(text: str) -> None:
    _, faults = read_cell_directives(f"# nbcheck: {text}", {})
    assert faults


@pytest.mark.parametrize(
    ("expected", "ename", "evalue", "is_it"),
    [
        (ExpectedError("ValueError"), "ValueError", "anything", True),
        (ExpectedError("ValueError"), "KeyError", "", False),
        (ExpectedError("ValueError", "posit"), "ValueError", "must be positive", True),
        (ExpectedError("ValueError", "^posit"), "ValueError", "must be positive", False),
        (ExpectedError("MyError"), "pkg.MyError", "", True),
        (ExpectedError("pkg.MyError"), "MyError", "", False),
    ],
)
def test_an_expected_error(expected: ExpectedError, ename: str, evalue: str, is_it: bool) -> None:
    assert expected.matches(ename, evalue) is is_it

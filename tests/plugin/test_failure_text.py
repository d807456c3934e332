"""The text of a failure."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from helpers.example import Example, section
from helpers.fake_kernel import Dies, Publishes, Raises, Step, displays, prints
from helpers.nb import code, document, error, notebook, stdout
from nbcheck.execution.directives import DIRECTIVES, Scope
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import plan_notebook
from nbcheck.protocol.content import Error
from nbcheck.results import CellError, CellResult, Outcome
from pytest_nbcheck.failure import FailureText, describe_failure

Make = Callable[..., Example]

IGNORE = [
    "If the new output is right, accept it: nbcheck review.",
    "If it changes from run to run, tag the cell nbcheck-ignore-output.",
]


def text_of(make: Make, cell: dict[str, Any], *steps: Step) -> list[str]:
    source = "".join(cell["source"])
    example = make({"nb.ipynb": notebook(cell)}, {source: steps})
    return section(example.run(), "[nbcheck] nb.ipynb::cell-1")


def test_a_changed_output(fake_example: Make) -> None:
    cell = code("print('alpha')\nprint('total', x)", stdout("alpha\ntotal 3.14 m\n"))
    assert text_of(fake_example, cell, prints("alpha\ntotal 3.15 m\n")) == [
        "nb.ipynb:6: cell 1: stdout: 3.14 became 3.15 (relative error 0.0032)",
        "",
        "  1 | print('alpha')",
        "  2 | print('total', x)",
        "",
        "stdout: 3.14 became 3.15 (relative error 0.0032)",
        "       1  alpha",
        "  -    2  total 3.14 m",
        "  ?             ^^^^",
        "  +    2  total 3.15 m",
        "  ?             ^^^^",
        "",
        *IGNORE,
    ]


def test_an_error_points_at_its_line(fake_example: Make) -> None:
    traceback = [
        "\x1b[31m-----\x1b[39m",
        "\x1b[31mNameError\x1b[39m\nCell \x1b[32mIn[1]\x1b[39m, line 3\n      2 b\n----> 3 c",
        "\tNameError: name 'c' is not defined",
    ]
    cell = code("a\nb\nc\nd")
    step = Publishes(Error(ename="NameError", evalue="name 'c' is not defined", traceback=traceback))
    assert text_of(fake_example, cell, step) == [
        "nb.ipynb:8: cell 1: NameError: name 'c' is not defined",
        "",
        "  1 | a",
        "  2 | b",
        "> 3 | c",
        "  4 | d",
        "",
        "-----",
        "NameError",
        "Cell In[1], line 3",
        "      2 b",
        "----> 3 c",
        "        NameError: name 'c' is not defined",
        "",
        "If the error is meant, tag the cell raises-exception.",
    ]


def test_another_error_than_stored_shows_both(fake_example: Make) -> None:
    cell = code("a", error("ValueError", "one"))
    lines = text_of(fake_example, cell, Raises("KeyError", "two"))
    assert lines[0] == "nb.ipynb:6: cell 1: KeyError: two; stored is another error, ValueError"
    assert any("ValueError" in line for line in lines[3:])
    assert lines[-1] == "If the new error is right, run the notebook and save it."


def test_an_expected_error_that_did_not_come(fake_example: Make) -> None:
    assert text_of(fake_example, code("a", tags=["raises-exception"])) == [
        "nb.ipynb:6: cell 1: raised no exception, though it is tagged raises-exception",
        "",
        "  1 | a",
        "",
        "If the cell is meant to work now, remove its tag and save the notebook.",
    ]


def test_an_expected_error_that_did_not_come_is_named(fake_example: Make) -> None:
    cell = code("a", error("ValueError", "one\ntwo"), tags=["raises-exception"])
    assert text_of(fake_example, cell)[0] == (
        "nb.ipynb:6: cell 1: raised no exception, though it is tagged raises-exception; "
        "stored is ValueError: one ..."
    )


def test_a_death_shows_the_last_words(fake_example: Make) -> None:
    words = "".join(f"line {number}\n" for number in range(1, 33))
    lines = text_of(fake_example, code("a"), prints(words), Dies(-11))
    assert lines[:6] == [
        "nb.ipynb:6: cell 1: the kernel died with signal SIGSEGV",
        "",
        "  1 | a",
        "",
        "printed, the last 30 of 32 lines:",
        "  line 3",
    ]
    assert lines[-3:] == [
        "  line 32",
        "",
        "Native code that the cell calls is the usual suspect.",
    ]


@pytest.mark.parametrize(
    ("printed", "head", "last"),
    [
        ("a\nb", "printed:", "  b"),
        ("a\n" * 30, "printed:", "  a"),
        ("a\n" * 30 + "b", "printed, the last 30 of 31 lines:", "  b"),
        ("a\n" * 2_000_000, "printed, the last 30 of 2000000 lines:", "  a"),
        ("a" * 2_000_000, "printed:", f"  {'a' * 200}"),
        ("\n", "printed:", ""),
    ],
)
def test_last_words_are_the_last_lines(fake_example: Make, printed: str, head: str, last: str) -> None:
    lines = text_of(fake_example, code("a"), prints(printed), Dies(3))
    assert (lines[4], lines[-3]) == (head, last)
    assert len(lines) <= 38


@pytest.mark.parametrize(
    ("returncode", "cause", "remedy"),
    [
        (
            -9,
            "signal SIGKILL (often: out of memory)",
            "Somebody killed the process: mostly the system, when memory runs out; see its log (dmesg).",
        ),
        (3, "exit code 3", "The code ended the process itself, as os._exit() does."),
        (-6, "signal SIGABRT", "Native code that the cell calls is the usual suspect."),
        (None, "unknown exit status", "Native code that the cell calls is the usual suspect."),
    ],
)
def test_a_death_is_explained_by_its_cause(
    fake_example: Make, returncode: int | None, cause: str, remedy: str
) -> None:
    assert text_of(fake_example, code("a"), Dies(returncode)) == [
        f"nb.ipynb:6: cell 1: the kernel died with {cause}",
        "",
        "  1 | a",
        "",
        remedy,
    ]


def test_a_crash_report_points_at_the_cell_and_leaves_out_the_kernel(fake_example: Make) -> None:
    report = """\
before
Fatal Python error: Aborted

Current thread 0x00007f196847db80 (most recent call first):
  File "/lib/native.py", line 7 in crash
  File "<ipython-input-1-0123456789ab>", line 5 in call
  File "<ipython-input-2-7741f2d52b1b>", line 2 in again
  File "<ipython-input-2-7741f2d52b1b>", line 3 in <module>
  File "/env/IPython/core/interactiveshell.py", line 3823 in run_code
  File "/env/IPython/core/interactiveshell.py", line 3762 in run_ast_nodes
  File "<frozen runpy>", line 198 in _run_module_as_main

Extension modules: native (total: 1)
"""
    assert text_of(fake_example, code("a\nb\nc"), prints(report), Dies(-6)) == [
        "nb.ipynb:7: cell 1: the kernel died with signal SIGABRT",
        "",
        "  1 | a",
        "> 2 | b",
        "  3 | c",
        "",
        "printed:",
        "  before",
        "  Fatal Python error: Aborted",
        "",
        "  Current thread 0x00007f196847db80 (most recent call first):",
        '    File "/lib/native.py", line 7 in crash',
        '    File "<ipython-input-1-0123456789ab>", line 5 in call',
        '    File "<ipython-input-2-7741f2d52b1b>", line 2 in again',
        '    File "<ipython-input-2-7741f2d52b1b>", line 3 in <module>',
        "    ... 3 frames of the kernel left out ...",
        "",
        "  Extension modules: native (total: 1)",
        "",
        "Native code that the cell calls is the usual suspect.",
    ]


def test_input_that_nobody_can_give(fake_example: Make) -> None:
    text = text_of(fake_example, code("input()"), Raises("StdinNotImplementedError", "nobody"))
    assert text[-1] == (
        "A test has nobody to ask: write the answer into the cell, or tag the cell nbcheck-skip."
    )


def test_a_faulty_directive_is_shown_at_its_line(fake_example: Make) -> None:
    known = ", ".join(directive.name for directive in DIRECTIVES.values() if Scope.CELL in directive.scopes)
    assert text_of(fake_example, code("a\n# nbcheck: skp", tags=["nbcheck-x"])) == [
        "nb.ipynb:7: cell 1: a comment: unknown directive 'skp'; did you mean 'skip'? (and 1 more)",
        "",
        "  1 | a",
        "> 2 | # nbcheck: skp",
        "",
        "line 7: a comment: unknown directive 'skp'; did you mean 'skip'?",
        f"the tag nbcheck-x: unknown directive 'x'; known are {known}",
        "",
        "Correct the directive, or remove it.",
    ]


@pytest.mark.parametrize(
    ("lines", "marked", "shown"),
    [
        (12, None, ["   1 | x", "  12 | x"]),
        (20, None, ["   1 | x", "  ... 8 lines more"]),
        (20, 20, ["  ... 8 lines before", "> 20 | x"]),
        (30, 15, ["  ... 9 lines before", "  ... 9 lines more"]),
    ],
)
def test_long_sources_are_cut(
    fake_example: Make, lines: int, marked: int | None, shown: Sequence[str]
) -> None:
    traceback = [] if marked is None else [f"Cell In[1], line {marked}"]
    cell = code("\n".join("x" * lines))
    step = Publishes(Error(ename="E", traceback=traceback))
    text = text_of(fake_example, cell, step)
    excerpt = text[2 : text.index("", 2)]
    assert [excerpt[0], excerpt[-1]] == shown


def test_long_tracebacks_are_cut(fake_example: Make) -> None:
    step = Publishes(Error(ename="E", traceback=[f"frame {number}" for number in range(1, 101)]))
    text = text_of(fake_example, code("a"), step)
    place = text.index("... 40 lines left out ...")
    assert (text[place - 1], text[place + 1], text[-3]) == ("frame 20", "frame 61", "frame 100")


def test_a_loop_that_displays_is_told_by_its_first_outputs(fake_example: Make) -> None:
    text = text_of(fake_example, code("a", count=1), *(displays(str(number)) for number in range(1000)))
    first = "output 1: display_data that the file does not have"
    assert text[0] == f"nb.ipynb:6: cell 1: {first} (and 999 more)"
    assert (text.count(first), text[-4]) == (1, "... and 990 more differences")
    assert len(text) < 60


def test_what_a_notebook_printed_does_not_steer_the_terminal(fake_example: Make) -> None:
    evil = "\x1b]0;title\x07\x1b[2J\x1b[31mred"
    example = fake_example(
        {"nb.ipynb": notebook(code("a"), code(f"# {evil}"))},
        {"a": [], f"# {evil}": [prints(evil), Publishes(Error(ename="E", evalue=evil, traceback=[evil]))]},
    )
    for color in ("yes", "no"):
        text = example.run(f"--color={color}").stdout.str()
        assert "\x1b]" not in text
        assert "\x1b[2J" not in text


# ---- where it is told


def test_colours_only_where_the_terminal_has_them(fake_example: Make) -> None:
    cell = code("print(x)", stdout("3.14\n"))
    example = fake_example({"nb.ipynb": notebook(cell)}, {"print(x)": [prints("3.15\n")]})
    assert "\x1b[1;31mnb.ipynb:6: cell 1: " in example.run("--color=yes").stdout.str()
    assert "\x1b" not in example.run("--color=no").stdout.str()


def test_junit_is_plain_and_names_file_and_line(fake_example: Make) -> None:
    step = Publishes(Error(ename="E", evalue="no", traceback=["\x1b[31mE\x1b[39m: no"]))
    example = fake_example({"nb.ipynb": notebook(code("a"), code("b"))}, {"a": [step]})
    example.run("--junitxml=out.xml", "--color=yes", "-o", "junit_family=xunit1")
    xml = (example.folder / "out.xml").read_text()
    assert "x1B" not in xml
    assert "\x1b" not in xml
    failed, skipped = ET.fromstring(xml).iter("testcase")
    assert (failed.get("file"), failed.get("line"), failed.get("name")) == ("nb.ipynb", "6", "cell-1")
    failure = failed.find("failure")
    assert failure is not None
    assert failure.get("message") == "E: no"
    assert failure.text is not None
    assert failure.text.startswith("nb.ipynb:6: cell 1: E: no\n")
    reason = skipped.find("skipped")
    assert reason is not None
    assert reason.get("message") == "not run: cell 1 raised E"


@pytest.mark.parametrize("style", ["line", "short", "no"])
def test_traceback_styles(fake_example: Make, style: str) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a"))}, {"a": [Raises("E", "no")]})
    text = example.run(f"--tb={style}").stdout.str()
    assert ("nb.ipynb:6: E: no" in text.splitlines()) is (style == "line")
    assert "FAILED nb.ipynb::cell-1 - E: no" in text


def test_paths_are_relative_to_where_pytest_was_started(
    fake_example: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = fake_example(
        {"sub/dir/nb.ipynb": notebook(code("a")), "pytest.ini": "[pytest]"}, {"a": [Raises("E")]}
    )
    monkeypatch.chdir(example.folder / "sub")
    assert "dir/nb.ipynb:6: cell 1: E" in example.run().outlines


def test_a_text_survives_the_way_between_processes() -> None:
    text = FailureText.from_json(json.loads(json.dumps(_some_text().to_json())))
    assert str(text) == str(_some_text())
    assert str(text.reprcrash) == "nb.ipynb:6: E: no"


def _some_text() -> FailureText:
    plan = plan_notebook(document(code("a")), RunOptions())
    return describe_failure(
        "nb.ipynb", plan, CellResult(0, 1, Outcome.ERROR, "E: no", error=CellError("E", "no", ("trace",)))
    )

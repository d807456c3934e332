"""The flake finder: notebooks whose outputs differ are run a second time, and noise is told from change."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from helpers.example import Example, section
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, notebook, stdout
from nbcheck.accepting.store import PendingStore
from nbcheck.cli import main

Make = Callable[..., Example]

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
NOISY = notebook(
    code("import datetime, random\nprint('loss', random.random(), 's')", stdout("loss 0.123 s\n"), count=1),
    code("print(list({'a', 'b', 'c', 'd', 'e'}))", stdout("['b', 'a', 'd', 'c', 'e']\n"), count=2),
    code("print('at', datetime.datetime.now())", stdout("at 2020-01-01 10:11:12.123456\n"), count=3),
    code("print('answer', 42)", stdout("answer 41\n"), count=4),
    code("print('cost', random.random())", stdout("loss 0.5\n"), count=5),
    code("print('same')", stdout("same\n"), count=6),
    **PYTHON,
)
LABELS = {
    1: r"unstable: stdout differs between two runs of this code; masked by ignore-pattern=(?<=^loss )\d+\.\d+(?= s$)",
    2: "unstable: stdout differs between two runs of this code; masked by normalise=word-order",
    3: "unstable: stdout differs between two runs of this code; masked by normalise=dates",
    5: "unstable in part: stdout differs between two runs of this code, but not in all that changed; "
    r"masked by ignore-pattern=(?<=^cost )\d+\.\d+$",
}


def labels(result: pytest.RunResult) -> dict[int, str]:
    """What is said of the cells of a run's only notebook."""
    found: dict[int, str] = {}
    number = 0
    for line in result.outlines:
        if line.startswith("_") and "::cell-" in line:
            number = int(line.partition("::cell-")[2].split()[0])
        elif line.startswith("unstable"):
            found[number] = line
    return found


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("-n2",)], ids=["alone", "xdist"])
def test_noise_is_told_from_change(example: Make, arguments: tuple[str, ...]) -> None:
    made = example({"nb.ipynb": NOISY})
    result = made.run_apart(
        "--junitxml=junit.xml", "--nbcheck-json=run.json", "--nbcheck-html=r.html", *arguments
    )
    result.assert_outcomes(failed=5, passed=1)
    assert labels(result) == LABELS
    assert section(result, "nbcheck") == [
        "3 of 5 differences in notebooks that were run twice are unstable, 1 in part; "
        "mask them with nbcheck review (m), or fix seeds and orders"
    ]
    (entry,) = json.loads((made.folder / "run.json").read_text())["notebooks"]
    assert [len(cell["unstable"]) for cell in entry["cells"]] == [1, 1, 1, 0, 1, 0]
    assert entry["cells"][1]["unstable"] == [
        {"place": "stdout", "is_all": True, "directive": "normalise=word-order"}
    ]
    suite = ET.parse(made.folder / "junit.xml").find("testsuite/properties")
    assert suite is not None
    assert [(one.get("name"), one.get("value")) for one in suite] == [
        ("nbcheck.unstable", f"nb.ipynb::cell-{number}: {label}") for number, label in LABELS.items()
    ]
    page = (made.folder / "r.html").read_text()
    assert page.count('<span class="chip unstable">') == 3
    assert page.count('<p class="unstable">') == 4


@pytest.mark.slow
def test_what_was_found_is_offered_in_review(
    example: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = example({"nb.ipynb": NOISY})
    made.run_apart()
    monkeypatch.chdir(made.folder)
    capsys.readouterr()
    assert main(["pending"]) == 0
    listed = capsys.readouterr().out.splitlines()[1:]
    assert [line.endswith(" (unstable)") for line in listed] == [True, True, True, False, False]
    (pending,) = PendingStore.of_project(made.folder)
    assert [dict(cell.suggestions) != {} for cell in pending.cells] == [True, True, True, False, False]


@pytest.mark.slow
def test_a_whole_notebook_as_one_item(example: Make) -> None:
    result = example({"nb.ipynb": NOISY}).run_apart("--nbcheck-items=notebook")
    said = [line for line in result.outlines if "unstable" in line][:4]
    assert said == [f"cell {number}: {label}" for number, label in LABELS.items()]


@pytest.mark.slow
def test_each_set_of_parameters_has_its_own(example: Make) -> None:
    cells = (
        code("x = 1", count=1, tags=["parameters"]),
        code("import random\nprint(x, random.random() if x == 1 else 0.5)", stdout("1 0.75\n"), count=2),
    )
    result = example(
        {"nb.ipynb": notebook(*cells, nbcheck={"parametrize": [{"x": 1}, {"x": 2}]}, **PYTHON)}
    ).run_apart()
    assert [line for line in result.outlines if line.startswith("unstable")] == [
        r"unstable: stdout differs between two runs of this code; masked by ignore-pattern=(?<=^1 )\d+\.\d+$"
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import socket\nsocket.socket().connect_ex(('127.0.0.1', 9))", "connected to 127.0.0.1:9"),
        ("open('/nosuch/file', 'w')", "wrote /nosuch/file"),
        ("!true", "started "),
    ],
)
def test_what_would_be_felt_outside_is_not_done_twice(example: Make, source: str, reason: str) -> None:
    caught = f"try:\n    {source.splitlines()[-1]}\nexcept OSError:\n    pass"
    made = example(
        {
            "nb.ipynb": notebook(
                code("\n".join([*source.splitlines()[:-1], caught]), count=1),
                code("import random\nprint(random.random())", stdout("0.5\n"), count=2),
                **PYTHON,
            )
        }
    )
    result = made.run_apart("-v")
    assert labels(result) == {}
    line = f"nb.ipynb: the second run was given up, as the notebook {reason}"
    assert any(said.startswith(line) for said in section(result, "nbcheck"))
    assert not any("given up" in line for line in made.run_apart().outlines)


def test_a_kernel_of_another_kind_is_not_started_twice(
    fake_example: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbcheck.execution.instruments.takes_instruments", lambda choice: False)
    made = fake_example({"nb.ipynb": notebook(code("a", stdout("stored\n")))}, {"a": [prints("fresh\n")]})
    result = made.run("--nbcheck-twice")
    assert section(result, "nbcheck") == [
        "nb.ipynb: the second run was given up, as the notebook is run by a kernel that cannot be kept within bounds"
    ]
    assert len(made.fakes.started) == 1


SCRIPT = {"a": [prints("fresh\n")], "b": [prints("same\n")], "e": [Raises("ValueError", "no")]}


@pytest.mark.parametrize(
    ("cells", "arguments", "starts"),
    [
        ([code("a", stdout("stored\n"))], (), 2),
        ([code("b", stdout("same\n"))], ("--nbcheck-twice",), 1),
        ([code("a", stdout("stored\n"))], ("--nbcheck-no-twice",), 1),
        ([code("a", stdout("stored\n"))], ("-x",), 1),
        ([code("a", stdout("stored\n"))], ("--maxfail=3",), 1),
        ([code("a", stdout("stored\n"))], ("--reruns=1",), 2),  # by pytest-rerunfailures
        ([code("a", stdout("stored\n"))], ("--nbcheck-update=changed",), 1),
        ([code("a", stdout("stored\n"))], ("--nbcheck-update=changed", "--nbcheck-twice"), 2),
        ([code("a", stdout("stored\n"), nbcheck={"xfail": True})], (), 1),
        ([code("a", stdout("stored\n")), code("e")], (), 1),
        ([code("a", stdout("stored\n")), code("a", stdout("fresh\n"), nbcheck={"max-seconds": 1e-9})], (), 1),
        ([code("a", stdout("stored\n")), code("b", stdout("same\n"))], ("nb.ipynb::cell-2",), 1),
        ([code("a", stdout("stored\n")), code("b", stdout("same\n"))], ("nb.ipynb::cell-1",), 2),
    ],
)
def test_when_a_notebook_is_run_twice(
    fake_example: Make,
    cells: list[dict[str, object]],
    arguments: tuple[str, ...],
    starts: int,
) -> None:
    made = fake_example({"nb.ipynb": notebook(*cells)}, SCRIPT)
    made.run(*arguments)
    assert len(made.fakes.started) == starts
    if starts == 2 and "--reruns=1" not in arguments:
        assert made.fakes.were_cold == [False, True]
        assert made.fakes.env_changes[1]["PYTHONHASHSEED"] == "1"
        assert "bounds" in made.fakes.instruments[1]
        assert "bounds" not in made.fakes.instruments[0]


@pytest.mark.parametrize(
    ("said", "starts"),
    [
        ({"pyproject.toml": '[tool.nbcheck]\nflaky-check = "never"\n'}, 1),
        ({"pyproject.toml": '[[tool.nbcheck.overrides]]\npaths = ["nb.ipynb"]\nflaky-check = "never"\n'}, 1),
        ({"pyproject.toml": '[tool.nbcheck]\nflaky-check = "always"\n'}, 2),
        (
            {
                "conftest.py": "import pytest\n@pytest.fixture(autouse=True, scope='module')\ndef on(): yield\n"
            },
            2,
        ),
    ],
)
def test_projects_say_which(fake_example: Make, said: dict[str, str], starts: int) -> None:
    made = fake_example({"nb.ipynb": notebook(code("a", stdout("stored\n"))), **said}, SCRIPT)
    made.run()
    assert len(made.fakes.started) == starts


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--nbcheck-twice", "-x"), "ERROR: --nbcheck-twice: not with -x or --maxfail"),
        (("--nbcheck-twice", "--reruns=2"), "ERROR: --nbcheck-twice: not with --reruns"),
        (
            ("--nbcheck-twice", "--nbcheck-no-twice"),
            "ERROR: --nbcheck-twice and --nbcheck-no-twice exclude each other",
        ),
    ],
)
def test_what_excludes_each_other(fake_example: Make, arguments: tuple[str, ...], complaint: str) -> None:
    result = fake_example({}).run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert complaint in result.errlines


@pytest.mark.parametrize(("timeout", "starts"), [("", 2), ("--timeout=1000", 2), ("--timeout=8", 1)])
def test_limits_of_pytest_timeout_are_kept(
    fake_example: Make, timeout: str, starts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbcheck.execution.run.NotebookRun.seconds", 5.0)
    made = fake_example({"nb.ipynb": notebook(code("a", stdout("stored\n")))}, SCRIPT)
    made.run(*filter(None, [timeout]))
    assert len(made.fakes.started) == starts


def test_the_second_run_is_charged_to_no_cell(fake_example: Make) -> None:
    made = fake_example({"nb.ipynb": notebook(code("a", stdout("stored\n")))}, SCRIPT)
    made.run("--nbcheck-json=run.json", "--nbcheck-twice")
    (entry,) = json.loads((made.folder / "run.json").read_text())["notebooks"]
    assert entry["duration"] < 0.5

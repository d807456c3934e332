"""pytest-notebook's fixture, where pytest-notebook is not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, notebook, stdout

Make = Callable[..., Example]

TWO = notebook(code("a", stdout("1")), code("b", stdout("2")))


def run(make: Make, body: str, script: dict[str, object], *arguments: str, ini: str = "") -> pytest.RunResult:
    """Run a test that is given as the lines of its body, without nbcheck's own flag."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    test = f"import pytest\n\ndef test_it(nb_regression):\n{lines}\n"
    example = make({"sub/nb.ipynb": TWO, "test_it.py": test, "pytest.ini": f"[pytest]\n{ini}"}, script)
    return example.pytester.runpytest_inprocess(*arguments)


SAME = {"a": [prints("1")], "b": [prints("2")]}
DIFFERS = {"a": [prints("1")], "b": [prints("3")]}
CHECK = "nb_regression.check('sub/nb.ipynb')"


def test_a_notebook_that_comes_out_as_stored(fake_example: Make) -> None:
    body = """\
with open("sub/nb.ipynb") as file:
    result = nb_regression.check(file)
assert [cell.outputs[0].text for cell in result.nb_final.cells] == ["1", "2"]
assert result.diff_filtered == [] and result.diff_string == ""
assert result.nb_initial.cells[0].source == "a"
"""
    run(fake_example, body, SAME).assert_outcomes(passed=1)


def test_a_difference_fails_the_test_with_nbchecks_text(fake_example: Make) -> None:
    result = run(fake_example, CHECK, DIFFERS)
    result.assert_outcomes(failed=1)
    shown = result.stdout.str()
    assert "sub/nb.ipynb:" in shown
    assert "cell 2: stdout: 2 became 3" in shown
    assert "nb_regression.py" not in shown


def test_a_difference_can_be_looked_at(fake_example: Make) -> None:
    body = """\
result = nb_regression.check("sub/nb.ipynb", raise_errors=False)
assert [difference.place for difference in result.diff_filtered] == ["stdout"]
assert "2 became 3" in result.diff_string
"""
    run(fake_example, body, DIFFERS).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "setting",
    [
        "nb_regression.diff_ignore = ('/cells/1/outputs',)",
        "nb_regression.diff_replace = (('/cells/*/outputs', '[23]', 'N'),)",
        "nb_regression.exec_notebook = False",
    ],
)
def test_attributes_that_hold(fake_example: Make, setting: str) -> None:
    run(fake_example, f"{setting}\n{CHECK}", DIFFERS).assert_outcomes(passed=1)
    run(
        fake_example,
        f"{setting.replace('1', '0').replace('[23]', 'x').replace('False', 'True')}\n{CHECK}",
        DIFFERS,
    ).assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        (
            "force_regen = True",
            "ValueError: nb_regression.force_regen cannot be followed: no notebook is written",
        ),
        ("exec_timout = 3", "AttributeError: nb_regression has no attribute 'exec_timout'"),
        ("diff_ignore = ('/x',)", "ValueError: nb_regression.diff_ignore: '/x' leads nowhere"),
    ],
)
def test_attributes_that_cannot_be_followed(fake_example: Make, setting: str, problem: str) -> None:
    result = run(fake_example, f"nb_regression.{setting}\n{CHECK}", SAME)
    assert any(problem in line for line in result.outlines)


def test_attributes_without_effect_can_be_set(fake_example: Make) -> None:
    body = (
        "nb_regression.post_processors = ()\nnb_regression.force_regen = False\nnb_regression.coverage = True"
    )
    run(fake_example, f"{body}\n{CHECK}", SAME).assert_outcomes(passed=1)


def test_the_settings_of_pytest_notebook_hold(fake_example: Make) -> None:
    run(fake_example, CHECK, DIFFERS, ini="nb_diff_replace =\n  /cells/*/outputs [23] N").assert_outcomes(
        passed=1
    )


def test_a_cell_may_skip_the_test(fake_example: Make) -> None:
    result = run(fake_example, CHECK, {"a": [prints("1")], "b": [Raises("Skipped", "no data")]})
    result.assert_outcomes(skipped=1)


def test_a_file_that_is_no_notebook(fake_example: Make) -> None:
    result = run(fake_example, "nb_regression.check('pytest.ini')", {})
    assert any("NBRegressionError: pytest.ini" in line or "pytest.ini" in line for line in result.outlines)
    result.assert_outcomes(failed=1)


@pytest.mark.slow
def test_folder_environment_and_time_of_a_real_kernel(example: Make) -> None:
    source = "import os\nprint(os.getcwd() == os.environ['THERE'], os.environ['SAID'])"
    test = """
import os

def test_it(nb_regression, tmp_path):
    nb_regression.exec_cwd = str(tmp_path)
    nb_regression.exec_env = {"THERE": str(tmp_path), "SAID": "yes"}
    nb_regression.exec_timeout = 60
    nb_regression.check("nb.ipynb")
    assert "SAID" not in os.environ
"""
    project = example({"nb.ipynb": notebook(code(source, stdout("True yes\n"))), "test_it.py": test})
    project.pytester.runpytest_subprocess("-p", "no:hypothesispytest").assert_outcomes(passed=1)

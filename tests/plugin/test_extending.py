"""Comparers, normalisers and environment variables of users: docs/extending.md, and what goes wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.example import Example, verdicts
from helpers.fake_kernel import Publishes, prints
from helpers.nb import code, notebook, stdout
from nbcheck.cli import main
from nbcheck.execution.extensions import installed_extensions
from nbcheck.protocol.content import DisplayData

Make = Callable[..., Example]

GUIDE = (Path(__file__).parents[2] / "docs/extending.md").read_text("utf-8")
CONFTEST = re.search(r"^```python\n(# conftest\.py\n.*?)^```", GUIDE, flags=re.MULTILINE | re.DOTALL)[1]
READING = "application/vnd.acme.reading+json"


def reading(degrees: float) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {READING: {"degrees": degrees}}}


def shows(degrees: float) -> Publishes:
    return Publishes(DisplayData(data={READING: {"degrees": degrees}}, metadata={}, transient={}))


RUN = "run-0a1b2c3d"
CELLS = (
    code("near", reading(20)),
    code("far", reading(20)),
    code("run", stdout(f"{RUN}\n")),
    code("# nbcheck: normalise=-project.runs\nstrict", stdout(f"{RUN}\n")),
)
SCRIPT = {
    "near": [shows(21)],
    "far": [shows(25)],
    "run": [prints("run-ffffffff\n")],
    CELLS[3]["source"][0] + "strict": [prints("run-ffffffff\n")],
}


def test_the_guide(fake_example: Make) -> None:
    files = {"conftest.py": CONFTEST, "nb.ipynb": notebook(*CELLS)}
    example = fake_example(files, SCRIPT)
    result = example.run("-rA", "--nbcheck-no-twice")
    assert list(verdicts(result).values()) == ["passed", "passed", "failed", "failed"]
    result.stdout.fnmatch_lines(["*20 degrees became 25*"])
    (changes,) = example.fakes.env_changes
    assert changes == {"ACME_DATA": str(example.folder / "data"), "ACME_TOKEN": None}


def test_a_conftest_holds_for_the_notebooks_below_it_and_the_nearest_wins(fake_example: Make) -> None:
    def env(value: str) -> str:
        return f"def pytest_nbcheck_kernel_env(config, path, env):\n    return {{'WHO': {value!r}}}\n"

    cell = code("run", stdout(f"{RUN}\n"))
    files = {
        "conftest.py": env("outer"),
        "a/conftest.py": env("inner") + CONFTEST.replace("pytest_nbcheck_kernel_env", "_unused"),
        "a/nb.ipynb": notebook(cell),
        "b/nb.ipynb": notebook(cell),
    }
    example = fake_example(files, SCRIPT)
    example.run("--nbcheck-no-twice").assert_outcomes(passed=1, failed=1)
    assert example.fakes.env_changes == [{"WHO": "inner"}, {"WHO": "outer"}]


@pytest.mark.parametrize(
    ("hook", "told"),
    [
        (
            "def pytest_nbcheck_comparers(config):\n    return 1 / 0\n",
            "the outputs could not be compared: the hook pytest_nbcheck_comparers failed with ZeroDivisionError: "
            "division by zero (conftest.py:2)",
        ),
        (
            "def pytest_nbcheck_comparers(config):\n    return 5\n",
            "the outputs could not be compared: the hook pytest_nbcheck_comparers must return a list of comparers, "
            "not 5",
        ),
        (
            "def pytest_nbcheck_normalisers(config):\n    return [len]\n",
            "not judged: the hook pytest_nbcheck_normalisers must return normalisers or pairs of name and function, "
            "not <built-in function len>",
        ),
        (
            "def pytest_nbcheck_normalisers(config):\n    return [('a.b', lambda text: 1 / 0)]\n",
            "not judged: normaliser a.b of the hook pytest_nbcheck_normalisers failed with ZeroDivisionError: "
            "division by zero",
        ),
        (
            "def pytest_nbcheck_kernel_env(config, path, env):\n    return {'A': 5}\n",
            "the hook pytest_nbcheck_kernel_env must return a mapping from names of variables to text or None, "
            "not {'A': 5}",
        ),
        (
            "def pytest_nbcheck_kernel_env(config, path, env):\n    return env['none']\n",
            "the hook pytest_nbcheck_kernel_env failed with KeyError: 'none' (conftest.py:2)",
        ),
    ],
)
def test_what_fails_is_named(fake_example: Make, hook: str, told: str) -> None:
    example = fake_example(
        {"conftest.py": hook, "nb.ipynb": notebook(code("run", stdout(f"{RUN}\n")))}, SCRIPT
    )
    result = example.run()
    result.assert_outcomes(failed=1)
    assert told in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_a_directive_cannot_name_a_normaliser_that_nobody_has(fake_example: Make) -> None:
    cells = notebook(code("# nbcheck: normalise=-project.run\na", stdout("1")))
    for conftest, known in (
        ("", "no package or conftest.py has any"),
        (CONFTEST, "those of users are project.runs"),
    ):
        result = fake_example({"conftest.py": conftest, "nb.ipynb": cells}).run()
        result.assert_outcomes(failed=1)
        assert f"a comment: there is no normaliser 'project.run'; {known}" in result.stdout.str()


PACKAGE = """
from nbcheck.compare import Difference, DifferenceKind

class Length:
    mimetypes = ["text/plain"]
    priority = 5

    def compare(self, expected, actual, options):
        return None if len(expected) == len(actual) else Difference(DifferenceKind.CHANGED, "", "other length")

def spell(text):
    return text.replace("acme", "Acme")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that offers both kinds."""
    site = tmp_path / "site"
    info = site / "acme_nb-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "acme_nb.py").write_text(PACKAGE, "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-nb\nVersion: 1.0\n", "utf-8")
    entries = "[nbcheck.comparers]\nlength = acme_nb:Length\n\n[nbcheck.normalisers]\nacme.spelling = acme_nb:spell\n"
    (info / "entry_points.txt").write_text(entries, "utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))
    installed_extensions.cache_clear()
    return site


def test_explain_lists_what_packages_did(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    data = [
        {"output_type": "display_data", "metadata": {}, "data": {"text/plain": text}} for text in ("ab", "cd")
    ]
    for name, *outputs in (("a", data[0], stdout("acme\n")), ("b", data[1], stdout("Acme\n"))):
        Path(f"{name}.ipynb").write_bytes(notebook(code("1", *outputs)))
    assert main(["explain", "a.ipynb::cell-1", "--against", "b.ipynb"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        "  output 1, text/plain, judged by length of acme-nb 1.0: equal but for what the comparer does not count"
        in lines
    )
    assert "  stdout, judged by streams: equal without acme.spelling" in lines


@pytest.mark.slow
def test_packages_and_conftests_work_in_workers_of_xdist(package: Path, example: Make) -> None:
    shown = "os.environ['ACME_DATA'][-4:], 'ACME_TOKEN' in os.environ, f'run-{os.urandom(4).hex()} acme'"
    source = f"import os; print({shown})"
    cell = code(source, stdout(f"data False {RUN} Acme\n"))
    made = example({"conftest.py": CONFTEST, "a.ipynb": notebook(cell), "b.ipynb": notebook(cell)})
    made.run_apart("-n2", "--dist=loadfile").assert_outcomes(passed=2)

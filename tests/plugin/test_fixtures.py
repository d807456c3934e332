"""Fixtures of pytest for notebooks: those that they name, and those that hold for every test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example, verdicts
from helpers.nb import code, notebook, stdout

CONFTEST = """
import pytest

LOG = []

@pytest.fixture(scope="session")
def db_url():
    LOG.append("session")
    yield "sqlite://"
    LOG.append("session ends")
    print("\\nLOG", *LOG, sep="|")

@pytest.fixture(scope="module")
def folder(tmp_path_factory, db_url, request):
    LOG.append(f"module {request.node.path.name}")
    yield tmp_path_factory.mktemp("data")
    LOG.append("module ends")

@pytest.fixture
def short():
    return 1

@pytest.fixture(scope="session")
def connection():
    import threading
    return threading.Lock()

@pytest.fixture(autouse=True)
def every(request):
    LOG.append(f"{request.node.name}")

@pytest.fixture(autouse=True, scope="module")
def each(request):
    LOG.append("each")

@pytest.fixture(scope="session")
def broken():
    raise RuntimeError("no database")
"""

USES = notebook(
    code("(folder / 'x').write_text(db_url)\nprint(db_url)", stdout("sqlite://\n"), count=1),
    code("assert (folder / 'x').read_text() == db_url", count=2),
    nbcheck={"fixtures": ["db_url", "folder"]},
)


def names(*fixtures: str, **metadata: object) -> bytes:
    return notebook(code("1", count=1), nbcheck={"fixtures": " ".join(fixtures), **metadata})


@pytest.mark.slow
def test_values_of_fixtures_are_variables(example: Callable[..., Example]):
    found = example({"conftest.py": CONFTEST, "a.ipynb": USES, "b.ipynb": USES})
    result = found.run("-rA", "-s")
    assert verdicts(result) == {
        f"{name}.ipynb::cell-{number}": "passed" for name in "ab" for number in (1, 2)
    }
    (log,) = [line for line in result.outlines if line.startswith("LOG|")]
    notebooks = [
        "session|each|module a.ipynb|cell-1|cell-2|module ends",
        "each|module b.ipynb|cell-1|cell-2|module ends",
    ]
    assert log == "|".join(["LOG", *notebooks, "session ends"])
    again = found.run("-rA", "--reruns=1", "a.ipynb::cell-2", "b.ipynb::cell-2")
    assert verdicts(again) == {"a.ipynb::cell-2": "passed", "b.ipynb::cell-2": "passed"}


@pytest.mark.slow
def test_each_set_of_parameters_finds_them(example: Callable[..., Example]):
    cells = (
        code("alpha = 1", count=1, tags=["parameters"]),
        code("assert db_url and alpha in (1, 2)", count=2),
    )
    nbcheck = {"fixtures": "db_url", "parametrize": [{}, {"alpha": 2}]}
    found = example({"conftest.py": CONFTEST, "nb.ipynb": notebook(*cells, nbcheck=nbcheck)})
    found.run("--nbcheck-items=notebook").assert_outcomes(passed=2)


def test_a_marker_names_fixtures_of_any_scope(fake_example: Callable[..., Example]):
    conftest = """
import pytest

@pytest.fixture
def noted(request):
    print("noted", request.node.name)
"""
    cells = code("a", count=1, tags=["nbcheck-mark=usefixtures('noted')"]), code("b", count=2)
    result = fake_example({"conftest.py": conftest, "nb.ipynb": notebook(*cells)}).run("-s")
    result.assert_outcomes(passed=2)
    assert [line for line in result.outlines if "noted " in line] == ["nb.ipynb noted cell-1"]


def test_what_cannot_be_given_is_told(fake_example: Callable[..., Example]):
    example = fake_example(
        {
            "conftest.py": CONFTEST,
            "broken.ipynb": names("broken"),
            "lock.ipynb": names("connection"),
            "none.ipynb": names("db_ulr"),
            "short.ipynb": names("short"),
            "sh.ipynb": notebook(
                code("ls", count=1),
                kernelspec={"name": "bash", "language": "bash"},
                nbcheck={"fixtures": "db_url"},
            ),
        }
    )
    result = example.run()
    result.assert_outcomes(failed=3, errors=2)
    told = "\n".join(result.outlines)
    for line in (
        "none.ipynb: there is no fixture 'db_ulr'; define it in a conftest.py, or take it out of 'fixtures'",
        "short.ipynb: the fixture 'short' has the scope 'function' and would end with the first cell; give one to the "
        "notebook that lasts as long as its kernel, with the scope 'module' or 'session'",
        "sh.ipynb: fixtures can be given to Python notebooks only, not bash",
        "lock.ipynb: the value of the fixture 'connection', a lock, cannot be copied into the notebook's kernel "
        "(TypeError: cannot pickle '_thread.lock' object); give it what to make one from, such as a path or an address",
        "E       RuntimeError: no database",
    ):
        assert line in told
    assert "nbcheck/execution" not in told
    assert example.fakes.executed == []


@pytest.mark.slow
def test_a_value_that_the_kernel_cannot_read(example: Callable[..., Example]):
    conftest = """
import pytest, sys, types
module = types.ModuleType("only_here")
class Thing: pass
Thing.__module__ = "only_here"
Thing.__qualname__ = "Thing"
module.Thing = Thing
sys.modules["only_here"] = module

@pytest.fixture(scope="session")
def thing():
    return Thing()
"""
    found = example({"conftest.py": conftest, "nb.ipynb": names("thing")})
    result = found.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "nb.ipynb:*: cell 1: the fixture 'thing', run before the first cell: "
            "ModuleNotFoundError: No module named 'only_here'"
        ]
    )

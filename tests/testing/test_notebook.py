"""Notebooks opened by tests, on our kernel and on ipykernel."""

from __future__ import annotations

import datetime
import operator
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.nb import code, markdown, notebook
from nbcheck.document import read_document
from nbcheck.errors import KernelDied, KernelError, NotebookError, NotebookTimeout, UsageError
from nbcheck.execution.kernels import Kernels
from nbcheck.testing import Notebook, Reference, open_notebook

FUNCTIONS = """\
import os
from datetime import date

def clean(text, default=None):
    if not text:
        raise ValueError("empty")
    print("cleaning", text)
    return text.strip() or default

class Own(Exception):
    pass

class Point:
    def __init__(self, x):
        self.x = x
    def moved(self, by):
        return Point(self.x + by)
    def __add__(self, other):
        return Point(self.x + other.x)
    def __eq__(self, other):
        return isinstance(other, Point) and self.x == other.x
    def __hash__(self):
        return hash(self.x)
    def __repr__(self):
        return f"Point({self.x})"

def own():
    raise Own("mine")

def chained():
    try:
        clean("")
    except ValueError as error:
        raise LookupError("outer") from error

def count():
    yield 1
    yield Point(2)

async def later(x):
    return x + 1

async def fails_later():
    clean("")

def leave():
    raise SystemExit(3)

point = Point(1)
total = 3
hostname = open(os.devnull)"""

CELLS = (
    markdown("# A notebook"),
    code(FUNCTIONS, tags=["functions"]),
    code("total += 1\nprint('total')\ntotal", tags=["result"]),
    code("skipped = True", tags=["skip-execution"]),
    code("1/0", tags=["raises-exception"]),
    code("clean('')", tags=["fails"]),
    code("a b", tags=["no-python"]),
    code("%nonsense", tags=["no-magic"]),
    code("import time\ntime.sleep(100)", tags=["loop"]),
    code("os.kill(os.getpid(), 9)", tags=["dies"]),
)


@pytest.fixture(scope="module")
def kernels() -> Iterator[Kernels]:
    kernels = Kernels()
    yield kernels
    kernels.close()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("project") / "x.ipynb"
    path.write_bytes(notebook(*CELLS))
    return path


@pytest.fixture(scope="module", params=[None, "python3"], ids=["ours", "ipykernel"])
def nb(request: pytest.FixtureRequest, kernels: Kernels, path: Path) -> Iterator[Notebook]:
    """One kernel for many tests: they leave each other's variables alone."""
    with open_notebook(path, kernel=request.param, kernels=kernels) as nb:
        nb.run(to="functions")
        yield nb


def traceback_of(error: BaseException) -> list[str]:
    assert isinstance(error.__cause__, NotebookError)
    return error.__cause__.traceback.splitlines()


# ---- functions and variables


def test_functions_take_and_return_objects(nb: Notebook, capsys: pytest.CaptureFixture[str]):
    assert nb.call("clean", " a ") == "a"
    assert nb["clean"](" ", default={1: datetime.date(2026, 11, 24)}) == {1: datetime.date(2026, 11, 24)}
    assert capsys.readouterr().out == "cleaning  a \ncleaning  \n"
    assert nb.call("later", 2) == 3
    assert nb.call("point.moved", 2).x == 3


def test_variables(nb: Notebook):
    nb["mine"] = [1, {"a": complex(1, 2)}]
    assert nb["mine"] == [1, {"a": complex(1, 2)}]
    assert nb.eval("mine[0] + 1") == 2
    assert "mine" in nb
    del nb["mine"]
    assert "mine" not in nb
    with pytest.raises(NameError, match=r"^name 'totl' is not defined; did you mean 'total'\?$"):
        nb["totl"]
    with pytest.raises(UsageError, match="'a b' is not the name of a variable"):
        nb["a b"] = 1


def test_nothing_of_ours_is_seen_in_the_notebook(nb: Notebook):
    nb.inject("before = set(globals())")
    nb.call("clean", "x")
    assert nb.eval("sorted(set(globals()) - before)") == ["before"]
    assert nb.eval("[name for name in globals() if 'nbcheck' in name or 'agent' in name]") == []
    assert nb.eval("get_ipython().execution_count") == 2


def test_large_data_comes_whole(nb: Notebook):
    data = bytes(range(256)) * 40_000
    assert nb.call("len", data) == len(data)
    nb["data"] = data
    assert nb["data"] == data


# ---- references


def test_what_cannot_be_copied_comes_as_a_reference(nb: Notebook):
    point = nb["point"]
    assert type(point) is Reference
    assert repr(point) == str(point) == "Point(1)"
    assert point.moved(3).x == 4
    assert point + nb.ref("Point(5)") == nb.ref("Point(6)")
    assert point != 3
    assert {point: 1}[nb.ref("Point(1)")] == 1
    point.x = 7
    assert nb.eval("point.x") == 7
    point.x = 1
    assert [repr(item) for item in nb.call("count")] == ["1", "Point(2)"]
    with nb["hostname"] as file:
        assert file.closed is False
    assert nb["hostname"].closed is True


def test_references_to_containers(nb: Notebook):
    nb.inject("points = {'a': [Point(1), 2]}")
    points = nb["points"]
    assert len(points) == 1
    assert bool(points)
    assert "a" in points
    assert points["a"][1] == 2
    points["b"] = nb["point"]
    assert list(points) == ["a", "b"]
    assert nb.eval("points['b'] is point")
    del points["b"]
    assert [len(points["a"]), points["a"][0].x] == [2, 1]
    with pytest.raises(KeyError):
        points["z"]
    assert nb.call("isinstance", points, dict)


def test_a_reference_to_what_could_be_copied(nb: Notebook):
    reference = nb.ref("[3, 1, 2]")
    reference.sort()
    assert nb.value(reference) == [1, 2, 3]
    assert (nb.ref("total") - 1, -nb.ref("total"), operator.index(nb.ref("total"))) == (2, -3, 3)
    with pytest.raises(UsageError) as raised:
        nb.value(nb["point"])
    assert str(raised.value).endswith(
        "nb.value(): no copy can be made of a Point: PicklingError: Point is defined in the notebook"
    )


def test_objects_that_no_reference_stands_for_are_let_go(nb: Notebook):
    nb.inject("import weakref\nkept = Point(9)\nwatched = weakref.ref(kept)")
    reference = nb["kept"]
    del nb["kept"]
    assert nb.eval("watched() is not None")
    del reference
    nb.eval("1")  # another answer takes the place of the last one
    assert nb.eval("__import__('gc').collect() and False or watched() is None")


def test_what_cannot_be_copied_into_the_kernel_is_told(nb: Notebook, kernels: Kernels, path: Path):
    class Here:
        pass

    with pytest.raises(
        UsageError, match=r"f: a value cannot be copied .* define it there with nb\.inject\(\)$"
    ):
        nb["f"] = lambda: 1
    with pytest.raises(UsageError, match="a value cannot be copied"):
        nb.call("clean", Here())
    with open_notebook(path, kernels=kernels) as other, pytest.raises(UsageError, match="is of no use in"):
        other.call("clean", nb["point"])


def test_a_class_that_the_kernel_cannot_import_is_told(nb: Notebook, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(UsageError, "__module__", "not_there")
    monkeypatch.setitem(__import__("sys").modules, "not_there", __import__("nbcheck.errors").errors)
    with pytest.raises(UsageError) as raised:
        nb["error"] = UsageError("x")
    assert "an argument cannot be read in the notebook's kernel (ModuleNotFoundError" in str(raised.value)


def test_a_value_that_cannot_be_read_here_comes_as_a_reference(nb: Notebook, path: Path):
    (path.parent / "beside.py").write_text("class Thing:\n    size = 5\n")
    nb.inject("import beside\nthing = beside.Thing()")
    assert nb["thing"].size == 5
    with pytest.raises(UsageError, match="no copy: it cannot be read here: ModuleNotFoundError"):
        nb.value(nb["thing"])


# ---- errors


def test_an_exception_is_raised_as_itself_with_the_notebook_s_lines(nb: Notebook):
    with pytest.raises(ValueError, match=r"^empty$") as raised:
        nb.call("clean", "")
    name = repr(nb).removeprefix("<notebook ").removesuffix(">")
    line = read_document(nb.path).source_line(1, 6)
    assert traceback_of(raised.value) == [
        f"Traceback in {name} (most recent call last):",
        f'  File "{name}", line {line}, in clean (cell 1, line 6)',
        '    raise ValueError("empty")',
    ]
    assert "raise ValueError" in nb.path.read_text().splitlines()[line - 1]
    with pytest.raises(ValueError, match="empty"):
        nb.call("fails_later")
    with pytest.raises(SystemExit):
        nb.call("leave")


def test_an_exception_of_the_notebook_s_own_class(nb: Notebook):
    with pytest.raises(NotebookError) as raised:
        nb.call("own")
    assert (raised.value.ename, raised.value.evalue) == ("Own", "mine")
    assert "in own (cell 1, line" in raised.value.traceback
    assert str(raised.value).splitlines()[0] == "Own: mine"


def test_what_led_to_an_exception_is_told(nb: Notebook):
    with pytest.raises(LookupError, match="outer") as raised:
        nb.call("chained")
    lines = traceback_of(raised.value)
    assert lines.index("ValueError: empty") < lines.index(
        "The above exception was the direct cause of the following exception:"
    )
    assert lines[-1] == '    raise LookupError("outer") from error'


# ---- code


def test_injected_code(nb: Notebook, capsys: pytest.CaptureFixture[str]):
    nb.inject("import sys\nprint('out')\nprint('err', file=sys.stderr)\nextra = %pwd")
    assert capsys.readouterr() == ("out\n", "err\n")
    assert nb["extra"] == str(nb.path.parent)
    with pytest.raises(ZeroDivisionError) as raised:
        nb.inject("x = 1\nx / 0")
    assert traceback_of(raised.value)[1:] == ["  Injected code, line 2, in <module>", "    x / 0"]


def test_patches_hold_for_a_while(nb: Notebook):
    with nb.patch("os.getcwd", return_value="/patched") as getcwd:
        assert nb.eval("os.getcwd()") == "/patched"
        assert getcwd.call_count == 1
        with pytest.raises(AssertionError, match="Expected: getcwd"):
            getcwd.assert_called_once_with(3)
    assert nb.eval("os.getcwd()") == str(nb.path.parent)
    with nb.patch("clean", side_effect=OSError("down")), pytest.raises(OSError, match="down"):
        nb.call("chained")
    with nb.patch("total", new=9):
        assert nb["total"] == 9
    with pytest.raises(AttributeError), nb.patch("os.no_such_name"):
        pass
    nb["settings"] = {"a": 1}
    with nb.patch_dict("settings", {"b": 2}):
        assert nb["settings"] == {"a": 1, "b": 2}
    with nb.patch_dict(nb.ref("settings"), clear=True):
        assert nb["settings"] == {}
    with nb.patch_dict("os.environ", {"NBCHECK_TEST": "1"}):
        assert nb.eval("os.environ['NBCHECK_TEST']") == "1"
    assert nb.eval("(settings, 'NBCHECK_TEST' in os.environ)") == ({"a": 1}, False)


# ---- cells; each of these needs a kernel that the others did not use


@pytest.mark.slow
@pytest.mark.parametrize("kernel", [None, "python3"], ids=["ours", "ipykernel"])
def test_cells_run_when_asked(kernel: str | None, kernels: Kernels, path: Path):
    with open_notebook(path, kernel=kernel, kernels=kernels, timeout=1) as nb:
        assert [cell.was_run for cell in nb.cells[:2]] == [False, False]
        nb.inject("total = 10", before="result")
        nb.inject("seen = total", after="result")
        nb.run(to="result")
        nb.run(to="result")
        assert nb.cell("result").text == "total\n11"
        assert nb["seen"] == 11
        nb.run("result")
        nb.run(start="result", to=4)
        assert nb.cell(4).error is not None
        assert nb.cell(4).error.ename == "ZeroDivisionError"
        assert "skipped" not in nb
        nb.run(3)
        assert nb["skipped"] is True
        with pytest.raises(ValueError, match="empty") as raised:
            nb.run()
        assert [line.rpartition(" (")[2] for line in traceback_of(raised.value) if "File" in line] == [
            "cell 5, line 1)",
            "cell 1, line 6)",
        ]
        with pytest.raises(SyntaxError) as raised:
            nb.run("no-python")
        assert traceback_of(raised.value)[0].endswith("cell 6")
        with pytest.raises(Exception, match="nonsense"):
            nb.run("no-magic")
        with pytest.raises(UsageError, match="not both"):
            nb.run(1, to=2)
        with pytest.raises(UsageError, match="comes after"):
            nb.run(start=3, to=2)
        with pytest.raises(NotebookTimeout, match=r"cell 8: did not finish within 1 s"):
            nb.run("loop")
        nb.inject("import time")
        with pytest.raises(NotebookTimeout, match=r"time\.sleep\(\): did not finish within 1 s"):
            nb.call("time.sleep", 100)
        point = nb["point"]
        with pytest.raises(KernelDied) as death:
            nb.run("dies")
        assert death.value.returncode == -9
        assert death.value.__notes__[0].endswith("cell 9")
        with pytest.raises(KernelError, match=r"x\.ipynb, total: the kernel has died before$"):
            nb["total"]
        assert repr(point).endswith("x.ipynb, whose kernel has ended>")


@pytest.mark.slow
def test_an_interrupted_test_ends_the_kernel(kernels: Kernels, path: Path, monkeypatch: pytest.MonkeyPatch):
    with open_notebook(path, kernels=kernels) as nb:
        nb.run(1)

        def interrupt(deadline: float | None) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(nb._link._kernel.client, "next_message", interrupt)
        with pytest.raises(KeyboardInterrupt):
            nb.call("clean", "x")
        with pytest.raises(KernelError, match="the kernel was ended when KeyboardInterrupt stopped the test"):
            nb.call("clean", "x")


@pytest.mark.slow
def test_a_notebook_of_another_language(kernels: Kernels, tmp_path: Path):
    kernelspec = {"name": "bash", "language": "bash", "display_name": "Bash"}
    (tmp_path / "sh.ipynb").write_bytes(notebook(code("echo hello"), kernelspec=kernelspec))
    with open_notebook(tmp_path / "sh.ipynb", kernels=kernels) as nb:
        nb.run()
        assert nb.cell(1).text == "hello"
        with pytest.raises(UsageError, match="only Python notebooks let a test call functions"):
            nb.call("f")

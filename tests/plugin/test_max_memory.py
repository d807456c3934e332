"""``--nbcheck-max-memory``: who uses too much is ended and named, who only looks as if is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from helpers.example import Example, section, verdicts
from helpers.nb import code, notebook, stdout

Make = Callable[..., Example]

LATER = code("print('later')", stdout("later\n"))

# Every way to fill memory that a limit inside the interpreter would not see. All go on for ever unless they are ended.
TOO_MUCH = {
    "list": "kept = []\nwhile True: kept.append(bytearray(b'x' * 5_000_000))",
    "swallowed": """
        kept = []
        while True:
            try: kept.append(bytearray(b'x' * 5_000_000))
            except BaseException: pass
        """,
    "c": """
        import ctypes
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        while True: ctypes.memset(libc.malloc(5_000_000), 1, 5_000_000)
        """,
    "shared": """
        import mmap
        kept = []
        while True:
            kept.append(mmap.mmap(-1, 5_000_000))
            kept[-1].write(b'x' * 5_000_000)
        """,
    # None of them is too large by itself.
    "children": """
        import subprocess, sys, time
        program = "import time; kept = b'x' * 60_000_000; time.sleep(600)"
        for _ in range(8): subprocess.Popen([sys.executable, "-c", program])
        time.sleep(600)
        """,
    "daemons": """
        import os, time
        for _ in range(8):
            if not (pid := os.fork()):
                os.setsid()
                if not os.fork():
                    kept = b"x" * 60_000_000
                    time.sleep(600)
                os._exit(0)
            os.waitpid(pid, 0)
        time.sleep(600)
        """,
}
ENOUGH = {
    "reserved": "import mmap\nkept = mmap.mmap(-1, 1 << 36, flags=mmap.MAP_PRIVATE | 0x4000)  # MAP_NORESERVE",
    "file": """
        import mmap
        with open("large", "w+b") as file:
            file.truncate(400_000_000)
            kept = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        size = sum(kept[start:start + 4096].count(0) for start in range(0, len(kept), 4096))
        """,
    "forks": """
        import os, time
        kept = b"x" * 100_000_000
        children = []
        for _ in range(6):
            if not (pid := os.fork()):
                time.sleep(0.3)
                os._exit(0)
            children.append(pid)
        for pid in children: os.waitpid(pid, 0)
        """,
    "freed": "for _ in range(50): kept = bytearray(b'x' * 20_000_000)",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> pytest.RunResult:
    """One run of all of them, with a good notebook at the end."""
    folder = tmp_path_factory.mktemp("memory")
    for name, source in {**TOO_MUCH, **ENOUGH}.items():
        cells = [code("'before'"), code(dedent(source).strip(), count=1), LATER]
        (folder / f"{name}.ipynb").write_bytes(notebook(*cells))
    (folder / "zz-good.ipynb").write_bytes(notebook(LATER))
    command = [sys.executable, "-m", "pytest", "--nbcheck", "-rA", "-p", "no:hypothesispytest"]
    command += ["-p", "no:cacheprovider", "--nbcheck-max-memory=250M", "--nbcheck-cell-timeout=60"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return pytest.RunResult(ended.returncode, ended.stdout.splitlines(), ended.stderr.splitlines(), 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_cell_that_uses_too_much_is_ended_and_named(run: pytest.RunResult, name: str) -> None:
    outcomes = verdicts(run)
    assert outcomes[f"{name}.ipynb::cell-2"] == "failed"
    text = section(run, f"[nbcheck] {name}.ipynb::cell-2")
    _place, _, said = text[0].partition(": cell 2: ")
    used = said.removeprefix("the kernel used ").partition("M of memory")[0]
    assert said == (
        f"the kernel used {used}M of memory, more than the 250M that it may, and was ended; "
        "raise --nbcheck-max-memory or its directive max-memory, or hold less in memory at a time"
    )
    assert 250 < float(used) < 1000
    assert "not run: cell 2 ended the kernel" in run.stdout.str()
    assert not [line for line in text if "usual suspect" in line]


@pytest.mark.slow
@pytest.mark.parametrize("name", ENOUGH)
def test_what_is_only_reserved_shared_or_read_does_not_count(run: pytest.RunResult, name: str) -> None:
    outcomes = verdicts(run)
    assert [outcomes[f"{name}.ipynb::cell-{number}"] for number in (1, 2, 3)] == ["passed"] * 3


@pytest.mark.slow
def test_the_notebooks_after_it_run(run: pytest.RunResult) -> None:
    assert verdicts(run)["zz-good.ipynb::cell-1"] == "passed"
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    assert run.errlines == []


@pytest.mark.slow
def test_budgets_of_cells_and_notebooks(example: Make) -> None:
    filled = "kept = b'x' * 150_000_000"  # in far less than the time between two looks
    child = f"{filled}; import time; time.sleep(0.3)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    cells = [
        code("'first'", tags=["nbcheck-max-memory=100M"]),
        code(program, tags=["nbcheck-max-memory=100M"]),
        code("'again'", tags=["nbcheck-max-memory=100M"]),
        code(f"{filled}", tags=["nbcheck-max-memory=100M"]),
        code("'on top'", tags=["nbcheck-max-memory=100M"]),
        code("'enough'", tags=["nbcheck-max-memory=1G"]),
    ]
    forever = code("kept = []\nwhile True: kept.append(bytearray(b'x' * 5_000_000))")
    made = example(
        {
            "cells.ipynb": notebook(*cells),
            "whole.ipynb": notebook(forever, LATER, nbcheck={"max-memory": "200M"}),
        }
    )
    run = made.run("-rA", "-p", "no:warnings")
    outcomes = ["passed", "failed", "passed", "failed", "failed", "passed"]
    assert [verdicts(run)[f"cells.ipynb::cell-{number}"] for number in range(1, 7)] == outcomes
    for number in (2, 4, 5):
        text = section(run, f"[nbcheck] cells.ipynb::cell-{number}")
        _before, _, after = text[0].partition(": the kernel used ")
        used, _, rest = after.partition("M of memory while it ran, ")
        assert rest == "more than its max-memory=100M"
        assert 150 < float(used) < 300
        assert text[-1] == "Hold less in memory at a time, or raise max-memory."
    assert "more than the 200M that it may, and was ended" in section(run, "[nbcheck] whole.ipynb::cell-1")[0]
    # What is said on the command line gives way to the notebook, and the project's file to the command line.
    made.write("pyproject.toml", '[tool.nbcheck]\nmax-memory = "100M"\n')
    # For as long as several looks take.
    made.write("cells.ipynb", notebook(code(f"{filled}\nimport time\ntime.sleep(0.5)")))
    made.run("cells.ipynb", "--nbcheck-max-memory=1G").assert_outcomes(passed=1)
    made.run("cells.ipynb").assert_outcomes(failed=1)


@pytest.mark.slow
def test_a_foreign_kernel_is_watched_as_well(example: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ipykernel")
    content = notebook(code("kept = []\nwhile True: kept.append(bytearray(b'x' * 5_000_000))"), LATER)
    made = example({"nb.ipynb": content})
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    made.write("share/kernels/other/kernel.json", _kernel_json(argv))
    monkeypatch.setenv("JUPYTER_PATH", str(made.folder / "share"))
    run = made.run("--nbcheck-max-memory=250M", "--nbcheck-kernel=other")
    run.assert_outcomes(failed=1, skipped=1)
    run.stdout.fnmatch_lines(
        ["nb.ipynb:6: cell 1: the kernel used *M of memory, more than the 250M that it may, and was ended; *"]
    )


@pytest.mark.slow
def test_where_there_is_no_proc_ps_is_asked(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        dedent(
            """
            import os, sys
            if "nbcheck.kernel.host" in sys.orig_argv:
                is_dir = os.path.isdir
                os.path.isdir = lambda path: path != "/proc/self/task" and is_dir(path)
            """
        )
    )
    cells = [code("x = 1", count=1), code(dedent(TOO_MUCH["children"]).strip(), count=1)]
    (tmp_path / "nb.ipynb").write_bytes(notebook(*cells))
    command = [sys.executable, "-m", "pytest", "--nbcheck", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, "--nbcheck-max-memory=300M"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cell 2: the kernel used " in run.stdout, run.stdout
    assert "1 failed, 1 passed" in run.stdout


def _kernel_json(argv: list[str]) -> str:
    return json.dumps({"argv": argv, "display_name": "other", "language": "python"})

"""Ordinary notebooks, recorded by nbclient on ipykernel and tested at once: nothing has changed, so all pass.

They are what other notebook testers stumble over: ids of widgets and tables, progress bars, figures, timings,
warnings that name a file of the recording kernel, hash order, addresses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.foreign]

NOTEBOOKS: dict[str, tuple[list[str], list[str]]] = {
    "slider": (
        ["ipywidgets"],
        [
            "import ipywidgets as w\nslider = w.IntSlider(value=3, max=7)\nslider",
            "output = w.Output()\nwith output:\n    print('inside')\noutput",
            "w.HBox([w.Button(), w.Text('x'), slider, w.Dropdown(options=['a', 'b'], value='b')])",
            "slider.value = 5",
            "w.Image(value=b'abc', format='png')",
            "w.interactive(lambda x: print(x), x=(0, 9))",
        ],
    ),
    "progress": (
        ["tqdm", "ipywidgets"],
        [
            "from tqdm.notebook import tqdm\nfor i in tqdm(range(3)):\n    print(i)",
            "from tqdm import tqdm as bar\nimport time\nfor i in bar(range(20)):\n    time.sleep(0.001)",
        ],
    ),
    "styler": (
        ["pandas", "jinja2"],
        [
            "import pandas as pd\ndf = pd.DataFrame({'a': [1.5, 2.25], 'b': ['x', 'y']})\ndf",
            "df.style.highlight_max(subset=['a'])",
            "df.describe()",
        ],
    ),
    "figures": (
        ["matplotlib"],
        [
            "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 4, 9])\nplt.show()",
            "fig, ax = plt.subplots()\nax.bar(['a', 'b'], [3, 5])",
        ],
    ),
    "warning": (
        [],
        [
            "import warnings\nwarnings.warn('old')\nprint('after')",
            "def f():\n    warnings.warn('from a function', DeprecationWarning, stacklevel=2)\nf()",
        ],
    ),
    "timing": ([], ["%time sum(range(1000))", "%timeit -n 10 -r 2 sum(range(10))", "%%time\nx = 1"]),
    "identity": (
        [],
        [
            "from IPython.display import HTML\nimport uuid\nHTML(f'<i id=\"{uuid.uuid4()}\">x</i>')",
            "object()",
            "class A: pass\nA(), print, lambda x: x, A().__init__",
            "import os, tempfile\nprint(os.getcwd())\nprint(tempfile.mkdtemp())",
            "print({'one', 'two', 'three', 'four'})",
        ],
    ),
    "errors": (
        [],
        ["def f(x):\n    return 1 / x\nf(0)", "open('/no/such/file')", "x ="],
    ),
    "shell": (
        [],
        [
            "!echo hello; ls /nonexistent",
            "%%bash\necho one\necho two >&2",
            "%cd -q .\n%pwd\n%who_ls",
            "%run -n missing",
        ],
    ),
    "async": (
        [],
        [
            "import asyncio\nawait asyncio.sleep(0)\nprint('slept')",
            "await asyncio.gather(*[asyncio.sleep(0, i) for i in range(3)])",
        ],
    ),
    "numbers of the kernel": (
        [],
        [
            "import threading\nthread = threading.Thread(target=print, args=('worked',))\n"
            "thread.start(); thread.join()\nthread",
            "threading.Thread(target=lambda: print(threading.current_thread().name)).run()\nthreading.Timer(1, print)",
            "import asyncio\nasyncio.ensure_future(asyncio.sleep(0))",
            "import socket\nsocket.socket()",
            "import multiprocessing\nmultiprocessing.Process(target=print)",
        ],
    ),
    "displays": (
        [],
        [
            "from IPython.display import *\nh = display('first', display_id=True)",
            "h.update('second')\nprint('printed')",
            "for i in range(3):\n    clear_output(wait=True)\n    print(i)",
            "display(Markdown('**b**'), Latex('$x$'), JSON({'a': [1, 2]}))",
            "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')",
            "1 + 1;",
            "_ , Out",
            "?len",
        ],
    ),
    "streams": (
        [],
        [
            "import sys\nfor i in range(50):\n    print(i, file=sys.stderr if i % 2 else sys.stdout)",
            "import subprocess, os\nsubprocess.run(['echo', 'child'])\nos.write(1, b'raw\\n')\nos.system('echo x')",
            "print('a\\rb'); print('abc\\x08\\x08XY')",
            "import logging\nlogging.warning('logged')",
        ],
    ),
}

RECORD = """
import sys
import nbclient, nbformat
for path in sys.argv[1:]:
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, kernel_name='python3', allow_errors=True, timeout=120).execute()
    nbformat.write(notebook, path)
"""


def write(path: Path, sources: list[str]) -> None:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for i, source in enumerate(sources)
    ]
    tree = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(tree))


def test_a_notebook_recorded_a_moment_ago_passes(tmp_path: Path, require: Callable[[str], Any]) -> None:
    for name in ("nbclient", "ipykernel"):
        require(name)
    paths = []
    for name, (modules, sources) in NOTEBOOKS.items():
        for module in modules:
            require(module)
        paths.append(tmp_path / f"{name}.ipynb")
        write(paths[-1], sources)
    environ = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}
    # ipykernel looks at it, and then leaves what child processes print to the terminal.
    del environ["PYTEST_CURRENT_TEST"]
    subprocess.run(
        [sys.executable, "-c", RECORD, *map(str, paths)], env=environ, check=True, capture_output=True
    )
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in paths:
        path.rename(moved / path.name)
    environ["HOME"] = str(moved)
    # There, since a failing run leaves its outputs in pytest's root folder.
    command = [sys.executable, "-m", "pytest", "--nbcheck", "-q", "-p", "no:cacheprovider", "--rootdir=."]
    run = subprocess.run(command, cwd=moved, env=environ, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    # What the file stores of widgets is compared, and not only that there are some.
    slider = moved / "slider.ipynb"
    text = slider.read_text()
    changed = text.replace('"value": 5', '"value": 4').replace("inside", "outside", 1)
    assert changed.count("outside") == 1
    assert changed != text.replace("inside", "outside", 1)
    slider.write_text(changed)
    run = subprocess.run(
        [*command, slider.name], cwd=moved, env=environ, capture_output=True, text=True, check=False
    )
    assert "3 failed, 3 passed" in run.stdout, run.stdout

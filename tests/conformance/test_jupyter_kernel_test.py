"""jupyter_kernel_test, the Jupyter project's own suite for kernels, on our installed kernel."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

import pytest

jkt = pytest.importorskip("jupyter_kernel_test")
pytestmark = [
    pytest.mark.slow,
    # jupyter_client's own event loop and sockets: not ours to tidy up.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

NAME, BASH = "nbcheck-python", "nbcheck-bash"
ARGV = [sys.executable, "-P", "-m", "nbcheck.kernel", "-f", "{connection_file}"]


@pytest.fixture(autouse=True, scope="module")
def _installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Install the kernelspec where jupyter_client looks first."""
    folder = tmp_path_factory.mktemp("jupyter")
    for name, language in ((NAME, "python"), (BASH, "bash")):
        spec = folder / "kernels" / name / "kernel.json"
        spec.parent.mkdir(parents=True)
        argv = [*ARGV, "--interpreter", language]
        spec.write_text(json.dumps({"argv": argv, "display_name": name, "language": language}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        yield


class TestKernel(jkt.KernelTests):
    """The samples that the suite's own test of ipykernel uses."""

    kernel_name = NAME
    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('test', file=sys.stderr)"
    completion_samples = [{"text": "zi", "matches": {"zip"}}]  # noqa: RUF012 - the suite's attribute
    complete_code_samples = ["1", "print('hello, world')", "def f(x):\n  return x*2\n\n\n"]  # noqa: RUF012
    incomplete_code_samples = ["print('''hello", "def f(x):\n  x*2"]  # noqa: RUF012
    invalid_code_samples = ["import = 7q"]  # noqa: RUF012
    code_page_something = "zip?"
    code_generate_error = "raise"
    code_execute_result = [  # noqa: RUF012
        {"code": "1+2+3", "result": "6"},
        {"code": "[n*n for n in range(1, 4)]", "result": "[1, 4, 9]"},
    ]
    code_display_data = [  # noqa: RUF012
        {
            "code": "from IPython.display import HTML, display; display(HTML('<b>test</b>'))",
            "mime": "text/html",
        },
        {
            "code": "from IPython.display import Math, display; display(Math('\\\\frac{1}{2}'))",
            "mime": "text/latex",
        },
    ]
    code_history_pattern = "1?2*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"


class TestBash(jkt.KernelTests):
    """The bash kernel; it has no results, displays, pager and clear_output."""

    kernel_name = BASH
    language_name = "bash"
    file_extension = ".sh"
    code_hello_world = "echo hello, world"
    code_stderr = "echo test >&2"
    completion_samples = [{"text": "unali", "matches": {"unalias"}}]  # noqa: RUF012
    complete_code_samples = ["echo 1", "if true; then echo yes; fi"]  # noqa: RUF012
    incomplete_code_samples = ["if true; then", "echo 'x"]  # noqa: RUF012
    invalid_code_samples = ["fi", "echo )"]  # noqa: RUF012
    code_generate_error = "false"
    code_history_pattern = "echo*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "cd"


def test_nbclient_runs_a_bash_notebook() -> None:
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    cells = [
        nbformat.v4.new_code_cell(source) for source in ("x=6", "echo $((x * 7)); echo err >&2", "false")
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, kernel_name=BASH, allow_errors=True, timeout=60).execute()
    streams = {output["name"]: output["text"] for output in notebook.cells[1].outputs}
    assert streams == {"stdout": "42\n", "stderr": "err\n"}
    (error,) = notebook.cells[2].outputs
    assert (error["ename"], error["evalue"]) == ("ExitStatus", "1")
    assert notebook.metadata.language_info.name == "bash"


class TestWelcome(jkt.IopubWelcomeTests):
    """The first message on iopub is iopub_welcome."""

    kernel_name = NAME
    support_iopub_welcome = True

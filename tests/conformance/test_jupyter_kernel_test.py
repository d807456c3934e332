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

NAME = "nbcheck-python"
ARGV = [sys.executable, "-P", "-m", "nbcheck.kernel", "-f", "{connection_file}"]


@pytest.fixture(autouse=True, scope="module")
def _installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Install the kernelspec where jupyter_client looks first."""
    folder = tmp_path_factory.mktemp("jupyter")
    spec = folder / "kernels" / NAME / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ARGV, "display_name": "nbcheck", "language": "python"}))
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


class TestWelcome(jkt.IopubWelcomeTests):
    """The first message on iopub is iopub_welcome."""

    kernel_name = NAME
    support_iopub_welcome = True

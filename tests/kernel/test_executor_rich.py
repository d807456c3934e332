"""Rich output, comms and the libraries that look at the shell."""

from __future__ import annotations

import base64
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from helpers.executor import ExecutorProcess

Require = Callable[[str], ModuleType]


def test_display_ids(shared: ExecutorProcess) -> None:
    outcome = shared.run("handle = display(1, display_id='d'); handle.update(2)")
    assert [(event.kind, event.content) for event in outcome.events[1:]] == [
        (kind, {"data": {"text/plain": text}, "metadata": {}, "transient": {"display_id": "d"}})
        for kind, text in (("display_data", "1"), ("update_display_data", "2"))
    ]


BUNDLES = [
    ("{'text/plain': 'a', 'application/x+json': {'n': [1, None, True, 2.5]}}", None),
    ("{'application/json': {'b': {1}, 'nan': float('nan')}}", {"application/json": {"b": [1], "nan": None}}),
    ("{'image/png': b'\\x89PNG'}", {"image/png": base64.b64encode(b"\x89PNG").decode()}),
    ("{'text/plain': '\\ud800'}", {"text/plain": "\ud800"}),
]


@pytest.mark.parametrize(("bundle", "expected"), BUNDLES)
def test_mimebundles(shared: ExecutorProcess, bundle: str, expected: dict[str, Any] | None) -> None:
    outcome = shared.run(f"display({bundle}, raw=True, metadata={{'m': 1}})")
    (content,) = outcome.contents("display_data")
    if expected is None:
        expected = {"text/plain": "a", "application/x+json": {"n": [1, None, True, 2.5]}}
    assert content == {"data": expected, "metadata": {"m": 1}, "transient": {}}


def test_clear_output_waits(shared: ExecutorProcess) -> None:
    outcome = shared.run("from IPython.display import clear_output; clear_output(wait=True); display(1)")
    assert outcome.contents("clear_output") == [{"wait": True}]


def test_hooks_change_and_swallow_messages(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "pub = get_ipython().display_pub\n"
        "def hook(message):\n"
        "    if message['msg_type'] == 'clear_output': return None\n"
        "    message['content']['data']['text/plain'] += '!'\n    return message\n"
        "pub.register_hook(hook)\n"
        "from IPython.display import clear_output\nclear_output(); display(1)\n"
        "print(pub.unregister_hook(hook), pub.unregister_hook(hook))\ndisplay(2)"
    )
    assert outcome.brief == [("display_data", "1!"), ("stdout", "True False\n"), ("display_data", "2")]


def test_messages_sent_through_the_session(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "kernel = get_ipython().kernel\n"
        "kernel.session.send(kernel.iopub_socket, 'display_data', {'data': {'text/plain': 'a'}}, buffers=[b'x'])\n"
        "kernel.send_response(kernel.iopub_socket, 'display_data', {'data': {'text/plain': 'b'}})\n"
        "parent = kernel.get_parent()\nprint(parent['msg_id'], parent['content']['code'].splitlines()[0])"
    )
    first, second = (event for event in outcome.events if event.kind == "display_data")
    assert (first.content["data"]["text/plain"], first.buffers) == ("a", (b"x",))
    assert first.parent == second.parent == outcome.reply.parent
    assert outcome.text() == f"{outcome.reply.parent['msg_id']} kernel = get_ipython().kernel\n"


def test_parents_of_threads_and_of_all(shared: ExecutorProcess) -> None:
    first = shared.run("shell = get_ipython()\nold = shell.get_parent()").reply.parent
    outcome = shared.run(
        "import threading\ndef work():\n    token = shell.set_thread_parent(old)\n    display('pinned')\n"
        "    shell.reset_thread_parent(token)\n    display('free')\n"
        "t = threading.Thread(target=work); t.start(); t.join()\n"
        "new = shell.get_parent()\nshell.set_parent(old); display('set'); shell.set_parent(new); display('back')"
    )
    second = outcome.reply.parent
    assert [event.parent for event in outcome.events if event.kind == "display_data"] == [
        first,
        second,
        first,
        second,
    ]


def test_comms(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "import comm\nc = comm.create_comm(target_name='there', data={'a': 1}, metadata={'m': 2}, buffers=[b'x'])\n"
        "c.on_msg(lambda m: print(m['content']['data'], [bytes(b) for b in m['buffers']]))\n"
        "c.on_close(lambda m: print('closed'))\nc.send({'b': memoryview(b'12').tolist()})\nc.comm_id"
    )
    comm_id = outcome.brief[-1][1].strip("'")
    opened, sent = (event for event in outcome.events if event.kind.startswith("comm"))
    assert (opened.kind, opened.metadata, opened.buffers) == ("comm_open", {"m": 2}, (b"x",))
    assert opened.content == {
        "data": {"a": 1},
        "comm_id": comm_id,
        "target_name": "there",
        "target_module": None,
    }
    assert (sent.kind, sent.content) == ("comm_msg", {"data": {"b": [49, 50]}, "comm_id": comm_id})
    info = shared.ask("comm_info_request", {"target_name": "there"}).reply.content
    assert info == {"status": "ok", "comms": {comm_id: {"target_name": "there"}}}
    assert shared.ask("comm_info_request", {"target_name": "other"}).reply.content["comms"] == {}
    assert comm_id in shared.ask("comm_info_request", {}).reply.content["comms"]
    message = {"comm_id": comm_id, "data": {"c": 3}}
    outcome = shared.ask("comm_msg", message, buffers=[b"y"])
    assert outcome.brief == [("stdout", "{'c': 3} [b'y']\n")]
    assert (outcome.reply.kind, outcome.reply.content) == ("reply", {})
    assert shared.ask("comm_close", {"comm_id": comm_id, "data": {}}).brief == [("stdout", "closed\n")]
    assert shared.ask("comm_info_request", {"target_name": "there"}).reply.content["comms"] == {}


def test_comms_that_the_front_end_opens(shared: ExecutorProcess) -> None:
    shared.run(
        "import comm\ndef opened(c, message):\n    c.send({'echo': message['content']['data']})\n"
        "comm.get_comm_manager().register_target('here', opened)"
    )
    outcome = shared.ask(
        "comm_open", {"comm_id": "id", "target_name": "here", "data": 5 * [{"a": 1}] and {"a": 1}}
    )
    (event,) = outcome.events
    assert (event.kind, event.content) == ("comm_msg", {"data": {"echo": {"a": 1}}, "comm_id": "id"})
    assert event.parent == outcome.reply.parent
    outcome = shared.ask("comm_open", {"comm_id": "id2", "target_name": "nobody", "data": {}})
    assert "No such comm target registered: nobody" in outcome.text("stderr")
    assert outcome.contents("comm_close") == [{"data": {}, "comm_id": "id2"}]


@pytest.mark.slow
def test_ipywidgets(shared: ExecutorProcess, require: Require) -> None:
    require("ipywidgets")
    outcome = shared.run("import ipywidgets\nslider = ipywidgets.IntSlider(3)\nslider")
    opened = outcome.contents("comm_open")
    states = {content["data"]["state"]["_model_name"]: content for content in opened}
    assert set(states) == {"LayoutModel", "SliderStyleModel", "IntSliderModel"}
    assert {content["target_name"] for content in opened} == {"jupyter.widget"}
    slider_id = states["IntSliderModel"]["comm_id"]
    (result,) = outcome.contents("execute_result")
    assert result["data"]["application/vnd.jupyter.widget-view+json"]["model_id"] == slider_id
    shared.run("slider.observe(lambda change: print('now', change.new), 'value')")
    update = {"method": "update", "state": {"value": 7}, "buffer_paths": []}
    assert shared.ask("comm_msg", {"comm_id": slider_id, "data": update}).text() == "now 7\n"


@pytest.mark.slow
def test_output_widget_takes_what_is_displayed(shared: ExecutorProcess, require: Require) -> None:
    require("ipywidgets")
    outcome = shared.run("import ipywidgets\nout = ipywidgets.Output()\nwith out:\n    print('inside')")
    updates = [content["data"]["state"] for content in outcome.contents("comm_msg")]
    assert updates == [{"msg_id": outcome.reply.parent["msg_id"]}, {"msg_id": ""}]


@pytest.mark.slow
def test_matplotlib_figures_are_shown_at_the_end_of_the_cell(
    shared: ExecutorProcess, require: Require
) -> None:
    require("matplotlib")
    outcome = shared.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nprint('printed')")
    assert [kind for kind, _ in outcome.brief] == ["stdout", "display_data"]
    (content,) = outcome.contents("display_data")
    assert base64.b64decode(content["data"]["image/png"]).startswith(b"\x89PNG")
    outcome = shared.run("await __import__('asyncio').sleep(0)\nplt.plot([1, 2]);")
    assert [kind for kind, _ in outcome.brief] == ["display_data"]
    assert shared.run("%matplotlib inline").status == "ok"
    assert "inline" in shared.run("import matplotlib; matplotlib.get_backend()").brief[0][1]


@pytest.mark.slow
def test_pandas_takes_it_for_a_notebook(shared: ExecutorProcess, require: Require) -> None:
    require("pandas")
    outcome = shared.run(
        "import pandas as pd\nfrom pandas.io.formats import console\n"
        "print(console.in_ipython_frontend())\npd.DataFrame([range(100)])"
    )
    assert outcome.text() == "True\n"
    assert "<th>99</th>" in outcome.contents("execute_result")[0]["data"]["text/html"]


def test_names_that_libraries_look_for(shared: ExecutorProcess) -> None:
    outcome = shared.run(
        "ip = get_ipython()\n"
        "print(type(ip).__name__, 'zmq' in type(ip).__module__, 'IPKernelApp' in ip.config, hasattr(ip, 'kernel'))\n"
        "print(ip.kernel.shell is ip, ip.kernel.comm_manager is __import__('comm').get_comm_manager())"
    )
    assert outcome.text() == "ZMQInteractiveShell True True True\nTrue True\n"


@pytest.mark.slow
@pytest.mark.parametrize("magics", ["%load_ext autoreload\n%autoreload 2"])
def test_autoreload(own: ExecutorProcess, magics: str) -> None:
    assert own.run(magics).brief == []
    own.run("from pathlib import Path; Path('my_module.py').write_text('value = 1')\nimport my_module")
    own.run(
        "import os; Path('my_module.py').write_text('value = 22'); os.utime('my_module.py', (1, 2_000_000_000))"
    )
    assert own.run("my_module.value").brief == [("execute_result", "22")]


def test_run_a_script(own: ExecutorProcess) -> None:
    own.run("from pathlib import Path; Path('script.py').write_text('print(__name__); result = 5');")
    assert own.run("%run script.py\nresult").brief == [("stdout", "__main__\n"), ("execute_result", "5")]


MAGICS = [
    ("%edit -x", "UsageError"),
    ("%less", "UsageError"),
    ("%connect_info", "UsageError"),
    ("%autosave x", "UsageError"),
]


@pytest.mark.parametrize(("magic", "ename"), MAGICS)
def test_faults_of_magics(shared: ExecutorProcess, magic: str, ename: str) -> None:
    assert shared.run(magic).reply.content["ename"] == ename


def test_kernel_magics(shared: ExecutorProcess) -> None:
    shared.run("from pathlib import Path; Path('text.txt').write_text('some text');")
    for magic in ("%less text.txt", "%more text.txt"):
        (payload,) = shared.run(magic).reply.content["payload"]
        assert payload == {"source": "page", "data": {"text/plain": "some text"}, "start": 0}
    (payload,) = shared.run("%edit text.txt").reply.content["payload"]
    assert payload["source"] == "edit_magic"
    assert payload["filename"].endswith("/text.txt")
    outcome = shared.run("%autosave 30")
    assert outcome.text() == "Autosaving every 30 seconds\n"
    assert list(outcome.contents("display_data")[0]["data"]) == ["application/javascript"]
    assert "\x1b" in shared.run("%clear").text()

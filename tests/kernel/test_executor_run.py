"""Running cells: results, errors, counting, history, payloads, and the questions a front-end asks."""

from __future__ import annotations

import re
from typing import Any

import pytest

from helpers.executor import ExecutorProcess, Outcome
from nbcheck.kernel.link import Op


def plain(lines: list[str]) -> str:
    """A traceback without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1 + 1", [("execute_result", "2")]),
        ("1 + 1;", []),
        ("value = 3", []),
        ("", []),
        ("  \n", []),
        ("# comment", []),
        ("None", []),
        ("display(3); 4", [("display_data", "3"), ("execute_result", "4")]),
        ("print('a'); display(1); print('b')", [("stdout", "a\n"), ("display_data", "1"), ("stdout", "b\n")]),
        ("print('a', end=''); 1", [("stdout", "a"), ("execute_result", "1")]),
        ("for i in range(2): i", []),
        ("%time 5", [("stdout", None), ("execute_result", "5")]),
        ("%%capture found\nprint(1); display(2)", []),
        ("!echo out", [("stdout", "out\r\n")]),
        ("x = !echo out\nx", [("execute_result", "['out']")]),
        ("!exit 3\n_exit_code", [("execute_result", "3")]),
        ("%%bash\necho out; echo err >&2", [("stdout", "out\n"), ("stderr", "err\n")]),
        ("%who_ls nosuchtype", [("execute_result", "[]")]),
        ("from IPython.display import clear_output; clear_output()", [("clear_output", "")]),
        ("import sys; sys.argv, sys.path[0]", [("execute_result", "([''], '')")]),
        ("__name__", [("execute_result", "'__main__'")]),
        ("get_ipython().enable_gui('qt')", []),
        ("%gui qt", []),
    ],
)
def test_outputs(shared: ExecutorProcess, code: str, expected: list[tuple[str, str | None]]) -> None:
    outcome = shared.run(code)
    assert outcome.status == "ok", outcome.reply.content
    found = [(kind, None if (kind, None) in expected else text) for kind, text in outcome.brief]
    assert found == expected


def test_one_request_in_full(own: ExecutorProcess) -> None:
    outcome = own.run("1 + 1")
    result_input, result = outcome.events
    parent = {"msg_id": "request-1", "msg_type": "execute_request", "session": "s"}
    assert (result_input.kind, result_input.content) == (
        "execute_input",
        {"code": "1 + 1", "execution_count": 1},
    )
    assert (result.kind, result.content) == (
        "execute_result",
        {"data": {"text/plain": "2"}, "metadata": {}, "execution_count": 1},
    )
    assert outcome.reply.content == {
        "status": "ok",
        "execution_count": 1,
        "payload": [],
        "user_expressions": {},
    }
    assert outcome.reply.kind == "execute_reply"
    assert outcome.reply.metadata == {"status": "ok"}
    assert [event.parent for event in (*outcome.events, outcome.reply)] == [parent, parent, parent]


ERRORS = [
    ("1 / 0", "ZeroDivisionError", "division by zero", True),
    ("raise ValueError('x')", "ValueError", "x", True),
    ("raise KeyboardInterrupt", "KeyboardInterrupt", "", True),
    ("def f(:", "SyntaxError", None, True),
    ("  x = 1\n y = 2", "IndentationError", None, True),
    ("import nosuchmodule", "ModuleNotFoundError", "No module named 'nosuchmodule'", True),
    ("%nosuchmagic", "UsageError", "Line magic function `%nosuchmagic` not found.", False),
    ("raise ExceptionGroup('g', [ValueError()])", "ExceptionGroup", "g (1 sub-exception)", False),
    ("import sys; sys.exit(2)", "SystemExit", "2", True),
    ("await nosuch()", "NameError", "name 'nosuch' is not defined", True),
    ("class E(Exception):\n  def __str__(self): 1 / 0\nraise E", "E", "<unprintable E object>", True),
    ("import asyncio; asyncio.run(asyncio.sleep(0))", "RuntimeError", None, True),
    ("%%bash\nexit 3", "CalledProcessError", None, True),
    ("get_ipython().system_raise_on_error = True\ntry:\n    get_ipython().system('exit 3')\n"
     "finally:\n    get_ipython().system_raise_on_error = False", "CalledProcessError", None, True),
    ("!sleep 1 &", "OSError", "Background processes not supported.", True),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("code", "ename", "evalue", "is_shown"), ERRORS)
def test_errors(shared: ExecutorProcess, code: str, ename: str, evalue: str | None, is_shown: bool) -> None:
    outcome = shared.run(code)
    reply = outcome.reply.content
    assert (reply["status"], reply["ename"]) == ("error", ename)
    if evalue is not None:
        assert reply["evalue"] == evalue
    shown = outcome.contents("error")
    if is_shown:
        assert shown == [{"ename": ename, "evalue": reply["evalue"], "traceback": reply["traceback"]}]
        assert reply["traceback"]
    else:
        # IPython prints these.
        assert shown == []
        assert ename in outcome.text("stderr")


def test_traceback_shows_the_cell_and_no_path(own: ExecutorProcess) -> None:
    own.run("def outer():\n    return inner()")
    own.run("def inner():\n    raise ValueError('deep')")
    assert plain(own.run("outer()").reply.content["traceback"]) == (
        "---------------------------------------------------------------------------\n"
        "ValueError                                Traceback (most recent call last)\n"
        "Cell In[3], line 1\n"
        "----> 1 outer()\n\n"
        "Cell In[1], line 2, in outer()\n"
        "      1 def outer():\n"
        "----> 2     return inner()\n\n"
        "Cell In[2], line 2, in inner()\n"
        "      1 def inner():\n"
        "----> 2     raise ValueError('deep')\n\n"
        "ValueError: deep"
    )


def test_warning_names_the_cell_without_pid_or_path(own: ExecutorProcess) -> None:
    code = "import warnings; warnings.warn('careful')"
    assert own.run(code).text("stderr") == (
        "<ipython-input-1-a451affa21b8>:1: UserWarning: careful\n  import warnings; warnings.warn('careful')\n"
    )


def test_source_of_functions_in_cells(shared: ExecutorProcess) -> None:
    outcome = shared.run("def f():\n    return 1\n\nimport inspect; print(inspect.getsource(f))")
    assert outcome.text() == "def f():\n    return 1\n\n"


FAILING = "class Broken:\n    def _repr_html_(self):\n        raise ValueError('no html')\n"


@pytest.mark.parametrize("use", ["Broken()", "display(Broken())"])
def test_failing_formatter_fails_the_cell(shared: ExecutorProcess, use: str) -> None:
    outcome = shared.run(FAILING + use)
    assert outcome.brief[0][0] == "error"
    reply = outcome.reply.content
    assert (reply["status"], reply["ename"], reply["evalue"]) == ("error", "ValueError", "no html")
    assert reply["traceback"] == outcome.contents("error")[0]["traceback"]


def test_traceback_shown_by_user_code_does_not_fail_the_cell(shared: ExecutorProcess) -> None:
    outcome = shared.run("try:\n    1 / 0\nexcept Exception:\n    get_ipython().showtraceback()")
    assert outcome.brief == [("error", "ZeroDivisionError")]
    assert outcome.status == "ok"


def test_what_json_cannot_hold_fails_the_cell(shared: ExecutorProcess) -> None:
    outcome = shared.run("display({'application/json': object()}, raw=True)")
    assert (outcome.status, outcome.reply.content["ename"]) == ("error", "LocalProtocolError")


def test_counting(own: ExecutorProcess) -> None:
    def count(**members: Any) -> tuple[list[int], int]:
        outcome = own.run("1", **members)
        counts = [content["execution_count"] for content in outcome.contents("execute_input")]
        return counts, outcome.reply.content["execution_count"]

    assert count() == ([1], 1)
    assert count(store_history=False) == ([2], 1)
    assert count(silent=True) == ([], 1)
    assert count() == ([2], 2)
    assert own.run("In, Out").brief == [("execute_result", "(['', '1', '1', 'In, Out'], {1: 1, 2: 1})")]


def test_silent_cells_show_no_result_but_errors(shared: ExecutorProcess) -> None:
    assert shared.run("5", silent=True).brief == []
    assert shared.run("print(5)", silent=True).brief == [("stdout", "5\n")]
    assert shared.run("1 / 0", silent=True).status == "error"


def test_last_results(own: ExecutorProcess) -> None:
    for code in ("10", "20", "30"):
        own.run(code)
    assert own.run("_, __, ___, _1, Out[2]").brief == [("execute_result", "(30, 20, 10, 10, 20)")]


def test_user_expressions(shared: ExecutorProcess) -> None:
    reply = shared.run("value = 2", user_expressions={"good": "value + 1", "bad": "1 / 0"}).reply.content
    good, bad = reply["user_expressions"]["good"], reply["user_expressions"]["bad"]
    assert good == {"status": "ok", "data": {"text/plain": "3"}, "metadata": {}}
    assert (bad["status"], bad["ename"], bad["evalue"]) == ("error", "ZeroDivisionError", "division by zero")
    assert "user_expressions" not in shared.run("1 / 0", user_expressions={"a": "1"}).reply.content


@pytest.mark.parametrize(
    ("code", "payload"),
    [
        (
            "get_ipython().set_next_input('x = 1')",
            [{"source": "set_next_input", "text": "x = 1", "replace": False}],
        ),
        ("exit(True)", [{"source": "ask_exit", "keepkernel": True}]),
        (
            "from IPython.core.page import page; page('text')",
            [{"source": "page", "data": {"text/plain": "text"}, "start": 0}],
        ),
    ],
)
def test_payloads(shared: ExecutorProcess, code: str, payload: list[dict[str, Any]]) -> None:
    assert shared.run(code).reply.content["payload"] == payload
    assert shared.run("pass").reply.content["payload"] == []


def test_help_is_paged(shared: ExecutorProcess) -> None:
    (payload,) = shared.run("len?").reply.content["payload"]
    assert payload["source"] == "page"
    assert "Return the number of items" in payload["data"]["text/plain"]


def ask(executor: ExecutorProcess, msg_type: str, **content: Any) -> dict[str, Any]:
    outcome: Outcome = executor.ask(msg_type, content)
    assert outcome.reply.kind == msg_type.replace("request", "reply")
    found: dict[str, Any] = outcome.reply.content
    return found


@pytest.mark.slow  # jedi is imported
def test_complete(shared: ExecutorProcess) -> None:
    shared.run("some_long_name = 1")
    reply = ask(shared, "complete_request", code="x = some_lo", cursor_pos=11)
    assert reply["status"] == "ok"
    assert reply["matches"] == ["some_long_name"]
    assert (reply["cursor_start"], reply["cursor_end"]) == (4, 11)
    assert reply["metadata"]["_jupyter_types_experimental"][0]["text"] == "some_long_name"
    assert ask(shared, "complete_request", code="nosuch_", cursor_pos=7)["matches"] == []


def test_inspect(shared: ExecutorProcess) -> None:
    reply = ask(shared, "inspect_request", code="len([])", cursor_pos=2, detail_level=0)
    assert (reply["status"], reply["found"]) == ("ok", True)
    assert list(reply["data"]) == ["text/plain"]
    reply = ask(shared, "inspect_request", code="nosuch", cursor_pos=2)
    assert reply == {"status": "ok", "found": False, "data": {}, "metadata": {}}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 1", {"status": "complete"}),
        ("for i in x:", {"status": "incomplete", "indent": "    "}),
        ("x = (", {"status": "incomplete", "indent": ""}),
        ("import = 1", {"status": "invalid"}),
    ],
)
def test_is_complete(shared: ExecutorProcess, code: str, expected: dict[str, str]) -> None:
    assert ask(shared, "is_complete_request", code=code) == expected


def test_history(own: ExecutorProcess) -> None:
    for code in ("a = 1", "a", "%time a"):
        own.run(code)
    tail = ask(own, "history_request", hist_access_type="tail", n=2, raw=True, output=False)
    assert tail == {"status": "ok", "history": [[1, 2, "a"], [1, 3, "%time a"]]}
    found = ask(own, "history_request", hist_access_type="range", session=0, start=1, stop=3, output=True)
    assert found["history"] == [[1, 1, ["a = 1", None]], [1, 2, ["a", "1"]]]
    found = ask(own, "history_request", hist_access_type="range", session=0, start=3, raw=False)
    assert found["history"] == [[1, 3, "get_ipython().run_line_magic('time', 'a')"]]
    found = ask(own, "history_request", hist_access_type="search", pattern="a*", unique=True)
    assert found["history"] == [[1, 1, "a = 1"], [1, 2, "a"]]
    assert ask(own, "history_request", hist_access_type="other")["history"] == []


def test_bad_requests_are_answered_with_an_error(shared: ExecutorProcess) -> None:
    for msg_type in ("execute_request", "complete_request"):
        reply = shared.ask(msg_type, {"code": 5}).reply
        assert reply.op is Op.REPLY
        assert (reply.content["status"], reply.content["ename"]) == ("error", "RemoteProtocolError")
    assert shared.run("1").status == "ok"


def test_no_exception_passes_for_success(shared: ExecutorProcess) -> None:
    assert (
        shared.run("class Empty(Exception):\n    def __len__(self): return 0\nraise Empty").status == "error"
    )
    outcome = shared.run(
        "def leave(result):\n    get_ipython().events.unregister('post_run_cell', leave)\n    raise SystemExit(3)\n"
        "get_ipython().events.register('post_run_cell', leave)"
    )
    assert (outcome.status, outcome.reply.content["ename"]) == ("error", "SystemExit")


def test_broken_input_transformer(own: ExecutorProcess) -> None:
    own.run(
        "def broken(lines): raise ValueError('broken')\nget_ipython().input_transformers_post.append(broken)"
    )
    outcome = own.run("1")
    assert outcome.brief == [("error", "ValueError")]
    assert outcome.reply.content["ename"] == "ValueError"


def test_reply_that_json_cannot_hold(shared: ExecutorProcess) -> None:
    outcome = shared.run("get_ipython().payload_manager.write_payload({'source': object()})")
    assert (outcome.status, outcome.reply.content["ename"]) == ("error", "LocalProtocolError")


def test_handlers_that_leave_are_answered(shared: ExecutorProcess) -> None:
    shared.run(
        "import comm\ndef leave(c, message): raise SystemExit(3)\n"
        "comm.get_comm_manager().register_target('leaving', leave)"
    )
    outcome = shared.ask("comm_open", {"comm_id": "c", "target_name": "leaving", "data": {}})
    assert outcome.reply.content == {}
    assert shared.run("1").status == "ok"


def test_cell_id_reaches_hooks(shared: ExecutorProcess) -> None:
    shared.run(
        "noted = []\ndef note(info): noted.append(info.cell_id)\n"
        "get_ipython().events.register('pre_run_cell', note)"
    )
    shared.ask("execute_request", {"code": "pass"}, metadata={"cellId": "abc"})
    outcome = shared.run("get_ipython().events.unregister('pre_run_cell', note)\nnoted")
    assert outcome.brief == [("execute_result", "['abc', None]")]


def test_kernel_info(shared: ExecutorProcess) -> None:
    info = shared.kernel_info
    assert "status" not in info
    assert (info["implementation"], info["protocol_version"]) == ("ipython", "5.5")
    assert info["language_info"]["name"] == "python"
    assert info["language_info"]["file_extension"] == ".py"
    assert info["language_info"]["pygments_lexer"] == "ipython3"
    assert "Tip:" not in info["banner"]


def test_commands_that_fail_are_in_the_metadata_of_the_reply(shared: ExecutorProcess) -> None:
    outcome = shared.run("!exit 3\n!true\n!kill -TERM $$\nx = 'y'\n!test {x} = z")
    failed = [
        {"command": "exit 3", "code": 3},
        {"command": "kill -TERM $$", "code": -15},
        {"command": "test {x} = z", "code": 1},
    ]
    assert outcome.reply.metadata == {"status": "ok", "failed_commands": failed}
    assert shared.run("1").reply.metadata == {"status": "ok"}


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("echo out; echo err >&2", "out\r\nerr\r\n"),
        ("test -t 1 && test -t 2 && echo terminal", "terminal\r\n"),
        ("stty size <&1", "24 80\r\n"),
        ("read x; echo \"got '$x'\"", "got ''\r\n"),
        ("cat /dev/tty 2>/dev/null; echo $?", "1\r\n"),
        ("cat <&1 2>/dev/null; echo $?", "1\r\n"),
        (r"printf '\303'; sleep 0.1; printf '\251\n'", "\u00e9\r\n"),
        (r"printf '\303'", "\ufffd"),
        # What runs on in the background is not waited for.
        ("sleep 60 & echo now", "now\r\n"),
        ("seq 20000 | tail -1", "20000\r\n"),
    ],
)
def test_what_a_command_prints_at_a_terminal_where_nobody_sits(
    shared: ExecutorProcess, command: str, printed: str
) -> None:
    assert shared.run(f"!{command}").text() == printed


def test_an_interrupt_ends_a_command(shared: ExecutorProcess) -> None:
    shared.request(
        "execute_request",
        {"code": "!trap 'echo trapped; exit' INT; echo begun; while :; do sleep 0.01; done"},
    )
    printed = ""
    for event in shared.events():
        printed += event.content if event.kind == "stdout" else ""
        if "begun" in printed:
            break
    shared.interrupt()
    outcome = shared.finish()
    assert outcome.reply.content["ename"] == "KeyboardInterrupt"
    assert outcome.text() == "trapped\r\n"

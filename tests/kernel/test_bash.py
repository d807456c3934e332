"""The bash kernel, as its front sees it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.executor import ExecutorProcess, Outcome

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExecutorProcess]:
    """A kernel that many tests use; they leave nothing behind that others could notice."""
    with ExecutorProcess(interpreter="bash", cwd=str(tmp_path_factory.mktemp("bash"))) as executor:
        yield executor


@pytest.fixture
def own_bash(tmp_path: Path) -> Iterator[ExecutorProcess]:
    with ExecutorProcess(interpreter="bash", cwd=str(tmp_path)) as executor:
        yield executor


def error(outcome: Outcome) -> tuple[str, str]:
    """Class and message of the error that the reply tells; it must have been shown as well."""
    reply = outcome.reply.content
    assert reply["status"] == "error"
    assert outcome.contents("error") == [
        {"ename": reply["ename"], "evalue": reply["evalue"], "traceback": []}
    ]
    return reply["ename"], reply["evalue"]


def test_it_introduces_itself(bash: ExecutorProcess) -> None:
    info = bash.kernel_info
    assert (info["implementation"], info["language_info"]["name"]) == ("nbcheck-bash", "bash")
    assert info["banner"] == f"GNU bash, version {bash.run('echo -n $BASH_VERSION').text()}"
    assert info["banner"].startswith(f"GNU bash, version {info['language_info']['version']}")


@pytest.mark.parametrize(
    ("code", "stdout", "stderr"),
    [
        ("echo out", "out\n", ""),
        ("echo -n out", "out", ""),
        ("echo err >&2", "", "err\n"),
        ("", "", ""),
        ("# only a comment", "", ""),
        ("if true\nthen echo yes\nfi", "yes\n", ""),
        ("cat <<EOF\n$((6 * 7)) 'quoted' \"twice\"\nEOF", "42 'quoted' \"twice\"\n", ""),
        ("cat <<'EOF'\n$x\nEOF\n", "$x\n", ""),
        ('echo "hi!"; echo !!', "hi!\n!!\n", ""),
        ("echo $LINENO\necho $LINENO", "1\n2\n", ""),
        ("seq 3 | while read x; do echo \"<$x>\"; done", "<1>\n<2>\n<3>\n", ""),
        # No prompts, job numbers and traces of what is ours.
        ("sleep 0.01 &\nwait", "", ""),
        ("history", "", ""),
        ("set -x; : traced; set +x", "", "++ : traced\n++ set +x\n"),
        ("(PS1='prompt> '; PROMPT_COMMAND='echo prompt'; echo x)", "x\n", ""),
        ("shopt -s expand_aliases; alias hi='echo aliased'\nhi; unalias hi", "aliased\n", ""),
        # Nobody can answer.
        ("read x; echo \"$? '$x'\"", "1 ''\n", ""),
        ("cat; echo end", "end\n", ""),
        ("cat /dev/tty 2>/dev/null; echo $?", "1\n", ""),
        ("exec >/dev/null; echo x", "", ""),
        (r"printf '\377\303\251'", "\ufffd\u00e9", ""),
        ("echo \u00e9\u6f22 | wc -m", "3\n", ""),
    ],
)  # fmt: skip
def test_what_code_prints(bash: ExecutorProcess, code: str, stdout: str, stderr: str) -> None:
    outcome = bash.run(code)
    assert (outcome.text(), outcome.text("stderr")) == (stdout, stderr)
    assert outcome.status == "ok"


def test_state_is_kept(own_bash: ExecutorProcess, tmp_path: Path) -> None:
    own_bash.run("x=1; export y=2; f() { echo f $1; }; a=(1 2 3)\nmkdir folder; cd folder; set -o pipefail")
    outcome = own_bash.run("f $x $y; echo ${a[2]}; pwd; bash -c 'echo $y'; false | true; echo $?")
    assert outcome.text() == f"f 1\n3\n{tmp_path}/folder\n2\n1\n"


def test_prompts_set_by_a_script_are_not_printed(own_bash: ExecutorProcess) -> None:
    own_bash.run("PS1='(base) '; PS2='more '; PROMPT_COMMAND='echo prompt; echo err >&2'")
    assert own_bash.run("echo x").brief == [("stdout", "x\n")]


@pytest.mark.parametrize(
    ("code", "evalue", "stderr"),
    [
        ("false", "1", ""),
        ("(exit 3)", "3", ""),
        ("return 4", "4", ""),
        ("echo before\nnosuch", "127", "bash: nosuch: command not found\n"),
        ("bash -c 'kill -TERM $$'", "143 (SIGTERM)", None),
        ("echo x\nif true; then", "2", None),
        ("echo 'x", "2", None),
        ("ls /no/such/folder 2>/dev/null", "2", ""),
    ],
)
def test_a_cell_fails_when_its_last_command_does(
    bash: ExecutorProcess, code: str, evalue: str, stderr: str | None
) -> None:
    outcome = bash.run(code)
    assert error(outcome) == ("ExitStatus", evalue)
    if stderr is not None:
        assert outcome.text("stderr") == stderr
    assert bash.run("nosuch 2>/dev/null; echo next").status == "ok"


def test_messages_name_the_line(bash: ExecutorProcess) -> None:
    said = bash.run("echo x\nif true; then").text("stderr")
    assert said.startswith("bash: /dev/fd/9: line ")
    assert "syntax error: unexpected end of file" in said


def test_counts(own_bash: ExecutorProcess) -> None:
    own_bash.run("x=1", silent=True)
    counts = [own_bash.run(code).reply.content["execution_count"] for code in ("1", "false", "echo")]
    assert counts == [1, 2, 3]
    assert own_bash.run("echo $x", silent=True).brief == [("stdout", "1\n")]


@pytest.mark.parametrize(
    ("code", "ename", "evalue"),
    [
        ("echo last; exit 3", "BashEnded", "bash ended with exit code 3"),
        ("set -e\nfalse\necho not", "BashEnded", "bash ended with exit code 1"),
        ("kill -KILL $$", "BashEnded", "bash ended with signal SIGKILL (often: out of memory)"),
        ("exec false", "BashEnded", "bash ended with exit code 1"),
    ],
)
def test_the_end_of_bash_is_told_and_ends_the_kernel(
    own_bash: ExecutorProcess, code: str, ename: str, evalue: str
) -> None:
    outcome = own_bash.run(code)
    assert error(outcome) == (ename, evalue)
    assert outcome.text() == ("last\n" if "last" in code else "")
    own_bash.drain()
    assert own_bash.process.wait(20) == 0


def test_exit_without_a_fault_is_what_quit_is_in_python(own_bash: ExecutorProcess) -> None:
    outcome = own_bash.run("trap 'echo trapped' EXIT\nexit 0")
    assert outcome.reply.content["payload"] == [{"source": "ask_exit", "keepkernel": False}]
    assert (outcome.status, outcome.text()) == ("ok", "trapped\n")
    own_bash.drain()
    assert own_bash.process.wait(20) == 0


def test_bash_leaves_with_its_kernel(own_bash: ExecutorProcess) -> None:
    pid = int(own_bash.run("trap 'echo bye' EXIT; echo $$").text())
    own_bash.exit()
    assert [event.content for event in own_bash.drain()] == ["bye\n"]
    assert own_bash.process.wait(20) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def until_printed(executor: ExecutorProcess, word: str) -> None:
    printed = ""
    for event in executor.events():
        printed += event.content if event.kind == "stdout" else ""
        if word in printed:
            return


@pytest.mark.parametrize(
    "code",
    [
        "echo begun; sleep 60; echo not",
        "echo begun; while :; do :; done; echo not",
        "f() { sleep 60; echo not; }; echo begun; for i in 1 2 3; do f; done",
        "echo begun; sleep 60 | cat",
        "echo begun; while true; do sleep 0.01; done",
    ],
)
def test_an_interrupt_ends_what_runs_and_keeps_the_shell(bash: ExecutorProcess, code: str) -> None:
    bash.run("kept=yes")
    bash.request("execute_request", {"code": code})
    until_printed(bash, "begun")
    bash.interrupt()
    outcome = bash.finish()
    assert error(outcome) == ("KeyboardInterrupt", "")
    assert outcome.text() == ""
    assert bash.run("echo $kept").text() == "yes\n"


def test_an_interrupt_at_any_time_never_runs_half_of_a_cell(own_bash: ExecutorProcess) -> None:
    body = "\n".join(f"x{number}=1" for number in range(3000))
    for _ in range(30):
        own_bash.request("execute_request", {"code": f"if true\nthen\n{body}\necho whole >> marks\nfi"})
        own_bash.interrupt()
        own_bash.finish()
    outcome = own_bash.run("sort -u marks 2>/dev/null; echo alive; ls")
    assert set(outcome.text().split()) <= {"whole", "alive", "marks"}


def test_what_runs_in_the_background_keeps_no_cell_busy(own_bash: ExecutorProcess) -> None:
    outcome = own_bash.run("sleep 600 & (exec sleep 600) & echo now")
    assert outcome.brief == [("stdout", "now\n")]
    assert own_bash.run("jobs -p | wc -l; kill $(jobs -p)").text() == "2\n"


def test_fifty_megabytes(bash: ExecutorProcess) -> None:
    assert len(bash.run("head -c 50000000 /dev/zero | tr '\\0' x").text()) == 50_000_000


def test_a_long_cell(bash: ExecutorProcess) -> None:
    code = "\n".join(f": {'x' * 90}" for _ in range(5000))
    assert bash.run(f"{code}\necho end").text() == "end\n"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("echo 1", "complete"),
        ("", "complete"),
        ("if true", "incomplete"),
        ("if true; then", "incomplete"),
        ("echo 'x", "incomplete"),
        ("echo $(", "incomplete"),
        ("cat <<EOF\nx", "incomplete"),
        ("echo x \\", "incomplete"),
        ("f() {", "incomplete"),
        ("fi", "invalid"),
        ("echo )", "invalid"),
    ],
)
def test_is_complete(bash: ExecutorProcess, code: str, status: str) -> None:
    reply = bash.ask("is_complete_request", {"code": code}).reply
    assert reply.content["status"] == status


@pytest.mark.parametrize(
    ("code", "start", "expected"),
    [
        ("echo $my_var", 5, {"$my_variable"}),
        ("echo ${my_var", 5, {"${my_variable"}),
        ("my_fun", 0, {"my_function"}),
        ("true; my_fun", 6, {"my_function"}),
        ("cat my_fi", 4, {"my_file"}),
        ("cat my_fo", 4, {"my_folder/"}),
        ("cat my_folder/in", 4, {"my_folder/inner file"}),
        ("cat no_such_thing", 4, set()),
        ("cat ", 4, set()),
        ("unse", 0, {"unset"}),
    ],
)
def test_completion(bash: ExecutorProcess, code: str, start: int, expected: set[str]) -> None:
    bash.run("my_variable=1; my_function() { :; }; mkdir -p my_folder; touch my_file 'my_folder/inner file'")
    content: dict[str, Any] = bash.ask(
        "complete_request", {"code": code, "cursor_pos": len(code)}
    ).reply.content
    assert (set(content["matches"]), content["cursor_start"], content["cursor_end"]) == (
        expected,
        start,
        len(code),
    )


def test_inspection(bash: ExecutorProcess) -> None:
    bash.run("shown() { echo body; }")
    found = bash.ask("inspect_request", {"code": "shown x", "cursor_pos": 2, "detail_level": 0}).reply.content
    assert (found["found"], "echo body" in found["data"]["text/plain"]) == (True, True)
    help_ = bash.ask("inspect_request", {"code": "cd", "cursor_pos": 1, "detail_level": 0}).reply.content
    assert "Change the shell working directory" in help_["data"]["text/plain"]
    none = bash.ask("inspect_request", {"code": "nosuch", "cursor_pos": 1, "detail_level": 0}).reply.content
    assert (none["found"], none["data"]) == (False, {})


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"hist_access_type": "tail", "n": 2}, [[1, 3, "echo a"], [1, 4, "b=2"]]),
        ({"hist_access_type": "tail", "n": 1, "output": True}, [[1, 4, ["b=2", None]]]),
        ({"hist_access_type": "range", "session": 0, "start": 2, "stop": 4}, [[1, 2, "a=1"], [1, 3, "echo a"]]),
        ({"hist_access_type": "search", "pattern": "echo*", "n": 5}, [[1, 1, "echo a"], [1, 3, "echo a"]]),
        ({"hist_access_type": "search", "pattern": "echo*", "n": 5, "unique": True}, [[1, 3, "echo a"]]),
    ],
)  # fmt: skip
def test_history(own_bash: ExecutorProcess, asked: dict[str, Any], expected: list[Any]) -> None:
    for code in ("echo a", "a=1", "echo a", "b=2"):
        own_bash.run(code)
    own_bash.run("echo secret", store_history=False)
    assert (
        own_bash.ask("history_request", {"raw": True, "output": False, **asked}).reply.content["history"]
        == expected
    )


def test_comms_are_none(bash: ExecutorProcess) -> None:
    assert bash.ask("comm_info_request", {}).reply.content["comms"] == {}
    content = {"comm_id": "1", "target_name": "x", "data": {}}
    assert bash.ask("comm_open", content).events == ()


def test_a_missing_bash_is_named() -> None:
    with pytest.raises(AssertionError) as caught:
        ExecutorProcess(interpreter="bash", environ={"PATH": "/nowhere"})
    assert "printed:\nthere is no program 'bash' on PATH, which the bash kernel needs\n" in str(caught.value)

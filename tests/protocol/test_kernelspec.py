"""kernel.json, and the command line and environment that come of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from nbcheck.errors import KernelspecError
from nbcheck.protocol.kernelspec import KernelSpec, is_bare_python, parse_kernelspec

MINOR = sys.version_info[1]


def test_parse() -> None:
    data = {
        "argv": ["python", "-m", "k", "{connection_file}"],
        "display_name": "K",
        "language": "python",
        "interrupt_mode": "Message",
        "env": {"A": "b"},
        "metadata": {"debugger": True},
        "kernel_protocol_version": "5.5",
        "unheard_of": 1,
    }
    assert parse_kernelspec(json.dumps(data).encode(), "My-K", Path("/k")) == KernelSpec(
        name="my-k",
        argv=("python", "-m", "k", "{connection_file}"),
        display_name="K",
        language="python",
        interrupt_mode="message",
        env={"A": "b"},
        metadata={"debugger": True},
        resource_dir=Path("/k"),
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"argv": ["k"]}',
        '{"argv": ["k"], "display_name": null, "language": "", "env": null, "interrupt_mode": "", "metadata": null}',
    ],
)
def test_parse_the_least(text: str) -> None:
    assert parse_kernelspec(text.encode(), "k") == KernelSpec("k", ("k",), "k")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "a JSON object is needed, not list"),
        ("{}", "argv must be a list of one or more strings"),
        ('{"argv": []}', "argv must be a list of one or more strings"),
        (
            '{"argv": "k", "display_name": 1, "language": [1], "interrupt_mode": "smoke", "env": {"a": 1},'
            ' "metadata": [1]}',
            "argv must be a list of one or more strings; display_name must be a string; language must be a string; "
            "interrupt_mode is 'smoke', it must be signal or message; env must be an object of strings; "
            "metadata must be an object",
        ),
        (
            '{"argv": ["k"], "env": ["a"], "interrupt_mode": 3}',
            "interrupt_mode must be a string; env must be an object of strings",
        ),
    ],
)
def test_parse_refuses(text: str, problems: str) -> None:
    with pytest.raises(KernelspecError) as caught:
        parse_kernelspec(text.encode(), "k", Path("/k"))
    assert str(caught.value) == (
        f"kernelspec 'k' (/k/kernel.json) cannot be used: {problems}; "
        "install that kernel anew, or choose another with --nbcheck-kernel NAME"
    )


def test_parse_refuses_without_a_path() -> None:
    with pytest.raises(KernelspecError) as caught:
        parse_kernelspec(b"3", "k")
    assert str(caught.value) == (
        "kernelspec 'k' cannot be used: a JSON object is needed, not int; "
        "install that kernel anew, or choose another with --nbcheck-kernel NAME"
    )


json_members = st.dictionaries(
    st.sampled_from(["argv", "display_name", "language", "interrupt_mode", "env", "metadata"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    ),
)


@given(st.binary(max_size=20) | json_members.map(lambda members: json.dumps(members).encode()))
def test_anything_is_a_kernelspec_or_an_error(data: bytes) -> None:
    try:
        spec = parse_kernelspec(data, "k")
    except KernelspecError:
        return
    assert spec.command("c", "p")
    spec.environment({})


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("python", True),
        ("python3", True),
        (f"python3.{MINOR}", True),
        (f"python3.{MINOR + 1}", False),
        ("python2", False),
        ("pythonw", False),
        ("/usr/bin/python3", False),
        ("", False),
    ],
)
def test_is_bare_python(program: str, expected: bool) -> None:
    assert is_bare_python(program) == expected


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        (["python", "-m", "k", "-f", "{connection_file}"], ["/p/python", "-m", "k", "-f", "/run/c.json"]),
        (["k", "python"], ["k", "python"]),
        (["{prefix}/bin/k", "{resource_dir}/k.js"], ["/p/bin/k", "/share/k/k.js"]),
        (["k", "--file={connection_file},{connection_file}"], ["k", "--file=/run/c.json,/run/c.json"]),
        (
            ["k", "{unknown}", "{}", "{a b}", "{{connection_file}}"],
            ["k", "{unknown}", "{}", "{a b}", "{/run/c.json}"],
        ),
    ],
)
def test_command(argv: list[str], command: list[str]) -> None:
    spec = KernelSpec("k", tuple(argv), "K", resource_dir=Path("/share/k"))
    assert spec.command("/run/c.json", "/p/python", "/p") == command


def test_command_without_a_resource_dir() -> None:
    assert KernelSpec("k", ("k", "{resource_dir}"), "K").command("c", "p") == ["k", "{resource_dir}"]


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, {"HOME": "/h"}),
        ({"A": "x"}, {"HOME": "/h", "A": "x"}),
        ({"A": "${HOME}/k:$HOME"}, {"HOME": "/h", "A": "/h/k:/h"}),
        ({"A": "${NONE} $$ $", "B": "$A"}, {"HOME": "/h", "A": "${NONE} $ $", "B": "$A"}),
        ({"HOME": "${HOME}/2"}, {"HOME": "/h/2"}),
    ],
)
def test_environment(env: dict[str, str], expected: dict[str, str]) -> None:
    base = {"HOME": "/h", "PYTHONEXECUTABLE": "/usr/bin/python"}
    assert KernelSpec("k", ("k",), "K", env=env).environment(base) == expected
    assert len(base) == 2


@pytest.mark.parametrize(
    "argv",
    [
        ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        [f"python3.{MINOR}", "{prefix}", "{resource_dir}"],
        [f"python3.{MINOR + 1}", "{connection_file}{connection_file}", "{unknown}"],
        ["R", "--args", "{connection_file}"],
    ],
)
def test_command_is_that_of_jupyter_client(tmp_path: Path, argv: list[str]) -> None:
    folder = tmp_path / "kernels" / "k"
    folder.mkdir(parents=True)
    content: dict[str, Any] = {"argv": argv, "display_name": "K", "language": "k"}
    (folder / "kernel.json").write_text(json.dumps(content))
    manager = KernelManager(
        kernel_name="k",
        connection_file=str(tmp_path / "c.json"),
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(folder.parent)]),
    )
    spec = parse_kernelspec((folder / "kernel.json").read_bytes(), "k", folder)
    connection_file = os.path.realpath(tmp_path / "c.json")
    assert spec.command(connection_file, sys.executable) == manager.format_kernel_cmd()

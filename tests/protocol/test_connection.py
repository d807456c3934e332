"""Connection files, ours and jupyter_client's."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_client.connect import write_connection_file

from nbcheck.errors import UsageError
from nbcheck.protocol.connection import CHANNELS, MAX_IPC_PATH, ConnectionInfo, fits_ipc, parse_connection
from nbcheck.protocol.signing import SCHEMES

TCP = ConnectionInfo("tcp", "127.0.0.1", 1, 2, 3, 4, 5, key=b"k", kernel_name="python3")
PORTS = {"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5}


@pytest.mark.parametrize(
    ("changes", "channel", "endpoint"),
    [
        ({}, "shell", "tcp://127.0.0.1:1"),
        ({}, "iopub", "tcp://127.0.0.1:2"),
        ({}, "stdin", "tcp://127.0.0.1:3"),
        ({}, "control", "tcp://127.0.0.1:4"),
        ({}, "hb", "tcp://127.0.0.1:5"),
        ({"transport": "ipc", "ip": "/run/k"}, "hb", "ipc:///run/k-5"),
        ({"ip": "::1"}, "hb", "tcp://[::1]:5"),
        ({"ip": "[::1]"}, "hb", "tcp://[::1]:5"),
        ({"ip": "localhost"}, "hb", "tcp://localhost:5"),
    ],
)
def test_endpoint(changes: dict[str, Any], channel: str, endpoint: str) -> None:
    assert dataclasses.replace(TCP, **changes).endpoint(channel) == endpoint


def test_key_is_not_shown() -> None:
    assert "key" not in repr(TCP)


def test_written_file() -> None:
    assert json.loads(TCP.to_json()) == PORTS | {
        "ip": "127.0.0.1",
        "key": "k",
        "transport": "tcp",
        "signature_scheme": "hmac-sha256",
        "kernel_name": "python3",
    }
    assert TCP.to_json().startswith(b'{\n  "shell_port": 1,\n')


def test_file_of_jupyter_client_is_read(tmp_path: Path) -> None:
    path, written = write_connection_file(
        str(tmp_path / "kernel.json"), key=b"a-b", kernel_name="ir", signature_scheme="hmac-sha512"
    )
    info = parse_connection(Path(path).read_bytes(), path)
    assert (info.key, info.kernel_name, info.signature_scheme) == (b"a-b", "ir", "hmac-sha512")
    assert {f"{channel}_port": info.port(channel) for channel in CHANNELS} == {
        name: written[name] for name in PORTS
    }


@given(
    st.builds(
        ConnectionInfo,
        transport=st.sampled_from(["tcp", "ipc"]),
        ip=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        key=st.text(st.characters(exclude_categories=["Cs"])).map(str.encode),
        signature_scheme=st.sampled_from(list(SCHEMES)),
        kernel_name=st.text(st.characters(exclude_categories=["Cs"])),
        **dict.fromkeys(PORTS, st.integers(0, 65_535)),
    )
)
def test_what_is_written_is_read(info: ConnectionInfo) -> None:
    assert parse_connection(info.to_json()) == info


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (PORTS, ConnectionInfo("tcp", "127.0.0.1", 1, 2, 3, 4, 5, key=b"")),
        (
            {name: str(port) for name, port in PORTS.items()},
            ConnectionInfo("tcp", "127.0.0.1", 1, 2, 3, 4, 5, key=b""),
        ),
        (
            PORTS
            | {
                "key": None,
                "kernel_name": None,
                "ip": "",
                "jupyter_session": "x.ipynb",
                "curve_publickey": "",
            },
            ConnectionInfo("tcp", "127.0.0.1", 1, 2, 3, 4, 5, key=b""),
        ),
        (
            PORTS | {"transport": "ipc", "ip": "k", "hb_port": 100_000},
            ConnectionInfo("ipc", "k", 1, 2, 3, 4, 100_000, key=b""),
        ),
    ],
)
def test_tolerated(members: dict[str, Any], expected: ConnectionInfo) -> None:
    assert parse_connection(json.dumps(members).encode()) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "connection file k.json: not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "connection file k.json: a JSON object is needed, not list"),
        (
            b'{"transport": "udp", "signature_scheme": "none", "key": 3, "ip": "\\ud83d", "kernel_name": [],'
            b' "shell_port": "x", "iopub_port": 70000, "stdin_port": true, "control_port": -1,'
            b' "curve_publickey": "c"}',
            "connection file k.json: transport 'udp' is none of tcp, ipc; "
            "signature_scheme 'none' is none of hmac-sha256, hmac-sha512, hmac-sha384, hmac-sha224, hmac-sha1, "
            "hmac-md5; the kernel asks for CurveZMQ encryption, which nbcheck does not speak; "
            "shell_port is 'x', a number from 0 is needed; stdin_port is True, a number from 0 is needed; "
            "control_port is -1, a number from 0 is needed; hb_port is missing; ip holds half of a surrogate pair; "
            "key is 3, a string is needed; kernel_name is [], a string is needed",
        ),
        (
            json.dumps(PORTS | {"iopub_port": 65536}).encode(),
            "connection file k.json: iopub_port is 65536, a number from 0 to 65535 is needed",
        ),
        (
            json.dumps(PORTS | {"hb_port": "9" * 5000}).encode(),
            f"connection file k.json: hb_port is '{'9' * 5000}', a number from 0 to 65535 is needed",
        ),
    ],
)
def test_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_connection(data, "k.json")
    assert str(caught.value) == reason


def test_refused_without_a_path() -> None:
    with pytest.raises(UsageError) as caught:
        parse_connection(b"3")
    assert str(caught.value) == "connection file: a JSON object is needed, not int"


json_members = st.dictionaries(
    st.sampled_from([*PORTS, "key", "ip", "transport", "signature_scheme"]),
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.just([])
    | st.sampled_from(["tcp", "ipc"]),
)


@given(st.binary(max_size=30) | json_members.map(lambda members: json.dumps(PORTS | members).encode()))
def test_anything_is_a_connection_or_an_error(data: bytes) -> None:
    try:
        info = parse_connection(data)
    except UsageError:
        return
    assert parse_connection(info.to_json()) == info


def test_fits_ipc() -> None:
    room = MAX_IPC_PATH - len("-65535")
    assert fits_ipc("/" + "x" * (room - 1))
    assert not fits_ipc("/" + "x" * room)
    assert fits_ipc(Path("/tmp/k"))
    assert not fits_ipc("/" + "é" * (room // 2 + 1))

"""Connection files: where a kernel listens, and the key that it shares with its clients."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from nbcheck.errors import UsageError
from nbcheck.protocol.jsontext import JsonObject, read_json_object
from nbcheck.protocol.signing import SCHEMES

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
"""Every channel that has an address, in the order of jupyter_client's connection files."""

MAX_IPC_PATH = 107
"""Longest path of a Unix socket on Linux, in bytes: ``sun_path`` has 108, and one is for the final NUL."""

TRANSPORTS = ("tcp", "ipc")
_MAX_TCP_PORT = 65_535
_PORT_DIGITS = len(str(_MAX_TCP_PORT))


@dataclass(frozen=True)
class ConnectionInfo:
    """What a connection file says."""

    transport: str
    """``tcp`` or ``ipc``."""
    ip: str
    """Address for tcp; for ipc the common beginning of the sockets' paths."""
    shell_port: int
    """Port for tcp, 0 leaving the choice to the kernel; for ipc the number that ends the socket's path."""
    iopub_port: int
    """As shell_port."""
    stdin_port: int
    """As shell_port."""
    control_port: int
    """As shell_port."""
    hb_port: int
    """As shell_port."""
    key: bytes = field(repr=False)
    """Secret for signing; empty turns signing off. Kept out of ``repr`` and so out of logs."""
    signature_scheme: str = "hmac-sha256"
    """A key of :data:`~nbcheck.protocol.signing.SCHEMES`."""
    kernel_name: str = ""
    """Name of the kernelspec, when known."""

    def endpoint(self, channel: str) -> str:
        """Return the address of a channel (one of :data:`CHANNELS`) in the form that ZeroMQ takes."""
        port = self.port(channel)
        if self.transport == "ipc":
            return f"ipc://{self.ip}-{port}"
        host = f"[{self.ip}]" if ":" in self.ip and not self.ip.startswith("[") else self.ip
        return f"tcp://{host}:{port}"

    def port(self, channel: str) -> int:
        """Return the port of a channel, one of :data:`CHANNELS`."""
        ports = {
            "shell": self.shell_port,
            "iopub": self.iopub_port,
            "stdin": self.stdin_port,
            "control": self.control_port,
            "hb": self.hb_port,
        }
        return ports[channel]

    def to_json(self) -> bytes:
        """Write the connection file, laid out as jupyter_client does."""
        members: dict[str, object] = {f"{channel}_port": self.port(channel) for channel in CHANNELS}
        members |= {
            "ip": self.ip,
            "key": self.key.decode("utf-8"),
            "transport": self.transport,
            "signature_scheme": self.signature_scheme,
            "kernel_name": self.kernel_name,
        }
        return json.dumps(members, indent=2).encode("ascii") + b"\n"


def parse_connection(data: bytes, path: Path | str | None = None) -> ConnectionInfo:
    """Read a connection file.

    Ports may be written as strings, and everything but the ports may be missing.

    Args:
        data: its bytes.
        path: where they came from, for messages.

    Raises:
        UsageError: it is no connection file; the text lists all that is wrong.

    Source: JEP 106, "connection file specification".
    """
    place = f"connection file {path}" if path is not None else "connection file"
    try:
        members = read_json_object(data)
    except ValueError as error:
        raise UsageError(f"{place}: {error}") from error
    problems: list[str] = []
    transport = _text(members, "transport", "tcp", problems)
    if transport not in TRANSPORTS:
        problems.append(f"transport {transport!r} is none of {', '.join(TRANSPORTS)}")
    scheme = _text(members, "signature_scheme", "hmac-sha256", problems)
    if scheme not in SCHEMES:
        problems.append(f"signature_scheme {scheme!r} is none of {', '.join(SCHEMES)}")
    if members.get("curve_publickey"):
        problems.append("the kernel asks for CurveZMQ encryption, which nbcheck does not speak")
    limit = _MAX_TCP_PORT if transport == "tcp" else None
    ports = {f"{channel}_port": _port(members, f"{channel}_port", limit, problems) for channel in CHANNELS}
    info = ConnectionInfo(
        transport=transport,
        ip=_text(members, "ip", "127.0.0.1", problems),
        key=_text(members, "key", "", problems).encode("utf-8"),
        signature_scheme=scheme,
        kernel_name=_text(members, "kernel_name", "", problems),
        **ports,
    )
    if problems:
        raise UsageError(f"{place}: {'; '.join(problems)}")
    return info


def _text(members: JsonObject, name: str, default: str, problems: list[str]) -> str:
    value = members.get(name)
    if value is None or value == "":
        return default
    if not isinstance(value, str):
        problems.append(f"{name} is {value!r}, a string is needed")
        return default
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        problems.append(f"{name} holds half of a surrogate pair")
        return default
    return value


def _port(members: JsonObject, name: str, limit: int | None, problems: list[str]) -> int:
    """Return a port; 0 when it is missing or wrong, and then ``problems`` tells."""
    if name not in members:
        problems.append(f"{name} is missing")
        return 0
    value = members[name]
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _PORT_DIGITS:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0 or (limit and value > limit):
        problems.append(f"{name} is {value!r}, a number from 0{f' to {limit}' if limit else ''} is needed")
        return 0
    return value


def fits_ipc(prefix: Path | str) -> bool:
    """Say whether an ipc connection may have ``prefix`` as its ``ip``: whether its sockets' paths are short enough."""
    return len(os.fsencode(prefix)) + len("-") + _PORT_DIGITS <= MAX_IPC_PATH

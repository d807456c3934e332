"""No connections to other machines: Python code that tries gets an error that says why.

An audit hook sees what Python's own ``socket`` does, whoever calls it, before it happens. It does not see what native
code or another program does. Addresses of this machine and Unix sockets are left alone.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from collections.abc import Callable
from typing import Any

_LOCAL_NAMES = frozenset({"", "localhost", "ip6-localhost", "ip6-loopback"})
_INTERNET = (socket.AF_INET, socket.AF_INET6)


def install(option: str) -> None:
    """Refuse connections to other machines from now on; in this process that cannot be undone.

    Args:
        option: who wants that, for the texts of the errors.
    """
    local_names = _LOCAL_NAMES | {socket.gethostname().lower()}

    def is_here(host: str) -> bool:
        return host in local_names or host.endswith(".localhost") or _is_own_address(host)

    def explain(what: str, host: str) -> str:
        return (
            f"{what} {host} refused by {option}; keep what the notebook needs beside it, "
            "or give it the directive network"
        )

    # Any: what user code gave
    def check_connection(sock: socket.socket, address: Any) -> None:
        if sock.family in _INTERNET and isinstance(address, tuple) and not is_here(_host(address[0])):
            where = ":".join(map(str, (_host(address[0]), *address[1:2])))
            raise ConnectionRefusedError(errno.ECONNREFUSED, explain("connection to", where))

    def check_name(host: Any, *_: Any) -> None:
        # A number asks nobody.
        if not (is_here(_host(host)) or _is_number(_host(host))):
            raise socket.gaierror(socket.EAI_NONAME, explain("looking up", _host(host)))

    def check_reverse(host: Any) -> None:
        if not is_here(_host(host)):
            raise socket.gaierror(socket.EAI_NONAME, explain("looking up", _host(host)))

    checks: dict[str, Callable[..., None]] = {
        "socket.connect": check_connection,
        "socket.sendto": check_connection,
        "socket.sendmsg": check_connection,
        "socket.getaddrinfo": check_name,
        "socket.gethostbyname": check_name,
        "socket.gethostbyaddr": check_reverse,
        "socket.getnameinfo": lambda address: check_reverse(address[0]),
    }

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        check = checks.get(event)
        if check is not None:
            check(*arguments)

    sys.addaudithook(watch)


def _host(host: Any) -> str:  # Any: str, bytes, None; anything else is an error that socket tells better
    text = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host or "")
    return text.lower().rstrip(".")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_own_address(host: str) -> bool:
    """Whether a number is an address of this machine: only such a one can be bound."""
    if not _is_number(host):
        return False
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return not ipaddress.ip_address(host).is_multicast

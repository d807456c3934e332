"""Free TCP ports for kernels that have to be told theirs."""

from __future__ import annotations

import socket
from contextlib import ExitStack


def free_ports(count: int, ip: str = "127.0.0.1") -> list[int]:
    """Return distinct ports that nobody has bound at this moment.

    The kernel binds them a little later, and in between somebody else may: a kernel that loses this race ends early,
    which its manager sees at once.

    Args:
        count: how many.
        ip: address they are to be bound at.

    Returns:
        Port numbers, chosen by the operating system.
    """
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((ip, 0))
        return [int(each.getsockname()[1]) for each in sockets]

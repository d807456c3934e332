"""ZeroMQ sockets of a kernel and of its clients, made and set up in one place.

Source: Messaging in Jupyter, "Introduction"; option values have their reasons beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import zmq

from nbcheck.errors import KernelError
from nbcheck.protocol.connection import ConnectionInfo

Context = zmq.Context[zmq.Socket[bytes]]
Socket = zmq.Socket[bytes]

_LINGER_MS = 1000  # as jupyter_client: long enough for a last reply, short enough for an exit


@dataclass(frozen=True, slots=True)
class KernelSockets:
    """The five sockets that a kernel binds."""

    shell: Socket
    control: Socket
    stdin: Socket
    iopub: Socket
    heartbeat: Socket

    def close(self) -> None:
        """Close all; what is still to be sent may take up to a second in the background."""
        for socket in (self.shell, self.control, self.stdin, self.iopub, self.heartbeat):
            socket.close()


@dataclass(frozen=True, slots=True)
class ClientSockets:
    """The four sockets over which a client talks to a kernel; the heartbeat has its own module."""

    shell: Socket
    control: Socket
    stdin: Socket
    iopub: Socket

    def close(self) -> None:
        """Close all. Only a shutdown_request may still be on its way, for up to a second in the background.

        The others would wait for a kernel that is gone: a SUB has its subscription to send when it reconnects.
        """
        for socket in (self.shell, self.stdin, self.iopub):
            socket.close(0)
        self.control.close()


def bind_kernel_sockets(context: Context, connection: ConnectionInfo) -> tuple[KernelSockets, ConnectionInfo]:
    """Bind a kernel's sockets at the addresses of its connection file.

    Args:
        context: where the sockets live.
        connection: a port of 0 over tcp means: any free one.

    Returns:
        The sockets, and the connection with the ports that were bound.

    Raises:
        KernelError: an address cannot be bound.
    """
    types = {
        "shell": zmq.ROUTER,
        "iopub": zmq.XPUB,
        "stdin": zmq.ROUTER,
        "control": zmq.ROUTER,
        "hb": zmq.ROUTER,
    }
    made: dict[str, Socket] = {}
    try:
        for channel, socket_type in types.items():
            socket = made[channel] = context.socket(socket_type)
            if socket_type == zmq.ROUTER:
                # A client that reconnects with its old identity takes it over, instead of being refused.
                socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
            else:
                # Without it the second client with the same topic gets no event, hence no iopub_welcome.
                socket.setsockopt(zmq.XPUB_VERBOSE, 1)
            _set_up(socket)
            endpoint = connection.endpoint(channel)
            if endpoint.startswith("tcp:") and endpoint.endswith(":0"):
                socket.bind(endpoint[:-1] + "*")
                port = int(socket.getsockopt_string(zmq.LAST_ENDPOINT).rpartition(":")[2])
                connection = replace(connection, **{f"{channel}_port": port})  # type: ignore[arg-type]  # an int field
            else:
                socket.bind(endpoint)
    except zmq.ZMQError as error:
        for socket in made.values():
            socket.close(0)
        raise KernelError(
            f"cannot bind {connection.endpoint(channel)}: {zmq.strerror(error.errno or 0)}"
        ) from error
    sockets = KernelSockets(made["shell"], made["control"], made["stdin"], made["iopub"], made["hb"])
    return sockets, connection


def connect_client_sockets(context: Context, connection: ConnectionInfo, identity: bytes) -> ClientSockets:
    """Connect a client's sockets; the kernel need not have bound its own yet.

    Args:
        context: where the sockets live.
        connection: what the connection file says.
        identity: routing identity; shell and stdin must share it, for the kernel asks for input at the identity
            that the execute_request came from.
    """
    dealers = {}
    for channel in ("shell", "control", "stdin"):
        dealer = dealers[channel] = context.socket(zmq.DEALER)
        dealer.setsockopt(zmq.IDENTITY, identity)
        _set_up(dealer)
        dealer.connect(connection.endpoint(channel))
    iopub = context.socket(zmq.SUB)
    _set_up(iopub)
    # Subscribed before it connects: otherwise the welcome itself can be missed.
    iopub.setsockopt(zmq.SUBSCRIBE, b"")
    iopub.connect(connection.endpoint("iopub"))
    return ClientSockets(iopub=iopub, **dealers)


def _set_up(socket: zmq.Socket[bytes]) -> None:
    socket.setsockopt(zmq.LINGER, _LINGER_MS)
    # The default mark of 1,000 messages drops outputs silently when a reader is slow; memory is the only limit.
    socket.setsockopt(zmq.SNDHWM, 0)
    socket.setsockopt(zmq.RCVHWM, 0)
    # A foreign kernel binds some time after we connected; the default of 100 ms is a visible delay.
    socket.setsockopt(zmq.RECONNECT_IVL, 10)

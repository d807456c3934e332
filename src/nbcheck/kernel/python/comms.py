"""Comms: the channel between widgets in the kernel and their views in the front-end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import comm
from comm.base_comm import BaseComm
from comm.base_comm import CommManager as BaseCommManager

from nbcheck.kernel.python.kernel import Kernel, Msg


class Comm(BaseComm):
    """One end of a comm."""

    kernel: Kernel
    """Set on a subclass, once the kernel is known."""

    def publish_msg(
        self,
        msg_type: str,
        data: Msg | None = None,
        metadata: Msg | None = None,
        buffers: Sequence[bytes | memoryview] | None = None,
        **keys: Any,
    ) -> None:
        """Send ``comm_open``, ``comm_msg`` or ``comm_close`` to all front-ends."""
        content = {"data": {} if data is None else data, "comm_id": self.comm_id, **keys}
        self.kernel.publish(msg_type, content, metadata=metadata, buffers=buffers or ())


class CommManager(BaseCommManager):
    """All comms of a kernel."""

    def info(self, target_name: str | None) -> dict[str, Msg]:
        """Return ``{"target_name": ...}`` by comm_id, of all comms or those of one target."""
        return {
            comm_id: {"target_name": found.target_name}
            for comm_id, found in self.comms.items()
            if target_name is None or found.target_name == target_name
        }


def install_comms(kernel: Kernel) -> CommManager:
    """Let the ``comm`` package, and with it ipywidgets, work through ``kernel``."""
    comm_class = type("Comm", (Comm,), {"kernel": kernel})
    manager = CommManager()
    comm.create_comm = comm_class
    comm.get_comm_manager = lambda: manager
    return manager

"""Rich output: what ``display()`` and the last expression of a cell send to the front-ends."""

# mypy: allow-untyped-calls
# IPython has type annotations in parts only, and other ones in each version.

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextvars import Token
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter

from nbcheck.kernel.interpreter import Request
from nbcheck.kernel.python.kernel import Kernel, Msg, Session

# Any: mimebundles and metadata are whatever JSON their authors chose.
Bundle = dict[str, Any]
Hook = Callable[[Msg], Msg | None]


class _Hooks(threading.local):
    """Functions of one thread that see each message before it is sent, and may change or swallow it."""

    def __init__(self) -> None:
        self.chain: list[Hook] = []


class _Sender:
    """What publisher and display hook have in common: parents, hooks, and names that libraries use."""

    # Any: mixed into traitlets classes, whose shell is one of ours.
    shell: Any
    topic: bytes | None = None
    _hooks: _Hooks

    @property
    def _kernel(self) -> Kernel:
        kernel: Kernel = self.shell.kernel
        return kernel

    @property
    def session(self) -> Session:
        """Where messages can be sent with."""
        return self._kernel.session

    @property
    def pub_socket(self) -> object:
        """What ``session.send`` wants as its first argument."""
        return self._kernel.iopub_socket

    @property
    def parent_header(self) -> Msg:
        """Header of the request that what is published belongs to."""
        header: Msg = self._kernel.get_parent()["header"]
        return header

    def set_parent(self, parent: Msg) -> None:
        """Let what is published from now on belong to another request."""
        self._kernel.set_parent(None, parent)

    def set_thread_parent(self, parent: Msg) -> Token[Request | None]:
        """Let what this thread publishes belong to a request; the result undoes it."""
        return self._kernel.pin_parent(parent)

    def reset_thread_parent(self, token: Token[Request | None]) -> None:
        """Undo :meth:`set_thread_parent`."""
        self._kernel.unpin_parent(token)

    def register_hook(self, hook: Hook) -> None:
        """Let a function see, change or (by returning None) swallow what this thread sends."""
        self._hooks.chain.append(hook)

    def unregister_hook(self, hook: Hook) -> bool:
        """Undo :meth:`register_hook`; return whether it was registered."""
        if hook not in self._hooks.chain:
            return False
        self._hooks.chain.remove(hook)
        return True

    def _send(self, msg_type: str, content: Mapping[str, Any]) -> None:
        if not self._hooks.chain:
            self._kernel.publish(msg_type, content)
            return
        message = self.session.msg(msg_type, content, self._kernel.get_parent())
        for hook in list(self._hooks.chain):
            changed = hook(message)
            if changed is None:
                return
            message = changed
        self.session.send(self.pub_socket, message)


class ZMQDisplayPublisher(_Sender, DisplayPublisher):
    """Sends what ``display()`` is given."""

    topic = b"display_data"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the publisher of a shell."""
        super().__init__(*args, **kwargs)
        self._hooks = _Hooks()

    def publish(  # type: ignore[override]  # without `source`, which IPython deprecates
        self,
        data: Bundle,
        metadata: Bundle | None = None,
        *,
        transient: Bundle | None = None,
        update: bool = False,
        **kwargs: Any,
    ) -> None:
        """Send a mimebundle.

        Args:
            data: value by mimetype.
            metadata: about the values, partly by mimetype.
            transient: what is not stored in a notebook: ``display_id``.
            update: whether it replaces the display of that id.
            **kwargs: what other publishers take.
        """
        metadata = {} if metadata is None else metadata
        self._validate_data(data, metadata)
        content = {"data": data, "metadata": metadata, "transient": {} if transient is None else transient}
        self._send("update_display_data" if update else "display_data", content)

    def clear_output(self, wait: bool = False) -> None:
        """Remove the outputs of the cell, at once or when the next one comes."""
        self._send("clear_output", {"wait": wait})


class ZMQShellDisplayHook(_Sender, DisplayHook):
    """Sends the value of a cell's last expression."""

    topic = b"execute_result"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the display hook of a shell."""
        super().__init__(*args, **kwargs)
        self._hooks = _Hooks()
        self._content: Msg | None = None

    def start_displayhook(self) -> None:
        """Begin a message."""
        self._content = {"data": {}, "metadata": {}}

    def write_output_prompt(self) -> None:
        """Put the cell's number into the message."""
        if self._content is not None:
            self._content["execution_count"] = self.prompt_count

    def write_format_data(self, format_dict: Bundle, md_dict: Bundle | None = None) -> None:
        """Put the mimebundle into the message."""
        if self._content is not None:
            self._content |= {"data": format_dict, "metadata": {} if md_dict is None else md_dict}

    def finish_displayhook(self) -> None:
        """Send the message, if there is something in it."""
        content, self._content = self._content, None
        if content is not None and content["data"]:
            self._send("execute_result", content)


class FaultNotingFormatter(DisplayFormatter):
    """Knows when it is at work.

    IPython shows an exception in a ``_repr_html_`` or the like, and goes on as if nothing had happened. The shell asks
    here whether that is what is being shown, and lets the cell fail.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the formatter of a shell."""
        super().__init__(*args, **kwargs)
        self._depth = 0

    @property
    def is_active(self) -> bool:
        """Whether an object is being formatted."""
        return self._depth > 0

    def format(self, *args: Any, **kwargs: Any) -> tuple[Bundle, Bundle]:
        """Return mimebundle and metadata of an object."""
        self._depth += 1
        try:
            result: tuple[Bundle, Bundle] = super().format(*args, **kwargs)
            return result
        finally:
            self._depth -= 1

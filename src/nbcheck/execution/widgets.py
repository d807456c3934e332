"""Output widgets: displays that take what a cell would show, as ``with Output():`` and ``interact`` do.

A front-end acts for them: while the kernel has set such a widget's ``msg_id``, outputs of that request go into the
widget and not below the cell. They are not stored with the cell either.

Source: ipywidgets, ``widget_output.py`` and the OutputModel of @jupyter-widgets/jupyterlab-manager.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from nbcheck.protocol.content import CommClose, CommMsg, CommOpen

F = TypeVar("F")


class OutputWidgets(Generic[F]):
    """The output widgets of a notebook, and which of them take outputs now."""

    def __init__(self, new_place: Callable[[], F]) -> None:
        """Begin without widgets.

        Args:
            new_place: makes the place for the outputs of one widget.
        """
        self._new_place = new_place
        self._places: dict[str, F] = {}
        self._taken: dict[str, list[str]] = {}  # comm_ids by the msg_id they take outputs of, innermost last

    def receive(self, content: CommOpen | CommMsg | CommClose) -> None:
        """Take what a comm message says; those of other widgets are of no concern."""
        comm_id = content.comm_id
        if isinstance(content, CommOpen) and _is_output_widget(content):
            self._places[comm_id] = self._new_place()
        if comm_id not in self._places:
            return
        if isinstance(content, CommClose):
            self._release(comm_id)
            del self._places[comm_id]
            return
        state = content.data.get("state")
        msg_id = state.get("msg_id") if isinstance(state, dict) else None
        if isinstance(msg_id, str):
            self._release(comm_id)
            if msg_id:
                self._taken.setdefault(msg_id, []).append(comm_id)

    def place_of(self, msg_id: str) -> F | None:
        """Return where outputs of a request go now; None when no widget takes them."""
        takers = self._taken.get(msg_id)
        return self._places[takers[-1]] if takers else None

    def _release(self, comm_id: str) -> None:
        for msg_id, takers in list(self._taken.items()):
            if comm_id in takers:
                takers.remove(comm_id)
            if not takers:
                del self._taken[msg_id]


def _is_output_widget(content: CommOpen) -> bool:
    state = content.data.get("state")
    return (
        content.target_name == "jupyter.widget"
        and isinstance(state, dict)
        and state.get("_model_module") == "@jupyter-widgets/output"
        and state.get("_model_name") == "OutputModel"
    )

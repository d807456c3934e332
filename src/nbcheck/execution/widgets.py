"""Widgets, as far as a front-end acts for them: output widgets, and the state that is stored with a notebook.

Output widgets are displays that take what a cell would show, as ``with Output():`` and ``interact`` do. While the
kernel has set such a widget's ``msg_id``, outputs of that request go into the widget and not below the cell. They are
not stored with the cell either.

Source: ipywidgets, ``widget_output.py`` and the OutputModel of @jupyter-widgets/jupyterlab-manager.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from nbcheck.protocol.content import CommClose, CommMsg, CommOpen

F = TypeVar("F")

_TARGET = "jupyter.widget"
_VIEW = "application/vnd.jupyter.widget-view+json"
_MODEL_ID = "model_id"


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

    def places(self) -> dict[str, F]:
        """Return the places of all output widgets that are open, by the ids of their models."""
        return self._places

    def _release(self, comm_id: str) -> None:
        for msg_id, takers in list(self._taken.items()):
            if comm_id in takers:
                takers.remove(comm_id)
            if not takers:
                del self._taken[msg_id]


class WidgetModels:
    """The models of all widgets that are open, with their state as the kernel told it."""

    def __init__(self) -> None:
        """Begin without widgets."""
        self._models: dict[str, dict[str, Any]] = {}

    def receive(self, content: CommOpen | CommMsg | CommClose, buffers: Sequence[bytes]) -> None:
        """Take what a comm message says; comms that are no widgets are of no concern."""
        state = content.data.get("state")
        if isinstance(content, CommClose):
            self._models.pop(content.comm_id, None)
        elif isinstance(content, CommOpen):
            if content.target_name == _TARGET and isinstance(state, dict):
                self._models[content.comm_id] = {
                    "model_module": state.get("_model_module"),
                    "model_name": state.get("_model_name"),
                    "state": {},
                    "buffers": [],
                }
                self._update(content, state, buffers)
        elif content.comm_id in self._models and content.data.get("method") == "update":
            self._update(content, state if isinstance(state, dict) else {}, buffers)

    def records(self) -> dict[str, dict[str, Any]]:
        """Return the models by id, as the notebook format stores them."""
        return self._models

    def _update(self, content: CommOpen | CommMsg, state: dict[str, Any], buffers: Sequence[bytes]) -> None:
        model = self._models[content.comm_id]
        model["state"].update(state)
        paths = content.data.get("buffer_paths")
        named = list(zip(paths if isinstance(paths, list) else (), buffers, strict=False))
        changed = {*state, *(path[0] for path, _ in named)}
        model["buffers"] = [kept for kept in model["buffers"] if kept["path"][0] not in changed] + [
            {"encoding": "base64", "path": path, "data": base64.b64encode(buffer).decode()}
            for path, buffer in named
        ]


def _is_output_widget(content: CommOpen) -> bool:
    state = content.data.get("state")
    return (
        content.target_name == _TARGET
        and isinstance(state, dict)
        and state.get("_model_module") == "@jupyter-widgets/output"
        and state.get("_model_name") == "OutputModel"
    )


# Any, here and below: metadata and outputs hold whatever JSON somebody wrote
def read_states(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the states of models that a notebook's metadata store, by their ids; empty where there are none."""
    section: Any = metadata
    for key in ("widgets", "application/vnd.jupyter.widget-state+json", "state"):
        section = section.get(key) if isinstance(section, Mapping) else None
    return section if isinstance(section, Mapping) else {}


def shows_stored_model(outputs: Sequence[Mapping[str, Any]], states: Mapping[str, Any]) -> bool:
    """Whether one of some stored outputs is a view of a model whose state is stored."""
    for output in outputs:
        data = output.get("data")
        view = data.get(_VIEW) if isinstance(data, Mapping) else None
        if isinstance(view, Mapping) and view.get(_MODEL_ID) in states:
            return True
    return False

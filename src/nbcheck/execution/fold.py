"""The fold from messages to outputs: what a Jupyter front-end would store after the same messages.

It is pure, and cheap where notebooks are not: chunks of a stream are collected and joined once, and all
outputs with one display id share one value, so that an update costs the same however many there are.

Sources: Messaging in Jupyter, "Messages on the IOPub channel"; JupyterLab's OutputAreaModel for what the
specification leaves open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbcheck.execution.overwrite import apply_overwrites
from nbcheck.execution.widgets import OutputWidgets, WidgetModels
from nbcheck.protocol.content import (
    ClearOutput,
    CommClose,
    CommMsg,
    CommOpen,
    Content,
    DisplayData,
    Error,
    ExecuteInput,
    ExecuteResult,
    Stream,
    UpdateDisplayData,
)
from nbcheck.protocol.message import Message

OutputDict = dict[str, Any]
"""One nbformat 4 output; the values of a mimebundle are whatever JSON the kernel sent, hence Any."""

_TAKEN_BY_WIDGETS = (Stream, DisplayData, ExecuteResult, Error, ClearOutput)


@dataclass(slots=True)
class _Display:
    """What is shown under one display id; every output with that id shows it."""

    data: dict[str, Any]
    metadata: dict[str, Any]
    version: int = 0


@dataclass(slots=True)
class _StreamOutput:
    name: str
    chunks: list[str]

    def to_dict(self) -> OutputDict:
        text = "".join(self.chunks)
        # Escape sequences take no room on the screen and may move about on it. Where there are any, the text is
        # kept as printed, as front-ends do, and the comparison brings both sides to the same state.
        return {
            "output_type": "stream",
            "name": self.name,
            "text": text if "\x1b" in text else apply_overwrites(text),
        }


@dataclass(slots=True)
class _DisplayOutput:
    display: _Display
    is_result: bool = False
    execution_count: int | None = None

    def to_dict(self) -> OutputDict:
        bundle = {"data": self.display.data, "metadata": self.display.metadata}
        if not self.is_result:
            return {"output_type": "display_data", **bundle}
        return {"output_type": "execute_result", "execution_count": self.execution_count, **bundle}


@dataclass(slots=True)
class _ErrorOutput:
    error: Error

    def to_dict(self) -> OutputDict:
        return {
            "output_type": "error",
            "ename": self.error.ename,
            "evalue": self.error.evalue,
            "traceback": list(self.error.traceback),
        }


class CellFold:
    """The outputs of one execution, as they grow."""

    def __init__(self, displays: dict[str, _Display] | None = None) -> None:
        """Begin without outputs.

        Args:
            displays: by display id, shared by the cells of a notebook; None for a cell that stands alone.
        """
        self.execution_count: int | None = None
        self.printed = 0
        """Characters of all streams, those cleared since included."""
        self._displays = displays if displays is not None else {}
        self._outputs: list[_StreamOutput | _DisplayOutput | _ErrorOutput] = []
        self._clears_next = False

    def receive(self, content: Content) -> bool:
        """Take what an iopub message of this execution says.

        Returns:
            Whether it was output. Status and comm messages and types unknown are not.
        """
        match content:
            case Stream():
                self._add_text(content.name, content.text)
            case DisplayData():
                self._add(_DisplayOutput(self._show(content)))
            case ExecuteResult():
                self._add(_DisplayOutput(self._show(content), True, content.execution_count))
            case UpdateDisplayData():
                self._update(content)
            case Error():
                self._add(_ErrorOutput(content))
            case ClearOutput():
                self._clears_next = content.wait
                if not content.wait:
                    self._outputs.clear()
            case ExecuteInput():
                self.execution_count = content.execution_count
                return False
            case _:
                return False
        return True

    def outputs(self) -> tuple[OutputDict, ...]:
        """Return the outputs as they are now, nbformat 4, in order; later messages do not change them."""
        return tuple(output.to_dict() for output in self._outputs)

    def last_error(self) -> Error | None:
        """Return the last error shown, None when none is."""
        errors = [output.error for output in self._outputs if isinstance(output, _ErrorOutput)]
        return errors[-1] if errors else None

    def shows_displays(self) -> bool:
        """Whether a display update of some later cell could change these outputs."""
        return any(True for _ in self._identified())

    def version(self) -> int:
        """Return a number that grows when a display update changed these outputs."""
        return sum(display.version for display in self._identified())

    def _identified(self) -> Iterable[_Display]:
        known = {id(display) for display in self._displays.values()}
        for output in self._outputs:
            if isinstance(output, _DisplayOutput) and id(output.display) in known:
                yield output.display

    def _add(self, output: _StreamOutput | _DisplayOutput | _ErrorOutput) -> None:
        if self._clears_next:
            self._outputs.clear()
            self._clears_next = False
        self._outputs.append(output)

    def _add_text(self, name: str, text: str) -> None:
        self.printed += len(text)
        if not text:  # print(end=""): nothing to show, and no output is stored for it
            return
        last = self._outputs[-1] if self._outputs and not self._clears_next else None
        if isinstance(last, _StreamOutput) and last.name == name:
            last.chunks.append(text)
        else:
            self._add(_StreamOutput(name, [text]))

    def _show(self, content: DisplayData | ExecuteResult) -> _Display:
        display_id = content.transient.get("display_id")
        if not isinstance(display_id, str):
            return _Display(content.data, content.metadata)
        display = self._displays.get(display_id)
        if display is None:
            display = self._displays[display_id] = _Display(content.data, content.metadata)
        else:
            # As in JupyterLab, showing an id again changes where it was shown before, too.
            _replace(display, content)
        return display

    def _update(self, content: UpdateDisplayData) -> None:
        display = self._displays.get(str(content.transient.get("display_id")))
        # An id that was never shown has no place; front-ends drop the update as well.
        if display is not None:
            _replace(display, content)


def _replace(display: _Display, content: DisplayData | ExecuteResult | UpdateDisplayData) -> None:
    display.data = content.data
    display.metadata = content.metadata
    display.version += 1


class NotebookFold:
    """The outputs of all executions of a notebook."""

    def __init__(self, *, keeps_models: bool = False) -> None:
        """Begin without cells.

        Args:
            keeps_models: whether the state of widgets is of interest; it can be large.
        """
        self._displays: dict[str, _Display] = {}
        self._cells: dict[str, CellFold] = {}
        self._widgets = OutputWidgets(lambda: CellFold(self._displays))
        self._models = WidgetModels() if keeps_models else None

    def begin(self, msg_id: str) -> CellFold:
        """Make the fold of an execution.

        Args:
            msg_id: of the execute_request; messages whose parent it is belong to this cell, whenever they come.
        """
        cell = self._cells[msg_id] = CellFold(self._displays)
        return cell

    def receive(self, message: Message) -> CellFold | None:
        """Take an iopub message.

        Returns:
            The cell whose output it was, or what stands for an output widget that took it; None when it was no
            output, or of no execution of this notebook.
        """
        content = message.content
        if isinstance(content, CommOpen | CommMsg | CommClose):
            self._widgets.receive(content)
            if self._models is not None:
                self._models.receive(content, message.buffers)
            return None
        cell = self._cells.get(message.parent_id)
        if cell is not None and isinstance(content, _TAKEN_BY_WIDGETS):
            cell = self._widgets.place_of(message.parent_id) or cell
        return cell if cell is not None and cell.receive(content) else None

    # Any: as in OutputDict
    def widget_states(self) -> dict[str, dict[str, Any]]:
        """Return the models of all open widgets by id, as a front-end would store them in the notebook's metadata.

        None are known where they are not kept.
        """
        models = {**self._models.records()} if self._models is not None else {}
        for model_id, place in self._widgets.places().items():
            if model_id in models:
                state = {**models[model_id]["state"], "outputs": list(place.outputs())}
                models[model_id] = {**models[model_id], "state": state}
        return models

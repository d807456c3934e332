"""From messages to outputs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.execution.fold import CellFold, NotebookFold
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
    Status,
    Stream,
    Unknown,
    UpdateDisplayData,
    msg_type_of,
)
from nbcheck.protocol.message import Header, Message


def out(text: str) -> Stream:
    return Stream(name="stdout", text=text)


def err(text: str) -> Stream:
    return Stream(name="stderr", text=text)


def show(text: str, display_id: str | None = None) -> DisplayData:
    return DisplayData(data={"text/plain": text}, transient={"display_id": display_id} if display_id else {})


def update(text: str, display_id: str) -> UpdateDisplayData:
    return UpdateDisplayData(data={"text/plain": text}, transient={"display_id": display_id})


def fold(*contents: Content) -> CellFold:
    cell = CellFold()
    for content in contents:
        cell.receive(content)
    return cell


def brief(cell: CellFold) -> list[str]:
    """Outputs in a form that is quick to read: ``out:...``, ``err:...``, ``display:...``."""
    return [_brief(output) for output in cell.outputs()]


def _brief(output: dict[str, Any]) -> str:
    if output["output_type"] == "stream":
        return f"{output['name'][3:]}:{output['text']}"
    if output["output_type"] == "error":
        return f"error:{output['ename']}"
    return f"display:{output['data']['text/plain']}"


CLEAR = ClearOutput()
CLEAR_LATER = ClearOutput(wait=True)


@pytest.mark.parametrize(
    ("contents", "outputs"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([out("a"), out("b")], ["out:ab"], id="adjacent-streams"),
        pytest.param([out("a"), err("b"), out("c")], ["out:a", "err:b", "out:c"], id="not-across-the-other"),
        pytest.param(
            [out("a"), show("x"), out("c")], ["out:a", "display:x", "out:c"], id="not-across-display"
        ),
        pytest.param([out("")], [], id="empty-text"),
        pytest.param([out("50%\r"), out("60%\r"), out("ok \n")], ["out:ok \n"], id="carriage-return"),
        pytest.param([out("a\r"), out("\nb")], ["out:a\nb"], id="line-end-in-two-chunks"),
        pytest.param([out("ab"), out("\x08c")], ["out:ac"], id="backspace"),
        pytest.param([out("\x1b[31mab\rc")], ["out:\x1b[31mab\rc"], id="escape-sequences-stay"),
        pytest.param([out("a"), CLEAR, out("b")], ["out:b"], id="clear"),
        pytest.param([out("a"), CLEAR], [], id="clear-last"),
        pytest.param([out("a"), CLEAR_LATER], ["out:a"], id="clear-later-never"),
        pytest.param([out("a"), CLEAR_LATER, out("b"), out("c")], ["out:bc"], id="clear-later"),
        pytest.param([show("a"), CLEAR_LATER, CLEAR, show("b")], ["display:b"], id="clear-twice"),
        pytest.param([show("a"), CLEAR_LATER, CommMsg(comm_id="1")], ["display:a"], id="comm-is-no-output"),
        pytest.param([show("a", "1"), update("b", "1")], ["display:b"], id="update"),
        pytest.param([show("a", "1"), update("b", "2")], ["display:a"], id="update-of-unknown"),
        pytest.param([update("b", "1"), show("a", "1")], ["display:a"], id="update-too-early"),
        pytest.param([show("a", "1"), show("b", "1")], ["display:b", "display:b"], id="shown-again"),
        pytest.param(
            [out("1"), err("2"), out("3"), show("a", "i"), CLEAR_LATER, update("b", "i")],
            ["out:1", "err:2", "out:3", "display:b"],
            id="update-does-not-clear",
        ),
        pytest.param([show("a", "1"), CLEAR, update("b", "1")], [], id="update-of-cleared"),
        pytest.param([show("a", "1"), CLEAR, show("b", "1")], ["display:b"], id="shown-after-clear"),
        pytest.param(
            [out("a"), Error(ename="E", evalue="v"), out("b")], ["out:a", "error:E", "out:b"], id="error"
        ),
        pytest.param(
            [CommOpen(comm_id="1", target_name="jupyter.widget"), Unknown(data={}), show("w")],
            ["display:w"],
            id="widgets",
        ),
    ],
)
def test_table(contents: Sequence[Content], outputs: Sequence[str]) -> None:
    assert brief(fold(*contents)) == outputs


def test_outputs_have_the_shape_of_nbformat() -> None:
    cell = fold(
        ExecuteInput(code="x", execution_count=7),
        out("text"),
        DisplayData(data={"image/png": "AA=="}, metadata={"image/png": {"width": 3}}),
        ExecuteResult(data={"text/plain": "1"}, execution_count=7),
        Error(ename="E", evalue="v", traceback=["t"]),
        Status(execution_state="idle"),
    )
    assert cell.execution_count == 7
    assert cell.outputs() == (
        {"output_type": "stream", "name": "stdout", "text": "text"},
        {
            "output_type": "display_data",
            "data": {"image/png": "AA=="},
            "metadata": {"image/png": {"width": 3}},
        },
        {"output_type": "execute_result", "execution_count": 7, "data": {"text/plain": "1"}, "metadata": {}},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]},
    )


def test_outputs_already_taken_do_not_change() -> None:
    cell = fold(out("a"), show("x", "1"))
    before = cell.outputs()
    cell.receive(update("y", "1"))
    cell.receive(out("b"))
    assert [_brief(output) for output in before] == ["out:a", "display:x"]


def test_an_execute_result_can_be_updated() -> None:
    result = ExecuteResult(data={"text/plain": "a"}, transient={"display_id": "1"}, execution_count=2)
    assert fold(result, update("b", "1")).outputs() == (
        {"output_type": "execute_result", "execution_count": 2, "data": {"text/plain": "b"}, "metadata": {}},
    )


def test_receive_tells_output_from_other_messages() -> None:
    cell = CellFold()
    assert [
        cell.receive(content) for content in (Status(execution_state="busy"), CommMsg(comm_id="1"), out("a"))
    ] == [
        False,
        False,
        True,
    ]


def test_the_last_error_is_known_until_it_is_cleared() -> None:
    cell = fold(Error(ename="A"), Error(ename="B"))
    assert cell.last_error() == Error(ename="B")
    cell.receive(CLEAR)
    assert cell.last_error() is None


# ---- several cells


def message(content: Content, parent: str) -> Message:
    header = Header(msg_id="", msg_type=msg_type_of(content))
    return Message("iopub", header, Header(msg_id=parent, msg_type="execute_request"), {}, content)


def test_messages_go_to_the_cell_whose_request_is_their_parent() -> None:
    notebook = NotebookFold()
    first, second = notebook.begin("1"), notebook.begin("2")
    assert notebook.receive(message(out("b"), "2")) is second
    assert notebook.receive(message(out("a"), "1")) is first
    assert notebook.receive(message(Status(execution_state="idle"), "1")) is None
    assert notebook.receive(message(out("?"), "unknown")) is None
    assert (brief(first), brief(second)) == (["out:a"], ["out:b"])


def test_a_later_cell_updates_an_earlier_one() -> None:
    notebook = NotebookFold()
    first, second = notebook.begin("1"), notebook.begin("2")
    for content, parent in [
        # Streams that are merged shift indexes: the update must still find the display.
        (out("1"), "1"),
        (err("2"), "1"),
        (out("3"), "1"),
        (out("4"), "1"),
        (show("old", "id"), "1"),
        (show("other"), "1"),
        (update("new", "id"), "2"),
        (out("done"), "2"),
    ]:
        notebook.receive(message(content, parent))
    assert brief(first) == ["out:1", "err:2", "out:34", "display:new", "display:other"]
    assert brief(second) == ["out:done"]


def test_a_cell_knows_whether_and_when_it_was_updated() -> None:
    notebook = NotebookFold()
    first, second = notebook.begin("1"), notebook.begin("2")
    notebook.receive(message(show("a", "id"), "1"))
    notebook.receive(message(show("b"), "2"))
    assert first.shows_displays()
    assert not second.shows_displays()
    before = first.version()
    notebook.receive(message(out("x"), "2"))
    assert first.version() == before
    notebook.receive(message(update("c", "id"), "2"))
    assert first.version() != before


# ---- output widgets

OUTPUT_STATE = {"_model_module": "@jupyter-widgets/output", "_model_name": "OutputModel", "msg_id": ""}
SLIDER_STATE = {"_model_module": "@jupyter-widgets/controls", "_model_name": "IntSliderModel"}


def open_widget(comm_id: str, state: Any = OUTPUT_STATE) -> CommOpen:
    return CommOpen(comm_id=comm_id, target_name="jupyter.widget", data={"state": state})


def take(comm_id: str, msg_id: str) -> CommMsg:
    return CommMsg(comm_id=comm_id, data={"method": "update", "state": {"msg_id": msg_id}})


W, V = open_widget("w"), open_widget("v")


@pytest.mark.parametrize(
    ("contents", "outputs"),
    [
        pytest.param(
            [W, take("w", "1"), out("in"), take("w", ""), out("after")], ["out:after"], id="captured"
        ),
        pytest.param(
            [W, take("w", "1"), Error(ename="E"), CLEAR, show("x"), take("w", "")], [], id="all-kinds"
        ),
        pytest.param([out("a"), W, take("w", "1"), CLEAR, take("w", "")], ["out:a"], id="clears-the-widget"),
        pytest.param([W, take("w", "2"), out("in")], ["out:in"], id="another-request"),
        pytest.param([W, out("before")], ["out:before"], id="not-taken"),
        pytest.param([open_widget("w", SLIDER_STATE), take("w", "1"), out("a")], ["out:a"], id="a-slider"),
        pytest.param([open_widget("w", None), take("w", "1"), out("a")], ["out:a"], id="no-state"),
        pytest.param([W, CommMsg(comm_id="w", data={"state": []}), out("a")], ["out:a"], id="odd-update"),
        pytest.param([take("w", "1"), out("a")], ["out:a"], id="never-opened"),
        pytest.param([W, take("w", "1"), CommClose(comm_id="w"), out("a")], ["out:a"], id="closed"),
        pytest.param(
            [
                W,
                V,
                take("w", "1"),
                take("v", "1"),
                out("v"),
                take("v", ""),
                out("w"),
                take("w", ""),
                out("a"),
            ],
            ["out:a"],
            id="nested",
        ),
        pytest.param(
            [W, V, take("w", "1"), take("v", "1"), take("w", ""), out("v")], [], id="left-in-disorder"
        ),
        pytest.param([W, take("w", "1"), take("w", "1"), take("w", ""), out("a")], ["out:a"], id="twice"),
        pytest.param(
            [show("0", "id"), W, take("w", "1"), update("1", "id"), take("w", "")],
            ["display:1"],
            id="updates",
        ),
    ],
)
def test_output_widgets_take_outputs(contents: Sequence[Content], outputs: Sequence[str]) -> None:
    notebook = NotebookFold()
    cell = notebook.begin("1")
    for content in contents:
        notebook.receive(message(content, "1"))
    assert brief(cell) == outputs


def test_models_are_kept_as_a_front_end_stores_them() -> None:
    notebook = NotebookFold(keeps_models=True)
    notebook.begin("1")
    for content, buffers in (
        (open_widget("s", {**SLIDER_STATE, "value": 1, "max": 9}), ()),
        (CommMsg(comm_id="s", data={"method": "update", "state": {"value": 2}}), ()),
        (CommMsg(comm_id="s", data={"method": "echo_update", "state": {"value": 3}}), ()),
        (CommMsg(comm_id="s", data={"method": "update", "state": {}, "buffer_paths": [["raw"]]}), (b"ab",)),
        (CommMsg(comm_id="s", data={"method": "update", "state": {}, "buffer_paths": [["raw"]]}), (b"abc",)),
        (V, ()),
        (CommClose(comm_id="v"), ()),
        (CommOpen(comm_id="c", target_name="another"), ()),
        (W, ()),
        (take("w", "1"), ()),
        (out("in"), ()),
    ):
        notebook.receive(replace(message(content, "1"), buffers=buffers))
    states = notebook.widget_states()
    assert states.keys() == {"s", "w"}
    assert states["s"] == {
        "model_module": "@jupyter-widgets/controls",
        "model_name": "IntSliderModel",
        "state": {**SLIDER_STATE, "value": 2, "max": 9},
        "buffers": [{"encoding": "base64", "path": ["raw"], "data": "YWJj"}],
    }
    assert states["w"]["state"]["outputs"] == [{"output_type": "stream", "name": "stdout", "text": "in"}]


def test_models_are_not_kept_unless_asked_for() -> None:
    notebook = NotebookFold()
    notebook.receive(message(open_widget("s", SLIDER_STATE), "1"))
    assert notebook.widget_states() == {}


# ---- properties

contents = st.one_of(
    st.builds(Stream, name=st.sampled_from(["stdout", "stderr"]), text=st.text("ab\n\r\x08", max_size=4)),
    st.builds(show, st.text("xyz", max_size=2), st.none() | st.sampled_from(["1", "2"])),
    st.builds(update, st.text("xyz", max_size=2), st.sampled_from(["1", "2", "3"])),
    st.builds(ClearOutput, wait=st.booleans()),
    st.builds(Error, ename=st.just("E")),
    st.just(Status(execution_state="busy")),
)


@given(st.lists(contents, max_size=12))
def test_the_fold_is_that_of_a_plain_front_end(messages: list[Content]) -> None:
    assert list(fold(*messages).outputs()) == _plain_front_end(messages)


def _plain_front_end(messages: Iterable[Content]) -> list[dict[str, Any]]:
    """The rules written down the slow way: one list, changed in place."""
    shown: list[dict[str, Any]] = []
    clears_next = False
    for content in messages:
        if isinstance(content, (DisplayData, UpdateDisplayData)):
            for output in shown:
                if "id" in output and output["id"] == content.transient.get("display_id"):
                    output["data"] = content.data
        if isinstance(content, ClearOutput):
            clears_next = content.wait
            if not content.wait:
                shown.clear()
            continue
        if isinstance(content, (UpdateDisplayData, Status)) or getattr(content, "text", "x") == "":
            continue
        if clears_next:
            shown.clear()
            clears_next = False
        if isinstance(content, Stream):
            if shown and shown[-1].get("name") == content.name:
                shown[-1]["text"] += content.text
            else:
                shown.append({"output_type": "stream", "name": content.name, "text": content.text})
        elif isinstance(content, Error):
            shown.append({"output_type": "error", "ename": "E", "evalue": "", "traceback": []})
        else:
            assert isinstance(content, DisplayData)
            output = {"output_type": "display_data", "data": content.data, "metadata": {}}
            shown.append(output | ({"id": content.transient["display_id"]} if content.transient else {}))
    for output in shown:
        output.pop("id", None)
        if "text" in output:
            output["text"] = fold(out(output["text"])).outputs()[0]["text"]
    return shown


@given(st.text("ab\r\x08\n", min_size=1), st.lists(st.integers(0, 50)))
def test_how_a_stream_is_cut_does_not_matter(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(cut % len(text) for cut in cuts)})
    pieces = [out(text[start:stop]) for start, stop in itertools.pairwise(places)]
    assert fold(*pieces).outputs() == fold(out(text)).outputs()


# ---- size


def test_twenty_thousand_displays_keep_number_and_order() -> None:
    cell = fold(*(show(str(number)) for number in range(20_000)))
    assert brief(cell) == [f"display:{number}" for number in range(20_000)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "contents",
    [
        pytest.param([out("x" * 5_000)] * 10_000, id="50-MB"),
        pytest.param([out("x")] * 100_000, id="100,000-chunks"),
        pytest.param([show("x", "1")] * 20_000, id="one-id-20,000-times"),
        pytest.param([show("x", "1"), *[update("y", "1")] * 20_000], id="20,000-updates"),
        pytest.param([show("x", "1"), CLEAR_LATER] * 20_000, id="animation"),
    ],
)
def test_time_is_linear(contents: Sequence[Content]) -> None:
    start = time.process_time()
    fold(*contents).outputs()
    assert time.process_time() - start < 1

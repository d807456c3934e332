"""What messages say: one class per message type, checked when a message is read.

Field names, meanings and defaults are those of "Messaging in Jupyter", section by section. Reading is
lenient where real kernels are sloppy: unknown members are ignored, optional ones may be missing or null, and
a message of a type that is not in :data:`CONTENT_TYPES` is kept as :class:`Unknown`. Writing is exact: every
member the specification wants is there, and members that do not apply are not.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from nbcheck.errors import LocalProtocolError
from nbcheck.protocol.jsontext import JsonObject, JsonReader, encode_json


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Content of some message."""


class Reply(Content, frozen=True, kw_only=True):
    """Content of a reply: what the request asked for, or an error."""

    status: str = "ok"
    """``ok``, ``error``, or ``aborted`` (an earlier request failed, this one was not tried)."""
    ename: str = ""
    """For ``error``: the exception's class name."""
    evalue: str = ""
    """For ``error``: its message."""
    traceback: list[str] = []
    """For ``error``: lines to show, with ANSI colours."""


# ---- shell ------------------------------------------------------------------------------------------------


class ExecuteRequest(Content, frozen=True, kw_only=True):
    """Run code."""

    code: str
    """Source, one or more lines."""
    silent: bool = False
    """Publish nothing, count nothing, and do not store in the history."""
    store_history: bool = True
    """Store in the history and count; a silent request is never stored, whatever this says."""
    user_expressions: dict[str, str] = {}
    """Expressions to evaluate after the code, by name."""
    allow_stdin: bool = False
    """Whether the front-end can answer an input_request; one that does not say cannot."""
    stop_on_error: bool = True
    """Whether requests that wait are aborted when this one fails."""


class ExecuteReply(Reply, frozen=True, kw_only=True):
    """How running code ended."""

    # Required here, unlike in other replies: to take a missing status for success could hide a failure. pyright
    # does not know that msgspec, with keywords alone, allows this.
    status: str  # pyright: ignore[reportGeneralTypeIssues]
    """``ok``, ``error`` or ``aborted``."""
    execution_count: int | None = None
    """The cell's number, from 1; None when it was not counted."""
    payload: list[JsonObject] = []
    """Deprecated side effects: page, set_next_input, edit_magic, ask_exit."""
    user_expressions: JsonObject = {}
    """For each expression a mimebundle with status ok, or an error."""


class InspectRequest(Content, frozen=True, kw_only=True):
    """Ask about the object at the cursor."""

    code: str
    """Source around the cursor."""
    cursor_pos: int
    """Cursor's place in ``code``, in code points."""
    detail_level: int = 0
    """0 as ``name?`` in IPython, 1 as ``name??``."""


class InspectReply(Reply, frozen=True, kw_only=True):
    """What is known about the object."""

    found: bool = False
    """Whether there is such an object."""
    data: JsonObject = {}
    """Mimebundle; empty when not found."""
    metadata: JsonObject = {}
    """Metadata of the mimebundle."""


class CompleteRequest(Content, frozen=True, kw_only=True):
    """Ask for completions."""

    code: str
    """Source around the cursor."""
    cursor_pos: int
    """Cursor's place in ``code``, in code points."""


class CompleteReply(Reply, frozen=True, kw_only=True):
    """Completions."""

    matches: list[str] = []
    """Texts that may stand from ``cursor_start`` to ``cursor_end``."""
    cursor_start: int = 0
    """Where the replaced text begins, in code points."""
    cursor_end: int = 0
    """Where it ends."""
    metadata: JsonObject = {}
    """More about the matches."""


class HistoryRequest(Content, frozen=True, kw_only=True):
    """Ask for earlier inputs."""

    output: bool = False
    """Whether outputs are wanted too."""
    raw: bool = True
    """Whether inputs are wanted as typed (True) or as transformed to Python."""
    hist_access_type: str = "tail"
    """``range``, ``tail`` or ``search``."""
    session: int | UnsetType = UNSET
    """For range: number of the session, negative counting back from this one, 0."""
    start: int | UnsetType = UNSET
    """For range: first line."""
    stop: int | UnsetType = UNSET
    """For range: line after the last; unset means to the end."""
    n: int | UnsetType = UNSET
    """For tail and search: how many."""
    pattern: str | UnsetType = UNSET
    """For search: a glob."""
    unique: bool | UnsetType = UNSET
    """For search: whether equal inputs are given once."""


class HistoryReply(Reply, frozen=True, kw_only=True):
    """Earlier inputs."""

    # Any: the input, or with ``output`` a pair of input and output. Some kernels send numbers as strings.
    history: list[tuple[int | str, int | str, Any]] = []
    """(session, line, input), or (session, line, (input, output)) when outputs were asked for."""


class IsCompleteRequest(Content, frozen=True, kw_only=True):
    """Ask whether code is ready to be run."""

    code: str
    """Source as far as it was typed."""


class IsCompleteReply(Content, frozen=True, kw_only=True):
    """Whether code is ready to be run."""

    status: str = "unknown"
    """``complete``, ``incomplete``, ``invalid`` or ``unknown``: not the status of other replies."""
    indent: str = ""
    """For ``incomplete``: what the next line should begin with."""


class CommInfoRequest(Content, frozen=True, kw_only=True):
    """Ask which comms are open."""

    target_name: str | UnsetType = UNSET
    """Only those of this target."""


class CommInfoReply(Reply, frozen=True, kw_only=True):
    """Comms that are open."""

    comms: dict[str, JsonObject] = {}
    """``{"target_name": ...}`` for each comm_id."""


class KernelInfoRequest(Content, frozen=True, kw_only=True):
    """Ask what the kernel is."""


class LanguageInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The language that a kernel runs; front-ends store it in the notebook's metadata."""

    name: str = ""
    """Name in lower case: ``python``."""
    version: str = ""
    """Version of the language: ``3.11.4``."""
    mimetype: str = ""
    """Mimetype of a script: ``text/x-python``."""
    file_extension: str = ""
    """Extension of a script with its dot: ``.py``."""
    pygments_lexer: str | UnsetType = UNSET
    """Lexer for highlighting, when it is not ``name``."""
    codemirror_mode: str | JsonObject | UnsetType = UNSET
    """Mode for editing in a browser, when it is not ``name``."""
    nbconvert_exporter: str | UnsetType = UNSET
    """Exporter for scripts, when it is not the general one."""


class KernelInfoReply(Reply, frozen=True, kw_only=True):
    """What the kernel is."""

    protocol_version: str = ""
    """Version of the messaging protocol it says it follows; probe for features rather than trust it."""
    implementation: str = ""
    """Name of the kernel."""
    implementation_version: str = ""
    """Its version."""
    language_info: LanguageInfo = LanguageInfo()
    """The language it runs."""
    banner: str = ""
    """Text that a console shows first."""
    help_links: list[JsonObject] = []
    """``{"text": ..., "url": ...}`` for a help menu."""
    supported_features: list[str] = []
    """Optional features: ``debugger``, ``kernel subshells``."""


# ---- comms, in both directions ------------------------------------------------------------------------------


class CommOpen(Content, frozen=True, kw_only=True):
    """Open a comm; never replied to."""

    comm_id: str
    """Its id."""
    target_name: str
    """Who is to handle it at the other end."""
    data: JsonObject = {}
    """First message."""
    target_module: str | UnsetType | None = UNSET
    """Module of the front-end that holds the target."""


class CommMsg(Content, frozen=True, kw_only=True):
    """One message over a comm."""

    comm_id: str
    """The comm's id."""
    data: JsonObject = {}
    """The message."""


class CommClose(Content, frozen=True, kw_only=True):
    """Close a comm."""

    comm_id: str
    """The comm's id."""
    data: JsonObject = {}
    """Last message."""


# ---- control --------------------------------------------------------------------------------------------------


class ConnectRequest(Content, frozen=True, kw_only=True):
    """Ask for the ports of a kernel; deprecated since protocol 5.1."""


class ConnectReply(Reply, frozen=True, kw_only=True):
    """The ports, as the connection file has them."""

    shell_port: int = 0
    """Of the channel shell, and so on for the others."""
    iopub_port: int = 0
    stdin_port: int = 0
    control_port: int = 0
    hb_port: int = 0


class ShutdownRequest(Content, frozen=True, kw_only=True):
    """End the kernel."""

    restart: bool = False
    """Whether another is to be started in its place."""


class ShutdownReply(Reply, frozen=True, kw_only=True):
    """The kernel is about to end."""

    restart: bool = False
    """As in the request."""


class InterruptRequest(Content, frozen=True, kw_only=True):
    """Interrupt what runs."""


class InterruptReply(Reply, frozen=True, kw_only=True):
    """It was interrupted."""


# ---- iopub ----------------------------------------------------------------------------------------------------


class IopubWelcome(Content, frozen=True, kw_only=True):
    """A subscription has arrived: nothing published from now on is missed."""

    subscription: str = ""
    """The topic subscribed to."""


class Status(Content, frozen=True, kw_only=True):
    """What the kernel does."""

    execution_state: str
    """``busy``, ``idle`` or, once, ``starting``."""


class ExecuteInput(Content, frozen=True, kw_only=True):
    """Code that is about to run, told to all front-ends."""

    code: str
    """Its source."""
    execution_count: int | None = None
    """Its number, from 1."""


class Stream(Content, frozen=True, kw_only=True):
    """Text printed."""

    name: str
    """``stdout`` or ``stderr``."""
    text: str
    """The text, in pieces of any length."""


class DisplayData(Content, frozen=True, kw_only=True):
    """Something displayed."""

    data: JsonObject
    """Mimebundle: JSON value or text (binary ones in base64) by mimetype."""
    metadata: JsonObject = {}
    """Metadata of the mimebundle, partly by mimetype."""
    transient: JsonObject = {}
    """What is not stored in the notebook: ``display_id``."""


class UpdateDisplayData(Content, frozen=True, kw_only=True):
    """New contents for something displayed before."""

    data: JsonObject
    """Mimebundle, replacing the former one."""
    metadata: JsonObject = {}
    """Metadata of the mimebundle."""
    transient: JsonObject = {}
    """``display_id`` says which display is meant."""


class ExecuteResult(Content, frozen=True, kw_only=True):
    """The value of a cell's last expression."""

    execution_count: int | None = None
    """The cell's number, from 1."""
    data: JsonObject
    """Mimebundle."""
    metadata: JsonObject = {}
    """Metadata of the mimebundle."""
    transient: JsonObject = {}
    """As in :class:`DisplayData`."""


class Error(Content, frozen=True, kw_only=True):
    """An exception that reached the top."""

    ename: str = ""
    """Its class name."""
    evalue: str = ""
    """Its message."""
    traceback: list[str] = []
    """Lines to show, with ANSI colours."""


class ClearOutput(Content, frozen=True, kw_only=True):
    """Remove the outputs shown so far."""

    wait: bool = False
    """Not now, but when the next output comes."""


# ---- stdin ----------------------------------------------------------------------------------------------------


class InputRequest(Content, frozen=True, kw_only=True):
    """The kernel asks for a line."""

    prompt: str = ""
    """Text to show before it."""
    password: bool = False
    """Whether to hide what is typed."""


class InputReply(Content, frozen=True, kw_only=True):
    """The line."""

    value: str
    """What was typed, without its newline; ``\\x04`` alone is the end of input."""


class Unknown(Content, frozen=True, kw_only=True):
    """Content of a message type that is not in the table, kept as it came."""

    data: JsonObject
    """The content."""
    msg_type: str = ""
    """The message type; needed to send it."""


CONTENT_TYPES: dict[str, type[Content]] = {
    "execute_request": ExecuteRequest,
    "execute_reply": ExecuteReply,
    "inspect_request": InspectRequest,
    "inspect_reply": InspectReply,
    "complete_request": CompleteRequest,
    "complete_reply": CompleteReply,
    "history_request": HistoryRequest,
    "history_reply": HistoryReply,
    "is_complete_request": IsCompleteRequest,
    "is_complete_reply": IsCompleteReply,
    "comm_info_request": CommInfoRequest,
    "comm_info_reply": CommInfoReply,
    "kernel_info_request": KernelInfoRequest,
    "kernel_info_reply": KernelInfoReply,
    "connect_request": ConnectRequest,
    "connect_reply": ConnectReply,
    "comm_open": CommOpen,
    "comm_msg": CommMsg,
    "comm_close": CommClose,
    "shutdown_request": ShutdownRequest,
    "shutdown_reply": ShutdownReply,
    "interrupt_request": InterruptRequest,
    "interrupt_reply": InterruptReply,
    "iopub_welcome": IopubWelcome,
    "status": Status,
    "execute_input": ExecuteInput,
    "stream": Stream,
    "display_data": DisplayData,
    "update_display_data": UpdateDisplayData,
    "execute_result": ExecuteResult,
    "error": Error,
    "clear_output": ClearOutput,
    "input_request": InputRequest,
    "input_reply": InputReply,
}
"""The class of each message type; what is not here is :class:`Unknown`."""

_MSG_TYPES = {class_: msg_type for msg_type, class_ in CONTENT_TYPES.items()}
_READERS = {msg_type: JsonReader(class_) for msg_type, class_ in CONTENT_TYPES.items()}
_OBJECT_READER: JsonReader[JsonObject] = JsonReader(JsonObject)
_ERROR_FIELDS = ("ename", "evalue", "traceback")


def msg_type_of(content: Content) -> str:
    """Name the message type that carries ``content``.

    Raises:
        LocalProtocolError: ``content`` is an :class:`Unknown` without a ``msg_type``.
    """
    msg_type = content.msg_type if isinstance(content, Unknown) else _MSG_TYPES.get(type(content), "")
    if not msg_type:
        raise LocalProtocolError(f"{type(content).__name__} does not say of which message type it is")
    return msg_type


def decode_content(msg_type: str, data: bytes) -> Content:
    """Read the content of a message.

    Raises:
        RemoteProtocolError: it is no JSON, a member that must be there is missing, or one has the wrong type.
    """
    reader = _READERS.get(msg_type)
    if reader is None:
        return Unknown(data=_OBJECT_READER.read(data), msg_type=msg_type)
    return reader.read(data)


def encode_content(content: Content) -> bytes:
    """Write the content of a message.

    Raises:
        LocalProtocolError: it holds something that JSON cannot.
    """
    return encode_json(_members(content))


def _members(content: Content) -> object:
    """What is written of ``content``: all of it, but for members that do not apply."""
    match content:
        case Reply():
            return _reply_members(content)
        case IsCompleteReply() if content.status != "incomplete":
            return {"status": content.status}
        case Unknown():
            return content.data
        case _:
            return content


def _reply_members(reply: Reply) -> JsonObject:
    """The result, or the error; "Request-Reply" in the specification has the three shapes."""
    members = msgspec.structs.asdict(reply)
    if reply.status == "ok":
        for name in _ERROR_FIELDS:
            del members[name]
        return members
    kept = {"status": reply.status}
    if isinstance(reply, ExecuteReply) and reply.execution_count is not None:
        kept["execution_count"] = members["execution_count"]
    if reply.status != "aborted":
        kept |= {name: members[name] for name in _ERROR_FIELDS}
    return kept

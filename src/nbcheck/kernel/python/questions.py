"""What a front-end can ask without running code: completion, inspection, history, and what the kernel is."""

# mypy: allow-untyped-calls
# IPython has type annotations in parts only, and other ones in each version.

from __future__ import annotations

import sys
from typing import TypeVar

from IPython.core import release
from IPython.core.completer import provisionalcompleter, rectify_completions
from IPython.utils.tokenutil import token_at_cursor
from msgspec import UnsetType

from nbcheck.kernel.python.zmqshell import ZMQInteractiveShell
from nbcheck.protocol.content import (
    CompleteReply,
    CompleteRequest,
    HistoryReply,
    HistoryRequest,
    InspectReply,
    InspectRequest,
    IsCompleteReply,
    IsCompleteRequest,
    KernelInfoReply,
    LanguageInfo,
)
from nbcheck.protocol.message import PROTOCOL_VERSION

T = TypeVar("T")

LANGUAGE_INFO = LanguageInfo(
    name="python",
    version=sys.version.split()[0],
    mimetype="text/x-python",
    codemirror_mode={"name": "ipython", "version": sys.version_info[0]},
    pygments_lexer="ipython3",
    nbconvert_exporter="python",
    file_extension=".py",
)
"""What a notebook's metadata says of the language; ipykernel's words, since libraries compare them."""

_HELP_LINKS = {
    "Python Reference": f"https://docs.python.org/{sys.version_info[0]}.{sys.version_info[1]}",
    "IPython Reference": "https://ipython.readthedocs.io/en/stable/",
    "NumPy Reference": "https://docs.scipy.org/doc/numpy/reference/",
    "SciPy Reference": "https://docs.scipy.org/doc/scipy/reference/",
    "Matplotlib Reference": "https://matplotlib.org/contents.html",
    "SymPy Reference": "http://docs.sympy.org/latest/index.html",
    "pandas Reference": "https://pandas.pydata.org/pandas-docs/stable/",
}
_TYPES_KEY = "_jupyter_types_experimental"
_TAIL_LENGTH = 10
"""Inputs that a tail holds when the request does not say how many."""


def kernel_info(shell: ZMQInteractiveShell) -> KernelInfoReply:
    """Say what the kernel is."""
    return KernelInfoReply(
        protocol_version=PROTOCOL_VERSION,
        implementation="ipython",
        implementation_version=release.version,
        language_info=LANGUAGE_INFO,
        banner=shell.banner,
        help_links=[{"text": text, "url": url} for text, url in _HELP_LINKS.items()],
    )


def complete(shell: ZMQInteractiveShell, request: CompleteRequest) -> CompleteReply:
    """Complete what stands before the cursor."""
    with provisionalcompleter():
        found = shell.Completer.completions(request.code, request.cursor_pos)
        completions = list(rectify_completions(request.code, found))
    types = [
        {
            "start": completion.start,
            "end": completion.end,
            "text": completion.text,
            "type": completion.type,
            "signature": completion.signature,
        }
        for completion in completions
    ]
    return CompleteReply(
        matches=[completion.text for completion in completions],
        cursor_start=completions[0].start if completions else request.cursor_pos,
        cursor_end=completions[0].end if completions else request.cursor_pos,
        metadata={_TYPES_KEY: types},
    )


def inspect(shell: ZMQInteractiveShell, request: InspectRequest) -> InspectReply:
    """Describe the object whose name stands at the cursor."""
    name = token_at_cursor(request.code, request.cursor_pos)
    try:
        data = shell.object_inspect_mime(name, detail_level=request.detail_level)
    except KeyError:
        return InspectReply(found=False)
    if not shell.enable_html_pager:
        data.pop("text/html", None)
    return InspectReply(found=True, data=data)


def is_complete(shell: ZMQInteractiveShell, request: IsCompleteRequest) -> IsCompleteReply:
    """Say whether code is ready to be run."""
    status, indent = shell.input_transformer_manager.check_complete(request.code)
    return IsCompleteReply(status=status, indent=" " * (indent or 0))


def history(shell: ZMQInteractiveShell, request: HistoryRequest) -> HistoryReply:
    """Return earlier inputs."""
    manager, raw, output = shell.history_manager, request.raw, request.output
    count = _or(request.n, None)
    match request.hist_access_type:
        case "tail":
            found = manager.get_tail(
                _TAIL_LENGTH if count is None else count, raw=raw, output=output, include_latest=True
            )
        case "range":
            found = manager.get_range(
                _or(request.session, 0),
                _or(request.start, 1),
                _or(request.stop, None),
                raw=raw,
                output=output,
            )
        case "search":
            found = manager.search(
                _or(request.pattern, "*"), raw=raw, output=output, n=count, unique=_or(request.unique, False)
            )
        case _:
            found = []
    # IPython calls the current session 0 in a range, and by its number otherwise.
    number = manager.session_number
    return HistoryReply(history=[(session or number, line, item) for session, line, item in found])


def _or(value: T | UnsetType, default: T) -> T:
    return default if isinstance(value, UnsetType) else value

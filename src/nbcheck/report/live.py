r"""What a kernel sends, as text for a terminal, while it comes.

Line ends, tabs and colours act; every other control character is spelt out or left out, as in :mod:`terminal`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nbcheck.compare.normalise import strip_ansi
from nbcheck.protocol.content import Content, DisplayData, Error, ExecuteResult, Stream, UpdateDisplayData
from nbcheck.report.terminal import escape

_COLOR = re.compile(r"(\x1b\[[0-9;:]*m)")
_ACTING = re.compile(r"([\n\t])")
_RESET = "\x1b[0m"


def render_content(content: Content, *, color: bool) -> str:
    """Write the content of a message for the terminal.

    Args:
        content: of an output; of whatever else, nothing is shown.
        color: whether colours are passed on.

    Returns:
        Text with its line ends.
    """
    match content:
        case Stream():
            return render_text(content.text, color=color)
        case DisplayData() | ExecuteResult() | UpdateDisplayData():
            return render_text(_plain_text(content.data), color=color) + "\n"
        case Error():
            told = "\n".join(content.traceback) or f"{content.ename}: {content.evalue}"
            return render_text(told, color=color) + "\n"
    return ""


def render_text(text: str, *, color: bool) -> str:
    """Write text of a kernel's for the terminal."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces = _COLOR.split(text)
    # Every second piece is a colour.
    shown = [_render_plain(piece) if not index % 2 else piece * color for index, piece in enumerate(pieces)]
    return "".join(shown) + (_RESET if color and len(pieces) > 1 else "")


def _render_plain(text: str) -> str:
    pieces = _ACTING.split(strip_ansi(text))
    return "".join(escape(piece) if not index % 2 else piece for index, piece in enumerate(pieces))


def _plain_text(data: Mapping[str, Any]) -> str:  # Any: JSON of a mimebundle
    text = data.get("text/plain")
    if isinstance(text, str):
        return text
    return f"<{', '.join(sorted(data)) or 'nothing'}>"

"""Outputs of cells as HTML: of a mimebundle, the richest representation that can be shown without running anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from nbcheck.compare.base import Output
from nbcheck.convert.filters.ansi import ansi_to_html
from nbcheck.convert.filters.frame import frame, shows_something
from nbcheck.convert.filters.highlight import highlight
from nbcheck.convert.filters.markdown import markdown_to_html
from nbcheck.convert.filters.math import latex_to_html
from nbcheck.convert.filters.pictures import MIMETYPES, picture_address
from nbcheck.convert.filters.sanitise import sanitise_plain

_SHOWN_FIRST = (
    *MIMETYPES,
    "text/html",
    "text/markdown",
    "text/latex",
    "application/json",
    "application/javascript",
    "text/plain",
)
_SHOWN_JSON = 100_000
"""Characters of a JSON value that are shown."""
_UNFOLDED_JSON = 1_500
"""Characters up to which it is shown at once."""
# What pandas puts around a table; it says nothing that the page's own style does not.
_PANDAS_STYLE = re.compile(
    r"<style scoped>[^<]*\.dataframe tbody tr th[^<]*</style>|\sstyle=\"text-align: \w+;\""
)
_NOT_PLAIN = re.compile(
    r"<(?:style|svg|script|iframe|object|embed|canvas|button|input|form|math)\b|\sstyle\s*=", re.IGNORECASE
)
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)


def output_to_html(output: Output) -> Markup:
    """Show one output.

    Args:
        output: nbformat 4, multi-line strings joined; of any type and with whatever in it.
    """
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return Markup('<pre class="stream {}">{}</pre>').format(
            name, ansi_to_html(str(output.get("text", "")))
        )
    if kind == "error":
        return error_to_html(output)
    data, metadata = output.get("data"), output.get("metadata")
    return bundle_to_html(
        data if isinstance(data, Mapping) else {}, metadata if isinstance(metadata, Mapping) else {}
    )


def error_to_html(output: Output) -> Markup:
    """Show an error with its traceback; without one, class and message."""
    traceback = output.get("traceback")
    lines = [str(line) for line in traceback] if isinstance(traceback, (list, tuple)) else []
    text = "\n".join(lines) or f"{output.get('ename', '')}: {output.get('evalue', '')}"
    return Markup('<pre class="traceback">{}</pre>').format(ansi_to_html(text))


def bundle_to_html(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> Markup:
    """Show the richest representation of a mimebundle that can be shown; names the types when none can."""
    for mimetype in _in_order(data):
        shown = value_to_html(mimetype, data[mimetype], metadata, _alternative(data))
        if shown is not None:
            return shown
    return Markup('<p class="left-out">nothing to show of: {}</p>').format(
        ", ".join(sorted(data)) or "an empty output"
    )


def value_to_html(
    mimetype: str, value: Any, metadata: Mapping[str, Any] | None = None, alternative: str = ""
) -> Markup | None:
    """Show a value of one MIME type.

    Args:
        mimetype: its type.
        value: text, base64 text, or JSON.
        metadata: of the output; its width and height of a picture count.
        alternative: text for those who cannot see a picture.

    Returns:
        HTML; None when there is nothing to see of it without running scripts.
    """
    if mimetype in MIMETYPES:
        return _picture(mimetype, value, metadata or {}, alternative)
    if not isinstance(value, str):
        return _json(value)
    if mimetype == "text/html":
        return _html(value)
    if mimetype == "text/markdown":
        return Markup('<div class="prose">{}</div>').format(markdown_to_html(value, heading_shift=3))
    if mimetype in ("text/latex", "application/x-tex", "application/x-latex"):
        return Markup('<div class="formula">{}</div>').format(latex_to_html(value, is_display=True))
    if mimetype in ("application/javascript", "text/javascript"):
        return Markup('<pre class="code">{}</pre>').format(highlight(value, "javascript"))
    if mimetype.startswith("text/"):
        return Markup("<pre>{}</pre>").format(ansi_to_html(value))
    return None


def _in_order(data: Mapping[str, Any]) -> Iterable[str]:
    known = [mimetype for mimetype in _SHOWN_FIRST[:-1] if mimetype in data]
    last = ["text/plain"] if "text/plain" in data else []
    others = [mimetype for mimetype in data if mimetype not in _SHOWN_FIRST]
    # JSON made for a program says less to a reader than the text beside it.
    return [*known, *last, *others]


def _alternative(data: Mapping[str, Any]) -> str:
    text = data.get("text/plain")
    return text.strip()[:200] if isinstance(text, str) else ""


def _picture(mimetype: str, value: Any, metadata: Mapping[str, Any], alternative: str) -> Markup:
    address = picture_address(mimetype, value)
    if address is None:
        return Markup('<p class="left-out">the {} data are no picture</p>').format(mimetype)
    own = metadata.get(mimetype)
    size = own if isinstance(own, Mapping) else metadata
    sides = Markup("").join(
        Markup(' {}="{}"').format(name, int(size[name]))
        for name in ("width", "height")
        if isinstance(size.get(name), (int, float)) and 0 < size[name] < 10_000
    )
    return Markup('<img class="picture" src="{}" alt="{}"{}>').format(
        address, alternative or "picture", sides
    )


def _html(source: str) -> Markup | None:
    if not shows_something(source):
        return None
    bare = _PANDAS_STYLE.sub("", source)
    if not _NOT_PLAIN.search(bare):
        return Markup('<div class="rich">{}</div>').format(sanitise_plain(bare))
    shown = frame(source, "output, text/html")
    if _SCRIPT.search(source):
        shown += Markup('<p class="left-out">scripts of this output were left out</p>')
    return shown


def _json(value: Any) -> Markup:
    try:
        text = json.dumps(value, indent=2, ensure_ascii=False, default=repr)
    except (TypeError, ValueError, RecursionError) as error:
        return Markup('<p class="left-out">JSON that cannot be shown: {}</p>').format(error)
    if len(text) > _SHOWN_JSON:
        text = f"{text[:_SHOWN_JSON]}\n... {len(text) - _SHOWN_JSON:,} characters more"
    return Markup(
        '<details class="json"{}><summary>JSON, {} characters</summary><pre class="code">{}</pre></details>'
    ).format(
        Markup(" open") if len(text) <= _UNFOLDED_JSON else "", f"{len(text):,}", highlight(text, "json")
    )

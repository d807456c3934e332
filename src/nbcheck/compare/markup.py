"""HTML and XML as a list of tags and texts in which layout of the source does not matter.

The splitting is our own: ``html.parser`` takes quadratic time on unclosed tags, raises on some declarations, drops
CDATA, and each of these depends on the release of Python. No entity is expanded, no file or address is read. The
patterns never give back what they have matched (``*+``, ``(?>``), and what is not closed reaches to the end of the
source, so time stays linear.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

_RAW_TEXT = frozenset({"script", "style"})
_KEEPS_LINES = frozenset({"pre", "textarea", "script", "style"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One tag, or the text between two tags."""

    kind: str
    """``start``, ``end``, ``text``, or ``other`` (a declaration or processing instruction)."""
    text: str
    """Name of the tag in lower case; of a text, its characters with references resolved; else the source."""
    attributes: tuple[tuple[str, str], ...] = ()
    """Name in lower case and value of each attribute, sorted by name."""


def parse_markup(source: str) -> Iterator[Piece]:
    """Split HTML or XML, also of only a part of a document; comments are left out.

    Any text is accepted: what is no markup is text, what is not closed reaches to the end.
    """
    position = 0
    while position < len(source):
        match = _piece().match(source, position)
        assert match is not None  # noqa: S101 (the last branch takes any character)
        position = match.end()
        if match["text"]:
            yield Piece("text", html.unescape(match["text"]))
        elif match["name"]:
            name = match["name"].lower()
            if match["slash"]:
                yield Piece("end", name)
                continue
            yield Piece("start", name, _attributes(match["attributes"]))
            if match["attributes"].endswith("/"):
                yield Piece("end", name)
            elif name in _RAW_TEXT:
                end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(source, position)
                stop = end.start() if end else len(source)
                yield from (Piece("text", text) for text in [source[position:stop]] if text)
                position = stop
        elif match["cdata"]:
            yield Piece("text", match["cdata"].removeprefix("<![CDATA[").removesuffix("]]>"))
        elif match["other"]:
            yield Piece("other", match["other"])


@cache
def _piece() -> re.Pattern[str]:
    return re.compile(
        r"""
        (?P<text> (?> [^<]++ | <(?![a-zA-Z/!?]) | </(?![a-zA-Z>]) )++ )
        | < (?P<slash>/?) (?P<name>[a-zA-Z][^\s/>]*+)
          (?P<attributes> (?> = \s*+ (?: "[^"]*+" | '[^']*+' ) | [^>] )*+ ) >?
        | (?P<cdata> <!\[CDATA\[ (?s:.*?) (?: \]\]> | \Z ) )
        | <!-- (?s:.*?) (?: --> | \Z )
        | (?P<other> <! doctype [^>\[]*+ (?: \[ [^\]]*+ \]? )?+ [^>]*+ >? | <\? [^>]*+ >? )
        | <! [^>]*+ >? | </>
        """,
        re.VERBOSE | re.IGNORECASE,
    )


@cache
def _attribute_pattern() -> re.Pattern[str]:
    return re.compile(r"""([^\s/>=]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s>]*+))?+""")


def _attributes(source: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for name, value in _attribute_pattern().findall(source):
        text = value[1:-1] if len(value) > 1 and value[0] in "\"'" and value[0] == value[-1] else value
        found.setdefault(name.lower(), html.unescape(text))  # of two with one name, the first counts
    return tuple(sorted(found.items()))


def markup_tokens(source: str) -> list[str]:
    """Split HTML into tags and texts.

    Args:
        source: HTML, also of only a part of a document.

    Returns:
        In document order: tags with attributes sorted by name, texts with white space collapsed as a browser would,
        and the lines of preformatted text, scripts and style sheets. Comments are left out; texts are escaped, so
        that no text looks like a tag.
    """
    tokens: list[str] = []
    keeping: list[str] = []
    for piece in parse_markup(source):
        if piece.kind == "start":
            tokens.append(tag_token(piece.text, piece.attributes))
            if piece.text in _KEEPS_LINES:
                keeping.append(piece.text)
        elif piece.kind == "end":
            if keeping and keeping[-1] == piece.text:
                keeping.pop()
            if piece.text not in _VOID:
                tokens.append(f"</{piece.text}>")
        elif piece.kind == "other":
            tokens.append(piece.text)
        elif keeping:
            lines = [line.rstrip() for line in piece.text.strip("\n").split("\n")]
            tokens += [html.escape(line, quote=False) for line in lines if line or "pre" in keeping]
        else:
            text = collapse_blanks(piece.text)
            if text:
                tokens.append(html.escape(text, quote=False))
    return tokens


def tag_token(name: str, attributes: tuple[tuple[str, str], ...]) -> str:
    """Write a start tag in the one way that every spelling of it comes to."""
    said = "".join(f' {key}="{_attribute(key, value)}"' for key, value in attributes)
    return f"<{name}{said}>"


def collapse_blanks(text: str) -> str:
    """Collapse white space as a browser does, and drop it where a printer breaks the line beside a tag."""
    return _blanks().sub(_collapse, text)


@cache
def _blanks() -> re.Pattern[str]:
    # Not \s: a browser keeps no-break spaces.
    return re.compile(r"[ \t\r\n\f]+")


def _collapse(match: re.Match[str]) -> str:
    """One blank, or none where the source breaks the line beside a tag: printers indent there."""
    at_edge = match.start() == 0 or match.end() == len(match.string)
    return "" if at_edge and "\n" in match[0] else " "


def _attribute(name: str, value: str) -> str:
    if name == "style":
        value = "; ".join(" ".join(part.split()) for part in value.split(";") if part.strip())
    elif name == "class":
        value = " ".join(value.split())
    # What tells a tag from a text is its beginning; so placeholders in a value can stay readable.
    return value.replace("&", "&amp;").replace('"', "&quot;")

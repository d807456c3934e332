"""HTML as a list of tags and texts in which layout of the source does not matter."""

from __future__ import annotations

import html
import re
from functools import cache
from html.parser import HTMLParser

_RAW_TEXT = frozenset({"pre", "textarea", "script", "style"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)


def markup_tokens(source: str) -> list[str]:
    """Split HTML into tags and texts.

    Args:
        source: HTML, also of only a part of a document.

    Returns:
        In document order: tags with attributes sorted by name, texts with white space collapsed as a browser would,
        and the lines of preformatted text, scripts and style sheets. Comments are left out; texts are escaped, so
        that no text looks like a tag.
    """
    parser = _Tokens()
    parser.feed(source)
    parser.close()
    return parser.tokens


class _Tokens(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[str] = []
        self._raw: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = "".join(
            f' {name}="{_attribute(name, value)}"' for name, value in sorted(attrs, key=lambda a: a[0])
        )
        self.tokens.append(f"<{tag}{said}>")
        if tag in _RAW_TEXT:
            self._raw.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._raw and self._raw[-1] == tag:
            self._raw.pop()
        if tag not in _VOID:
            self.tokens.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._raw:
            lines = [line.rstrip() for line in data.strip("\n").split("\n")]
            self.tokens += [html.escape(line, quote=False) for line in lines if line or "pre" in self._raw]
            return
        text = _blanks().sub(_collapse, data)
        if text:
            self.tokens.append(html.escape(text, quote=False))

    def handle_decl(self, decl: str) -> None:
        self.tokens.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.tokens.append(f"<?{data}>")


@cache
def _blanks() -> re.Pattern[str]:
    # Not \s: a browser keeps no-break spaces.
    return re.compile(r"[ \t\r\n\f]+")


def _collapse(match: re.Match[str]) -> str:
    """One blank, or none where the source breaks the line beside a tag: printers indent there."""
    at_edge = match.start() == 0 or match.end() == len(match.string)
    return "" if at_edge and "\n" in match[0] else " "


def _attribute(name: str, value: str | None) -> str:
    value = value or ""
    if name == "style":
        value = "; ".join(" ".join(part.split()) for part in value.split(";") if part.strip())
    elif name == "class":
        value = " ".join(value.split())
    return html.escape(value)

r"""Escape sequences of terminals as HTML: ``"\x1b[31mred\x1b[0m"`` -> ``<span class="ansi-fg-1">red</span>``.

Source: ECMA-48 SGR; the colours 8 to 15 and 38;5;n, 38;2;r;g;b as xterm has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from markupsafe import Markup, escape

from nbcheck.compare.screen import show_on_screen

# Attributes that SGR switches on and off: parameter -> class.
_ON = {
    1: "ansi-bold",
    2: "ansi-faint",
    3: "ansi-italic",
    4: "ansi-underline",
    9: "ansi-strike",
    21: "ansi-underline",
}
_OFF = {
    22: ("ansi-bold", "ansi-faint"),
    23: ("ansi-italic",),
    24: ("ansi-underline",),
    29: ("ansi-strike",),
}
# Steps of xterm's colour cube.
_CUBE = (0, 95, 135, 175, 215, 255)


@dataclass(frozen=True, slots=True)
class _Style:
    """How the text that follows is shown."""

    attributes: frozenset[str] = frozenset()
    """Classes other than colours."""
    foreground: str = ""
    """A palette index as decimal digits, or ``#rrggbb``; empty for the default."""
    background: str = ""
    """Likewise."""
    is_inverse: bool = False
    """Whether the colours are swapped."""

    def open_tag(self) -> str:
        """The tag before such text; empty when nothing is special about it."""
        foreground, background = self.foreground, self.background
        classes = sorted(self.attributes)
        if self.is_inverse:
            foreground, background = background, foreground
            classes.append("ansi-inverse")
        styles = []
        for kind, variable, colour in (("fg", "ink", foreground), ("bg", "fill", background)):
            if colour.startswith("#"):
                classes.append(f"ansi-{kind}-rgb")
                styles.append(f"--{variable}:{colour}")
            elif colour:
                classes.append(f"ansi-{kind}-{colour}")
        parts = [f' class="{" ".join(classes)}"'] if classes else []
        parts += [f' style="{";".join(styles)}"'] if styles else []
        return f"<span{''.join(parts)}>" if parts else ""


def ansi_to_html(text: str) -> Markup:
    """Turn terminal output into HTML.

    Args:
        text: as a cell printed it; carriage returns and backspaces are applied first.

    Returns:
        Escaped text with a ``span`` around each run of one style. Colours of the palette have classes
        ``ansi-fg-0`` to ``ansi-bg-15``; others have ``ansi-fg-rgb`` or ``ansi-bg-rgb`` and the colour in ``--ink`` or
        ``--fill``, so that the page can make it readable. Sequences that are no colours are left out.
    """
    text = show_on_screen(text)
    if "\x1b" not in text:
        return escape(text)
    pieces = []
    style = _Style()
    for plain, parameters in _pieces(text):
        if plain:
            tag = style.open_tag()
            pieces += [tag, escape(plain), "</span>" if tag else ""]
        if parameters is not None:
            style = _apply(style, parameters)
    return Markup("".join(pieces))  # noqa: S704 (every piece is escaped, or a tag of ours)


def _pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield plain text, and the parameters of the SGR sequence after it or None where another or none follows."""
    position = 0
    for match in _sequence().finditer(text):
        yield text[position : match.start()], match["sgr"]
        position = match.end()
    yield text[position:], None


@cache
def _sequence() -> re.Pattern[str]:
    return re.compile(
        r"\x1b(?:\[(?P<sgr>[0-9;:]*)m|\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])?"
    )


@cache
def _separator() -> re.Pattern[str]:
    return re.compile("[;:]")


def _apply(style: _Style, parameters: str) -> _Style:
    # An empty parameter is 0; colons separate as semicolons do. Nothing that is known has more than three digits.
    numbers = [int(number or 0) if len(number) < 4 else -1 for number in _separator().split(parameters)]
    queue = iter(numbers)
    for number in queue:
        match number:
            case 0:
                style = _Style()
            case 7 | 27:
                style = replace(style, is_inverse=number == 7)
            case 38 | 48:
                colour = _extended(queue)
                style = (
                    replace(style, foreground=colour) if number == 38 else replace(style, background=colour)
                )
            case 39:
                style = replace(style, foreground="")
            case 49:
                style = replace(style, background="")
            case _ if number in _ON:
                style = replace(style, attributes=style.attributes | {_ON[number]})
            case _ if number in _OFF:
                style = replace(style, attributes=style.attributes.difference(_OFF[number]))
            case _ if 30 <= number <= 37 or 90 <= number <= 97:
                style = replace(style, foreground=str(number % 10 + (8 if number >= 90 else 0)))
            case _ if 40 <= number <= 47 or 100 <= number <= 107:
                style = replace(style, background=str(number % 10 + (8 if number >= 100 else 0)))
            case _:
                pass  # fonts, frames, blinking
    return style


def _extended(queue: Iterator[int]) -> str:
    """Read the rest of ``38;5;n`` or ``38;2;r;g;b``; the default colour when it is not all there."""
    match next(queue, None):
        case 5:
            index = next(queue, -1)
            return _palette(index) if 0 <= index <= 255 else ""
        case 2:
            channels = [next(queue, -1) for _ in range(3)]
            return "#{:02x}{:02x}{:02x}".format(*channels) if all(0 <= c <= 255 for c in channels) else ""
        case _:
            return ""


def _palette(index: int) -> str:
    if index < 16:
        return str(index)
    if index >= 232:
        return "#" + f"{8 + 10 * (index - 232):02x}" * 3
    red, rest = divmod(index - 16, 36)
    green, blue = divmod(rest, 6)
    return "#" + "".join(f"{_CUBE[step]:02x}" for step in (red, green, blue))

"""LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from nbcheck.compare.base import CompareOptions, Difference
from nbcheck.compare.text import compare_forms

_MATH = frozenset(
    {
        "math",
        "displaymath",
        "equation",
        "align",
        "alignat",
        "flalign",
        "gather",
        "multline",
        "eqnarray",
        "aligned",
    }
)
_VERBATIM = frozenset({"verbatim", "lstlisting", "minted"})
_TEXT_COMMANDS = frozenset(
    rf"\{name}"
    for name in ("text", "textrm", "textbf", "textit", "textsf", "texttt", "mbox", "hbox", "intertext")
)
_CLOSES = {r"\(": r"\)", r"\[": r"\]", "$": "$", "$$": "$$", "{": "}"}


class LatexComparer:
    """Judges LaTeX by what TeX reads: comments and the white space that TeX ignores are noise, all else counts."""

    mimetypes: Sequence[str] = (
        "text/latex",
        "text/x-latex",
        "text/x-tex",
        "application/x-latex",
        "application/x-tex",
    )
    priority = 10

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two sources; see :class:`nbcheck.compare.base.Comparer`."""
        return compare_forms(expected, actual, options, latex_form)


def latex_form(source: str) -> str:
    r"""Write LaTeX without comments and without the white space that TeX ignores.

    Math keeps a blank only where one token would run into the next: ``\alpha  +  b % sum`` becomes ``\alpha+b``. In
    text, white space is one blank, a blank line ends the paragraph. The result breaks lines at ``\\``, at paragraphs
    and around ``\begin{...}`` and ``\end{...}``, where no white space counts.
    """
    form = _Form()
    for match in _tokens().finditer(source.replace("\r\n", "\n")):
        form.add(match[0], match.lastgroup or "other")
    return form.text()


@cache
def _tokens() -> re.Pattern[str]:
    return re.compile(
        r"""
        (?P<environment> \\(?:begin|end)\ *+\{[^{}\n]*+\} )
        | (?P<command> \\[a-zA-Z@]++ )
        | (?P<symbol> \\(?s:.) )
        | (?P<comment> %[^\n]*+ (?: \n [ \t]*+ (?!\n) )?+ )   # takes the line end along, but no paragraph's end
        | (?P<space> [ \t\n]++ )
        | (?P<dollar> \$\$? )
        | (?P<number> \d++(?:\.\d++)? | \.\d++ )
        | (?P<other> (?s:.) )
        """,
        re.VERBOSE,
    )


class _Form:
    """The form under way."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._blank = False
        """Whether white space that counts is waiting for what comes behind it."""
        self._last, self._kind = "", "break"
        self._groups = [("", "text")]
        """Innermost last: the token that closes the group, and ``text``, ``math`` or ``verbatim``."""

    def add(self, part: str, kind: str) -> None:
        mode = self._groups[-1][1]
        if mode == "verbatim" and part != self._groups[-1][0]:
            self._pieces.append(part)
        elif kind == "environment":
            self._environment(part.replace(" ", ""), mode)
        elif kind == "space" and mode == "text":
            if part.count("\n") > 1:
                self._break("\n\n")
            self._blank |= self._kind not in ("break", "command")
        elif kind not in ("space", "comment"):
            self._group(part, mode)
            self._write(part, kind, mode)

    def text(self) -> str:
        return "".join(self._pieces).strip("\n")

    def _environment(self, part: str, mode: str) -> None:
        name = part.partition("{")[2].rstrip("*}")
        if part.startswith(r"\begin"):
            inner = "verbatim" if name in _VERBATIM else "math" if name in _MATH else mode
            self._groups.append((part.replace(r"\begin", r"\end", 1), inner))
        elif any(part == closing for closing, _ in self._groups):
            while self._groups.pop()[0] != part:
                pass
        self._break()
        self._pieces.append(part)
        self._kind = "environment"
        self._break()

    def _group(self, part: str, mode: str) -> None:
        if len(self._groups) > 1 and part == self._groups[-1][0]:
            self._groups.pop()
        elif part == "{" and self._last in _TEXT_COMMANDS:
            self._groups.append(("}", "text"))
        elif part in _CLOSES:
            self._groups.append((_CLOSES[part], mode if part == "{" else "math"))

    def _write(self, part: str, kind: str, mode: str) -> None:
        if part not in ("&", r"\\") and (self._blank or self._runs_into(part, kind, mode)):
            self._pieces.append(" ")
        self._blank = False
        self._pieces.append("\\ " if part == "\\\n" else part)
        self._last, self._kind = part, "break" if part == "&" else kind
        if part == r"\\":
            self._break()

    def _runs_into(self, part: str, kind: str, mode: str) -> bool:
        """Whether a token would become one with the last; a number must stay one for the comparison."""
        if self._kind == "command":
            return part.isalpha() or kind == "number"
        return mode == "math" and kind == "number" and self._last.isalpha()

    def _break(self, ending: str = "\n") -> None:
        if self._kind != "break":
            self._pieces.append(ending)
        self._blank, self._kind = False, "break"

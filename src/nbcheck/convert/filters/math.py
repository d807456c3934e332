r"""Formulas as MathML, which browsers lay out themselves: no script, no fonts, no network.

latex2mathml knows most of what notebooks use. What it does not know it writes out as text; such a formula is shown as
its source instead, since a formula that is shown half is worse than one that is not.
"""

from __future__ import annotations

import re

import latex2mathml.converter
from markupsafe import Markup, escape

from nbcheck.convert.filters.sanitise import sanitise_plain

_LONGEST = 20_000
"""Characters of a formula that is converted; the converter takes a second for 500,000."""
_DELIMITERS = (("$$", "$$"), (r"\[", r"\]"), (r"\(", r"\)"), ("$", "$"))
# Environments that latex2mathml lacks, and what shows the same.
_ENVIRONMENTS = (
    (re.compile(r"\\(begin|end)\{aligned\}"), r"\\\1{split}"),
    (re.compile(r"\\begin\{alignedat\}\s*\{\d+\}"), r"\\begin{split}"),
    (re.compile(r"\\end\{alignedat\}"), r"\\end{split}"),
    # Numbers of equations are counted per document, which a cell is not.
    (re.compile(r"\\(begin|end)\{(?:align|eqnarray\*?)\}"), r"\\\1{align*}"),
    (re.compile(r"\\begin\{gather(?:ed|\*)?\}"), r"\\begin{array}{c}"),
    (re.compile(r"\\end\{gather(?:ed|\*)?\}"), r"\\end{array}"),
    (re.compile(r"\\(?:begin|end)\{(?:equation\*?|displaymath|math)\}"), ""),
    (re.compile(r"\\(?:label|tag|nonumber|notag)\b\*?(?:\{[^{}]*\})?"), ""),
)
_UNKNOWN = re.compile(r"<m[io]>(?:\\|&amp;</m|&</m)|\\begin|\\end")


def latex_to_html(source: str, *, is_display: bool) -> Markup:
    r"""Turn a formula into MathML.

    Args:
        source: LaTeX, with or without ``$``, ``$$``, ``\[`` or ``\(`` around it.
        is_display: in a paragraph of its own.

    Returns:
        A ``math`` element, or the source as ``code`` where it cannot be converted.
    """
    formula, alone = _strip(source)
    if len(formula) <= _LONGEST:
        try:
            said = latex2mathml.converter.convert(
                _translate(formula), display="block" if is_display or alone else "inline"
            )
        except Exception:  # noqa: S110 (whatever it raises on what it does not know; the source is shown)
            pass
        else:
            if not _UNKNOWN.search(said):
                # The converter does not escape what stands in \text{}.
                return sanitise_plain(said)
    return Markup('<code class="tex">{}</code>').format(escape(source.strip()))


def _strip(source: str) -> tuple[str, bool]:
    """Take the delimiters off; also whether they are those of a formula in a paragraph of its own."""
    text = source.strip()
    for opening, closing in _DELIMITERS:
        if text.startswith(opening) and text.endswith(closing) and len(text) >= len(opening) + len(closing):
            inner = text[len(opening) : -len(closing)]
            # "$a$ and $b$" is a sentence and no formula.
            if "$" not in inner.replace(r"\$", ""):
                return inner.strip(), opening in ("$$", r"\[")
    return text, False


def _translate(formula: str) -> str:
    for pattern, replacement in _ENVIRONMENTS:
        formula = pattern.sub(replacement, formula)
    return formula

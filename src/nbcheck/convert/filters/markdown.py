"""Markdown cells as HTML: CommonMark with tables, strike-through, footnotes, task lists and formulas, as JupyterLab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from nbcheck.convert.filters.highlight import highlight
from nbcheck.convert.filters.math import latex_to_html
from nbcheck.convert.filters.pictures import MIMETYPES, is_embedded_picture, picture_address
from nbcheck.convert.filters.sanitise import sanitise_plain

_LONGEST = 500_000
"""Characters of a cell that is laid out; a longer one is shown as it is."""


def markdown_to_html(
    source: str, attachments: Mapping[str, Any] | None = None, *, heading_shift: int = 0
) -> Markup:
    """Lay out Markdown.

    Args:
        source: the Markdown; HTML in it is sanitised.
        attachments: mimebundles by file name, for ``attachment:name``.
        heading_shift: levels that headings are moved down, so that they fit under those of the page.

    Returns:
        HTML. A picture that would have to be loaded is named instead.
    """
    if len(source) > _LONGEST:
        return Markup("<pre>{}</pre>").format(source)
    pictures = {name: _attached(bundle) for name, bundle in (attachments or {}).items()}
    said = _parser().render(source, {"pictures": pictures, "shift": heading_shift})
    return sanitise_plain(said)


def _attached(bundle: Any) -> str | None:
    if not isinstance(bundle, Mapping):
        return None
    found = (picture_address(mimetype, bundle[mimetype]) for mimetype in MIMETYPES if mimetype in bundle)
    return next(filter(None, found), None)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "highlight": _highlight}).enable(
        ["table", "strikethrough"]
    )
    parser.use(dollarmath_plugin, allow_space=True, double_inline=True, renderer=_formula)
    parser.use(amsmath_plugin, renderer=lambda source: str(latex_to_html(source, is_display=True)))
    parser.use(footnote_plugin)
    parser.add_render_rule("heading_open", _heading)
    parser.add_render_rule("heading_close", _heading)
    parser.add_render_rule("image", _image)
    return parser


def _formula(source: str, options: Mapping[str, Any]) -> str:
    return str(latex_to_html(source, is_display=bool(options["display_mode"])))


def _highlight(source: str, language: str, attributes: str) -> str:
    return str(highlight(source, language or "text"))


def _heading(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    level = min(6, int(tokens[index].tag[1:]) + env["shift"])
    return f"<h{level}>" if tokens[index].nesting > 0 else f"</h{level}>\n"


def _image(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    address = str(token.attrs.get("src", ""))
    text = self.renderInlineAsText(token.children, options, env)
    if address.startswith("attachment:"):
        found = env["pictures"].get(address.removeprefix("attachment:"))
    else:
        found = address if is_embedded_picture(address) else None
    if found is None:
        return str(Markup("<em>[picture: {}]</em>").format(text or address))
    return str(Markup('<img src="{}" alt="{}">').format(found, escape(text)))

"""What of somebody's HTML may stand in a page.

Two policies. *Plain* is for text that becomes part of the page itself: paragraphs, lists, tables, pictures that are
in it already, formulas; no styles, no classes, no ids. *Framed* is for what is shown in a frame of its own, see
``frame.py``: everything that can be looked at, but nothing that runs, loads, sends or goes elsewhere.

Both parse the HTML as a browser does and write it anew, so that no trick of spelling survives.
"""

from __future__ import annotations

import re
from functools import cache

import nh3
from markupsafe import Markup
from pygments.token import STANDARD_TYPES

from nbcheck.convert.filters.pictures import is_embedded_picture


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXT_TAGS = _words(
    "a abbr b bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub "
    "summary sup table tbody td tfoot th thead time tr tt u ul var wbr"
)
_MATH_TAGS = _words(
    "math annotation maction menclose merror mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts "
    "mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none semantics"
)
_MATH_ATTRIBUTES = _words(
    "accent accentunder columnalign columnlines columnspacing columnspan depth dir display displaystyle fence form "
    "frame height largeop linebreak linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize "
    "movablelimits notation rowalign rowlines rowspacing rowspan rspace scriptlevel separator stretchy symmetric "
    "voffset width"
)
_SVG_TAGS = _words(
    "svg circle clipPath defs desc ellipse feBlend feColorMatrix feComposite feFlood feGaussianBlur feMerge "
    "feMergeNode feOffset filter g line linearGradient marker mask metadata path pattern polygon polyline "
    "radialGradient rect stop symbol text textPath title tspan use"
)
_FRAMED_TAGS = (
    _TEXT_TAGS
    | _MATH_TAGS
    | _SVG_TAGS
    | _words(
        "address article aside button dialog dir fieldset font footer form header hgroup input label legend main "
        "menu meter nav optgroup option output progress section select style textarea"
    )
)
_TABLE_ATTRIBUTES = frozenset({"align", "colspan", "headers", "rowspan", "scope", "valign"})
_PLAIN_ATTRIBUTES: dict[str, frozenset[str]] = {
    "a": frozenset({"href", "title"}),
    "abbr": frozenset({"title"}),
    "bdo": frozenset({"dir"}),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
    "details": frozenset({"open"}),
    "img": frozenset({"alt", "height", "src", "title", "width"}),
    "li": frozenset({"value"}),
    "ol": frozenset({"reversed", "start", "type"}),
    "td": _TABLE_ATTRIBUTES,
    "th": _TABLE_ATTRIBUTES,
    "time": frozenset({"datetime"}),
    "code": frozenset({"class"}),
    "span": frozenset({"class"}),
    **dict.fromkeys(_MATH_TAGS, _MATH_ATTRIBUTES),
}
_FRAMED_ATTRIBUTES = _MATH_ATTRIBUTES | _words(
    "abbr align alt bgcolor border cellpadding cellspacing char charoff checked class clear color cols colspan content "
    "datetime dir disabled face headers height hidden high href hspace id label lang low max maxlength min multiple "
    "name noshade nowrap open optimum placeholder readonly reversed role rows rowspan scope selected shape size span "
    "src start style summary tabindex title type valign value vspace width wrap "
    # SVG
    "clip-path clip-rule clipPathUnits cx cy d dominant-baseline dx dy fill fill-opacity fill-rule filter filterUnits "
    "flood-color flood-opacity font-family font-size font-style font-weight fr fx fy gradientTransform gradientUnits "
    "in in2 letter-spacing marker-end marker-mid marker-start markerHeight markerUnits markerWidth mask mode offset "
    "opacity operator orient pathLength patternTransform patternUnits points preserveAspectRatio r refX refY rotate "
    "rx ry shape-rendering stdDeviation stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset "
    "stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-anchor text-decoration "
    "text-rendering textLength transform vector-effect viewBox visibility word-spacing x x1 x2 xlink:href xml:space "
    "y y1 y2"
)
_POINTING = frozenset({"href", "src", "xlink:href"})
_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
# Classes of coloured source code; any other class could borrow the looks of the page.
_CODE_CLASSES = frozenset(STANDARD_TYPES.values()) | {"tex"}


def sanitise_plain(source: str) -> Markup:
    """Return HTML that may stand in a page: text, tables, embedded pictures and formulas, without any style."""
    return Markup(_plain().clean(source))  # noqa: S704 (this is where it becomes safe)


def sanitise_framed(source: str) -> str:
    """Return HTML that may stand in a sandboxed frame: with its styles, but without scripts and addresses."""
    return _framed().clean(source)


@cache
def _plain() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TEXT_TAGS | _MATH_TAGS),
        attributes={tag: set(names) for tag, names in _PLAIN_ATTRIBUTES.items()},
        attribute_filter=_filter_plain,
        clean_content_tags={"script", "style", "svg", "template", "textarea", "title"},
        url_schemes={"data", "http", "https", "mailto"},
    )


@cache
def _framed() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_FRAMED_TAGS),
        attributes={"*": set(_FRAMED_ATTRIBUTES)},
        attribute_filter=_filter_framed,
        clean_content_tags={"script", "template"},
        generic_attribute_prefixes={"aria-", "data-"},
        url_schemes={"data"},
        link_rel=None,
    )


def _filter_plain(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if _LINK.match(value) else None
    if name == "src":
        return value if is_embedded_picture(value) else None
    if name == "class":
        return value if value in _CODE_CLASSES else None
    return value


def _filter_framed(tag: str, name: str, value: str) -> str | None:
    # A link out of the frame would be followed inside of it, where nothing can be loaded.
    if name in _POINTING:
        return value if value.startswith("#") or (name == "src" and is_embedded_picture(value)) else None
    return value

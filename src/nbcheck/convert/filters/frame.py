"""Rich HTML in a frame: it is shown with its own styles, apart from the page, and can do nothing.

Three walls, each of which would do: the HTML is sanitised; the frame is sandboxed without any permission, so that no
script runs, no form is sent and no window opens; and the policy in its first element forbids loading anything but
what the HTML itself holds.
"""

from __future__ import annotations

import re

from markupsafe import Markup

from nbcheck.convert.filters.sanitise import sanitise_framed

FRAME_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:"
"""Content security policy of what is in a frame."""

_HEAD = (
    f'<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="{FRAME_POLICY}"><meta charset="utf-8">'
    "<style>html{color-scheme:light;background:#fff;color:#111}body{margin:8px;"
    "font:14px/1.45 system-ui,sans-serif}table{border-collapse:collapse}</style>"
)
# Height of a frame cannot be measured from outside, so it is estimated: pixels by what takes a line of its own.
_LINE = re.compile(r"<(?:br|dd|div|dt|h[1-6]|hr|li|p|tr)\b", re.IGNORECASE)
_LEAST, _MOST, _PER_LINE, _PER_CHARACTERS = 60, 480, 24, 90
_HEIGHT = re.compile(
    r"""<(?:svg|img|div|canvas)\b[^>]*?\bheight\s*[:=]\s*["']?(\d{2,4})(?:px|["'\s;])""", re.IGNORECASE
)
_TAG = re.compile(r"<[^>]*>")


def frame(source: str, title: str) -> Markup:
    """Return an ``iframe`` that shows HTML.

    Args:
        source: whatever HTML.
        title: what it is, for screen readers.
    """
    inside = sanitise_framed(source)
    return Markup(
        '<iframe class="framed" sandbox="" referrerpolicy="no-referrer" loading="lazy" title="{}" '
        'style="height:{}px" srcdoc="{}"></iframe>'
    ).format(title, estimate_height(inside), _HEAD + inside)


def estimate_height(source: str) -> int:
    """Estimate how much room sanitised HTML takes, in pixels, between 60 and 480."""
    text = re.sub(r"(?is)<style\b.*?</style>", "", source)
    lines = len(_LINE.findall(text)) + len(_TAG.sub("", text)) // _PER_CHARACTERS
    given = max((int(found) for found in _HEIGHT.findall(text)), default=0)
    return max(_LEAST, min(_MOST, max(lines * _PER_LINE + 32, given + 24)))


def shows_something(source: str) -> bool:
    """Whether there is anything to see once scripts are taken out: text, a picture, a form element."""
    inside = re.sub(r"(?is)<(style|title|desc|metadata)\b.*?</\1>", "", sanitise_framed(source))
    return bool(_TAG.sub("", inside).strip()) or bool(
        re.search(r"<(?:img|input|meter|progress|svg|hr)\b", inside)
    )

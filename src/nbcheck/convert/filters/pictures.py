"""Pictures as addresses that hold the picture itself.

An SVG is shown by ``img`` and never put into the page: there its scripts do not run and it loads nothing.
"""

from __future__ import annotations

import base64
import binascii
import re

_SIGNATURES = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
    "image/bmp": (b"BM",),
}
SVG = "image/svg+xml"
"""The one type of picture that is text."""
MIMETYPES = (SVG, *_SIGNATURES)
"""Types that can be shown."""
_EMBEDDED = re.compile(r"data:image/(?:png|jpeg|gif|webp|bmp|svg\+xml)[;,]", re.IGNORECASE)


def picture_address(mimetype: str, value: object) -> str | None:
    """Make an address for ``img``.

    Args:
        mimetype: one of :data:`MIMETYPES`.
        value: base64 text, or the source of an SVG.

    Returns:
        A ``data:`` address; None when the value is no picture of that type.
    """
    if not isinstance(value, str):
        return None
    if mimetype == SVG:
        if "<svg" not in value:
            return None
        # ASCII, which base64 needs: what is not becomes a character reference, and XML has none for surrogates.
        text = value.encode("utf-8", "replace").decode()
        data = text.encode("ascii", "xmlcharrefreplace")
    else:
        decoded = _decode(value)
        if decoded is None or not decoded.startswith(_SIGNATURES[mimetype]):
            return None
        data = decoded
    return f"data:{mimetype};base64,{base64.b64encode(data).decode('ascii')}"


def is_embedded_picture(address: str) -> bool:
    """Whether an address holds a picture itself, so that a page need not load it."""
    return _EMBEDDED.match(address.strip()) is not None


def _decode(value: str) -> bytes | None:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None

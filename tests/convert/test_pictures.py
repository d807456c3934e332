"""Pictures as addresses."""

from __future__ import annotations

import base64

import pytest

from nbcheck.convert.filters.pictures import is_embedded_picture, picture_address

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()


@pytest.mark.parametrize(
    ("mimetype", "value", "address"),
    [
        ("image/png", PNG, f"data:image/png;base64,{PNG}"),
        ("image/png", PNG[:8] + "\n" + PNG[8:] + "\n", f"data:image/png;base64,{PNG}"),
        ("image/jpeg", PNG, None),
        ("image/png", "not base64!", None),
        ("image/png", '"><script>', None),
        ("image/png", "", None),
        ("image/png", {"a": 1}, None),
        ("image/svg+xml", "<svg/>", "data:image/svg+xml;base64,PHN2Zy8+"),
        ("image/svg+xml", "no picture", None),
    ],
)
def test_addresses(mimetype: str, value: object, address: str | None) -> None:
    assert picture_address(mimetype, value) == address


def test_an_svg_with_any_characters() -> None:
    address = picture_address("image/svg+xml", "<svg>\u00e9 \ud800</svg>")
    assert address is not None
    assert base64.b64decode(address.partition(",")[2]) == b"<svg>&#233; ?</svg>"


@pytest.mark.parametrize(
    ("address", "is_embedded"),
    [
        ("data:image/png;base64,AA==", True),
        (" DATA:image/svg+xml,<svg/>", True),
        ("data:text/html,<script>", False),
        ("data:image/png-evil;base64,AA==", False),
        ("https://example.org/x.png", False),
        ("x.png", False),
    ],
)
def test_what_need_not_be_loaded(address: str, is_embedded: bool) -> None:
    assert is_embedded_picture(address) is is_embedded

"""The picture of a difference between two pictures: the fresh one pale, with what differs in colour."""

from __future__ import annotations

import base64
import io
import math
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 4_000_000
"""Larger pictures are scaled down: a report holds many of them."""

_MAX_COUNTED = 20_000_000
"""Pixels of a picture above which nothing is counted."""

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
"""What is decoded. Pillow could open 40 formats, one of them by starting Ghostscript."""

DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error)
"""What Pillow's decoders raise on damaged files; UnidentifiedImageError is an OSError."""

# A pixel is an index into a palette: 16 greys, those greys in two tints, two marks. So four million pixels of noise
# are a file of 2 MB.
_GREYS = 16
_BOTH, _EXPECTED_ONLY, _ACTUAL_ONLY, _DIFFERING, _NEITHER = (_GREYS * step for step in range(5))
_TINTS = ((255, 255, 255), (255, 225, 120), (140, 200, 255))
_RED, _DARK = (230, 0, 50), (120, 120, 120)
_DARKEST = 176


def draw_difference(expected: Image.Image, actual: Image.Image, differing: Image.Image) -> str:
    """Draw where two pictures differ.

    Args:
        expected: stored picture, of any mode and size; of an animation, the frame at hand.
        actual: the picture just produced, likewise.
        differing: mode L, as large as what both have in common, 255 where they differ and else 0.

    Returns:
        A PNG in base64, see :attr:`nbcheck.compare.Difference.picture`.
    """
    from PIL import Image  # only unequal pictures need Pillow

    width, height = max(expected.width, actual.width), max(expected.height, actual.height)
    scale = min(1.0, math.sqrt(MAX_PIXELS / (width * height)))
    canvas = Image.new("L", _scaled((width, height), scale), _NEITHER)
    if expected.size != actual.size:
        canvas.paste(_shade(expected, scale, _EXPECTED_ONLY))
        canvas.paste(_shade(actual, scale, _ACTUAL_ONLY))
    common = _shade(actual.crop((0, 0, *differing.size)), scale, _BOTH)
    # Scaling down averages; a single pixel that differs must stay visible.
    mask = differing.resize(common.size, Image.Resampling.BOX).point([0] + [255] * 255)
    common.paste(_DIFFERING, (0, 0, *common.size), mask)
    canvas.paste(common)
    canvas.putpalette(_palette())
    file = io.BytesIO()
    canvas.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


def invert(picture: str) -> str:
    """Return the negative of a base64 picture as a base64 PNG; the same text when it cannot be decoded."""
    from PIL import Image, ImageChops

    try:
        with Image.open(io.BytesIO(base64.b64decode(picture)), formats=FORMATS) as opened:
            negative = ImageChops.invert(opened.convert("RGB"))
    except DAMAGE:
        return picture
    file = io.BytesIO()
    negative.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


def count_odd(pictures: Sequence[str], channel_tolerance: int) -> tuple[int, int, int] | None:
    """Count the pixels in which one of three pictures differs and the other two are equal.

    Args:
        pictures: three in base64.
        channel_tolerance: how far a channel may be off, of 255.

    Returns:
        The count for each of them, all pixels where it alone is of another size; None when they cannot be decoded.
    """
    from PIL import Image, ImageChops

    decoded = []
    for picture in pictures:
        try:
            with Image.open(io.BytesIO(base64.b64decode(picture)), formats=FORMATS) as opened:
                if opened.width * opened.height > _MAX_COUNTED:
                    return None
                decoded.append(opened.convert("RGBA"))
        except DAMAGE:
            return None
    sizes = [one.size for one in decoded]
    if len(set(sizes)) > 1:
        odd_sizes = [width * height * (sizes.count((width, height)) == 1) for width, height in sizes]
        return (odd_sizes[0], odd_sizes[1], odd_sizes[2]) if len(set(sizes)) == 2 else (0, 0, 0)

    def differing(one: Image.Image, other: Image.Image) -> Image.Image:
        first, *others = ImageChops.difference(one, other).split()
        for channel in others:
            first = ImageChops.lighter(first, channel)
        return first.point([0] * (channel_tolerance + 1) + [255] * (255 - channel_tolerance))

    masks = [differing(decoded[place - 1], decoded[place - 2]) for place in range(3)]  # of the two others

    def odd(place: int) -> int:
        """Count where the two others are equal, and both differ from this one."""
        both = ImageChops.darker(masks[place - 1], masks[place - 2])
        return ImageChops.darker(both, ImageChops.invert(masks[place])).histogram()[255]

    return odd(0), odd(1), odd(2)


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    width, height = (min(max(1, int(length * scale)), MAX_PIXELS) for length in size)
    return width, height


def _shade(picture: Image.Image, scale: float, tint: int) -> Image.Image:
    """Make the palette indices of a picture on white paper in one tint."""
    from PIL import Image, ImageChops

    size = _scaled(picture.size, scale)
    if scale < 0.5 and picture.mode in ("L", "LA", "RGB", "RGBA"):
        picture = picture.reduce(int(1 / scale))  # spares the conversions below most of a large picture
    *colours, alpha = picture.convert("RGBA").convert("RGBa").split()
    grey = Image.merge("RGB", colours).convert("L")
    on_paper = ImageChops.add(grey, ImageChops.invert(alpha))
    small = on_paper.resize(size, Image.Resampling.BOX)
    return small.point([tint + value * _GREYS // 256 for value in range(256)])


def _palette() -> list[int]:
    greys = [_DARKEST + (255 - _DARKEST) * level // (_GREYS - 1) for level in range(_GREYS)]
    colours = [tuple(grey * part // 255 for part in tint) for tint in _TINTS for grey in greys]
    colours += [_RED] * _GREYS + [_DARK]
    return [part for colour in colours for part in colour]

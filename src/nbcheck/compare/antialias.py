"""Pixels that differ only because an edge was smoothed in another way.

A pixel is of a smoothed edge when it lies between a darker and a brighter neighbour of which one belongs to an area in
both pictures. Lines that moved, and areas that changed, are none.

Source: V. Vysniauskas, "Anti-aliased Pixel and Intensity Slope Detector" (2009), as mapbox/pixelmatch applies it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

# Neighbours of one colour, from which a pixel belongs to an area. Beyond the edge of a picture lies one.
_AREA = 3
# The detector looks at the neighbours of neighbours.
_MARGIN = 2


def without_antialiasing(
    expected: Image.Image,
    actual: Image.Image,
    differing: Image.Image,
    *,
    budget: float,
    clock: Callable[[], float] = time.monotonic,
) -> Image.Image:
    """Leave out of a mask what is of a smoothed edge in either picture.

    Args:
        expected: stored picture, 8 bits a channel.
        actual: the picture just produced, of the same size.
        differing: mode L, 255 where they differ and else 0.
        budget: seconds; pixels that were not looked at by then stay.
        clock: monotonic seconds.

    Returns:
        Such a mask.
    """
    from PIL import Image  # only unequal pictures need Pillow

    box = differing.getbbox()
    if box is None:
        return differing
    box = (
        max(0, box[0] - _MARGIN),
        max(0, box[1] - _MARGIN),
        min(differing.width, box[2] + _MARGIN),
        min(differing.height, box[3] + _MARGIN),
    )
    sides = _Side.of(expected.crop(box)), _Side.of(actual.crop(box))
    mask = bytearray(differing.crop(box).tobytes())
    deadline = clock() + budget
    width = sides[0].width
    place = mask.find(255)
    while place >= 0 and clock() < deadline:
        y, x = divmod(place, width)
        if _is_smoothed(sides[0], sides[1], x, y) or _is_smoothed(sides[1], sides[0], x, y):
            mask[place] = 0
        place = mask.find(255, place + 1)
    left = differing.copy()
    left.paste(Image.frombytes("L", (width, sides[0].height), bytes(mask)), box)
    return left


@dataclass(frozen=True, slots=True)
class _Side:
    """One picture on white paper."""

    width: int
    height: int
    colours: list[tuple[int, int, int]]
    """Row by row."""
    greys: bytes
    """Brightness, row by row."""

    @classmethod
    def of(cls, picture: Image.Image) -> _Side:
        from PIL import Image

        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        shown = Image.alpha_composite(paper, layer).convert("RGB")
        data = shown.tobytes()
        colours = list(zip(data[0::3], data[1::3], data[2::3], strict=True))
        return cls(*shown.size, colours, shown.convert("L").tobytes())

    def around(self, x: int, y: int) -> Iterator[tuple[int, int]]:
        """The neighbours of a pixel: up to eight."""
        for row in range(max(0, y - 1), min(self.height, y + 2)):
            for column in range(max(0, x - 1), min(self.width, x + 2)):
                if row != y or column != x:
                    yield column, row

    def is_at_edge(self, x: int, y: int) -> bool:
        return x in (0, self.width - 1) or y in (0, self.height - 1)

    def is_in_area(self, x: int, y: int) -> bool:
        """Whether a pixel has several neighbours of its very colour."""
        colour = self.colours[y * self.width + x]
        same = sum(self.colours[row * self.width + column] == colour for column, row in self.around(x, y))
        return same + self.is_at_edge(x, y) >= _AREA


def _is_smoothed(picture: _Side, other: _Side, x: int, y: int) -> bool:
    """Whether a pixel of one picture is of a smoothed edge; the other one must have the areas beside it, too."""
    grey = picture.greys[y * picture.width + x]
    darkest = brightest = grey
    dark = bright = (x, y)
    same = int(picture.is_at_edge(x, y))
    for column, row in picture.around(x, y):
        value = picture.greys[row * picture.width + column]
        if value == grey:
            same += 1
            if same >= _AREA:
                return False
        elif value < darkest:
            darkest, dark = value, (column, row)
        elif value > brightest:
            brightest, bright = value, (column, row)
    if grey in (darkest, brightest):
        return False
    return any(picture.is_in_area(*place) and other.is_in_area(*place) for place in (dark, bright))

"""Pictures: the pixels decide, not the bytes."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from nbcheck.compare.antialias import without_antialiasing
from nbcheck.compare.base import CompareMode, CompareOptions, Difference, DifferenceKind
from nbcheck.compare.picture import DAMAGE, FORMATS, draw_difference

if TYPE_CHECKING:
    from PIL import Image

# Both pictures of this size decode to 400 MB; a notebook that shows more is compared by its bytes.
_MAX_PIXELS = 50_000_000
# Pixels are compared in bands of rows, since each step makes copies.
_BAND_PIXELS = 2_000_000
# Characters of a program's name; a file may claim anything.
_MAX_PROGRAM = 80
# Modes with more than 8 bits a channel, which a conversion to RGBA would clip.
_DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")


class ImageComparer:
    """Judges PNG, JPEG, GIF and WebP by decoded pixels."""

    mimetypes: Sequence[str] = ("image/png", "image/jpeg", "image/gif", "image/webp")
    priority = 10

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two base64 pictures; see :class:`nbcheck.compare.base.Comparer`."""
        if expected == actual:
            return None
        try:
            files = [base64.b64decode(value.encode("ascii")) for value in (expected, actual)]
        except (binascii.Error, UnicodeEncodeError):
            return _changed("not both are base64", expected, actual)
        if files[0] == files[1]:
            return None
        if options.mode is CompareMode.EXACT:
            return _changed(f"{len(files[0]):,} bytes became other {len(files[1]):,} bytes", expected, actual)
        found = _compare_files(files[0], files[1], options)
        if found is None:
            return None
        difference = _changed(found.summary, expected, actual, found.picture)
        return replace(difference, details=found.details, programs=found.programs)


def _changed(summary: str, expected: Any, actual: Any, picture: str | None = None) -> Difference:
    return Difference(
        kind=DifferenceKind.CHANGED,
        place="",
        summary=summary,
        expected=expected,
        actual=actual,
        picture=picture,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """How two pictures differ."""

    summary: str
    """One line for people."""
    picture: str | None = None
    """What :attr:`Difference.picture` says."""
    details: tuple[str, ...] = ()
    """Remarks for people."""
    programs: tuple[str, str] | None = None
    """What :attr:`Difference.programs` says."""


def _compare_files(expected: bytes, actual: bytes, options: CompareOptions) -> _Found | None:
    """Find how two pictures differ; None when they do not."""
    from PIL import Image  # only unequal pictures need Pillow

    pictures: list[Image.Image] = []
    side = "stored"
    with warnings.catch_warnings():
        # Of bombs, of which our own limit is the one that counts, and of damage that the pixels will tell.
        warnings.simplefilter("ignore")
        try:
            for side, data in (("stored", expected), ("fresh", actual)):
                picture = Image.open(io.BytesIO(data), formats=FORMATS)
                frames = getattr(picture, "n_frames", 1)
                if picture.width * picture.height * frames > _MAX_PIXELS:
                    return _Found(
                        f"bytes differ; the {side} picture is too large to decode ({_size(picture)})"
                    )
                pictures.append(picture)
            found = _compare_pictures(pictures[0], pictures[1], options)
            return replace(found, programs=_programs(pictures)) if found is not None else None
        except Image.DecompressionBombError:
            return _Found(f"bytes differ; the {side} picture is too large to decode")
        except DAMAGE as error:
            which = f"the {side} picture" if len(pictures) < 2 else "a picture"
            return _Found(f"bytes differ; {which} cannot be decoded ({type(error).__name__})")


def _compare_pictures(expected: Image.Image, actual: Image.Image, options: CompareOptions) -> _Found | None:
    if expected.size != actual.size:
        picture = _draw_sizes(expected, actual, options.image_channel_tolerance)
        return _Found(f"size {_size(expected)} became {_size(actual)}", picture)
    counts = getattr(expected, "n_frames", 1), getattr(actual, "n_frames", 1)
    if counts[0] != counts[1]:
        return _Found(f"{counts[0]} frames became {counts[1]}")
    for number, (one, other) in enumerate(zip(_frames(expected), _frames(actual), strict=True), start=1):
        found = _compare_frames(one, other, options)
        if found is not None:
            place = f"frame {number} of {counts[0]}: " if counts[0] > 1 else ""
            return replace(found, summary=place + found.summary)
    if counts[0] > 1 and _timing(expected) != _timing(actual):
        return _Found("the frames' timing differs")
    return None


def _programs(pictures: Sequence[Image.Image]) -> tuple[str, str] | None:
    """What made two pictures, as matplotlib and others write it into the file; None when it is not known."""
    names = [picture.info.get("Software") for picture in pictures]
    if not all(isinstance(name, str) and name for name in names):
        return None
    return str(names[0])[:_MAX_PROGRAM], str(names[1])[:_MAX_PROGRAM]


def _frames(picture: Image.Image) -> Iterator[Image.Image]:
    for index in range(getattr(picture, "n_frames", 1)):
        if index:
            picture.seek(index)
        yield picture


def _timing(picture: Image.Image) -> tuple[Any, Any]:
    return picture.info.get("duration"), picture.info.get("loop")


def _compare_frames(expected: Image.Image, actual: Image.Image, options: CompareOptions) -> _Found | None:
    deep = [picture.mode in _DEEP_MODES for picture in (expected, actual)]
    if any(deep) and expected.mode != actual.mode:
        return _Found(f"pixels differ ({expected.mode} against {actual.mode}, more than 8 bits a channel)")
    distances = _distances(expected, actual)
    differing = _beyond(distances, 0 if any(deep) else options.image_channel_tolerance)
    box = differing.getbbox()
    if box is None:
        return None
    count, total = differing.histogram()[255], differing.width * differing.height
    details: tuple[str, ...] = ()
    if options.image_antialiasing and count > options.image_share * total and not any(deep):
        differing = without_antialiasing(expected, actual, differing, budget=options.budget)
        smoothed, count = count, differing.histogram()[255]
        box = differing.getbbox() or box
        if smoothed > count:
            what = "pixel differs" if smoothed - count == 1 else "pixels differ"
            details = (f"{smoothed - count:,} more {what} by antialiasing only",)
    if count <= options.image_share * total:
        return None
    by = "in more than 8 bits a channel" if any(deep) else f"by up to {distances.getextrema()[1]:g} of 255"
    return _Found(
        f"{count:,} of {total:,} pixels differ ({_percent(100 * count / total)}), "
        f"in x {box[0]} to {box[2] - 1}, y {box[1]} to {box[3] - 1}, {by}",
        draw_difference(expected, actual, differing),
        details,
    )


def _distances(expected: Image.Image, actual: Image.Image) -> Image.Image:
    """Mode L, for each pixel the largest distance of a channel. Two pictures of a deep mode: of a byte."""
    from PIL import Image, ImageChops

    distances = Image.new("L", expected.size)
    rows = max(1, _BAND_PIXELS // expected.width)
    for top in range(0, expected.height, rows):
        band = (0, top, expected.width, min(top + rows, expected.height))
        pairs = zip(_channels(expected.crop(band)), _channels(actual.crop(band)), strict=True)
        channels = [ImageChops.difference(one, other) for one, other in pairs]
        distances.paste(reduce(ImageChops.lighter, channels), band)
    return distances


def _channels(picture: Image.Image) -> list[Image.Image]:
    from PIL import Image

    if picture.mode in _DEEP_MODES:
        data = picture.tobytes()
        width = len(data) // (picture.width * picture.height)
        return [Image.frombytes("L", picture.size, data[byte::width]) for byte in range(width)]
    # Premultiplied, so that pixels nobody can see do not count.
    return list(picture.convert("RGBA").convert("RGBa").split())


def _beyond(distances: Image.Image, tolerance: int) -> Image.Image:
    return distances.point([0] * (tolerance + 1) + [255] * (255 - tolerance))


def _draw_sizes(expected: Image.Image, actual: Image.Image, tolerance: int) -> str | None:
    """Draw pictures of different sizes, laid on each other at the top left."""
    if {expected.mode, actual.mode} & set(_DEEP_MODES):
        return None
    common = (0, 0, min(expected.width, actual.width), min(expected.height, actual.height))
    try:
        differing = _beyond(_distances(expected.crop(common), actual.crop(common)), tolerance)
        return draw_difference(expected, actual, differing)
    except DAMAGE:
        return None  # the sizes tell the difference


def _percent(share: float) -> str:
    return f"{share:.2g} %" if share < 10 else f"{share:.0f} %"


def _size(picture: Image.Image) -> str:
    return f"{picture.width} x {picture.height}"

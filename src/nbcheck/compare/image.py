"""Pictures: the pixels decide, not the bytes."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nbcheck.compare.base import CompareMode, CompareOptions, Difference, DifferenceKind

if TYPE_CHECKING:
    from PIL import Image

# A 10,000 x 10,000 picture decodes to 400 MB; a notebook that shows more is compared by its bytes.
_MAX_PIXELS = 100_000_000
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
        said = _compare_files(files[0], files[1], options.image_channel_tolerance)
        return _changed(said, expected, actual) if said else None


def _changed(summary: str, expected: Any, actual: Any) -> Difference:
    return Difference(
        kind=DifferenceKind.CHANGED, place="", summary=summary, expected=expected, actual=actual
    )


def _compare_files(expected: bytes, actual: bytes, tolerance: int) -> str:
    """Say how two pictures differ; empty when they do not."""
    from PIL import Image, UnidentifiedImageError  # only unequal pictures need Pillow

    pictures: list[Image.Image] = []
    side = "stored"
    with warnings.catch_warnings():
        # Our own limit below is the one that counts.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            for side, data in (("stored", expected), ("fresh", actual)):
                picture = Image.open(io.BytesIO(data))
                frames = getattr(picture, "n_frames", 1)
                if picture.width * picture.height * frames > _MAX_PIXELS:
                    return f"bytes differ; the {side} picture is too large to decode ({_size(picture)})"
                pictures.append(picture)
            return _compare_pictures(pictures[0], pictures[1], tolerance)
        except Image.DecompressionBombError:
            return f"bytes differ; the {side} picture is too large to decode"
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
            # Pillow's decoders raise all of these on damaged files.
            which = f"the {side} picture" if len(pictures) < 2 else "a picture"
            return f"bytes differ; {which} cannot be decoded ({type(error).__name__})"


def _compare_pictures(expected: Image.Image, actual: Image.Image, tolerance: int) -> str:
    if expected.size != actual.size:
        return f"size {_size(expected)} became {_size(actual)}"
    counts = getattr(expected, "n_frames", 1), getattr(actual, "n_frames", 1)
    if counts[0] != counts[1]:
        return f"{counts[0]} frames became {counts[1]}"
    for number, (one, other) in enumerate(zip(_frames(expected), _frames(actual), strict=True), start=1):
        said = _compare_frames(one, other, tolerance)
        if said:
            return said if counts[0] == 1 else f"frame {number} of {counts[0]}: {said}"
    if counts[0] > 1 and _timing(expected) != _timing(actual):
        return "the frames' timing differs"
    return ""


def _frames(picture: Image.Image) -> Iterator[Image.Image]:
    for index in range(getattr(picture, "n_frames", 1)):
        if index:
            picture.seek(index)
        yield picture


def _timing(picture: Image.Image) -> tuple[Any, Any]:
    return picture.info.get("duration"), picture.info.get("loop")


def _compare_frames(expected: Image.Image, actual: Image.Image, tolerance: int) -> str:
    from PIL import ImageChops  # only unequal pictures need Pillow

    if expected.mode in _DEEP_MODES or actual.mode in _DEEP_MODES:
        same = expected.mode == actual.mode and expected.tobytes() == actual.tobytes()
        return (
            ""
            if same
            else f"pixels differ ({expected.mode} against {actual.mode}, more than 8 bits a channel)"
        )
    # Premultiplied, so that pixels nobody can see do not count.
    opaque = expected.mode == actual.mode == "RGB"
    one, other = (
        picture if opaque else picture.convert("RGBA").convert("RGBa") for picture in (expected, actual)
    )
    channels = [
        ImageChops.difference(first, second) for first, second in zip(one.split(), other.split(), strict=True)
    ]
    largest = channels[0]
    for channel in channels[1:]:
        largest = ImageChops.lighter(largest, channel)
    differing = largest.point([0] * (tolerance + 1) + [255] * (255 - tolerance))
    box = differing.getbbox()
    if box is None:
        return ""
    count = differing.histogram()[255]
    share = 100 * count / (one.width * one.height)
    top = largest.getextrema()[1]
    return (
        f"{count:,} of {one.width * one.height:,} pixels differ ({_percent(share)}), "
        f"in x {box[0]} to {box[2] - 1}, y {box[1]} to {box[3] - 1}, by up to {top:g} of 255"
    )


def _percent(share: float) -> str:
    return f"{share:.2g} %" if share < 10 else f"{share:.0f} %"


def _size(picture: Image.Image) -> str:
    return f"{picture.width} x {picture.height}"

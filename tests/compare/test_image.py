import base64
import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from nbcheck.compare import CompareOptions
from nbcheck.compare import image as module
from nbcheck.compare import picture as drawing
from nbcheck.compare.image import ImageComparer

OPTIONS = CompareOptions()


def png(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def summary(expected: str, actual: str) -> str:
    difference = ImageComparer().compare(expected, actual, OPTIONS)
    assert difference is not None
    return difference.summary


GREY = Image.new("RGB", (20, 10), (100, 100, 100))


def test_pixels_and_box_are_told() -> None:
    changed = GREY.copy()
    changed.putpixel((3, 4), (140, 100, 100))
    changed.putpixel((7, 5), (100, 100, 200))
    assert (
        summary(png(GREY), png(changed))
        == "2 of 200 pixels differ (1 %), in x 3 to 7, y 4 to 5, by up to 100 of 255"
    )


def test_all_pixels() -> None:
    said = summary(png(GREY), png(Image.new("RGB", (20, 10))))
    assert said == "200 of 200 pixels differ (100 %), in x 0 to 19, y 0 to 9, by up to 100 of 255"


def test_size() -> None:
    assert summary(png(GREY), png(GREY.resize((21, 10)))) == "size 20 x 10 became 21 x 10"


def picture(expected: Image.Image, actual: Image.Image) -> Image.Image:
    difference = ImageComparer().compare(png(expected), png(actual), OPTIONS)
    assert difference is not None
    assert difference.picture is not None
    drawn = Image.open(io.BytesIO(base64.b64decode(difference.picture)))
    assert (drawn.format, drawn.mode) == ("PNG", "P")
    return drawn.convert("RGB")


RED = (230, 0, 50)


def test_the_picture_marks_what_differs_on_a_pale_copy() -> None:
    changed = GREY.copy()
    changed.putpixel((3, 4), (200, 100, 100))
    drawn = picture(GREY, changed)
    assert drawn.size == (20, 10)
    assert drawn.getpixel((3, 4)) == RED
    assert drawn.getcolors() == [(199, (207, 207, 207)), (1, RED)]


def test_the_picture_stands_on_white_paper() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    changed = clear.copy()
    changed.putpixel((0, 0), (0, 0, 0, 255))
    assert picture(clear, changed).getcolors() == [(15, (255, 255, 255)), (1, RED)]


def test_the_picture_of_two_sizes_shows_what_only_one_side_has() -> None:
    wide, high = Image.new("L", (6, 2), 255), Image.new("L", (2, 5), 255)
    high.putpixel((1, 1), 0)
    drawn = picture(wide, high)
    assert drawn.size == (6, 5)
    at = {place: drawn.getpixel(place) for place in ((0, 0), (1, 1), (5, 1), (0, 4), (5, 4))}
    assert at == {
        (0, 0): (255, 255, 255),
        (1, 1): RED,
        (5, 1): (255, 225, 120),
        (0, 4): (140, 200, 255),
        (5, 4): (120, 120, 120),
    }


def test_a_large_picture_is_scaled_down_and_keeps_its_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MAX_PIXELS", 400)
    white = Image.new("L", (100, 100), 255)
    changed = white.copy()
    changed.putpixel((99, 42), 0)
    drawn = picture(white, changed)
    assert drawn.size == (20, 20)
    assert drawn.getcolors() == [(399, (255, 255, 255)), (1, RED)]
    assert drawn.getpixel((19, 8)) == RED


def test_a_long_strip_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MAX_PIXELS", 100)
    assert picture(Image.new("L", (1000, 1)), Image.new("L", (1000, 1), 255)).size == (100, 1)


def test_damage_behind_the_header_leaves_the_sizes() -> None:
    half = base64.b64encode(base64.b64decode(png(Image.effect_noise((64, 64), 9)))[:2000]).decode()
    difference = ImageComparer().compare(half, png(GREY), OPTIONS)
    assert difference is not None
    assert (difference.summary, difference.picture) == ("size 64 x 64 became 20 x 10", None)


def test_damaged_files() -> None:
    whole = png(GREY)
    assert summary(whole, whole[:40]) == (
        "bytes differ; the fresh picture cannot be decoded (UnidentifiedImageError)"
    )
    assert summary("aGk=", whole) == (
        "bytes differ; the stored picture cannot be decoded (UnidentifiedImageError)"
    )
    half = base64.b64encode(base64.b64decode(png(Image.effect_noise((64, 64), 9)))[:2000]).decode()
    assert (
        summary(png(Image.new("L", (64, 64))), half) == "bytes differ; a picture cannot be decoded (OSError)"
    )
    assert summary(whole, "\u00e9") == "not both are base64"


def test_bombs_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = png(GREY.transpose(Image.Transpose.ROTATE_90))
    monkeypatch.setattr(module, "_MAX_PIXELS", 199)
    assert summary(png(GREY), changed) == "bytes differ; the stored picture is too large to decode (20 x 10)"
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert summary(png(GREY), changed) == "bytes differ; the stored picture is too large to decode"


@pytest.mark.parametrize(
    ("options", "is_equal"),
    [
        (CompareOptions(), False),
        (CompareOptions(image_channel_tolerance=40), True),
        (CompareOptions(image_channel_tolerance=39), False),
        (CompareOptions(image_share=0.01), True),
        (CompareOptions(image_share=0.009), False),
    ],
)
def test_tolerances(options: CompareOptions, is_equal: bool) -> None:
    changed = GREY.copy()
    for place in ((3, 4), (7, 5)):
        changed.putpixel(place, (140, 100, 100))
    assert (ImageComparer().compare(png(GREY), png(changed), options) is None) is is_equal


def encoded(picture: Image.Image, form: str, **options: Any) -> str:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return base64.b64encode(file.getvalue()).decode()


def png_header(width: int, height: int, *chunks: tuple[bytes, bytes]) -> str:
    """A PNG that says it is so large, and has no pixels."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), *chunks, (b"IEND", b"")]
    data = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + data).decode()


@pytest.mark.parametrize(
    ("width", "height", "said"),
    [
        (8_000, 8_000, " (8000 x 8000)"),
        (11_000, 11_000, " (11000 x 11000)"),
        (100_000, 100_000, ""),
    ],
)
def test_a_bomb_of_pixels(width: int, height: int, said: str) -> None:
    bomb = png_header(width, height)
    assert summary(png(GREY), bomb) == f"bytes differ; the fresh picture is too large to decode{said}"
    assert summary(bomb, png(GREY)) == f"bytes differ; the stored picture is too large to decode{said}"


def test_a_bomb_of_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_PIXELS", 999)
    frames = [Image.new("L", (20, 10), level) for level in range(5)]
    bomb = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert summary(bomb, png(GREY)) == "bytes differ; the stored picture is too large to decode (20 x 10)"


def test_a_bomb_in_a_text_chunk() -> None:
    bomb = png_header(2, 2, (b"zTXt", b"Comment\0\0" + zlib.compress(b" " * 3_000_000)))
    assert summary(png(GREY), bomb) == "bytes differ; the fresh picture cannot be decoded (ValueError)"


def test_other_formats_under_a_known_type_are_not_opened() -> None:
    script = base64.b64encode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n").decode()
    assert summary(png(GREY), script) == (
        "bytes differ; the fresh picture cannot be decoded (UnidentifiedImageError)"
    )


@pytest.mark.parametrize("nothing", ["", "\n"])
def test_no_data(nothing: str) -> None:
    assert summary(png(GREY), nothing) == (
        "bytes differ; the fresh picture cannot be decoded (UnidentifiedImageError)"
    )
    assert ImageComparer().compare("", "\n", OPTIONS) is None


def test_line_breaks_in_base64_are_noise() -> None:
    flat = png(Image.effect_noise((30, 30), 50))
    wrapped = "".join(f"{flat[start : start + 76]}\n" for start in range(0, len(flat), 76))
    for spelling in (f"{flat}\n", wrapped, wrapped.replace("\n", "\r\n")):
        assert ImageComparer().compare(flat, spelling, OPTIONS) is None


NOISE = Image.effect_noise((16, 12), 60)


def deep(factor: int) -> Image.Image:
    return NOISE.convert("I").point(lambda level: level * factor + 0).convert("I;16")


PALETTE = NOISE.convert("P")


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (png(NOISE), png(NOISE.convert("RGB"))),
        (png(NOISE), png(NOISE.convert("RGBA"))),
        (png(NOISE), png(NOISE.convert("LA"))),
        (png(NOISE), png(PALETTE)),
        (png(NOISE.convert("1")), png(NOISE.convert("1").convert("RGB"))),
        (
            encoded(PALETTE, "PNG", transparency=bytes(range(256))),
            encoded(PALETTE.convert("P"), "PNG", transparency=bytes(range(256)), optimize=True),
        ),
        (
            encoded(NOISE.convert("CMYK"), "JPEG", quality=95),
            encoded(NOISE.convert("CMYK"), "JPEG", quality=96),
        ),
        (encoded(deep(200), "PNG"), encoded(deep(200), "PNG", compress_level=1)),
        (
            encoded(NOISE, "WEBP", lossless=True),
            encoded(NOISE.convert("RGBA"), "WEBP", lossless=True, method=0),
        ),
    ],
    ids=["RGB", "RGBA", "LA", "P", "1", "P with alpha", "CMYK", "I;16", "WebP"],
)
def test_the_same_pixels_in_another_mode_or_file(expected: str, actual: str) -> None:
    assert expected != actual
    difference = ImageComparer().compare(expected, actual, CompareOptions(image_channel_tolerance=12))
    assert difference is None


def with_a_dot(picture: Image.Image, colour: Any) -> Image.Image:
    changed = picture.copy()
    changed.putpixel((5, 6), colour)
    return changed


@pytest.mark.parametrize(
    ("plain", "dot", "form"),
    [
        (Image.new("1", (16, 12)), 1, "PNG"),
        (Image.new("L", (16, 12)), 90, "PNG"),
        (Image.new("P", (16, 12)), 77, "PNG"),
        (Image.new("LA", (16, 12), (200, 255)), (200, 100), "PNG"),
        (Image.new("RGBA", (16, 12), (200, 0, 0, 255)), (200, 0, 0, 100), "PNG"),
        (Image.new("I;16", (16, 12)), 1, "PNG"),
        (Image.new("RGB", (16, 12)), (99, 0, 0), "GIF"),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else "",
)
def test_one_pixel_in_any_mode(plain: Image.Image, dot: Any, form: str) -> None:
    if plain.mode == "P":
        plain.putpalette([level for grey in range(256) for level in (grey, grey, grey)])
    said = summary(encoded(plain, form), encoded(with_a_dot(plain, dot), form))
    assert said.startswith("1 of 192 pixels differ (0.52 %), in x 5 to 5, y 6 to 6, ")


def test_deep_pictures_of_other_depth_and_size() -> None:
    assert summary(encoded(deep(200), "PNG"), png(NOISE)) in (
        "pixels differ (I;16 against L, more than 8 bits a channel)",
        "pixels differ (I against L, more than 8 bits a channel)",  # early releases of Pillow
    )
    difference = ImageComparer().compare(encoded(deep(200), "PNG"), png(GREY), OPTIONS)
    assert difference is not None
    assert (difference.summary, difference.picture) == ("size 16 x 12 became 20 x 10", None)


def test_animations() -> None:
    frames = [Image.new("L", (16, 12), 80 * number) for number in range(3)]

    def gif(*pictures: Image.Image, duration: int = 50) -> str:
        return encoded(
            pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=duration, loop=0
        )

    same = gif(*frames)
    assert ImageComparer().compare(same, gif(*frames), OPTIONS) is None
    assert summary(same, gif(*frames[:2])) == "3 frames became 2"
    assert summary(same, gif(*frames, duration=90)) == "the frames' timing differs"
    changed = ImageComparer().compare(same, gif(frames[0], with_a_dot(frames[1], 255), frames[2]), OPTIONS)
    assert changed is not None
    assert changed.summary.startswith(
        "frame 2 of 3: 1 of 192 pixels differ (0.52 %), in x 5 to 5, y 6 to 6, "
    )
    assert changed.picture is not None


@given(
    st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]),
    st.integers(0, 10_000),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4),
)
@settings(deadline=None)
def test_damage_never_raises_and_never_passes_for_other_pixels(
    form: str, stop: int, changes: list[tuple[int, int]]
) -> None:
    whole = bytearray(base64.b64decode(encoded(NOISE, form)))
    for place, value in changes:
        whole[place % len(whole)] = value
    damaged = base64.b64encode(bytes(whole[: max(8, stop % len(whole))])).decode()
    assert ImageComparer().compare(png(GREY), damaged, OPTIONS) is not None


def test_bands_see_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BAND_PIXELS", 50)
    for row in range(12):
        changed = NOISE.copy()
        changed.putpixel((3, row), (NOISE.getpixel((3, row)) + 99) % 256)
        assert f"y {row} to {row}" in summary(png(NOISE), png(changed))


# ---- antialiasing

SMOOTH = CompareOptions(image_antialiasing=True)


def drawn(line: tuple[float, float, float, float], *, smooth: bool = True) -> Image.Image:
    """A black disc and a line on white, with edges smoothed by drawing them larger, or not."""
    scale = 4 if smooth else 1
    picture = Image.new("L", (60 * scale, 40 * scale), 255)
    pen = ImageDraw.Draw(picture)
    pen.ellipse([5 * scale, 5 * scale, 30 * scale, 30 * scale], fill=0)
    pen.line([place * scale for place in line], fill=0, width=3 * scale)
    return picture.resize((60, 40), Image.Resampling.BOX)


LINE = (20, 35, 55, 10)


def test_edges_that_are_smoothed_in_another_way_do_not_count() -> None:
    one, other = png(drawn(LINE)), png(drawn(LINE, smooth=False))
    for pair in ((one, other), (other, one)):
        plain, found = (ImageComparer().compare(*pair, options) for options in (OPTIONS, SMOOTH))
        assert plain is not None
        assert plain.summary.startswith("180 of 2,400 pixels differ")
        # The steps of the rougher drawing go a pixel too far here and there.
        assert found is not None
        assert found.summary.startswith("12 of 2,400 pixels differ")
    steep = drawn((20, 35, 20, 10)), drawn((20.25, 35, 20.25, 10))
    assert ImageComparer().compare(*map(png, steep), OPTIONS) is not None
    assert ImageComparer().compare(*map(png, steep), SMOOTH) is None


@pytest.mark.parametrize(
    "changed",
    [
        drawn((20, 33, 55, 8)),
        drawn((20, 35, 55, 30)),
        ImageChops.invert(drawn(LINE)),
        drawn(LINE).point([0] * 128 + [200] * 128),
    ],
)
def test_what_moved_or_changed_is_no_antialiasing(changed: Image.Image) -> None:
    found = ImageComparer().compare(png(drawn(LINE)), png(changed), SMOOTH)
    assert found is not None
    assert found.picture is not None


def test_a_single_dot_is_no_antialiasing() -> None:
    changed = GREY.copy()
    changed.putpixel((3, 4), (140, 100, 100))
    for pair in ((GREY, changed), (changed, GREY)):
        assert ImageComparer().compare(*map(png, pair), SMOOTH) is not None


def test_what_was_left_out_is_told() -> None:
    step = Image.new("L", (40, 40), 255)
    step.paste(0, (0, 0, 20, 40))
    step.paste(100, (20, 10, 21, 11))
    other = step.copy()
    other.paste(160, (20, 10, 21, 11))
    assert ImageComparer().compare(png(step), png(other), SMOOTH) is None
    other.paste(0, (30, 30, 35, 35))
    found = ImageComparer().compare(png(step), png(other), SMOOTH)
    assert found is not None
    assert found.summary.startswith("25 of 1,600 pixels differ (1.6 %), in x 30 to 34")
    assert found.details == ("1 more pixel differs by antialiasing only",)


def test_what_there_is_no_time_for_counts() -> None:
    one, other = png(drawn(LINE)), png(drawn(LINE, smooth=False))
    found = ImageComparer().compare(one, other, CompareOptions(image_antialiasing=True, budget=0))
    plain = ImageComparer().compare(one, other, OPTIONS)
    assert found is not None
    assert plain is not None
    assert found.summary == plain.summary


def test_the_odd_one_of_three_pictures() -> None:
    def dots(*places: tuple[int, int], size: int = 20) -> str:
        image = Image.new("RGB", (size, size), "white")
        for place in places:
            image.putpixel(place, (0, 0, 0))
        file = io.BytesIO()
        image.save(file, "PNG")
        return base64.b64encode(file.getvalue()).decode()

    same, one, two = dots((1, 1)), dots((1, 1), (2, 2)), dots((1, 1), (3, 3), (4, 4))
    assert drawing.count_odd([same, same, same], 8) == (0, 0, 0)
    assert drawing.count_odd([same, one, two], 8) == (0, 1, 2)
    assert drawing.count_odd([dots(), one, one], 8) == (2, 0, 0)
    assert drawing.count_odd([dots(size=10), one, two], 8) == (100, 0, 0)
    assert drawing.count_odd([dots(size=10), dots(size=11), two], 8) == (0, 0, 0)
    assert drawing.count_odd([same, "no picture", two], 8) is None

import base64
import io

import pytest
from PIL import Image

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

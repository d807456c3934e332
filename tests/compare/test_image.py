import base64
import io

import pytest
from PIL import Image

from nbcheck.compare import CompareOptions
from nbcheck.compare import image as module
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

"""What differs between two fresh runs: told from a change, with the directive that masks it."""

from __future__ import annotations

import base64
import io
import random

import pytest
from PIL import Image

from helpers.nb import OutputDict, error, result, stderr, stdout
from helpers.two_runs import look
from nbcheck.results import Instability


def noise_picture(seed: int, share: float = 1.0) -> OutputDict:
    """A picture of 60 x 60 random pixels, as far as they are not white."""
    chance = random.Random(seed)
    image = Image.new("L", (60, 60), 255)
    for place in range(int(3600 * share)):
        image.putpixel((place % 60, place // 60), chance.randrange(256))
    file = io.BytesIO()
    image.save(file, "PNG")
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "<Figure>"}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def table(*values: str) -> OutputDict:
    rows = "".join(f"<tr><td>{number}</td><td>{value}</td></tr>" for number, value in enumerate(values))
    html = f"<table><tr><th>n</th><th>v</th></tr>{rows}</table>"
    return {
        "output_type": "display_data",
        "data": {"text/html": html, "text/plain": "\n".join(values)},
        "metadata": {},
    }


def json_output(value: object) -> OutputDict:
    return {"output_type": "display_data", "data": {"application/json": value}, "metadata": {}}


@pytest.mark.parametrize(
    ("stored", "first", "second", "directive"),
    [
        # random numbers
        (
            stdout("loss 0.731 s\n"),
            stdout("loss 0.694 s\n"),
            stdout("loss 0.512 s\n"),
            r"ignore-pattern=(?<=^loss )\d+\.\d+(?= s$)",
        ),
        (
            result("0.5"),
            result("1.2e-05"),
            result("0.25"),
            r"ignore-pattern=^[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$",
        ),
        (result("'3fa2'"), result("'99ab'"), result("'00cc'"), None),
        # the order of a set, where it is not printed as one
        (
            stdout("['b', 'a', 'c']\n"),
            stdout("['c', 'a', 'b']\n"),
            stdout("['a', 'c', 'b']\n"),
            "normalise=word-order",
        ),
        (stdout("tags: b, a\n"), stdout("tags: a, b\n"), stdout("tags: b, a\n"), "normalise=word-order"),
        (stdout("b\na\nc\n"), stdout("c\nb\na\n"), stdout("a\nc\nb\n"), "normalise=line-order"),
        # times
        (
            stdout("at 2026-01-02 10:11:12\n"),
            stdout("at 2026-11-24 17:50:19\n"),
            stdout("at 2026-11-24 17:50:21\n"),
            "normalise=dates",
        ),
        (
            stdout("took 5.02 s\n"),
            stdout("took 2.31 s\n"),
            stdout("took 2.48 s\n"),
            r"ignore-pattern=(?<=^took )\d+\.\d+(?= s$)",
        ),
        (
            stdout("took 12.2 ms\n"),
            stdout("took 2.31 ms\n"),
            stdout("took 980.0 ms\n"),
            r"ignore-pattern=(?<=^took )\d+\.\d+(?= ms$)",
        ),
        # rounding
        (stdout("sum 1.00000001\n"), stdout("sum 1.00000041\n"), stdout("sum 1.00000123\n"), "rtol=9e-07"),
        # a table and JSON, of which one place is random
        (table("1.5", "2.5"), table("1.5", "3.5"), table("1.5", "9.5"), r"ignore-pattern=^\d+\.\d+$"),
        (
            json_output({"a": 1, "b": 2}),
            json_output({"a": 1, "b": 3}),
            json_output({"a": 1, "b": 4}),
            "ignore-output=1",
        ),
        # pictures
        (noise_picture(1), noise_picture(2), noise_picture(3), "ignore-output=image/png"),
        (noise_picture(1, 0.01), noise_picture(2, 0.01), noise_picture(3, 0.01), "image-share=1%"),
        # what comes and goes
        (stderr(""), stderr("warning\n"), None, "ignore-output=stderr"),
        (None, stderr("warning\n"), None, "ignore-output=stderr"),
        (stderr("warning\n"), None, stderr("warning\n"), "ignore-output=stderr"),
        (stdout("a\n"), stdout("a\nb\n"), stdout("a\nb\nc\n"), "ignore-output=stdout"),
        # the second run gives what is stored
        (stdout("heads\n"), stdout("tails\n"), stdout("heads\n"), None),
        (
            error("ValueError", "bad 17"),
            error("ValueError", "bad 18"),
            error("ValueError", "bad 19"),
            r"ignore-pattern=(?<=^bad )\d+$",
        ),
    ],
)
def test_noise_is_unstable(
    stored: OutputDict | None, first: OutputDict | None, second: OutputDict | None, directive: str | None
) -> None:
    found = look(*([one] if one is not None else [] for one in (stored, first, second)))
    assert [one.is_all for one in found] == [True]
    if directive is not None:
        assert found[0].told.directive == directive


@pytest.mark.parametrize(
    ("stored", "first", "second"),
    [
        # another word beside a random number, and the other way round
        (stdout("cost 0.731 s\n"), stdout("loss 0.694 s\n"), stdout("loss 0.512 s\n")),
        (stdout("n 3\nloss 0.7\n"), stdout("n 4\nloss 0.6\n"), stdout("n 4\nloss 0.5\n")),
        (stdout("n 3, loss 0.7\n"), stdout("n 4, loss 0.6\n"), stdout("n 4, loss 0.5\n")),
        (stdout("acc 0.91\nacc 0.7\n"), stdout("acc 0.81\nacc 0.6\n"), stdout("acc 0.81\nacc 0.5\n")),
        # a number that is far from what rounding does
        (stdout("sum 1.05000001\n"), stdout("sum 1.00000041\n"), stdout("sum 1.00000123\n")),
        # a date that is data beside one that is not
        (
            stdout("until 2024-01-01, run 2026-01-02 10:11:12\n"),
            stdout("until 2025-01-01, run 2026-11-24 17:50:19\n"),
            stdout("until 2025-01-01, run 2026-11-24 17:50:21\n"),
        ),
        (
            stdout("until 2024-01-01\nrun 10:11:12\n"),
            stdout("until 2025-01-01\nrun 17:50:19\n"),
            stdout("until 2025-01-01\nrun 17:50:21\n"),
        ),
        # another item of a set
        (stdout("['b', 'a', 'd']\n"), stdout("['c', 'a', 'b']\n"), stdout("['a', 'c', 'b']\n")),
        # a line more
        (stdout("loss 0.7\n"), stdout("loss 0.6\ndone\n"), stdout("loss 0.5\ndone\n")),
        # another cell of a table, another node of JSON
        (table("1.5", "2.5"), table("1.6", "3.5"), table("1.6", "9.5")),
        (json_output({"a": 1, "b": 2}), json_output({"a": 5, "b": 3}), json_output({"a": 5, "b": 4})),
        # a picture that differs by far more than the runs do, and one of another size
        (noise_picture(1, 0.5), noise_picture(2, 0.01), noise_picture(3, 0.01)),
        (noise_picture(1, 0.2), noise_picture(2, 0.1), noise_picture(3, 0.1)),
        (error("TypeError", "bad 17"), error("ValueError", "bad 18"), error("ValueError", "bad 19")),
    ],
)
def test_a_change_beside_noise_is_unstable_in_part_only(
    stored: OutputDict, first: OutputDict, second: OutputDict
) -> None:
    found = look([stored], [first], [second])
    assert [one.is_all for one in found] == [False]


def test_what_two_runs_agree_on_is_a_change() -> None:
    stored = [stdout("t 1\n"), result("1"), noise_picture(1)]
    first = [stdout("t 2\n"), result("2"), noise_picture(2)]
    assert look(stored, first, first) == []
    found = look(stored, first, [stdout("t 3\n"), *first[1:]])
    assert [one.piece.name for one in found] == ["stdout"]


def test_noise_that_is_no_difference_is_not_told() -> None:
    assert (
        look([stdout("t 1\n"), result("1")], [stdout("t 1\n"), result("2")], [stdout("t 3\n"), result("2")])
        == []
    )


def test_a_new_output_is_a_change_whatever_is_in_it() -> None:
    found = look([], [stdout("loss 0.7\n")], [stdout("loss 0.6\n")])
    assert [(one.is_all, one.mask) for one in found] == [(False, None)]


def test_of_large_outputs_no_directive_is_looked_for() -> None:
    lines = ("x" * 99 + "\n") * 30_000
    found = look([stdout(f"{lines}a 1\n")], [stdout(f"{lines}a 2\n")], [stdout(f"{lines}a 3\n")])
    assert [(one.is_all, one.mask) for one in found] == [(True, None)]


def test_a_directive_that_would_not_be_heard_is_not_told() -> None:
    source = "# nbcheck: ignore-pattern=zzz\nx"
    found = look([stdout("loss 0.7\n")], [stdout("loss 0.6\n")], [stdout("loss 0.5\n")], source)
    assert [(one.is_all, str(one.mask)) for one in found] == [(True, "ignore-output=stdout")]


@pytest.mark.parametrize(
    ("instability", "text"),
    [
        (
            Instability("stdout", True, "normalise=dates"),
            "unstable: stdout differs between two runs of this code; masked by normalise=dates",
        ),
        (Instability("error", True), "unstable: error differs between two runs of this code"),
        (
            Instability("stdout", False, "rtol=0.1"),
            "unstable in part: stdout differs between two runs of this code, but not in all that changed; "
            "masked by rtol=0.1",
        ),
    ],
)
def test_what_people_read(instability: Instability, text: str) -> None:
    assert str(instability) == text

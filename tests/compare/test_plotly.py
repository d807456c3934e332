import base64
import struct

import pytest

from nbcheck.compare import CompareOptions
from nbcheck.compare.html import HtmlComparer
from nbcheck.compare.plotly import spell_arrays


def packed(*numbers: float) -> str:
    data = base64.b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode().replace("/", "\\u002f")
    return f'{{"dtype":"f8","bdata":"{data}"}}'


def html(*numbers: float) -> str:
    return f'<div><script>Plotly.newPlot([{{"y":{packed(*numbers)}}}])</script></div>'


@pytest.mark.parametrize(
    ("source", "spelled"),
    [
        (f"[{packed(1.0, 1 / 3)}]", '[{"dtype":"f8", "bdata":[1.0, 0.3333333333333333]}]'),
        (
            '{"dtype":"i1","bdata":"AAEC","shape":"3, 1"}',
            '{"dtype":"i1", "bdata":[0, 1, 2], "shape":"3, 1"}',
        ),
        ('{"dtype":"f8","bdata":"AAE"}', '{"dtype":"f8","bdata":"AAE"}'),
        ('{"dtype":"f8","bdata":"\\x"}', '{"dtype":"f8","bdata":"\\x"}'),
        ("no array", "no array"),
    ],
)
def test_spell_arrays(source: str, spelled: str) -> None:
    assert spell_arrays(source) == spelled


def test_arrays_in_scripts_are_compared_by_their_numbers() -> None:
    comparer, options = HtmlComparer(), CompareOptions()
    assert html(0.1 + 0.2, 2.5) != html(0.3, 2.5)
    assert comparer.compare(html(0.1 + 0.2, 2.5), html(0.3, 2.5), options) is None
    difference = comparer.compare(html(0.3, 2.5), html(0.3, 2.6), options)
    assert difference is not None
    assert difference.summary == "2.5 became 2.6 (relative error 0.038)"
    assert difference.actual == html(0.3, 2.6)

import json
from dataclasses import asdict

import pytest

from nbcheck.compare import Change, CompareOptions, compare_outputs


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change("a.b", "1", "2", "relative error 0.5"), "a.b: 1 became 2 (relative error 0.5)"),
        (Change("a.b", "1", "2"), "a.b: 1 became 2"),
        (Change("cell", "", "2"), "cell: nothing became 2"),
        (Change("cell", "2", ""), "cell: 2 became nothing"),
        (Change("a", "1", None), "a: 1 missing from this run"),
        (Change("a", None, "1", "an int"), "a: 1 is new (an int)"),
        (Change("row 'x'", "", None), "row 'x' missing from this run"),
        (Change("row 'x'", None, ""), "row 'x' is new"),
        (Change("", "1", "2"), "1 became 2"),
    ],
)
def test_change_in_words(change: Change, said: str) -> None:
    assert str(change) == said


@pytest.mark.parametrize(
    ("mimetype", "expected", "actual"),
    [
        ("text/html", "<table><tr><td>1</td></tr></table>", "<table><tr><td>2</td></tr></table>"),
        ("application/json", {"a": [1]}, {"a": [2]}),
    ],
)
def test_differences_are_made_of_json_values(mimetype: str, expected: object, actual: object) -> None:
    ours, theirs = (
        [{"output_type": "display_data", "metadata": {}, "data": {mimetype: value}}]
        for value in (expected, actual)
    )
    (difference,) = compare_outputs(ours, theirs, CompareOptions())
    assert json.loads(json.dumps(asdict(difference)))["changes"] == [
        {**asdict(change)} for change in difference.changes
    ]
    assert difference.changes

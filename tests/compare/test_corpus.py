"""The labelled corpus: each pair of outputs is noise or a change."""

import json
from pathlib import Path
from typing import Any

import pytest

from nbcheck.compare import CompareMode, CompareOptions, compare_outputs
from nbcheck.compare.base import Output
from nbcheck.report.terminal import WIDTH, render_difference

FOLDER = Path(__file__).parent.parent / "data" / "compare"
"""``<kind>/cases.json``: a list of cases with ``title``, ``verdict`` (noise or change), ``expected``, ``actual``
and maybe ``options``. What the two values are depends on the kind, see ``as_outputs``. ``libraries`` holds what real
libraries put out: in a fresh kernel, in one where every cell ran three times, and with another number or label."""

MIMETYPES = {
    "html": "text/html",
    "javascript": "application/javascript",
    "latex": "text/latex",
    "markdown": "text/markdown",
    "numbers": "text/plain",
    "plain": "text/plain",
    "svg": "image/svg+xml",
}


def as_outputs(kind: str, value: Any) -> list[Output]:
    if kind in ("outputs", "libraries"):
        return list(value)
    if kind == "stream":
        return [{"output_type": "stream", "name": "stdout", "text": value}]
    if kind == "error":
        return [
            {"output_type": "error", "ename": value[0], "evalue": value[1], "traceback": [str(id(value))]}
        ]
    data = {MIMETYPES[kind]: value} if kind in MIMETYPES else value
    return [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}]


def as_options(spelled: dict[str, Any]) -> CompareOptions:
    values = dict(spelled)
    for name in ("disabled_normalisers", "ignored"):
        values[name] = frozenset(values.get(name, ()))
    values["roots"] = tuple(values.get("roots", ()))
    values["mode"] = CompareMode(values.get("mode", "semantic"))
    return CompareOptions(**values)


def load_cases() -> list[Any]:
    return [
        pytest.param(path.parent.name, case, id=f"{path.parent.name}: {case['title']}")
        for path in sorted(FOLDER.glob("*/cases.json"))
        for case in json.loads(path.read_text("utf-8"))
    ]


CASES = load_cases()


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_verdict(kind: str, case: dict[str, Any]) -> None:
    expected, actual = as_outputs(kind, case["expected"]), as_outputs(kind, case["actual"])
    options = as_options(case.get("options", {}))
    differences = compare_outputs(expected, actual, options)
    assert bool(differences) == (case["verdict"] == "change"), differences
    assert bool(compare_outputs(actual, expected, options)) == bool(differences), "not symmetric"
    assert compare_outputs(expected, json.loads(json.dumps(expected)), options) == (), "not equal with itself"
    assert not any("not judged" in difference.summary for difference in differences)


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_rendering_is_narrow_and_harmless(kind: str, case: dict[str, Any]) -> None:
    expected, actual = as_outputs(kind, case["expected"]), as_outputs(kind, case["actual"])
    for difference in compare_outputs(expected, actual, as_options(case.get("options", {}))):
        assert difference.place
        assert difference.summary
        head, *lines = render_difference(difference, color=False)
        assert max(map(len, lines), default=0) <= WIDTH + 4
        assert all(line.isprintable() for line in (head, *lines))


def test_corpus_is_balanced() -> None:
    verdicts = [case.values[1]["verdict"] for case in CASES]
    assert set(verdicts) == {"noise", "change"}
    assert min(verdicts.count("noise"), verdicts.count("change")) >= 60

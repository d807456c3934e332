"""Views of widgets, judged by the models they name."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from nbcheck.compare import CompareOptions, compare_outputs
from nbcheck.compare.base import WidgetStates

CONTROLS, OUTPUT = "@jupyter-widgets/controls", "@jupyter-widgets/output"
VIEW = "application/vnd.jupyter.widget-view+json"


def model(name: str, module: str = CONTROLS, /, *, buffers: Any = (), **state: Any) -> dict[str, Any]:
    made_up = {"_view_count": None, "_model_module_version": "2.0.0"}
    return {
        "model_module": module,
        "model_name": name,
        "state": {**made_up, **state},
        "buffers": list(buffers),
    }


def buffer(data: bytes, encoding: str = "base64") -> dict[str, Any]:
    text = base64.b64encode(data).decode() if encoding == "base64" else data.hex()
    return {"encoding": encoding, "path": ["value"], "data": text}


def printed(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": "stdout", "text": text}]


def view(model_id: str) -> list[dict[str, Any]]:
    data = {VIEW: {"version_major": 2, "version_minor": 0, "model_id": model_id}}
    return [{"output_type": "display_data", "metadata": {}, "data": data}]


def told(expected: dict[str, Any], actual: dict[str, Any]) -> list[str]:
    """What differs between views of model ``a`` and of model ``x``."""
    options = CompareOptions(widgets=WidgetStates(expected, actual))
    return [
        str(change)
        for difference in compare_outputs(view("a"), view("x"), options)
        for change in difference.changes
    ]


SLIDER = model("IntSliderModel", value=5, description="n", style="IPY_MODEL_a2")
STYLE = model("SliderStyleModel", handle_color=None)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize(
    ("expected", "actual", "changes"),
    [
        (model("IntSliderModel", value=5), model("IntSliderModel", value=5, _view_count=3), []),
        (model("IntSliderModel", value=5), model("IntSliderModel", value=7), ["model.value: 5 became 7"]),
        (
            model("IntSliderModel", value=5),
            model("FloatSliderModel", value=5),
            [f'model.class: "{CONTROLS} IntSliderModel" became "{CONTROLS} FloatSliderModel"'],
        ),
        # A front-end does not store defaults.
        (model("IntSliderModel", max=9), model("IntSliderModel", max=9, value=0, min=0, step=1), []),
        (model("IntSliderModel"), model("IntSliderModel", value=5), ["model.value: null became 5"]),
        (model("IntSliderModel", value=5), model("IntSliderModel"), ["model.value: 5 became null"]),
        (model("ColorPickerModel"), model("ColorPickerModel", value="black"), []),
        (
            model("ColorPickerModel"),
            model("ColorPickerModel", value="red"),
            ['model.value: null became "red"'],
        ),
        (
            model("HTMLModel", value="\u20073/3\u2007[00:00&lt;00:00,\u2007512.34it/s]"),
            model("HTMLModel", value="\u20073/3\u2007[00:01&lt;00:00,\u20072.51it/s]"),
            [],
        ),
        (model("HTMLModel", value="<b>a</b>"), model("HTMLModel", value="<b >a</b>"), []),
        (
            model("HTMLModel", value="<b>a</b>"),
            model("HTMLModel", value="<b>c</b>"),
            ['model.value: "<b>a</b>" became "<b>c</b>"'],
        ),
        (
            model("DropdownModel", _options_labels=["a", "b"], index=0),
            model("DropdownModel", _options_labels=["a", "c"], index=0),
            ['model._options_labels[1]: "b" became "c"'],
        ),
        # What the browser computes for maps and plots is not there when nobody looks.
        (
            model("MapModel", "jupyter-leaflet", bounds=[1, 2]),
            model("MapModel", "jupyter-leaflet", bounds=[]),
            [],
        ),
        (
            model("KnobModel", "acme", value=1.5),
            model("KnobModel", "acme", value=2.5),
            ["model.value: 1.5 became 2.5 (relative error 0.4)"],
        ),
        (model("ImageModel", buffers=[buffer(PNG)]), model("ImageModel", buffers=[buffer(PNG, "hex")]), []),
        (
            model("FileUploadModel", buffers=[buffer(b"abc")]),
            model("FileUploadModel", buffers=[buffer(b"abd")]),
            ['model.value: "YWJj" became "YWJk"'],
        ),
        (
            model(
                "OutputModel",
                OUTPUT,
                outputs=printed("0x7f1f2a3b4c5d"),
            ),
            model(
                "OutputModel",
                OUTPUT,
                outputs=printed("0x7f1f2a3b4c60"),
            ),
            [],
        ),
        (
            model("OutputModel", OUTPUT, outputs=printed("a")),
            model("OutputModel", OUTPUT, outputs=[]),
            ["model.outputs[0]: object of 3 missing from this run"],
        ),
    ],
)
def test_a_model(expected: dict[str, Any], actual: dict[str, Any], changes: list[str]) -> None:
    assert told({"a": expected}, {"x": actual}) == changes


def test_models_that_others_refer_to_are_compared_in_their_place() -> None:
    stored = {
        "a": model("VBoxModel", children=["IPY_MODEL_a1", "IPY_MODEL_a1"], layout="IPY_MODEL_a3"),
        "a1": SLIDER,
        "a2": STYLE,
        "a3": model("LayoutModel", width="5px"),
    }
    fresh = {
        "x": model("VBoxModel", children=["IPY_MODEL_x1", "IPY_MODEL_x1"], layout="IPY_MODEL_x3"),
        "x1": model("IntSliderModel", value=5, description="n", style="IPY_MODEL_x2"),
        "x2": STYLE,
        "x3": model("LayoutModel", width="5px"),
    }
    assert told(stored, fresh) == []
    changed = {**fresh, "x1": model("IntSliderModel", value=6, description="n", style="IPY_MODEL_x2")}
    assert told(stored, changed) == ["model.children[0].value: 5 became 6"]
    changed = {**fresh, "x3": model("LayoutModel", width="6px")}
    assert told(stored, changed) == ['model.layout.width: "5px" became "6px"']
    fewer = {**fresh, "x": model("VBoxModel", children=["IPY_MODEL_x1"], layout="IPY_MODEL_x3")}
    assert told(stored, fewer) == [f'model.children[1]: "{CONTROLS} IntSliderModel" missing from this run']


def test_models_that_refer_to_each_other_come_to_an_end() -> None:
    stored = {"a": model("VBoxModel", children=["IPY_MODEL_a"], value=1)}
    fresh = {"x": model("VBoxModel", children=["IPY_MODEL_x"], value=2)}
    assert told(stored, fresh) == ["model.value: 1 became 2"]


def test_without_stored_state_the_view_is_as_far_as_it_goes() -> None:
    assert told({}, {"x": SLIDER}) == []
    assert told({"b": SLIDER}, {"x": STYLE}) == []
    assert compare_outputs(view("a"), view("x"), CompareOptions()) == ()


def test_a_model_that_the_run_does_not_have_is_a_difference() -> None:
    assert told({"a": SLIDER}, {}) == [f'model.class: "{CONTROLS} IntSliderModel" became "no model"']

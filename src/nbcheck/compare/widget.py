"""Widgets: what a view shows is the state of the model it names, as far as the file stores it.

A file stores the state of all models as it was when the notebook was saved, so it is compared with the state at the end
of the run. Ids of models are made up anew in every run: where a model refers to others (children, layout, style), these
are compared in its place. Front-ends leave attributes out that have their default value, so an attribute that only one
side has is no difference, unless it is a value and not the default of such values.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from nbcheck.compare.base import CompareOptions, Difference, WidgetStates
from nbcheck.compare.jsonlike import compare_json
from nbcheck.compare.outputs import compare_outputs
from nbcheck.compare.registry import builtin_registry

_Json: TypeAlias = Any  # states hold whatever JSON a widget sent

_ID = "model_id"
_REFERENCE = "IPY_MODEL_"
# Those of other packages are in part set by the browser, and not for a notebook that nobody looks at.
_KNOWN_MODULES = "@jupyter-widgets/"
_OF_OTHERS = frozenset({"value", "index", "children", "description"})
_VALUES = frozenset({"value", "index"})
# Who displays a model, and where its classes come from, which follows the installed version.
_VOLATILE = frozenset(
    {
        "_model_module",
        "_model_module_version",
        "_model_name",
        "_view_count",
        "_view_module",
        "_view_module_version",
        "_view_name",
        "msg_id",
    }
)
_DEFAULTS: tuple[_Json, ...] = (None, "", 0, False, [], [0, 0], [0, 1])
_OTHER_DEFAULTS: Mapping[str, _Json] = {"ColorPickerModel": "black", "FloatLogSliderModel": 1.0}
# Attributes that are another kind of output, by class.
_KINDS = {
    ("HTMLModel", "value"): "text/html",
    ("HTMLMathModel", "value"): "text/html",
    ("ImageModel", "value"): "image/png",
}


class WidgetViewComparer:
    """Judges widget views by their models where the file stores these, else by the version of their protocol."""

    mimetypes: Sequence[str] = ("application/vnd.jupyter.widget-view+json",)
    priority = 20

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two views; see :class:`nbcheck.compare.base.Comparer`."""
        difference = compare_json(expected, actual, options, volatile=frozenset({_ID}))
        states = options.widgets
        if difference is not None or states is None or expected.get(_ID) not in states.expected:
            return difference
        pairing = _Pairing(states, replace(options, widgets=None))
        one, other = pairing.pair(_REFERENCE + expected[_ID], _REFERENCE + str(actual.get(_ID)))
        found = compare_json({"model": one}, {"model": other}, options)
        return replace(found, expected=expected, actual=actual) if found is not None else None


@dataclass(slots=True)
class _Pairing:
    """Two trees of models, from which what is made up is taken out."""

    states: WidgetStates
    options: CompareOptions
    seen: set[tuple[str, str]] = field(default_factory=set)

    def pair(self, one: _Json, other: _Json) -> tuple[_Json, _Json]:
        """Return what two values are compared by: references as what they refer to."""
        if _is_reference(one) and _is_reference(other):
            return self._pair_models(one.removeprefix(_REFERENCE), other.removeprefix(_REFERENCE))
        if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            pairs = [self.pair(*items) for items in zip(one, other, strict=True)]
            return [first for first, _ in pairs], [second for _, second in pairs]
        if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
            entries = {key: self.pair(value, other[key]) for key, value in one.items()}
            return {key: pair[0] for key, pair in entries.items()}, {
                key: pair[1] for key, pair in entries.items()
            }
        return _name_references(one, self.states.expected), _name_references(other, self.states.actual)

    def _pair_models(self, one: str, other: str) -> tuple[_Json, _Json]:
        if (one, other) in self.seen:
            return None, None  # compared where it was met first
        self.seen.add((one, other))
        models = self.states.expected.get(one), self.states.actual.get(other)
        names = [_class_of(model) for model in models]
        if names[0] != names[1] or models[0] is None or models[1] is None:
            return {"class": names[0]}, {"class": names[1]}
        first, second = _attributes(models[0]), _attributes(models[1])
        trees: tuple[dict[str, _Json], dict[str, _Json]] = ({"class": names[0]}, {"class": names[1]})
        for key in _compared(names[0], first, second):
            pair = self._pair_attributes(names[0], key, first.get(key), second.get(key))
            trees[0][key], trees[1][key] = pair
        return trees

    def _pair_attributes(self, name: str, key: str, one: _Json, other: _Json) -> tuple[_Json, _Json]:
        short = name.rpartition(" ")[2]
        if (short, key) == ("OutputModel", "outputs"):
            return (one, one) if not compare_outputs(one or [], other or [], self.options) else (one, other)
        mimetype = _KINDS.get((short, key))
        if mimetype and isinstance(one, str) and isinstance(other, str):
            comparer = builtin_registry().find(mimetype)
            return (one, one) if comparer.compare(one, other, self.options) is None else (one, other)
        return self.pair(one, other)


def _compared(name: str, one: Mapping[str, _Json], other: Mapping[str, _Json]) -> list[str]:
    """Return the attributes of two models of one class that count."""
    module, _, short = name.rpartition(" ")
    keys = [*one, *(key for key in other if key not in one)]
    counting = [
        key
        for key in keys
        if (key in one and key in other)
        or (key in _VALUES and not _is_default(short, one.get(key, other.get(key))))
    ]
    if not module.startswith(_KNOWN_MODULES):
        return [key for key in counting if key in _OF_OTHERS]
    return [key for key in counting if key not in _VOLATILE]


def _is_default(name: str, value: _Json) -> bool:
    return value in _DEFAULTS or value == _OTHER_DEFAULTS.get(name)


def _class_of(model: _Json) -> str:
    """Return module and class of a model; what is no model has none."""
    if not isinstance(model, Mapping):
        return "no model"
    return f"{model.get('model_module')} {model.get('model_name')}"


def _attributes(model: Mapping[str, _Json]) -> dict[str, _Json]:
    """Return the state of a model, binary values as base64."""
    state = model.get("state")
    attributes = dict(state) if isinstance(state, Mapping) else {}
    for buffer in model.get("buffers") or ():
        path, data = buffer["path"], buffer["data"]
        if buffer.get("encoding") == "hex":
            data = base64.b64encode(bytes.fromhex(data)).decode()
        # The path is spelt out, since the values on its way may be shared with the file's.
        attributes[path[0] if len(path) == 1 else "/".join(map(str, path))] = data
    return attributes


def _is_reference(value: _Json) -> bool:
    return isinstance(value, str) and value.startswith(_REFERENCE)


def _name_references(value: _Json, models: Mapping[str, _Json]) -> _Json:
    """Replace references that have no partner by the class of what they refer to."""
    if _is_reference(value):
        return _class_of(models.get(value.removeprefix(_REFERENCE)))
    if isinstance(value, list):
        return [_name_references(item, models) for item in value]
    if isinstance(value, Mapping):
        return {key: _name_references(item, models) for key, item in value.items()}
    return value

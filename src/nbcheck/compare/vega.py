"""Charts of Vega and Vega-Lite, as altair shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from nbcheck.compare.base import CompareMode, CompareOptions, Difference
from nbcheck.compare.jsonlike import compare_json

# Where a chart keeps its data; names in there are results.
_DATA = frozenset({"datasets", "values"})


class VegaComparer:
    """Judges charts by their specification.

    Names that altair makes up (data sets by their hash, parameters and views by a counter or a hash) are numbered in
    the order in which the chart uses them, so that a use of another one is a change. The release of the schema
    within its major version is noise: it follows the altair that is installed.
    """

    mimetypes: Sequence[str] = ("application/vnd.vega.*", "application/vnd.vegalite.*")
    priority = 20

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two charts; see :class:`nbcheck.compare.base.Comparer`."""
        if options.mode is CompareMode.EXACT:
            return compare_json(expected, actual, options)
        difference = compare_json(_number_names(expected), _number_names(actual), options)
        return replace(difference, expected=expected, actual=actual) if difference is not None else None


@cache
def _made_up() -> re.Pattern[str]:
    # Altair 4 wrote selector001, altair 5 param_1 and view_1, altair 6 param_54dd647193d9b3b3 and view_<same>_0.
    return re.compile(
        r"\bdata-[0-9a-f]{32}\b|\b(?:param|view|selector|concat|layer)(?:_[0-9a-f]{16}|_?\d{1,6})(?:_\d{1,4})?\b"
    )


def _number_names(chart: Any) -> Any:
    """Number the names that the chart itself defines; a label or field that looks like one is none."""
    defined = {text for key, text in _texts(chart) if key == "name" and _made_up().fullmatch(text)}
    names: dict[str, str] = {}
    for _, text in _texts(chart):
        for name in _made_up().findall(text):
            if name in defined and name not in names:
                kind = re.split(r"[-_\d]", name, maxsplit=1)[0]
                names[name] = f"<{kind}-{len(names) + 1}>"
    return _renamed(chart, names, "")


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """All texts outside of data, each with its key. Definitions of parameters come last: their order is by name."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name in sorted(value.keys() - _DATA, key=lambda name: (name == "params", name)):
            yield from _texts(value[name], name)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)


def _renamed(value: Any, names: Mapping[str, str], key: str) -> Any:
    if isinstance(value, str):
        if key == "$schema":
            return re.sub(r"(/v\d+)\.[\w.-]+(?=\.json$)", r"\1", value)
        return _made_up().sub(lambda match: names.get(match[0], match[0]), value)
    if isinstance(value, Mapping):
        if key == "datasets":
            return {names.get(name, name): rows for name, rows in value.items()}
        return {
            name: item if name == "values" else _renamed(item, names, name) for name, item in value.items()
        }
    if isinstance(value, list):
        return [_renamed(item, names, key) for item in value]
    return value

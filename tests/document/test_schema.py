"""nbformat's schema files are the oracle."""

import json
from importlib.resources import files

import pytest

from nbcheck.document.draft4 import _KEYWORDS
from nbcheck.document.schema import find_schema

VERSIONS = [(3, 0), *((4, minor) for minor in range(6))]


def without_annotations(schema):
    """A schema without what no validator looks at."""
    if isinstance(schema, list):
        return [without_annotations(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in ("properties", "patternProperties", "definitions"):
            kept[key] = {name: without_annotations(part) for name, part in value.items()}
            if "misc" in value:
                kept[key]["misc"] = {name: without_annotations(part) for name, part in value["misc"].items()}
        elif key in {*_KEYWORDS, "$ref", "$schema"}:
            kept[key] = without_annotations(value)
    return kept


@pytest.mark.parametrize(("major", "minor"), VERSIONS)
def test_same_as_nbformat(major, minor):
    name = "nbformat.v3.schema.json" if major == 3 else f"nbformat.v4.{minor}.schema.json"
    theirs = json.loads((files(f"nbformat.v{major}") / name).read_text("utf-8"))
    # Compared as texts: the order of keys is the order of errors.
    assert json.dumps(find_schema(major, minor), indent=1) == json.dumps(
        without_annotations(theirs), indent=1
    )


@pytest.mark.parametrize(("major", "minor"), [(1, 0), (2, 0), (3, 1), (4, -1), (5, 0)])
def test_versions_without_schema(major, minor):
    assert find_schema(major, minor) is None

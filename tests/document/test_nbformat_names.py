"""The names of nbformat are there, with its signatures. nbformat itself is the oracle."""

import copy
import importlib
import inspect

import nbformat
import pytest

import nbcheck.document as document

V1 = """NotebookNode new_code_cell new_notebook new_text_cell reads_json to_notebook_json upgrade writes_json"""
V2 = """NotebookNode downgrade nbformat nbformat_minor new_author new_code_cell new_metadata new_notebook new_output
new_text_cell new_worksheet parse_filename reads_json reads_py to_notebook_json to_notebook_py upgrade writes_json
writes_py"""
CONVERT = """downgrade downgrade_cell downgrade_output downgrade_outputs from_mime_key to_mime_key upgrade
upgrade_cell upgrade_output upgrade_outputs"""

# module -> the names that nbformat documents, or offers in __all__
NAMES = {
    "": [*nbformat.__all__, "current_nbformat", "current_nbformat_minor", "from_dict"],
    "converter": ["convert"],
    "corpus.words": ["generate_corpus_id"],
    "notebooknode": ["NotebookNode", "from_dict"],
    "reader": ["NotJSONError", "get_version", "parse_json", "read", "reads"],
    "sentinel": ["Sentinel"],
    "v1": V1.split(),
    "v2": V2.split(),
    "v3": importlib.import_module("nbformat.v3").__all__,
    "v4": importlib.import_module("nbformat.v4").__all__,
    "v4.convert": CONVERT.split(),
    "v4.nbbase": ["output_from_msg", "validate"],
    "v4.nbjson": ["read", "reads", "to_notebook", "write", "writes"],
    "v4.rwbase": ["rejoin_lines", "split_lines", "strip_transient"],
    "validator": importlib.import_module("nbformat.validator").__all__,
    "warnings": ["DuplicateCellId", "MissingIDFieldWarning"],
}
# docs/deviations.md: there are no schema files.
LEFT_OUT = {"nbformat_schema"}

CASES = [(module, name) for module, names in NAMES.items() for name in names if name not in LEFT_OUT]


def find(package, module, name):
    return getattr(importlib.import_module(f"{package}.{module}".rstrip(".")), name)


def parameters(function):
    """Names, kinds and defaults; a default that is a constant of the package by its name."""
    return [
        (parameter.name, parameter.kind, getattr(parameter.default, "name", parameter.default))
        for parameter in inspect.signature(function).parameters.values()
    ]


@pytest.mark.parametrize(("module", "name"), CASES)
def test_name_is_served(module, name):
    theirs = find("nbformat", module, name)
    mine = find("nbcheck.document", module, name)
    if inspect.isclass(theirs):
        assert inspect.isclass(mine)
        for base in (ValueError, FutureWarning, dict):
            assert issubclass(mine, base) == issubclass(theirs, base)
    elif callable(theirs):
        assert parameters(mine) == parameters(theirs)
    elif isinstance(theirs, dict):
        assert mine.keys() == theirs.keys()
    elif name == "NO_CONVERT":
        assert repr(mine) == "nbcheck.document.NO_CONVERT"
    else:
        assert type(mine) is type(theirs)
        if name not in ("__version__", "version_info"):
            assert mine == theirs


@pytest.mark.parametrize("name", ["ValidationError", "NotebookValidationError"])
def test_facts_of_a_validation_error(name):
    faulty = {"cell_type": "markdown", "metadata": {"tags": "a"}, "source": "", "id": "a"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [faulty]}
    errors = []
    for module in (nbformat.validator, document.validator):
        with pytest.raises(getattr(module, name)) as caught:
            module.validate(notebook)
        errors.append(caught.value)
    theirs, mine = errors
    assert str(mine) == str(theirs)
    for fact in ("message", "validator", "validator_value", "instance", "ref"):
        assert getattr(mine, fact) == getattr(theirs, fact)
    for fact in ("relative_path", "relative_schema_path"):
        assert list(getattr(mine, fact)) == list(getattr(theirs, fact))


def test_star_import_and_dir():
    names = {}
    exec("from nbcheck.document import *", names)
    assert set(nbformat.__all__) <= names.keys()
    assert {"v1", "v2", "v3", "v4", "reader", "validator"} <= set(dir(document))
    with pytest.raises(AttributeError, match=r"^module 'nbcheck\.document' has no attribute 'sign'$"):
        _ = document.sign


def test_validate_takes_the_older_keyword():
    document.validate(nbjson=document.v4.new_notebook())
    with pytest.raises(TypeError, match=r"^validate\(\) missing 1 required argument: 'nbdict'$"):
        document.validate()


def test_validators():
    validator = document.validator.get_validator(4)
    validator.validate(document.v4.new_notebook())
    with pytest.raises(document.ValidationError, match=r"^'cells' is a required property$") as caught:
        validator.validate({"nbformat": 4, "nbformat_minor": 5, "metadata": {}})
    assert (caught.value.validator, list(caught.value.absolute_schema_path)) == ("required", ["required"])
    assert document.validator.get_validator(2) is None
    relaxed = document.validator.get_validator(4, 5, relax_add_props=True)
    notebook = document.v4.new_notebook() | {"extra": 1}
    assert (validator.is_valid(notebook), relaxed.is_valid(notebook)) == (False, True)


def test_error_of_a_cell_in_the_context_of_its_parent():
    cell = {"cell_type": "raw", "id": "a", "metadata": {}, "source": 5}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    [error] = document.validator.get_validator(4).iter_errors(notebook)
    source = next(inner for inner in error.context if list(inner.path) == ["source"])
    assert source.json_path == "$.cells[0].source"
    assert list(source.absolute_schema_path) == [
        "properties",
        "cells",
        "items",
        "oneOf",
        0,
        "properties",
        "source",
        "oneOf",
    ]
    assert list(source.relative_schema_path) == [0, "properties", "source", "oneOf"]


def test_what_is_large_is_shortened():
    notebook = document.v4.new_notebook() | {"x" * 3 + str(index): list(range(20)) for index in range(20)}
    with pytest.raises(document.ValidationError) as mine:
        document.validate(copy.deepcopy(notebook))
    with pytest.raises(nbformat.ValidationError) as theirs:
        nbformat.validate(copy.deepcopy(notebook))
    assert str(mine.value) == str(theirs.value)


def test_part_that_the_schema_does_not_have():
    with pytest.raises(
        document.ValidationError, match=r"^Unresolvable JSON pointer: 'definitions/heading_cell'$"
    ):
        document.validate({}, "heading_cell", version=4)

"""The JSON schemas of formats 3 and 4, put together from their parts.

:mod:`nbcheck.document.rules` is what decides; the schemas are for who asks :mod:`nbcheck.document.validator` for
nbformat's errors, which name keywords of a schema and paths in it. The order of keys is that of nbformat's schemas,
because it is the order in which errors are told. Descriptions are left out, as are keys that no validator knows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from nbcheck.document.rules import EXECUTION_SINCE, ID_SINCE, JUPYTER_SINCE, KNOWN_MINOR, TITLE_SINCE

Schema = dict[str, Any]

_STRING: Schema = {"type": "string"}
_BOOLEAN: Schema = {"type": "boolean"}
_DRAFT = "http://json-schema.org/draft-04/schema#"


@lru_cache(maxsize=32)
def find_schema(major: int, minor: int, relaxed: bool = False) -> Schema | None:
    """Return the schema of a version.

    Args:
        major: format.
        minor: minor version; one from the future has the rules of the newest known one, relaxed, and may have
            unknown types of cells and outputs.
        relaxed: whether unknown keys are allowed everywhere.

    Returns:
        The schema, not to be changed; None when that version has none.
    """
    if (major, minor) == (3, 0):
        schema = _v3()
    elif major == 4 and minor >= 0:
        schema = _v4(min(minor, KNOWN_MINOR))
        if minor > KNOWN_MINOR:
            schema = relax(schema)
            _allow_unknown_types(schema)
    else:
        return None
    return relax(schema) if relaxed else schema


def relax(schema: Any) -> Any:
    """Copy a schema with ``additionalProperties`` set to true wherever it stands."""
    if isinstance(schema, dict):
        return {key: True if key == "additionalProperties" else relax(value) for key, value in schema.items()}
    return [relax(value) for value in schema] if isinstance(schema, list) else schema


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _one_of(*names: str) -> Schema:
    return {"type": "object", "oneOf": [_ref(name) for name in names]}


def _object(required: list[str], properties: Schema, **more: Any) -> Schema:
    """An object that has no other keys than these."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
        **more,
    }


def _open(properties: Schema) -> Schema:
    """An object that may have other keys too."""
    return {"type": "object", "additionalProperties": True, "properties": properties}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _integer(minimum: int, **more: int) -> Schema:
    return {"type": "integer", "minimum": minimum, **more}


_COUNT: Schema = {"type": ["integer", "null"], "minimum": 0}
_ANY_OBJECT: Schema = {"type": "object", "additionalProperties": True}
_METADATA_NAME = {"name": _ref("misc/metadata_name"), "tags": _ref("misc/metadata_tags")}
_MULTILINE: Schema = {"oneOf": [_STRING, _array(_STRING)]}
_MISC: Schema = {
    "metadata_name": {"type": "string", "pattern": "^.+$"},
    "metadata_tags": {
        "type": "array",
        "uniqueItems": True,
        "items": {"type": "string", "pattern": "^[^,]+$"},
    },
}


def _v4(minor: int) -> Schema:
    metadata: Schema = {
        "kernelspec": {
            "type": "object",
            "required": ["name", "display_name"],
            "properties": {"name": _STRING, "display_name": _STRING},
        },
        "language_info": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": _STRING,
                "codemirror_mode": {"oneOf": [_STRING, {"type": "object"}]},
                "file_extension": _STRING,
                "mimetype": _STRING,
                "pygments_lexer": _STRING,
            },
        },
        "orig_nbformat": _integer(1),
    }
    if minor >= TITLE_SINCE:
        metadata |= {"title": _STRING, "authors": {"type": "array"}}
    definitions: Schema = {"cell_id": _cell_id()} if minor >= ID_SINCE else {}
    definitions |= {
        "cell": _one_of("raw_cell", "markdown_cell", "code_cell"),
        **_v4_cells(minor),
        "unrecognized_cell": _v4_unknown_cell(),
        "output": _one_of("execute_result", "display_data", "stream", "error"),
        **_v4_outputs(),
        "unrecognized_output": {
            **_ANY_OBJECT,
            "required": ["output_type"],
            "properties": {
                "output_type": {"not": {"enum": ["execute_result", "display_data", "stream", "error"]}}
            },
        },
        "misc": _v4_misc(),
    }
    return {
        "$schema": _DRAFT,
        **_object(
            ["metadata", "nbformat_minor", "nbformat", "cells"],
            {
                "metadata": _open(metadata),
                "nbformat_minor": _integer(minor),
                "nbformat": _integer(4, maximum=4),
                "cells": _array(_ref("cell")),
            },
        ),
        "definitions": definitions,
    }


def _cell_id() -> Schema:
    return {"type": "string", "pattern": "^[a-zA-Z0-9-_]+$", "minLength": 1, "maxLength": 64}


def _v4_cells(minor: int) -> Schema:
    jupyter = {"jupyter": _ANY_OBJECT} if minor >= JUPYTER_SINCE else {}
    execution: Schema = {}
    if minor >= EXECUTION_SINCE:
        times = ("iopub.execute_input", "iopub.status.busy", "shell.execute_reply", "iopub.status.idle")
        execution["execution"] = {
            "type": "object",
            "properties": dict.fromkeys(times, _STRING),
            "additionalProperties": True,
            "patternProperties": {"^.*$": _STRING},
        }
    code = {
        **jupyter,
        **execution,
        "collapsed": _BOOLEAN,
        "scrolled": {"enum": [True, False, "auto"]},
        **_METADATA_NAME,
    }
    with_id = {"id": _ref("cell_id")} if minor >= ID_SINCE else {}
    required = [*with_id, "cell_type", "metadata", "source"]
    attachments = {"attachments": _ref("misc/attachments")}
    source = {"source": _ref("misc/source")}
    markdown = {
        "type": "object",
        "properties": {**_METADATA_NAME, **jupyter},
        "additionalProperties": True,
    }

    def cell(kind: str, metadata: Schema, required: list[str], **keys: Schema) -> Schema:
        return _object(required, {**with_id, "cell_type": {"enum": [kind]}, "metadata": metadata, **keys})

    return {
        "raw_cell": cell(
            "raw", _open({"format": _STRING, **jupyter, **_METADATA_NAME}), required, **attachments, **source
        ),
        "markdown_cell": cell("markdown", markdown, required, **attachments, **source),
        "code_cell": cell(
            "code",
            _open(code),
            [*required, "outputs", "execution_count"],
            **source,
            outputs=_array(_ref("output")),
            execution_count=_COUNT,
        ),
    }


def _v4_unknown_cell() -> Schema:
    return {
        **_ANY_OBJECT,
        "required": ["cell_type", "metadata"],
        "properties": {
            "cell_type": {"not": {"enum": ["markdown", "code", "raw"]}},
            "metadata": {"type": "object", "properties": _METADATA_NAME, "additionalProperties": True},
        },
    }


def _v4_outputs() -> Schema:
    rich = {"data": _ref("misc/mimebundle"), "metadata": _ref("misc/output_metadata")}
    return {
        "execute_result": _object(
            ["output_type", "data", "metadata", "execution_count"],
            {"output_type": {"enum": ["execute_result"]}, "execution_count": _COUNT, **rich},
        ),
        "display_data": _object(
            ["output_type", "data", "metadata"], {"output_type": {"enum": ["display_data"]}, **rich}
        ),
        "stream": _object(
            ["output_type", "name", "text"],
            {"output_type": {"enum": ["stream"]}, "name": _STRING, "text": _ref("misc/multiline_string")},
        ),
        "error": _error("error"),
    }


def _error(kind: str) -> Schema:
    return _object(
        ["output_type", "ename", "evalue", "traceback"],
        {
            "output_type": {"enum": [kind]},
            "ename": _STRING,
            "evalue": _STRING,
            "traceback": _array(_STRING),
        },
    )


def _v4_misc() -> Schema:
    return {
        **_MISC,
        "attachments": {"type": "object", "patternProperties": {".*": _ref("misc/mimebundle")}},
        "source": _ref("misc/multiline_string"),
        "execution_count": _COUNT,
        "mimebundle": {
            "type": "object",
            "additionalProperties": _ref("misc/multiline_string"),
            "patternProperties": {"^application/(.*\\+)?json$": {}},
        },
        "output_metadata": _ANY_OBJECT,
        "multiline_string": _MULTILINE,
    }


def _allow_unknown_types(schema: Schema) -> None:
    definitions = schema["definitions"]
    definitions["cell"]["oneOf"].append(_ref("unrecognized_cell"))
    definitions["output"]["oneOf"].append(_ref("unrecognized_output"))


def _v3() -> Schema:
    kernel_info: Schema = {
        "type": "object",
        "required": ["name", "language"],
        "properties": {"name": _STRING, "language": _STRING, "codemirror_mode": _STRING},
    }
    return {
        "$schema": _DRAFT,
        **_object(
            ["metadata", "nbformat_minor", "nbformat", "worksheets"],
            {
                "metadata": _open({"kernel_info": kernel_info, "signature": _STRING}),
                "nbformat_minor": _integer(0),
                "nbformat": _integer(3, maximum=3),
                "orig_nbformat": _integer(1),
                "orig_nbformat_minor": _integer(0),
                "worksheets": _array(_ref("worksheet")),
            },
        ),
        "definitions": {
            "worksheet": {
                "additionalProperties": False,
                "required": ["cells"],
                "properties": {
                    "cells": _array(_one_of("raw_cell", "markdown_cell", "heading_cell", "code_cell")),
                    "metadata": {"type": "object"},
                },
            },
            **_v3_cells(),
            "output": _one_of("pyout", "display_data", "stream", "pyerr"),
            **_v3_outputs(),
            "misc": {
                **_MISC,
                "source": _ref("misc/multiline_string"),
                "prompt_number": _COUNT,
                "mimetype": {
                    "patternProperties": {
                        "^[a-zA-Z0-9\\-\\+]+/[a-zA-Z0-9\\-\\+]+": _ref("misc/multiline_string")
                    }
                },
                "output_metadata": _ANY_OBJECT,
                "multiline_string": _MULTILINE,
            },
        },
    }


def _v3_cells() -> Schema:
    source = {"source": _ref("misc/source")}
    markdown = {"type": "object", "properties": _METADATA_NAME, "additionalProperties": True}

    def cell(kinds: list[str], required: list[str], metadata: Schema, **keys: Schema) -> Schema:
        return _object(["cell_type", *required], {"cell_type": {"enum": kinds}, "metadata": metadata, **keys})

    code = {
        "cell_type": {"enum": ["code"]},
        "language": _STRING,
        "collapsed": _BOOLEAN,
        "metadata": _ANY_OBJECT,
        "input": _ref("misc/source"),
        "outputs": _array(_ref("output")),
        "prompt_number": _COUNT,
    }
    return {
        "raw_cell": cell(["raw"], ["source"], _open({"format": _STRING, **_METADATA_NAME}), **source),
        "markdown_cell": cell(["markdown", "html"], ["source"], markdown, **source),
        "heading_cell": cell(["heading"], ["source", "level"], _ANY_OBJECT, **source, level=_integer(1)),
        "code_cell": _object(["cell_type", "input", "outputs", "language"], code),
    }


def _v3_outputs() -> Schema:
    text = _ref("misc/multiline_string")
    short = ("text", "latex", "png", "jpeg", "svg", "html", "javascript", "json", "pdf")
    data = {**dict.fromkeys(short, text), "metadata": _ref("misc/output_metadata")}
    mimetype = "[a-zA-Z0-9]+/[a-zA-Z0-9\\-\\+\\.]+$"
    return {
        "pyout": _object(
            ["output_type", "prompt_number"],
            {
                "output_type": {"enum": ["pyout"]},
                "prompt_number": {"type": ["integer"], "minimum": 0},
                **data,
            },
            patternProperties={"^" + mimetype: text},
        ),
        # nbformat's schema has no ^ here.
        "display_data": _object(
            ["output_type"],
            {"output_type": {"enum": ["display_data"]}, **data},
            patternProperties={mimetype: text},
        ),
        "stream": _object(
            ["output_type", "stream", "text"],
            {"output_type": {"enum": ["stream"]}, "stream": _STRING, "text": text},
        ),
        "pyerr": _error("pyerr"),
    }

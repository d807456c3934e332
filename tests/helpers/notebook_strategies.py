"""Hypothesis strategies for notebooks and for damage done to them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

slowly = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
"""Whole notebooks are large examples: fewer of them, and no limit of time for each."""

# Characters at which str.splitlines breaks, quotes and escapes, and what JSON encoders treat specially.
TRICKY = '\n\r\t\v\f\x1c\x85\u2028\u2029"\\/\x00\x7f\u00e9\u20ac\U0001f600 a1'


def texts(*, surrogates: bool = False) -> st.SearchStrategy[str]:
    """Short texts with many tricky characters."""
    categories: tuple[Any, ...] = () if surrogates else ("Cs",)
    character = st.one_of(st.sampled_from(TRICKY), st.characters(exclude_categories=categories))
    return st.text(character, max_size=20)


def json_values(*, floats: bool = True) -> st.SearchStrategy[Any]:
    """JSON values, NaN and infinities and huge integers among them."""
    leaves = [st.none(), st.booleans(), st.integers(), st.integers(min_value=2**60, max_value=2**70), texts()]
    if floats:
        leaves.append(st.floats())
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3),
        max_leaves=6,
    )


def multiline(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """A text as it may be stored: whole or as lines, also lines that nobody would split like that."""
    return st.one_of(text, st.lists(text, max_size=4), text.map(lambda value: value.splitlines(True)))


@st.composite
def mimebundles(draw: st.DrawFn) -> dict[str, Any]:
    """A mimebundle with text, picture and JSON types."""
    text = multiline(texts())
    kinds = {
        "text/plain": text,
        "text/html": text,
        "image/svg+xml": text,
        "image/png": text,
        "application/javascript": text,
        "application/x-tex": text,
        "application/json": json_values(),
        "application/vnd.plot.v1+json": json_values(),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(kinds)), max_size=3))
    return {mimetype: draw(kinds[mimetype]) for mimetype in sorted(chosen)}


@st.composite
def outputs(draw: st.DrawFn) -> dict[str, Any]:
    """A valid output of format 4."""
    kind = draw(st.sampled_from(["stream", "display_data", "execute_result", "error"]))
    output: dict[str, Any] = {"output_type": kind}
    if kind == "stream":
        output |= {"name": draw(st.sampled_from(["stdout", "stderr"])), "text": draw(multiline(texts()))}
    elif kind == "error":
        output |= {
            "ename": draw(texts()),
            "evalue": draw(texts()),
            "traceback": draw(st.lists(texts(), max_size=2)),
        }
    else:
        output |= {"data": draw(mimebundles()), "metadata": draw(metadata())}
        if kind == "execute_result":
            output["execution_count"] = draw(st.none() | st.integers(0, 99))
    return output


def metadata() -> st.SearchStrategy[dict[str, Any]]:
    """Metadata without keys that the format gives a meaning."""
    return st.dictionaries(texts().map(lambda text: "x" + text), json_values(), max_size=2)


@st.composite
def cells(draw: st.DrawFn, *, cell_id: str | None) -> dict[str, Any]:
    """A valid cell of format 4, with the id that is given."""
    kind = draw(st.sampled_from(["code", "markdown", "raw"]))
    cell: dict[str, Any] = {
        "cell_type": kind,
        "metadata": draw(metadata()),
        "source": draw(multiline(texts())),
    }
    if cell_id is not None:
        cell["id"] = cell_id
    if draw(st.booleans()):
        cell["metadata"]["tags"] = draw(st.lists(st.sampled_from(["a", "b b", "c"]), unique=True))
    if draw(st.booleans()):
        cell["metadata"]["trusted"] = draw(st.booleans())
    if kind == "code":
        cell["execution_count"] = draw(st.none() | st.integers(0, 99))
        cell["outputs"] = draw(st.lists(outputs(), max_size=2))
    elif draw(st.booleans()):
        cell["attachments"] = draw(st.dictionaries(texts(), mimebundles(), max_size=1))
    return cell


@st.composite
def notebooks(draw: st.DrawFn, *, minors: tuple[int, ...] = (0, 1, 2, 3, 4, 5)) -> dict[str, Any]:
    """A valid notebook of format 4 as it is stored."""
    minor = draw(st.sampled_from(minors))
    count = draw(st.integers(0, 3))
    about = draw(metadata())
    if draw(st.booleans()):
        about["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        about["language_info"] = {"name": "python", "version": "3.11"}
    return {
        "nbformat": 4,
        "nbformat_minor": minor,
        "metadata": about,
        "cells": [draw(cells(cell_id=f"cell-{index}" if minor >= 5 else None)) for index in range(count)],
    }


@st.composite
def v3_outputs(draw: st.DrawFn) -> dict[str, Any]:
    """A valid output of format 3."""
    kind = draw(st.sampled_from(["stream", "display_data", "pyout", "pyerr"]))
    output: dict[str, Any] = {"output_type": kind}
    lines = texts().map(lambda text: draw(st.sampled_from([text, text.splitlines(True), text.splitlines()])))
    if kind == "stream":
        output |= {"stream": "stdout", "text": draw(lines)}
    elif kind == "pyerr":
        output |= {
            "ename": draw(texts()),
            "evalue": draw(texts()),
            "traceback": draw(st.lists(texts(), max_size=2)),
        }
    else:
        output |= {"text": draw(lines), "png": draw(texts())}
        output |= draw(
            st.sampled_from([{}, {"metadata": {}}, {"json": '{"a": [1]}'}, {"html": ["<b>\n", "</b>"]}])
        )
        if kind == "pyout":
            output["prompt_number"] = draw(st.integers(0, 9))
    return output


@st.composite
def v3_cells(draw: st.DrawFn) -> dict[str, Any]:
    """A valid cell of format 3."""
    kind = draw(st.sampled_from(["code", "markdown", "html", "raw", "heading"]))
    text = draw(texts())
    stored = draw(st.sampled_from([text, text.splitlines(True), text.splitlines()]))
    cell: dict[str, Any] = {"cell_type": kind}
    if draw(st.booleans()):
        cell["metadata"] = draw(metadata())
    if kind == "code":
        cell |= {"input": stored, "language": "python", "outputs": draw(st.lists(v3_outputs(), max_size=2))}
        cell |= draw(st.sampled_from([{}, {"prompt_number": 3}, {"collapsed": True}]))
    else:
        cell["source"] = stored
    if kind == "heading":
        cell["level"] = draw(st.integers(1, 6))
    return cell


@st.composite
def v3_notebooks(draw: st.DrawFn) -> dict[str, Any]:
    """A valid notebook of format 3 as it is stored."""
    sheets = draw(st.lists(st.lists(v3_cells(), max_size=2), max_size=2))
    return {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": draw(texts()), "signature": "sha256:1"},
        "worksheets": [{"cells": sheet, "metadata": {}} for sheet in sheets],
    }


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) pair in a JSON value."""
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in list(keys):
        yield tree, key
        yield from places(tree[key])


@st.composite
def damaged(
    draw: st.DrawFn, source: st.SearchStrategy[dict[str, Any]], *, keep: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A notebook with one to three values replaced, removed or added.

    Args:
        draw: given by hypothesis.
        source: the notebooks to start from.
        keep: keys of the notebook itself that stay.
    """
    tree = copy.deepcopy(draw(source))
    for _ in range(draw(st.integers(1, 3))):
        choices = [place for place in places(tree) if not (place[0] is tree and place[1] in keep)]
        if not choices:
            break
        node, key = draw(st.sampled_from(choices))
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                node[key] = draw(
                    json_values() | st.sampled_from(["code", "stream", "heading", {}, [], 5, None])
                )
            case "remove":
                del node[key]
            case _ if isinstance(node, dict):
                name = draw(
                    st.sampled_from(["id", "extra", "name", "tags", "jupyter", "attachments", "text"])
                )
                node[name] = draw(json_values())
            case _:
                node.append(draw(json_values()))
    return tree

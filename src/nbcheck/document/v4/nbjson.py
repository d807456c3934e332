"""Format 4 as JSON."""

from __future__ import annotations

from typing import Any

from nbcheck.document.encode import dump, dump_canonical
from nbcheck.document.jsonio import load_json
from nbcheck.document.multiline import to_stored
from nbcheck.document.notebooknode import NotebookNode, from_dict
from nbcheck.document.v4.rwbase import rejoin_lines, strip_transient


def reads(s: str | bytes, **kwargs: Any) -> NotebookNode:
    """Read a notebook from JSON; the keywords are those of :func:`json.loads`."""
    return to_notebook(load_json(s, **kwargs))


def read(fp: Any, **kwargs: Any) -> NotebookNode:
    """Read a notebook from an open file; the keywords are those of :func:`json.loads`."""
    return reads(fp.read(), **kwargs)


def to_notebook(d: Any, **kwargs: Any) -> NotebookNode:
    """Turn what is stored into what is held in memory, without changing it."""
    return from_stored(from_dict(d))


def from_stored(nb: Any) -> NotebookNode:
    """Turn nodes as they are stored into the notebook as it is held in memory, in place."""
    notebook: NotebookNode = strip_transient(rejoin_lines(nb))
    return notebook


def write(nb: Any, fp: Any, **kwargs: Any) -> Any:
    """Write a notebook to an open file, see :func:`writes`."""
    return fp.write(writes(nb, **kwargs))


def writes(nb: Any, **kwargs: Any) -> str:
    """Write a notebook as JSON.

    Args:
        nb: the notebook; not changed.
        kwargs: ``split_lines=False`` leaves multi-line strings whole; the rest are options of :func:`json.dumps`,
            of which ``indent``, ``sort_keys`` and ``separators`` are fixed.
    """
    split = kwargs.pop("split_lines", True)
    try:
        if split and kwargs in ({}, {"ensure_ascii": False}):
            return dump_canonical(nb)
        return dump(to_stored(nb, split=split), {"ensure_ascii": False, **kwargs, "sort_keys": True})
    except KeyError as error:
        # What nodes raise, and so nbformat.
        raise AttributeError(*error.args) from None

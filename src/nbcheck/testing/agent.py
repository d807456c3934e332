"""What answers a test's requests in the notebook's kernel.

This module is not imported here: its source is sent to the kernel, which may be another Python without nbcheck, and
becomes a module there, so that the notebook's namespace shows nothing of it. It needs the standard library and
IPython only, and no newer Python than 3.8.

A request is a pickle of (function, args, kwargs, way, released) in a file; the answer is one in another. Both processes
are one user's on one machine, and the folder is his alone: whoever could put something else into a pickle can run code
anyway. A message would have to carry large arrays as text, which IPython looks through line by line.
"""

# Any, throughout: objects of a notebook are of whatever type its author likes.
from __future__ import annotations

import builtins
import difflib
import inspect
import io
import os
import pickle
import sys
import traceback
import types
from typing import Any

_PROTOCOL = 5
# Code belongs to the notebook: a copy that ran in the test would miss the notebook's state.
_STAYS = (
    type,
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.ModuleType,
    types.CoroutineType,
)

_objects: dict[int, Any] = {}
"""By handle: what references in the test stand for."""
_state: dict[str, Any] = {"count": 0, "last": None}
"""The last handle, and the last value that was answered."""


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        # Pickle would name it __main__.X, and in the test's process that is something else or nothing.
        if isinstance(obj, (type, types.FunctionType)) and obj.__module__ == "__main__":
            raise pickle.PicklingError(f"{obj.__qualname__} is defined in the notebook")
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: int) -> Any:
        return _objects[pid]


def serve(folder: str) -> None:
    """Do what the request in a folder asks for, and put the answer beside it."""
    _write(folder, _answer(folder))


async def finish(folder: str, handle: int, way: str) -> None:
    """Await a coroutine that an earlier answer left here, and answer what it came to."""
    try:
        answer = _pack(await _objects.pop(handle), way)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        answer = describe(error)
    _write(folder, answer)


def _answer(folder: str) -> dict[str, Any]:
    try:
        with open(os.path.join(folder, "request"), "rb") as file:
            function, args, kwargs, way, released = _Unpickler(file).load()
    except Exception as error:
        return {"kind": "unreadable", "why": f"{type(error).__name__}: {error}"}
    for handle in released:
        _objects.pop(handle, None)
    try:
        function = globals()[function] if isinstance(function, str) else function
        value = function(*args, **kwargs)
        if inspect.iscoroutine(value) and way != "reference":
            return {"kind": "coroutine", "handle": _keep(value)}
        return _pack(value, way)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return describe(error)


def _pack(value: Any, way: str) -> dict[str, Any]:
    _state["last"] = value
    why = ""
    if way != "reference" and not isinstance(value, _STAYS):
        try:
            return {"kind": "value", "data": _dump(value)}
        # A __reduce__ of the notebook's may raise anything.
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
    return {"kind": "reference", "handle": _keep(value), "class": type(value).__name__, "why": why}


def _dump(value: Any) -> bytes:
    file = io.BytesIO()
    _Pickler(file, _PROTOCOL).dump(value)
    return file.getvalue()


def _keep(value: Any) -> int:
    _state["count"] += 1
    handle: int = _state["count"]
    _objects[handle] = value
    return handle


def _write(folder: str, answer: dict[str, Any]) -> None:
    with open(os.path.join(folder, "answer"), "wb") as file:
        pickle.dump(answer, file, _PROTOCOL)


def _shell() -> Any:
    return sys.modules["IPython"].get_ipython()


# ---- what a request can name


def get_variable(name: str) -> Any:
    """Return a variable of the notebook."""
    namespace = _shell().user_ns
    if name not in namespace:
        close = difflib.get_close_matches(name, [key for key in namespace if not key.startswith("_")], n=1)
        raise NameError(f"name {name!r} is not defined" + (f"; did you mean {close[0]!r}?" if close else ""))
    return namespace[name]


def set_variable(name: str, value: Any) -> None:
    """Set a variable of the notebook."""
    _shell().user_ns[name] = value


def delete_variable(name: str) -> None:
    """Delete a variable of the notebook."""
    get_variable(name)
    del _shell().user_ns[name]


def has_variable(name: str) -> bool:
    """Whether the notebook has a variable of that name."""
    return name in _shell().user_ns


def evaluate(expression: str) -> Any:
    """Evaluate an expression in the notebook."""
    return eval(expression, _shell().user_ns)  # noqa: S307 - the test's own


def call_variable(name: str, args: Any, kwargs: Any) -> Any:
    """Call what the notebook has under a name, which may have points in it, or be Python's own."""
    is_other = not name.isidentifier() or (hasattr(builtins, name) and not has_variable(name))
    return (evaluate(name) if is_other else get_variable(name))(*args, **kwargs)


def identity(value: Any) -> Any:
    """Return the argument."""
    return value


def last_value() -> Any:
    """Return what was answered last, once more."""
    return _state["last"]


def last_error() -> dict[str, Any] | None:
    """Describe the last exception that code of the notebook raised; None when there was none."""
    error = getattr(sys, "last_value", None)
    return None if error is None else describe(error)


# ---- errors


def describe(error: BaseException) -> dict[str, Any]:
    """Return what a test should know of an exception, in simple values."""
    try:
        data = _dump(error)
    except Exception:
        data = None
    return {"kind": "error", "data": data, "chain": _chain(error)}


def _chain(error: BaseException | None) -> list[dict[str, Any]]:
    """Describe the exception and those before it, the last one first."""
    chain = []
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        chain.append(
            {
                "ename": type(error).__name__,
                "evalue": _text(error),
                "frames": _frames(error.__traceback__),
                "is_caused": error.__cause__ is not None,
            }
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "<its message cannot be made>"


def _frames(tb: types.TracebackType | None) -> list[tuple[Any, ...]]:
    """Return file, line, function, source and execution count of each frame that is the notebook's or below."""
    # IPython knows the files it made up for cells, and the count that each cell ran under.
    counts = getattr(_shell().compile, "_filename_map", {})
    frames = [
        (frame.filename, frame.lineno, frame.name, frame.line or "", counts.get(frame.filename))
        for frame in traceback.extract_tb(tb)
    ]
    # Before the notebook's first frame stand those that called it: ours, or IPython's. Who sends this source sets
    # __file__.
    is_ours = [frame[0] == __file__ for frame in frames]
    is_cell = [frame[4] is not None for frame in frames]
    if any(is_ours):
        return frames[len(frames) - is_ours[::-1].index(True) :]
    return frames[is_cell.index(True) :] if any(is_cell) else []

"""What conftests and other plugins answer to the hooks of nbcheck, for one notebook."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbcheck.compare.base import Normaliser
from nbcheck.compare.extensions import Extension, Extensions
from nbcheck.errors import CompareError, KernelError, NbcheckError
from nbcheck.execution.extensions import COMPARERS, NORMALISERS, find_installed
from pytest_nbcheck.kernels import kernel_environment

if TYPE_CHECKING:
    from pytest_nbcheck.nodes import NotebookFile

_COMPARERS, _NORMALISERS = "pytest_nbcheck_comparers", "pytest_nbcheck_normalisers"
_KERNEL_ENV = "pytest_nbcheck_kernel_env"


def gather_extensions(file: NotebookFile) -> Extensions:
    """Return the comparers and normalisers for a notebook: of installed packages, then of conftests and plugins."""

    def find_comparers() -> Iterator[Extension]:
        yield from find_installed(COMPARERS)
        for comparer in _ask(file, _COMPARERS, "a list of comparers"):
            yield Extension.ready("", f"the hook {_COMPARERS}", comparer)

    def find_normalisers() -> Iterator[Extension]:
        yield from find_installed(NORMALISERS)
        for entry in _ask(file, _NORMALISERS, "a list of normalisers or pairs of name and function"):
            name, rule = _take_apart(entry)
            yield Extension.ready(name, f"the hook {_NORMALISERS}", rule)

    return Extensions(find_comparers, find_normalisers)


def kernel_env_changes(file: NotebookFile, env: Mapping[str, str]) -> dict[str, str | None]:
    """Return what the hooks want changed in the environment of a notebook's kernel.

    Args:
        file: the notebook.
        env: of the process; the kernel's is made from it.

    Raises:
        KernelError: a hook failed, or its answer makes no sense.
    """
    shown = kernel_environment(env)
    changes: dict[str, str | None] = {}
    answers = _call(file, _KERNEL_ENV, KernelError, path=Path(file.path), env=shown)
    for answer in reversed(answers):  # pytest asks the nearest conftest.py first
        is_mapping = isinstance(answer, Mapping)
        if not is_mapping or not all(_is_variable(name, value) for name, value in answer.items()):
            raise KernelError(
                f"the hook {_KERNEL_ENV} must return a mapping from names of variables to text or None, not {answer!r}"
            )
        changes.update(answer)
    return changes


def _is_variable(name: object, value: object) -> bool:
    is_name = isinstance(name, str) and bool(name) and not set(name) & {"=", "\0"}
    return is_name and (value is None or (isinstance(value, str) and "\0" not in value))


def _ask(
    file: NotebookFile, hook: str, what: str
) -> list[Any]:  # Any: the items are checked when they are loaded
    """Call a hook whose answers are lists; the nearest comes last, so that it wins."""
    found: list[Any] = []
    for answer in reversed(_call(file, hook, CompareError)):
        if not isinstance(answer, list | tuple):
            raise CompareError(f"the hook {hook} must return {what}, not {answer!r}")
        found += answer
    return found


# Any: what an implementation returns is checked by the callers
def _call(file: NotebookFile, hook: str, error_class: type[NbcheckError], **arguments: Any) -> list[Any]:
    call: Callable[..., list[Any]] = getattr(file.ihook, hook)
    try:
        return call(config=file.config, **arguments)
    except (
        Exception
    ) as error:  # it is anybody's code; whatever it raises must become a failure of the notebook
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(frame.filename).name}:{frame.lineno}"
        told = f"the hook {hook} failed with {type(error).__name__}: {error} ({where})"
        raise error_class(told) from error


def _take_apart(entry: object) -> tuple[str, object]:
    match entry:
        case Normaliser():
            return entry.name, entry
        case [str(name), rule]:
            return name, rule
    raise CompareError(
        f"the hook {_NORMALISERS} must return normalisers or pairs of name and function, not {entry!r}"
    )

"""Something to be done right after a module has been imported, should it ever be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Action = Callable[[Any], None]
"""What is done with the module; Any, because its names are looked up in it."""


def after_import(name: str, action: Action) -> None:
    """Do something as soon as a module has been imported; at once if it has been already.

    The module and its import are the same afterwards as without this: nothing of it is left in the module, and the
    finder goes when its work is done.

    Args:
        name: dotted name of the module, which is not imported for this.
        action: called with the module, once.
    """
    module = sys.modules.get(name)
    if module is not None:
        action(module)
    else:
        sys.meta_path.insert(0, _Finder(name, action))


class _Finder(MetaPathFinder):
    """Lets the other finders find the module, and sees to it that it is loaded by :class:`_Loader`."""

    def __init__(self, name: str, action: Action) -> None:
        self._name = name
        self._action = action
        self._is_asking = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name or self._is_asking:
            return None
        self._is_asking = True
        try:
            found = (finder.find_spec(fullname, path, target) for finder in list(sys.meta_path))
            spec = next(filter(None, found), None)
        finally:
            self._is_asking = False
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader, self._finish)
        return spec

    def _finish(self, module: ModuleType) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        self._action(module)


class _Loader(Loader):
    """Loads a module as its own loader does, which takes its place again before the module is run."""

    def __init__(self, loader: Any, finish: Callable[[ModuleType], None]) -> None:  # Any: has what Loader has
        self._loader = loader
        self._finish = finish

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._finish(module)

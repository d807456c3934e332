"""``import nbformat`` in a kernel without it: :mod:`nbcheck.document`, which has the same names.

``%run notebook.ipynb`` and plotly ask for nbformat (plotly for its version too); both work without it being
installed. The finder stands last on
``sys.meta_path``, so that an installed nbformat is found before it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

_NAME = "nbformat"
_STAND_IN = "nbcheck.document"


class _StandInLoader(Loader):
    """Makes a module that has what another one has."""

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        # Not the module itself, whose __spec__ and submodules would then go by two names.
        original = importlib.import_module(self._name)
        module.__doc__ = original.__doc__
        module.__getattr__ = lambda name: getattr(original, name)  # type: ignore[method-assign]
        module.__dir__ = lambda: dir(original)  # type: ignore[method-assign]
        if hasattr(original, "__all__"):
            module.__all__ = original.__all__  # type: ignore[attr-defined]


class NbformatFinder(MetaPathFinder):
    """Finds nbformat when nobody else has."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for nbformat and its submodules, as far as the stand-in has them."""
        top, _, rest = fullname.partition(".")
        if top != _NAME:
            return None
        original = f"{_STAND_IN}.{rest}" if rest else _STAND_IN
        if find_spec(original) is None:
            return None
        # A package with an empty path: submodules are asked for here, not found in the stand-in's folder.
        return ModuleSpec(fullname, _StandInLoader(original), is_package=True)


def install_nbformat() -> None:
    """Put the finder behind all others."""
    if not any(isinstance(finder, NbformatFinder) for finder in sys.meta_path):
        sys.meta_path.append(NbformatFinder())

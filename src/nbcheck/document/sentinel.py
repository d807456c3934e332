"""Constants that print as their names."""

from __future__ import annotations


class Sentinel:
    """A constant whose ``repr`` is its name."""

    def __init__(self, name: str, module: str, docstring: str | None = None) -> None:
        """Keep the name, the module it is a name of, and what the constant means."""
        self.name = name
        self.module = module
        if docstring:
            self.__doc__ = docstring

    def __repr__(self) -> str:
        return f"{self.module}.{self.name}"


NO_CONVERT = Sentinel(
    "NO_CONVERT", "nbcheck.document", "As the version to read or write: whatever version the notebook has."
)

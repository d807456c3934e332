"""Warnings about cell ids that were repaired in a notebook."""

from __future__ import annotations


class MissingIDFieldWarning(FutureWarning):
    """A cell has no id although its version asks for one. nbformat will make this an error one day."""


class DuplicateCellId(FutureWarning):
    """Two cells have the same id. nbformat will make this an error one day."""

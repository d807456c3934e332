"""Conversion between formats 1 to 4, with the name and effects of ``nbformat.converter``."""

from __future__ import annotations

from typing import Any

from nbcheck.document.exceptions import ValidationError
from nbcheck.document.formats import FORMATS, load_format
from nbcheck.document.version import get_version


def convert(nb: Any, to_version: int) -> Any:
    """Convert a notebook, one format at a time.

    Args:
        nb: the notebook; usually it is changed in place.
        to_version: format to convert to. A notebook that has it is returned as it is, whatever its minor version.

    Returns:
        The converted notebook.

    Raises:
        ValueError: there is no such format, or no way to it.
        ValidationError: the notebook lacks a key.
    """
    version, _ = get_version(nb)
    while version != to_version:
        if to_version not in FORMATS:
            raise ValueError(f"Cannot convert notebook to v{to_version} because that version doesn't exist")
        step = version + 1 if to_version > version else version - 1
        module: Any = load_format(max(version, step))
        try:
            nb = module.upgrade(nb) if step > version else module.downgrade(nb)
            reached = nb.get("nbformat", 1)
        except AttributeError as error:
            raise ValidationError(
                f"Notebook could not be converted from version {version} to version {step} "
                f"because it's missing a key: {error}"
            ) from None
        if reached == version:
            raise ValueError(f"Failed to convert notebook from v{version} to v{step}.")
        version = reached
    return nb

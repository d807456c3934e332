"""Validation with the names, effects and errors of ``nbformat.validator``.

:func:`validate` repairs missing and duplicate cell ids in what it is given, and warns, as nbformat's does.
:func:`nbcheck.document.check` changes nothing and tells all issues with their places in the file.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from nbcheck.document.exceptions import NotebookValidationError, ValidationError
from nbcheck.document.rules import ID_SINCE, KNOWN_MINOR, MAJOR, check_cell, check_output, has_issues
from nbcheck.document.version import get_version
from nbcheck.document.warnings import DuplicateCellId, MissingIDFieldWarning

if TYPE_CHECKING:
    from nbcheck.document.draft4 import SchemaValidator

__all__ = [
    "NotebookValidationError",
    "ValidationError",
    "better_validation_error",
    "get_validator",
    "isvalid",
    "iter_validate",
    "normalize",
    "validate",
]

_MINORS = {1: 0, 2: 0, 3: 0, MAJOR: KNOWN_MINOR}
"""Newest minor version of each format."""

_MISSING_ID = (
    "Cell is missing an id field, this will become"
    " a hard error in future nbformat versions. You may want"
    " to use `normalize()` on your notebooks before validations"
    " (available since nbformat 5.1.4). Previous versions of nbformat"
    " are fixing this issue transparently, and will stop doing so"
    " in the future."
)


def get_validator(
    version: int | None = None,
    version_minor: int | None = None,
    relax_add_props: bool = False,
    name: str | None = None,
) -> SchemaValidator | None:
    """Make a validator from the schema of a version.

    Args:
        version: format; the newest one by default.
        version_minor: minor version; the newest one of that format by default.
        relax_add_props: whether unknown keys are allowed everywhere.
        name: nbformat's choice between two libraries; there is one validator here, so it changes nothing.

    Returns:
        The validator; None where the version has no schema.
    """
    from nbcheck.document.draft4 import SchemaValidator
    from nbcheck.document.schema import find_schema

    if version is None:
        version = MAJOR
    if version_minor is None:
        version_minor = _MINORS.get(version, 0)
    schema = find_schema(version, version_minor, relax_add_props)
    return None if schema is None else SchemaValidator(schema)


def isvalid(
    nbjson: Any, ref: str | None = None, version: int | None = None, version_minor: int | None = None
) -> bool:
    """Whether a notebook, or a part of one, follows its schema. Nothing is changed, nothing is repaired.

    Args:
        nbjson: the notebook.
        ref: name of the part's definition in the schema, for a part.
        version: format to check against, instead of the notebook's own.
        version_minor: minor version to check against.
    """
    try:
        _validate(nbjson, ref, version, version_minor, repair_duplicate_cell_ids=False)
    except ValidationError:
        return False
    return True


def validate(
    nbdict: Any = None,
    ref: str | None = None,
    version: int | None = None,
    version_minor: int | None = None,
    relax_add_props: bool = False,
    nbjson: Any = None,
) -> None:
    """Check that a notebook, or a part of one, follows its schema.

    Cells of a notebook of 4.5 or later that have no id, or one that was used before, get one in place.

    Args:
        nbdict: the notebook.
        ref: name of the part's definition in the schema, for a part.
        version: format to check against, instead of the notebook's own.
        version_minor: minor version to check against.
        relax_add_props: whether unknown keys are allowed everywhere.
        nbjson: older name of ``nbdict``.

    Raises:
        ValidationError: the first error.
    """
    _validate(_either(nbdict, nbjson, "validate"), ref, version, version_minor, relax_add_props)


def iter_validate(
    nbdict: Any = None,
    ref: str | None = None,
    version: int | None = None,
    version_minor: int | None = None,
    relax_add_props: bool = False,
    nbjson: Any = None,
    strip_invalid_metadata: bool = False,
) -> Iterator[ValidationError]:
    """Yield every error of a notebook, or of a part of one.

    Args:
        nbdict: the notebook.
        ref: name of the part's definition in the schema, for a part.
        version: format to check against, instead of the notebook's own.
        version_minor: minor version to check against.
        relax_add_props: whether unknown keys are allowed everywhere.
        nbjson: older name of ``nbdict``.
        strip_invalid_metadata: whether to remove, in place, metadata that has errors before the rest is told.
    """
    nbdict = _either(nbdict, nbjson, "iter_validate")
    own_major, own_minor = get_version(nbdict) if version is None else (version, version_minor)
    major: int = own_major
    minor: int = _MINORS.get(major, 0) if own_minor is None else own_minor
    try:
        if not ref and strip_invalid_metadata:
            _strip_invalid_metadata(nbdict, major, minor, relax_add_props)
        if _is_plainly_valid(nbdict, ref, major, minor, relax_add_props):
            return
        validator = _need_validator(major, minor, relax_add_props)
        part = {"$ref": f"#/definitions/{ref}"} if ref else None
        for error in validator.iter_errors(nbdict, part):
            yield better_validation_error(error, major, minor)
    except ValidationError as error:
        yield error


def better_validation_error(error: ValidationError, version: int, version_minor: int) -> ValidationError:
    """Say what is wrong with a cell or output as the type that it says it has.

    The schema allows one of several types, and an error that says "none of them" explains nothing.

    Args:
        error: an error from a validator.
        version: format that the schema is of.
        version_minor: its minor version.

    Returns:
        The error that explains most, with a text for people.
    """
    if not error.schema_path:
        return error
    ref = None
    if str(error.schema_path[-1]).endswith("Of") and isinstance(error.instance, dict):
        if "cell_type" in error.instance:
            ref = error.instance["cell_type"] + "_cell"
        elif "output_type" in error.instance:
            ref = error.instance["output_type"]
    validator = get_validator(version, version_minor)
    if isinstance(ref, str) and validator is not None and ref in validator.schema["definitions"]:
        for inner in validator.iter_errors(error.instance, {"$ref": f"#/definitions/{ref}"}):
            better = better_validation_error(inner, version, version_minor)
            better.path.extendleft(reversed(error.path))
            if isinstance(better, NotebookValidationError) and better.ref is None:
                better.ref = ref
            return better
    return NotebookValidationError(error, ref)


def normalize(
    nbdict: Any,
    version: int | None = None,
    version_minor: int | None = None,
    *,
    relax_add_props: bool = False,
    strip_invalid_metadata: bool = False,
) -> tuple[int, Any]:
    """Repair a copy of a notebook: missing and duplicate cell ids, and invalid metadata if asked for.

    Args:
        nbdict: the notebook; not changed.
        version: format to go by, instead of the notebook's own.
        version_minor: minor version to go by.
        relax_add_props: whether unknown keys are allowed everywhere.
        strip_invalid_metadata: whether to remove metadata that the schema does not allow.

    Returns:
        The number of changes, and the copy.
    """
    nbdict = deepcopy(nbdict)
    own_major, own_minor = get_version(nbdict)
    major: int = own_major if version is None else version
    minor: int = own_minor if version_minor is None else version_minor
    changes = _repair_ids(nbdict, major, minor)
    if strip_invalid_metadata:
        changes += _strip_invalid_metadata(nbdict, major, minor, relax_add_props)
    return changes, nbdict


def _either(nbdict: Any, nbjson: Any, function: str) -> Any:
    if nbdict is None and nbjson is None:
        raise TypeError(f"{function}() missing 1 required argument: 'nbdict'")
    return nbjson if nbdict is None else nbdict


def _validate(
    nbdict: Any,
    ref: str | None = None,
    version: int | None = None,
    version_minor: int | None = None,
    relax_add_props: bool = False,
    *,
    repair_duplicate_cell_ids: bool = True,
) -> None:
    if ref is None:
        own_version, own_minor = get_version(nbdict)
        version = own_version if version is None else version
        version_minor = own_minor if version_minor is None else version_minor
        # The same exception as nbformat's, which asserts it.
        if not (isinstance(version, int) and isinstance(version_minor, int)):
            raise AssertionError(f"version {version!r}.{version_minor!r} is not made of integers")
        if repair_duplicate_cell_ids:
            _repair_ids(nbdict, version, version_minor)
        else:
            _refuse_duplicate_ids(nbdict, version, version_minor)
    elif version is None:
        version, version_minor = 1, 0
    for error in iter_validate(nbdict, ref, version, version_minor, relax_add_props):
        raise error


def _is_plainly_valid(
    nbdict: Any, ref: str | None, version: int, version_minor: int, relax_add_props: bool
) -> bool:
    """Whether our own rules, which are faster than a schema, find nothing. What they find may still be allowed."""
    if version != MAJOR or version_minor < 0 or not isinstance(nbdict, dict):
        return False
    if not ref:
        return not has_issues(nbdict, version_minor, relaxed=relax_add_props)
    if version_minor != KNOWN_MINOR:
        return False
    if ref.endswith("_cell"):
        return f"{nbdict.get('cell_type')}_cell" == ref and not check_cell(nbdict)
    return nbdict.get("output_type") == ref and not check_output(nbdict)


def _need_validator(version: int, version_minor: int, relax_add_props: bool) -> SchemaValidator:
    validator = get_validator(version, version_minor, relax_add_props)
    if validator is None:
        raise ValidationError(f"No schema for validating v{version}.{version_minor} notebooks")
    return validator


def _repair_ids(nbdict: Any, version: int, version_minor: int) -> int:
    """Give ids to cells that have none and to those whose id was used before; say how many."""
    if (version, version_minor) < (MAJOR, ID_SINCE):
        return 0
    cells = nbdict["cells"]
    # The usual case, without a look at each cell from Python code.
    ids = [cell["id"] for cell in cells if "id" in cell]
    if len(ids) == len(cells) == len(set(ids)):
        return 0
    # Few notebooks need it.
    from nbcheck.document.repair import make_up_ids, replace_used_ids

    changes = 0
    missing = [index for index, cell in enumerate(cells) if "id" not in cell]
    if missing:
        if not all(isinstance(cell, dict) for cell in cells):
            raise TypeError("a cell is not an object")
        make_up_ids(cells, frozenset(missing), set(ids))
    for _ in missing:
        # To the caller of validate() or normalize().
        warnings.warn(_MISSING_ID, MissingIDFieldWarning, stacklevel=3)
        changes += 1
    for old, new in replace_used_ids(cells):
        message = f"Non-unique cell id {old!r} detected. Corrected to {new!r}."
        warnings.warn(message, DuplicateCellId, stacklevel=3)
        changes += 1
    return changes


def _refuse_duplicate_ids(nbdict: Any, version: int, version_minor: int) -> None:
    if (version, version_minor) < (MAJOR, ID_SINCE):
        return
    seen = set()
    for cell in nbdict["cells"]:
        if "id" in cell:
            if cell["id"] in seen:
                raise ValidationError(f"Non-unique cell id '{cell['id']}' detected.")
            seen.add(cell["id"])


def _strip_invalid_metadata(nbdict: Any, version: int, version_minor: int, relax_add_props: bool) -> int:
    """Remove keys of metadata whose values have errors; say how many.

    Of a cell's metadata only those are removed that are wrong by the schema of the type that the cell says it has.
    """
    if _is_plainly_valid(nbdict, None, version, version_minor, relax_add_props):
        return 0
    faulty: dict[str | int, None] = {}
    changes = 0
    for error in list(_need_validator(version, version_minor, relax_add_props).iter_errors(nbdict)):
        match list(error.path):
            case ["metadata", key, *_]:
                faulty[key] = None
            case ["cells", int(index)] if error.validator == "oneOf":
                cell = nbdict["cells"][index]
                wanted = {"$ref": f"#/definitions/{cell['cell_type']}_cell"}
                alternatives = error.validator_value
                if wanted not in alternatives:
                    continue
                branch = alternatives.index(wanted)
                for inner in error.context:
                    steps = list(inner.path)
                    if inner.schema_path[0] == branch and len(steps) == 2 and steps[0] == "metadata":
                        cell["metadata"].pop(steps[1], None)
                        changes += 1
    for key in faulty:
        nbdict["metadata"].pop(key, None)
    return changes + len(faulty)

"""The exceptions of nbformat's interface.

They stand beside :class:`nbcheck.errors.DocumentError`, which tells more: programs written for nbformat catch these.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from nbcheck.errors import NbcheckError


class NBFormatError(NbcheckError, ValueError):
    """A notebook of a version, or of a depth, that cannot be read."""

    slug = "document"


class NotJSONError(NbcheckError, ValueError):
    """What should be a notebook is not JSON."""

    slug = "document"


class ValidationError(NbcheckError):
    """A notebook leaves its format. The attributes are those of ``jsonschema.ValidationError``."""

    slug = "document"

    def __init__(
        self,
        message: str,
        validator: str | None = None,
        path: Iterable[str | int] = (),
        cause: Exception | None = None,
        context: Iterable[ValidationError] = (),
        validator_value: Any = None,
        instance: Any = None,
        schema: Any = None,
        schema_path: Iterable[str | int] = (),
        parent: ValidationError | None = None,
    ) -> None:
        """Keep the facts.

        Args:
            message: the finding in one line.
            validator: keyword of JSON Schema that is not satisfied.
            path: keys and indexes from what was validated to the faulty value.
            cause: an exception behind this one.
            context: what is wrong under each of several alternatives.
            validator_value: the keyword's value in the schema.
            instance: the faulty value.
            schema: the schema that it does not satisfy.
            schema_path: keys and indexes from the schema's root to the keyword.
            parent: the error in whose context this one stands.
        """
        super().__init__(message)
        self.message = message
        self.validator = validator
        self.path = self.relative_path = deque(path)
        self.cause = cause
        self.context = list(context)
        self.validator_value = validator_value
        self.instance = instance
        self.schema = schema
        self.schema_path = self.relative_schema_path = deque(schema_path)
        self.parent = parent
        for error in self.context:
            error.parent = self

    def __str__(self) -> str:
        return self.message

    @property
    def absolute_path(self) -> deque[str | int]:
        """Keys and indexes from the outermost value to the faulty one."""
        above = self.parent.absolute_path if self.parent is not None else ()
        return deque([*above, *self.relative_path])

    @property
    def absolute_schema_path(self) -> deque[str | int]:
        """Keys and indexes from the outermost schema to the keyword."""
        above = self.parent.absolute_schema_path if self.parent is not None else ()
        return deque([*above, *self.relative_schema_path])

    @property
    def json_path(self) -> str:
        """The place of the faulty value as a JSONPath: ``$.cells[0].source``."""
        return "$" + "".join(
            f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.absolute_path
        )


class NotebookValidationError(ValidationError):
    """A validation error whose text shows where it stands and, shortened, what stands there."""

    def __init__(self, original: ValidationError, ref: str | None = None) -> None:
        """Wrap an error.

        Args:
            original: the error; its facts are taken over.
            ref: name of the definition that the faulty value was checked against.
        """
        super().__init__(
            original.message,
            original.validator,
            original.path,
            original.cause,
            original.context,
            original.validator_value,
            original.instance,
            original.schema,
            original.schema_path,
            original.parent,
        )
        self.original = original
        self.ref: str | None = getattr(original, "ref", ref)

    def __str__(self) -> str:
        # Only who prints an error needs it.
        import pprint

        where = f"{self.ref or 'notebook'}{_brackets(list(self.relative_schema_path)[:-1])}"
        return "\n".join(
            [
                self.message,
                "",
                f"Failed validating {self.validator!r} in {where}:",
                "",
                f"On instance{_brackets(self.relative_path)}:",
                pprint.pformat(shorten(self.instance), width=78),
            ]
        )


_MAX_ITEMS = 16
_MAX_CHARACTERS = 64


def shorten(value: Any) -> Any:
    """Cut a value down to what a person can read: lists of cells and outputs to their lengths, the rest by size."""
    if isinstance(value, dict):
        short = {key: shorten(item) for key, item in list(value.items())[:_MAX_ITEMS]}
        for key in ("cells", "outputs"):
            if isinstance(short.get(key), list):
                short[key] = [f"...{len(value[key])} {key}..."]
        if len(value) > _MAX_ITEMS:
            short["..."] = f"{len(value) - _MAX_ITEMS} keys truncated"
        return short
    if isinstance(value, list):
        short_list = [shorten(item) for item in value[:_MAX_ITEMS]]
        if len(value) > _MAX_ITEMS:
            short_list.append(f"...{len(value) - _MAX_ITEMS} items truncated...")
        return short_list
    if isinstance(value, str) and len(value) > _MAX_CHARACTERS:
        return value[:_MAX_CHARACTERS] + "..."
    return value


def _brackets(steps: Iterable[str | int]) -> str:
    return "".join(f"[{step!r}]" for step in steps)

"""JSON Schema, draft 4, as far as the schemas of notebooks use it: every error, in jsonschema's order and words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from nbcheck.document.exceptions import ValidationError

Schema = dict[str, Any]


class SchemaValidator:
    """Validates values against one schema."""

    def __init__(self, schema: Schema) -> None:
        """Keep the schema, which also has the definitions that it refers to."""
        self.schema = schema

    def iter_errors(self, instance: Any, schema: Schema | None = None) -> Iterator[ValidationError]:
        """Yield every error of a value.

        Args:
            instance: the value.
            schema: another schema whose references lead into that of the validator.
        """
        schema = self.schema if schema is None else schema
        if "$ref" in schema:
            yield from self.iter_errors(instance, self._resolve(schema["$ref"]))
            return
        for keyword, value in schema.items():
            check = _KEYWORDS.get(keyword)
            if check is None:
                continue
            for error in check(self, value, instance, schema):
                if error.validator is None:
                    error.validator = keyword
                    error.validator_value = value
                    error.instance = instance
                    error.schema = schema
                error.schema_path.appendleft(keyword)
                yield error

    def is_valid(self, instance: Any, schema: Schema | None = None) -> bool:
        """Whether a value has no errors."""
        return next(self.iter_errors(instance, schema), None) is None

    def validate(self, instance: Any) -> None:
        """Raise the first error of a value, if there is one."""
        for error in self.iter_errors(instance):
            raise error

    def descend(
        self, instance: Any, schema: Schema, path: str | int | None = None, step: str | int | None = None
    ) -> Iterator[ValidationError]:
        """Yield the errors of a part of a value, with the paths that lead there."""
        for error in self.iter_errors(instance, schema):
            if path is not None:
                error.path.appendleft(path)
            if step is not None:
                error.schema_path.appendleft(step)
            yield error

    def _resolve(self, reference: str) -> Schema:
        found: Any = self.schema
        for name in reference.removeprefix("#/").split("/"):
            if name not in found:
                raise ValidationError(f"Unresolvable JSON pointer: {reference.removeprefix('#/')!r}")
            found = found[name]
        schema: Schema = found
        return schema


_Check = Callable[[SchemaValidator, Any, Any, Schema], Iterator[ValidationError]]


def _is_type(value: Any, kind: str) -> bool:
    if kind in ("integer", "number"):
        return isinstance(value, int if kind == "integer" else int | float) and not isinstance(value, bool)
    return isinstance(value, _TYPES[kind])


_TYPES: dict[str, type] = {
    "array": list,
    "boolean": bool,
    "null": type(None),
    "object": dict,
    "string": str,
}


def _type(validator: SchemaValidator, types: Any, instance: Any, schema: Schema) -> Iterator[ValidationError]:
    kinds = [types] if isinstance(types, str) else types
    if not any(_is_type(instance, kind) for kind in kinds):
        yield ValidationError(f"{instance!r} is not of type {', '.join(map(repr, kinds))}")


def _required(
    validator: SchemaValidator, names: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield ValidationError(f"{name!r} is a required property")


def _properties(
    validator: SchemaValidator, properties: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name, part in properties.items():
            if name in instance:
                yield from validator.descend(instance[name], part, name, name)


def _pattern_properties(
    validator: SchemaValidator, patterns: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for pattern, part in patterns.items():
            for name, value in instance.items():
                if re.search(pattern, name):
                    yield from validator.descend(value, part, name, pattern)


def _additional_properties(
    validator: SchemaValidator, allowed: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict) or allowed is True:
        return
    known = schema.get("properties", {})
    patterns = list(schema.get("patternProperties", {}))
    extras = [
        name
        for name in instance
        if name not in known and not any(re.search(pattern, name) for pattern in patterns)
    ]
    if isinstance(allowed, dict):
        for name in extras:
            yield from validator.descend(instance[name], allowed, name)
    elif extras:
        shown = ", ".join(map(repr, sorted(extras, key=str)))
        one = len(extras) == 1
        if patterns:
            regexes = ", ".join(map(repr, sorted(patterns)))
            yield ValidationError(
                f"{shown} {'does' if one else 'do'} not match any of the regexes: {regexes}"
            )
        else:
            yield ValidationError(
                f"Additional properties are not allowed ({shown} {'was' if one else 'were'} unexpected)"
            )


def _items(validator: SchemaValidator, part: Any, instance: Any, schema: Schema) -> Iterator[ValidationError]:
    if isinstance(instance, list):
        for index, item in enumerate(instance):
            yield from validator.descend(item, part, index)


def _unique_items(
    validator: SchemaValidator, unique: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if unique and isinstance(instance, list):
        distinct = list(map(_distinct, instance))
        if any(item in distinct[:index] for index, item in enumerate(distinct)):
            yield ValidationError(f"{instance!r} has non-unique elements")


def _distinct(value: Any) -> Any:
    """Set true apart from 1 and false from 0, which Python calls equal."""
    return ("boolean", value) if isinstance(value, bool) else value


def _enum(
    validator: SchemaValidator, values: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if not any(_distinct(instance) == _distinct(value) for value in values):
        yield ValidationError(f"{instance!r} is not one of {values!r}")


def _minimum(
    validator: SchemaValidator, minimum: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if _is_type(instance, "number") and instance < minimum:
        yield ValidationError(f"{instance!r} is less than the minimum of {minimum!r}")


def _maximum(
    validator: SchemaValidator, maximum: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if _is_type(instance, "number") and instance > maximum:
        yield ValidationError(f"{instance!r} is greater than the maximum of {maximum!r}")


def _pattern(
    validator: SchemaValidator, pattern: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not re.search(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _min_length(
    validator: SchemaValidator, length: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and len(instance) < length:
        yield ValidationError(f"{instance!r} {'should be non-empty' if length == 1 else 'is too short'}")


def _max_length(
    validator: SchemaValidator, length: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and len(instance) > length:
        yield ValidationError(f"{instance!r} is too long")


def _one_of(
    validator: SchemaValidator, parts: Any, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    context: list[ValidationError] = []
    for index, part in enumerate(parts):
        errors = list(validator.descend(instance, part, step=index))
        if not errors:
            break
        context += errors
    else:
        yield ValidationError(f"{instance!r} is not valid under any of the given schemas", context=context)
        return
    others = [other for other in parts[index + 1 :] if validator.is_valid(instance, other)]
    if others:
        shown = ", ".join(map(repr, [*others, part]))
        yield ValidationError(f"{instance!r} is valid under each of {shown}")


def _not(validator: SchemaValidator, part: Any, instance: Any, schema: Schema) -> Iterator[ValidationError]:
    if validator.is_valid(instance, part):
        yield ValidationError(f"{instance!r} should not be valid under {part!r}")


_KEYWORDS: dict[str, _Check] = {
    "additionalProperties": _additional_properties,
    "enum": _enum,
    "items": _items,
    "maxLength": _max_length,
    "maximum": _maximum,
    "minLength": _min_length,
    "minimum": _minimum,
    "not": _not,
    "oneOf": _one_of,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "properties": _properties,
    "required": _required,
    "type": _type,
    "uniqueItems": _unique_items,
}

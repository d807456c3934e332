"""JSON as it is met on the wire: msgspec for what is proper, the standard library for what is not.

Real kernels send more than RFC 8259 allows, and people print more than it can hold. What msgspec refuses is
tried again, slowly: read are ``NaN`` and ``Infinity``, numbers too large for a float, lone surrogates and
bytes that are not UTF-8 (as U+FFFD, which is what jupyter_client does). Written is always proper JSON: NaN and
the infinities become ``null``, as in JavaScript, and lone surrogates become escapes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from functools import cache
from numbers import Integral, Real
from types import NoneType
from typing import Any, Generic, TypeAlias, TypeGuard, TypeVar, cast

import msgspec
import msgspec.inspect

from nbcheck.errors import LocalProtocolError, RemoteProtocolError

T = TypeVar("T")

# Any: values of mimebundles, metadata and comm data are whatever JSON their authors chose.
JsonObject: TypeAlias = dict[str, Any]


def _simplify(value: object) -> object:
    """Stand-in for a value that is not JSON but has an obvious equivalent; numpy scalars are the usual case."""
    match value:
        case bool() | NoneType() | list() | tuple() | dict() | set() | frozenset():
            # msgspec knows these as values and asks of them as keys only; the standard library has the
            # spelling of the first two, and the right words about the rest.
            raise TypeError("not a key")
        case str():
            return str.__str__(value)
        case Integral():
            return int(value)
        case Real():
            return float(value)
        case Mapping():
            return dict(cast(Mapping[object, object], value))
        case Iterable():
            return list(cast(Iterable[object], value))
        case _:
            pass
    raise TypeError(f"an object of type {type(value).__module__}.{type(value).__qualname__} is not JSON")


_encoder = msgspec.json.Encoder(enc_hook=_simplify)


def encode_json(value: object) -> bytes:
    """Write one value.

    Args:
        value: dicts, lists, strings, numbers, None, structs of :mod:`nbcheck.protocol.content`, and what has
            an obvious equivalent: bytes (base64), dates (ISO 8601), numpy scalars, sets and iterators.

    Raises:
        LocalProtocolError: the value cannot be written as JSON.
    """
    try:
        return _encoder.encode(value)
    except (TypeError, UnicodeEncodeError):
        pass
    except RecursionError:
        raise LocalProtocolError("a message is nested too deeply to be written as JSON") from None
    try:
        text = json.dumps(_plain(value), default=_default, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise LocalProtocolError(f"a message cannot be written as JSON: {error}") from error
    return text.encode("ascii")


def _plain(value: object) -> object:
    """Copy of ``value`` in which every struct is a dict and every float is finite or None."""
    match value:
        case msgspec.Struct():
            fields = msgspec.structs.asdict(value).items()
            return {name: _plain(item) for name, item in fields if item is not msgspec.UNSET}
        case Mapping():
            mapping = cast(Mapping[object, object], value)
            return {key: _plain(item) for key, item in mapping.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in cast(Iterable[object], value)]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def _default(value: object) -> object:
    return _plain(msgspec.to_builtins(value, enc_hook=_simplify))


class JsonReader(Generic[T]):
    """Reads one type of value; made once for each type and kept."""

    def __init__(self, type_: type[T]) -> None:
        """Build the decoder: a struct of this package, or ``JsonObject``."""
        self._type = type_
        self._decode = msgspec.json.Decoder(type_).decode

    def read(self, data: bytes) -> T:
        """Read one JSON text.

        Raises:
            RemoteProtocolError: it is no JSON, or not of the type.
        """
        try:
            return self._decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._read_leniently(data)
        except RecursionError:
            raise RemoteProtocolError("JSON is nested too deeply") from None

    def _read_leniently(self, data: bytes) -> T:
        try:
            value = json.loads(data.decode("utf-8", "replace"))
        except RecursionError:
            raise RemoteProtocolError("JSON is nested too deeply") from None
        except ValueError as error:
            raise RemoteProtocolError(f"not JSON: {error}") from None
        try:
            return msgspec.convert(value, self._type)
        except (msgspec.ValidationError, UnicodeEncodeError):
            pass
        try:
            return msgspec.convert(_without_blanks(value, self._type), self._type)
        except msgspec.ValidationError as error:
            raise RemoteProtocolError(str(error)) from None
        except UnicodeEncodeError:
            # msgspec looks whether a string where no string belongs spells a value of the right type.
            raise RemoteProtocolError(
                "a string with half of a surrogate pair is not of the right type"
            ) from None


@cache
def _optional_fields(type_: type[msgspec.Struct]) -> dict[str, Any]:
    """Types (Any, since they are type expressions) of the fields that have a default, by name in JSON."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(type_) if not field.required}


def _without_blanks(value: object, type_: type[Any]) -> object:
    """Leave out members that say "nothing" in the wrong type, so that the default applies.

    Kernels send ``null`` for what they do not know; those written in R, Lua or PHP send ``[]`` for an empty
    object or ``{}`` for an empty array, because their languages do not tell the two apart.
    """
    if not _is_struct(type_):
        return {} if value in (None, []) else value
    if not isinstance(value, dict):
        return value
    optional = _optional_fields(type_)
    kept: JsonObject = {}
    for name, item in cast(JsonObject, value).items():
        if name in optional and item in (None, [], {}):
            continue
        inner = optional.get(name)
        kept[name] = _without_blanks(item, inner) if _is_struct(inner) else item
    return kept


# Any: type expressions have no type of their own.
def _is_struct(type_: Any) -> TypeGuard[type[msgspec.Struct]]:
    return msgspec.inspect.is_struct_type(type_)


def read_json_object(data: bytes) -> JsonObject:
    """Read a file that must hold one JSON object.

    Raises:
        ValueError: it does not; the text says what it holds.
    """
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"a JSON object is needed, not {type(value).__name__}")
    return cast(JsonObject, value)

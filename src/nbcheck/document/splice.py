"""Changes of a notebook's tree as changes of the bytes of its file.

Only what differs is written anew; everything else stays the bytes that it was. A container that stays keeps its
brackets, its white space and the order of its members; what is added to it looks like its neighbours, and the file's
habits decide where there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from nbcheck.document.align import align
from nbcheck.document.changes import Arrange, Change, New, Old, Remove, Set, Within, apply
from nbcheck.document.fields import Kind, identity, joined, kind_of, parse, same
from nbcheck.document.habits import Habits, Layout, has_newline, indentation
from nbcheck.document.issues import is_strings
from nbcheck.document.positions import Span
from nbcheck.document.sample import split_at_line_ends, split_at_line_feed

# Longer lists, which are those of numbers in plots, are compared item by item in order.
_ALIGNED = 20_000
_OPENING = (b"[", b"{")


@dataclass(frozen=True, slots=True)
class Splice:
    """Bytes that take the place of others."""

    start: int
    """Offset of the first byte that goes."""
    stop: int
    """Offset of the first byte after it that stays; equal to ``start`` for an insertion."""
    new: bytes
    """What takes the place."""


# What becomes of an item or member: it stays (its index), or it is written anew (its bytes).
_Slot: TypeAlias = int | bytes
# White space around a value that would be written in a place; worked out when it is needed.
_LayoutOf: TypeAlias = Callable[[], Layout]


class Splicer:
    """Works out the splices of one file."""

    def __init__(self, habits: Habits) -> None:
        """Start with no splices.

        Args:
            habits: of the file.
        """
        self._habits = habits
        self._positions = habits.positions
        self._raw = habits.positions.raw
        self._splices: list[Splice] = []

    def splices(self, stored: Any, change: Change) -> list[Splice]:
        """Work out the splices for a change of the outermost object.

        Args:
            stored: the members of the object that are changed, as they are stored; lists that are arranged may
                be left out.
            change: what becomes of the object.

        Returns:
            Splices that do not overlap, in the order of the file.
        """
        self._change(self._positions.root, stored, Kind.NOTEBOOK, change, self._root_layout, "")
        return sorted(self._splices, key=lambda splice: (splice.start, splice.stop))

    def _change(
        self, at: int, stored: Any, kind: Kind, change: Change | None, layout: _LayoutOf, key: str
    ) -> None:
        if isinstance(change, Set):
            self._set(at, stored, change.value, kind, layout, key)
        elif isinstance(change, Within):
            self._change_members(at, stored, change.changes, kind, layout)
        elif isinstance(change, Arrange):
            self._rearrange(at, change.items, kind, layout)

    def _set(self, at: int, stored: Any, new: Any, kind: Kind, layout: _LayoutOf, key: str) -> None:
        """Give the value at an offset another meaning, with as few bytes as possible."""
        if kind is Kind.TEXT and isinstance(new, str) and is_strings(stored):
            if "".join(stored) != new:
                self._set_lines(at, stored, new, layout)
        elif isinstance(stored, dict) and isinstance(new, dict) and not _are_unlike(stored, new, kind):
            changes: dict[str, Change] = {name: Remove() for name in stored if name not in new}
            changes |= {name: Set(value) for name, value in new.items()}
            self._change_members(at, stored, changes, kind, layout)
        elif isinstance(stored, list) and isinstance(new, list):
            if kind is Kind.JSON and same(stored, new):
                return
            self._set_items(at, stored, new, kind, layout)
        elif not same(stored, new):
            self._overwrite(at, new, kind, layout, key)

    def _set_lines(self, at: int, stored: list[str], new: str, layout: _LayoutOf) -> None:
        lines = self._split_like(stored, new)
        spans = self._positions.spans(at)
        slots: list[_Slot] = []
        for i, j in align(stored, lines):
            if i is None and j is not None:
                slots.append(_encode(self._habits.quote(lines[j])))
            elif i is not None and j is not None:
                slots.append(i)
                if stored[i] != lines[j]:
                    old = self._raw[slice(*spans[i])]
                    self._splice(spans[i], _encode(self._habits.quote(lines[j], like=old)))
        self._fill(at, spans, slots, layout)

    def _split_like(self, stored: list[str], new: str) -> list[str]:
        """Split a text as the text was split whose place it takes."""
        old = "".join(stored)
        fitting = [split(new) for split in (split_at_line_ends, split_at_line_feed) if split(old) == stored]
        if fitting and fitting[0] == fitting[-1]:
            return fitting[0]
        if fitting:
            return self._habits.sample.split(new)
        # Pieces of another kind: those with which the new text begins or ends stay, the rest is split as usual.
        start, head = 0, 0
        while head < len(stored) and new.startswith(stored[head], start):
            start += len(stored[head])
            head += 1
        stop, tail = len(new), len(stored)
        while tail > head and new.endswith(stored[tail - 1], start, stop):
            tail -= 1
            stop -= len(stored[tail])
        return [*stored[:head], *self._habits.sample.split(new[start:stop]), *stored[tail:]]

    def _set_items(self, at: int, stored: list[Any], new: list[Any], kind: Kind, layout: _LayoutOf) -> None:
        item_kind = kind_of(kind, stored)
        spans = self._positions.spans(at)
        inner = self._layout_inside(at, spans, spans, layout)
        slots: list[_Slot] = []
        for i, j in self._pair_items([joined(item, item_kind) for item in stored], new, kind):
            if i is None and j is not None:
                slots.append(self._write(new[j], item_kind, inner))
            elif i is not None and j is not None:
                slots.append(i)
                self._set(spans[i].start, stored[i], new[j], item_kind, inner, "")
        self._fill(at, spans, slots, layout)

    def _pair_items(self, old: list[Any], new: list[Any], kind: Kind) -> list[tuple[int | None, int | None]]:
        if max(len(old), len(new)) > _ALIGNED:
            return align([None] * len(old), [None] * len(new))
        kinds = None
        if kind is Kind.OUTPUTS:
            kinds = [_type_of(output) for output in old], [_type_of(output) for output in new]
        return align(list(map(identity, old)), list(map(identity, new)), kinds)

    def _change_members(
        self, at: int, stored: Mapping[str, Any], changes: Mapping[str, Change], kind: Kind, layout: _LayoutOf
    ) -> None:
        members = self._positions.members(at)
        # Of a repeated name the last member counts; all of them go when it is removed.
        last = {member.name: index for index, member in enumerate(members)}
        node = dict.fromkeys(last) | dict(stored)
        inner = self._layout_inside(
            at, [member.span for member in members], [member.value for member in members], layout
        )
        kept = [
            index for index, member in enumerate(members) if not isinstance(changes.get(member.name), Remove)
        ]
        slots: list[_Slot] = list(kept)
        names = [members[index].name for index in kept]
        for name, change in changes.items():
            if isinstance(change, Remove):
                continue
            value_kind = kind_of(kind, node, name)
            if name in last:
                start = members[last[name]].value.start
                if isinstance(change, Set):
                    # Not through _change(), to stay within Python's stack.
                    self._set(start, node[name], change.value, value_kind, inner, name)
                else:
                    self._change(start, node[name], value_kind, change, inner, name)
            else:
                node[name] = apply(None, change)
                place = self._habits.sample.place(name, names, node, kind)
                colon = self._habits.colon if not members else self._colon(at)
                written = _encode(self._habits.quote(name) + colon)
                slots.insert(place, written + self._write(node[name], value_kind, inner, name))
                names.insert(place, name)
        self._fill(at, [member.span for member in members], slots, layout)

    def _rearrange(self, at: int, items: Sequence[Old | New], kind: Kind, layout: _LayoutOf) -> None:
        item_kind = kind_of(kind, [])
        spans = self._positions.spans(at)
        inner = self._layout_inside(at, spans, spans, layout)
        slots: list[_Slot] = []
        for item in items:
            if isinstance(item, New):
                slots.append(self._write(item.value, item_kind, inner))
                continue
            start, stop = spans[item.index]
            splicer = Splicer(self._habits) if item.is_moved else self
            if item.change is not None:
                stored = parse(self._raw[start:stop])
                splicer._change(start, stored, item_kind, item.change, inner, "")
            slots.append(
                b"".join(assemble(self._raw, splicer._splices, start, stop)) if item.is_moved else item.index
            )
        self._fill(at, spans, slots, layout)

    def _fill(self, at: int, spans: Sequence[Span], slots: Sequence[_Slot], layout: _LayoutOf) -> None:
        """Give a container its items or members.

        Args:
            at: offset of the container.
            spans: of what it holds, in order.
            slots: what it is to hold: indexes of ``spans`` that stay, growing, and what is new between them.
            layout: of the container.
        """
        kept = [slot for slot in slots if isinstance(slot, int)]
        if len(kept) == len(spans) == len(slots):
            return
        if not kept:
            self._fill_afresh(at, spans, [slot for slot in slots if isinstance(slot, bytes)], layout)
            return
        last: int | None = None
        pending: list[bytes] = []
        for slot in slots:
            if isinstance(slot, bytes):
                pending.append(slot)
                continue
            if last is None:
                separator = self._separator(at, spans, 0)
                new = b"".join(piece + separator for piece in pending)
                self._splice(Span(spans[0].start, spans[slot].start), new)
            else:
                self._append(at, spans, last, slot, pending)
            last, pending = slot, []
        self._append(at, spans, kept[-1], len(spans), pending)

    def _append(self, at: int, spans: Sequence[Span], last: int, following: int, new: list[bytes]) -> None:
        """Put new items behind the item ``last``, in the place of all before the item ``following``."""
        separator = self._separator(at, spans, last)
        self._splice(
            Span(spans[last].stop, spans[following - 1].stop), b"".join(separator + piece for piece in new)
        )

    def _fill_afresh(self, at: int, spans: Sequence[Span], new: list[bytes], layout: _LayoutOf) -> None:
        if new and spans:
            span = Span(spans[0].start, spans[-1].stop)
            self._splice(span, self._separator(at, spans, 0).join(new))
            return
        inner = layout().inside()
        comma = self._habits.comma_at_line_end if inner.newline else self._habits.comma
        text = _encode(comma + inner.lead).join(new)
        if new:
            text = _encode(inner.lead) + text + _encode(layout().lead)
        self._splice(Span(at + 1, self._positions.stop(at) - 1), text)

    def _separator(self, at: int, spans: Sequence[Span], index: int) -> bytes:
        """What stands, or would stand, between an item and the next one."""
        if len(spans) > 1:
            first = min(index, len(spans) - 2)
            return self._raw[spans[first].stop : spans[first + 1].start]
        space = self._raw[at + 1 : spans[0].start]
        if not has_newline(space):
            return _encode(self._habits.comma)
        return _encode(self._habits.comma_at_line_end) + space

    def _overwrite(self, at: int, value: Any, kind: Kind, layout: _LayoutOf, key: str) -> None:
        span = Span(at, self._positions.stop(at))
        if isinstance(value, str) and self._raw[at : at + 1] == b'"':
            self._splice(span, _encode(self._habits.quote(value, like=self._raw[slice(*span)])))
        else:
            self._splice(span, self._write(value, kind, layout, key))

    def _write(self, value: Any, kind: Kind, layout: _LayoutOf, key: str = "") -> bytes:
        return _encode(self._habits.write(value, layout(), kind, key))

    def _splice(self, span: Span, new: bytes) -> None:
        if self._raw[slice(*span)] != new:
            self._splices.append(Splice(*span, new))

    def _root_layout(self) -> Layout:
        unit = self._habits.unit
        return Layout("") if unit is None else Layout(self._habits.newline, "", unit)

    def _layout_inside(
        self, at: int, spans: Sequence[Span], values: Sequence[Span], layout: _LayoutOf
    ) -> _LayoutOf:
        """Return how to lay out one value more in a container.

        Args:
            at: offset of the container.
            spans: of its items or members.
            values: of its items or of the values of its members.
            layout: of the container itself.
        """

        @cache
        def work_out() -> Layout:
            if not spans:
                return layout().inside()
            space = self._raw[at + 1 : spans[0].start]
            indent = indentation(space)
            spread = self._are_spread(values)
            if spread is None:
                spread = indent is not None and self._habits.unit is not None
            if not spread:
                return Layout("")
            around = self._line_indentation(at)
            if indent is None:
                return Layout(self._habits.newline, around, self._habits.unit or " ")
            grows = indent.startswith(around) and indent != around
            unit = indent.removeprefix(around) if grows else self._habits.unit
            return Layout(_newline_of(space), indent, " " if unit is None else unit)

        return work_out

    def _are_spread(self, values: Sequence[Span]) -> bool | None:
        """Whether containers are spread over lines here; None when there is none that holds anything."""
        found = None
        for start, stop in values:
            if self._raw[start : start + 1] in _OPENING and self._raw[start + 1 : start + 2] not in (
                b"]",
                b"}",
            ):
                if self._raw.find(b"\n", start, stop) >= 0 or self._raw.find(b"\r", start, stop) >= 0:
                    return True
                found = False
        return found

    def _line_indentation(self, offset: int) -> str:
        """Indentation of the line on which an offset lies."""
        start = max(self._raw.rfind(b"\n", 0, offset), self._raw.rfind(b"\r", 0, offset)) + 1
        line = self._raw[start:offset]
        return line[: len(line) - len(line.lstrip(b" \t"))].decode()

    def _colon(self, at: int) -> str:
        member = self._positions.members(at)[0]
        between = self._raw[member.key.stop : member.value.start]
        return self._habits.colon if has_newline(between) else between.decode()


def assemble(raw: bytes, splices: Sequence[Splice], start: int, stop: int) -> Iterator[memoryview | bytes]:
    """Yield the pieces of a part of a file with splices done.

    Args:
        raw: the file.
        splices: in any order; they do not overlap and lie inside of the part.
        start: offset of the first byte of the part.
        stop: offset of the first byte after it.
    """
    view = memoryview(raw)
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.stop)):
        yield view[start : splice.start]
        yield splice.new
        start = splice.stop
    yield view[start:stop]


def _encode(text: str) -> bytes:
    # UTF-8 has no lone surrogates; they stand in JSON strings, where backslash and u are the escape they need.
    return text.encode(errors="backslashreplace")


def _newline_of(space: bytes) -> str:
    return "\r\n" if b"\r\n" in space else "\n" if b"\n" in space else "\r"


def _are_unlike(stored: Mapping[str, Any], new: Mapping[str, Any], kind: Kind) -> bool:
    """Whether two objects have so little in common that merging them would only mix them up."""
    return kind is Kind.OUTPUT and stored.get("output_type") != new.get("output_type")


def _type_of(output: Any) -> tuple[str, str]:
    node = output if isinstance(output, dict) else {}
    return str(node.get("output_type")), str(node.get("name"))

"""Frames and marks: what is written on one side is what is read on the other, however it is cut."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.kernel.link import (
    MARK_LENGTH,
    Frame,
    FrameReader,
    Mark,
    MarkKind,
    MarkReader,
    MarkWriter,
    Op,
    encode_frame,
)

TOKEN = "0123456789abcdef" * 2
OTHER_TOKEN = "fedcba9876543210" * 2

frames = st.builds(
    Frame,
    op=st.sampled_from(Op),
    parts=st.lists(st.binary(max_size=50), max_size=6).map(tuple),
    msg_type=st.text(max_size=20),
    seq=st.integers(0, 2**40),
    status=st.sampled_from(["", "ok", "error"]),
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(sent=st.lists(frames, max_size=5), places=st.lists(st.integers(0, 10_000), max_size=10))
def test_frames_survive_any_cutting(sent: list[Frame], places: list[int]) -> None:
    stream = b"".join(chunk for frame in sent for chunk in encode_frame(frame))
    reader = FrameReader()
    received = [frame for piece in cut(stream, places) for frame in reader.feed(piece)]
    assert received == sent


@pytest.mark.parametrize("data", [b"\xff" * 8, b"\x05\0\0\0\0\0\0\0nonsense"])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises((ValueError, msgspec.DecodeError)):
        list(FrameReader().feed(data))


def test_a_large_part_is_not_copied_when_encoded() -> None:
    part = b"x" * 10_000_000
    assert any(chunk is part for chunk in encode_frame(Frame(Op.PUBLISH, (b"{}", part))))


printed = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=20),
        st.sampled_from([b"\x1b", b"\x1b]nb", b"\x1b]nbcheck;", b"\x1b]nbcheck;" + TOKEN[:9].encode()]),
        st.sampled_from(MarkKind),
    ),
    max_size=12,
)


@given(items=printed, places=st.lists(st.integers(0, 10_000), max_size=12))
def test_marks_and_text_survive_any_cutting(items: list[bytes | MarkKind], places: list[int]) -> None:
    writer = MarkWriter(TOKEN)
    stream, expected = b"", []
    for item in items:
        if isinstance(item, MarkKind):
            stream += writer.next(item)
            expected.append(Mark(writer.seq, item))
        else:
            stream += item
            expected.append(item)
    reader = MarkReader(TOKEN)
    found = [piece for data in cut(stream, places) for piece in reader.feed(data)]
    found.append(reader.rest())
    assert joined(found) == joined(expected)


def joined(items: list[bytes | Mark]) -> list[bytes | Mark]:
    """Join what stands between two marks: where text is cut does not matter."""
    result: list[bytes | Mark] = [b""]
    for item in items:
        if isinstance(item, bytes) and isinstance(result[-1], bytes):
            result[-1] += item
        else:
            result += [item, b""] if isinstance(item, Mark) else [item]
    return result


def test_text_is_held_back_only_where_a_mark_may_begin() -> None:
    reader = MarkReader(TOKEN)
    assert list(reader.feed(b"abc\x1b")) == [b"abc"]
    assert list(reader.feed(b"[0m")) == [b"\x1b[0m"]


def test_the_mark_of_another_kernel_is_text() -> None:
    mark = MarkWriter(OTHER_TOKEN).next(MarkKind.FRAME)
    reader = MarkReader(TOKEN)
    assert b"".join([*reader.feed(mark), reader.rest()]) == mark  # type: ignore[list-item]


@pytest.mark.parametrize("kind", MarkKind)
def test_a_mark_is_written_in_one_piece(kind: MarkKind) -> None:
    """POSIX promises that writes to a pipe of up to 512 bytes are not torn apart."""
    assert len(MarkWriter(TOKEN).next(kind)) == MARK_LENGTH <= 512

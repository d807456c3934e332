"""Signatures and repetitions."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.errors import LocalProtocolError
from nbcheck.protocol.signing import SCHEMES, ReplayGuard, Signer

four = st.lists(st.binary(max_size=30), min_size=4, max_size=4)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(key=st.binary(min_size=1, max_size=200), parts=four)
def test_sign_is_hmac_over_the_joined_parts(scheme: str, key: bytes, parts: list[bytes]) -> None:
    expected = hmac.new(key, b"".join(parts), getattr(hashlib, SCHEMES[scheme])).hexdigest().encode()
    signer = Signer(key, scheme)
    assert signer.sign(parts) == expected
    assert signer.sign(tuple(parts)) == expected
    assert signer.verify(expected, parts)


# RFC 4231, test cases 1 and 2.
@pytest.mark.parametrize(
    ("key", "data", "signature"),
    [
        (b"\x0b" * 20, b"Hi There", b"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
    ],
)
def test_published_signatures(key: bytes, data: bytes, signature: bytes) -> None:
    assert Signer(key).sign([b"", data[:5], b"", data[5:]]) == signature


def test_no_key_no_signature() -> None:
    signer = Signer(b"")
    assert signer.sign([b"a", b"b", b"c", b"d"]) == b""
    assert signer.verify(b"", [b"a", b"b", b"c", b"d"])
    assert not signer.verify(b"0", [b"a", b"b", b"c", b"d"])


@given(four, st.binary(max_size=70))
def test_other_signatures_are_wrong(parts: list[bytes], signature: bytes) -> None:
    assert not Signer(b"k").verify(signature, parts)


@pytest.mark.parametrize("count", [0, 3, 5])
def test_four_parts(count: int) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        Signer(b"k").sign([b""] * count)
    assert str(caught.value) == f"four parts of a message are signed, not {count}"


def test_unknown_scheme() -> None:
    with pytest.raises(LocalProtocolError) as caught:
        Signer(b"k", "rot13")
    assert str(caught.value) == (
        "signature scheme 'rot13' is none of hmac-sha256, hmac-sha512, hmac-sha384, hmac-sha224, hmac-sha1, hmac-md5"
    )


def test_guard_admits_once() -> None:
    guard = ReplayGuard()
    assert guard.admit(b"a")
    assert guard.admit(b"b")
    assert not guard.admit(b"a")
    assert len(guard) == 2


def test_guard_forgets_the_oldest() -> None:
    guard = ReplayGuard(size=2)
    assert [guard.admit(signature) for signature in (b"a", b"b", b"c")] == [True, True, True]
    assert len(guard) == 2
    assert not guard.admit(b"b")
    assert not guard.admit(b"c")
    assert guard.admit(b"a")


@given(st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"e"])), st.integers(1, 4))
def test_guard_is_bounded_and_remembers(signatures: list[bytes], size: int) -> None:
    guard = ReplayGuard(size)
    admitted: list[bytes] = []
    for signature in signatures:
        assert guard.admit(signature) == (signature not in admitted[-size:])
        if signature not in admitted[-size:]:
            admitted.append(signature)
        assert len(guard) == min(len(admitted), size)

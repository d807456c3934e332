"""Signatures: what carries no valid one, or carries one for the second time, is not believed."""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from collections.abc import Sequence

from nbcheck.errors import LocalProtocolError

SCHEMES = {
    "hmac-sha256": "sha256",
    "hmac-sha512": "sha512",
    "hmac-sha384": "sha384",
    "hmac-sha224": "sha224",
    "hmac-sha1": "sha1",
    "hmac-md5": "md5",
}
"""Names of hashlib for the values of ``signature_scheme`` in a connection file; the first is the usual one."""


class Signer:
    """Signs and verifies with one key."""

    def __init__(self, key: bytes, scheme: str = "hmac-sha256") -> None:
        """Prepare the key.

        Args:
            key: secret from the connection file; empty means that signing is off.
            scheme: a key of :data:`SCHEMES`.

        Raises:
            LocalProtocolError: the scheme is none of these.
        """
        if scheme not in SCHEMES:
            raise LocalProtocolError(f"signature scheme {scheme!r} is none of {', '.join(SCHEMES)}")
        # Hashing the padded key costs as much as hashing a small message; a copy of the keyed state saves it.
        self._keyed = hmac.new(key, digestmod=getattr(hashlib, SCHEMES[scheme])) if key else None

    def sign(self, parts: Sequence[bytes]) -> bytes:
        """Sign one message for the wire.

        Args:
            parts: four JSON byte strings, in order: header, parent_header, metadata, content. Buffers are
                not signed.

        Returns:
            Lower-case hex HMAC, 64 ASCII bytes with SHA-256; ``b""`` when the key is empty.

        Raises:
            LocalProtocolError: ``parts`` does not hold four items.

        Source: Messaging in Jupyter, "The Wire Protocol".
        """
        if len(parts) != 4:
            raise LocalProtocolError(f"four parts of a message are signed, not {len(parts)}")
        if self._keyed is None:
            return b""
        header, parent_header, metadata, content = parts
        state = self._keyed.copy()
        # An update costs 0.4 us, so the small parts share one; a content may be large and is not copied.
        state.update(header + parent_header + metadata)
        state.update(content)
        return state.hexdigest().encode("ascii")

    def verify(self, signature: bytes, parts: Sequence[bytes]) -> bool:
        """Say whether ``signature`` is that of ``parts``, in a time that does not depend on the bytes."""
        return hmac.compare_digest(self.sign(parts), signature)


class ReplayGuard:
    """Remembers the signatures of the last messages.

    Every message has its own id and date, so one signature met twice means that somebody repeats a message.
    """

    def __init__(self, size: int = 65_536) -> None:
        """Remember the last ``size`` signatures; jupyter_client keeps as many by default."""
        self._size = size
        self._order: deque[bytes] = deque()
        self._known: set[bytes] = set()

    def admit(self, signature: bytes) -> bool:
        """Remember a signature; False when it is known already."""
        if signature in self._known:
            return False
        self._known.add(signature)
        self._order.append(signature)
        if len(self._order) > self._size:
            self._known.discard(self._order.popleft())
        return True

    def __len__(self) -> int:
        """How many signatures are remembered."""
        return len(self._order)

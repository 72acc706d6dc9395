"""The trivial fold: as little as a fold can do, so that what is measured is the path around it.

The peers call the same, in environments of their own.
"""

from typing import Any

import msgspec


class Tally(msgspec.Struct, array_like=True):
    """What a user's transactions add up to; a state like any other to those who keep it."""

    count: int = 0
    total_minor: int = 0

    def saved(self) -> None:
        """Take note that this has been written; there is nothing to note."""


_decode_json = msgspec.json.Decoder(dict[str, Any]).decode
_encode_json = msgspec.json.Encoder().encode
decode_tally = msgspec.msgpack.Decoder(Tally).decode
encode_tally = msgspec.msgpack.Encoder().encode


def fold(tally: Tally, transaction: bytes) -> bytes:
    """Add a transaction to its user's tally; gives the event that says so.

    >>> fold(Tally(), b'{"amount_minor":-250}')
    b'{"amount_minor":-250,"count":1,"total_minor":-250}'
    """
    event = _decode_json(transaction)
    tally.count += 1
    tally.total_minor += event.get("amount_minor", 0)
    event["count"], event["total_minor"] = tally.count, tally.total_minor
    return _encode_json(event)

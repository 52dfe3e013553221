"""Messages: what every stream carries, whatever brings it (SSE now, WebSocket later).

A topic names what it is about ("clusters/default/changes"), a sequence number grows by one or more
from message to message of a topic. Who reconnects says the last sequence it saw and gets what
came after; a stream that no longer reaches back so far says so instead of leaving a gap.
"""

from dataclasses import dataclass
from typing import Any

import orjson

FORMAT = 1
FRAMED = "ecp.framed"
"""In an ASGI message the WebSocket frame that its text makes, for who sends one text to many."""


@dataclass(frozen=True, slots=True)
class Message:
    """One frame: topic, sequence, body (plain data)."""

    topic: str
    sequence: int
    body: Any

    def to_json(self) -> bytes:
        """Return the frame as JSON."""
        return orjson.dumps(
            {"v": FORMAT, "topic": self.topic, "sequence": self.sequence, "body": self.body}
        )

    def to_sse(self, name: str = "message") -> bytes:
        """Return the frame as a server-sent event whose id is the sequence."""
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.sequence, name.encode(), self.to_json())


def framed(text: str) -> bytes:
    """Return a text as a WebSocket frame of a server: final, not masked. Source: RFC 6455, 5.2."""
    content = text.encode()
    length = len(content)
    if length < 126:
        head = bytes((0x81, length))
    elif length < 1 << 16:
        head = b"\x81\x7e" + length.to_bytes(2)
    else:
        head = b"\x81\x7f" + length.to_bytes(8)
    return head + content

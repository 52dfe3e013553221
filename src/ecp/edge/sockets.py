"""How a service writes to WebSockets: as uvicorn does, but what many are sent is framed once."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ecp.edge.streams import FRAMED


class Sockets(WebSocketsSansIOProtocol):
    """Writes a message that brings its frame as it is, where the reader takes it at once.

    Frames hold no state of the connection: no extension is agreed to (no compression).
    """

    async def send(self, message: Any) -> None:
        frame = message.get(FRAMED)
        if (
            frame is None
            or not self.handshake_complete
            or self.close_sent
            or self.disconnected
            or not self.writable.is_set()
        ):
            await super().send(message)
        else:
            self.transport.write(frame)

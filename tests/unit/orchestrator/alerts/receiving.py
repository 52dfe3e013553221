"""Who is told in these tests: a real HTTP server, a real SMTP server, both of this process."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hook(ThreadingHTTPServer):
    """Keeps what is posted to it; answers *answers* in turn, then 200."""

    daemon_threads = True

    def __init__(self, *answers: int | tuple[int, str]) -> None:
        self.got: list[tuple[str, dict[str, str], Any]] = []
        self.answers = list(answers)
        super().__init__(("127.0.0.1", 0), _Post)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Post(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.got.append((self.path, headers, body))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        status, said = answer if isinstance(answer, tuple) else (answer, '{"ok":true}')
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *args: object) -> None:
        pass


class Mail(socketserver.ThreadingTCPServer):
    """Takes mail as RFC 5321 says and keeps it: (recipients, text)."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        self.got: list[tuple[list[str], str]] = []
        super().__init__(("127.0.0.1", 0), _Smtp)

    @property
    def url(self) -> str:
        port = self.server_address[1]
        return f"mailto://127.0.0.1:{port}?mode=insecure&from=ecp@ecp.example"


class _Smtp(socketserver.StreamRequestHandler):
    server: Mail

    def handle(self) -> None:
        self._say("220 test")
        to: list[str] = []
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "DATA":
                self._say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.got.append((to, text.decode()))
                to = []
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                if word == "RCPT":
                    to.append(line.partition("<")[2].partition(">")[0])
                self._say("250 test")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def serving(server: Any) -> Iterator[Any]:
    """Let a server answer until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

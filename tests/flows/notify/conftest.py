"""Real servers on this machine that take notifications: one for mail, one for HTTP."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller


@dataclass
class MailServer:
    """A mail server that keeps what it takes."""

    port: int
    taken: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    def url(self, *, to: str = "planner") -> str:
        return f"mailto://127.0.0.1:{self.port}?mode=insecure&from=fillrate@shop.example&to={to}@shop.example"


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        kept = MailServer(free.getsockname()[1])
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port)
    controller.start()
    try:
        yield kept
    finally:
        controller.stop()


@dataclass
class WebServer:
    """An HTTP server that keeps what is posted to it; it answers with `status`."""

    port: int = 0
    status: int = 200
    taken: list[dict[str, Any]] = field(default_factory=list)

    def url(self, secret: str = "") -> str:
        return f"json://{secret}127.0.0.1:{self.port}/hook"


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    kept = WebServer()

    class Keeping(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(kept.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keeping)
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

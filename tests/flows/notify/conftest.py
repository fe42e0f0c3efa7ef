"""A real mail server on this machine that takes notifications; the one for HTTP is shared with other tests."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
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

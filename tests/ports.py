"""A port of loopback on which nothing listens. No test itself."""

from __future__ import annotations

import socket


def free_port() -> int:
    """One that was free a moment ago: for servers that must be told theirs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])

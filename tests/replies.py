"""What a RawServer sends, and what becomes of the connection after it. No test itself.

Owns the ways in which an answer can end. Must not know sockets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_INTERIM = re.compile(rb"HTTP/1\.1 1(?!01)\d\d[^\n]*\n")
_BODILESS = re.compile(rb"HTTP/1\.1 (?:204|304)\b")
_FRAMED = re.compile(rb"(?im)^(?:content-length[ \t]*:|transfer-encoding[ \t]*:[^\n]*chunked)")
_CLOSES = re.compile(rb"(?im)^connection[ \t]*:[^\n]*close")


class After(Enum):
    """What becomes of a connection after a reply."""

    AS_HEAD_SAYS = "as head says"   # kept if the head says where the body ends; else closed
    CLOSE = "close"
    RESET = "reset"                 # RST instead of FIN
    STALL = "stall"                 # neither a byte nor an end, until the server stops or is released


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent, and what becomes of the connection after it."""

    answer: bytes | Iterable[bytes]
    after: After = After.AS_HEAD_SAYS


Route = bytes | Reply | Callable[[bytes], bytes | Iterable[bytes] | Reply]


def close_after(answer: bytes | Iterable[bytes]) -> Reply:
    return Reply(answer, After.CLOSE)


def reset_after(answer: bytes | Iterable[bytes] = b"") -> Reply:
    return Reply(answer, After.RESET)


def stall_after(answer: bytes | Iterable[bytes] = b"") -> Reply:
    return Reply(answer, After.STALL)


def keeps_open(request: bytes, sent: bytes) -> bool:
    """Can the client tell from the head where the answer ended, and did neither side say close?"""
    while _INTERIM.match(sent) and (head_end := _HEAD_END.search(sent)):
        sent = sent[head_end.end():]
    head = _HEAD_END.split(sent, maxsplit=1)[0]
    asked = _HEAD_END.split(request, maxsplit=1)[0]
    if not head.startswith(b"HTTP/1.1") or _CLOSES.search(head) or _CLOSES.search(asked):
        return False
    return bool(_BODILESS.match(head) or _FRAMED.search(head) or request.startswith(b"HEAD "))

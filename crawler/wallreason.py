"""Why an error status came, where it is a wall: for the reason of the fetch line.

Owns reading the beginning of the answer for that. Must not know what tells a wall (`pipelines.walls`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.content_coding import beginning
from pipelines.walls import described, wall_of_answer

if TYPE_CHECKING:
    from pipelines.exchange import Answer
    from pipelines.visit import Visit

_LOOKED_AT_BYTES = 64 << 10


def reason_of_error(reason: str | None, visit: Visit) -> str | None:
    """The reason, such as `403`, with what kind of wall it was and by what that was told, if it was one."""
    answer = visit.last_answer
    if answer is None or answer.status is None:
        return reason
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(answer.headers)}
    wall = wall_of_answer(answer.status, headers, _beginning(answer))
    return f"{reason}: {described(wall)}"[:500] if wall else reason


def _beginning(answer: Answer) -> bytes:
    parts: list[bytes] = []
    size = 0
    for piece in answer.entity():
        parts.append(piece)
        size += len(piece)
        if size >= _LOOKED_AT_BYTES:
            break
    return beginning(b"".join(parts), answer.content_encoding, _LOOKED_AT_BYTES)

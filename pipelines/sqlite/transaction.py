"""One transaction on a connection that commits by itself.

Owns that it ends, one way or the other. Must not know what is written.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """Committed at the end of the block, rolled back if that raises. The right to write is taken at the beginning."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise

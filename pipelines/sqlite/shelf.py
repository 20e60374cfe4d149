"""What is known of each site's boilerplate, and of rights.

Owns every statement on the tables knowledge, model and rights. Must not know what counts, models and rights say.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from pipelines.store import SiteKnowledge

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from pipelines.store import KeptRights


class Shelf:
    """Part of `pipelines.sqlite.backend.SqliteStore`; its callers hold the transaction. Models are kept compressed."""

    SQL_KNOWLEDGE = """
    SELECT counts, model_id, content FROM knowledge LEFT JOIN model ON model.id = model_id WHERE knowledge.site = ?
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def knowledge(self, site: str) -> SiteKnowledge | None:
        row = self._db.execute(self.SQL_KNOWLEDGE, (site,)).fetchone()
        return SiteKnowledge(site, row[0], row[1], zlib.decompress(row[2]) if row[2] else None) if row else None

    def site_model(self, model_id: str) -> bytes | None:
        row = self._db.execute("SELECT content FROM model WHERE id = ?", (model_id,)).fetchone()
        return zlib.decompress(row[0]) if row else None

    def rights(self, name: str) -> str | None:
        row = self._db.execute("SELECT content FROM rights WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def _shelve(self, knowledge: Iterable[SiteKnowledge], rights: Iterable[KeptRights]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO rights VALUES (?, ?)",
                             [(each.name, each.content) for each in rights])
        for each in knowledge:
            if each.model_id is not None and each.model is not None:
                self._db.execute("INSERT OR IGNORE INTO model VALUES (?, ?, ?)",
                                 (each.model_id, each.site, zlib.compress(each.model)))
            self._db.execute("INSERT OR REPLACE INTO knowledge VALUES (?, ?, ?)",
                             (each.site, each.counts, each.model_id))

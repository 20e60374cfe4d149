"""The store in one SQLite file, for one machine.

Owns the name under which the rest of the project has it; the rooms behind it: `tables` (schema and its upgrades),
`queue` (URLs), `ledger` (what was written), `shelf` (what is known of sites), `backend` (the file).
"""

from pipelines.sqlite.backend import SqliteStore
from pipelines.sqlite.tables import SCHEMA_VERSION

__all__ = ["SCHEMA_VERSION", "SqliteStore"]

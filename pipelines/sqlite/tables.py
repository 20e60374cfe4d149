"""The tables of `state.sqlite`, and how a state of an older version becomes one of this.

Owns the schema. `queue` holds only URLs that have not ended; of one that has, sixteen bytes stay in `known`, so that
millions cost little. Must not know what the values mean.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from pipelines.records import SOURCES

if TYPE_CHECKING:
    import sqlite3

SCHEMA_VERSION = 4
PENDING, LEASED, RESTING, PARKED = range(4)

SCHEMA = """
CREATE TABLE IF NOT EXISTS queue (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, url_key TEXT NOT NULL, url TEXT NOT NULL, host TEXT NOT NULL,
    site TEXT NOT NULL, role TEXT NOT NULL, state INTEGER NOT NULL, priority INTEGER NOT NULL,
    discovered TEXT NOT NULL, request TEXT, attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0,
    token TEXT, deadline REAL, run_id TEXT, spider TEXT NOT NULL, owner TEXT);
DROP INDEX IF EXISTS queue_pending;
CREATE INDEX IF NOT EXISTS queue_waiting ON queue (host, site, priority DESC, id) WHERE state = 0;
CREATE INDEX IF NOT EXISTS queue_leased ON queue (token) WHERE state = 1;
CREATE INDEX IF NOT EXISTS queue_leased_host ON queue (host, run_id) WHERE state = 1;
CREATE INDEX IF NOT EXISTS queue_resting ON queue (due) WHERE state = 2;
CREATE INDEX IF NOT EXISTS queue_parked ON queue (spider, site) WHERE state = 3;
CREATE INDEX IF NOT EXISTS queue_live ON queue (id) WHERE request IS NULL;
CREATE TABLE IF NOT EXISTS known (
    key BLOB PRIMARY KEY, again INTEGER NOT NULL, run INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS source (
    site TEXT NOT NULL, url_key TEXT NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (site, url_key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS host (
    host TEXT PRIMARY KEY, failures INTEGER NOT NULL, rests_until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS article (id BLOB PRIMARY KEY, canonical BLOB, text BLOB) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS article_canonical ON article (canonical) WHERE canonical IS NOT NULL;
CREATE INDEX IF NOT EXISTS article_text ON article (text) WHERE text IS NOT NULL;
CREATE TABLE IF NOT EXISTS segment (
    number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, dt TEXT NOT NULL, run_id TEXT NOT NULL,
    committed_bytes INTEGER NOT NULL, rows INTEGER NOT NULL, sealed INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER, sha256 TEXT);
CREATE INDEX IF NOT EXISTS segment_run ON segment (run_id);
CREATE INDEX IF NOT EXISTS segment_open ON segment (path) WHERE sealed = 0;
CREATE TABLE IF NOT EXISTS payload (
    key BLOB PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owed (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, site TEXT NOT NULL, fetch TEXT NOT NULL,
    confirmed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS knowledge (site TEXT PRIMARY KEY, counts BLOB NOT NULL, model_id TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS model (id TEXT PRIMARY KEY, site TEXT NOT NULL, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rights (name TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    path TEXT NOT NULL, offset INTEGER NOT NULL, line BLOB NOT NULL, PRIMARY KEY (path, offset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run (
    number INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, spider TEXT NOT NULL, pid INTEGER NOT NULL,
    started_at TEXT NOT NULL, finished_at TEXT, finish_reason TEXT);
CREATE INDEX IF NOT EXISTS run_unfinished ON run (number) WHERE finish_reason IS NULL;
CREATE TABLE IF NOT EXISTS tally (
    run_id TEXT NOT NULL, site TEXT NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (run_id, site, outcome)) WITHOUT ROWID;
"""

_FROM_1 = """
ALTER TABLE run RENAME TO run_1;
ALTER TABLE article RENAME TO article_1;
ALTER TABLE segment RENAME TO segment_1;
DROP INDEX article_canonical;
DROP INDEX article_text;
{schema}
INSERT INTO run (run_id, spider, pid, started_at, finished_at, finish_reason)
    SELECT run_id, spider, pid, started_at, finished_at, finish_reason FROM run_1 ORDER BY started_at, run_id;
INSERT OR IGNORE INTO queue (key, url_key, url, host, site, role, state, priority, discovered, request, spider)
    SELECT queue_key(role, site, url_key), url_key, url, host, site, role, iif(state = 3, 3, 0), priority, discovered,
        request, spider FROM url WHERE state != 2 ORDER BY id;
INSERT OR IGNORE INTO known (key, again, run)
    SELECT page_key(url_key), again, coalesce((SELECT number FROM run WHERE run.run_id = url.run_id), 0)
    FROM url WHERE state = 2 AND NOT is_source(role) ORDER BY 1;
INSERT INTO article (id, canonical, text)
    SELECT from_hex(id), site_key(site, canonical), site_key(site, text) FROM article_1;
INSERT INTO segment (path, kind, dt, run_id, committed_bytes, rows, sealed, bytes, sha256)
    SELECT path, kind, dt, run_id, committed_bytes, rows, sealed, bytes, sha256 FROM segment_1 ORDER BY path;
DROP TABLE url;
DROP TABLE run_1;
DROP TABLE article_1;
DROP TABLE segment_1;
"""


def upgrade(connection: sqlite3.Connection, version: int) -> None:
    """Make the tables, or bring those of an older version up to this one: all of it or nothing."""
    for function in (queue_key, page_key, is_source, site_key, from_hex):
        connection.create_function(function.__name__, -1, function, deterministic=True)
    script = _FROM_1.format(schema=SCHEMA) if version == 1 else SCHEMA
    connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT")


def page_key(url_key: str) -> bytes:
    """By what a page, or whatever else, is known: sixteen bytes of BLAKE2b (RFC 7693), so that no two of 10^12 are
    alike."""
    return blake2b(url_key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def queue_key(role: str, site: str, url_key: str) -> bytes:
    """By what a URL is in the queue once: a page for all sites, a source for each."""
    return page_key(f"{site}\n{url_key}" if is_source(role) else url_key)


def is_source(role: str) -> bool:
    return role in SOURCES


def site_key(site: str, digest: str | None) -> bytes | None:
    """A digest that counts within one site."""
    return page_key(f"{site}\n{digest}") if digest else None


def from_hex(digest: str) -> bytes:
    return bytes.fromhex(digest)

"""URLs from being found to being done, and when whose turn it is.

Owns every statement on the tables queue, known, source and host. Must not know Scrapy or what a request is. Times are
seconds since 1970 in the file.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipelines.errors import StaleLeaseError
from pipelines.records import Discovered
from pipelines.sqlite.tables import is_source, page_key, queue_key
from pipelines.store import MAX_WAYS, Done, Found, HostHealth, Lease, Source

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping

    from pipelines.store import Run

LEASE_SECONDS = 3600
_LONGEST_WAIT_SECONDS = 30 * 3600  # nothing is let rest for longer than a day, and a fifth of it
_HOST_CANDIDATES = 16  # more hosts are looked at than leases are asked for: some have no room


class UrlQueue:
    """Part of `pipelines.sqlite.backend.SqliteStore`; its callers hold the transaction."""

    SQL_ADD = """
    INSERT INTO queue (key, url_key, url, host, site, role, state, priority, discovered, request, spider)
    SELECT :key, :url_key, :url, :host, :site, :role, 0, :priority, :discovered, :request, run.spider FROM run
    WHERE run.run_id = :run AND (:force OR NOT EXISTS (
        SELECT 1 FROM known WHERE known.key = :key AND NOT (known.again AND known.run != run.number)))
    ON CONFLICT (key) DO UPDATE SET url_key = excluded.url_key, url = excluded.url, host = excluded.host,
        site = excluded.site, role = excluded.role, state = 0, priority = excluded.priority,
        discovered = excluded.discovered, request = excluded.request, spider = excluded.spider,
        owner = iif(queue.spider = excluded.spider AND queue.site = excluded.site, queue.owner, coalesce(queue.owner,
            json_object('spider', queue.spider, 'site', queue.site, 'role', queue.role, 'priority', queue.priority,
                'discovered', queue.discovered, 'request', queue.request)))
    WHERE queue.state = 3
    """
    SQL_KNOWN = """
    SELECT 1 FROM queue WHERE key = :key AND state != 3
    UNION ALL SELECT 1 FROM known WHERE key = :key
        AND NOT (again AND run != (SELECT number FROM run WHERE run_id = :run)) LIMIT 1
    """
    SQL_WAITS = "SELECT id, discovered FROM queue WHERE key = ? AND state IN (0, 2)"
    SQL_FOUND_AGAIN = "UPDATE queue SET discovered = ? WHERE id = ?"
    SQL_UNPARK = "UPDATE queue SET state = iif(due > ?, 2, 0) WHERE state = 3 AND spider = ?"
    SQL_PARK_SPIDER = "UPDATE queue SET state = 3 WHERE state IN (0, 2) AND spider != ?"
    SQL_PARK_SITES = """
    UPDATE queue SET state = 3 WHERE state IN (0, 2) AND site NOT IN (SELECT value FROM json_each(?))
    """
    SQL_RENEW = "UPDATE queue SET deadline = ? WHERE state = 1 AND run_id = ? AND deadline < ?"
    SQL_EXPIRE = "UPDATE queue SET state = 0, token = NULL, deadline = NULL WHERE state = 1 AND deadline < ?"
    SQL_WAKE = "UPDATE queue SET state = 0 WHERE state = 2 AND (due <= :now OR due > :latest)"
    SQL_HOSTS = """
    WITH RECURSIVE waiting (host) AS (
        SELECT min(host) FROM queue WHERE state = 0 AND host > :after
        UNION ALL
        SELECT (SELECT min(host) FROM queue WHERE state = 0 AND host > waiting.host) FROM waiting
        WHERE host IS NOT NULL)
    SELECT host FROM waiting WHERE host IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM host WHERE host.host = waiting.host AND host.rests_until > :now
            AND host.rests_until <= :latest)
        AND NOT EXISTS (SELECT 1 FROM queue WHERE state = 1 AND queue.host = waiting.host AND queue.run_id != :run)
        AND (NOT :leaves_out OR EXISTS (
            WITH RECURSIVE part (site) AS (
                SELECT min(site) FROM queue WHERE state = 0 AND queue.host = waiting.host
                UNION ALL
                SELECT (SELECT min(site) FROM queue WHERE state = 0 AND queue.host = waiting.host AND site > part.site)
                FROM part WHERE site IS NOT NULL)
            SELECT 1 FROM part WHERE site IS NOT NULL AND instr(:without, char(10) || site || char(10)) = 0))
    LIMIT :limit
    """
    SQL_NEXT = """
    WITH RECURSIVE part (site) AS (
        SELECT min(site) FROM queue WHERE state = 0 AND host = :host
        UNION ALL
        SELECT (SELECT min(site) FROM queue WHERE state = 0 AND host = :host AND site > part.site)
        FROM part WHERE site IS NOT NULL)
    SELECT id, url_key, url, host, queue.site, role, discovered, request, attempts FROM part JOIN queue ON queue.id IN (
        SELECT best.id FROM queue AS best WHERE best.state = 0 AND best.host = :host AND best.site = part.site
        ORDER BY best.priority DESC, best.id LIMIT :room)
    WHERE instr(:without, char(10) || part.site || char(10)) = 0 ORDER BY priority DESC, id LIMIT :room
    """
    SQL_WAITING_OF = """
    SELECT site, count(*) FROM queue WHERE state IN (0, 2) AND site IN (SELECT value FROM json_each(?)) GROUP BY site
    """
    SQL_LEASE = "UPDATE queue SET state = 1, token = ?, deadline = ?, run_id = ? WHERE id = ?"
    SQL_NEXT_DUE = "SELECT min(due) FROM queue WHERE state = 2"
    SQL_NEXT_HOST = """
    SELECT min(rests_until) FROM host
    WHERE rests_until > ? AND EXISTS (SELECT 1 FROM queue WHERE state = 0 AND queue.host = host.host)
    """
    SQL_REST = """
    UPDATE queue SET state = 2, due = ?, attempts = attempts + 1, token = NULL, deadline = NULL
    WHERE state = 1 AND token = ?
    """
    SQL_GIVE_BACK = """
    UPDATE queue SET state = 3, token = NULL, deadline = NULL, owner = NULL, spider = json_extract(owner, '$.spider'),
        site = json_extract(owner, '$.site'), role = json_extract(owner, '$.role'),
        priority = json_extract(owner, '$.priority'), discovered = json_extract(owner, '$.discovered'),
        request = json_extract(owner, '$.request')
    WHERE state = 1 AND token = ? AND owner IS NOT NULL
    """
    SQL_DONE = "DELETE FROM queue WHERE state = 1 AND token = ? RETURNING key, role"
    SQL_KNOW = """
    INSERT INTO known (key, again, run) VALUES (?, ?, (SELECT number FROM run WHERE run_id = ?))
    ON CONFLICT (key) DO UPDATE SET again = excluded.again, run = excluded.run
    """
    SQL_RELEASE = "UPDATE queue SET state = 0, token = NULL, deadline = NULL WHERE state = 1 AND token = ?"
    SQL_RELEASE_ALL = "UPDATE queue SET state = 0, token = NULL, deadline = NULL WHERE state = 1"
    SQL_FORGET_LIVE = "DELETE FROM queue WHERE request IS NULL AND state != 3"
    SQL_SOURCE = "INSERT OR REPLACE INTO source (site, url_key, fields) VALUES (?, ?, ?)"
    SQL_HOST = "INSERT OR REPLACE INTO host (host, failures, rests_until) VALUES (?, ?, ?)"
    SQL_FORGET_HOST = "DELETE FROM host WHERE host = ?"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._last_host = ""

    def is_known(self, url_key: str, run_id: str) -> bool:
        return self._db.execute(self.SQL_KNOWN, {"key": page_key(url_key), "run": run_id}).fetchone() is not None

    def waits(self, url_key: str) -> bool:
        return self._db.execute(self.SQL_WAITS, (page_key(url_key),)).fetchone() is not None

    def next_due(self, now: datetime) -> datetime | None:
        due = [self._db.execute(self.SQL_NEXT_DUE).fetchone()[0],
               self._db.execute(self.SQL_NEXT_HOST, (now.timestamp(),)).fetchone()[0]]
        return min((datetime.fromtimestamp(seconds, UTC) for seconds in due if seconds is not None), default=None)

    def sources(self, site: str) -> list[Source]:
        rows = self._db.execute("SELECT fields FROM source WHERE site = ?", (site,))
        return [_source(json.loads(row[0])) for row in rows]

    def failing_sources(self) -> list[Source]:
        """Sources that failed when they were last asked, and retired ones, of all sites."""
        rows = self._db.execute("SELECT fields FROM source ORDER BY site, url_key")
        sources = (_source(json.loads(row[0])) for row in rows)
        return [source for source in sources if (source.failures or source.retired) and not source.is_absent]

    def hosts(self) -> list[HostHealth]:
        rows = self._db.execute("SELECT host, failures, rests_until FROM host")
        return [HostHealth(host, failures, datetime.fromtimestamp(until, UTC) if until else None)
                for host, failures, until in rows]

    def waiting(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM queue WHERE state != 1").fetchone()[0])

    def waiting_of(self, sites: Collection[str]) -> dict[str, int]:
        return dict(self._db.execute(self.SQL_WAITING_OF, (json.dumps(sorted(sites)),)))

    def _park(self, run: Run, sites: Collection[str] | None) -> None:
        self._db.execute(self.SQL_UNPARK, (run.started_at.timestamp(), run.spider))
        self._db.execute(self.SQL_PARK_SPIDER, (run.spider,))
        if sites is not None:
            self._db.execute(self.SQL_PARK_SITES, (json.dumps(sorted(sites)),))

    def _lease(
        self, run_id: str, busy: Mapping[str, int], limit: int, per_host: int, now: datetime, without: Collection[str]
    ) -> list[Lease]:
        left_out = "\n".join(("", *without, "")) if without else ""
        deadline = now + timedelta(seconds=LEASE_SECONDS)
        self._refresh(run_id, deadline, now)
        leases: list[Lease] = []
        for host in self._hosts_in_turn(run_id, limit + len(busy), now, left_out):
            room = min(per_host - busy.get(host, 0), limit - len(leases))
            if room > 0:
                leases += self._lease_host(run_id, host, room, deadline, left_out)
                self._last_host = host
        return leases

    def _refresh(self, run_id: str, deadline: datetime, now: datetime) -> None:
        half = now + timedelta(seconds=LEASE_SECONDS / 2)
        self._db.execute(self.SQL_RENEW, (deadline.timestamp(), run_id, half.timestamp()))
        self._db.execute(self.SQL_EXPIRE, (now.timestamp(),))
        self._db.execute(self.SQL_WAKE, {"now": now.timestamp(), "latest": _latest(now)})

    def _hosts_in_turn(self, run_id: str, count: int, now: datetime, left_out: str) -> list[str]:
        """As many as may be needed, from the one that was served last onwards, and round."""
        wanted = count + _HOST_CANDIDATES
        values = {"run": run_id, "now": now.timestamp(), "latest": _latest(now), "limit": wanted,
                  "without": left_out, "leaves_out": bool(left_out)}
        after = [row[0] for row in self._db.execute(self.SQL_HOSTS, {**values, "after": self._last_host})]
        if len(after) >= wanted or not self._last_host:
            return after
        begin = self._db.execute(self.SQL_HOSTS, {**values, "after": ""})
        return after + [row[0] for row in begin if row[0] <= self._last_host]

    def _lease_host(self, run_id: str, host: str, room: int, deadline: datetime, left_out: str) -> list[Lease]:
        leases = []
        for row in self._db.execute(self.SQL_NEXT, {"host": host, "room": room, "without": left_out}).fetchall():
            token = secrets.token_hex(8)
            self._db.execute(self.SQL_LEASE, (token, deadline.timestamp(), run_id, row[0]))
            _, key, url, host, site, role, discovered, request, attempts = row
            first, also = _ways(discovered)
            leases.append(Lease(key, url, host, site, role, first, request, token, deadline, attempts, also))
        return leases

    def _release(self, leases: Iterable[Lease]) -> None:
        self._db.executemany(self.SQL_RELEASE, [(lease.token,) for lease in leases])

    def _release_all(self) -> int:
        """Requests that could not be written down live in one process: the next run must be free to find them anew."""
        released = self._db.execute(self.SQL_RELEASE_ALL).rowcount
        self._db.execute(self.SQL_FORGET_LIVE)
        return released

    def _end(self, run_id: str, ended: Iterable[Done]) -> None:
        stale = frozenset(done.token for done in ended if not self._end_one(run_id, done))
        if stale:
            raise StaleLeaseError(stale)

    def _end_one(self, run_id: str, done: Done) -> bool:
        """Whether the lease was there to be ended."""
        if done.retry_at is not None:
            return self._db.execute(self.SQL_REST, (done.retry_at.timestamp(), done.token)).rowcount == 1
        if done.failed and self._db.execute(self.SQL_GIVE_BACK, (done.token,)).rowcount == 1:
            return True  # it was parked for another spider or site, and still waits for that
        row = self._db.execute(self.SQL_DONE, (done.token,)).fetchone()
        if row is not None and not is_source(row[1]):
            self._db.execute(self.SQL_KNOW, (row[0], done.again, run_id))
        return row is not None

    def _reopen(self, run_id: str, url_keys: Iterable[str]) -> None:
        self._db.executemany(self.SQL_KNOW, [(page_key(key), True, run_id) for key in url_keys])

    def _add(self, run_id: str, found: Iterable[Found]) -> None:
        self._db.executemany(self.SQL_ADD, [_found_row(each, run_id) for each in found])

    def _note(self, also: Iterable[tuple[str, Discovered]]) -> None:
        for url_key, found in also:
            row = self._db.execute(self.SQL_WAITS, (page_key(url_key),)).fetchone()
            if row is not None:
                first, others = _ways(row[1])
                if _is_new_way(found, (first, *others)):
                    self._db.execute(self.SQL_FOUND_AGAIN, (_ways_text(first, (*others, found)), row[0]))

    def _keep(self, sources: Iterable[Source], hosts: Iterable[HostHealth]) -> None:
        self._db.executemany(self.SQL_SOURCE, [(each.site, each.url_key, _source_text(each)) for each in sources])
        for each in hosts:
            if each.failures or each.rests_until:
                until = each.rests_until.timestamp() if each.rests_until else 0
                self._db.execute(self.SQL_HOST, (each.host, each.failures, until))
            else:
                self._db.execute(self.SQL_FORGET_HOST, (each.host,))


def _latest(now: datetime) -> float:
    """A time later than this was written down when the machine's clock was ahead."""
    return now.timestamp() + _LONGEST_WAIT_SECONDS


def _found_row(found: Found, run_id: str) -> dict[str, object]:
    return {"key": queue_key(found.role, found.site, found.url_key), "url_key": found.url_key, "url": found.url,
            "host": found.host, "site": found.site, "role": found.role, "priority": found.priority,
            "discovered": _ways_text(found.discovered, found.also), "request": found.request, "force": found.force,
            "run": run_id}


def _ways(text: str) -> tuple[Discovered, tuple[Discovered, ...]]:
    """How a URL was found first, and how else."""
    fields = json.loads(text)
    also = tuple(Discovered(**way) for way in fields.pop("also", ()))
    return Discovered(**fields), also


def _ways_text(first: Discovered, also: tuple[Discovered, ...]) -> str:
    return json.dumps({**asdict(first), **({"also": [asdict(way) for way in also]} if also else {})})


def _is_new_way(found: Discovered, known: tuple[Discovered, ...]) -> bool:
    return len(known) < MAX_WAYS and all((found.via, found.source_url) != (way.via, way.source_url) for way in known)


def _source_text(source: Source) -> str:
    return json.dumps(asdict(source), default=datetime.isoformat)


def _source(fields: dict[str, Any]) -> Source:
    moments = {name: datetime.fromisoformat(fields[name]).astimezone(UTC) for name in ("due", "asked_at", "new_at")
               if fields.get(name)}
    return Source(**{**fields, **moments})

"""What the end of a visit means for its host."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from crawler.consequences import Consequences
from crawler.hosts import Hosts
from pipelines.records import Discovered, Outcome, Role
from pipelines.visit import Visit
from tests.builders import LATER, NOON, exchange

WAITS = (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nRetry-After: 5\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n"
         b"Retry-After: Sun, 22 Nov 2026 10:10:00 GMT\r\n\r\n")


async def no_commit(visit: Visit, settlement: Any) -> Any:
    raise NotImplementedError


def test_a_host_rests_for_as_long_as_its_answer_asks_by_its_own_clock_in_any_of_its_headers():
    crawler: Any = SimpleNamespace(spider=None, get_extension=lambda _: None)
    visit = Visit(url="https://news.example/", site="news", role=Role.PAGE, discovered=Discovered("feed"),
                  started_at=NOON, commit=no_commit, now=lambda: LATER)
    visit.exchanges.append(exchange(WAITS))
    ended = Consequences(crawler, Hosts([])).of_visit(visit, visit.settlement(Outcome.NO_ARTICLE, None, None))
    assert ended.host is not None
    assert ended.host.rests_until == LATER + timedelta(minutes=10)

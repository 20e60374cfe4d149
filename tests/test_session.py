"""To which site what nobody found belongs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request

from crawler.publication import Publication
from crawler.session import ArchiveSession
from pipelines.records import Role
from pipelines.visit import VISIT
from tests.builders import NOON

PAGE = Request("https://elsewhere.example/a", meta={VISIT: SimpleNamespace(site="osmere")})


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> ArchiveSession:
    archive: Any = SimpleNamespace(now=lambda: NOON)
    monkeypatch.setattr(ArchiveSession, "archive", archive)
    session = ArchiveSession(archive, SimpleNamespace(signals=SimpleNamespace(connect=lambda *_, **__: None)),
                             archive, 30.0, Publication(None, 0.0))  # type: ignore[arg-type]
    session.begin_site("https://named.example/", "named")
    return session


@pytest.mark.parametrize(("url", "of", "site"), [
    ("https://named.example/robots.txt", PAGE, "named"),
    ("https://elsewhere.example/robots.txt", PAGE, "osmere"),
    ("https://elsewhere.example/robots.txt", Request("https://elsewhere.example/a"), "elsewhere.example"),
    ("https://elsewhere.example/robots.txt", None, "elsewhere.example"),
])
def test_a_robots_txt_of_a_host_that_no_site_names_belongs_to_the_site_that_needs_it(session, url, of, site):
    assert session.unleased_visit(url, Role.ROBOTS, of=of).site == site

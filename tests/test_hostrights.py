"""What a host reserves is had before its first page, or the page waits where that matters."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.hostrights import HostRightsMiddleware
from crawler.outcomes import PutBackError
from crawler.policies import RightsPolicies
from pipelines.records import Discovered, Outcome, Role
from pipelines.rights import Policy
from pipelines.visit import VISIT, Visit
from tests.builders import NOON

RESERVED = b'[{"location": "/", "tdm-reservation": 1}]'
SKIPS, RECORDS = Policy.of([("tdm-reservation", "skip")]), Policy.of([("tdm-reservation", "record"), ("noai", "skip")])


class Host:
    """A crawl in which a host's tdmrep.json ends in these answers, one after the other: a body, a status or an error.
    `ended` are the visits of the file, with whether they hold the host."""

    def __init__(self, *answers: bytes | int | Exception, policy: Policy = RECORDS) -> None:
        self.answers = list(answers)
        self.ended: list[tuple[str, Outcome, bool]] = []
        self.kept: dict[str, str] = {}
        committer = SimpleNamespace(keep_rights=lambda rights: self.kept.update({rights.name: rights.content}))
        session: Any = SimpleNamespace(
            archive=SimpleNamespace(reader=SimpleNamespace(rights=self.kept.get), committer=committer,
                                    now=lambda: NOON),
            drain=SimpleNamespace(has_begun=False), unleased_visit=self.unleased, end_unleased=self.end)
        policies = SimpleNamespace(policy_for=lambda visit: policy)
        crawler: Any = SimpleNamespace(
            settings=Settings({"USER_AGENT": "Broadsheet/0.1.0 (+you@example.org)", "BOT_NAME": "broadsheet"}),
            engine=self, get_downloader_middleware=lambda kind: None,
            get_extension=lambda kind: policies if kind is RightsPolicies else None)
        self.middleware = HostRightsMiddleware(crawler, session, asks=True)

    def unleased(self, url: str, role: Role, of: Request) -> Visit:
        return Visit(url=url, site=of.meta[VISIT].site, role=role, discovered=Discovered(via=role),
                     started_at=NOON, commit=None)  # type: ignore[arg-type]

    def end(self, visit: Visit, outcome: Outcome, reason: str | None) -> None:
        self.ended.append((visit.site, outcome, visit.holds_host))

    async def download_async(self, request: Request) -> Response:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body = (200, answer) if isinstance(answer, bytes) else (answer, b"")
        request.meta[VISIT].exchanges.append(SimpleNamespace(response=SimpleNamespace(status=status)))
        return Response(request.url, status, body=body)

    def page(self, target: str = "/a") -> list[str]:
        """What holds for one page; PutBackError if it waits."""
        url = f"https://news.example{target}"
        visit = Visit(url=url, site="osmere", role=Role.PAGE, discovered=Discovered(via="feed"), started_at=NOON,
                      commit=None)  # type: ignore[arg-type]

        async def asked() -> None:
            await self.middleware.process_request(Request(url, meta={VISIT: visit}))

        asyncio.run(asked())
        return [each.name for each in visit.host_rights]


@pytest.mark.parametrize("policy", [SKIPS, RECORDS])
def test_while_a_host_is_not_to_be_asked_its_pages_wait_and_it_is_asked_when_they_come_again(policy):
    host = Host(PutBackError("left alone"), RESERVED, policy=policy)
    with pytest.raises(PutBackError, match="left alone"):
        host.page()
    assert (host.ended, host.kept) == ([], {})
    assert host.page() == ["tdm-reservation"]
    assert host.ended == [("osmere", Outcome.SOURCE, policy is SKIPS)]


def test_where_a_policy_goes_by_it_pages_wait_for_a_host_that_cannot_say_and_it_is_left_alone():
    host = Host(503, OSError("no network"), 429, RESERVED, policy=SKIPS)
    for _ in range(3):
        with pytest.raises(PutBackError, match=r"what news\.example reserves cannot be had"):
            host.page()
    assert host.page() == ["tdm-reservation"]
    assert [held for _, _, held in host.ended] == [True, True, True, True]
    assert [outcome for _, outcome, _ in host.ended] == [
        Outcome.HTTP_ERROR, Outcome.ERROR, Outcome.HTTP_ERROR, Outcome.SOURCE]


def test_where_none_does_they_are_fetched_and_it_is_recorded_that_the_host_could_not_say():
    host = Host(503)
    assert [host.page("/a"), host.page("/b")] == [[], []]
    assert host.ended == [("osmere", Outcome.HTTP_ERROR, False)]
    assert host.kept == {}, "the next crawl asks again"


def test_a_host_without_the_file_reserves_nothing_whatever_the_policy():
    host = Host(404, policy=SKIPS)
    assert host.page() == []
    assert [outcome for _, outcome, _ in host.ended] == [Outcome.ABSENT]

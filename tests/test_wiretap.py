"""The contract with names private to Scrapy 2.19 and Twisted: what went over the wire is what the archive holds."""

from __future__ import annotations

import hashlib
import ssl
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from crawler.wiretap import MAX_HEAD_BYTES
from tests.crawls import Ended, Harvest, crawl, write_list
from tests.newsserver import RawServer, close_after, page, stall_after
from tests.proxying import Proxy
from tests.wireoddities import MAX_BYTES, ODD, WHOLE, answer, routes, story

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.newsserver import Reply

TIMES_ASKED = 2
ASKED_FOR = [*WHOLE, *(target for target, (_, outcome) in ODD.items() if outcome)]
CUT_OFF = ("/endless-body", "/endless-head", "/reset-midway", "/length-too-short", "/refused-and-long",
           "/digits-for-a-chunk")
"""Of these the archive holds a beginning: the client hung up, a reset overtook the bytes, the answer was over."""


@dataclass(frozen=True)
class Tapped:
    """One crawl, what it left, and the servers it asked."""

    ended: Ended
    harvest: Harvest
    servers: tuple[RawServer, ...]

    def url(self, target: str) -> str:
        return next(server.url(target) for server in self.servers if target in server.routes)

    def fetch(self, target: str) -> dict:
        return self.harvest.fetch(self.url(target))

    def response_headers(self, target: str) -> dict[str, str]:
        return self.harvest.record(self.fetch(target)["exchanges"][-1]["response"]).headers


def dead_connection() -> Iterator[Reply | bytes]:
    """The kept connection is closed under the first request that comes over it; a new one is served."""
    yield close_after(b"")
    yield answer("a dead connection")


@pytest.fixture(scope="module")
def tapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tapped]:
    """All of it in one crawl, over TLS too. Nothing waits."""
    folder = tmp_path_factory.mktemp("wiretap")
    replies = dead_connection()
    short = answer("brevity", length=len(story("brevity")) - 9)
    with ExitStack() as stack:
        servers = tuple(stack.enter_context(server) for server in (
            RawServer({**routes(), "/length-too-short": short}),
            RawServer({"/dead-connection": lambda _: next(replies)}, host="127.0.0.2"),
            RawServer({"/tls": answer("secrets"), "/tls-hints": WHOLE["/early-hints"]}, host="127.0.0.3", tls=True),
        ))
        targets = [*ASKED_FOR, "/length-too-short"]
        urls = [servers[0].url(target) for target in targets] + [
            server.url(target) for server in servers[1:] for target in server.routes]
        ended = crawl("pages", folder / "archive", urls=write_list(folder / "urls", urls), settings={
            "DOWNLOAD_MAXSIZE": MAX_BYTES, "RETRY_TIMES": TIMES_ASKED - 1, "DOWNLOAD_VERIFY_CERTIFICATES": False})
        yield Tapped(ended, Harvest(folder / "archive"), servers)


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tapped]:
    """What ends in a time-out or in TLS, where certificates are verified and one is trusted."""
    folder = tmp_path_factory.mktemp("refused")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    with ExitStack() as stack:
        servers = tuple(stack.enter_context(server) for server in (
            RawServer({"/stall-at-once": stall_after(), "/stall-in-head": stall_after(head),
                       "/stall-in-body": stall_after(head + b"Content-Length: 999\r\n\r\n<p>The beginning")}),
            RawServer({"/trusted": page(story("trust"))}, host="127.0.0.2", tls=True),
            RawServer({"/self-signed": page(story("distrust"))}, host="127.0.0.3", tls=True),
        ))
        (folder / "ca.pem").write_text(servers[1].ca_pem)
        urls = [server.url(target) for server in servers for target in server.routes]
        ended = crawl("pages", folder / "archive", urls=write_list(folder / "urls", urls),
                      environment={"SSL_CERT_FILE": str(folder / "ca.pem")},
                      settings={"DOWNLOAD_TIMEOUT": 1, "RETRY_TIMES": 0, "ROBOTSTXT_OBEY": False})
        yield Tapped(ended, Harvest(folder / "archive"), servers)


def exchanges_by_target(harvest: Harvest, server: RawServer) -> dict[str, list[tuple[bytes, bytes]]]:
    found = defaultdict(list)
    for line in harvest.fetches:
        for entry in line["exchanges"]:
            url = urlsplit(entry["url"])
            if url.netloc == f"{server.host}:{server.port}":
                answered = harvest.interim(entry) + (harvest.answered(entry) or b"")
                found[url.path].append((harvest.record(entry["request"]).block, answered))
    return found


def test_the_archive_holds_what_the_servers_sent_and_got_byte_for_byte(tapped):
    for server in tapped.servers:
        archived = exchanges_by_target(tapped.harvest, server)
        sent = defaultdict(list)
        for wire in server.log:
            sent[wire.target].append((wire.request_bytes, wire.response_bytes))
        assert archived.keys() == sent.keys()
        for target in sent.keys() - set(CUT_OFF):
            assert archived[target] == sent[target], target


@pytest.mark.parametrize("target", CUT_OFF)
def test_of_an_answer_cut_off_the_archive_holds_all_that_came(tapped, target):
    wires = [wire for wire in tapped.servers[0].log if wire.target == target]
    archived = tapped.harvest.exchanges(tapped.url(target))
    assert [request for request, _ in archived] == [wire.request_bytes for wire in wires]
    for (_, answered), wire in zip(archived, wires, strict=True):
        assert answered
        assert wire.response_bytes.startswith(answered)


def test_of_an_answer_longer_than_its_content_length_the_rest_is_not_part_of_it(tapped):
    [(_, answered)] = tapped.harvest.exchanges(tapped.url("/length-too-short"))
    assert answered == answer("brevity", length=len(story("brevity")) - 9)[:-9]
    assert tapped.fetch("/length-too-short")["outcome"] == "article"


def test_an_endless_body_is_held_up_to_about_the_limit(tapped):
    [(_, answered)] = tapped.harvest.exchanges(tapped.url("/endless-body"))
    assert MAX_BYTES < len(answered) < MAX_BYTES + 500_000


def test_an_endless_head_is_held_up_to_about_the_limit_and_says_why_it_was_not_read_on(tapped):
    for _, answered in tapped.harvest.exchanges(tapped.url("/endless-head")):
        assert MAX_HEAD_BYTES < len(answered) < MAX_HEAD_BYTES + 500_000
    assert tapped.fetch("/endless-head")["reason"] == "HeadTooLongError: more than 262,144 bytes of head"


@pytest.mark.parametrize("target", WHOLE)
def test_a_whole_answer_gives_its_article_however_odd_it_is(tapped, target):
    assert tapped.fetch(target)["outcome"] == "article"
    article = tapped.harvest.article(tapped.url(target))
    assert article["title"].startswith("The story of ")
    assert article["http"]["ip"] == "127.0.0.1"


@pytest.mark.parametrize(("target", "outcome"), [(target, outcome) for target, (_, outcome) in ODD.items() if outcome])
def test_every_fetch_has_the_outcome_that_it_should(tapped, target, outcome):
    assert tapped.fetch(target)["outcome"] == outcome


def test_the_archive_is_whole_and_every_url_has_one_line(tapped, refused):
    for crawled in (tapped, refused):
        crawled.harvest.check()
        assert crawled.ended.json["error"] is None
        pages = [line["url"] for line in crawled.harvest.fetches if line["role"] == "page"]
        assert len(pages) == len(set(pages))


@pytest.mark.parametrize("target", ["/busy", "/length-too-long", "/reset-midway", "/not-http"])
def test_each_attempt_at_one_url_is_an_exchange_of_its_own(tapped, target):
    assert len(tapped.fetch(target)["exchanges"]) == TIMES_ASKED


def test_a_retry_that_succeeds_keeps_the_answer_before_it(tapped):
    assert [entry["status"] for entry in tapped.fetch("/busy-once")["exchanges"]] == [503, 200]
    assert tapped.fetch("/busy-once")["redirects"] == []


def test_redirects_are_told_hop_by_hop(tapped):
    line = tapped.fetch("/moved")
    hops = [(urlsplit(hop["url"]).path, hop["status"], urlsplit(hop["location"]).path) for hop in line["redirects"]]
    assert hops == [("/moved", 301, "/moved-again"), ("/moved-again", 308, "/at-last")]
    assert line["final_url"] == tapped.url("/at-last")
    assert tapped.harvest.article(tapped.url("/moved"))["final_url"] == tapped.url("/at-last")


def test_a_request_that_fell_on_a_dead_connection_is_sent_once_more_over_another_in_the_same_visit(tapped):
    robots, first, second = tapped.servers[1].log
    assert (robots.peer, first.target, second.target) == (first.peer, "/dead-connection", "/dead-connection")
    assert second.peer != first.peer
    line = tapped.fetch("/dead-connection")
    assert line["outcome"] == "article"
    assert [entry["error"] for entry in line["exchanges"]] == ["the connection was closed before an answer came", None]


@pytest.mark.parametrize(("target", "reason"), [
    ("/endless-body", "length"), ("/length-too-long", "disconnect"), ("/chunks-break-off", "disconnect"),
    ("/reset-midway", "disconnect"), ("/refused-and-long", "unspecified"), ("/head-breaks-off", "disconnect"),
    ("/endless-head", "length"), ("/bad-header-name", None), ("/length-too-short", None), ("/until-close", None),
    ("/busy", None),
])
def test_a_record_says_whether_and_why_it_was_truncated(tapped, target, reason):
    assert tapped.response_headers(target).get("WARC-Truncated") == reason


def test_records_tell_the_address_and_name_each_other(tapped):
    entry = tapped.fetch("/early-hints")["exchanges"][0]
    request, answered = tapped.harvest.record(entry["request"]), tapped.harvest.record(entry["response"])
    assert answered.headers["WARC-IP-Address"] == "127.0.0.1"
    metadata = tapped.harvest.record(entry["metadata"])
    records = (request, answered, metadata)
    for record in records:
        assert {record.id, *record.headers_of("WARC-Concurrent-To")} == {other.id for other in records}
        assert record.headers["WARC-Date"] == entry["response"]["date"]


def test_over_tls_the_plain_bytes_are_held(tapped):
    assert [tapped.fetch(target)["outcome"] for target in ("/tls", "/tls-hints")] == ["article", "article"]
    assert tapped.harvest.exchanges(tapped.url("/tls"))[0][1] == answer("secrets")


def test_a_certificate_that_nobody_vouches_for_is_a_failure_of_tls_and_nothing_is_sent(refused):
    line = refused.fetch("/self-signed")
    assert (line["outcome"], line["exchanges"], line["http"]) == ("tls_failed", [], None)
    assert "certificate" in line["reason"]
    assert refused.servers[2].log == []


def test_a_certificate_that_is_trusted_passes(refused):
    assert refused.fetch("/trusted")["outcome"] == "article"


@pytest.mark.parametrize("target", ["/stall-at-once", "/stall-in-head", "/stall-in-body"])
def test_a_stall_is_a_timeout_and_what_came_before_it_is_held(refused, target):
    line = refused.fetch(target)
    assert line["outcome"] == "timeout"
    route = refused.servers[0].routes[target]
    [(request, answered)] = refused.harvest.exchanges(refused.url(target))
    assert request.startswith(b"GET " + target.encode())
    assert answered == (route.answer or None)
    if answered:
        assert refused.response_headers(target)["WARC-Truncated"] == "time"


@pytest.mark.parametrize("tls", [False, True], ids=["absolute address", "tunnel"])
def test_through_a_proxy_the_bytes_are_those_of_the_server_and_no_address_is_stated(tmp_path, tls):
    with RawServer({"/proxied": page(story("proxies"))}, host="127.0.0.4", tls=tls) as server, Proxy() as proxy:
        environment = {"http_proxy": f"http://127.0.0.1:{proxy.port}", "https_proxy": f"http://127.0.0.1:{proxy.port}"}
        ended = crawl("pages", tmp_path / "archive", urls=write_list(tmp_path / "urls", [server.url("/proxied")]),
                      environment=environment,
                      settings={"ROBOTSTXT_OBEY": False, "DOWNLOAD_VERIFY_CERTIFICATES": False})
        harvest = Harvest(tmp_path / "archive")
        harvest.check()
        [entry] = harvest.fetch(server.url("/proxied"))["exchanges"]
        [wire] = server.log
    assert ended.exit_code == 0, ended.stderr
    assert harvest.answered(entry) == wire.response_bytes
    sent = harvest.record(entry["request"]).block
    if tls:
        assert [head.split(b" ")[0] for head in proxy.heads] == [b"CONNECT"]
        assert sent == wire.request_bytes
    else:
        assert sent == proxy.heads[0], "what was sent went to the proxy"
    for kind in ("request", "response", "metadata"):
        headers = harvest.record(entry[kind])
        assert "WARC-IP-Address" not in headers.headers
        assert [value.partition("/")[0] for value in headers.headers_of("WARC-Protocol")][-1:] == (
            ["tls"] if tls else [] if kind == "metadata" else ["http"])
    assert harvest.facts(entry)["proxied"] == "yes"


def test_over_tls_version_cipher_and_certificate_are_stated(tapped):
    entry = tapped.fetch("/tls")["exchanges"][0]
    for kind in ("request", "response", "metadata"):
        record = tapped.harvest.record(entry[kind])
        assert record.headers_of("WARC-Protocol")[-1] == "tls/1.3"
        assert record.headers["WARC-Cipher-Suite"].startswith("TLS_")
    der = ssl.PEM_cert_to_DER_cert(tapped.servers[2].ca_pem)
    assert tapped.harvest.facts(entry)["certificateSha256"] == hashlib.sha256(der).hexdigest()
    assert "certificateSha256" not in tapped.harvest.facts(tapped.fetch("/gzip")["exchanges"][0])


def test_the_metadata_record_tells_how_a_page_was_come_to(tapped):
    first, second, last = tapped.fetch("/moved")["exchanges"]
    facts = [tapped.harvest.facts(entry) for entry in (first, second, last)]
    assert [fact["hopsFromSeed"] for fact in facts] == ["", "R", "RR"]
    assert [fact.get("via") for fact in facts] == [None, tapped.url("/moved"), tapped.url("/moved-again")]
    attempts = [tapped.harvest.facts(entry)["attempt"] for entry in tapped.fetch("/busy")["exchanges"]]
    assert attempts == [str(number + 1) for number in range(TIMES_ASKED)]
    for entry, fact in zip((first, second, last), facts, strict=True):
        assert fact["entityDigest"] == entry["response"]["payload_digest"]
        assert int(fact["fetchTimeMs"]) >= int(fact["firstByteMs"]) >= 0


def test_the_warcinfo_says_who_crawled_how(tapped):
    info = tapped.harvest.records[0]
    fields = dict(line.split(": ", 1) for line in info.block.decode().splitlines())
    assert info.type == "warcinfo"
    assert fields["software"].startswith("Broadsheet/")
    assert fields["robots"] == "obey"
    assert fields["http-header-user-agent"].startswith("Broadsheet/")
    assert f"DOWNLOAD_MAXSIZE={MAX_BYTES}" in fields["configuration"].split()

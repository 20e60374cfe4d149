"""The raw test server sends exactly what it is given, logs exactly what it did, and ends clean."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading

import feedparser
import pytest
import trafilatura
from lxml import etree

from tests.newsserver import (
    RawServer,
    Reply,
    article_html,
    chunked,
    close_after,
    feed,
    page,
    prose,
    redirect,
    reset_after,
    response,
    sitemap,
    stall_after,
)

TIMEOUT_SECONDS = 10


def connect(server: RawServer) -> socket.socket:
    return socket.create_connection((server.host, server.port), TIMEOUT_SECONDS)


def ask(server: RawServer, target: str = "/", headers: str = "") -> bytes:
    """Every byte that comes for one request until the server closes."""
    with connect(server) as client:
        client.sendall(request(target, f"Connection: close\r\n{headers}"))
        return read_to_end(client)


def request(target: str, headers: str = "") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: test\r\n{headers}\r\n".encode()


def read_to_end(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def server_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("RawServer")]


def test_bytes_go_out_as_they_were_given_and_both_sides_are_logged():
    odd = b"HTTP/1.1 200 Na, \xe9\r\nX-Odd : a\r\n\tfolded\r\nx-odd: b\r\nContent-Length: 3\r\n\r\n\x00\xff!"
    with RawServer({"/odd?a=1": odd}) as server:
        assert ask(server, "/odd?a=1", "X-Raw: \x7f\r\n") == odd
        (exchange,) = server.log
    assert exchange.target == "/odd?a=1"
    assert exchange.request_bytes == request("/odd?a=1", "Connection: close\r\nX-Raw: \x7f\r\n")
    assert exchange.response_bytes == odd
    assert exchange.peer[0] == "127.0.0.1"


def test_an_unknown_path_is_a_plain_404_and_is_logged_too():
    with RawServer({"/a": page("a")}) as server:
        assert ask(server, "/a?q=1").startswith(b"HTTP/1.1 404 Not Found\r\n")
        assert server.targets == ["/a?q=1"]


def test_routes_may_be_callables_that_see_the_request_and_routes_may_change():
    with RawServer({"/echo": page}) as server:
        assert b"X-Mine: 7\r\n" in ask(server, "/echo", "X-Mine: 7\r\n").partition(b"\r\n\r\n")[2]
        server.routes["/echo"] = page("changed")
        assert ask(server, "/echo").endswith(b"changed")


def test_an_iterable_is_sent_piece_by_piece():
    gate = threading.Event()

    def slowly(_: bytes):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf"
        gate.wait(TIMEOUT_SECONDS)
        yield b"half"

    with RawServer({"/": slowly}) as server, connect(server) as client:
        client.sendall(request("/"))
        first = client.recv(65536)
        assert first.endswith(b"\r\n\r\nhalf")
        gate.set()
        assert client.recv(65536) == b"half"
        assert server.log[0].response_bytes == first + b"half"


@pytest.mark.parametrize("answer", [
    page("framed by length"),
    chunked(["framed ", "by chunks"]),
    b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + page("after an interim answer"),
], ids=["length", "chunked", "304", "204", "103"])
def test_a_connection_is_kept_where_the_head_tells_the_end(answer):
    with RawServer({"/": answer}) as server, connect(server) as client:
        for _ in range(2):
            client.sendall(request("/"))
            received = b""
            while len(received) < len(answer):
                received += client.recv(65536)
            assert received == answer
        assert server.connections == 1
        assert len({exchange.peer for exchange in server.log}) == 1


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    page("told to close", Connection="close"),
    close_after(page("closed all the same")),
    close_after([b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", b"short"]),
], ids=["no length", "1.0", "header", "reply", "short"])
def test_a_connection_is_closed_where_only_its_end_tells_or_the_route_says_so(answer):
    pieces = answer.answer if isinstance(answer, Reply) else answer
    with RawServer({"/": answer}) as server, connect(server) as client:
        client.sendall(request("/"))
        assert read_to_end(client) == (pieces if isinstance(pieces, bytes) else b"".join(pieces))


def test_pipelined_requests_and_bodies_are_told_apart():
    post = b"POST /form HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nGET /"
    with RawServer({"/form": page("form"), "/next": page("next")}) as server, connect(server) as client:
        client.sendall(post + request("/next", "Connection: close\r\n"))
        assert read_to_end(client) == page("form") + page("next")
        assert server.log[0].request_bytes == post


def test_a_reset_ends_a_body_midway_with_rst():
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this"
    with RawServer({"/": reset_after(cut)}) as server, connect(server) as client:
        client.sendall(request("/"))
        with pytest.raises(ConnectionResetError):
            read_to_end(client)
        assert server.log[0].response_bytes == cut


def test_a_stall_lasts_until_it_is_released():
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this"
    with RawServer({"/": stall_after(cut)}) as server, connect(server) as client:
        client.sendall(request("/"))
        assert client.recv(65536) == cut
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
        client.settimeout(TIMEOUT_SECONDS)
        server.release()
        assert client.recv(1) == b""


def test_stopping_leaves_no_thread_whatever_the_clients_do():
    endless = iter(lambda: b"x" * 65536, b"")
    server = RawServer({"/": page("kept"), "/stall": stall_after(), "/endless": lambda _: endless})
    with server:
        clients = [connect(server) for _ in range(4)]
        for client, target in zip(clients, ("/", "/stall", "/endless"), strict=False):
            client.sendall(request(target))
        assert clients[0].recv(65536) == page("kept")
        assert clients[2].recv(1) == b"x"
    assert server_threads() == []
    for client in clients:
        client.close()
    assert "/endless" in server.targets


def test_a_fault_in_a_route_is_not_kept_quiet(monkeypatch):
    seen = []
    monkeypatch.setattr(threading, "excepthook", lambda fault: seen.append(fault.exc_value))
    with RawServer({"/": lambda _: 1 / 0}) as server:
        assert ask(server) == b""
    assert [type(error) for error in seen] == [ZeroDivisionError]


def test_another_loopback_address_is_another_host():
    with RawServer({"/": page("one")}) as one, RawServer({"/": page("two")}, host="127.0.0.2") as two:
        assert two.url("/x") == f"http://127.0.0.2:{two.port}/x"
        assert (ask(one)[-3:], ask(two)[-3:]) == (b"one", b"two")


def test_tls_serves_those_who_trust_its_certificate_and_logs_what_is_beneath():
    answer = b"HTTP/1.1 200 OK\r\n\r\nsecret until the end"
    with RawServer({"/": answer}, tls=True) as server:
        trusting = ssl.create_default_context(cadata=server.ca_pem)
        trusting.verify_flags |= ssl.VERIFY_X509_STRICT
        with connect(server) as plain, trusting.wrap_socket(
                plain, server_hostname="127.0.0.1", suppress_ragged_eofs=False) as client:
            client.sendall(request("/"))
            assert read_to_end(client) == answer
        assert server.log[0].response_bytes == answer
        assert server.url().startswith("https://127.0.0.1:")
        with connect(server) as plain, pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")
    assert server_threads() == []


def test_only_a_tls_server_has_a_certificate():
    with pytest.raises(ValueError, match="tls=True"):
        RawServer().ca_pem  # noqa: B018


def test_builders_make_responses_that_a_client_understands():
    routes = {
        "/page": page("<p>ü</p>", ETag='"1"', Last_Modified="Sun, 22 Nov 2026 10:00:00 GMT"),
        "/moved": redirect("/page", 308),
        "/chunks": chunked(["a", b"", b"b" * 300]),
        "/gone": response(status=410),
    }
    with RawServer(routes) as server:
        client = http.client.HTTPConnection(server.host, server.port, TIMEOUT_SECONDS)
        answers = {}
        for target in routes:
            client.request("GET", target)
            answer = client.getresponse()
            answers[target] = (answer.status, answer.getheader("Location"), answer.read())
        client.close()
        assert server.connections == 1
    assert answers == {
        "/page": (200, None, "<p>ü</p>".encode()), "/moved": (308, "/page", b""),
        "/chunks": (200, None, b"a" + b"b" * 300), "/gone": (410, None, b"")}
    assert b"\r\nLast-Modified: Sun" in routes["/page"]


def test_feeds_and_sitemaps_are_well_formed():
    url = "http://127.0.0.1/a?b=1&c=2"
    entries = feedparser.parse(feed([url, (url, "Title & more")]).partition(b"\r\n\r\n")[2]).entries
    assert [(entry.link, entry.title) for entry in entries] == [(url, "A story"), (url, "Title & more")]
    root = etree.fromstring(sitemap([url, (url, "2026-11-22")]).partition(b"\r\n\r\n")[2])
    assert [node.text for node in root.iter("{*}loc", "{*}lastmod")] == [url, url, "2026-11-22"]


def test_prose_differs_with_its_seed_and_is_the_same_for_the_same():
    texts = [text for seed in range(200) for text in prose(seed)]
    assert len(set(texts)) == len(texts) == 1000
    assert prose("x", 7) == prose("x", 7)
    assert len(prose("x", 7)) == 7


def test_an_article_page_comes_out_of_trafilatura_paragraph_by_paragraph():
    html = article_html("The swifts are back", author="Ada Finch", published="2026-11-20T06:00:00Z",
                        canonical="http://127.0.0.1/swifts", og__type="article", below="<footer>End</footer>")
    assert trafilatura.extract(html).split("\n") == ["The swifts are back", *prose("The swifts are back")]
    found = trafilatura.extract_metadata(html)
    assert (found.title, found.author, found.date) == ("The swifts are back", "Ada Finch", "2026-11-20")


def test_an_article_page_may_bring_its_own_paragraphs_and_json_ld():
    said = {"@type": "NewsArticle", "headline": "</script>"}
    html = article_html("T", ["One & two."], language="de", json_ld=said)
    assert '<html lang="de">' in html
    assert "<p>One &amp; two.</p>" in html
    assert html.count("</script>") == 1

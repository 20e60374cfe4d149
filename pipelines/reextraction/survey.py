"""What a WARC file of anyone's holds: its pages, its revisits, and what revisits may refer to.

Owns which responses are pages. Must not know where what is found goes. Runs where workers are: it is given values and
writes one file, whole or not at all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipelines.exchange import Answer
from pipelines.places import place_of
from pipelines.recordlines import fields_of
from pipelines.records import SCHEMA_VERSION, Discovered, FetchRecord, Http, Outcome, Role, WarcPointer, rfc3339
from pipelines.reextraction.bodies import entity_of, is_page
from pipelines.reextraction.forms import SharedMemberError
from pipelines.reextraction.lines import LineFile
from pipelines.reextraction.named import function_at
from pipelines.reextraction.pages import ArchivedPage, Source
from pipelines.reextraction.records import inflate_into, iter_foreign
from pipelines.rights import resolved, rights_of_headers
from pipelines.urlkey import host_of, url_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipelines.reextraction.inputs import Segment
    from pipelines.reextraction.records import ForeignRecord

VIA = "warc"
"""`discovered.via` of a page that was found in a WARC file alone."""

_OK = 200
_KINDS = frozenset({"response", "revisit"})


@dataclass(frozen=True, slots=True)
class Naming:
    """The site of a host: by `hosts`, which a registry names, else what the function at the dotted name `domain` calls
    its registered domain. `agent` is our product token, by which directives are addressed to us."""

    hosts: tuple[tuple[str, str], ...]
    domain: str
    agent: str

    def namer(self) -> Callable[[str], str]:
        """What gives the site of a URL."""
        known, domain = dict(self.hosts), function_at(self.domain)

        def site_of(url: str) -> str:
            host = host_of(url).removeprefix("www.")
            return known.get(host) or str(domain(url)).removeprefix("www.") or host

        return site_of


def survey(segment: Segment, naming: Naming, target: Path) -> None:
    """Write down what the segment holds, as lines that begin with what they are: page, revisit, original, damage,
    and at last the counts of what was passed over."""
    with LineFile(target) as lines:
        try:
            _survey(segment, segment.address, segment.path, naming, lines)
        except SharedMemberError:
            lines.restart()
            plain = target.with_name(target.name.partition(".")[0] + ".plain.warc")
            with place_of(segment.address).open(segment.path) as packed, plain.open("wb") as written:
                inflate_into(written, packed, segment.path, _teller(segment, lines))
            _survey(segment, str(plain.parent), plain.name, naming, lines)


def _survey(segment: Segment, address: str, path: str, naming: Naming, lines: LineFile) -> None:
    place = place_of(address)
    passed: Counter[str] = Counter()
    size = place.size(path)

    number, site_of = 0, naming.namer()
    with place.open(path) as file:
        for record in iter_foreign(file, path, size, _KINDS, _teller(segment, lines)):
            answer = Answer(record.block)
            reason = _reason_to_pass(record, answer)
            if reason is None:
                source = Source(address, path, record.offset, record.length)
                page = _page(record, answer, segment, source, number, site_of(record.target_uri), naming.agent)
                for line in _lines_of(record, page):
                    lines.add(line)
                number += 1
            else:
                passed[reason] += 1
    lines.add({"passed": dict(passed)})


def _teller(segment: Segment, lines: LineFile) -> Callable[[int, str], None]:
    return lambda offset, fact: lines.add({"damage": {"file": segment.file, "offset": offset, "fact": fact}})


def _reason_to_pass(record: ForeignRecord, answer: Answer) -> str | None:
    """Why a response is not tried as a page, or None."""
    url = record.target_uri
    if not _can_be_named(url):
        return "not an http(s) address"
    if answer.status != _OK and not (record.type == "revisit" and answer.status is None):
        return "not HTTP" if answer.status is None else f"status {answer.status // 100}xx"
    if urlsplit(url).path == "/robots.txt":
        return "robots.txt"
    if _moment(record.headers.get("warc-date", "")) is None:
        return "no WARC-Date"
    if record.type == "response" and not is_page(answer):
        return "not HTML"
    return None


def _can_be_named(url: str) -> bool:
    try:
        return url.lower().startswith(("http://", "https://")) and bool(url_key(url))
    except ValueError:
        return False


def _lines_of(record: ForeignRecord, page: ArchivedPage) -> Iterator[dict[str, Any]]:
    if record.type == "revisit":
        yield {"revisit": fields_of(page), "refers_to": _keys_of_reference(record)}
        return
    yield {"page": fields_of(page)}
    original = {"source": fields_of(page.source), "place": fields_of(page.place),
                "http": fields_of(page.fetch.http or _NO_HTTP)}
    yield {"original": original, "keys": _keys_of_original(record)}


def _page(
    record: ForeignRecord, answer: Answer, segment: Segment, source: Source, number: int, site: str, agent: str,
) -> ArchivedPage:
    url, moment = record.target_uri, _moment(record.headers["warc-date"])
    date = rfc3339(moment) if moment else ""
    http = Http(
        status=answer.status or _OK, fetched_at=date, ip=record.headers.get("warc-ip-address"),
        protocol=answer.protocol, content_type=answer.header(b"content-type"), charset=answer.charset,
        bytes=len(entity_of(answer)), etag=answer.header(b"etag"), last_modified=answer.header(b"last-modified"),
        duration_ms=0)
    cut = "the record breaks off" if record.is_cut else record.headers.get("warc-truncated")
    is_whole = cut is None or record.type == "revisit"      # WARC-Truncated of a revisit says that it has no payload
    fetch = FetchRecord(
        schema_version=SCHEMA_VERSION, run_id="", site=site, url=url, final_url=url,
        url_key=url_key(url), role=Role.PAGE, outcome=Outcome.FETCHED if is_whole else Outcome.TRUNCATED,
        reason=None if is_whole else f"WARC-Truncated: {cut}" if not record.is_cut else cut, redirects=(),
        article_id=None, discovered=Discovered(VIA), http=http, exchanges=(), started_at=date, finished_at=date,
        rights=resolved(rights_of_headers(answer.headers, url), agent))
    digest = record.headers.get("warc-payload-digest") or ""
    place = WarcPointer(segment.file, source.offset, source.length, record.id, digest, date)
    return ArchivedPage(number, fetch, place, source, is_decided=not is_whole)


_NO_HTTP = Http(_OK, "", None, None, None, None, 0, None, None, 0)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _keys_of_original(record: ForeignRecord) -> list[str]:
    headers = record.headers
    return _keys(record.id, record.target_uri, headers.get("warc-date"), headers.get("warc-payload-digest"))


def _keys_of_reference(record: ForeignRecord) -> list[str]:
    """What a revisit says of its original, the most certain first (WARC 1.1, section 6.7)."""
    headers = record.headers
    uri = headers.get("warc-refers-to-target-uri", "").strip("<>")
    return _keys(headers.get("warc-refers-to"), uri, headers.get("warc-refers-to-date"),
                 headers.get("warc-payload-digest"))


def _keys(record_id: str | None, uri: str | None, date: str | None, digest: str | None) -> list[str]:
    moment = _moment(date) if date else None
    named = ("id " + record_id if record_id else None,
             f"at {uri} {moment.isoformat(timespec='seconds')}" if uri and moment else None,
             "payload " + digest if digest else None)
    return [sha256(each.encode("utf-8", "surrogatepass")).hexdigest()[:32] for each in named if each]

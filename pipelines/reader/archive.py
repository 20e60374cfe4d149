"""What can be asked of an archive by who only reads it.

Owns the questions and their defaults; the files beside this one find the answers.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, overload

from pipelines.errors import ConfigurationError
from pipelines.places import LocalPlace, place_of
from pipelines.reader import decoding, history
from pipelines.reader.linefiles import EVER, LineFiles, day_of, require_archive_at
from pipelines.reader.sieve import Sieve
from pipelines.records import ArticleRecord, FetchRecord, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Unpack

    from pipelines.errors import ArchiveDamagedError
    from pipelines.places import Place
    from pipelines.reader.linefiles import Days
    from pipelines.reader.recordfiles import RecordFiles
    from pipelines.reader.response import Response
    from pipelines.records import ExchangePointer, WarcPointer
    from pipelines.warcread import Record

_T = TypeVar("_T")


class Chosen(TypedDict, total=False):
    """Which lines are read. `since` and `until` are days of the fetch in UTC, both included, as dates or text.

    `include_open` adds what a crawl that is going on (or was interrupted) has committed to files not yet sealed: on
    this machine alone, for no other place has them.
    `files` are just these of the sealed files, as `Archive.files` names them.
    """

    site: str | Iterable[str] | None
    since: date | str | None
    until: date | str | None
    include_open: bool
    files: Sequence[str] | None


class ChosenArticles(Chosen, total=False):
    """`kind` is article, listing, wall or other, or several of them."""

    kind: str | Iterable[str] | None


class ChosenFetches(Chosen, total=False):
    """`outcome` is one of `pipelines.records.Outcome`, or several."""

    outcome: str | Iterable[str] | None


class ChosenLines(ChosenArticles, ChosenFetches, total=False):
    """Of either kind."""


_CHOICES = {"articles": ChosenArticles.__annotations__.keys(), "fetches": ChosenFetches.__annotations__.keys()}


class Archive:
    """The articles, fetches, runs and responses of an archive, at a path or an address as `s3://bucket/prefix`.

    Safe beside a running crawl; holds nothing open in between; everything is read as it is asked for, in constant
    memory. ConfigurationError if there is no archive. What contradicts itself is an ArchiveDamagedError when it is met;
    with `on_damage` a line or file that cannot be read is told there instead, and the others are read on.
    `pipelines.verification` finds all damage at once.
    """

    def __init__(
        self, place: str | Path | Place, on_damage: Callable[[ArchiveDamagedError], object] | None = None
    ) -> None:
        self.place = place_of(place) if isinstance(place, (str, Path)) else place
        require_archive_at(self.place)
        self._files = LineFiles(self.place, on_damage)

    @property
    def root(self) -> Path:
        """The folder of an archive on this machine; ConfigurationError for another."""
        if not isinstance(self.place, LocalPlace):
            raise ConfigurationError(f"{self.place.name}: not on this machine: copy the archive to a folder for this")
        return self.place.root

    @overload
    def articles(self, **chosen: Unpack[ChosenArticles]) -> Iterator[ArticleRecord]: ...

    @overload
    def articles(self, into: type[_T], **chosen: Unpack[ChosenArticles]) -> Iterator[_T]: ...

    def articles(self, into: type[Any] = ArticleRecord, **chosen: Unpack[ChosenArticles]) -> Iterator[Any]:
        """Articles by day of the fetch, in the order written. `into` is any dataclass with some of their keys: those
        it does not have are not decoded, which is faster."""
        return self._records_of("articles", into, chosen)

    @overload
    def fetches(self, **chosen: Unpack[ChosenFetches]) -> Iterator[FetchRecord]: ...

    @overload
    def fetches(self, into: type[_T], **chosen: Unpack[ChosenFetches]) -> Iterator[_T]: ...

    def fetches(self, into: type[Any] = FetchRecord, **chosen: Unpack[ChosenFetches]) -> Iterator[Any]:
        """The fetch log: every URL that was tried, by the same rules as `articles`."""
        return self._records_of("fetches", into, chosen)

    def rows(self, of: str, **chosen: Unpack[ChosenLines]) -> Iterator[dict[str, Any]]:
        """`articles` or `fetches` as dicts, with every key that a line has."""
        asked, sieve = _asked(of, chosen)
        if sieve:
            return decoding.rows(self._files, self._files.batches(**asked), sieve)
        return decoding.all_rows(self._files, self._files.views(**asked))

    def lines(self, of: str, **chosen: Unpack[ChosenLines]) -> Iterator[bytes]:
        """`articles` or `fetches` as the lines of JSON that they are, without newlines."""
        asked, sieve = _asked(of, chosen)
        batches = self._files.batches(**asked)
        through = decoding.lines_through(self._files, batches, sieve) if sieve else batches
        return (line for _, _, lines in through for line in lines)

    def files(self, of: str, *, since: date | str | None = None, until: date | str | None = None) -> list[str]:
        """The sealed files of these days: shares of the work for several processes or machines."""
        return self._files.sealed(of, _days(since, until))

    def runs(self) -> Iterator[Manifest]:
        """The manifest of each run that has ended, oldest first."""
        paths = [path for path in self.place.paths("runs") if path.endswith(".json")]
        batches = ((path, 0, [self._content(path)]) for path in paths)
        return decoding.decoded(self._files, batches, decoding.decoder(Manifest))

    def days(self, of: str) -> list[str]:
        """The days for which there are files of a kind (`articles`, `fetches`, `warc`), as YYYY-MM-DD, oldest first."""
        return sorted({day_of(path) for path in self.place.paths(of) if path.count("/") == 2})

    def response(self, of: ArticleRecord | FetchRecord) -> Response:
        """The exact response that an article was made from, or the last one of a fetch.

        ArchiveDamagedError if its record is not where it should be, LookupError for a fetch that nothing answered.
        """
        from pipelines.reader.response import Request, Response  # noqa: PLC0415  # who reads lines needs no HTTP

        if isinstance(of, FetchRecord):
            return self._answer(_last_answered(of))
        record, request = self._records.with_request(of.warc)
        is_its_own = record.target_uri == of.final_url and record.date == of.http.fetched_at
        if is_its_own and request:
            return Response(record, Request(request))
        fetch = self.fetch_of(of)
        return self.response(fetch) if fetch else Response(record)

    def payload(self, article: ArticleRecord | Mapping[str, Any]) -> bytes:
        """The page that an article, or a row of one, was made from: the entity without its chunks and Content-Encoding.
        ContentCodingError if it does not decode."""
        from pipelines.reader.response import Response  # noqa: PLC0415

        return Response(self.record(article.warc if isinstance(article, ArticleRecord) else article["warc"])).body

    def record(self, pointer: WarcPointer | Mapping[str, Any]) -> Record:
        """The WARC record that a pointer names. ArchiveDamagedError if it is not there."""
        return self._records.record(pointer)

    def fetch_of(self, article: ArticleRecord) -> FetchRecord | None:
        """The fetch that brought an article; None where the fetch log does not have it (any more)."""
        return history.fetch_of(self._files, article)

    def article_of(self, fetch: FetchRecord) -> ArticleRecord | None:
        """The article that a fetch brought, or came to again; None if there is none."""
        return history.article_of(self._files, fetch)

    def versions(
        self, article: ArticleRecord, *, since: date | str | None = None, until: date | str | None = None
    ) -> Iterator[FetchRecord]:
        """Every fetch of the article's page, its own too, by day: `response` opens each as it was then.

        Reads the fetch log from its beginning: bound it by days where it is long.
        """
        return history.versions(self._files, article, _days(since, until))

    @property
    def _records(self) -> RecordFiles:
        from pipelines.reader.recordfiles import RecordFiles  # noqa: PLC0415

        return RecordFiles(self.place)

    def _answer(self, exchange: ExchangePointer) -> Response:
        from pipelines.reader.response import Request, Response  # noqa: PLC0415

        if exchange.response is None:
            raise LookupError(f"{exchange.url}: nothing answered: {exchange.error}")
        original = self.record(exchange.refers_to) if exchange.refers_to else None
        return Response(self.record(exchange.response), Request(self.record(exchange.request)), original)

    def _records_of(self, of: str, into: type[_T], chosen: Mapping[str, Any]) -> Iterator[_T]:
        asked, sieve = _asked(of, chosen)
        if sieve:
            return decoding.records(self._files, self._files.batches(**asked), into, sieve)
        return decoding.all_records(self._files, self._files.views(**asked), into)

    def _content(self, path: str) -> bytes:
        with self.place.open(path) as file:
            return file.read()


class _Asked(TypedDict):
    of: str
    days: Days
    include_open: bool
    files: Sequence[str] | None


def _asked(of: str, chosen: Mapping[str, Any]) -> tuple[_Asked, Sieve]:
    _require_known(of, chosen)
    asked = _Asked(of=of, days=_days(chosen.get("since"), chosen.get("until")),
                   include_open=chosen.get("include_open", False), files=chosen.get("files"))
    return asked, Sieve({key: chosen.get(key) for key in ("site", "kind", "outcome")})


def _last_answered(fetch: FetchRecord) -> ExchangePointer:
    for exchange in reversed(fetch.exchanges):
        if exchange.response is not None:
            return exchange
    raise LookupError(f"{fetch.url}: nothing answered: {fetch.outcome}")


def _require_known(of: str, chosen: Mapping[str, Any]) -> None:
    """A choice that is misspelt would give everything, or nothing, without a word."""
    if of not in _CHOICES:
        raise ConfigurationError(f"no such lines: {of!r}: there are: {', '.join(_CHOICES)}")
    for unknown in sorted(chosen.keys() - _CHOICES[of]):
        raise TypeError(f"{of} cannot be chosen by {unknown!r}: there are: {', '.join(sorted(_CHOICES[of]))}")


def _days(since: date | str | None, until: date | str | None) -> Days:
    days = _day(since, "since") or EVER[0], _day(until, "until") or EVER[1]
    if days[0] > days[1]:
        raise ConfigurationError(f"since: {days[0]} is after until, {days[1]}: swap them")
    return days


def _day(day: date | str | None, name: str) -> str | None:
    if day is None:
        return None
    try:
        if isinstance(day, datetime) and day.tzinfo:
            day = day.astimezone(UTC)
        return (date.fromisoformat(day) if isinstance(day, str) else day).isoformat()[:10]
    except (ValueError, AttributeError):
        raise ConfigurationError(f"{name}: not a day: {day!r}: write it as 2026-11-22") from None

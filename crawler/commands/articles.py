"""`scrapy articles`: look at what there is, newest first; `scrapy articles ID` shows one in full.

Owns which articles are shown and in which form. What a crawl that is going on has committed is shown too.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler.command import BroadsheetCommand
from crawler.display import Display, clean, one_line, stdout
from crawler.newest import Newest
from pipelines.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from pipelines.reader import Archive

FORMATS = ("table", "jsonl", "csv", "text")
_ROWS = 20
_COLUMNS = ("id", "site", "url", "canonical_url", "title", "authors", "publisher", "language", "section", "tags",
            "date_published", "date_modified", "word_count", "description", "text")
_EARLY = timedelta(days=2)      # a page may be dated ahead of the day it was fetched: time zones, tomorrow's paper

Article = dict[str, Any]


class Command(BroadsheetCommand):
    max_arguments = 1

    def syntax(self) -> str:
        return "[options] [ID]"

    def short_desc(self) -> str:
        return "List articles, newest first, or show one in full"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--site", metavar="NAME", help="only of this site")
        parser.add_argument("--since", metavar="DATE", help="published (undated: fetched) since: 2026-11-22; 7d")
        parser.add_argument("--until", metavar="DATE", help="and until this day, which is included")
        parser.add_argument("--limit", type=int, metavar="N", help=f"at most N; a table has {_ROWS} unless told")
        parser.add_argument("--format", choices=FORMATS, default="table", help="default: %(default)s; --json is jsonl")

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        from pipelines.reader import Archive  # noqa: PLC0415  # heavy: Scrapy loads every command at each start

        reader = Archive(self.archive_place)
        form = "jsonl" if opts.json else opts.format
        if args:
            _SHOW[form]([_one(reader, args[0])]) if form != "table" else _show_in_full(_one(reader, args[0]), stdout())
            return ExitCode.DONE
        limit = opts.limit if opts.limit is not None else _ROWS if form == "table" else None
        if limit is not None and limit < 1:
            raise ConfigurationError(f"--limit: not a number of articles: {limit}: give 1 or more")
        newest = Newest(_matching(reader, opts), _age, limit)
        if form == "table":
            self._show_table(list(newest), newest, limit or 0)
        else:
            _SHOW[form](newest)
        return ExitCode.DONE

    def _show_table(self, articles: list[Article], newest: Newest, limit: int) -> None:
        display = stdout()
        if not articles:
            status = f"scrapy status{self.archive_option}"
            display.say(f"No articles in {self.archive_place} that match: {status} says what came")
            return
        rows = [(_day(article), article["site"], one_line(article["title"]), article["word_count"], article["id"][:8])
                for article in articles]
        display.table(("date", "site", "title", "words", "id"), rows, fold="title")
        if newest.total > limit:
            display.say(f"{len(articles):,} of {newest.total:,}: --limit {newest.total} shows all, --site fewer")
        display.say(f"One in full: scrapy articles{self.archive_option} {articles[0]['id'][:8]}")


def _matching(reader: Archive, opts: argparse.Namespace) -> Iterator[Article]:
    since, until = _date(opts.since, "--since"), _date(opts.until, "--until")
    first, last = since.isoformat() if since else "", until.isoformat() if until else "9999-99-99"
    fetched_since = since - _EARLY if since else None
    for article in reader.rows("articles", since=fetched_since, site=opts.site, include_open=True):
        if first <= _day(article) <= last:
            yield article


def _age(article: Article) -> tuple[str, str]:
    fetched = article["http"]["fetched_at"]
    return article["date_published"] or fetched, fetched


def _day(article: Article) -> str:
    return _age(article)[0][:10]


def _date(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    if match := re.fullmatch(r"(\d{1,5})d", text):
        return datetime.now(UTC).date() - timedelta(days=int(match[1]))
    try:
        return date.fromisoformat(text)
    except ValueError:
        fact = f"not a day: {text!r}: write it as 2026-11-22, or 7d for a week ago"
        raise ConfigurationError(f"{option}: {fact}") from None


def _one(reader: Archive, wanted: str) -> Article:
    """The article whose id begins so; all of an id ends the search."""
    found: dict[str, Article] = {}
    for article in reader.rows("articles", include_open=True):
        if article["id"].startswith(wanted):
            found[article["id"]] = article
            if article["id"] == wanted:
                return article
    if not found:
        raise ConfigurationError(f"{reader.place.name}: no article {wanted!r}: scrapy articles lists them with their "
                                 "ids")
    if len(found) > 1:
        raise ConfigurationError(f"{wanted!r} begins {len(found)} ids: give more of it: {', '.join(list(found)[:5])}")
    return next(iter(found.values()))


def _show_in_full(article: Article, display: Display) -> None:
    display.say(one_line(article["title"]), "bold")
    for name, value in _facts(article):
        if value:
            display.say(f"{name:<10} {value}", "dim")
    for paragraph in article["text"].split("\n"):
        display.say()
        display.say(paragraph)


def _facts(article: Article) -> Iterator[tuple[str, str | None]]:
    warc, http = article["warc"], article["http"]
    yield "site", article["site"]
    yield "by", ", ".join(article["authors"])
    yield "published", article["date_published"] and f"{article['date_published']} ({article['date_published_source']})"
    yield "modified", article["date_modified"]
    yield "fetched", f"{http['fetched_at']} status {http['status']}"
    yield "url", article["final_url"]
    yield "section", article["section"]
    yield "tags", ", ".join(article["tags"])
    yield "language", article["language"]
    yield "words", f"{article['word_count']:,}"
    yield "removed", "; ".join(one_line(block["text"])[:80] for block in article["boilerplate"]["removed"])
    yield "record", f"{warc['file']} at byte {warc['offset']}, {warc['length']} bytes"
    yield "id", article["id"]


def _as_jsonl(articles: Iterable[Article]) -> None:
    """UTF-8 whatever the locale says: the same lines as in the archive."""
    for article in articles:
        line = json.dumps(article, ensure_ascii=False, separators=(",", ":"))
        sys.stdout.buffer.write(line.encode() + b"\n")


def _as_csv(articles: Iterable[Article]) -> None:
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # RFC 4180 wants CR LF
    writer = csv.writer(sys.stdout)
    writer.writerow((*_COLUMNS, "fetched_at"))
    for article in articles:
        cells = ("; ".join(cell) if isinstance(cell, list) else cell for cell in (article[key] for key in _COLUMNS))
        writer.writerow((*cells, article["http"]["fetched_at"]))


def _as_text(articles: Iterable[Article]) -> None:
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for number, article in enumerate(articles):
        rule = "\n\n" + "-" * 72 + "\n\n" if number else ""
        head = f"{one_line(article['title'])}\n{_day(article)} {article['site']} {article['final_url']}"
        sys.stdout.write(f"{rule}{clean(head)}\n\n{clean(article['text'])}\n")


_SHOW = {"jsonl": _as_jsonl, "csv": _as_csv, "text": _as_text}

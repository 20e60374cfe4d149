"""Whether a link on a news page leads to an article, to a section, to a feed, or to nothing of use.

Owns the evidence in a link's URL and words, and its weights. Must not know any publisher: each rule is about
how the web in general, and the common content systems, write addresses. In a language that the vocabulary
lacks, numbers, dates and lengths decide alone.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from crawler.discovery.address import PAGE_EXTENSION, Address, joined, slug_words
from crawler.discovery.shapes import is_token
from crawler.discovery.urls import subdomains
from crawler.discovery.vetoes import FILE, is_of_a_service, leads_nowhere
from crawler.discovery.vocabulary import LISTS, MARKERS, is_service
from pipelines.records import Role

_ARTICLE_SCORE = 3              # tried on the article URLs and page links of some 170 publishers
_CERTAIN_SCORE = 5              # then it is one even under /jobs/ or /help/
_SECTION_WORDS, _SECTION_CHARS, _SECTION_DEPTH, _SECTION_PARAMETERS = 4, 32, 3, 5    # Joomla's category has five
_HEADLINE_WORDS, _HEADLINE_CHARS, _BRIEF_WORDS = 6, 35, 3
_DENSE_HEADLINE_CHARS = 12      # in scripts without spaces between words
_DENSE_BRIEF_CHARS = 6

_DATE = re.compile(
    r"(?:^|[/_.-])(?:(?:19|20)\d\d[/_.-](?:0?[1-9]|1[0-2]|[a-z]{3})(?:[/_.-](?:0?[1-9]|[12]\d|3[01]))?"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{0,10}"
    r"|\d\d/(?:0[1-9]|1[0-2])/(?:0[1-9]|[12]\d|3[01]))(?=[/_.\-t]|$)", re.IGNORECASE)
_DAY_IN_PATH = re.compile(r"(?<!\d)((?:19|20)\d\d)([/_.-]?)(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?!\d)")
_EIGHT_DIGITS = re.compile(r"/\d{8}(?:\.\w{2,5})?/?")
_MAX_DEPTH, _MAX_REPEATS = 20, 3
_LONG_NUMBER = re.compile(r"\d{5,}")
_NUMBER = re.compile(r"(?<!\d)\d{3,4}(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_TOKEN = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{16,}|(?:^|[-.,])(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{9,}$", re.IGNORECASE)
_ID_KEY = re.compile(r"(?:.*(?:id|idx|no|num|nr|art|article|news|story|seq)|p)", re.IGNORECASE)
_POST_KEYS = frozenset(("p", "page_id", "attachment_id"))           # WordPress without permalinks
_DENSE_SCRIPT = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")

_FEED_PATH = re.compile(
    r"\.(?:rss|atom|rdf)$|(?:^|/)(?:feed|atom)/?$|(?:^|[/_.-])(?:rss|feed|atom)[\w-]*\.(?:xml|json)$"
    r"|/(?:rss|feeds?)/.*\.xml$", re.IGNORECASE)
_FEED_QUERY = re.compile(
    r"(?:^|&)(?:feed=(?:rss2?|atom|rdf)|(?:format|output|type|alt)=(?:rss|atom|feed))(?:&|$)", re.IGNORECASE)
_FEED_LISTS = frozenset(("rss", "feeds", "rss-feeds", "rssfeeds", "rss_feeds", "rss-feed", "newsfeeds", "news-feeds"))
_COMMENTS = re.compile(r"commenta?|コメント|komment|coment[aá]r|reacties|reaktion", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a link is by itself: PAGE, SECTION or None for neither. `leads_nowhere`: certainly of no use; `is_vetoed`: a
    word of its address says that it is no article's, as that of a category or a service, and its likes may know better;
    `is_headline`: its words are one; `has_words`: they are at least more than a section's name; `is_brief`: they may be
    a short headline."""

    role: Role | None
    leads_nowhere: bool = False
    is_vetoed: bool = False
    is_headline: bool = False
    has_words: bool = False
    is_brief: bool = False


def verdict_of(url: str, words: str, *, is_framed: bool = False) -> Verdict:
    """What to fetch a link as, by its URL and its anchor's words; `is_framed`, it stands in the navigation."""
    address, points = Address.of(url), _headline_points(words)
    if leads_nowhere(address):
        return Verdict(None, leads_nowhere=True)
    is_list = any(segment in LISTS for segment in address.segments[-2:-1])
    known = partial(Verdict, is_headline=points >= 2, has_words=points >= 1, is_brief=bool(points) or _is_brief(words))
    if _is_service_without_merit(address):
        return known(None, is_vetoed=True)
    if _article_score(address, words) >= _ARTICLE_SCORE:
        return known(Role.PAGE, is_vetoed=is_list)
    return known(Role.SECTION if _is_section(address, words, is_framed) else None, is_vetoed=is_list)


def is_no_article(url: str) -> bool:
    """Whether an address by itself is plainly of no article: a file, a service of the site, an endless list."""
    address = Address.of(url)
    return leads_nowhere(address) or _is_service_without_merit(address)


def is_file(url: str) -> bool:
    """Whether an address is that of a picture, a recording or another file that is no page."""
    return bool(FILE.search(urlsplit(url).path))


def repeats_itself(url: str) -> bool:
    """Whether a path is one of the endless ones that wrong relative links make: /a/b/a/b/a/b."""
    segments = [segment for segment in urlsplit(url).path.split("/") if segment]
    counts = Counter(segment for segment in segments if not segment.isdecimal())
    return len(segments) > _MAX_DEPTH or max(counts.values(), default=0) >= _MAX_REPEATS


def date_in_url(url: str) -> datetime | None:
    """The day that an address names as year, month and day of the month, at midnight UTC. Eight digits that are all of
    a page's name may as well be its number."""
    path = urlsplit(url).path
    found = _DAY_IN_PATH.search(path)
    if found is None or (not found[2] and _EIGHT_DIGITS.fullmatch(path[found.start() - 1:])):
        return None
    try:
        return datetime(int(found[1]), int(found[3]), int(found[4]), tzinfo=UTC)
    except ValueError:
        return None


def is_feed_address(url: str) -> bool:
    """Whether a URL plainly is a feed's."""
    parts = urlsplit(url)
    return bool(_FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query))


def is_feed_list(url: str) -> bool:
    """Whether an address is likely of a page that lists the feeds of a site."""
    return Address.of(url).name in _FEED_LISTS


def is_comments_feed(url: str, title: str) -> bool:
    """Whether a feed is of readers' comments: its entries lead to known articles under wrong titles."""
    parts = urlsplit(url)
    return bool(_COMMENTS.search(f"{parts.path}?{parts.query} {title}"))


def is_service_host(url: str) -> bool:
    """Whether a host is of a site's services: login., shop., static."""
    return any(map(is_service, subdomains(url)))


def _article_score(address: Address, words: str) -> int:
    """The sum of what speaks for an article."""
    return (
        3 * _has_date(address)
        + _slug_points(address)
        + _number_points(address)
        + 2 * (any(segment in MARKERS for segment in address.segments[:-1]) or _is_numbered_marker(address.name))
        + bool(address.segments and PAGE_EXTENSION.search(address.segments[-1]))
        + _headline_points(words)
    )


def _is_service_without_merit(address: Address) -> bool:
    """Whether it lies below a service, as /jobs/driver, and nothing but a long name says that it is an article."""
    return is_of_a_service(address) and _article_score(address, "") < _CERTAIN_SCORE


def _has_date(address: Address) -> bool:
    return bool(_DATE.search(joined(address.segments)))


def _slug_points(address: Address) -> int:
    words = slug_words(address)
    return 3 if words >= _SECTION_WORDS else 1 if words == _SECTION_WORDS - 1 else 0


def _number_points(address: Address) -> int:
    tail = "/".join(address.segments[-2:])
    if _LONG_NUMBER.search(tail) or _TOKEN.search(address.name):
        return 2
    if any(segment in MARKERS for segment in address.segments[-2:-1]) and is_token(address.spelled):
        return 2
    if any(_ID_KEY.fullmatch(key) and re.fullmatch(r"\d{3,}", value) for key, value in address.query):
        return 2
    return int(bool(_NUMBER.search(_YEAR.sub("", tail))))


def _is_numbered_marker(name: str) -> bool:
    """article-7, story_12: the number may be short."""
    word, _, number = re.sub(r"[-_](?=\d+$)", " ", name).partition(" ")
    return word in MARKERS and number.isdecimal()


def _headline_points(words: str) -> int:
    count, chars = len(words.split()), len(words)
    if count >= _HEADLINE_WORDS or (chars >= _HEADLINE_CHARS and count > _SECTION_WORDS):
        return 2
    if len(_DENSE_SCRIPT.findall(words)) >= _DENSE_HEADLINE_CHARS:
        return 2
    return int(count >= _SECTION_WORDS)


def _is_brief(words: str) -> bool:
    count = sum(len(word) > 1 for word in words.split())
    return count >= _BRIEF_WORDS or len(_DENSE_SCRIPT.findall(words)) >= _DENSE_BRIEF_CHARS


def _is_section(address: Address, words: str, is_framed: bool) -> bool:
    """The menu links towns by their post code, and topics by a number, that elsewhere would be a page's."""
    return (
        0 < len(words) <= _SECTION_CHARS
        and len(words.split()) <= _SECTION_WORDS
        and len(address.segments) <= _SECTION_DEPTH
        and len(address.query) <= _SECTION_PARAMETERS
        and not any(name.lower() in _POST_KEYS for name, _ in address.query)
        and slug_words(address) < _SECTION_WORDS
        and (is_framed or not _LONG_NUMBER.search(address.path))
    )

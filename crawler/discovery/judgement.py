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
from urllib.parse import parse_qsl, unquote, urlsplit

from crawler.discovery.urls import subdomains
from crawler.discovery.vocabulary import ACTIONS, ENDLESS, LISTS, MARKERS, is_service
from pipelines.records import Role
from pipelines.urltwins import article_path, is_view_or_session

_ARTICLE_SCORE = 3              # tried on the article URLs and page links of some 170 publishers
_CERTAIN_SCORE = 5              # then it is one even under /jobs/ or /help/
_SECTION_WORDS, _SECTION_CHARS, _SECTION_DEPTH, _SECTION_PARAMETERS = 4, 32, 3, 3
_HEADLINE_WORDS, _HEADLINE_CHARS = 6, 35
_DENSE_HEADLINE_CHARS = 12      # in scripts without spaces between words

_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|og[gv]|wav|flac|aac|webm|mov|avi|mkv|m3u8?"
    r"|pls|css|m?js|json|xml|rss|atom|rdf|txt|csv|ics|vcf|pdf|epub|docx?|xlsx?|pptx?|zip|gz|tar|rar|7z|exe|dmg|apk"
    r"|swf|woff2?|ttf|eot)$", re.IGNORECASE)
_PAGE_EXTENSION = re.compile(
    r"\.(?:x?html?|shtml?|php\d?|aspx?|jspx?|cfm|cms|ece|do|story|amp)$", re.IGNORECASE)
_INDEX = re.compile(r"(?:index|default|home)(?:\.\w{2,5})?", re.IGNORECASE)

_DATE = re.compile(
    r"(?:^|[/_.-])(?:(?:19|20)\d\d[/_.-](?:0?[1-9]|1[0-2]|[a-z]{3})(?:[/_.-](?:0?[1-9]|[12]\d|3[01]))?"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{0,10}"
    r"|\d\d/(?:0[1-9]|1[0-2])/(?:0[1-9]|[12]\d|3[01]))(?=[/_.\-t]|$)", re.IGNORECASE)
_DATE_AT_END = re.compile(r"/(?:19|20)\d\d(?:[/-](?:\d\d?|[a-z]{3})){0,2}$")
_DAY_IN_PATH = re.compile(r"(?<!\d)((?:19|20)\d\d)([/_.-]?)(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?!\d)")
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
class _Address:
    """A URL taken apart: path, its segments in lower case without an index file's name, query."""

    path: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, url: str) -> _Address:
        """Without what names a visitor or a view: a session id looks like the number of an article."""
        parts = urlsplit(url)
        path = article_path(parts.path)
        segments = [unquote(segment).lower() for segment in path.split("/") if segment]
        if segments and _INDEX.fullmatch(segments[-1]):
            segments.pop()
        return cls(path, tuple(segments), _named(parts.query) if parts.query else ())

    @property
    def name(self) -> str:
        """The last segment without a page's extension."""
        return _PAGE_EXTENSION.sub("", self.segments[-1]) if self.segments else ""


def _named(query: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl("&".join(pair for pair in query.split("&") if not is_view_or_session(pair))))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a link is by itself: PAGE, SECTION or None for neither. `leads_nowhere`: certainly of no use; `is_list`: its
    address says that it is a category; `is_headline`: its words are one; `has_words`: they are at least more than a
    section's name."""

    role: Role | None
    leads_nowhere: bool = False
    is_list: bool = False
    is_headline: bool = False
    has_words: bool = False


def verdict_of(url: str, words: str) -> Verdict:
    """What to fetch a link as, by its URL and its anchor's words."""
    address = _Address.of(url)
    if _leads_nowhere(address):
        return Verdict(None, leads_nowhere=True)
    points = _headline_points(words)
    if _article_score(address, words) >= _ARTICLE_SCORE:
        role: Role | None = Role.PAGE
    else:
        role = Role.SECTION if _is_section(address, words) else None
    is_list = any(segment in LISTS for segment in address.segments[-2:-1])
    return Verdict(role, is_list=is_list, is_headline=points >= 2, has_words=points >= 1)


def is_no_article(url: str) -> bool:
    """Whether an address by itself is plainly of no article: a file, a service of the site, an endless list."""
    return _leads_nowhere(_Address.of(url))


def is_file(url: str) -> bool:
    """Whether an address is that of a picture, a recording or another file that is no page."""
    return bool(_FILE.search(urlsplit(url).path))


def repeats_itself(url: str) -> bool:
    """Whether a path is one of the endless ones that wrong relative links make: /a/b/a/b/a/b."""
    segments = [segment for segment in urlsplit(url).path.split("/") if segment]
    counts = Counter(segment for segment in segments if not segment.isdecimal())
    return len(segments) > _MAX_DEPTH or max(counts.values(), default=0) >= _MAX_REPEATS


def date_in_url(url: str) -> datetime | None:
    """The day that an address names as year, month and day of the month, at midnight UTC."""
    found = _DAY_IN_PATH.search(urlsplit(url).path)
    try:
        return datetime(int(found[1]), int(found[3]), int(found[4]), tzinfo=UTC) if found else None
    except ValueError:
        return None


def is_feed_address(url: str) -> bool:
    """Whether a URL plainly is a feed's."""
    parts = urlsplit(url)
    return bool(_FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query))


def is_feed_list(url: str) -> bool:
    """Whether an address is likely of a page that lists the feeds of a site."""
    return _Address.of(url).name in _FEED_LISTS


def is_comments_feed(url: str, title: str) -> bool:
    """Whether a feed is of readers' comments: its entries lead to known articles under wrong titles."""
    parts = urlsplit(url)
    return bool(_COMMENTS.search(f"{parts.path}?{parts.query} {title}"))


def is_service_host(url: str) -> bool:
    """Whether a host is of a site's services: login., shop., static."""
    return any(map(is_service, subdomains(url)))


def _article_score(address: _Address, words: str) -> int:
    """The sum of what speaks for an article."""
    return (
        3 * _has_date(address)
        + _slug_points(address)
        + _number_points(address)
        + 2 * (any(segment in MARKERS for segment in address.segments[:-1]) or _is_numbered_marker(address.name))
        + bool(address.segments and _PAGE_EXTENSION.search(address.segments[-1]))
        + _headline_points(words)
    )


def _leads_nowhere(address: _Address) -> bool:
    segments = address.segments
    if _FILE.search(address.path) or is_service(address.name):
        return True
    if any(key.lower() in ACTIONS for key, _ in address.query):
        return True
    if _is_of_a_service(address) and _article_score(address, "") < _CERTAIN_SCORE:
        return True
    if _DATE_AT_END.search("/" + "/".join(segments)):       # the archive of a day, a month or a year
        return True
    # /author/jane-doe is a list; under /author/jane-doe/ articles may stand
    return any(segment in ENDLESS for segment in segments[-3:]) and _slug_words(address) < _SECTION_WORDS


def _is_of_a_service(address: _Address) -> bool:
    """By the first part of its path, also where that stands in its query: page.php?name=jobs/driver."""
    firsts = [*address.segments[:1], *(value.lower().partition("/")[0] for _, value in address.query if "/" in value)]
    return any(map(is_service, firsts))


def _has_date(address: _Address) -> bool:
    return bool(_DATE.search("/" + "/".join(address.segments)))


def _slug_points(address: _Address) -> int:
    words = _slug_words(address)
    return 3 if words >= _SECTION_WORDS else 1 if words == _SECTION_WORDS - 1 else 0


def _slug_words(address: _Address) -> int:
    """The most words in one of the last two segments: some systems put a word or number after the name. The name of a
    category is none, however long."""
    last_three = ("", "", *address.segments)[-3:]
    if last_three[1] in LISTS:
        return 0
    names = last_three[2:] if last_three[0] in LISTS else last_three[1:]
    return max(len(re.findall(r"[^\W\d_]{2,}", name)) for name in names)


def _number_points(address: _Address) -> int:
    tail = "/".join(address.segments[-2:])
    if _LONG_NUMBER.search(tail) or _TOKEN.search(address.name):
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


def _is_section(address: _Address, words: str) -> bool:
    return (
        0 < len(words) <= _SECTION_CHARS
        and len(words.split()) <= _SECTION_WORDS
        and len(address.segments) <= _SECTION_DEPTH
        and len(address.query) <= _SECTION_PARAMETERS
        and not any(name.lower() in _POST_KEYS for name, _ in address.query)
        and _slug_words(address) < _SECTION_WORDS
        and not _LONG_NUMBER.search(address.path)
    )

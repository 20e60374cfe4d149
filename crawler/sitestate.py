"""How far one site has come in this crawl: sources still out, what each kind of them listed, which step comes next.

Owns the order in which a site is explored, where more than one answer is needed to decide. Pure: no request, no
response, no clock.

A registry entry that names sources is asked for these alone. From an address alone the steps are: the home page with
what it names; places where feeds and sitemaps lie unnamed, one after the other until one lists pages; the home page's
own links, beside what was listed; its sections, where those show that the lists are incomplete; and sections of
sections, where nothing else lists pages at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from crawler.discovery import WELL_KNOWN_FEEDS, WELL_KNOWN_SITEMAPS, posts_url, shape_of
from crawler.ownfolder import is_below, own_folder, places_of
from crawler.pageshapes import PageShapes
from pipelines.records import Role
from pipelines.urlkey import url_key as key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from crawler.discovery import Found, Link
    from crawler.sites import Site

MAX_SECTIONS = 30
"""Of the home page; sections of sections may be as many again."""
WELL_KNOWN = "well-known"
"""`via` of a source that nothing names, and that was tried where such sources lie."""
_COMPLETE = 0.8  # of the home page's articles, that the lists have: then they are taken to have all
_LISTERS = frozenset({Role.FEED, Role.SITEMAP})


@dataclass(frozen=True, slots=True)
class Place:
    """A source to ask, and how it was found."""

    url: str
    role: Role
    via: str
    page: int = 1
    """Of a list that goes on over several."""


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next: pages, and sources. `is_home`: the pages are the home page's own links."""

    pages: tuple[Link, ...] = ()
    sources: tuple[Place, ...] = ()
    is_home: bool = False


class _Phase(IntEnum):
    NAMED = 0
    UNNAMED = 1
    SECTIONS = 2
    DEEPER = 3
    DONE = 4


@dataclass(slots=True)
class Home:
    """The home page as it was read: where, its URL key, its own links."""

    url: str
    url_key: str
    links: tuple[Link, ...] = ()
    wordpress_api: str | None = None
    next_url: str | None = None
    pages: dict[str, Link] = field(default_factory=dict)
    """Its links to pages by URL key."""
    doubtful: tuple[Link, ...] = ()


@dataclass(slots=True)
class SiteState:
    site: Site
    home: Home | None = None
    listed: dict[Role, int] = field(default_factory=dict)
    _is_first: bool = True
    _has_ended: bool = False
    _sources: int = 0
    _phase: _Phase = _Phase.NAMED
    _asked: set[str] = field(default_factory=set)
    _sitemaps: set[str] = field(default_factory=set)
    _sections: set[str] = field(default_factory=set)
    folder: str | None = None
    """The address below which the site lies, where it shares its host with others."""
    shapes: PageShapes = field(default_factory=PageShapes)
    _deeper: dict[str, None] = field(default_factory=dict)
    _feeds_to_try: list[str] = field(default_factory=list)
    _sitemaps_to_try: list[str] = field(default_factory=list)

    def read_home(self, found: Found, url: str, url_key: str, *, is_first: bool = True) -> None:
        """The home page was read, for the first time ever or once more: it is what the steps begin from."""
        self._is_first = is_first
        self.home = Home(url, url_key, tuple(link for link in found.links if link.role in {Role.PAGE, Role.SECTION}),
                         found.wordpress_api, found.next_url,
                         {key_of(link.url): link for link in found.links if link.role is Role.PAGE},
                         found.doubtful)
        self.folder = own_folder(url, found.links)
        self._feeds_to_try = places_of(url, WELL_KNOWN_FEEDS)
        self._sitemaps_to_try = places_of(url, WELL_KNOWN_SITEMAPS)
        if found.wordpress_api:
            self._feeds_to_try = [self._feeds_to_try[0], posts_url(found.wordpress_api)]

        self._sections = {key_of(link.url) for link in found.links
                          if link.role is Role.SECTION and shape_of(link.url).endswith("/word")}
        self.pages_of(found)

    def pages_of(self, found: Found) -> tuple[Link, ...]:
        """The links of a source, and the doubtful ones among them that are of a shape which led to pages so far."""
        likely = self.shapes.likely(found.doubtful)
        self.shapes.learn_from(found.links)
        return (*found.links, *likely)

    def is_inside(self, url: str) -> bool:
        """Whether an address is the site's own, and not of another that has the same host."""
        return self.folder is None or is_below(url, self.folder)

    def is_section(self, key: str) -> bool:
        """Whether the home page links to it as to a section, and its address is a single word too."""
        return key in self._sections

    def takes_source(self, key: str) -> bool:
        """Each source once a crawl, however many ways lead to it."""
        is_new = key not in self._asked
        self._asked.add(key)
        return is_new

    def takes_sitemap(self, url: str, limit: int) -> bool:
        """Each sitemap once, and no more than `limit`: an index may name itself, or a million others."""
        if url in self._sitemaps or len(self._sitemaps) >= limit:
            return False
        self._sitemaps.add(url)
        return True

    def expect_source(self) -> None:
        """A source is asked for; it ends exactly once, well or badly."""
        self._sources += 1

    def source_ended(self) -> None:
        self._sources = max(0, self._sources - 1)  # an interrupted crawl's sources end here without having begun

    def list_pages(self, role: Role, count: int) -> None:
        """A source of that role listed so many pages, known ones among them; a news sitemap's are those of a feed."""
        self.listed[role] = self.listed.get(role, 0) + count

    def find_sections(self, links: Iterable[Link]) -> None:
        """A section links to these: where nothing else lists pages, they are tried too."""
        self._deeper |= {link.url: None for link in links if link.role is Role.SECTION and self.is_inside(link.url)}

    def next_step(
        self, lists: frozenset[Role], is_known: Callable[[Link], bool], *, is_full: bool = False
    ) -> Step | None:
        """What to do now that no source is out; None while one is, and at the end. Call again after a step that came to
        nothing. `lists` are roles of sources that are known to list pages from earlier crawls; `is_full`: links were
        left out because of a budget, so that what is not known need not be missing in the lists."""
        if self._sources or self.home is None:
            return None
        listing = lists | {role for role, count in self.listed.items() if count}
        while self._phase is not _Phase.DONE:
            step = self._step(self.home, listing, is_known, is_full=is_full)
            if step is None or self._phase is not _Phase.UNNAMED:  # of which there are several, one after the other
                self._phase = _Phase(self._phase + 1)
            if step is not None:
                return step
        return None

    def ends_now(self) -> bool:
        """Whether all steps are done; said once. Until then the home page does not count as read: a crawl that is
        killed on the way leaves the rest to the next."""
        ends = self._phase is _Phase.DONE and not self._sources and not self._has_ended
        self._has_ended = self._has_ended or ends
        return ends

    def _step(
        self, home: Home, listing: frozenset[Role], is_known: Callable[[Link], bool], *, is_full: bool
    ) -> Step | None:
        if self._phase is _Phase.UNNAMED:
            return self._unnamed(listing)
        if self._phase is _Phase.SECTIONS:
            return self._own_links(home, listing, is_known, is_full=is_full)
        if self._phase is _Phase.DEEPER:
            return self._sections_of_sections(listing)
        return None

    def _sections_of_sections(self, listing: frozenset[Role]) -> Step | None:
        """And what was taken for sections and for doubtful, before an article of its shape was met."""
        pages = self.shapes.likely_by_now()
        is_deep_enough = self.site.max_depth == 1
        deeper = [] if listing & _LISTERS or is_deep_enough else [
            url for url in self._deeper if not self.shapes.is_learned(url)][:MAX_SECTIONS]
        sources = tuple(Place(url, Role.SECTION, "section") for url in deeper)
        return Step(pages, sources) if pages or sources else None

    def _unnamed(self, listing: frozenset[Role]) -> Step | None:
        """One more place for a feed, and one for a sitemap, where none of the kind lists pages yet."""
        tried = []
        for role, urls in ((Role.FEED, self._feeds_to_try), (Role.SITEMAP, self._sitemaps_to_try)):
            if role not in listing and urls:
                tried.append(Place(urls.pop(0), role, WELL_KNOWN))
        return Step(sources=tuple(tried)) if tried else None

    def _own_links(
        self, home: Home, listing: frozenset[Role], is_known: Callable[[Link], bool], *, is_full: bool
    ) -> Step | None:
        linked = [link for link in home.links if link.role is Role.SECTION and self.is_inside(link.url)]
        self.shapes.learn_all(link.url for link in linked if is_known(link))  # sections are not, pages may be
        likely = {link.url: link for link in self.shapes.likely(home.doubtful)}
        pages = [*(link for link in home.links if link.role is Role.PAGE), *likely.values()]
        sections = [link.url for link in linked if link.url not in likely and not is_known(link)][:MAX_SECTIONS]
        known = sum(map(is_known, pages))
        lasting = listing & ({Role.SITEMAP} if self._is_first else _LISTERS)  # a feed drops what is older
        is_complete = bool(lasting) and known >= _COMPLETE * len(pages)
        if is_complete or is_full:
            sections = []
        if not pages and not sections:
            return None
        places = [Place(url, Role.SECTION, "home") for url in sections]
        if home.next_url and self.site.max_depth != 1 and (self._is_first or not is_complete):
            places.append(Place(home.next_url, Role.SECTION, "home", page=2))
        return Step(tuple(pages), tuple(places), is_home=True)

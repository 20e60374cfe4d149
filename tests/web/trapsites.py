"""Sites of the test web with addresses without end beside the news. No test itself.

Owns their descriptions, and the budget with which each is crawled. Must not know what a crawler can do with them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from tests.web.layouts import BLOG, MODERN, SOUP
from tests.web.press import Press
from tests.web.site import Answer, page
from tests.web.stories import slug_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.web.site import Asked, Site

BUDGET = {"max_pages": 60}
_EVENTS = ("Harvest supper in the village hall", "Guided walk along the old railway", "Chess evening for young and old",
           "Concert of the brass band at the bridge", "Repair morning in the fire station")
_FACETS = {"topic": ("harbour", "roads", "schools"), "place": ("valley", "coast"), "year": ("2024", "2025", "2026")}


def _with_menu(press: Press, href: str, text: str) -> Press:
    press.frame = replace(press.frame, menu=(*press.frame.menu, (href, text)))
    press.write_stories()
    press.write_front(press.articles[:4])
    press.write_sections()
    press.write_furniture()
    return press


def calendar(now: datetime) -> Site:
    """Five events every day, for ever: each list leads to the next day, each event to those around it."""
    press = Press("weir-weekly.example", now, "an endless calendar beside the news", BLOG, count=9)
    _with_menu(press, "/whats-on/", "What's on")
    return press.site(keys=BUDGET, others=lambda asked: _day_or_event(press, asked))


def _day_or_event(press: Press, asked: Asked) -> Answer | None:
    if not asked.path.startswith("/whats-on/"):
        return None
    parts = asked.path.removeprefix("/whats-on/").strip("/").split("/")
    try:
        first = date.fromisoformat("-".join(parts[:3])) if len(parts) > 1 else press.now.date()
    except ValueError:
        return None
    links = "".join(f'<li><a href="{_event_path(first, event)}">{event}, {first + timedelta(days=1):%A}</a></li>'
                    for event in _EVENTS)
    following = first + timedelta(days=1)
    more = f'<ul>{links}</ul><a rel="next" href="/whats-on/{following:%Y/%m/%d}/">Next day</a>'
    title = parts[3].replace("-", " ").capitalize() if len(parts) > 3 else f"What's on, {first:%d %B %Y}"
    return page(press.frame.plain(title, (f"{first:%A}, 19:30", "Admission 5, children free"), after=more))


def _event_path(day: date, event: str) -> str:
    return f"/whats-on/{day + timedelta(days=1):%Y/%m/%d}/{slug_of(event)}/"


def facets(now: datetime) -> Site:
    """An archive with filters that add up, in any order and with any sorting: the same articles at ever new lists."""
    press = Press("narrows-note.example", now, "faceted lists beside the news", MODERN, count=9,
                  address=lambda article: f"/news/{article.slug}-{8100 + article.number}")
    _with_menu(press, "/archive/", "Archive")
    press.at("/archive/", lambda asked: _filtered(press, asked))
    return press.site(keys=BUDGET)


def _filtered(press: Press, asked: Asked) -> Answer:
    chosen = parse_qsl(asked.query)
    links = "".join(f'<a href="/archive/?{urlencode([*chosen, (name, value)])}">{value.capitalize()}</a> '
                    for name, values in _FACETS.items() for value in values)
    links += f'<a rel="next" href="/archive/?{urlencode([*chosen, ("page", str(len(chosen) + 2))])}">Next page</a>'
    shown = press.articles[len(chosen) % 6:][:3]
    return page(press.frame.listing("Archive", press.teasers(shown), after=f"<p>{links}</p>"))


def deeper_and_deeper(now: datetime) -> Site:
    """A link in the menu is relative by mistake, and the server answers every path below with the same list."""
    press = Press("oxbow-onlooker.example", now, "a relative link in the menu: paths that grow without end", SOUP,
                  count=9, address=lambda article: f"/{article.published:%Y/%m/%d}/{article.slug}.html")
    _with_menu(press, "more-news/", "More news")

    def list_again(asked: Asked) -> Answer | None:
        if not asked.path.endswith("/more-news/"):
            return None
        return page(press.frame.listing("More news", press.teasers(press.articles[2:7])))

    return press.site(keys=BUDGET, others=list_again)


TRAP_SITES = (calendar, facets, deeper_and_deeper)

"""Sites of the test web without feed and sitemap, whose addresses are written as presses of several countries write
theirs. No test itself.

Owns their descriptions. Must not know what a crawler can do with them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.web.layouts import BLOG, MODERN, SEMANTIC, SOUP, TABLE
from tests.web.press import Press
from tests.web.stories import slug_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.web.site import Site
    from tests.web.stories import Article


def listed(host: str, way: str, now: datetime, **how: object) -> Site:
    """The home page shows the newest six, each section all of its own."""
    press = Press(host, now, way, count=14, **how)  # type: ignore[arg-type]
    press.write_stories()
    press.write_front(press.articles[:6])
    press.write_sections()
    press.write_furniture()
    return press.site()


def _below_section(article: Article, rest: str) -> str:
    return f"/{slug_of(article.section)}/{rest}"


def _with_month(article: Article) -> str:
    day = article.published
    return _below_section(article, f"{day:%Y/%b/%d}/".lower() + "-".join(article.slug.split("-")[:3]))


spanish = partial(
    listed, "acequia-diario.example", "Spanish, the day at the end of the slug", layout=MODERN, language="es",
    address=lambda article: _below_section(article, f"{article.slug}-{article.published:%Y%m%d}.html"))
spanish_day = partial(
    listed, "barranco-hoy.example", "Spanish, the day as a folder", layout=SEMANTIC, language="es",
    address=lambda article: _below_section(article, f"{article.published:%Y-%m-%d}/{article.slug}.html"))
spanish_topics = partial(
    listed, "cauce-noticias.example", "articles below /temas/", layout=SEMANTIC, language="es",
    address=lambda article: f"/temas/{article.slug}")
polish = partial(
    listed, "dolina-gazeta.example", "Polish, /wiadomosci/slug,nId,4000", layout=SOUP, language="pl", section="/{},s",
    address=lambda article: f"/wiadomosci/{article.slug},nId,{4000 + article.number}")
polish_numbers = partial(
    listed, "estrada-kurier.example", "Polish, /7,114883,31234567,slug.html", layout=BLOG, language="pl",
    section="/0,12,{}.html", address=lambda article: f"/7,114883,{31234567 + article.number},{article.slug}.html")
korean = partial(
    listed, "gangbyeon-ilbo.example", "Korean, articleView.html?idxno=2100", layout=TABLE, language="ko",
    section="/news/articleList.html?sc_section_code={}",
    address=lambda article: f"/news/articleView.html?idxno={2100 + article.number}")
korean_agency = partial(
    listed, "haean-tongsin.example", "Korean, /view/AKR20261126000001004", layout=MODERN, language="ko",
    section="/{}/all", address=lambda article: f"/view/AKR{article.published:%Y%m%d}{article.number:06d}004")
arabic = partial(
    listed, "nahr-sahifa.example", "Arabic slugs, percent-encoded", layout=SEMANTIC, language="ar", section="/{}",
    address=lambda article: f"/{article.section}/{article.slug}")
arabic_numbers = partial(
    listed, "wadi-khabar.example", "Arabic, numbers of three digits", layout=BLOG, language="ar", section="/cat/{}",
    address=lambda article: f"/ar/{article.number + 310}")
month_names = partial(
    listed, "isthmus-inquirer.example", "/section/2026/nov/26/slug", layout=MODERN, address=_with_month)
day_at_end = partial(
    listed, "junction-journal.example", "the day behind the slug: /section/slug/2026-11-26", layout=MODERN,
    address=lambda article: _below_section(article, f"{article.slug}/{article.published:%Y-%m-%d}"))
date_at_end = partial(
    listed, "kestrel-knell.example", "the day behind the slug, in folders: /section/slug/2026/11/26", layout=SOUP,
    address=lambda article: _below_section(article, f"{article.slug}/{article.published:%Y/%m/%d}"))

WORLD_SITES = (spanish, spanish_day, spanish_topics, polish, polish_numbers, korean, korean_agency, arabic,
               arabic_numbers, month_names, day_at_end, date_at_end)

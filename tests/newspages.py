"""Builders of whole HTTP responses, and of news pages, feeds and sitemaps to put in them. No test itself.

Owns bytes. Must not know sockets. The same arguments give the same bytes.
"""

from __future__ import annotations

import json
from html import escape
from http import HTTPStatus
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Entry = str | tuple[str, str]

WHO = ("the harbour master", "a retired teacher", "the parish council", "an engineer from the water board",
       "the head of the orchard trust", "a bus driver of long standing", "the museum's new curator",
       "the youngest of the ferrymen", "a spokeswoman for the growers", "the captain of the second eleven")
DID = ("announced", "admitted", "promised", "denied", "calculated", "learned by letter",
       "told a crowded meeting", "wrote in a report", "heard from colleagues", "recalled over tea")
WHAT = ("the old signal box would be restored", "repairs to the sluice had cost more than planned",
        "a footbridge at the mill would open to walkers", "the choir had found its missing scores",
        "the bakery would keep its ovens lit", "a colony of swifts had returned to the tower",
        "the night bus would run once more", "nobody had measured the well since the drought",
        "the quarry lake would stay closed to boats", "the fair would move to the lower meadow")
WHEN = ("last Tuesday", "before the first frost", "in the third week of the month", "after a long winter",
        "on the eve of the vote", "at the end of the season", "during the spring tides",
        "a year ago this week")
WHY = ("because the money had at last been found", "although few had believed it possible",
       "while the neighbours looked on", "despite a petition against it", "as the surveyors had advised",
       "once the last permit was signed", "to the relief of everyone on the lane")


def prose(seed: int | str, paragraphs: int = 5) -> list[str]:
    """Paragraphs of four sentences each, different for every seed."""
    chance = Random(f"broadsheet-{seed}")
    return [" ".join(_sentence(chance) for _ in range(4)) for _ in range(paragraphs)]


def _sentence(chance: Random) -> str:
    who, when, why = chance.choice(WHO), chance.choice(WHEN), chance.choice(WHY)
    said = f"{who} {chance.choice(DID)} {when} that {chance.choice(WHAT)} {why}"
    people, streets = chance.randrange(12, 9800), chance.randrange(3, 90)
    return f"{said[0].upper()}{said[1:]}, and {people} people in {streets} streets were asked about it."


def article_html(title: str, paragraphs: Iterable[str] | None = None, *, language: str = "en",
                 canonical: str | None = None, published: str | None = None,
                 json_ld: dict[str, object] | None = None,
                 above: str = "", below: str = "", **meta: str) -> str:
    """An article's page. Without paragraphs it has `prose(title)`; `above` and `below` are HTML around it.

    Further keywords become meta tags: author="…" by name, og__title="…" as the property og:title.
    """
    head = [f"<title>{escape(title)}</title>", *(_meta(name, text) for name, text in meta.items())]
    if canonical:
        head.append(f'<link rel="canonical" href="{escape(canonical)}">')
    if published:
        head.append(_meta("article__published_time", published))
    if json_ld:
        described = json.dumps(json_ld).replace("</", "<\\/")
        head.append(f'<script type="application/ld+json">{described}</script>')
    heading = f"<h1>{escape(title)}</h1>"
    texts = [f"<p>{escape(text)}</p>" for text in (prose(title) if paragraphs is None else paragraphs)]
    body = ["<body>", above, "<main><article>", heading, *texts, "</article></main>", below, "</body>"]
    head = ["<head>", '<meta charset="utf-8">', *head, "</head>"]
    return "\n".join(["<!DOCTYPE html>", f'<html lang="{language}">', *head, *body, "</html>", ""])


def _meta(name: str, text: str) -> str:
    kind = "property" if "__" in name else "name"
    return f'<meta {kind}="{name.replace("__", ":")}" content="{escape(text)}">'


def response(body: bytes | str = b"", status: int = 200, **headers: str) -> bytes:
    """A whole response with Content-Length. In a header's name _ stands for -, as in Last_Modified="…"."""
    entity = body.encode() if isinstance(body, str) else body
    return _head(status, headers | {"Content_Length": str(len(entity))}) + entity


def page(html: str | bytes, status: int = 200, **headers: str) -> bytes:
    return response(html, status, **{"Content_Type": "text/html; charset=utf-8", **headers})


def redirect(location: str, status: int = 301, **headers: str) -> bytes:
    return response(b"", status, Location=location, **headers)


def chunked(parts: Iterable[str | bytes], status: int = 200, **headers: str) -> bytes:
    """A whole response with one chunk a part."""
    entities = [part.encode() if isinstance(part, str) else part for part in parts]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in entities if part)
    described = {"Content_Type": "text/html; charset=utf-8", **headers, "Transfer_Encoding": "chunked"}
    return _head(status, described) + framed + b"0\r\n\r\n"


def feed(items: Iterable[Entry], **headers: str) -> bytes:
    """An RSS 2.0 feed of URLs, or of (URL, title)."""
    entries = "".join(f"<item><title>{escape(title)}</title><link>{escape(url)}</link></item>\n"
                      for url, title in (_pair(item, "A story") for item in items))
    channel = f"<channel><title>News</title>\n{entries}</channel>"
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">{channel}</rss>\n'
    return response(xml, 200, **{"Content_Type": "application/rss+xml", **headers})


def sitemap(urls: Iterable[Entry], **headers: str) -> bytes:
    """A sitemap of URLs, or of (URL, lastmod)."""
    entries = "".join(f"<url><loc>{escape(url)}</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</url>\n"
                      for url, date in (_pair(entry, "") for entry in urls))
    namespace = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {namespace}>\n{entries}</urlset>\n'
    return response(xml, 200, **{"Content_Type": "application/xml", **headers})


def _pair(entry: Entry, default: str) -> tuple[str, str]:
    return (entry, default) if isinstance(entry, str) else entry


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")

"""Lists of articles in JSON: JSON Feed 1.x and the posts of WordPress's REST API.

Owns their keys. Must not know feeds in XML.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.discovery.dates import read_date
from crawler.discovery.feeds import LIKE_ADDRESS, first_page, plain_title, string_of
from crawler.discovery.found import Found, Link, clean_title, newest_first
from crawler.discovery.fullcontent import paragraph_keys
from crawler.discovery.urls import resolved
from pipelines.records import Role

_JSON_FEED = "jsonfeed.org/version/"
_POSTS = "wp/v2/posts"
_POSTS_A_PAGE = 100                             # the most that WordPress gives
_FIELDS = "link,title,date_gmt,modified_gmt"


def json_links(text: str, url: str) -> Found | None:
    """The pages that the items of a JSON Feed (jsonfeed.org/version/1.1) or the posts of a WordPress site lead to, and
    where the list goes on; None if it is neither."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(document, dict) and _JSON_FEED in str(document.get("version")):
        return _json_feed(document, url)
    if isinstance(document, list) and _POSTS in url:
        return _posts(document, url)
    return None


def posts_url(api: str) -> str:
    """The first page of all posts below the root of a WordPress REST API, newest first
    (developer.wordpress.org/rest-api/reference/posts)."""
    query = urlencode({"per_page": _POSTS_A_PAGE, "_fields": _FIELDS}, safe=",")
    mark = "&" if "?" in api else "?"           # without permalinks it is /?rest_route=/
    return f"{api.rstrip('/')}/{_POSTS}{mark}{query}"


def _json_feed(feed: dict[str, Any], url: str) -> Found:
    items, hubs = feed.get("items"), feed.get("hubs")
    links = [link for item in items if (link := _link_of_item(item, url))] if isinstance(items, list) else []
    hub = next((hub["url"] for hub in hubs if isinstance(hub, dict) and isinstance(hub.get("url"), str)), None) \
        if isinstance(hubs, list) else None
    next_url = resolved(string_of(feed, "next_url"), url) if string_of(feed, "next_url") else None
    return Found(newest_first(links), next_url=next_url if next_url != url else None, hub=hub)


def _link_of_item(item: Any, url: str) -> Link | None:
    if not isinstance(item, dict):
        return None
    identity = string_of(item, "id")
    page = first_page((string_of(item, "url"), identity if LIKE_ADDRESS.match(identity) else ""), url)
    if page is None:
        return None
    published, updated = (read_date(string_of(item, key)) for key in ("date_published", "date_modified"))
    image = string_of(item, "image") or string_of(item, "banner_image")
    return Link(page, Role.PAGE, clean_title(string_of(item, "title")), published or updated,
                paragraph_keys(string_of(item, "content_html")), updated if published else None,
                resolved(image, url) if image else None)


def _posts(posts: list[Any], url: str) -> Found:
    links = [link for post in posts if isinstance(post, dict) and (link := _link_of_post(post, url))]
    return Found(newest_first(links), next_url=_next_posts(url) if len(posts) >= _POSTS_A_PAGE else None)


def _link_of_post(post: dict[str, Any], url: str) -> Link | None:
    page, title = first_page((string_of(post, "link"),), url), post.get("title")
    if page is None:
        return None
    rendered = title.get("rendered") if isinstance(title, dict) else title
    return Link(page, Role.PAGE, plain_title(rendered), read_date(string_of(post, "date_gmt")),
                updated=read_date(string_of(post, "modified_gmt")))


def _next_posts(url: str) -> str:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    number = query.get("page", "1")
    query["page"] = str(int(number) + 1 if number.isdecimal() and len(number) < 6 else 2)
    return parts._replace(query=urlencode(query, safe=",")).geturl()

"""Sites of the test web whose addresses and headlines say little: three words, a short number, a token. No test itself.

Owns their descriptions. Must not know what a crawler can do with them.
"""

from __future__ import annotations

import base64
import hashlib
from functools import partial
from typing import TYPE_CHECKING

from tests.web.feedsites import alternate
from tests.web.layouts import BLOG, MICRODATA, MODERN, SEMANTIC, SOUP, TABLE
from tests.web.press import Press
from tests.web.site import RSS, document
from tests.web.sources import rss
from tests.web.stories import slug_of
from tests.web.worldsites import listed

if TYPE_CHECKING:
    from datetime import datetime

    from tests.web.site import Site
    from tests.web.stories import Article


def _hash(article: Article) -> bytes:
    return hashlib.sha1(f"{article.title}{article.number}".encode(), usedforsecurity=False).digest()


def token(article: Article, chars: int) -> str:
    """As a content system makes them that counts in letters of both cases and digits."""
    return base64.b64encode(_hash(article)).decode().replace("+", "x").replace("/", "Y")[:chars]


def short_feed(now: datetime) -> Site:
    """The feed has five of thirty; sections have all."""
    press = Press("larchmere-ledger.example", now, "a feed of five, headlines and slugs of three words", BLOG,
                  language="en-short", count=20,
                  address=lambda article: f"/{slug_of(article.section)}/{article.slug}")
    press.write_stories()
    press.write_front(press.articles[:12], alternate("/feed/"))
    press.write_sections()
    press.write_furniture()
    press.at("/feed/", document(rss(press.title, press.entries(press.articles[:5])), RSS))
    return press.site()


_brief = partial(listed, language="en-short")
slugs = partial(_brief, "mallow-mail.example", "headlines and slugs of three words", layout=SEMANTIC,
                address=lambda article: f"/{slug_of(article.section)}/{article.slug}")
slugs_unmarked = partial(
    _brief, "nightjar-news.example", "headlines and slugs of three words, nothing declared", layout=SOUP,
    address=lambda article: f"/{slug_of(article.section)}/{article.slug}")
tokens = partial(_brief, "osier-observer.example", "/section/5SD6G8i", layout=SEMANTIC,
                 address=lambda article: f"/{slug_of(article.section)}/{token(article, 7)}")
marked_tokens = partial(listed, "pollard-post.example", "/a/2CasvVGt", layout=MICRODATA,
                        address=lambda article: f"/a/{token(article, 8)}")
hashes = partial(_brief, "quarry-quill.example", "/n/018dcf, nothing declared", layout=SOUP,
                 address=lambda article: f"/n/{_hash(article).hex()[:6]}")
small_numbers = partial(_brief, "runnel-record.example", "/news/37", layout=BLOG,
                        address=lambda article: f"/news/{50 - article.number}")
story_ids = partial(_brief, "sallow-sentinel.example", "/story.php?sid=12", layout=TABLE,
                    section="/list.php?rubric={}", plain="/page.php?name={}",
                    address=lambda article: f"/story.php?sid={40 - article.number}")
view_action = partial(listed, "teasel-telegraph.example", "index.php?action=view&id=12", layout=TABLE,
                      section="/index.php?action=list&rubric={}", plain="/index.php?action={}",
                      address=lambda article: f"/index.php?action=view&id={212 - article.number}")
numbered_folder = partial(_brief, "umber-update.example", "/news/article/123/slug/", layout=BLOG, section="/news/{}/",
                          address=lambda article: f"/news/article/{123 + article.number}/{article.slug}/")
pages = partial(_brief, "vetch-view.example", "articles below /page/", layout=MODERN,
                address=lambda article: f"/page/{article.slug}")
events = partial(listed, "withy-what-is-on.example", "articles below /events/", layout=SEMANTIC, plain="/info/{}/",
                 address=lambda article: f"/events/{article.slug}")

BRIEF_SITES = (short_feed, slugs, slugs_unmarked, tokens, marked_tokens, hashes, small_numbers, story_ids, view_action,
               numbered_folder, pages, events)

"""Discovery: from the bytes of feeds, sitemaps, pages and robots.txt to the links that they name.

Everything here is a pure function and runs in worker processes: arguments and results pickle, nothing is
fetched, opened or logged, and no input makes it raise. Must not know Scrapy, the store or the registry.
"""

from crawler.discovery.found import MAX_LINKS, Found, Link
from crawler.discovery.reading import links_of_feed, links_of_page, links_of_sitemap
from crawler.discovery.robots import sitemaps_of_robots
from crawler.discovery.urls import MAX_URL_CHARS, same_site

__all__ = [
    "MAX_LINKS", "MAX_URL_CHARS", "Found", "Link",
    "links_of_feed", "links_of_page", "links_of_sitemap", "same_site", "sitemaps_of_robots",
]

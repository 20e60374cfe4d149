"""Discovery: from the bytes of feeds, sitemaps, pages and robots.txt to the links that they name.

Everything here is a pure function and runs in worker processes: arguments and results pickle, nothing is
fetched, opened or logged, and no input makes it raise. Must not know Scrapy, the store or the registry.
"""

from crawler.discovery.found import MAX_LINKS, Found, Link
from crawler.discovery.jsonfeeds import posts_url
from crawler.discovery.judgement import date_in_url, repeats_itself
from crawler.discovery.reading import links_of_feed, links_of_page, links_of_sitemap
from crawler.discovery.robots import sitemaps_of_robots
from crawler.discovery.shapes import folderless, is_numbered, shape_of, wordy
from crawler.discovery.urls import MAX_URL_CHARS, registered_domain, same_site
from crawler.discovery.wellknown import WELL_KNOWN_FEEDS, WELL_KNOWN_SITEMAPS

__all__ = [
    "MAX_LINKS", "MAX_URL_CHARS", "WELL_KNOWN_FEEDS", "WELL_KNOWN_SITEMAPS", "Found", "Link",
    "date_in_url", "folderless", "is_numbered", "links_of_feed", "links_of_page", "links_of_sitemap",
    "posts_url", "registered_domain", "repeats_itself", "same_site", "shape_of", "sitemaps_of_robots",
    "wordy",
]

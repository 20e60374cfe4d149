"""URLs as they stand in documents: made absolute and safe to ask, or left out.

Owns which URLs may come out of discovery at all, and what one site is. Must not know documents or registries.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from tldextract import TLDExtract
from w3lib.url import safe_url_string

MAX_URL_CHARS = 2_083           # the longest that every browser and proxy takes

# Private suffixes count: two blogs of one hosting service are two sites. No list is fetched: one ships.
_suffixes = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)

_DROPPED_BY_BROWSERS = re.compile(r"[\t\n\r]")          # URL Standard, "basic URL parser", steps 1 and 3
_SURROUNDING = "".join(map(chr, range(0x21)))
_PLAIN = re.compile(
    r"https?://(?=[^/]{1,253}/)(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+/[\w/.,~!$'()*+;:@=&?-]*", re.ASCII)
_DOT_SEGMENT = re.compile(r"/\.\.?(/|$)")
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_HOME = re.compile(r"https?://[^/?]+/")
_IP_V6 = re.compile(r"\[[0-9a-f:.]+\]")


def resolved(href: str, base: str, *, encoding: str = "utf-8") -> str | None:
    """The absolute http(s) URL of a link, percent-encoded and without its fragment, or None.

    None for every other scheme, for credentials, for hosts that cannot be asked, and beyond MAX_URL_CHARS.
    `encoding` is that of the page: browsers write queries in it.
    """
    if len(href) > 2 * MAX_URL_CHARS:           # before any work: inline images are megabytes of data: URL
        return None
    href = _DROPPED_BY_BROWSERS.sub("", href.strip(_SURROUNDING))
    if len(href) <= MAX_URL_CHARS and _PLAIN.fullmatch(href) and not _DOT_SEGMENT.search(href):
        return href
    try:
        url = _absolute(href, base, encoding)
    except ValueError:                          # UnicodeError too
        return None
    return url if url and len(url) <= MAX_URL_CHARS else None


def is_home(url: str) -> bool:
    """Whether a resolved URL is that of a host's first page."""
    return bool(_HOME.fullmatch(url))


def same_site(url: str, other: str) -> bool:
    """Whether both are of one registered domain; for IP addresses and local hosts, of one host and port."""
    return _site_of(urlsplit(url).netloc.lower()) == _site_of(urlsplit(other).netloc.lower())


def registered_domain(url: str) -> str:
    """What a site's hosts have in common: `same_site` holds where it is the same."""
    return _site_of(urlsplit(url).netloc.lower())


def subdomains(url: str) -> list[str]:
    """The labels of a URL's host before its registered domain."""
    return _suffixes(urlsplit(url).netloc.lower()).subdomain.split(".")


def _absolute(href: str, base: str, encoding: str) -> str | None:
    href, *fragment = href.split("#", 1)
    if not href and fragment:
        return None                             # a place on the same page
    path, mark, query = href.partition("?")
    href = path.replace("\\", "/") + mark + query
    url = urljoin(base, href)
    if _DOT_SEGMENT.search(url):
        url = urljoin(url, urlsplit(url)._replace(scheme="", netloc="").geturl())
    parts = urlsplit(safe_url_string(url, encoding=encoding))
    netloc = parts.netloc.lower()
    if parts.scheme not in ("http", "https") or "@" in netloc or not _is_host(netloc) or parts.port == 0:
        return None
    return parts._replace(netloc=netloc, path=parts.path or "/", fragment="").geturl()


def _is_host(netloc: str) -> bool:
    host = re.sub(r":\d*$", "", netloc)
    return len(host) <= 253 and bool(_HOST.fullmatch(host) or _IP_V6.fullmatch(host))


@lru_cache(maxsize=4096)
def _site_of(netloc: str) -> str:
    return _suffixes(netloc).top_domain_under_public_suffix or _below_unlisted(netloc)


def _below_unlisted(netloc: str) -> str:
    """Where no rule of the list matches, the last label is the suffix (publicsuffix.org, the algorithm's rule `*`);
    IP addresses and single names stay whole."""
    host = re.sub(r":\d*$", "", netloc)
    labels = host.strip(".").split(".")
    return netloc if len(labels) < 2 or labels[-1].isdecimal() or ":" in host else ".".join(labels[-2:])

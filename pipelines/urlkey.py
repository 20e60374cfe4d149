"""The key under which a URL is known, so that one address spelt several ways is one.

Owns which differences between two addresses mean nothing. Must not know the store or the pages behind them.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import urlsplit

from w3lib.url import canonicalize_url

from pipelines.urltwins import article_host, article_path, chooses_view_or_visitor, decoded

# Parameters that say where a reader came from and never what is served, from the query-stripping lists of Firefox,
# AdGuard (general_url.txt) and ClearURLs. Whole names only: `ref`, `source`, `uid` and `id` select articles somewhere,
# and dropping those would lose them (so courlan's cleaner, which does, is not used).
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid"
    r"|mkt_tok|_hsenc|_hsmi|__hstc|__hssc|__hsfp|vero_id|vero_conv|oly_anon_id|oly_enc_id|rb_clickid|s_cid|wickedid"
    r"|at_medium|at_campaign|at_custom\d|itm_(?:source|medium|campaign)|ns_(?:mchannel|source|campaign|linkname|fee)|xtor"
    r"|(?:pk|mtm)_(?:campaign|kwd|keyword|source|medium|content|cid|group|placement)|cmpid|cmp_id|_ga|_gl)",
    re.IGNORECASE,
)
_DEFAULT_PORT = {"http": ":80", "https": ":443"}


def url_key(url: str) -> str:
    """The URL without scheme, `www.`, default port, fragment, tracking parameters and a closing slash, and as that of
    the article itself where it is of an AMP, mobile or print view or names a session (`pipelines.urltwins`).

    Query parameters are sorted; all else counts, upper case in a path included. Keys are for comparing: they
    cannot be fetched. Raises ValueError where `url` has no host.
    """
    parts = urlsplit(canonicalize_url(_without_idle_parameters(url)))
    if not parts.hostname:
        raise ValueError(f"not a URL with a host: {url!r}")
    host = parts.netloc.rpartition("@")[2].lower().removesuffix(_DEFAULT_PORT.get(parts.scheme, ""))
    path = article_path(parts.path).rstrip("/")
    query = f"?{parts.query}" if parts.query else ""
    return f"{article_host(host.removeprefix('www.'))}{path or '/'}{query}"


def host_of(url: str) -> str:
    """The host name in lower case, without the dot of the root (RFC 1034 section 3.1), an IPv6 address in its shortest
    form (RFC 5952); empty where there is none."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
        return str(IPv6Address(host)) if ":" in host else host
    except ValueError:
        return ""


def origin_of(url: str) -> str:
    """Scheme, host and port (RFC 6454 section 4): a default port is none, however the others are spelt."""
    parts, host = urlsplit(url), host_of(url)
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}".removesuffix(
        _DEFAULT_PORT.get(parts.scheme, " "))


def _without_idle_parameters(url: str) -> str:
    base, mark, query = url.partition("?")
    if not mark:
        return url
    query, hash_mark, fragment = query.partition("#")
    kept = [pair for pair in query.split("&") if pair and not _is_idle(pair)]
    return base + ("?" + "&".join(kept) if kept else "") + hash_mark + fragment


def _is_idle(pair: str) -> bool:
    name, value = decoded(pair)
    return _TRACKING.fullmatch(name) is not None or chooses_view_or_visitor(name, value)

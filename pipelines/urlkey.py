"""The key under which a URL is known, so that one address spelt several ways is one.

Owns which differences between two addresses mean nothing. Must not know the store or the pages behind them.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from w3lib.url import canonicalize_url

from pipelines.urltwins import article_host, article_path, is_view_or_session

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
    """The host name in lower case; empty where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _without_idle_parameters(url: str) -> str:
    base, mark, query = url.partition("?")
    if not mark:
        return url
    query, hash_mark, fragment = query.partition("#")
    kept = [pair for pair in query.split("&") if not _is_tracking(pair) and not is_view_or_session(pair)]
    return base + ("?" + "&".join(kept) if kept else "") + hash_mark + fragment


def _is_tracking(pair: str) -> bool:
    names = [name for name, _ in parse_qsl(pair, keep_blank_values=True)]
    return bool(names) and _TRACKING.fullmatch(names[0]) is not None

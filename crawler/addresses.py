"""Addresses as a person writes them, in a registry or on a command line: what is wrong with one, its form.

Owns what counts as an address that can be asked, and how one is shown. Must not know the registry, files
or the network. Addresses found in pages are read by `crawler.discovery`, which drops without a word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from w3lib.url import safe_url_string

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOST_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff]")
_WITHOUT_SCHEME = re.compile(r"/{0,2}((?:localhost|[\w-]+(?:\.[\w-]+)+)(?::\d+)?)(/\S*)?")
_CREDENTIALS = re.compile(r"//[^/?#\s]*@")
_LONGEST_SHOWN = 100


def problems_of_url(url: Any) -> Iterator[str]:
    """What is wrong with this as the address of a site, feed, sitemap or section: at most one sentence."""
    if not isinstance(url, str):
        yield f"expected a URL in quotes, got {type_name(url)}"
    elif _UNPRINTABLE.search(url):
        yield f"has a space or control character: {shown(url)}: take it out, or write a space as %20"
    elif "://" not in url:
        yield f"not an http(s) URL: {shown(url)}: {_with_scheme(url)}"
    else:
        yield from _problems_of_parts(url)


def normal_url(url: str) -> str:
    """A sound address as it is sent: host in lower case and ASCII, the rest percent-encoded, no fragment."""
    parts = urlsplit(safe_url_string(url))
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/", fragment="").geturl()


def shown(text: str) -> str:
    """The text in quotes, on one line, not too long, and never with a password in it."""
    whole = re.sub(r"(?s)//.*@", "//…@", text)          # too much rather than too little
    return repr(whole if len(whole) <= _LONGEST_SHOWN else whole[:_LONGEST_SHOWN] + "…")


def has_credentials(url: str) -> bool:
    return _CREDENTIALS.match(url.partition(":")[2]) is not None


def without_credentials(text: str) -> str:
    """The text with what stands before the @ of each address in it left out."""
    return _CREDENTIALS.sub("//…@", text)


def type_name(value: Any) -> str:
    """What a value of TOML is, for a person: `a whole number`; a string is shown as well."""
    if isinstance(value, str):
        return f"a string: {shown(value)}"
    names = {bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def _with_scheme(url: str) -> str:
    written = _WITHOUT_SCHEME.fullmatch(url)
    if not written:
        return "it begins with https:// or http://"
    return f"write https://{written[1]}{written[2] or '/'}"


def _problems_of_parts(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:                          # its text can hold half of a password
        yield f"not a URL: {shown(url)}: its host or port cannot be read"
        return
    if parts.scheme not in ("http", "https"):
        yield f"not an http(s) URL: {shown(url)}"
    elif "@" in parts.netloc:
        yield f"holds credentials: {shown(url)}: take out what stands before the @"
    elif not parts.hostname:
        yield f"has no host: {shown(url)}: write it as https://example.org/"
    elif port == 0 or not _is_host(parts):
        yield f"not a host that can be asked: {shown(url)}: write it as https://example.org/"


def _is_host(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        return ":" in host                      # urlsplit has checked what stands in the brackets
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    labels = ascii_host.removesuffix(".").split(".")
    return len(ascii_host) <= 253 and all(map(_HOST_LABEL.fullmatch, labels))

"""Who we say we are: an honest user agent with an address to write to.

Owns the rule that nothing but loopback is crawled without a contact, and the warcinfo fields that tell the same.
Pure but for reading the settings it is given.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from importlib.metadata import version
from typing import TYPE_CHECKING

from pipelines import __version__
from pipelines.errors import ConfigurationError
from pipelines.rights.agents import product_token as token_of_agent
from pipelines.urlkey import host_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scrapy.settings import BaseSettings

PRODUCT = f"Broadsheet/{__version__}"
_CONTACT = re.compile(r"(?:https?://[\w.-]+\.\w+\S*|(?:mailto:)?[^@\s()<>]+@[\w-]+(?:\.[\w-]+)+)")
REMEDY = "name an address that sites can write to: -s CONTACT=you@example.org (or a page about your crawl)"


def user_agent(contact: str) -> str:
    """`Broadsheet/0.1.0 (+you@example.org)`; ConfigurationError if that is neither an e-mail nor a web address."""
    if not contact:
        return PRODUCT
    if not _CONTACT.fullmatch(contact):
        raise ConfigurationError(f"CONTACT: neither an e-mail nor a web address: {contact!r}: {REMEDY}")
    return f"{PRODUCT} (+{contact})"


def agent_of(settings: BaseSettings) -> str:
    """The user agent of a crawl: the one that was set by hand, or ours with the contact.

    Spiders are made before the add-on has put it into USER_AGENT.
    """
    if settings["CONTACT"] or settings.getpriority("USER_AGENT") == 0:
        return user_agent(settings["CONTACT"] or "")
    return str(settings["USER_AGENT"])


def product_token(settings: BaseSettings) -> str:
    """By what robots.txt and robots tags address us, in lower case (RFC 9309 section 2.2.1)."""
    return token_of_agent(agent_of(settings)).lower()


def has_contact(agent: str) -> bool:
    return _CONTACT.search(agent) is not None


def is_loopback(host: str) -> bool:
    """Whether the host is this machine by its name alone; nothing is resolved."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def require_contact(agent: str, urls: Iterable[str]) -> None:
    """ConfigurationError if one of the URLs leaves this machine and the user agent tells nobody whom to write to."""
    if has_contact(agent):
        return
    for url in urls:
        if not is_loopback(host_of(url)):
            raise ConfigurationError(f"no contact address, and {url} is not on this machine: {REMEDY}")


_OF_THE_CAPTURE = (
    "ACCEPT_ENCODING", "CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "COOKIES_ENABLED", "DOWNLOAD_DELAY",
    "DOWNLOAD_MAXSIZE", "DOWNLOAD_TIMEOUT", "DOWNLOAD_VERIFY_CERTIFICATES", "REDIRECT_MAX_TIMES", "RETRY_TIMES",
    "WARC_DECHUNK", "WARC_REVISITS", "WARC_SECRET_HEADERS",
)
"""Settings that say what was asked for, how much of it was taken, and how it was written."""


def _in_one_word(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value).replace(" ", "")


def warcinfo_fields(settings: BaseSettings) -> Mapping[str, str]:
    """Fields of a warcinfo record (WARC 1.1 section 6.2 and its annexes)."""
    fields = {
        "software": f"{PRODUCT} (scrapy {version('scrapy')}, warcio {version('warcio')})",
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "robots": "obey" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
        "http-header-user-agent": settings["USER_AGENT"], "hostname": socket.gethostname(),
        "configuration": " ".join(f"{name}={_in_one_word(settings[name])}" for name in _OF_THE_CAPTURE),
    }
    if settings["CONTACT"]:
        fields["operator"] = settings["CONTACT"]
    return fields

"""Addresses at which there is nothing but a question for consent.

Owns their hosts and paths. Must not know what is on the page. A name alone says little: sites write about consent, and
some are called so.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LABELS = frozenset({
    "consent", "cookieconsent", "cookiewall", "cmp", "myprivacy", "privacy-gate", "privacygate", "choice-consent",
    "choices-consent", "guce", "privacy-mgmt", "privacymanager", "consentmanager",
})
"""Of a host, before the name that its owner registered: consent.example.com, not consent.org."""
_HOSTS = frozenset({"privacy-center.org", "privacymanager.io", "privacy-mgmt.com", "consentframework.com"})
"""Of vendors, and all below them."""
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "ac", "gov", "gob", "or", "ne", "edu"})  # as in .co.uk
_PATH = re.compile(
    r"/(?:cookie-?wall|cookie-?consent|consent-?wall|privacy-?wall|privacy-?gate|gdpr-?consent|collect-?consent|"
    r"consent-?management)(?:[/.?]|$)|^/(?:[a-z]{2}/)?(?:consent|zustimmung)(?:[/.?]|$)", re.IGNORECASE)
_BACK = re.compile(
    r"(?:^|&)(?:continue|continueurl|redirect_?ur[il]|return_?(?:url|to)?|callback_?url|target|next|done|referer|"
    r"sourceurl|origin_?url|url|gcreturnurl)=(?:https?(?:%3a|:)|%2f|/)", re.IGNORECASE)


def consent_gate(url: str) -> str | None:
    """By what an address is that of a consent gate, or None. A host named so counts where its path says so too or its
    query leads back to a page, a path named so where it leads back."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    leads_back, is_path = _BACK.search(parts.query) is not None, _PATH.search(parts.path) is not None
    if _is_vendor(host) or (_is_named(host) and (leads_back or is_path)):
        return f"the address of a consent gate: {host}"
    return f"the address of a consent gate: {parts.path}" if is_path and leads_back else None


def _is_vendor(host: str) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in _HOSTS)


def _is_named(host: str) -> bool:
    labels = host.split(".")
    registered = 3 if labels[-2:-1] and labels[-2] in _SECOND_LEVEL else 2
    return not _LABELS.isdisjoint(labels[:-registered])

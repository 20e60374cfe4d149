"""Addresses at which there is nothing but a question for consent.

Owns their hosts and paths. Must not know what is on the page.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_HOST = re.compile(
    r"(?:^|\.)(?:consent|cookieconsent|cookiewall|cmp|myprivacy|privacy-gate|privacygate|choices?-consent|guce|"
    r"privacy-mgmt|privacymanager|consentmanager)\.")
_HOSTS = frozenset({"privacy-center.org", "privacymanager.io", "privacy-mgmt.com", "consentframework.com"})
_PATH = re.compile(
    r"/(?:cookie-?wall|cookie-?consent|consent-?wall|privacy-?wall|privacy-?gate|gdpr-?consent|collect-?consent|"
    r"consent-?management|consent|zustimmung)(?:[/.?]|$)", re.IGNORECASE)
_BACK = re.compile(
    r"(?:^|&)(?:continue|continueurl|redirect_?ur[il]|return_?(?:url|to)?|callback_?url|target|next|done|referer|"
    r"sourceurl|origin_?url|url|gcreturnurl)=(?:https?(?:%3a|:)|%2f|/)", re.IGNORECASE)


def consent_gate(url: str) -> str | None:
    """By what an address is that of a consent gate, or None. A path named so counts only where it leads back to a page:
    an article may be about consent."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if (_HOST.search(host) or any(host.endswith(known) for known in _HOSTS)) and host.count("."):
        return f"the address of a consent gate: {host}"
    if _PATH.search(parts.path) and _BACK.search(parts.query):
        return f"the address of a consent gate: {parts.path}"
    return None

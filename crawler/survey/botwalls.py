"""Walls against robots: by what an answer betrays which service refuses us.

Owns the marks. Pure. Must not know what is to be done about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.survey.findings import Answer

_REFUSING = frozenset({401, 402, 403, 405, 406, 429, 503})
_MAX_BYTES = 1 << 16

_HEADERS = (
    ("cf-mitigated", "", "Cloudflare's bot protection"), ("x-datadome", "", "DataDome's bot protection"),
    ("x-amzn-waf-action", "", "Amazon's web firewall"), ("x-iinfo", "", "Imperva's bot protection"),
    ("server", "akamaighost", "Akamai's bot protection"), ("server", "cloudflare", "Cloudflare"),
    ("server", "ddos-guard", "DDoS-Guard"), ("x-sucuri-block", "", "Sucuri's web firewall"),
)
_MARKS = (
    (b"/cdn-cgi/challenge-platform/", "Cloudflare's bot protection"),
    (b"cf-browser-verification", "Cloudflare's bot protection"),
    (b"just a moment...", "Cloudflare's bot protection"), (b"captcha-delivery.com", "DataDome's bot protection"),
    (b"_incapsula_resource", "Imperva's bot protection"), (b"px-captcha", "HUMAN's bot protection"),
    (b"awswafintegration", "Amazon's web firewall"), (b"g-recaptcha", "a captcha"), (b"h-captcha", "a captcha"),
    (b"captcha", "a captcha"), (b"unusual traffic", "a bot wall"), (b"are you a robot", "a bot wall"),
    (b"verify you are human", "a bot wall"),
)


def bot_wall(answer: Answer) -> str | None:
    """Who refuses us, in words; None where the answer is no refusal, or says nothing of who refuses."""
    if answer.status not in _REFUSING:
        return None
    for name, value, who in _HEADERS:
        if name in answer.headers and value in answer.headers[name].lower():
            return f"{who} (header {name})"
    body = answer.body[:_MAX_BYTES].lower()
    return next((f'{who} ("{mark.decode()}" in the page)' for mark, who in _MARKS if mark in body), None)

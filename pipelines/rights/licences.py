"""Names by which licences are declared.

Owns the terms of schema.org and RSL that are read. Sources: https://schema.org/CreativeWork,
https://rslstandard.org/rsl. Must not know where they stand.
"""

from __future__ import annotations

from urllib.parse import urljoin

from pipelines.rights.evidence import cut

RSL_TYPE = "application/rsl+xml"
LINKED_DATA = {
    "license": "license", "usageInfo": "usage-info", "copyrightHolder": "copyright-holder",
    "copyrightNotice": "copyright-notice", "acquireLicensePage": "acquire-license-page",
}
"""Properties of a schema.org CreativeWork, and the names of their directives."""


def address(url: str, target: str) -> str:
    """The address of a licence or policy that the page at `url` states; as it stands there if it is none."""
    try:
        return cut(urljoin(url, target.strip()))
    except ValueError:
        return cut(target)

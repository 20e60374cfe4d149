"""The registry with which the test web is crawled: of each site its name, its address and the budget it needs.

Owns that file's text. Must not know crawls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.web.site import Site

CONTACT = "tests@example.org"


def registry_of(sites: Iterable[Site], delay: float = 0) -> str:
    entries = "".join(f'[[site]]\nname = "{site.name}"\nurl = "{site.url}"\n'
                      + "".join(f"{key} = {value}\n" for key, value in site.keys.items()) + "\n" for site in sites)
    return f"[defaults]\ndelay = {delay}\n\n{entries}"

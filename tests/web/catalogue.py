"""All sites of the test web.

Owns the list. Must not know what is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.addresssites import ADDRESS_SITES
from tests.web.briefsites import BRIEF_SITES
from tests.web.feedsites import FEED_SITES
from tests.web.housesites import HOUSE_SITES
from tests.web.linksites import LINK_SITES
from tests.web.oddfeedsites import ODD_FEED_SITES
from tests.web.oddsitemapsites import ODD_SITEMAP_SITES
from tests.web.pagesites import PAGE_SITES
from tests.web.partsites import PART_SITES
from tests.web.sitemapsites import SITEMAP_SITES
from tests.web.trapsites import TRAP_SITES
from tests.web.worldsites import WORLD_SITES

if TYPE_CHECKING:
    from datetime import datetime

    from tests.web.site import Site

_MAKERS = (*FEED_SITES, *ODD_FEED_SITES, *SITEMAP_SITES, *ODD_SITEMAP_SITES, *LINK_SITES, *PART_SITES, *ADDRESS_SITES,
           *PAGE_SITES, *TRAP_SITES, *WORLD_SITES, *BRIEF_SITES, *HOUSE_SITES)


def all_sites(now: datetime) -> tuple[Site, ...]:
    """Each as it is at that moment, its newest article two hours old."""
    return tuple(make(now) for make in _MAKERS)

"""The folder of a host in which a site lies, where it shares the host with others.

Owns the share of links that decides. Pure: addresses and links in, addresses out. Must not know how they are asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crawler.discovery import Link

_OWN_SHARE, _MIN_LINKS = 0.9, 3     # of the home page's links, that lie in its folder: then the site does
_TRIED_IN_FOLDER = 3


def own_folder(home: str, links: Sequence[Link]) -> str | None:
    """The address of the home page's folder, if nearly all that it links to lies there too; never a whole host. Where a
    home page in /en/ leads to articles elsewhere, the host is all the site's."""
    folder = _folder_of(home)
    pages = [link.url for link in links if link.role is Role.PAGE]
    chosen = pages if len(pages) >= _MIN_LINKS else [
        link.url for link in links if link.role in {Role.PAGE, Role.SECTION}]
    inside = sum(url.startswith(folder) for url in chosen) if folder else 0
    return folder if folder and inside >= max(_MIN_LINKS, _OWN_SHARE * len(chosen)) else None


def is_below(url: str, folder: str) -> bool:
    """Whether an address lies in the folder, by whatever scheme, or on another host, of which the folder says
    nothing."""
    there, here = urlsplit(url), urlsplit(folder)
    return there.netloc != here.netloc or there.path.startswith(here.path)


def places_of(home: str, paths: Iterable[str]) -> list[str]:
    """Addresses of these places: the likeliest in the home page's own folder first, where it has one, then those of its
    host."""
    at_root = [urljoin(home, path) for path in paths]
    own = [urljoin(home, path.lstrip("/")) for path in paths] if _folder_of(home) else []
    return [*own[:_TRIED_IN_FOLDER], *at_root]


def _folder_of(url: str) -> str | None:
    folder = urljoin(url, ".")
    return folder if urlsplit(folder).path not in ("", "/") else None

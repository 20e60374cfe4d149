"""The demo's two sites, served on loopback for as long as a `with` block lasts, or until Ctrl-C:

    python -m crawler.demo.server

Owns which site runs on which port. Must not know how a site looks, nor who crawls it.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Self

from crawler.demo.documents import Documents
from crawler.demo.edition import NAMES, load_edition
from crawler.demo.httpd import Asked, SiteServer

if TYPE_CHECKING:
    from collections.abc import Sequence

PORTS = (8650, 8651)


@dataclass(frozen=True, slots=True)
class DemoSite:
    """One site as a crawler sees it: `url` is its front page and ends in a slash."""

    name: str
    url: str


class DemoServer:
    """Serves both sites, each at its port of `ports` or, if that is taken, at another. 0 means any free port.

    `requests` holds what was asked, by both sites, in the order of the answers.
    """

    def __init__(self, ports: Sequence[int] = PORTS) -> None:
        self._ports = ports
        self._servers: list[SiteServer] = []
        self.requests: list[Asked] = []
        self.sites: tuple[DemoSite, ...] = ()

    def __enter__(self) -> Self:
        for name, port in zip(NAMES, self._ports, strict=True):
            server = SiteServer(name, port, self.requests)
            self._servers.append(server)
            server.start(Documents(load_edition(name), server.url.rstrip("/")).at)
        self.sites = tuple(DemoSite(server.site, server.url) for server in self._servers)
        return self

    def __exit__(self, *_: object) -> None:
        while self._servers:
            self._servers.pop().stop()

    def sites_toml(self) -> str:
        """The registry that names these sites by address alone: feeds and sitemaps are there to be found."""
        entries = "".join(f'\n[[site]]\nname = "{site.name}"\nurl = "{site.url}"\n' for site in self.sites)
        return f"# The demo's own sites, on this machine.\n[defaults]\ndelay = 0\n{entries}"


def main() -> None:
    with contextlib.suppress(KeyboardInterrupt), DemoServer() as server:
        for site in server.sites:
            sys.stdout.write(f"{site.name:16} {site.url}\n")
        sys.stdout.write("Ctrl-C stops both.\n")
        sys.stdout.flush()
        Event().wait()


if __name__ == "__main__":
    main()

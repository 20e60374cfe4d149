"""`python -m tests.web [--port N] [--registry FILE]`: serve the test web until Ctrl-C, and say how to crawl it."""

from __future__ import annotations

import argparse
import signal
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.web.catalogue import all_sites
from tests.web.registry import CONTACT, registry_of
from tests.web.server import WebProxy


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.web", description="Serve the test web on loopback.")
    parser.add_argument("--port", type=int, default=0, help="of the proxy (default: any that is free)")
    parser.add_argument("--registry", type=Path, help="write a registry of all sites to this file")
    options = parser.parse_args()
    sites = all_sites(datetime.now(UTC).replace(microsecond=0))
    table = Table("site", "address", "articles", "way", title=f"{len(sites)} sites", title_justify="left")
    for site in sites:
        table.add_row(site.name, site.url, str(len(site.articles)), site.way)
    console = Console()
    console.print(table)
    if options.registry:
        options.registry.write_text(registry_of(sites), "utf-8")
    with WebProxy(sites, options.port) as web:
        console.print(f"http_proxy={web.url} https_proxy={web.url} scrapy crawl news -a url={sites[0].url} "
                      f"-s CONTACT={CONTACT}", soft_wrap=True, highlight=False)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()

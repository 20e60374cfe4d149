"""Does what `scrapy sites add` writes crawl the same articles as the address alone? On every site of the test web.

    python -m benchmarks.onboarding [--site NAME]… [--keep DIR] [--no-results]

Owns the comparison. The sites and the truth about them are those of `tests.web`; crawls are run as a user runs them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from benchmarks.figures import machine, versions
from benchmarks.report import HERE, RESULTS, put_lines, write_result
from tests.crawls import crawl, scrapy
from tests.web.catalogue import all_sites
from tests.web.registry import CONTACT, registry_of
from tests.web.score import article_of
from tests.web.server import WebProxy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from tests.web.site import Site

NO_ARTICLE = "no article: "
POLITE_ENOUGH = {"DOWNLOAD_DELAY": "0", "CONTACT": CONTACT}


@dataclass(frozen=True, slots=True)
class Compared:
    """One site: articles found from the address alone and from the entry; what only one of them found, records that are
    no article among it. `sources` are what the entry lists."""

    site: str
    articles: int
    alone: int
    entry: int
    only_alone: tuple[str, ...]
    only_entry: tuple[str, ...]
    sources: Mapping[str, int]
    requests_add: int
    requests_alone: int
    requests_entry: int
    verdict: str

    @property
    def is_same(self) -> bool:
        """The same articles; pages that are none do not count."""
        return all(url.startswith(NO_ARTICLE) for url in (*self.only_alone, *self.only_entry))

    @property
    def is_equal(self) -> bool:
        """Nor is there any difference in pages that are no articles."""
        return not self.only_alone and not self.only_entry


def compare(sites: Sequence[Site], folder: Path) -> list[Compared]:
    """Add all sites, crawl the addresses, crawl the entries; all that was written stays in `folder`."""
    with WebProxy(sites) as web:
        added = add_all(sites, folder, web)
        counts = [_requests(web, sites)]
        alone = _crawled(folder / "alone", registry_of(sites), web)
        counts.append(_requests(web, sites))
        entries = _crawled(folder / "entries", _registry_of_entries(sites, added), web)
        counts.append(_requests(web, sites))
    return [_compared(site, added[site.url], alone, entries, [count[site.name] for count in counts]) for site in sites]


def add_all(sites: Sequence[Site], folder: Path, web: WebProxy) -> dict[str, dict[str, Any]]:
    """What `scrapy sites add --json` said of each site, by its address."""
    ended = scrapy("sites", "add", *(site.url for site in sites), "--file", str(folder / "added.toml"), "--json",
                   home=folder, settings=POLITE_ENOUGH, environment=web.environment)
    (folder / "add.err").write_text(ended.stderr, "utf-8")
    if not ended.stdout:
        raise SystemExit(f"scrapy sites add failed: {ended.stderr}")
    (folder / "add.json").write_text(ended.stdout, "utf-8")
    return {each["url"]: each for each in ended.json}


def _registry_of_entries(sites: Iterable[Site], added: Mapping[str, Mapping[str, Any]]) -> str:
    """The entries as they were written, under the names and with the budgets of the other registry."""
    texts = []
    for site in sites:
        given = added[site.url]
        text = given["entry"] or f'[[site]]\nname = "{given["name"]}"\nurl = "{site.url}"\n'
        keys = "".join(f"{key} = {value}\n" for key, value in site.keys.items())
        texts.append(text.replace(f'[[site]]\nname = "{given["name"]}"\n', f'[[site]]\nname = "{site.name}"\n{keys}'))
    return "[defaults]\ndelay = 0\n\n" + "\n".join(texts)


def _crawled(folder: Path, registry: str, web: WebProxy) -> list[dict[str, Any]]:
    """The article lines of one crawl of a registry."""
    folder.mkdir()
    (folder / "sites.toml").write_text(registry, "utf-8")
    ended = crawl("news", folder / "archive", sites=folder / "sites.toml", poll="all", environment=web.environment,
                  settings={"CONTACT": CONTACT, "LOG_LEVEL": "INFO"})
    (folder / "crawl.log").write_text(ended.stderr, "utf-8")
    files = sorted((folder / "archive").glob("articles/*/*.jsonl.gz"))
    return [json.loads(line) for path in files for line in gzip.decompress(path.read_bytes()).splitlines()]


def _requests(web: WebProxy, sites: Iterable[Site]) -> dict[str, int]:
    """How many requests each site had so far; nobody asks any while this is counted."""
    return {site.name: len(web.requests_of(site)) for site in sites}


def _compared(
    site: Site, added: Mapping[str, Any], alone: Iterable[Mapping[str, Any]], entries: Iterable[Mapping[str, Any]],
    counts: Sequence[int],
) -> Compared:
    first, second = _found(site, alone), _found(site, entries)
    sources: dict[str, int] = {}
    for line in (added["entry"] or "").splitlines():
        key = line.partition(" = [")[0]
        if line.endswith("= [") and key in {"feeds", "sitemaps", "sections"}:
            sources[key] = 0
        elif line.startswith('    "') and sources:
            sources[list(sources)[-1]] += 1
    return Compared(
        site.name, len(site.articles), len(first & site.articles), len(second & site.articles),
        tuple(sorted(first - second)), tuple(sorted(second - first)), sources, counts[0], counts[1] - counts[0],
        counts[2] - counts[1], str(added["verdict"]))


def _found(site: Site, lines: Iterable[Mapping[str, Any]]) -> set[str]:
    """The articles of the site among the records; a record of none stands for itself."""
    records = [line for line in lines if line["site"] == site.name and line["kind"] == "article"]
    return {article_of(site, line) or f"{NO_ARTICLE}{_without_session(site, line['final_url'])}" for line in records}


def _without_session(site: Site, url: str) -> str:
    return site.sessions.sub("", url) if site.sessions else str(url)


def table_of(compared: Iterable[Compared]) -> Table:
    table = Table("site", "articles", "alone", "entry", "only alone", "only entry", "the entry lists", "requests: add",
                  "alone", "entry")
    for each in compared:
        lists = ", ".join(f"{count} {key}" for key, count in each.sources.items()) or "the address alone"
        table.add_row(each.site, *map(str, (each.articles, each.alone, each.entry)), _some(each.only_alone),
                      _some(each.only_entry), lists, *map(str, (each.requests_add, each.requests_alone,
                                                                each.requests_entry)),
                      style=None if each.is_same else "bold red")
    return table


def lines_of(compared: Sequence[Compared], now: datetime) -> Iterator[str]:
    """The same in words, for README.md."""
    articles, alone, entry = (sum(getattr(each, key) for each in compared) for key in ("articles", "alone", "entry"))
    naming = [each for each in compared if each.sources]
    yield (f"{now:%Y-%m-%d}, {len(compared)} sites, {articles:,} articles: {alone:,} found from the addresses, "
           f"{entry:,} from the entries, the same ones on {sum(each.is_same for each in compared)} of {len(compared)} "
           f"sites; on {sum(each.is_equal for each in compared)} also the same pages that are no articles.")
    yield (f"The looks took {sum(each.requests_add for each in compared):,} requests, at most "
           f"{max(each.requests_add for each in compared)} a site. {len(naming)} entries name sources: their crawls "
           f"took {sum(each.requests_entry for each in naming):,} requests, where those from the address alone took "
           f"{sum(each.requests_alone for each in naming):,}.")


def _some(urls: Sequence[str]) -> str:
    return f"{len(urls)}: {urlsplit(urls[0]).path}" if urls else ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.onboarding", description=__doc__.partition("\n")[0])
    parser.add_argument("--site", action="append", default=[], help="this site alone; may be given several times")
    parser.add_argument("--keep", type=Path, help="keep registries, logs and archives in this new folder")
    parser.add_argument("--no-results", action="store_true", help="write no file of results")
    options = parser.parse_args()
    now = datetime.now(UTC).replace(microsecond=0)
    sites = [site for site in all_sites(now) if not options.site or site.name in options.site]
    if not sites:
        raise SystemExit(f"no such site: {options.site}")
    if options.keep:
        options.keep.mkdir(parents=True)
    folders: AbstractContextManager[str] = (
        nullcontext(str(options.keep)) if options.keep else tempfile.TemporaryDirectory(prefix="onboarding-"))
    with folders as folder:
        compared = compare(sites, Path(folder).resolve())
    Console(width=None if sys.stdout.isatty() else 220).print(table_of(compared))
    same = sum(each.is_same for each in compared)
    equal = sum(each.is_equal for each in compared)
    sys.stdout.write(f"{same} of {len(compared)} entries crawl the same articles as the address alone, {equal} also "
                     "the same pages that are none\n")
    if not options.no_results:
        write_result({"benchmark": "onboarding", "date": now.isoformat(), "machine": machine(),
                      "versions": versions("scrapy", "lxml"), "sites": len(compared), "same": same, "equal": equal,
                      "by_site": [asdict(each) for each in compared]}, RESULTS, "onboarding")
        put_lines(lines_of(compared, now), HERE / "README.md", "onboarding")


if __name__ == "__main__":
    main()

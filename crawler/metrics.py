"""The end of a crawl as a Prometheus textfile, for node_exporter's textfile collector.

Owns the names of the series; docs/operations.md lists them. The file is replaced as a whole, so that a reader never
sees half of it. Figures are of the last crawl: gauges, not counters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.summary import CrawlEnd


def write_metrics(end: CrawlEnd, path: Path) -> None:
    """ConfigurationError if the file cannot be written."""
    registry = CollectorRegistry()
    _of_the_run(end, registry)
    _of_the_sites(end, registry)
    try:
        write_to_textfile(str(path), registry)
        path.chmod(0o644)  # node_exporter is another user, whatever the umask
    except OSError as error:
        raise ConfigurationError(f"PROMETHEUS_TEXTFILE: cannot be written: {path} ({error.strerror}): "
                                 "name a file in a folder that you may write to") from error


def _of_the_run(end: CrawlEnd, registry: CollectorRegistry) -> None:
    def gauge(name: str, words: str, value: float | None) -> None:
        if value is not None:
            Gauge(f"broadsheet_{name}", words, registry=registry).set(value)

    gauge("run_start_time_seconds", "When the last crawl began.", end.started_at.timestamp())
    gauge("run_end_time_seconds", "When the last crawl ended.", end.finished_at.timestamp())
    gauge("run_exit_code", "Its exit code: 0 done, 3 disk full, 9 failed, 10 a site failed, 11 stopped.", end.exit_code)
    gauge("waiting_urls", "URLs that wait for a later crawl.", end.waiting)
    gauge("sources_not_due", "Feeds, sitemaps and pages of links that were not due.", sum(end.not_due.values()))
    gauge("resting_hosts", "Hosts that are left alone for a while.", end.resting_hosts)
    gauge("unpublished_files", "Files that are not at PUBLISH_TO yet.",
          end.published.left_files if end.published else None)


def _of_the_sites(end: CrawlEnd, registry: CollectorRegistry) -> None:
    urls = Gauge("broadsheet_run_urls", "URLs tried in the last crawl.", ("site", "outcome"), registry=registry)
    for site, outcomes in end.tallies.items():
        for outcome, count in outcomes.items():
            urls.labels(site, outcome).set(count)
    failed = Gauge("broadsheet_site_failed", "1 where nothing could be read of a site that was asked.", ("site",),
                   registry=registry)
    for site in sorted(end.asked_sites if end.asked_sites is not None else end.tallies):
        failed.labels(site).set(site in end.failed_sites)
    last_new = Gauge("broadsheet_site_last_new_time_seconds", "When a source of the site last listed a new page.",
                     ("site",), registry=registry)
    for site, moment in end.last_new.items():
        last_new.labels(site).set(moment.timestamp())

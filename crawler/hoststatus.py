"""What the last crawl sent to each host, as `scrapy status --hosts` shows it.

Owns which run that is, and the table. Must not know how the accounts came about (`crawler.ledger`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.hostsfile import read_hosts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.display import Display
    from pipelines.reader import Archive

_SHOWN = 50
_WORDS = {"default": "DOWNLOAD_DELAY", "registry": "the registry", "crawl_delay": "Crawl-delay",
          "throttle": "the throttle", "retry_after": "Retry-After"}


@dataclass(frozen=True, slots=True)
class HostsOfRun:
    """The accounts of a run, those with most requests first."""

    run_id: str
    accounts: tuple[dict[str, Any], ...]


def last_hosts(reader: Archive) -> HostsOfRun | None:
    """Of the last run that has ended and asked any host anything; None if there is none."""
    runs = [manifest for manifest in reader.runs() if manifest.hosts]
    if not runs:
        return None
    last = max(runs, key=lambda manifest: (manifest.finished_at, manifest.run_id))
    accounts = sorted(read_hosts(reader.root, last.run_id),
                      key=lambda account: (-account["requests"], account["host"] or ""))
    return HostsOfRun(last.run_id, tuple(accounts))


def show_hosts(hosts: HostsOfRun | None, display: Display) -> None:
    if hosts is None:
        display.say("No ledger by host yet: a crawl writes it as it ends")
        return
    columns = ("host", "requests", "MB", "delay", "asked for by", "shortest gap", "at once", "too soon", "denied",
               "rests")
    display.table(columns, [_row(account) for account in hosts.accounts[:_SHOWN]], fold="asked for by")
    if len(hosts.accounts) > _SHOWN:
        display.say(f"{_SHOWN} of {len(hosts.accounts):,} hosts of run {hosts.run_id}: --json shows all of them")


def _row(account: Mapping[str, Any]) -> tuple[Any, ...]:
    gap, asked = account["shortest_gap_seconds"], account["asked_seconds"]
    asked_by = [_WORDS[account["delay_by"]]] if account["delay_by"] else []
    asked_by += [f"{_WORDS[asker]} {seconds:g} s" for asker, seconds in asked.items() if asker != account["delay_by"]]
    return (account["host"] or "(others)", account["requests"], f"{account['bytes'] / 1e6:.1f}",
            f"{account['delay_seconds']:g} s", ", ".join(asked_by) or "-", "-" if gap is None else f"{gap:g} s",
            account["most_at_once"], account["too_soon"], account["robots_denied"], account["rests"])

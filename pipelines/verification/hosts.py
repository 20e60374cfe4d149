"""The ledgers by host: each as its manifest lists it, and none that no manifest lists.

Owns that comparison. Must not know what an account says.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pipelines.hostsfile import hosts_path
from pipelines.verification.inventory import LEFT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipelines.verification.inventory import Inventory
    from pipelines.verification.report import Findings


def check_hosts(root: Path, inventory: Inventory, findings: Findings, on_block: Callable[[int], object]) -> None:
    """Damage where a ledger is missing, or is not what its manifest says."""
    listed = {content["hosts"]["path"]: content["hosts"] for content in inventory.manifests.values()
              if content.get("hosts")}
    unfinished = {hosts_path(run_id) for run_id in inventory.state.unfinished} if inventory.state else set()
    for path in sorted(inventory.ledgers - listed.keys()):
        if path not in unfinished:
            findings.damage(path, "no manifest lists it")
        elif not inventory.is_running:  # a crawl that is ending writes it before its manifest
            findings.warn(path, LEFT)
    for path, figures in sorted(listed.items()):
        if not (root / path).is_file():
            findings.damage(path, "missing, though the manifest of its run names it")
            continue
        data = (root / path).read_bytes()
        on_block(len(data))
        if (len(data), hashlib.sha256(data).hexdigest()) != (figures["bytes"], figures["sha256"]):
            findings.damage(path, "its bytes are not those that the manifest of its run vouches for")
        elif not _is_sound(data, figures["rows"]):
            findings.damage(path, f"is not {figures['rows']} lines of JSON, each of a host")


def _is_sound(data: bytes, rows: int) -> bool:
    try:
        accounts = [json.loads(line) for line in data.splitlines()]
    except ValueError:
        return False
    return len(accounts) == rows and all(isinstance(account, dict) and "host" in account for account in accounts)

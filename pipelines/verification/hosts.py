"""The ledgers by host: each as its manifest lists it, and none that no manifest lists.

Owns that comparison. Must not know what an account says.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pipelines.hostsfile import KIND, hosts_path
from pipelines.verification.inventory import LEFT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipelines.verification.inventory import Inventory
    from pipelines.verification.report import Findings


def ledgers(root: Path) -> list[Path]:
    """Those that there are, listed or not."""
    return list((root / "runs").glob(f"*.{KIND}.jsonl"))


def check_hosts(root: Path, inventory: Inventory, findings: Findings, on_block: Callable[[int], object]) -> None:
    """Damage where a ledger is missing, or is not what its manifest says."""
    listed = {content["hosts"]["path"]: content["hosts"] for content in inventory.manifests.values()
              if content.get("hosts")}
    on_disk = {f"runs/{path.name}" for path in ledgers(root)}
    left = {hosts_path(run_id) for run_id in inventory.state.unfinished} if inventory.state else set()
    for path in sorted(on_disk - listed.keys()):
        if path in left and not inventory.is_running:  # killed before its manifest was written
            findings.warn(path, LEFT)
        elif not inventory.is_running:
            findings.damage(path, "no manifest lists it")
    for path, figures in sorted(listed.items()):
        if path not in on_disk:
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

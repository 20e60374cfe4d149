"""What holds for every test.

Started in the background of a shell, this process and its children would ignore SIGINT, and Ctrl-C be untestable.
"""

import os
import shutil
import signal
from pathlib import Path

import pytest

signal.signal(signal.SIGINT, signal.default_int_handler)

_MEMORY, _ENOUGH_BYTES = Path("/dev/shm"), 4 << 30
"""Where files of tests lie if there is room: a crawl syncs seventy times, and a disk takes 5 ms for each. What a disk
may lose or refuse is the model's and the shim's to say (tests/disk); none can be relied on to lose anything."""
if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

_LONGEST = (
    "test_corpus", "test_kill", "test_bad_disk", "test_crawl_ticks", "test_reextract", "test_discovery_web",
    "test_bad_disk_crawl", "test_crawl_stops", "test_replay", "test_recipes", "test_rights_crawl", "test_holding",
    "test_extraction_corpus", "test_verify", "test_crawl_news", "test_sites_add", "test_traps", "test_power_loss",
    "test_objectstore_crawl")
"""Files that take longest begin first, so that the processes of `make test` end together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))

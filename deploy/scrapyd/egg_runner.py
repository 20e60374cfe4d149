"""What scrapyd runs in place of its own `scrapyd.runner`, so that a deployed egg crawls and archives.

Owns one difference to scrapyd 1.6: the processes that parse pages start from the environment, which does not name the
egg. Must not know what is crawled. Lies in the folder that scrapyd is started in.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from scrapyd.runner import project_environment

if TYPE_CHECKING:
    from collections.abc import Iterable


def name_in_environment(paths: Iterable[str]) -> None:
    """For processes that are started later: they look there first."""
    given = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([*map(os.path.abspath, paths), *([given] if given else [])])


def main() -> None:
    before = set(sys.path)
    with project_environment(os.environ["SCRAPY_PROJECT"]):
        name_in_environment(path for path in sys.path if path not in before)
        from scrapy.cmdline import execute  # noqa: PLC0415  # the settings are the egg's, known from here on

        execute()


if __name__ == "__main__":
    main()

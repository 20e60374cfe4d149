"""Scrapy with its clock put forward: `python -m tests.latercrawl SECONDS crawl news …`. No test itself.

Owns the shift alone. What lies on the wire keeps the real time.
"""

from __future__ import annotations

import datetime as moments
import sys

from pipelines import clock


class Later(moments.datetime):
    shift = moments.timedelta()

    @classmethod
    def now(cls, tz: moments.tzinfo | None = None) -> moments.datetime:
        return moments.datetime.now(tz) + cls.shift


def put_forward(seconds: float) -> None:
    Later.shift = moments.timedelta(seconds=seconds)
    clock.datetime = Later  # type: ignore[misc]


if __name__ == "__main__":      # workers load this file as well, and need no Scrapy
    from scrapy.cmdline import execute

    put_forward(float(sys.argv[1]))
    execute(["scrapy", *sys.argv[2:]])

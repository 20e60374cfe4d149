"""How far long work is, told in lines where no one looks at a terminal."""

from __future__ import annotations

import io
from itertools import count

from rich.progress import DownloadColumn

from crawler.bars import Bar


def said(*, total: float | None, seconds_each: int, steps: int, unit: str = "") -> list[str]:
    file, clock = io.StringIO(), [0.0]
    with Bar(DownloadColumn(), file=file, unit=unit, now=lambda: clock[0]) as bar:
        task = bar.add_task("reading", total=total)
        for number in count(1):
            if number > steps:
                break
            clock[0] += seconds_each
            bar.update(task, completed=number * 1000)
    return file.getvalue().splitlines()


def test_what_is_soon_over_says_nothing():
    assert said(total=3000, seconds_each=9, steps=3) == []


def test_long_work_says_every_half_a_minute_how_far_it_is_and_how_long_it_takes():
    assert said(total=10_000, seconds_each=10, steps=7) == [
        "reading: 3,000 of 10,000, 30 s so far, about 1 min 10 s left",
        "reading: 6,000 of 10,000, 1 min 0 s so far, about 40 s left"]


def test_where_the_end_is_not_known_nothing_is_guessed():
    assert said(total=None, seconds_each=2000, steps=1, unit=" bytes") == ["reading: 1,000 bytes, 33 min 20 s so far"]

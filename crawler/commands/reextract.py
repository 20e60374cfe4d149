"""`scrapy reextract IN… OUT`: articles made again out of WARC files, ours or anyone's.

Owns the arguments, the progress that is shown, and what is said at the end; the work lies in `pipelines.reextraction`,
which is loaded when it is needed: Scrapy loads this file for every command.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError

from crawler.command import BroadsheetCommand, print_json
from crawler.display import stdout
from pipelines.errors import BroadsheetError, ConfigurationError, ExitCode

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from pipelines.reextraction.plan import Plan
    from pipelines.reextraction.runner import Runner

    Tell = Callable[[str, int, int], object]

_FEED_READER = "crawler.discovery:links_of_feed"
_DOMAIN = "crawler.discovery.urls:registered_domain"


class Command(BroadsheetCommand):
    max_arguments = sys.maxsize

    def syntax(self) -> str:
        return "[options] IN… OUT"

    def short_desc(self) -> str:
        return "Make articles again from WARC files: archives of ours, or anyone's"

    def long_desc(self) -> str:
        return (
            "IN is an archive, a WARC file or a folder of them, here or as s3://…; OUT is a folder that can then be "
            "read like an archive. A second call with the same arguments goes on where the first was ended."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--models", choices=("learn", "kept"), default="learn",
                            help="learn what sites repeat from all of IN (default), or use the models that an "
                                 "archive's articles were made with")
        parser.add_argument("--sites", metavar="FILE", help="a registry: sites by their hosts, and policies on rights")
        parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one a processor)")
        parser.add_argument("--ray", metavar="ADDRESS", help="do the work on a Ray cluster; local: on one made for it")

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        if len(args) < 2:
            raise UsageError("name what to read and where to write: scrapy reextract archive again")
        from pipelines.workers import AbandonedError  # noqa: PLC0415

        plan = self._plan(args[:-1], _out(args[-1]), opts)
        try:
            told = asyncio.run(self._run(plan, opts))
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise _StoppedError(f"{plan.out}: stopped: the same command goes on with it") from None
        except AbandonedError as error:
            raise BroadsheetError(str(error)) from error
        except (OSError, sqlite3.Error) as error:
            from pipelines.commit import named  # noqa: PLC0415

            raise named(error) from error
        if opts.json:
            print_json(told)
        else:
            _say(plan.out, told)
        return ExitCode.DONE

    def _plan(self, inputs: list[str], out: Path, opts: argparse.Namespace) -> Plan:
        from crawler.identity import product_token  # noqa: PLC0415
        from pipelines.reextraction.inputs import find_segments  # noqa: PLC0415
        from pipelines.reextraction.plan import KEPT, MANIFEST, Plan  # noqa: PLC0415
        from pipelines.reextraction.survey import Naming  # noqa: PLC0415

        if self.settings is None:
            raise RuntimeError("a command has its settings before it runs")
        if out.exists() and not out.is_dir():
            raise ConfigurationError(f"{out}: is a file: name a folder for OUT")
        if out.is_dir() and any(out.iterdir()) and not any((out / name).exists() for name in (".work", MANIFEST)):
            raise ConfigurationError(f"{out}: is not empty, and no re-extraction was begun there: name another OUT")
        sites = _sites(opts.sites)
        segments = find_segments(inputs, out)
        if opts.models == KEPT and not all(segment.is_ours for segment in segments):
            other = next(segment.file for segment in segments if not segment.is_ours)
            raise ConfigurationError(f"--models kept: not of an archive of ours: {other}: give --models learn")
        naming = Naming(_hosts(sites), _DOMAIN, product_token(self.settings))
        rights = tuple((site.name, site.rights) for site in sites)
        return Plan(segments, out, opts.models, naming, _FEED_READER, rights)

    async def _run(self, plan: Plan, opts: argparse.Namespace) -> dict[str, Any]:
        from pipelines.reextraction.ending import end  # noqa: PLC0415
        from pipelines.reextraction.run import Reextraction  # noqa: PLC0415

        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        with _progress() as tell, plan.held():
            ended = plan.ended_without_work()
            if ended:
                return ended
            reextraction = Reextraction(plan, tell)
            try:
                if not reextraction.is_done:
                    runner = self._runner(opts)
                    try:
                        await reextraction.run(runner)
                    finally:
                        await runner.close()
                return end(plan, reextraction)
            finally:
                reextraction.close()

    def _runner(self, opts: argparse.Namespace) -> Runner:
        from pipelines.reextraction.runner import PRELOAD, LocalRunner, worker_pool  # noqa: PLC0415

        settings = self.settings
        if settings is None:
            raise RuntimeError("a command has its settings before it runs")
        limits = settings.getfloat("EXTRACT_TIMEOUT"), settings.getint("EXTRACT_MEMORY_MIB")
        preload = (*PRELOAD, *settings.getlist("EXTRACT_PRELOAD"))
        if opts.ray:
            from pipelines.reextraction.cluster import RayRunner  # noqa: PLC0415

            return RayRunner(opts.ray, opts.workers or os.cpu_count() or 1, *limits, preload)
        count = opts.workers or settings.getint("EXTRACT_WORKERS") or os.cpu_count() or 1
        return LocalRunner(worker_pool(count, *limits, preload))


class _StoppedError(BroadsheetError):
    exit_code = ExitCode.STOPPED


def _out(given: str) -> Path:
    """By its whole path: workers elsewhere are at home in other folders."""
    if "://" in given:
        raise ConfigurationError(f"{given}: OUT must be a folder of this machine: copy it from there")
    return Path(os.path.abspath(given))  # noqa: PTH100  # `..` is taken out, links stay


def _sites(path: str | None) -> tuple[Any, ...]:
    from crawler.sites import load_sites  # noqa: PLC0415

    if path is None:
        return ()
    try:
        return load_sites(Path(path).read_bytes(), path)
    except FileNotFoundError:
        raise ConfigurationError(f"--sites: {path}: no such file") from None


def _hosts(sites: tuple[Any, ...]) -> tuple[tuple[str, str], ...]:
    """The site of each host that a registry names, without www."""
    from pipelines.urlkey import host_of  # noqa: PLC0415

    found: dict[str, str] = {}
    for site in sites:
        for url in (site.url, *site.feeds, *site.sitemaps, *site.sections):
            found.setdefault(host_of(url).removeprefix("www."), site.name)
    return tuple(sorted(found.items()))


def _say(out: Path, told: dict[str, Any]) -> None:
    display = stdout()
    display.say(f"{out}: {told['articles']:,} articles of {told['tried']:,} pages")
    display.table(("outcome", "pages"), [(name, count) for name, count in told["outcomes"].items()])
    passed = ", ".join(f"{count:,} {reason}" for reason, count in told["passed_over"].items())
    if passed:
        display.say(f"passed over: {passed}")
    for damage in told["damages"][:5]:
        display.say(f"damaged: {damage['file']}: at byte {damage['offset']}: {damage['fact']}", "red")
    changes = told.get("changes")
    if changes:
        display.say(f"beside the articles before: {changes['same']:,} the same, {changes['different']:,} different "
                    f"({changes['text']:,} in their text), {changes['gained']:,} gained, {changes['lost']:,} lost: "
                    f"{out / 'changes.md'}")


@contextmanager
def _progress() -> Iterator[Tell]:
    from crawler.bars import count_bar  # noqa: PLC0415

    with count_bar() as progress:
        task = progress.add_task("reading", total=None)
        yield lambda what, done, total: progress.update(task, description=what, completed=done, total=total or None)

"""`scrapy export cdxj|parquet|wacz|wet OUT`: the archive in a form that other programs take.

Owns the arguments, the progress that is shown, and what is said at the end; the forms lie in `pipelines.export`,
which is loaded when it is needed: Scrapy loads this file for every command.
"""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError

from crawler.command import BroadsheetCommand, print_json
from crawler.display import stdout
from pipelines.clock import utc_now
from pipelines.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from pipelines.export.parquet import Day
    from pipelines.reader import Archive

    Tell = Callable[[bytes], object]


class Command(BroadsheetCommand):
    max_arguments = 2

    def syntax(self) -> str:
        return "[options] cdxj|parquet|wacz|wet OUT"

    def short_desc(self) -> str:
        return "Write the archive as a CDXJ index, Parquet tables, a WACZ file or plain text (WET)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--since", metavar="DAY", help="only what was fetched since this day (UTC): 2026-11-22")
        parser.add_argument("--until", metavar="DAY", help="and until this day, which is included")
        parser.add_argument("--site", metavar="NAME", help="parquet, wet: only what is of this site")
        parser.add_argument("--kind", choices=("articles", "fetches", "all"),
                            help="parquet: which tables; default: articles")
        parser.add_argument("--title", metavar="TEXT", help="wacz: what the collection is called")

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        from pipelines.reader import Archive  # noqa: PLC0415

        if len(args) != 2:
            raise UsageError("name a form and a file: scrapy export wacz archive.wacz")
        form, out = args[0], Path(args[1])
        if form not in _WRITE:
            nearest = difflib.get_close_matches(form, _WRITE, 1)
            remedy = f"did you mean {nearest[0]}?" if nearest else "there are: " + ", ".join(_WRITE)
            raise ConfigurationError(f"no such form: {form!r}: {remedy}")
        _require_fitting(form, opts)
        if form in ("cdxj", "wacz"):
            self.require_crawled(f"make the {form} of the archive it was made of")
        since, until = _days(opts.since, opts.until)
        export = _Export(Archive(self.archive_dir), out, since, until, opts.site,
                         opts.title or f"News crawled into {self.archive_dir.resolve().name}", opts.kind or "articles")
        try:
            counts = _WRITE[form](export)
        except OSError as error:
            from pipelines.commit import named  # noqa: PLC0415

            error.filename = error.filename or str(out)     # a write does not know it
            raise named(error) from error
        size = out.stat().st_size if out.is_file() else 0
        self._tell({"out": str(out), "bytes": size, **counts}, as_json=opts.json)
        return ExitCode.DONE

    @staticmethod
    def _tell(told: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            print_json(told)
            return
        counts = ", ".join(f"{told[key]:,} {key.replace('_', ' ')}" for key in told if key not in ("out", "bytes"))
        stdout().say(f"{told['out']}: {told['bytes']:,} bytes: {counts}")


class _Export:
    """One order: what is to be exported, and where."""

    def __init__(
        self, reader: Archive, out: Path, since: date | None, until: date | None, site: str | None, title: str,
        kind: str,
    ) -> None:
        self.out, self.title, self._kind = out, title, kind
        self._reader, self._since, self._until, self._site = reader, since, until, site

    @property
    def folder(self) -> Path:
        """Where there is room, as the result goes there too."""
        return self.out.absolute().parent

    @property
    def root(self) -> Path:
        return self._reader.root

    def days(self) -> list[Day]:
        """The days of which there are to be tables."""
        from pipelines.export.parquet import KINDS, days_of  # noqa: PLC0415
        from pipelines.reader import sealed_paths  # noqa: PLC0415

        kinds = KINDS if self._kind == "all" else (self._kind,)
        return [day for kind in kinds for day in days_of(
            kind, sealed_paths(self.root, kind), self.out, self._since, self._until, self._site)]

    def warcs(self) -> list[Path]:
        from pipelines.reader import sealed_paths  # noqa: PLC0415

        first = self._since.isoformat() if self._since else ""
        last = self._until.isoformat() if self._until else "9999"
        found = sealed_paths(self._reader.root, "warc")
        return [path for path in found if first <= path.parent.name.removeprefix("dt=") <= last]

    def articles(self) -> Iterator[dict[str, Any]]:
        return self._reader.rows("articles", since=self._since, until=self._until, site=self._site)

    def warcs_with_originals(self) -> list[Path]:
        """Those of the days, and those of other days to which revisits of these days refer."""
        from pipelines.reader import sealed_paths  # noqa: PLC0415

        root, days = self._reader.root, self.warcs()
        if self._since is None:
            return days
        fetches = self._reader.rows("fetches", since=self._since, until=self._until)
        named = {exchange["refers_to"]["file"] for fetch in fetches for exchange in fetch["exchanges"]
                 if exchange.get("refers_to")}
        sealed = {path for path in sealed_paths(root, "warc") if str(path.relative_to(root)) in named}
        return sorted(sealed.union(days))

    def pages_in(self, warcs: list[Path]) -> Iterator[dict[str, Any]]:
        """The articles whose records are in these files: beside a crawl, some lie in one that is not sealed yet."""
        names = {str(path.relative_to(self._reader.root)) for path in warcs}
        return (article for article in self.articles() if article["warc"]["file"] in names)


def _cdxj(export: _Export) -> dict[str, int]:
    from pipelines.export.cdxj import write_cdxj  # noqa: PLC0415
    from pipelines.export.target import new_file  # noqa: PLC0415

    warcs = export.warcs()
    with new_file(export.out) as file, _progress(warcs) as tell:
        return {"warc_files": len(warcs), "lines": write_cdxj(warcs, file, export.folder, tell)}


def _wacz(export: _Export) -> dict[str, int]:
    from pipelines.export.target import new_file  # noqa: PLC0415
    from pipelines.export.wacz import write_wacz  # noqa: PLC0415

    warcs = export.warcs_with_originals()
    with new_file(export.out) as file, _progress(warcs) as tell:
        written = write_wacz(file, warcs, export.pages_in(warcs), export.folder, utc_now(), export.title, tell)
    return {"warc_files": written.warc_files, "index_lines": written.index_lines, "pages": written.pages}


def _wet(export: _Export) -> dict[str, int]:
    from pipelines.export.target import new_file  # noqa: PLC0415
    from pipelines.export.wet import write_wet  # noqa: PLC0415

    with new_file(export.out) as file:
        return {"articles": write_wet(file, export.out.name, export.articles(), utc_now())}


def _parquet(export: _Export) -> dict[str, int]:
    from pipelines.export.parquet import export_folder, is_current, write_day  # noqa: PLC0415

    with export_folder(export.out, export.root) as partial:
        days = export.days()
        to_write = [day for day in days if not is_current(day)]
        with _progress([path for day in to_write for path in day.inputs]) as tell:
            written = [write_day(day, partial, tell) for day in to_write]
    return {"bytes": sum(one.bytes for one in written), "rows": sum(one.rows for one in written),
            "days_written": len(written), "days_unchanged": len(days) - len(written)}


_WRITE: dict[str, Callable[[_Export], dict[str, int]]] = {
    "cdxj": _cdxj, "parquet": _parquet, "wacz": _wacz, "wet": _wet}


@contextmanager
def _progress(paths: list[Path]) -> Iterator[Tell]:
    """A bar on stderr; give it what was read."""
    from crawler.bars import byte_bar  # noqa: PLC0415  # Scrapy loads this file for every command

    with byte_bar() as progress:
        task = progress.add_task("exporting", total=sum(path.stat().st_size for path in paths))
        yield lambda data: progress.update(task, advance=len(data))


def _require_fitting(form: str, opts: argparse.Namespace) -> None:
    """An option that would be passed over in silence is refused."""
    if opts.site and form in ("cdxj", "wacz"):
        raise ConfigurationError(f"--site: a {form} is of whole WARC files, which hold all sites: leave it out")
    for option, given, of in (("--kind", opts.kind, "parquet"), ("--title", opts.title, "wacz")):
        if given and form != of:
            raise ConfigurationError(f"{option}: is for {of} alone, and means nothing for {form}: leave it out")


def _days(since: str | None, until: str | None) -> tuple[date | None, date | None]:
    first, last = _day(since, "--since"), _day(until, "--until")
    if first and last and first > last:
        raise ConfigurationError(f"--since: {first} is after --until, {last}: swap them")
    return first, last


def _day(text: str | None, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ConfigurationError(f"{option}: not a day: {text!r}: write it as 2026-11-22") from None

"""Output for a person: on a terminal with colours and its width, elsewhere plain and never cut off.

Owns the console that commands print to, and what is taken out of text that strangers wrote. Must not know
what is shown.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence


_NO_LIMIT = 1_000_000       # columns: nothing is wrapped or cut where no one looks at a window
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Display(Console):
    """A rich console. A reader that went away (`| head`) is a BrokenPipeError, which commands pass over
    quietly.
    """

    def __init__(self, file: TextIO) -> None:
        self.is_plain = not file.isatty()
        if isinstance(file, io.TextIOWrapper):
            file.reconfigure(errors="backslashreplace")     # LANG=C cannot say all that news can
        super().__init__(file=file, width=_NO_LIMIT if self.is_plain else None, markup=False, emoji=False,
                         highlight=False)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError

    def say(self, text: str = "", style: str | None = None) -> None:
        """One line, or one paragraph that a terminal wraps between words."""
        self.print(Text(clean(text)), style=style)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, fold: str | None = None) -> None:
        """Rows under a head; numbers to the right. On a terminal too narrow the column `fold` wraps first."""
        table = Table(box=None if self.is_plain else box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False)
        for position, column in enumerate(columns):
            is_number = bool(rows) and all(isinstance(row[position], int) for row in rows)
            table.add_column(column, justify="right" if is_number else "left", overflow="fold",
                             no_wrap=column != fold)
        for row in rows:
            table.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else one_line(cell)) for cell in row))
        self.print(table)


def own_command() -> str:
    """How the reader starts `scrapy` again: by its path where that is not the one on PATH, as in `make demo`."""
    program = Path(sys.argv[0])
    on_path = shutil.which("scrapy")
    if program.name != "scrapy" or (on_path and Path(on_path).samefile(program)):
        return "scrapy"
    return str(program)


def archive_option(root: Path | str) -> str:
    """What a command that is suggested must be given so that it is about the same archive."""
    return "" if str(root) == "archive" else f" -s ARCHIVE_DIR={root}"


def tell_error(text: str) -> None:
    """What went wrong, on stderr; each line says that it is an error."""
    sys.stderr.write("".join(f"error: {line}\n" for line in text.splitlines()))


def stdout() -> Display:
    return Display(sys.stdout)


def clean(text: str) -> str:
    """Without what would move a terminal's cursor, change its colours or turn its text around; lines stay
    lines.
    """
    return _UNSAFE.sub("\ufffd", text.replace("\r\n", "\n"))


def one_line(text: str | None) -> str:
    """The same in one line; a dash for nothing."""
    return clean(" ".join(text.split())) if text else "-"

"""The registry file as `scrapy sites add` changes it: entries go to its end, and all else stays byte for byte.

Owns names that are free, what is there already, and the one write. Must not know what an entry says.
"""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.siteproblems import name_of
from crawler.sites import load_sites
from pipelines.errors import BroadsheetError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

_TRIAL = '\n[[site]]\nname = {}\nurl = "https://{}.invalid/"\n'


class RegistryFile:
    """A registry at `path`, as it was when this was made. ConfigurationError if it cannot be read, is no registry, or
    could not be written: before anything is asked for it."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.realpath(path))        # a link stays a link
        self._shown = str(path)
        self.before = self._read()
        self._check_writable()
        self._known = self._entries()

    def name_for(self, url: str, wanted: str | None = None, like: str | None = None) -> str:
        """The wanted name, or a free one made of the address, or `like` another. ConfigurationError if it is taken, or
        there is such a site already."""
        known = self.knows(url)
        if known is not None:
            raise ConfigurationError(
                f'{self._shown}: {url} is there already, as "{known}": take it out first, or look at it with '
                f"scrapy sites check {self._shown} --ask --site {known}")
        taken = {str(entry.get("name")) for entry in self._known}
        if wanted is not None:
            if wanted in taken:
                raise ConfigurationError(f'{self._shown}: the name is taken: "{wanted}": give another with --name')
            name = wanted
        else:
            name = free_name(like or name_of(url), taken)
        load_sites(joined(self.before, [_TRIAL.format(json.dumps(name), "scrapy-sites-add")]), self._shown)
        self._known.append({"name": name, "url": url})
        return name

    def knows(self, url: str) -> str | None:
        """The name of the entry of that site."""
        names = {place_of(str(entry.get("url", ""))): str(entry.get("name")) for entry in self._known}
        return names.get(place_of(url))

    def taken_by(self, url: str, name: str) -> str | None:
        """The name of another entry of that site; if there is none, it is this one's from now on."""
        known = self.knows(url)
        if known is None:
            self._known.append({"name": name, "url": url})
        return known if known != name else None

    def append(self, entries: Iterable[str]) -> None:
        """All entries or none: the file that they make is checked as a whole, and takes the place of the old one at
        once. BroadsheetError if the file was changed meanwhile."""
        if self._read() != self.before:
            raise BroadsheetError(f"{self._shown}: was changed by someone else meanwhile: run the same command again")
        after = joined(self.before, entries)
        load_sites(after, self._shown)
        _replace(self.path, after, self._shown)
        self.before = after

    def _read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise ConfigurationError(
                f"{self._shown}: cannot be read ({error.strerror}): name a registry in TOML") from None

    def _check_writable(self) -> None:
        folder = self.path.parent
        fact = None
        if not folder.is_dir():
            fact = f"there is no folder {folder}: make it first"
        elif not os.access(folder, os.W_OK) or (self.path.exists() and not os.access(self.path, os.W_OK)):
            fact = "cannot be written: see its permissions and those of its folder"
        if fact:
            raise ConfigurationError(f"{self._shown}: {fact}")

    def _entries(self) -> list[dict[str, Any]]:
        """Its entries. A registry without any is one to which the first can be added."""
        trial = joined(self.before, [_TRIAL.format('"scrapy-sites-add"', "scrapy-sites-add")])
        load_sites(trial, self._shown)
        entries = tomllib.loads(self.before.decode("utf-8-sig")).get("site", [])
        return [entry for entry in entries if isinstance(entry, dict)]


def joined(before: bytes, entries: Iterable[str]) -> bytes:
    """What was there, untouched, and the entries after it, in the file's own line ends."""
    ends = "\r\n" if b"\r\n" in before else "\n"
    text = "\n".join(entry.strip("\n") + "\n" for entry in entries)
    gap = "" if not before else "\n" if before.endswith(b"\n") else "\n\n"
    return before + (gap + text).replace("\n", ends).encode()


def place_of(url: str) -> str:
    """What makes two entries one site: host, port and path, without scheme and www."""
    parts = urlsplit(url)
    return parts.netloc.lower().removeprefix("www.") + (parts.path.rstrip("/") or "/")


def free_name(name: str, taken: Iterable[str]) -> str:
    """The name, or the name with the first number that makes it one of its own."""
    others = set(taken)
    candidates = (f"{name[:59]}-{number}" for number in range(2, len(others) + 3))
    return name if name not in others else next(candidate for candidate in candidates if candidate not in others)


def _replace(path: Path, data: bytes, shown: str) -> None:
    """Whole or not at all: beside it, to the disk, then in its place."""
    try:
        mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BroadsheetError(f"{shown}: cannot be written ({error.strerror}): nothing was changed") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


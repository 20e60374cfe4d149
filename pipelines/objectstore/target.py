"""What files are published to: what a store must be able to do, and which one an address means.

Owns the promise: a file appears under its name whole or not at all, and does not change afterwards. Must not know which
files there are, nor what runs are. A store's library is imported only where an address asks for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from pipelines.errors import ArchiveDamagedError, BroadsheetError, ConfigurationError
from pipelines.remoteplace import S3_SCHEMES, refuse_password

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.records import SealedFile


class TargetDownError(BroadsheetError):
    """The store does not answer, or not now: to be tried again."""


class TargetRefusedError(ConfigurationError):
    """The store says no: it does not exist, or the credentials are missing, wrong, or not enough."""


class OtherContentError(BroadsheetError):
    """The target holds another file under this name, and what is published is never replaced."""


@dataclass(frozen=True, slots=True)
class Held:
    """A file of the target. `sha256` is the digest that was put beside it; None where the store keeps none."""

    bytes: int
    sha256: str | None = None

    def is_that_of(self, file: SealedFile) -> bool:
        return self.bytes == file.bytes and self.sha256 in (None, file.sha256)


class Target(Protocol):
    """Used by several threads. Every method raises TargetDownError and TargetRefusedError. Paths are those of the
    archive, as in manifests."""

    name: str
    """Its address, for messages."""

    def probe(self) -> None:
        """Return if files could be put now, and leave nothing behind."""

    def sizes(self, folder: str) -> dict[str, int]:
        """Bytes by path of every whole file below `folder`, as they are at this moment. The target itself must be
        there, and need not be writable."""

    def held(self, path: str) -> Held | None:
        """What is there under this name; None for nothing."""

    def blocks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file that is there."""

    def put(self, source: Path, file: SealedFile) -> None:
        """The file at `source` under its name, whole when this returns. ArchiveDamagedError, and nothing to be seen,
        if it is not what `file` says."""


def target_at(address: str, archive: Path | None = None) -> Target:
    """The store at an address as `s3://bucket/prefix`, or the folder at a path. Nothing is asked of it yet.

    ConfigurationError for what cannot be an address, for a folder of the `archive` itself, or if what reads it is not
    installed.
    """
    address = address.strip()
    if not address:
        raise ConfigurationError("no target: name one, as s3://bucket/prefix or a folder")
    refuse_password(address)
    scheme = address.partition("://")[0].lower() if "://" in address else ""
    folder = _folder_of(address, scheme)
    if folder is not None and archive is not None:
        _refuse_own(address, folder, archive)
    if folder is not None and scheme != "local":
        from pipelines.objectstore.folder import FolderTarget  # noqa: PLC0415  # as the others, where it is built

        return FolderTarget(address, folder)
    address = f"{scheme}://{address.partition('://')[2]}"
    if scheme in S3_SCHEMES:
        from pipelines.objectstore.bucket import BucketTarget  # noqa: PLC0415

        return BucketTarget.at(address)
    from pipelines.objectstore.remote import RemoteTarget  # noqa: PLC0415

    return RemoteTarget.at(address)


def _folder_of(address: str, scheme: str) -> Path | None:
    """The folder of this machine that an address means; None for what lies elsewhere."""
    if not scheme:
        head, colon, rest = address.partition(":")
        if colon and head.isalnum() and not Path(address).exists():
            raise ConfigurationError(f"{address}: neither an address nor a folder that is there: an address has two "
                                     f"slashes behind its colon: write {head}://{rest.lstrip('/')}")
        return Path(address)
    if scheme not in ("file", "local"):
        return None
    host, _, path = address.partition("://")[2].partition("/")
    if host not in ("", "localhost"):
        raise ConfigurationError(f"{address}: names the machine {host!r}, where only a folder of this one can be "
                                 f"written to: {scheme}:///{host}/{path} is one")
    return Path(unquote(f"/{path}"))


def _refuse_own(address: str, folder: Path, archive: Path) -> None:
    """Copies among the originals would be taken for files of the archive."""
    own = archive.resolve()
    if own in (folder.resolve(), *folder.resolve().parents):
        raise ConfigurationError(f"{address}: lies in the archive that is to be published, {archive}: name a place "
                                 "outside of it")


def checked_blocks(source: Path, file: SealedFile, block_bytes: int) -> Iterator[bytes]:
    """The bytes of a sealed file; ArchiveDamagedError behind the last, unless they were those that `file` says."""
    digest, size = hashlib.sha256(), 0
    try:
        with source.open("rb") as stream:
            while block := stream.read(block_bytes):
                digest.update(block)
                size += len(block)
                yield block
    except FileNotFoundError:
        raise ArchiveDamagedError(f"{source}: missing, and not published yet: restore it from a copy") from None
    except OSError as error:
        raise ArchiveDamagedError(f"{source}: cannot be read ({error.strerror or error}), and is not published: see to "
                                  "its disk and its rights, or restore it from a copy") from error
    if (size, digest.hexdigest()) != (file.bytes, file.sha256):
        raise ArchiveDamagedError(
            f"{source}: {size:,} bytes, with another SHA-256 than its run says: it is not published: restore it from a "
            "copy")


def check_arrived(target: Target, file: SealedFile) -> None:
    """TargetDownError, so that it is tried again, if the target does not hold what was just put there."""
    held = target.held(file.path)
    if held is None:
        raise TargetDownError(f"{target.name}/{file.path}: did not arrive: nothing is there")
    if not held.is_that_of(file):
        raise TargetDownError(f"{target.name}/{file.path}: did not arrive: {file.bytes:,} bytes were put, and what is "
                              f"there has {held.bytes:,}, or another SHA-256")

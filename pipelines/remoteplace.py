"""A folder of an object store to read from, by fsspec.

Owns how its files are listed and read: what is asked of a sealed file once is kept for a while, for it never changes.
Must not know what the files hold. fsspec is imported only where an address asks for it, and comes with an extra.
"""

from __future__ import annotations

import errno
import io
import os
import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from pipelines.errors import BroadsheetError, ConfigurationError
from pipelines.layout import OPEN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BLOCK_BYTES = 256 << 10        # read at once where a part of a file is asked for
_AHEAD_BLOCKS = 16              # and so many where the block before was read already
_KEPT_BLOCKS = 64
_STREAM_BYTES = 4 << 20         # of a file that is read from its beginning
_KEPT_SIZES = 10_000

S3_SCHEMES = frozenset({"s3", "s3a"})
_S3_CONFIG = {"response_checksum_validation": "when_required"}
"""Some stores send the whole object's checksum with a part of it."""


class PlaceError(BroadsheetError):
    """A folder elsewhere that cannot be read: it denies, or does not answer."""


def file_system(address: str, **s3_config: Any) -> tuple[Any, str]:
    """fsspec's view of an address, and the path in it; one of its own, as credentials and endpoint are now. `s3_config`
    is botocore's.

    ConfigurationError if what reads such addresses is not installed, or there is nothing that does.
    """
    refuse_password(address)
    scheme, _, rest = address.partition("://")
    address = f"{scheme.lower()}://{rest}"
    options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
    if scheme.lower() in S3_SCHEMES:
        options["config_kwargs"] = {**_S3_CONFIG, **s3_config}
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415

        files, root = url_to_fs(address, **options)
    except ImportError as error:
        raise ConfigurationError(
            f"{address}: nothing is installed that reads {scheme}:// ({error}): pip install --require-hashes -r "
            "requirements-extras.lock (S3), or fsspec and what it needs for this scheme") from error
    except ValueError as error:
        raise ConfigurationError(f"{address}: not an address of a folder ({error})") from error
    return files, root


def refuse_password(address: str) -> None:
    """ConfigurationError for `scheme://name:password@…`, without the password: addresses are in settings, logs and
    errors. A password may hold slashes."""
    scheme, _, rest = address.partition("://")
    if ":" in rest.rpartition("@")[0]:
        raise ConfigurationError(f"{scheme}://…@…: the address holds a password, which would be in settings and logs: "
                                 "give credentials by the environment, a profile or a role")


class RemotePlace:
    """Credentials are found by the usual means of the store's own library. May be used by several threads, by processes
    that were forked, and sent to others: each process has connections of its own.

    PlaceError, with the address, for what can be neither read nor said to be missing.
    """

    def __init__(self, address: str, connect: Callable[[str], tuple[Any, str]] = file_system) -> None:
        self._address, self._connect = address.rstrip("/"), connect
        self._lock = threading.Lock()
        self._process = 0
        self._begin()

    @classmethod
    def at(cls, address: str) -> RemotePlace:
        return cls(address)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._address, self._connect)

    @property
    def name(self) -> str:
        return self._address

    def paths(self, folder: str = "") -> Iterator[str]:
        files = self._files
        with self._told(folder):
            files.invalidate_cache()
            try:
                found = files.find(self._at(folder))
            except FileNotFoundError as error:
                raise ConfigurationError(f"{self._address}: no such bucket or folder ({error}): check the address") \
                    from error
        start = len(self._root) + 1 if self._root else 0
        yield from sorted(path[start:] for path in found if not path.endswith("/"))

    def size(self, path: str) -> int:
        files = self._files
        if path not in self._sizes:
            with self._told(path):
                found = files.info(self._at(path))
            if found["type"] == "directory":
                raise FileNotFoundError(errno.ENOENT, "No such file", f"{self._address}/{path}")
            if path.endswith(OPEN_SUFFIX):
                return int(found["size"])
            if len(self._sizes) >= _KEPT_SIZES:
                self._sizes.clear()
            self._sizes[path] = int(found["size"])
        return self._sizes[path]

    def open(self, path: str) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_Stream(self, path), _STREAM_BYTES))

    def read(self, path: str, offset: int, length: int) -> bytes:
        end = min(offset + length, self.size(path))
        if end <= offset:
            return b""
        if path.endswith(OPEN_SUFFIX) or length >= _BLOCK_BYTES * _AHEAD_BLOCKS:
            return self.fetch(path, offset, end)
        first, last = offset // _BLOCK_BYTES, (end - 1) // _BLOCK_BYTES
        data = b"".join(self._blocks(path, first, last))
        return data[offset - first * _BLOCK_BYTES : end - first * _BLOCK_BYTES]

    def fetch(self, path: str, start: int, end: int) -> bytes:
        """One request for these bytes, which must be there; nothing of it is kept."""
        files = self._files
        with self._told(path):
            data = bytes(files.cat_file(self._at(path), start=start, end=end))
        if len(data) != end - start:  # a store, or what is before it, that does not keep to ranges
            raise PlaceError(f"{self._address}/{path}: {len(data):,} bytes came where {end - start:,} from byte "
                             f"{start:,} on were asked for: check what answers there; then try again")
        return data

    def _blocks(self, path: str, first: int, last: int) -> list[bytes]:
        """Those from `first` to `last`: kept ones, or fetched together, more where the file is read in order."""
        with self._lock:
            kept = [self._kept.get((path, number)) for number in range(first, last + 1)]
            is_in_order = first > 0 and (path, first - 1) in self._kept
            for number in range(first, last + 1):
                if (path, number) in self._kept:
                    self._kept.move_to_end((path, number))
        if all(block is not None for block in kept):
            return cast("list[bytes]", kept)
        first_missing = first + kept.index(None)
        is_in_order = is_in_order or first_missing > first
        stop = max(last + 1, first_missing + _AHEAD_BLOCKS) if is_in_order else last + 1
        data = self.fetch(path, first_missing * _BLOCK_BYTES, min(stop * _BLOCK_BYTES, self.size(path)))
        new = [data[at : at + _BLOCK_BYTES] for at in range(0, len(data), _BLOCK_BYTES)]
        with self._lock:
            self._kept.update(((path, first_missing + place), block) for place, block in enumerate(new))
            while len(self._kept) > _KEPT_BLOCKS:
                self._kept.popitem(last=False)
        return [*cast("list[bytes]", kept[: first_missing - first]), *new[: last + 1 - first_missing]]

    @property
    def _files(self) -> Any:
        """A process that was forked cannot use what its parent opened."""
        if self._process != os.getpid():
            self._begin()
        return self._connected

    def _begin(self) -> None:
        self._lock = threading.Lock()  # the parent's may be held by a thread that is not here
        self._sizes: dict[str, int] = {}
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._connected, root = self._connect(self._address)
        self._root = root.rstrip("/")
        self._process = os.getpid()

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        place = f"{self._address}/{path}".rstrip("/")
        try:
            yield
        except (BroadsheetError, MemoryError):
            raise
        except FileNotFoundError as error:
            raise FileNotFoundError(errno.ENOENT, "No such file", place) from error
        except PermissionError as error:
            raise PlaceError(f"{place}: denied ({error}): check the credentials: for S3 AWS_PROFILE, AWS_ACCESS_KEY_ID "
                             "and the rest of the environment, or the role of this machine") from error
        except Exception as error:  # each store's library has errors of its own
            raise PlaceError(f"{place}: cannot be read ({error or type(error).__name__}): check that the store is up, "
                             "and for S3 AWS_ENDPOINT_URL; then try again") from error


class _Stream(io.RawIOBase):
    """A file from its beginning, a request for each large part."""

    def __init__(self, place: RemotePlace, path: str) -> None:
        self._place, self._path, self._at = place, path, 0
        self._size = place.size(path)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self._size)
        if end <= self._at:
            return 0
        data = self._place.fetch(self._path, self._at, end)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

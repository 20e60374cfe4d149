"""A file that is there whole or not at all.

Owns what happens to a half-written one. Must not know what is in it.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from pipelines.errors import ConfigurationError
from pipelines.segments import sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL_SUFFIX = ".partial"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Write to what is given; it gets its name when the block has ended well, and goes when it has not.

    ConfigurationError if the name is taken or nothing can be made there; OSError from writing as it comes.
    """
    if path.exists():
        raise ConfigurationError(f"{path}: is there already: name another file, or move it away")
    with replacing(path, path.with_name(path.name + PARTIAL_SUFFIX)) as file:
        yield file


@contextmanager
def made_at(path: Path) -> Iterator[None]:
    """ConfigurationError if a file or folder cannot be made there, but where the disk is full: that comes as it is."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise
        raise ConfigurationError(f"{path}: cannot be made ({error.strerror}): choose a place that you may write to"
                                 ) from error


@contextmanager
def replacing(path: Path, partial: Path) -> Iterator[BinaryIO]:
    """The same, but what has the name gives way in one step: who opens it sees the old file or the new one, whole.
    Until then it is called `partial`, which lies on the same disk."""
    with made_at(path):
        file = partial.open("w+b")
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_directory(path.parent)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise

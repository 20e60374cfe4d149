"""What may be on the disk after the power went: files and folders, what of them is synced and what is only pending.

Owns the promises of POSIX and no more: fsync(2) makes a file's content last, or a folder's names, and until then any
part of what was done may be there, in any order. Must not know archives.
"""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.disk.trace import CREATE, MKDIR, RENAME, SYNC, TRUNCATE, UNLINK, WRITE, Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from random import Random

    Keep = Callable[[Random, Sequence[Any]], Sequence[Any]]

State = dict[str, bytes | None]
"""Paths relative to the disk's top: the bytes of a file, None for a folder."""
Names = dict[str, "File | Folder"]


@dataclass(slots=True, eq=False)
class File:
    synced: bytes = b""
    pending: list[Call] = field(default_factory=list)
    live: bytearray = field(default_factory=bytearray)

    def change(self, call: Call) -> None:
        self.pending.append(call)
        _change(self.live, call)

    def sync(self) -> None:
        self.synced, self.pending = bytes(self.live), []


@dataclass(slots=True, eq=False)
class Folder:
    """A pending change gives names their nodes, or takes them (None), all at once: a rename does both."""

    synced: Names = field(default_factory=dict)
    pending: list[dict[str, File | Folder | None]] = field(default_factory=list)
    live: Names = field(default_factory=dict)

    def change(self, names: dict[str, File | Folder | None]) -> None:
        self.pending.append(names)
        _rename(self.live, names)

    def sync(self) -> None:
        self.synced, self.pending = dict(self.live), []


@dataclass(frozen=True, slots=True)
class Loss:
    """What becomes of pending changes: which of a folder's names, which of a file's bytes are there."""

    name: str
    names: Keep
    data: Keep


def _none(_: Random, changes: Sequence[Any]) -> Sequence[Any]:
    return changes[:0]


def _all(_: Random, changes: Sequence[Any]) -> Sequence[Any]:
    return changes


def _first(chance: Random, changes: Sequence[Any]) -> Sequence[Any]:
    return changes[:chance.randint(0, len(changes))]


def _some(chance: Random, changes: Sequence[Any]) -> Sequence[Any]:
    return [change for change in changes if chance.random() < 0.5]


def _torn(keep: Keep) -> Keep:
    """Of what is kept, the last write may have come to the disk in part."""

    def torn(chance: Random, changes: Sequence[Call]) -> list[Call]:
        kept = list(keep(chance, changes))
        if kept and kept[-1].kind == WRITE and chance.random() < 0.5:
            last = kept[-1]
            kept[-1] = Call(WRITE, "", "", last.inode, last.offset, last.data[:chance.randrange(len(last.data) + 1)])
        return kept

    return torn


LOSSES = (
    Loss("nothing unsynced is there", _none, _none),
    Loss("names are there, content is not", _all, _none),
    Loss("content is there, names are not", _none, _all),
    Loss("the first of it is there", _first, _torn(_first)),
    Loss("some of it is there", _some, _torn(_some)),
)
KEPT = Loss("all of it is there", _all, _all)
"""The process was killed, the machine went on."""


class Disk:
    """The folder `top` as it is now, all of it synced; then what is done to it, call by call."""

    def __init__(self, top: Path) -> None:
        self._top = str(top)
        self._root = Folder()
        self.attach(top)
        for node in self._nodes.values():
            node.sync()

    def attach(self, top: Path) -> None:
        """A process begins on a copy of this disk as it is, nothing lost: its inodes are now those of the copy."""
        self._top, self._nodes = str(top), {top.stat().st_ino: self._root}
        for path in sorted(top.rglob("*")):
            self._nodes[path.stat().st_ino] = self._node_of(path)

    def _node_of(self, path: Path) -> File | Folder:
        folder, name = self._place(str(path))
        if name not in folder.live:
            node = Folder() if path.is_dir() else File(live=bytearray(path.read_bytes()))
            folder.change({name: node})
        return folder.live[name]

    def apply(self, call: Call) -> None:
        if call.kind in {CREATE, MKDIR}:
            folder, name = self._place(call.path)
            node = self._nodes[call.inode] = File() if call.kind == CREATE else Folder()
            folder.change({name: node})
        elif call.kind in {WRITE, TRUNCATE}:
            self._nodes[call.inode].change(call)
        elif call.kind == SYNC:
            self._nodes[call.inode].sync()
        elif call.kind == RENAME:
            (folder, old), (other, new) = self._place(call.path), self._place(call.to)
            if folder is not other:
                raise NotImplementedError(f"a rename from folder to folder: {call}")
            folder.change({old: None, new: folder.live[old]})
        elif call.kind == UNLINK:
            folder, name = self._place(call.path)
            folder.change({name: None})

    def fork(self) -> Disk:
        """This disk once more, to go another way from here."""
        return copy.deepcopy(self)

    def after(self, loss: Loss, chance: Random) -> State:
        """What is there when the power comes back. SQLite's -shm is memory, whatever it looks like."""
        return dict(_tree(self._root, loss, chance, ""))

    def _place(self, path: str) -> tuple[Folder, str]:
        *folders, name = os.path.relpath(path, self._top).split("/")
        place = self._root
        for folder in folders:
            place = place.live[folder]  # type: ignore[assignment]
        return place, name


def write_state(state: Mapping[str, bytes | None], top: Path) -> Path:
    top.mkdir(parents=True)
    for path, data in state.items():
        if data is None:
            (top / path).mkdir()
        else:
            (top / path).write_bytes(data)
    return top


def _tree(folder: Folder, loss: Loss, chance: Random, above: str) -> Iterator[tuple[str, bytes | None]]:
    names = dict(folder.synced)
    for change in loss.names(chance, folder.pending):
        _rename(names, change)
    for name, node in sorted(names.items()):
        if isinstance(node, Folder):
            yield above + name, None
            yield from _tree(node, loss, chance, f"{above}{name}/")
        elif not name.endswith("-shm"):
            yield above + name, _content(node, loss, chance)


def _content(file: File, loss: Loss, chance: Random) -> bytes:
    content = bytearray(file.synced)
    for change in loss.data(chance, file.pending):
        _change(content, change)
    return bytes(content)


def _rename(names: Names, change: Mapping[str, File | Folder | None]) -> None:
    for name, node in change.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


def _change(content: bytearray, call: Call) -> None:
    """Where nothing was written before, zeros are."""
    if call.kind == TRUNCATE:
        del content[call.offset:]
    content.extend(bytes(max(0, call.offset - len(content))))
    if call.kind == WRITE:
        content[call.offset:call.offset + len(call.data)] = call.data

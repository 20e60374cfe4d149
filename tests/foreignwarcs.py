"""WARC files as others write them, byte by byte, with what goes wrong in them. No test itself.

Owns the bytes. Must not know what reads them.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from backports import zstd

from tests.newspages import article_html, prose

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = "2026-11-22"
MENU = "<nav><p>Read our newsletter every morning and never miss what happens in the valley again.</p></nav>"


def record(
    block: bytes, url: str, number: int = 0, *, kind: str = "response", version: str = "1.0", length: int | None = None,
    **headers: str,
) -> bytes:
    lines = [f"WARC/{version}", f"WARC-Type: {kind}", f"WARC-Target-URI: {url}", f"WARC-Date: {DAY}T10:00:{number:02}Z",
             f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012}>",
             "Content-Type: application/http; msgtype=response",
             *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
             f"Content-Length: {len(block) if length is None else length}", "", ""]
    return "\r\n".join(lines).encode() + block + b"\r\n\r\n"


def answer(body: bytes, status: str = "HTTP/1.1 200 OK", *headers: str) -> bytes:
    return "\r\n".join([status, *(headers or ("Content-Type: text/html; charset=utf-8",)), "", ""]).encode() + body


def story(title: str) -> bytes:
    """A page of a site whose pages share a paragraph that is none of theirs."""
    return article_html(title, prose(title), below=MENU).encode()


def stories(host: str, count: int) -> list[bytes]:
    return [record(answer(story(f"{host} story {number}")), f"http://{host}/2026/11/story-{number}", number)
            for number in range(count)]


def members(records: Sequence[bytes]) -> bytes:
    return b"".join(gzip.compress(each, mtime=0) for each in records)


def zstd_file(records: Sequence[bytes], *, packs_dictionary: bool) -> bytes:
    """Frames with a dictionary, which stands in a skippable frame before them (IIPC's zstd specification)."""
    trained = zstd.train_dict([record(answer(story(str(n))), f"http://z.example/{n}") for n in range(200)], 4000)
    held = zstd.compress(trained.dict_content) if packs_dictionary else trained.dict_content
    return b"\x5d\x2a\x4d\x18" + len(held).to_bytes(4, "little") + held + b"".join(
        zstd.compress(each, zstd_dict=trained) for each in records)

"""The shape of an address: what it has in common with the addresses of other pages of its kind.

Owns how an address is made into a shape. Must not know what a shape stands for. A site writes the addresses of its
articles by one or a few patterns, so that what is known of some of a shape holds for all of it.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from pipelines.urltwins import article_path, is_view_or_session

_MARKS = "\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e\u1000-\u109f\u1780-\u17ff"     # of vowels: by themselves no letters
WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{_MARKS}])+")
"""Two letters or more, of any script."""
_DIGITS = re.compile(r"\d+")
_EXTENSION = re.compile(r"\.\w{2,5}$")
_TOKEN = re.compile(r"(?=.*[a-zA-Z])(?=.*\d[a-zA-Z]|.*[a-z][A-Z]|[0-9a-f]*\d[0-9a-f]*$)[a-zA-Z0-9]{5,24}")
_LONG_NUMBER_DIGITS, _MANY_WORDS = 5, 4
_MAX_SEGMENTS = 6
_SEVERAL_WORDS = re.compile(r"(?<=/)(?:words|sentence)(?:-#short)?(?=\.\w{2,5}$|$)")


def shape_of(url: str) -> str:
    """Folders as they stand, but for numbers and names of several words; of the last part only what it is made of; of
    a query the names. `/news/2026/11/a-bridge-opens-123456.html` is `/news/#/#/words-#.html`."""
    parts = urlsplit(url)
    query = "&".join(pair for pair in parts.query.split("&") if not is_view_or_session(pair))
    segments = [unquote(segment).lower() for segment in article_path(parts.path).split("/") if segment][:_MAX_SEGMENTS]
    folders = [_folder(segment) for segment in segments[:-1]]
    names = "&".join(sorted({name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)}))
    last = "token" if not names and is_token(unquote(parts.path.rpartition("/")[2])) else _last("".join(segments[-1:]))
    path = "/".join([*folders, last] if segments else [])
    return f"{parts.netloc.lower()}/{path}{'?' + names if names else ''}"


def is_token(name: str) -> bool:
    """Whether a segment is a name that a machine made: letters of both cases or digits among letters, without words."""
    return bool(_TOKEN.fullmatch(name))


def is_numbered(shape: str) -> bool:
    """Whether the last part of a shape, or its query, tells pages apart by a number or a token."""
    last = shape.rpartition("/")[2]
    return "#" in last or "?" in last or last == "token"


def wordy(shape: str) -> str:
    """The shape without how many words a name of several has, and without short numbers in it: rates-held-at-3-5."""
    return _SEVERAL_WORDS.sub("text", shape)


def folderless(shape: str) -> str:
    """The shape with every folder's own name left out."""
    path, mark, query = shape.partition("?")
    host, *folders, last = path.split("/")
    return "/".join([host, *("#" if folder == "#" else "*" for folder in folders), last]) + mark + query


def _folder(segment: str) -> str:
    if segment.isdecimal():
        return "#"
    return segment if len(WORD.findall(segment)) < 3 and not _DIGITS.search(segment) else "*"


def _last(segment: str) -> str:
    extension = _EXTENSION.search(segment)
    name = segment[:extension.start()] if extension else segment
    count = len(WORD.findall(name))
    words = "" if count == 0 else "word" if count == 1 else "words" if count < _MANY_WORDS else "sentence"
    numbers = _DIGITS.findall(name)
    number = "" if not numbers else "#" if max(map(len, numbers)) >= _LONG_NUMBER_DIGITS else "#short"
    return "-".join(filter(None, (words, number))) + (extension[0] if extension else "")

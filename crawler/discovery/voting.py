"""Links of one page that are judged by their likes: where most links of a shape are articles, the rest are.

Owns the shares that decide. Must not know why any one link was taken for an article (`judgement`), nor HTML.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.discovery.shapes import folderless, is_numbered, shape_of, wordy
from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.discovery.judgement import Verdict

_MIN_LINKS = 3
_MIN_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A link with what its place in the page says: `is_teaser`, it stands in a heading, or text or a time follows it;
    `is_framed`, it stands in the navigation or the footer."""

    verdict: Verdict
    is_teaser: bool = False
    is_framed: bool = False


def roles_by_likes(candidates: Mapping[str, Candidate]) -> dict[str, Role | None]:
    """The role of each URL: as it was judged by itself, or PAGE where its likes are.

    Likes share a shape, folders' names included, or else left out; or a folder of articles. Among addresses without a
    number only those count that are linked by more than a word or two: sections and short headlines look alike in
    their addresses.
    """
    roles = {url: candidate.verdict.role for url, candidate in candidates.items()}
    shapes = {url: shape_of(url) for url, candidate in candidates.items() if not candidate.verdict.leads_nowhere}
    folders = _linked_folders(candidates)
    speaks = {url: _speaks(candidates[url], shape, url, folders) for url, shape in shapes.items()}
    roles |= dict.fromkeys((url for url, shape in shapes.items() if _is_plain(candidates[url], shape)), Role.PAGE)
    for key in (dict(shapes), {url: folderless(shape) for url, shape in shapes.items()}):
        for urls in _groups(key):
            share = sum(speaks[url] or roles[url] is Role.PAGE for url in urls) / len(urls)
            if len(urls) >= _MIN_LINKS and share >= _MIN_SHARE:
                chosen = (url for url in urls if _may_be(key[url], candidates[url], speaks=speaks[url]))
                roles |= dict.fromkeys(chosen, Role.PAGE)
    groups = [*_groups({url: shapes[url].partition("/")[0] + folder for url in shapes if (folder := _folder_of(url))}),
              *_groups({url: wordy(shape) for url, shape in shapes.items()})]
    for urls in groups:
        if len(urls) >= _MIN_LINKS and sum(roles[url] is Role.PAGE for url in urls) >= _MIN_SHARE * len(urls):
            roles |= dict.fromkeys((url for url in urls if speaks[url]), Role.PAGE)
    return roles


def _groups(shapes: Mapping[str, str]) -> list[list[str]]:
    groups = defaultdict[str, list[str]](list)
    for url, shape in shapes.items():
        groups[shape].append(url)
    return list(groups.values())


def _folder_of(url: str) -> str:
    return urlsplit(url).path.strip("/").rpartition("/")[0]


def _linked_folders(candidates: Mapping[str, Candidate]) -> frozenset[str]:
    """The paths of sections that the page links to: what lies below one is likely to be an article of it."""
    return frozenset(urlsplit(url).path.strip("/") for url in candidates) - {""}


def _speaks(candidate: Candidate, shape: str, url: str, folders: frozenset[str]) -> bool:
    """Whether a link counts for its likes. Of a short headline its place in the page must say more, or its address; of
    one that a word of its address vetoes, all."""
    verdict = candidate.verdict
    if candidate.is_framed:
        return verdict.is_headline and not verdict.is_vetoed
    if verdict.is_vetoed:
        return verdict.has_words and candidate.is_teaser
    if verdict.is_headline:
        return True
    is_below = _folder_of(url) in folders and shape.endswith(("/words", "/sentence"))
    return verdict.is_brief and (candidate.is_teaser or is_numbered(shape) or is_below)


def _is_plain(candidate: Candidate, shape: str) -> bool:
    """Whether a short headline needs no likes: it stands where teasers do, and its address has a number."""
    verdict = candidate.verdict
    is_brief_teaser = candidate.is_teaser and verdict.is_brief and not (verdict.is_vetoed or candidate.is_framed)
    return is_brief_teaser and is_numbered(shape) and not shape.endswith("#short")


def _may_be(shape: str, candidate: Candidate, *, speaks: bool) -> bool:
    verdict = candidate.verdict
    if verdict.is_vetoed or candidate.is_framed:
        return speaks
    return speaks or verdict.has_words or is_numbered(shape) or shape.rpartition("/")[2].startswith("sentence")

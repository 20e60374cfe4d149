"""Links of one page that are judged by their likes: where most links of a shape are articles, the rest are.

Owns the shares that decide. Must not know why any one link was taken for an article (`judgement`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from crawler.discovery.shapes import folderless, shape_of
from pipelines.records import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.discovery.judgement import Verdict

_MIN_LINKS = 3
_MIN_SHARE = 0.6


def roles_by_likes(verdicts: Mapping[str, Verdict]) -> dict[str, Role | None]:
    """The role of each URL: as it was judged by itself, or PAGE where its likes are.

    Likes share a shape, folders' names included, or else left out. Among addresses without a number only those count
    that are linked by more than a word or two: sections and short headlines look alike in their addresses.
    """
    roles = {url: verdict.role for url, verdict in verdicts.items()}
    shapes = {url: shape_of(url) for url, verdict in verdicts.items()
              if not verdict.leads_nowhere and not verdict.is_list}
    for key in (dict(shapes), {url: folderless(shape) for url, shape in shapes.items()}):
        for urls in _groups(key):
            if len(urls) >= _MIN_LINKS and _share(urls, roles, verdicts) >= _MIN_SHARE:
                roles |= dict.fromkeys((url for url in urls if _may_be(key[url], verdicts[url])), Role.PAGE)
    return roles


def _groups(shapes: Mapping[str, str]) -> list[list[str]]:
    groups = defaultdict[str, list[str]](list)
    for url, shape in shapes.items():
        groups[shape].append(url)
    return list(groups.values())


def _share(urls: list[str], roles: Mapping[str, Role | None], verdicts: Mapping[str, Verdict]) -> float:
    return sum(roles[url] is Role.PAGE or verdicts[url].is_headline for url in urls) / len(urls)


def _may_be(shape: str, verdict: Verdict) -> bool:
    last = shape.rpartition("/")[2]
    return verdict.has_words or "#" in last or "?" in last or last.startswith("sentence")

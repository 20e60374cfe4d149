"""The output of one segment: lines of articles and of what each page came to.

Owns which page of several is the article, by the crawl's rules, and the names of the files. Must not know how pages are
extracted. Segments are finished one after the other, in their order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.assemble import article_keys, article_record
from pipelines.publish import by_policy, outcome_of_article, without_text
from pipelines.recordlines import to_line
from pipelines.records import Outcome
from pipelines.reextraction.lines import LineFile
from pipelines.reextraction.parts import read_order, read_part
from pipelines.reextraction.state import OUTCOME
from pipelines.rights import Action, Policy, Verdict, resolved

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipelines.records import Article, ArticleRecord, FetchRecord
    from pipelines.reextraction.pages import ArchivedPage, Made
    from pipelines.reextraction.state import State

DONE = "done"
WITHHELD_TEXT = "rights: "
"""So begins the reason of a fetch whose article was written without its text: the crawl's policy, which holds on where
no other is given."""


@dataclass(frozen=True, slots=True)
class Policies:
    """What is done about a site's rights: `of_sites` by its name, `agent` is our product token."""

    of_sites: Mapping[str, Policy]
    agent: str

    def of(self, site: str) -> Policy:
        return self.of_sites.get(site) or Policy(agent=self.agent)


@dataclass(frozen=True, slots=True)
class Output:
    """The files of a segment."""

    articles: Path
    fetches: Path

    @classmethod
    def of(cls, out: Path, day: str, name: str) -> Output:
        return cls(*(out / kind / f"dt={day}" / f"{name}.jsonl.gz" for kind in ("articles", "fetches")))


def finish(
    state: State, segment: int, order: Path, part: Path, output: Output, run_id: str, policies: Policies,
) -> None:
    """Write both files, and then that the segment is done, with what it counts."""
    tally: Counter[tuple[str, str]] = Counter()
    with state.transaction():
        with LineFile(output.articles) as articles, LineFile(output.fetches) as fetches:
            for page, made in zip(read_order(order), read_part(part), strict=True):
                fetch, article = _laid_out(state, page, made, run_id, policies)
                if article:
                    articles.write(to_line(article))
                fetches.write(to_line(fetch))
                tally[fetch.site, str(fetch.outcome)] += 1
        state.count(segment, OUTCOME, tally)
        state.reach(segment, DONE)


def _laid_out(
    state: State, page: ArchivedPage, made: Made, run_id: str, policies: Policies,
) -> tuple[FetchRecord, ArticleRecord | None]:
    fetch = replace(page.fetch, run_id=run_id, article_id=None)
    if made.article is None:
        return replace(fetch, outcome=made.outcome, reason=made.reason), None
    outcome, reason, article = _judged(page, made.article, policies)
    http = fetch.http
    if article and http:
        http = replace(http, charset=article.charset or http.charset)
    fetch = replace(fetch, outcome=outcome, reason=reason, http=http)
    if article is None:
        return fetch, None
    keys = article_keys(fetch, article)
    like = state.article_like(keys)
    if like:
        return replace(fetch, outcome=Outcome.DUPLICATE, reason="the same article as " + like, article_id=like), None
    state.hold(keys)
    return replace(fetch, article_id=keys.id), article_record(fetch, article, keys, page.place)


def _judged(page: ArchivedPage, article: Article, policies: Policies) -> tuple[Outcome, str | None, Article | None]:
    outcome, reason = outcome_of_article(article)
    if outcome is not Outcome.ARTICLE:
        return outcome, reason, None
    before, policy = page.fetch, policies.of(page.fetch.site)
    article = replace(article, rights=resolved((*before.rights, *article.rights), policy.agent))
    if before.reason and before.reason.startswith(WITHHELD_TEXT) and before.site not in policies.of_sites:
        stated = Verdict(Action.SKIP_TEXT, before.reason.removeprefix(WITHHELD_TEXT))
        return Outcome.ARTICLE, before.reason, without_text(article, stated)
    return by_policy(article, policy, datetime.fromisoformat(before.started_at))

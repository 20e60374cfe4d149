"""The sites of a crawl: what each has shown so far, and the model that its pages are read with.

Owns when a model is made, and how many learners are held in memory. Must not know the store: it is given a way to load
and one to keep.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.boilerplate.learner import MIN_STORIES, STORIES_TO_KNOW, SiteLearner
from pipelines.boilerplate.model import NO_MODEL, SiteModel
from pipelines.store import SiteKnowledge

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.boilerplate.learner import Observation

_MAX_SITES = 128            # a learner takes a megabyte at most
_MAX_RECENT = 256           # of what was given away and may not be in the store yet


@dataclass(slots=True)
class _Site:
    learner: SiteLearner
    model: SiteModel
    is_ready: bool
    news: int = 0               # stories since the model was made
    is_changed: bool = False


class SiteLibrary:
    """`load` gives what is known of a site; `keep` is given what is worth keeping: each new model before any article
    can name it, and the counts now and then. The least recently used sites are kept and let go."""

    def __init__(
        self, load: Callable[[str], SiteKnowledge | None], keep: Callable[[SiteKnowledge], None],
        max_sites: int = _MAX_SITES,
    ) -> None:
        self._load, self._keep, self._max_sites = load, keep, max_sites
        self._sites: OrderedDict[str, _Site] = OrderedDict()
        self._recent: OrderedDict[str, SiteKnowledge] = OrderedDict()
        self._concluded: set[str] = set()

    def is_ready(self, name: str) -> bool:
        """Whether enough is known of the site to read its pages, or there is no more to wait for."""
        return name in self._concluded or self._site(name).is_ready

    def model(self, name: str) -> SiteModel:
        """The model in use; that of no knowledge before there is one."""
        return self._site(name).model

    def missing(self, name: str) -> int:
        """How many stories more it takes to know the site."""
        return max(0, STORIES_TO_KNOW - self._site(name).learner.stories)

    def counts(self, name: str) -> bytes | None:
        """What its learner has counted (`SiteLearner.dump`); None for nothing."""
        learner = self._site(name).learner
        return learner.dump() if learner.stories else None

    def observe(self, name: str, page: Observation) -> None:
        """Count a page; now and then that makes a new model."""
        site = self._site(name)
        if not site.learner.observe(page):
            return
        site.news += 1
        site.is_changed = True
        stories = site.learner.stories
        if (not site.is_ready and stories >= STORIES_TO_KNOW) or (
                site.is_ready and site.news >= max(STORIES_TO_KNOW, stories // 2)):
            self._freeze(name, site)

    def conclude(self, name: str) -> None:
        """Wait for no more of the site's pages in this crawl: what is known must do."""
        site = self._site(name)
        self._concluded.add(name)
        if not site.is_ready and site.news and site.learner.stories >= MIN_STORIES:
            self._freeze(name, site)
            site.is_ready = False

    def close(self) -> None:
        """Keep what is not kept yet."""
        for name, site in self._sites.items():
            self._save(name, site)

    def _site(self, name: str) -> _Site:
        site = self._sites.get(name)
        if site is None:
            site = self._sites[name] = self._loaded(name)
            if len(self._sites) > self._max_sites:
                self._save(*self._sites.popitem(last=False))
        self._sites.move_to_end(name)
        return site

    def _loaded(self, name: str) -> _Site:
        known = self._recent.get(name) or self._load(name)
        learner = SiteLearner.load(known.counts) if known else SiteLearner()
        model = SiteModel.load(known.model) if known and known.model else NO_MODEL
        return _Site(learner, model, is_ready=model.stories >= STORIES_TO_KNOW)

    def _freeze(self, name: str, site: _Site) -> None:
        model = site.learner.freeze()
        site.news = 0
        site.is_ready = True
        if not model.has_same_rules(site.model) or site.model.stories < STORIES_TO_KNOW <= model.stories:
            site.model = model
            self._save(name, site)

    def _save(self, name: str, site: _Site) -> None:
        if not site.is_changed:
            return
        site.is_changed = False
        model = site.model if site.model.stories else None
        knowledge = SiteKnowledge(name, site.learner.dump(), model.id if model else None,
                                  model.content if model else None)
        self._recent[name] = knowledge
        self._recent.move_to_end(name)
        if len(self._recent) > _MAX_RECENT:
            self._recent.popitem(last=False)
        self._keep(knowledge)

"""The article's text made whole and clean, by the blocks of its page: what was missed goes in, teasers go out.

Owns what counts as missed and as a teaser. Must not know trafilatura: it is given lines of text.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.boilerplate.blocks import ancestors, ends_a_sentence, letters, path_key
from pipelines.boilerplate.observe import HEADINGS
from pipelines.extraction.grams import begins_in, share_found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipelines.boilerplate.blocks import Block
    from pipelines.extraction.pagetext import PageText

TITLE = "title"
TEASER = "link without a sentence"
LINK_LIST = "list of links"
LEAD_IN = "lead-in to a link"

_CAPTIONS = frozenset({"figcaption", "figure", "caption", "aside", "footer", "nav", "form", "table", "blockquote"})
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_LEAD_IN = re.compile(r"[^:]{2,24}:\s")
_LINES_AHEAD = 40           # of the last block that was found: a held block is not looked for further on
_MIN_LETTERS = 25           # shorter lines are told by their tag alone
_LEAST_SHARE = 0.1          # of the text: what stands at a path that holds less is no pattern
_LINKED, _MOSTLY_LINKED, _PARTLY_LINKED = 0.9, 0.6, 0.4
_SUMMARY_LETTERS = 60       # of a description, which pages cut short
_SUMMARY_BLOCKS = 15        # between a summary and the text: byline, date, share buttons, a picture


@dataclass(frozen=True, slots=True)
class Completed:
    """The text, what was taken out with its reason, how many blocks were put in, and the paths where the text lies.
    `letters` are those of the text, `link_density` the share of them that stands in links, as far as their blocks are
    found."""

    text: str
    removed: tuple[tuple[str, str], ...] = ()
    added: int = 0
    body: tuple[str, ...] = ()
    letters: str = ""
    link_density: float = 0.0


def complete(text: str, page: PageText) -> Completed:
    """The text as it was found in the page once its blocks were removed."""
    return _Completion(text, page).run()


def text_of_blocks(page: PageText) -> Completed:
    """A text of nothing but blocks: on a page that is recognised what is left and reads like text is the text."""
    completion = _Completion("", page)
    own = [place for place, block in enumerate(completion.blocks)
           if place not in completion.teasers and block.link_share < 0.5 and not _is_caption(block)
           and (block.is_prose or block.tag in HEADINGS)]
    return completion.completed("\n".join(completion.blocks[place].text for place in own), (), own, len(own))


class _Completion:
    def __init__(self, text: str, page: PageText) -> None:
        self.lines = text.split("\n") if text else []
        self.folded = [letters(line) for line in self.lines]
        self.page, self.blocks = page, page.left
        self.title, self.description = letters(page.title or ""), letters(page.description or "")
        self._joined, self._whole = "".join(self.folded), set(self.folded)
        self.is_held = [self._holds(block.letters) for block in self.blocks]
        self.teasers = dict(self._teasers())

    def _holds(self, folded: str) -> bool:
        """Whether the text has the block, or most of it: extraction leaves out hints for reading and for links."""
        if len(folded) < _MIN_LETTERS:
            return folded in self._whole
        return share_found(folded, self._joined) > 0.5

    def run(self) -> Completed:
        own = [place for place, block in enumerate(self.blocks)
               if self.is_held[place] and len(block.letters) >= _MIN_LETTERS and block.link_share < 0.5
               and place not in self.teasers]
        missed = set(self._missed(own)) if own else set()
        lines, removed = self._without_teasers()
        return self.completed("\n".join(self._merged(lines, missed)).strip(), removed, own, len(missed))

    def completed(self, text: str, removed: tuple[tuple[str, str], ...], own: list[int], added: int) -> Completed:
        folded = letters(text)
        return Completed(text, removed, added, self.paths(own), folded, link_density(folded, self.blocks))

    def _teasers(self) -> Iterator[tuple[int, str]]:
        """Blocks that lead elsewhere, wherever they stand."""
        listed = self._link_lists()
        first_held = next((place for place, is_held in enumerate(self.is_held) if is_held), len(self.blocks))
        for place, block in enumerate(self.blocks):
            share = block.link_share
            if self.page.confirmed.has(block):
                continue
            is_heading = block.tag == "h1" and place <= first_held
            if is_heading or (self.title and block.letters == self.title):
                yield place, TITLE
            elif place in listed:
                yield place, LINK_LIST
            elif share >= 0.5 and not ends_a_sentence(block.text):
                if share >= _LINKED and not _ADDRESS.fullmatch(block.text):
                    yield place, TEASER
                elif _is_led_in(block) and block.tag not in HEADINGS:
                    yield place, LEAD_IN

    def _link_lists(self) -> set[int]:
        """Items of lists that hold links and little else."""
        lists: defaultdict[Any, list[int]] = defaultdict(list)
        for place, block in enumerate(self.blocks):
            if block.tag not in HEADINGS and (of := _list_of(block)) is not None:
                lists[of].append(place)
        return {place for places in lists.values() if self._is_link_list(places) for place in places}

    def _is_link_list(self, places: list[int]) -> bool:
        items = [self.blocks[place] for place in places]
        linked = sum(block.link_share * len(block.text) for block in items)
        return (all(block.link_share >= _PARTLY_LINKED for block in items)
                and linked >= _MOSTLY_LINKED * sum(len(block.text) for block in items))

    def _without_teasers(self) -> tuple[list[str | None], tuple[tuple[str, str], ...]]:
        """The lines, None where one is nothing but a teaser; one that also stands elsewhere as text stays."""
        reasons = {self.blocks[place].letters: reason for place, reason in self.teasers.items()}
        for place, block in enumerate(self.blocks):
            if place not in self.teasers:
                reasons.pop(block.letters, None)
        if self.title:
            reasons[self.title] = TITLE
        kept: list[str | None] = list(self.lines)
        removed = []
        for number, folded in enumerate(self.folded):
            if folded and folded in reasons:
                removed.append((self.lines[number], reasons[folded]))
                kept[number] = None
        return kept, tuple(removed)

    def _missed(self, own: list[int]) -> Iterator[int]:
        """Blocks that belong between or to those of the text."""
        first, last = own[0], own[-1]
        paths, parents = self.paths(own), {self.blocks[place].box.getparent() for place in own}
        often = Counter(block.letters for block in self.blocks)
        for place, block in enumerate(self.blocks):
            if self.is_held[place] or place in self.teasers or block.link_share >= 0.5 or often[block.letters] > 2:
                continue
            if _is_caption(block) or (len(block.letters) < _MIN_LETTERS and block.tag not in HEADINGS):
                continue
            if self._belongs(block, paths, parents, is_between=first < place < last) or (
                    first - _SUMMARY_BLOCKS < place < first and self._is_summary(block)):
                yield place

    def _belongs(self, block: Block, paths: tuple[str, ...], parents: set[Any], *, is_between: bool) -> bool:
        if block.path in paths or path_key(block.path) in self.page.model.body:
            return is_between or block.box.getparent() in parents or _is_distinctive(block.path)
        is_beside = block.box.getparent() in parents
        if not is_between:
            return self.page.is_recognised and is_beside and block.is_prose
        return self.page.is_recognised or (block.tag in HEADINGS and is_beside)

    def _is_summary(self, block: Block) -> bool:
        """A summary before the text is the description of the page; on a recognised page nothing else reads like it."""
        if len(block.letters) < _MIN_LETTERS:
            return False
        start = self.description[:_SUMMARY_LETTERS]
        return (len(start) >= _MIN_LETTERS and block.letters.startswith(start)) or (
            self.page.is_recognised and block.is_prose)

    def paths(self, own: list[int]) -> tuple[str, ...]:
        sizes: Counter[str] = Counter()
        for place in own:
            sizes[self.blocks[place].path] += len(self.blocks[place].letters)
        total = sum(sizes.values())
        return tuple(path for path, size in sizes.items() if size >= _LEAST_SHARE * total)

    def _merged(self, lines: list[str | None], missed: set[int]) -> Iterator[str]:
        """Each missed block behind the line that holds the last block before it."""
        behind: defaultdict[int, list[str]] = defaultdict(list)
        at = -1
        for place, block in enumerate(self.blocks):
            if place in missed:
                behind[at].append(block.text)
            elif self.is_held[place]:
                near = range(max(at, 0), min(len(lines), at + _LINES_AHEAD))
                at = next((number for number in near if block.letters in self.folded[number]), at)
        yield from behind[-1]
        for number, line in enumerate(lines):
            if line is not None:
                yield line
            yield from behind[number]


def link_density(folded: str, blocks: Sequence[Block]) -> float:
    """The share of a text's letters that stands in links, as far as its blocks are found."""
    linked = sum(block.link_share * len(block.letters) for block in blocks
                 if block.link_share and begins_in(block.letters, folded))
    if not linked:
        return 0.0
    return linked / sum(len(block.letters) for block in blocks if begins_in(block.letters, folded))


def _is_led_in(block: Block) -> bool:
    """ "Read also: a headline that is a link." """
    match = _LEAD_IN.match(block.text)
    return match is not None and block.link_share >= 1 - (len(match.group()) + 4) / len(block.text)


def _list_of(block: Block) -> Any:
    for level, box in enumerate(ancestors(block.box)):
        if box.tag in ("ul", "ol"):
            return box
        if level == 2:
            break
    return None


def _is_caption(block: Block) -> bool:
    return any(box.tag in _CAPTIONS for level, box in enumerate(ancestors(block.box)) if level < 6)


def _is_distinctive(path: str) -> bool:
    """Whether the path names a class, and so is not any paragraph in any division."""
    return "." in path.split(">", 1)[-1]

"""Sites that wrap many articles into the boilerplate of one real page, in three kinds of markup. No test itself.

Owns the markup. The words of the real page come from ../shared/corpus/seed and are not copied here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = Path(__file__).parents[2] / "shared" / "corpus" / "seed" / "naive-text.txt"
_WORDS = [
    "harbour", "council", "river", "bridge", "school", "budget", "winter", "storm", "market", "farmers",
    "railway", "engine", "hospital", "nurses", "painting", "election", "mayor", "factory", "workers",
    "forest", "rangers", "island", "ferry", "bakery", "museum", "orchestra", "quarry", "village", "teacher",
    "dredger", "pumping", "lighthouse", "cannery", "allotment", "cooperative", "tariff", "ballot", "tenant",
    "archive",
]


@dataclass(frozen=True, slots=True)
class Story:
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seed:
    """The real page: its story, and what surrounds it."""

    story: Story
    before: str
    invitation: str
    after: tuple[str, ...]

    @classmethod
    def read(cls) -> Seed:
        lines = [line.strip() for line in SEED.read_text("utf-8").splitlines() if line.strip()]
        poll = lines.index("0 %")
        title, reading_time, *paragraphs, invitation = lines[:poll]
        return cls(Story(title, tuple(paragraphs)), reading_time, invitation, tuple(lines[poll:]))


def other_stories(count: int) -> list[Story]:
    """Stories that have nothing in common with each other, short lines and long."""
    chance = random.Random(5)

    def sentence(words: int) -> str:
        return " ".join(chance.choice(_WORDS) for _ in range(words)).capitalize() + "."

    return [Story(f"{sentence(6)[:-1]} in district {number}",
                  tuple(" ".join(sentence(chance.randint(8, 20)) for _ in range(chance.randint(1, 4)))
                        for _ in range(chance.randint(6, 14)))) for number in range(count)]


def _numbered(text: str, number: int) -> str:
    """The site's own figures differ from page to page."""
    return text.replace("4 Minute, 15", f"{1 + number % 7} Minute, {7 * number % 60}").replace(
        "0 %", f"{11 * number % 100} %")


def semantic(seed: Seed, story: Story, number: int) -> str:
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in story.paragraphs)
    after = "".join(f"<p>{escape(_numbered(text, number))}</p>" for text in seed.after)
    return (f"<header><nav><a href='/'>Home</a> <a href='/world'>World</a></nav></header><main><article>"
            f"<h1>{escape(story.title)}</h1><p>{escape(_numbered(seed.before, number))}</p>{paragraphs}"
            f"<p>{escape(seed.invitation)}</p></article><section>{after}</section></main><footer>Our site</footer>")


def div_soup(seed: Seed, story: Story, number: int) -> str:
    paragraphs = "".join(f"<div class='t'>{escape(text)}</div>" for text in story.paragraphs)
    after = "".join(f"<div class='w'><div>{escape(_numbered(text, number))}</div></div>" for text in seed.after)
    return (f"<div class='top'><div><a href='/'>Home</a></div><div><a href='/world'>World</a></div></div>"
            f"<div class='mid'><div class='h'><h1>{escape(story.title)}</h1></div>"
            f"<div class='r'>{escape(_numbered(seed.before, number))}</div><div class='c'>{paragraphs}"
            f"<div class='t'>{escape(seed.invitation)}</div></div>{after}</div><div class='bottom'>Our site</div>")


def paragraph_soup(seed: Seed, story: Story, number: int) -> str:
    """Everything stands in the same place, and lines are broken where others have paragraphs."""
    lines = [_numbered(seed.before, number), *story.paragraphs, seed.invitation,
             *(_numbered(text, number) for text in seed.after)]
    pairs = ["<br>".join(map(escape, lines[start:start + 2])) for start in range(0, len(lines), 2)]
    return (f"<p><a href='/'>Home</a> | <a href='/world'>World</a></p><h1>{escape(story.title)}</h1>"
            + "".join(f"<p>{pair}</p>" for pair in pairs) + "<p>Our site</p>")


MARKUPS: dict[str, Callable[[Seed, Story, int], str]] = {
    "semantic": semantic, "div-soup": div_soup, "paragraph-soup": paragraph_soup,
}

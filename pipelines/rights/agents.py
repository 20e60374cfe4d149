"""The names by which a site addresses crawlers: product tokens (RFC 9309 section 2.2.1).

Owns how one is read, alike for the rules of robots.txt, for its lines about use and for our own user agent. Must not
know who we are. Sites and crawlers write more into their names than the RFC's letters: digits, dots and any alphabet
count here.
"""

from __future__ import annotations

import re

EVERYONE = "*"
AGENT_LINE = re.compile(r"(?im)^(_*user(?:-|_*)agent(?:_*:_*|_+))([^\r\n#]*)".replace("_", r"[^\S\r\n]"))
"""What begins a group, and the name in it. Some leave out the hyphen, or the colon."""

_TOKEN = re.compile(r"[\w.-]+")
_COMPATIBLE = re.compile(r"(?i)^mozilla/.*?\bcompatible;\s*(.+)")


def named_agent(value: str) -> str | None:
    """Whom a `User-agent:` line addresses, in lower case: `360Spider/2 (beta)` is 360spider. None for a name that
    cannot be read: that is nobody's, and not everyone's."""
    named = value.split(maxsplit=1)
    if named[:1] == [EVERYONE]:
        return EVERYONE
    token = _TOKEN.match(named[0]) if named else None
    return token[0].lower() if token else None


def product_token(agent: str) -> str:
    """By what groups are found for a user agent: `News2Bot/0.1 (+you@example.org)` is News2Bot, and not what else
    stands in its comment. A browser's disguise is looked behind."""
    behind = _COMPATIBLE.match(agent)
    token = _TOKEN.match(behind[1] if behind else agent.strip())
    return token[0] if token else agent


def is_name_of(name: str, agent: str) -> bool:
    """Whether a group of this name is for an agent, both in lower case: as Protego has it, if the agent's name begins
    so, or a word of it. Of several groups that with the longest name counts; `*` is as long as one letter."""
    return bool(name) and name in agent and re.search(rf"(?<![\w-]){re.escape(name)}", agent) is not None

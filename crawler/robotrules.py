"""The rules of a robots.txt as RFC 9309 has them, on top of Protego.

Owns what Protego reads otherwise than the RFC: which agent a group is for, what ends a line, bytes that are not UTF-8,
and escapes in a query. Must not know where the file came from. Pure.

Where Protego's own public test cases go further than the RFC (prefixes of a product token, `/index.html` for `/`, a
directive that nobody knows ends a group) they are kept to: tests/test_robots_crawl.py holds both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from protego import Protego
from scrapy.robotstxt import RobotParser
from scrapy.utils.python import to_unicode

from pipelines.rights.agents import AGENT_LINE, EVERYONE, is_name_of, named_agent, product_token

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler

_BOM = b"\xef\xbb\xbf"
_UNDECODED = re.compile("[\udc80-\udcff]")
_NO_LINE_END = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")  # but str.splitlines() ends a line there
_MOST_AGENTS = 8        # that a crawl goes by
_NOBODY = "!nobody!"    # of which no product token has a part
_ESCAPED_SLASH = re.compile(r"(?i)%2f")


class RobotRules(RobotParser):
    """Scrapy's `ROBOTSTXT_PARSER`. `user_agent` may be a whole header: what counts of it is the product token.

    Of a file only the group is read that an agent goes by. Protego keeps every rule once for each agent of its group: a
    file of 60 kB that names two thousand agents before two thousand rules would take it half a minute.
    """

    def __init__(self, body: bytes) -> None:
        self._text = rules_text(body)
        self._of_agent: dict[str, Protego] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, robotstxt_body: bytes) -> Self:
        rules = cls(robotstxt_body)
        rules._rules_for(product_token(crawler.settings["USER_AGENT"]))  # here and now: this may be in a thread
        return rules

    def allowed(self, url: str | bytes, user_agent: str | bytes) -> bool:
        path_of, agent = _with_plain_query(to_unicode(url)), product_token(to_unicode(user_agent))
        return self._rules_for(agent).can_fetch(path_of, agent)

    def crawl_delay(self, user_agent: str | bytes) -> float | None:
        """Of the group that names the agent, or of `*` where none does."""
        agent = product_token(to_unicode(user_agent))
        delay = self._rules_for(agent).crawl_delay(agent)
        return None if delay is None else float(delay)

    def _rules_for(self, agent: str) -> Protego:
        if agent not in self._of_agent:
            if len(self._of_agent) >= _MOST_AGENTS:
                self._of_agent.clear()
            self._of_agent[agent] = Protego.parse(_for_one(self._text, agent.lower()))
        return self._of_agent[agent]


def rules_text(body: bytes) -> str:
    """As Protego reads it rightly. Bytes that are not UTF-8 become escapes, as they are in a URL."""
    text = body.removeprefix(_BOM).decode("utf-8", "surrogateescape")
    text = _UNDECODED.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", text)
    text = _NO_LINE_END.sub(_escaped, text)
    lines = "\n".join(map(_with_plain_query, re.split("\r\n|\r|\n", text)))
    return AGENT_LINE.sub(lambda line: f"{line[1]}{named_agent(line[2]) or line[2]}", lines)


def _for_one(text: str, agent: str) -> str:
    """The same rules with one name in place of all those by which this agent does not go. The longest name counts, and
    asterisks in it do not."""
    names = {_plain(line[2]) for line in AGENT_LINE.finditer(text)}
    scores = {name: len(name) for name in names if name == EVERYONE or is_name_of(name, agent)}
    best = max(scores.values(), default=0)
    kept = {name for name, score in scores.items() if score == best}
    return AGENT_LINE.sub(lambda line: line[1] + (name if (name := _plain(line[2])) in kept else _NOBODY), text)


def _plain(name: str) -> str:
    name = name.strip().lower()
    return name if name == EVERYONE else name.replace(EVERYONE, "")


def agent_of_request(request: Request, own: str) -> str:
    """What the request says of who asks, or will say."""
    given = request.headers.get("User-Agent")
    return to_unicode(given) if given else own


def _escaped(character: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in character[0].encode())


def _with_plain_query(text: str) -> str:
    """In a query an escaped slash is a slash (section 2.2.2, second example); in a path it is none."""
    path, mark, query = text.partition("?")
    return path + mark + _ESCAPED_SLASH.sub("/", query) if mark and "%" in query else text

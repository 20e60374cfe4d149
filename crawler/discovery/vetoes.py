"""What of an address says that it leads to no article, whatever else speaks for one.

Owns the rules that rule out. Must not know what speaks for an article (`judgement`).
"""

from __future__ import annotations

import re
from itertools import pairwise

from crawler.discovery.address import Address, joined, slug_words
from crawler.discovery.shapes import WORD
from crawler.discovery.vocabulary import ACTIONS, ENDLESS, PAGING, SHOWING, SUBJECTS, is_service

_MIN_OWN_WORDS = 4              # of a slug that is an article's own name
_MIN_WORDS_OF_A_DAY = 3         # before a whole day

FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|og[gv]|wav|flac|aac|webm|mov|avi|mkv|m3u8?"
    r"|pls|css|m?js|json|xml|rss|atom|rdf|txt|csv|ics|vcf|pdf|epub|docx?|xlsx?|pptx?|zip|gz|tar|rar|7z|exe|dmg|apk"
    r"|swf|woff2?|ttf|eot)$", re.IGNORECASE)
_DATE_AT_END = re.compile(r"/(?:19|20)\d\d(?:[/-](?:\d\d?|[a-z]{3})){0,2}$")
_MONTH_FILE = re.compile(r"/(?:19|20)\d\d[-_](?:0[1-9]|1[0-2])\.\w{2,5}$")              # Movable Type's archives
_DAY_IN_FOLDERS = re.compile(r"/(?:19|20)\d\d[/-](?:0?[1-9]|1[0-2]|[a-z]{3})[/-](?:0?[1-9]|[12]\d|3[01])(?=/|$)")


def leads_nowhere(address: Address) -> bool:
    segments = address.segments
    if FILE.search(address.path) or _is_service_by_name(address):
        return True
    if _acts(address) or _is_archive(address):
        return True
    if any(segment in PAGING for segment in segments[-1:]) or _is_page_of_a_list(segments):
        return True
    # /author/jane-doe is a list; under /author/jane-doe/ articles may stand
    return any(segment in ENDLESS for segment in segments[-3:]) and slug_words(address) < _MIN_OWN_WORDS


def _is_page_of_a_list(segments: tuple[str, ...]) -> bool:
    return any(each in PAGING and after.isdecimal() for each, after in pairwise(segments[-3:]))


def _is_service_by_name(address: Address) -> bool:
    """But for words that a story of a day may be named after."""
    is_of_a_day = address.name in SUBJECTS and _DAY_IN_FOLDERS.search(joined(address.segments[:-1]))
    return is_service(address.name) and not is_of_a_day


def _acts(address: Address) -> bool:
    """Whether its query does something. `action=view` shows a page, and `q=12345` may be the number of one."""
    values = [(key.lower(), value.lower()) for key, value in address.query]
    return any(key in ACTIONS and value not in SHOWING and not (key in {"q", "s"} and value.isdecimal())
               for key, value in values)


def _is_archive(address: Address) -> bool:
    """Of a day, a month or a year. Behind an article's own name the date is a part of its address."""
    path = joined(address.segments)
    if _MONTH_FILE.search(path):
        return True
    date = _DATE_AT_END.search(path)
    if date is None:
        return False
    words = len(WORD.findall(path[:date.start()].rpartition("/")[2]))
    return words < (_MIN_WORDS_OF_A_DAY if _DAY_IN_FOLDERS.search(date[0]) else _MIN_OWN_WORDS)


def is_of_a_service(address: Address) -> bool:
    """By the first part of its path, also where that stands in its query: page.php?name=jobs/driver."""
    firsts = [*address.segments[:1], *(value.lower().partition("/")[0] for _, value in address.query if "/" in value)]
    return any(map(is_service, firsts))

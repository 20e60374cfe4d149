"""trafilatura's XPath expressions made cheaper: a pattern is only asked of an attribute that is there.

lxml answers re:test() in Python, for each element, and most have neither id nor class; that takes a seventh of an
extraction. Owns the rewriting, which changes no answer. Stands on names private to trafilatura 2.3, as `body` does.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from lxml.etree import XPath
from trafilatura import xpaths

_TEST = re.compile(r"""re:test\((@[\w-]+(?:\|@[\w-]+)*),\s*('[^']*'|"[^"]*")(,\s*'i')?\)""")
_NAMESPACES = {"re": xpaths.REGEXP_NS}


@cache
def sharpen_expressions() -> None:
    """Rewrite them all in their place, once in a process."""
    for value in vars(xpaths).values():
        if isinstance(value, list) and all(isinstance(each, XPath) for each in value):
            value[:] = map(sharpened, value)


def sharpened(expression: Any) -> Any:
    """An expression that finds the same elements. Of several attributes re:test() looks at the first."""
    path = _TEST.sub(_asked_of_what_is_there, expression.path)
    return XPath(path, namespaces=_NAMESPACES) if path != expression.path else expression


def _asked_of_what_is_there(test: re.Match[str]) -> str:
    attributes, pattern, flags = test.groups()
    if re.search(pattern[1:-1], ""):  # then an attribute that is not there has it
        return test.group()
    first = f"({attributes})[1]" if "|" in attributes else attributes
    return f"boolean({first}[re:test(., {pattern}{flags or ''})])"

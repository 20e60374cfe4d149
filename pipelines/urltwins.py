"""Addresses that are another view of an article: AMP and mobile twins, print views, session ids.

Owns which parts of an address choose the view or the visitor and never the article. Must not know keys or pages. What
is taken off leaves the address of the article itself, which need not be one that can be fetched.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_VIEW_HOST = re.compile(r"^(?:m|mobile|mobil|amp)\.(?=[^.]+\.[^.])(?![\d.]+$)")
_SESSION_IN_PATH = re.compile(r";(?:j|php|asp)?sess(?:ion)?_?id=[^/?;]*", re.IGNORECASE)
_ANY_IN_PATH = re.compile(r"sess|amp|print|drucken|imprim|stampa", re.IGNORECASE)
_AMP_FIRST = re.compile(r"^/amp(?=/[^/]+/?[^/])", re.IGNORECASE)
_VIEW_LAST = re.compile(r"(?<=[^/])/(?:amp|print|drucken|imprimir|imprimer|stampa)/?$", re.IGNORECASE)
_VIEW_SUFFIX = re.compile(r"(?<=[^/])\.(?:amp|print)(?=(?:\.x?html?)?$)", re.IGNORECASE)

_SESSION_NAME = re.compile(
    r"(?:php|j|asp)sess(?:ion)?id\w*|sess(?:ion)?_?id|zenid|oscsid|cftoken|cfid", re.IGNORECASE)
_SHORT_SESSION_NAME = re.compile(r"sid|s|session|token", re.IGNORECASE)
_SESSION_VALUE = re.compile(r"(?=.*\d)(?=.*[a-f])[0-9a-f]{24,}", re.IGNORECASE)
_VIEW_NAME = re.compile(r"amp|print|printable|printview|printmode|printer_?friendly|drucken|mobile|m", re.IGNORECASE)
_SWITCHED = re.compile(r"|0|1|y|yes|true|on", re.IGNORECASE)
_VIEWS_BY_NAME = re.compile(r"view|output|output_?(?:type|format)|format|mode|tmpl|layout|version", re.IGNORECASE)
_VIEWS = re.compile(r"amp|print|printable|printer|mobile|component", re.IGNORECASE)


def article_host(host: str) -> str:
    """The host without the label of a mobile or AMP site; never of an IP address, nor down to a bare suffix."""
    return _VIEW_HOST.sub("", host)


def article_path(path: str) -> str:
    """The path without a session id and without what asks for the AMP or print view."""
    if not _ANY_IN_PATH.search(path):  # nearly always
        return path or "/"
    path = _SESSION_IN_PATH.sub("", path)
    path = _AMP_FIRST.sub("", path)
    return _VIEW_SUFFIX.sub("", _VIEW_LAST.sub("", path)) or "/"


def is_view_or_session(pair: str) -> bool:
    """Whether a `name=value` of a query chooses a view or names a visitor."""
    return chooses_view_or_visitor(*decoded(pair))


def decoded(pair: str) -> tuple[str, str]:
    """The name and the value of a `name=value` of a query. There may be ten thousand of them."""
    name, _, value = pair.partition("=")
    return (_unquoted(name), _unquoted(value)) if "+" in pair or "%" in pair else (name, value)


def _unquoted(text: str) -> str:
    return unquote(text.replace("+", " "))


def chooses_view_or_visitor(name: str, value: str) -> bool:
    if _SESSION_NAME.fullmatch(name):
        return True
    if _SHORT_SESSION_NAME.fullmatch(name):
        return bool(_SESSION_VALUE.fullmatch(value))
    if _VIEW_NAME.fullmatch(name):
        return bool(_SWITCHED.fullmatch(value))
    return bool(_VIEWS_BY_NAME.fullmatch(name) and _VIEWS.fullmatch(value))

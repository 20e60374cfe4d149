"""A Scrapy request as JSON text, and back: what the store keeps of a URL that waits.

Owns the encoding. Never pickle: a store must not be able to run code. Pure.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.utils.request import request_from_dict

from pipelines.exchange import digest
from pipelines.urlkey import url_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Spider

_DEFAULTS = Request("http://default.invalid/").to_dict()
_ALWAYS = frozenset({"url", "priority", "dont_filter"})


def request_key(request: Request) -> str:
    """The key of its URL; other methods and bodies count too. ValueError for a URL without host."""
    key = url_key(request.url)
    if request.method == "GET" and not request.body:
        return key
    return f"{key} {request.method} {digest(request.body)}"


def request_to_json(request: Request, spider: Spider, secret_headers: Iterable[str] = ()) -> str | None:
    """None where it cannot be written down (a callback that is no method of the spider, an object in `meta`), or must
    not: it has one of `secret_headers`, or a password for the server or a proxy."""
    if any(name in request.headers for name in secret_headers) or _has_password(request):
        return None
    try:
        fields: dict[str, Any] = {name: getattr(request, name) for name in request.attributes}
        if type(request) is not Request:
            fields["_class"] = f"{type(request).__module__}.{type(request).__name__}"
        fields["callback"] = _name_of(request.callback, spider)
        fields["errback"] = _name_of(request.errback, spider)
        headers: dict[bytes, list[bytes]] = request.headers
        fields["headers"] = {
            key.decode("latin-1"): [value.decode("latin-1") for value in values]
            for key, values in dict(headers).items()
        }
        fields["body"] = b64encode(request.body).decode()
        kept = {key: value for key, value in fields.items() if key in _ALWAYS or not _is_default(key, value)}
        text = json.dumps(kept)
        return text if json.loads(text) == kept else None  # a tuple or a numeric key would come back as another
    except (TypeError, ValueError):
        return None


def _name_of(method: Any, spider: Spider) -> str | None:
    """Of a method of the spider. `Request.to_dict`, which does the like of all this, looks through all its members for
    it, and that is dear. ValueError for anything else that can be called."""
    if not callable(method):
        return method  # type: ignore[no-any-return]
    name = getattr(method, "__name__", "")
    own = getattr(spider, name, None) if name else None
    if own is None or not hasattr(method, "__func__") or getattr(own, "__func__", None) is not method.__func__:
        raise ValueError(f"{method} is no method of {spider}")
    return name


def _has_password(request: Request) -> bool:
    """As HttpAuthMiddleware and HttpProxyMiddleware are told of one in `meta`."""
    return "http_pass" in request.meta or "@" in str(request.meta.get("proxy"))


def request_from_json(text: str, spider: Spider) -> Request:
    """ValueError if it names a callback that the spider does not have any more."""
    fields: dict[str, Any] = json.loads(text)
    fields["body"] = b64decode(fields.get("body", ""))
    fields["headers"] = {
        key.encode("latin-1"): [value.encode("latin-1") for value in values]
        for key, values in fields.get("headers", {}).items()
    }
    return request_from_dict(fields, spider=spider)


def _is_default(key: str, value: Any) -> bool:
    default = "" if key == "body" else _DEFAULTS.get(key)
    return bool(value == default)

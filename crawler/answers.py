"""What of an answer to a source's request counts beside its body.

Owns which headers do. Must not know what they mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.visit import VISIT

if TYPE_CHECKING:
    from scrapy.http import Response

    from pipelines.visit import Visit


def visit_of(response: Response) -> Visit:
    visit: Visit = response.meta[VISIT]
    return visit


def headers_of(response: Response) -> dict[str, str | None]:
    """What of an answer's headers counts for when its source is asked again."""
    names = ("ETag", "Last-Modified", "Cache-Control", "Age")
    values = {name: response.headers.get(name) for name in names}
    return {name: value.decode("latin-1") if value else None for name, value in values.items()}


def content_type_of(response: Response) -> str | None:
    value = response.headers.get("Content-Type")
    return value.decode("latin-1") if value else None

"""What Broadsheet hands on: the records of articles and fetches, the manifest of a run, and what they are made of.

Owns the names, order and types of every key that a reader of ARCHIVE_DIR sees. Must not know Scrapy, the store
or any library outside the standard one. The JSON Schemas in `schemas/` are generated from these classes.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pipelines.records.article import Article, ArticleRecord, Boilerplate, Content, Extraction, Quality, Removed
from pipelines.records.fetch import Discovered, ExchangePointer, FetchRecord, Http, Redirect, WarcPointer
from pipelines.records.manifest import Counts, Manifest, SealedFile
from pipelines.records.outcomes import SOURCES, Outcome, Role
from pipelines.records.rights import Directive, Wall

__all__ = [
    "SCHEMA_VERSION",
    "SOURCES",
    "Article",
    "ArticleRecord",
    "Boilerplate",
    "Content",
    "Counts",
    "Directive",
    "Discovered",
    "ExchangePointer",
    "Extraction",
    "FetchRecord",
    "Http",
    "Manifest",
    "Outcome",
    "Quality",
    "Redirect",
    "Removed",
    "Role",
    "SealedFile",
    "Wall",
    "WarcPointer",
    "rfc3339",
]

SCHEMA_VERSION = 1


def rfc3339(moment: datetime) -> str:
    """An aware time as RFC 3339 in UTC with microseconds: 2026-11-22T14:15:00.123456Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

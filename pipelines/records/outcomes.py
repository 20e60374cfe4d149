"""How a URL that was tried ended, and what it was tried as.

Owns the two lists of names.
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How a URL that was tried ended: exactly one each, so that tried = the sum of outcomes."""

    ARTICLE = "article"                          # an article was written
    DUPLICATE = "duplicate"                      # the page is an article that is held already
    NO_ARTICLE = "no_article"                    # a page without an article
    SOURCE = "source"                            # a home page, feed, sitemap, section or robots.txt was read
    NOT_MODIFIED = "not_modified"                # a source says that it has not changed since it was last read
    ABSENT = "absent"                            # nothing lies where something often does: a feed, a tdmrep.json
    SOURCE_INVALID = "source_invalid"            # it could not be read as what it should be
    FETCHED = "fetched"                          # archived; the spider asked for no extraction
    EXTRACTION_FAILED = "extraction_failed"      # the parser hung, crashed or ran out of memory on this page
    REDIRECTED = "redirected"                    # one hop of a chain that no lease stands behind: robots.txt
    HTTP_ERROR = "http_error"                    # an answer with an error status
    ROBOTS_DENIED = "robots_denied"              # robots.txt forbids it
    REFUSED = "refused"                          # our own rules forbid it
    TOO_LARGE = "too_large"                      # over the limit on the size of a body
    TIMEOUT = "timeout"
    DNS_FAILED = "dns_failed"
    CONNECTION_FAILED = "connection_failed"
    TLS_FAILED = "tls_failed"
    INVALID_RESPONSE = "invalid_response"        # what came is not HTTP that can be read
    TRUNCATED = "truncated"                      # the connection broke before the body was whole
    REDIRECT_FAILED = "redirect_failed"          # a loop, too many hops, or a place that cannot be fetched
    WITHHELD = "withheld"                        # our policy on a site's rights: no article is written of the page
    DROPPED = "dropped"                          # a pipeline of the user's own dropped it
    ERROR = "error"                              # an error of ours


class Role(StrEnum):
    """What a URL was fetched as."""

    HOME = "home"
    FEED = "feed"
    SITEMAP = "sitemap"
    SECTION = "section"
    PAGE = "page"
    ROBOTS = "robots"
    RIGHTS = "rights"                            # what a host reserves: /.well-known/tdmrep.json
    OTHER = "other"


SOURCES = frozenset({Role.HOME, Role.FEED, Role.SITEMAP, Role.SECTION, Role.ROBOTS})
"""Roles of what lists pages. A source belongs to one site alone and is fetched time and again."""

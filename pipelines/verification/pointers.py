"""Articles, fetches and records against each other, in both directions.

Owns which line must lead to which. Must not know how any of them is read or whether it is right by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.verification.index import ArticleIndex, RecordIndex, References, fingerprint
from pipelines.verification.warcs import place_facts, record_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.verification.report import Findings
    from pipelines.verification.state import State, Tallies

_NOT_MODIFIED_STATUS = 304
_SHARED = ("run_id", "site", "url", "final_url", "redirects", "discovered", "http")
"""Keys that an article and its fetch have in common."""


class Pointers:
    """Give it every WARC first (`records`), then every article, then every fetch, then `finish`."""

    def __init__(self, findings: Findings) -> None:
        self.records, self.references = RecordIndex(), References()
        self.lines: dict[str, Tallies] = {}
        self._articles = ArticleIndex()
        self._findings = findings

    def add_article(self, article: dict[str, Any], file: str, offset: int) -> None:
        self._findings.counts["articles"] += 1
        if not self._articles.add(article["id"], _shared_facts(article, article["warc"]), file, offset):
            other, at = self._articles.place(article["id"])
            self._findings.damage(file, f"article {article['id']} is there already, in {other} at byte {at}", offset)

    def add_fetch(self, fetch: dict[str, Any], file: str, offset: int) -> None:
        self._findings.counts["fetches"] += 1
        outcomes = self.lines.setdefault(fetch["run_id"], {}).setdefault(fetch["site"], {})
        outcomes[fetch["outcome"]] = outcomes.get(fetch["outcome"], 0) + 1
        for fact in (*self._wrong_exchanges(fetch), *self._wrong_article(fetch)):
            self._findings.damage(file, fact, offset)

    def _wrong_exchanges(self, fetch: dict[str, Any]) -> Iterator[str]:
        for number, exchange in enumerate(fetch["exchanges"]):
            for kind, pointer, facts in _pointers(exchange):
                self._findings.counts["pointers"] += 1
                fact = self.records.claim(pointer["file"], pointer["offset"], facts)
                if fact:
                    yield _wrong(f"exchanges[{number}].{kind}", pointer, fact)
            original = exchange.get("refers_to")
            fact = original and self._wrong_original(exchange, original)
            if fact:
                yield _wrong(f"exchanges[{number}].refers_to", original, fact)

    def _wrong_original(self, exchange: dict[str, Any], original: dict[str, Any]) -> str | None:
        self._findings.counts["pointers"] += 1
        digests = {pointer["payload_digest"] for pointer in (original, exchange["response"]) if pointer}
        if exchange["status"] != _NOT_MODIFIED_STATUS and len(digests) > 1:
            return "its payload is another"
        return self.records.refer(original["file"], original["offset"], place_facts(
            original["length"], original["record_id"], original["payload_digest"], original["date"], "response"))

    def _wrong_article(self, fetch: dict[str, Any]) -> Iterator[str]:
        article_id = fetch["article_id"]
        if fetch["outcome"] == "duplicate" and article_id is not None and article_id not in self._articles:
            yield f"a duplicate of article {article_id}, which does not exist"
        if fetch["outcome"] == "article" and article_id is not None:
            self._findings.counts["pointers"] += 1
            last = fetch["exchanges"][-1] if fetch["exchanges"] else {}
            holder = last.get("refers_to") or last.get("response")
            fact = self._articles.claim(article_id, _shared_facts(fetch, holder))
            if fact:
                yield f"article_id {article_id}: {fact}"

    def finish(self, state: State | None) -> None:
        """What nobody has named: records, articles, and ids of the state."""
        for fetch in state.owed if state else ():
            for fact in self._wrong_exchanges(fetch):
                self._findings.damage("state.sqlite", f"{fetch['url']}, which is owed its article: {fact}")
        for file, offset in self.records.unclaimed():
            self._findings.damage(file, "no fetch line names this record", offset)
        for file, offset, name in self.references.dangling():
            self._findings.damage(file, f"refers to {name}, and no response has that id, address and date", offset)
        for article_id in self._articles.unclaimed():
            file, offset = self._articles.place(article_id)
            self._findings.damage(file, f"no fetch line says that it brought article {article_id}", offset)
        if state is not None:
            self._compare(state.article_ids)

    def _compare(self, ids: frozenset[str]) -> None:
        for article_id in sorted(article_id for article_id in ids if article_id not in self._articles):
            self._findings.damage("state.sqlite", f"knows article {article_id}, of which there is no line")
        for article_id in self._articles.ids():
            if article_id not in ids:
                file, offset = self._articles.place(article_id)
                self._findings.damage(file, f"the state does not know article {article_id}", offset)


def _pointers(exchange: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], bytes]]:
    """The records of an exchange, each with the fingerprint that it must have. Older lines know no metadata."""
    given = {kind: exchange.get(kind) for kind in ("request", "response", "metadata")}
    pointers = {kind: pointer for kind, pointer in given.items() if pointer is not None}
    original = exchange.get("refers_to")
    for kind, pointer in pointers.items():
        others = [other["record_id"] for name, other in pointers.items() if name != kind]
        is_answer, is_revisit = kind == "response", kind == "response" and original is not None
        yield kind, pointer, record_facts(
            pointer["length"], pointer["record_id"], pointer["payload_digest"], pointer["date"],
            "revisit" if is_revisit else kind, exchange["url"], others, exchange["status"] if is_answer else None,
            exchange["truncated"] if is_answer and not is_revisit else None,
            (original["record_id"], original["date"]) if is_revisit and original else (None, None))


def _wrong(key: str, pointer: dict[str, Any], fact: str) -> str:
    return f"{key} names {pointer['file']} at byte {pointer['offset']}: {fact}"


def _shared_facts(record: dict[str, Any], pointer: dict[str, Any] | None) -> bytes:
    return fingerprint(*(record[key] for key in _SHARED), pointer)

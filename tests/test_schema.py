"""The schemas: generated from the classes, checked in, and true of what is written."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from pipelines.arrowschema import arrow_schema, columns, fingerprint
from pipelines.reader import Archive
from pipelines.records import Outcome, Role
from pipelines.records.meanings import MEANINGS
from pipelines.schema import _LATER, CLASSES, FOLDER, checker, schema, schema_text
from tests.archives import make_archive
from tests.frozenschema import HOW_TO_ADD, broken, frozen, keys

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Real output by the name of its schema."""
    root = make_archive(tmp_path_factory.mktemp("archive"))
    manifests = [json.loads(path.read_bytes()) for path in root.glob("runs/*.json")]
    return {"article": list(Archive(root).rows("articles")), "fetch": list(Archive(root).rows("fetches")),
            "manifest": manifests}


@pytest.mark.parametrize("name", CLASSES)
def test_the_file_is_what_the_classes_say(name: str) -> None:
    path = FOLDER / f"{name}.schema.json"
    assert path.read_text(encoding="utf-8") == schema_text(name), "run: python -m pipelines.schema"


def test_there_is_no_other_schema_file() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.schema.json" for name in CLASSES}


@pytest.mark.parametrize("name", CLASSES)
def test_a_schema_is_valid_itself_and_holds_for_real_output(
    name: str, written: dict[str, list[dict[str, Any]]]
) -> None:
    Draft202012Validator.check_schema(schema(name))
    validator = Draft202012Validator(schema(name))
    assert written[name]
    for record in written[name]:
        validator.validate(record)
        assert list(checker(name)(record)) == []


LATER_KEYS = {"hosts"} | {way.rpartition(".")[2].rstrip("[]") for kind in ("articles", "fetches")
                          for way, key in frozen(kind).items() if not key["required"]}


def test_lines_of_before_a_key_was_there_are_sound_all_the_same(written: dict[str, list[dict[str, Any]]]) -> None:
    line = copy.deepcopy(written["article"][0])
    for part in (line, line["boilerplate"], line["quality"], line["extraction"], line["discovered"]):
        for key in LATER_KEYS & part.keys() - ({"image"} if part is line else set()):  # of the link that led to it
            del part[key]
    assert list(checker("article")(line)) == []
    Draft202012Validator(schema("article")).validate(line)


@pytest.mark.parametrize("name", CLASSES)
def test_every_key_is_required_described_and_in_the_order_of_the_lines(
    name: str, written: dict[str, list[dict[str, Any]]]
) -> None:
    generated = schema(name)
    assert list(generated["properties"]) == list(written[name][0])
    for part in (generated, *generated["$defs"].values()):
        later = [key for key in part["properties"] if key not in part["required"]]
        assert set(later) <= LATER_KEYS  # of lines of before; those that are written have them all
        assert part["additionalProperties"] is True
        assert part["description"]


def test_outcomes_and_roles_are_those_that_the_code_knows() -> None:
    properties = schema("fetch")["properties"]
    assert properties["outcome"]["enum"] == [str(outcome) for outcome in Outcome]
    assert properties["role"]["enum"] == [str(role) for role in Role]


def ways(value: Any) -> list[tuple[Any, ...]]:
    """The way to every value within a record."""
    if isinstance(value, dict):
        return [(key, *rest) for key, item in value.items() for rest in [(), *ways(item)]]
    if isinstance(value, list):
        return [(at, *rest) for at, item in enumerate(value) for rest in [(), *ways(item)]]
    return []


def changed(record: Any, way: tuple[Any, ...], value: object) -> Any:
    copy = json.loads(json.dumps(record))
    place = copy
    for step in way[:-1]:
        place = place[step]
    if value is ...:
        del place[way[-1]]
    else:
        place[way[-1]] = value
    return copy


@pytest.mark.parametrize("name", CLASSES)
def test_our_own_check_and_jsonschema_are_of_one_mind(name: str, written: dict[str, list[dict[str, Any]]]) -> None:
    validator, check = Draft202012Validator(schema(name)), checker(name)
    record = max(written[name], key=lambda one: len(json.dumps(one)))
    verdicts = set()
    for way in ways(record):
        for value in (None, True, 5, 1.5, "text", [], {}, ...):
            spoilt = changed(record, way, value)
            is_valid = validator.is_valid(spoilt)
            assert (not check(spoilt)) is is_valid, (way, value)
            verdicts.add(is_valid)
    assert verdicts == {True, False}


def test_keys_that_come_later_are_passed_over(written: dict[str, list[dict[str, Any]]], tmp_path: Path) -> None:
    for name, records in written.items():
        assert not checker(name)({**records[0], "a_key_of_next_year": [1]})


def test_what_is_wrong_is_told_with_the_way_to_it(written: dict[str, list[dict[str, Any]]]) -> None:
    spoilt = changed(written["article"][0], ("http", "status"), "200")
    assert list(checker("article")(spoilt)) == [".http.status: not integer or null: '200'"]


@pytest.mark.parametrize("kind", ["articles", "fetches"])
def test_no_key_has_gone_or_changed_its_type_since_others_built_on_it(kind: str) -> None:
    wrong = broken(frozen(kind), keys(kind))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", ["articles", "fetches"])
def test_keys_that_were_added_are_frozen_too(kind: str) -> None:
    assert keys(kind).keys() - frozen(kind).keys() == set(), HOW_TO_ADD


@pytest.mark.parametrize(("way", "change", "fact"), [
    ("http.status", {"json": ["string"], "arrow": "string"}, "http.status: was "),
    ("date_published", {"format": None, "arrow": "string"}, "date_published: was "),
    ("title", {"required": False}, "title: was "),
    ("rights[].name", None, "rights[].name: gone: others have built on it"),
    ("http.server", {"json": ["string"], "format": None, "required": True, "arrow": "string"}, "http.server: is new"),
])
def test_what_would_break_others_is_told_with_what_to_do_instead(
    way: str, change: dict[str, Any] | None, fact: str
) -> None:
    now = frozen("articles")
    if change is None:
        del now[way]
    else:
        now[way] = {**now.get(way, {}), **change}
    told, = broken(frozen("articles"), now)
    assert told.startswith(fact)


def test_records_of_lines_of_before_have_a_default_for_what_those_lack() -> None:
    for cls, names in _LATER.items():
        missing = [field.name for field in dataclasses.fields(cls)
                   if field.name in names and field.default is field.default_factory is dataclasses.MISSING]
        assert not missing, f"{cls.__name__}: {missing} without a default: older lines could not be read any more"


def test_what_is_added_breaks_nothing() -> None:
    optional = {"json": ["object"], "format": None, "required": False, "arrow": "struct"}
    inside = {"json": ["string"], "format": None, "required": True, "arrow": "string"}
    assert broken(frozen("articles"), {**frozen("articles"), "summary": optional, "summary.text": inside}) == []


def test_every_field_of_every_record_has_its_meaning() -> None:
    for cls, meanings in MEANINGS.items():
        assert set(meanings) == {field.name for field in dataclasses.fields(cls)}, cls.__name__
    for name in ("article", "fetch"):
        for part in (schema(name), *schema(name)["$defs"].values()):
            assert all(rule["description"] for rule in part["properties"].values())


def test_the_arrow_schema_has_the_keys_of_a_line_typed_and_described(written: dict[str, list[dict[str, Any]]]) -> None:
    for kind, name in (("articles", "article"), ("fetches", "fetch")):
        assert arrow_schema(kind).names == list(written[name][0])
        assert all(field.metadata[b"description"] for field in arrow_schema(kind))
        assert set(columns(kind).values()) == {
            "string", "int64", "bool", "struct", "timestamp[us, tz=UTC]", *(["double"] if name == "article" else [])}
    assert fingerprint("articles") != fingerprint("fetches")
    http = arrow_schema("articles").field("http").type
    assert http.field("fetched_at").metadata == {b"description": b"When the request was begun"}

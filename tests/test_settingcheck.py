"""Settings that are numbers: a wrong one is named before anything is opened."""

from __future__ import annotations

import pytest
from scrapy.settings import Settings

from crawler import settings as project
from crawler.settingcheck import check_settings
from pipelines.errors import ConfigurationError, ExitCode

WHOLE = ["WARC_MAX_BYTES", "JSONL_MAX_BYTES", "EXTRACT_WORKERS", "EXTRACT_MEMORY_MIB", "RETRY_TIMES",
         "CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "CONCURRENT_ITEMS", "DOWNLOAD_MAXSIZE",
         "REDIRECT_MAX_TIMES"]
AT_LEAST_ONE = {"CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "DOWNLOAD_MAXSIZE", "WARC_MAX_BYTES",
                "JSONL_MAX_BYTES"}
NUMBERS = ["EXTRACT_TIMEOUT", "DRAIN_SECONDS", "CRAWL_WAIT", "RETRY_DELAY", "DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT",
           "PROGRESS_INTERVAL", "CRAWL_DELAY_MAX", "THROTTLE_FACTOR", "THROTTLE_MAX_DELAY", "ROBOTS_MAX_AGE"]


def settings(**given: object) -> Settings:
    """The project's own, and what is given on top of them."""
    own = {name: getattr(project, name) for name in dir(project) if name.isupper()}
    return Settings({**own, **given})


def test_the_settings_of_the_project_are_sound():
    check_settings(settings())


def test_a_setting_that_is_not_there_is_nothing_wrong():
    check_settings(Settings(dict.fromkeys([*WHOLE, *NUMBERS])))


@pytest.mark.parametrize("value", [1, "7", " 7 "])
def test_a_number_is_good_as_it_is_or_as_the_command_line_gives_it(value):
    check_settings(settings(**dict.fromkeys([*WHOLE, *NUMBERS], value)))


@pytest.mark.parametrize("value", [0, "0"])
def test_zero_is_good_but_where_nothing_would_ever_be_fetched(value):
    check_settings(settings(**{name: value for name in [*WHOLE, *NUMBERS] if name not in AT_LEAST_ONE}))
    for name in AT_LEAST_ONE:
        assert_refused(name, value, "a whole number")


@pytest.mark.parametrize("value", [0.25, "0.25", "1e3"])
def test_seconds_may_have_fractions(value):
    check_settings(settings(**dict.fromkeys(NUMBERS, value)))


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_whole_number_is_refused_by_its_name(name):
    assert_refused(name, "1.5", "a whole number")


@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_number_is_refused_by_its_name(name):
    assert_refused(name, "30s", "a number")


@pytest.mark.parametrize("value", ["-1", -1, "", "many", "1e9", "1 GB", [], {}, float("inf"), float("nan"), "inf"])
def test_whatever_was_given_in_place_of_a_whole_number(value):
    assert_refused("WARC_MAX_BYTES", value, "a whole number")


@pytest.mark.parametrize("value", ["-0.1", -1, "", "soon", "nan", float("nan"), "inf", []])
def test_or_of_a_number(value):
    assert_refused("DRAIN_SECONDS", value, "a number")


def assert_refused(name: str, value: object, wanted: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        check_settings(settings(**{name: value}))
    least = int(name in AT_LEAST_ONE)
    said = f"{name}: not {wanted} of {least} or more: {value!r}: see crawler/settings.py"
    assert (str(raised.value), raised.value.exit_code) == (said, ExitCode.CONFIGURATION)


def test_of_several_the_first_is_named_alone():
    with pytest.raises(ConfigurationError) as raised:
        check_settings(settings(CRAWL_WAIT="soon", RETRY_TIMES="often", WARC_MAX_BYTES="large"))
    assert str(raised.value).startswith("WARC_MAX_BYTES: ")
    assert "RETRY_TIMES" not in str(raised.value)


def test_an_archive_at_an_address_would_be_a_folder_of_that_name():
    with pytest.raises(ConfigurationError, match=r"ARCHIVE_DIR: s3://news/x: not a folder.*PUBLISH_TO=s3://news/x"):
        check_settings(settings(ARCHIVE_DIR="s3://news/x"))
    with pytest.raises(ConfigurationError, match="holds a password") as told:
        check_settings(settings(ARCHIVE_DIR="s3://key:sec/secret@news/x"))
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(("name", "meant"), [
    ("ARCHIV_DIR", "ARCHIVE_DIR"), ("DOWNLOAD_DELY", "DOWNLOAD_DELAY"), ("PUBLISH_T0", "PUBLISH_TO"),
    ("archive_dir", "ARCHIVE_DIR"), ("MY_OWN_SETTING", None), ("DURABILITY", None)])
def test_a_setting_of_the_command_line_that_is_misspelt_is_refused_and_one_of_somebodys_own_is_not(name, meant):
    given = settings()
    given.set(name, "process", priority="cmdline")
    if meant is None:
        check_settings(given)
        return
    with pytest.raises(ConfigurationError, match=f"no such setting: {name}: did you mean {meant}"):
        check_settings(given)


def test_what_a_project_sets_itself_is_not_looked_at():
    check_settings(settings(ARCHIV_DIR="elsewhere"))

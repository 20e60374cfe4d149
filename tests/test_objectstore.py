"""Targets: a bucket of a real S3 server, a folder, and whatever else fsspec reaches; and what is brought to them."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.publication import Publication
from pipelines.errors import ArchiveDamagedError, ConfigurationError
from pipelines.objectstore.catchup import CatchUp
from pipelines.objectstore.check import Check
from pipelines.objectstore.patience import Patience
from pipelines.objectstore.publisher import Publisher
from pipelines.objectstore.runs import ended_runs, run_files
from pipelines.objectstore.sender import Sender
from pipelines.objectstore.target import OtherContentError, Target, TargetDownError, TargetRefusedError, target_at
from pipelines.places import place_of
from pipelines.reader import Archive
from pipelines.records import SealedFile
from pipelines.remoteplace import PlaceError
from tests.archives import Clock, make_archive
from tests.bucketwatch import s3_client
from tests.crawls import scrapy
from tests.s3server import S3Server, needs_s3

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1 << 20


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3")) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        server.make_bucket("news")
        yield server


@pytest.fixture(params=["bucket", "folder", "fsspec"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    """A new one of each kind."""
    if request.param == "bucket":
        if needs_s3.args[0]:
            pytest.skip(needs_s3.kwargs["reason"])
        request.getfixturevalue("store")
        return target_at(f"s3://news/{tmp_path.name}")
    (tmp_path / "target").mkdir()
    return target_at(f"{'file' if request.param == 'folder' else 'local'}://{tmp_path / 'target'}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An archive of two runs."""
    clock = Clock()
    make_archive(tmp_path / "archive", 8, clock=clock)
    return make_archive(tmp_path / "archive", 4, first=100, clock=clock)


def file_of(path: Path, name: str = "warc/dt=2026-11-22/a.warc.gz") -> SealedFile:
    data = path.read_bytes()
    return SealedFile(name, "warc", "2026-11-22", len(data), hashlib.sha256(data).hexdigest(), 1)


def files_of(root: Path) -> dict[str, int]:
    return {path.relative_to(root).as_posix(): path.stat().st_size
            for folder in ("warc", "articles", "fetches", "runs") for path in (root / folder).rglob("*")
            if path.is_file()}


def catch_up(root: Path, target: Target, wait_seconds: float = 5.0):
    return CatchUp(root, target, Patience(wait_seconds, pauses_seconds=(0.01,)), lambda file, total: None).run()


def check(root: Path, target: Target, *, reads_all: bool = False):
    return Check(root, target, Patience(0), lambda file: None, reads_all=reads_all).compare()


def test_an_archive_is_brought_over_whole_and_once(root, target):
    target.probe()
    assert target.sizes("") == {}
    done = catch_up(root, target)
    assert target.sizes("") == files_of(root)
    assert (done.runs, done.files, done.sent_files, done.left_files, done.errors) == (
        2, len(files_of(root)), len(files_of(root)), 0, ())
    assert done.sent_bytes == sum(files_of(root).values())
    for path in files_of(root):
        assert b"".join(target.blocks(path)) == (root / path).read_bytes()
    assert catch_up(root, target).sent_files == 0
    assert sorted(target.sizes("runs")) == sorted(path for path in files_of(root) if path.startswith("runs/"))


def test_a_file_that_is_not_what_its_run_says_never_appears_and_the_rest_does_without_the_manifest(root, target):
    run = run_files(root, ended_runs(root)[0])
    damaged = next(file for file in run.files if file.kind == "articles")
    data = (root / damaged.path).read_bytes()
    (root / damaged.path).write_bytes(b"x" + data[1:])
    done = catch_up(root, target)
    assert [error for error in done.errors if damaged.path in error and "restore it from a copy" in error]
    assert target.sizes("") == {path: size for path, size in files_of(root).items()
                                if path not in (damaged.path, run.manifest.path)}
    assert done.left_files == 2
    (root / damaged.path).write_bytes(data)
    assert (catch_up(root, target).sent_files, target.sizes("")) == (2, files_of(root))


def test_what_is_there_under_a_name_is_not_replaced(root, target, tmp_path):
    run = run_files(root, ended_runs(root)[0])
    file, other = run.files[0], tmp_path / "other"
    other.write_bytes(b"something else")
    target.put(other, file_of(other, file.path))
    sender = Sender(root, target)
    with pytest.raises(OtherContentError, match="remove it there"):
        sender.send_run(run)
    assert b"".join(target.blocks(file.path)) == b"something else"
    assert run.manifest.path not in target.sizes("runs")


def test_a_check_names_what_is_missing_of_another_size_and_of_another_digest(root, target, request):
    catch_up(root, target)
    missing, short, changed = [file.path for file in run_files(root, ended_runs(root)[0]).files[:3]]
    data = {path: (root / path).read_bytes() for path in (short, changed)}
    spoil(target, missing, None, request)
    spoil(target, short, data[short][:-1], request)
    spoil(target, changed, b"x" + data[changed][1:], request)
    comparison = check(root, target, reads_all=True)
    assert {each.path: each.fact.partition(":")[0] for each in comparison.differences} == {
        missing: "missing", short: "other size", changed: "other digest"}
    assert (comparison.runs, comparison.unlisted) == (2, 0)


def spoil(target: Target, path: str, data: bytes | None, request: pytest.FixtureRequest) -> None:
    """As somebody does who has access; without data the file goes."""
    scheme, _, place = target.name.partition("://")
    if scheme != "s3":
        file = Path(place) / path
        file.write_bytes(data) if data is not None else file.unlink()
        return
    client, (bucket, _, prefix) = s3_client(request.getfixturevalue("store").environment), place.partition("/")
    if data is None:
        client.delete_object(Bucket=bucket, Key=f"{prefix}/{path}")
    else:
        client.put_object(Bucket=bucket, Key=f"{prefix}/{path}", Body=data)


@needs_s3
def test_a_file_of_the_right_size_that_is_another_is_told_and_its_run_held_back(root, store, tmp_path):
    target = target_at(f"s3://news/{tmp_path.name}")
    run = run_files(root, ended_runs(root)[0])
    file, other = run.files[0], tmp_path / "other"
    other.write_bytes(bytes(file.bytes))
    target.put(other, file_of(other, file.path))
    done = catch_up(root, target)
    assert [error for error in done.errors if file.path in error and "holds another file" in error]
    assert run.manifest.path not in target.sizes("runs")
    assert done.left_files == 2


@needs_s3
def test_a_check_believes_the_digest_beside_an_object_and_reads_where_there_is_none(root, store, tmp_path):
    target = target_at(f"s3://news/{tmp_path.name}")
    catch_up(root, target)
    assert check(root, target).read_bytes == 0
    run = run_files(root, ended_runs(root)[0])
    file, client = run.files[0], s3_client(store.environment)
    key = f"{tmp_path.name}/{file.path}"
    client.put_object(Bucket="news", Key=key, Body=bytes(file.bytes))      # no metadata
    client.put_object(Bucket="news", Key=f"{tmp_path.name}/warc/of-a-run-that-goes-on", Body=b"1")
    comparison = check(root, target)
    assert [(each.path, each.fact.partition(":")[0]) for each in comparison.differences] == [
        (file.path, "other digest")]
    assert (comparison.read_bytes, comparison.unlisted_files) == (file.bytes, ("warc/of-a-run-that-goes-on",))
    client.delete_object(Bucket="news", Key=key)
    done = scrapy("publish", target.name, home=tmp_path, environment=store.environment, settings={"ARCHIVE_DIR": root})
    assert (done.exit_code, "1 files" in done.stdout) == (0, True), done
    checked = scrapy("publish", "--check", "--read", "--json", target.name, home=tmp_path,
                     environment=store.environment, settings={"ARCHIVE_DIR": root})
    assert checked.exit_code == 0
    assert checked.json["read_bytes"] == sum(files_of(root).values())


@needs_s3
def test_a_large_file_goes_in_parts_and_appears_only_when_all_of_them_are_there(store, tmp_path):
    target, path = target_at(f"s3://news/{tmp_path.name}"), tmp_path / "large"
    path.write_bytes(os.urandom(33 * MIB))
    file, client = file_of(path), s3_client(store.environment)
    key = f"{tmp_path.name}/{file.path}"
    left = client.create_multipart_upload(Bucket="news", Key=key)      # by a process that was killed
    wrong = SealedFile(file.path, "warc", file.dt, file.bytes, "0" * 64, 1)
    with pytest.raises(ArchiveDamagedError):
        target.put(path, wrong)
    assert target.held(file.path) is None
    target.put(path, file)
    held = target.held(file.path)
    assert (held.bytes, held.sha256) == (33 * MIB, file.sha256)
    assert hashlib.sha256(b"".join(target.blocks(file.path))).hexdigest() == file.sha256
    uploads = client.list_multipart_uploads(Bucket="news", Prefix=key).get("Uploads", [])
    assert left["UploadId"] not in [upload["UploadId"] for upload in uploads]
    assert not uploads


@needs_s3
def test_whoever_publishes_tries_again_until_the_store_answers(root, tmp_path, monkeypatch):
    with S3Server(tmp_path / "s3") as server:
        server.make_bucket("news")
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        target = target_at("s3://news")
        server.kill()
        with pytest.raises(TargetDownError, match="does not answer"):
            target.probe()
        publisher = Publisher(root, target, (0.01,))
        publisher.start()
        done = publisher.end()
        server.start()
        done.result(30)
        told = publisher.stop()
        assert (told.sent_files, told.left_files, told.reason) == (len(files_of(root)), 0, None)
        assert target.sizes("") == files_of(root)


def test_one_process_at_a_time_publishes_an_archive(root, tmp_path):
    (tmp_path / "target").mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys; from pathlib import Path; from pipelines.objectstore.turn import Turn\n"
         "assert Turn(Path(sys.argv[1])).take(); print(flush=True); sys.stdin.read()", str(root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    refused = scrapy("publish", str(tmp_path / "target"), home=tmp_path, settings={"ARCHIVE_DIR": root})
    publisher = Publisher(root, target_at(str(tmp_path / "target")))
    publisher.start()
    early = publisher.stop()
    holder.communicate()
    assert (refused.exit_code, "publishes this archive now" in refused.stderr) == (75, True)
    assert early.sent_files == 0


@needs_s3
@pytest.mark.parametrize(("address", "words"), [
    ("s3://nowhere/x", "no such bucket"), ("s3://", "names no bucket"), ("nope://x", "not an address"),
    ("/nowhere/at/all", "no folder there"), ("local:///nowhere/x", "nothing there"),
    ("ftp://me:secret@host/x", "holds a password"), ("s3://KEY:sec/secret@news/x", "holds a password"),
    ("s3:/news/x", "write s3://news/x"), ("S3:///x", "names no bucket"), ("s3://[x", "not an address"),
    ("file://news/x", "names the machine 'news'"), ("oci://news/x", "nothing is installed that reads oci://"),
    ("archive", "lies in the archive"), ("archive/backup", "lies in the archive"),
    (f"local://{Path.cwd()}/archive", "lies in the archive"),
])
def test_a_target_that_cannot_be_used_is_told_before_anything_begins(store, address, words):
    with pytest.raises(ConfigurationError, match=words) as told:
        Publication.of(_settings(address))
    assert str(told.value).startswith("PUBLISH_TO: ")
    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)


@needs_s3
def test_a_probe_leaves_nothing_and_gives_up_what_a_killed_one_left(store, tmp_path):
    client, key = s3_client(store.environment), f"{tmp_path.name}/.broadsheet-probe"
    client.create_multipart_upload(Bucket="news", Key=key)
    target_at(f"s3://news/{tmp_path.name}").probe()
    assert not client.list_multipart_uploads(Bucket="news", Prefix=key).get("Uploads", [])


@needs_s3
def test_parts_that_somebody_gave_up_are_sent_again_and_no_bucket_is_said_to_be_missing(store, tmp_path):
    target, path, client = target_at(f"s3://news/{tmp_path.name}"), tmp_path / "large", s3_client(store.environment)
    path.write_bytes(os.urandom(17 * MIB))
    call = target._call

    def given_up_behind_its_back(method, **request):
        if method == "upload_part":
            client.abort_multipart_upload(Bucket="news", Key=request["Key"], UploadId=request["UploadId"])
        return call(method, **request)

    target._call = given_up_behind_its_back
    with pytest.raises(TargetDownError, match="did not arrive"):
        target.put(path, file_of(path))
    target._call = call
    target.put(path, file_of(path))
    assert target.held(file_of(path).path).bytes == 17 * MIB


@needs_s3
def test_wrong_and_missing_credentials_are_told(store, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(TargetRefusedError, match="denied"):
        target_at("s3://news").probe()
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(TargetRefusedError, match="credentials"):
        target_at("s3://news").probe()


def _settings(address: str):
    from scrapy.settings import Settings

    return Settings({"PUBLISH_TO": address, "PUBLISH_WAIT": 1.0, "ARCHIVE_DIR": "archive"})


def test_without_the_extra_the_error_names_it(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", "import sys; sys.modules['s3fs'] = None\n"
         "from pipelines.objectstore.target import target_at\n"
         "try: target_at('s3://news')\nexcept Exception as error: print(type(error).__name__, error)"],
        capture_output=True, text=True, check=True)
    assert told.stdout.startswith("ConfigurationError")
    assert "pip install --require-hashes -r requirements-extras.lock" in told.stdout


def test_nothing_of_a_store_is_loaded_before_it_is_asked_for():
    code = ("import sys, crawler.publication, crawler.session, pipelines.places, pipelines.remoteplace\n"
            "assert not {'s3fs', 'aiobotocore'} & set(sys.modules)")
    subprocess.run([sys.executable, "-c", code], check=True)


@needs_s3
def test_a_place_in_a_bucket_reads_like_a_folder(root, store, tmp_path):
    address = f"s3://news/{tmp_path.name}"
    catch_up(root, target_at(address))
    here, there = place_of(root), place_of(address)
    assert list(there.paths("articles")) == list(here.paths("articles"))
    assert set(there.paths()) == set(files_of(root))
    assert list(there.paths("no-such-folder")) == []
    for path in here.paths("warc"):
        whole = (root / path).read_bytes()
        assert there.size(path) == len(whole)
        with there.open(path) as stream:
            assert (stream.read(10), stream.seek(5), stream.read()) == (whole[:10], 5, whole[5:])
        for offset, length in ((0, 7), (100, 900), (len(whole) - 5, 50), (len(whole), 9), (len(whole) + 3, 9)):
            assert there.read(path, offset, length) == whole[offset : offset + length]
    make_archive(root, 2, first=200, clock=Clock(Clock().now.replace(hour=20)))
    catch_up(root, target_at(address))
    assert set(there.paths()) == set(files_of(root)), "a listing is of now"


@needs_s3
def test_many_small_reads_in_order_are_few_requests(store, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(data := os.urandom(3 * MIB))
    target_at(f"s3://news/{tmp_path.name}").put(path, file_of(path, "warc/a"))
    place = place_of(f"s3://news/{tmp_path.name}")
    fetches: list[int] = []
    fetch = place.fetch
    place.fetch = lambda path, start, end: fetches.append(end - start) or fetch(path, start, end)
    parts = [place.read("warc/a", at, 3000) for at in range(0, len(data), 3000)]
    assert b"".join(parts) == data
    assert len(parts) > 1000
    assert len(fetches) <= 3
    assert sum(fetches) == len(data)


@needs_s3
def test_a_place_may_be_used_by_threads_sent_to_others_and_forked(store, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(data := os.urandom(2 * MIB))
    target_at(f"s3://news/{tmp_path.name}").put(path, file_of(path, "warc/a"))
    place = place_of(f"s3://news/{tmp_path.name}")
    offsets = [(number * 48_611) % (2 * MIB) for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda at: place.read("warc/a", at, 5000), offsets))
    assert read == [data[at : at + 5000] for at in offsets]
    assert pickle.loads(pickle.dumps(place)).read("warc/a", 17, 100) == data[17:117]
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.write(writing, place.read("warc/a", 700_000, 100) + place.read("warc/a", 0, 5))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(reading, 1000) == data[700_000:700_100] + data[:5]


@needs_s3
def test_what_cannot_be_read_is_told_by_its_address(store, tmp_path, monkeypatch):
    place = place_of("s3://news")
    for look in (place.size, place.open, lambda path: place.read(path, 0, 1)):
        with pytest.raises(FileNotFoundError, match="s3://news/warc/none"):
            look("warc/none")
    with pytest.raises(ConfigurationError, match="s3://nowhere: no such bucket"):
        list(place_of("s3://nowhere").paths())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    with pytest.raises(PlaceError, match="s3://news/a: denied"):
        place_of("s3://news//").size("a")


@needs_s3
def test_articles_responses_and_runs_are_read_from_the_bucket_as_from_the_folder(root, store, tmp_path):
    address = f"s3://news/{tmp_path.name}"
    catch_up(root, target_at(address))
    here, there = Archive(root), Archive(address)
    articles = list(there.articles())
    assert articles == list(here.articles())
    assert len(articles) == 8 + 1 + 4
    assert list(there.fetches(site="osmere-courier")) == list(here.fetches(site="osmere-courier"))
    assert list(there.runs()) == list(here.runs())
    assert [there.response(each).block for each in articles] == [here.response(each).block for each in articles]
    with pytest.raises(ConfigurationError, match="holds no archive"):
        Archive(f"{address}/nothing-here")
    listed = scrapy("articles", "--json", home=tmp_path, environment=store.environment,
                    settings={"ARCHIVE_DIR": address})
    assert (listed.exit_code, len(listed.stdout.splitlines())) == (0, len(articles)), listed
    refused = scrapy("status", home=tmp_path, environment=store.environment, settings={"ARCHIVE_DIR": address})
    assert (refused.exit_code, f"{address}: this needs a folder of this machine" in refused.stderr) == (4, True)

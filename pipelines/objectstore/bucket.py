"""A bucket of an S3 store, or a prefix in it, as a target.

Owns how a file gets there: one put, or parts that are put together at its end, each with the digest that the store
checks; the SHA-256 of the manifest lies beside it as metadata. Both are atomic: nobody sees a part. Must not know runs.
s3fs is imported only where an address asks for it; credentials are found by the usual means of botocore.
"""

from __future__ import annotations

import base64
import errno
import hashlib
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pipelines.errors import BroadsheetError, ConfigurationError
from pipelines.layout import OPEN_SUFFIX
from pipelines.objectstore.target import (
    Held,
    TargetDownError,
    TargetRefusedError,
    check_arrived,
    checked_blocks,
)
from pipelines.remoteplace import file_system

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipelines.records import SealedFile

_PART_BYTES = 16 << 20      # held in memory, twice for a moment, by each thread that publishes
_MOST_PARTS = 10_000
_READ_BYTES = 8 << 20
_CONNECTING: dict[str, Any] = {"connect_timeout": 5, "read_timeout": 60, "retries": {"total_max_attempts": 1}}
"""Whoever publishes tries again by himself. An answer may take long: the last megabytes of a part are on a slow line
still when all of it has been written."""
_ATTEMPTS = 1
_MOST_SECONDS = 600         # a part; aiohttp knows no limit while it writes to a server that takes nothing
_REFUSALS = frozenset({"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound",
                       "NoRegionError", "InvalidRegionError", "ConfigParseError", "ConfigNotFound", "SSOTokenLoadError",
                       "TokenRetrievalError", "CredentialRetrievalError", "UnauthorizedSSOTokenError"})
_TRANSIENT = frozenset({"BadDigest", "IncompleteBody", "InvalidPart", "EntityTooSmall", "NoSuchUpload"})
"""Codes of what goes well the next time, though their like do not."""


class BucketTarget:
    def __init__(self, address: str, files: Any, root: str) -> None:
        self.name, self._files = address.rstrip("/"), files
        self._bucket, _, prefix = root.partition("/")
        self._prefix = prefix.strip("/")

    @classmethod
    def at(cls, address: str) -> BucketTarget:
        if not address.partition("://")[2].partition("/")[0]:
            raise ConfigurationError(f"{address}: names no bucket: write s3://bucket/prefix")
        files, root = file_system(address, **_CONNECTING)
        files.retries = _ATTEMPTS
        return cls(address, files, root)

    def probe(self) -> None:
        """Whether it may be listed and written to: an upload in parts is begun and given up, which nobody sees."""
        with self._told():
            self._call("list_objects_v2", Prefix=self._key(""), MaxKeys=1)
            key = self._key(".broadsheet-probe")
            self._give_up_left(key)
            try:
                begun = self._call("create_multipart_upload", Key=key)
            except OSError as error:
                if error.errno == errno.ENOSYS:  # a store without parts: then only small files can be put
                    return
                raise
            with suppress(FileNotFoundError):  # somebody else who begins to publish has given it up
                self._call("abort_multipart_upload", Key=key, UploadId=begun["UploadId"])

    def sizes(self, folder: str) -> dict[str, int]:
        start = len(self._prefix) + 1 if self._prefix else 0
        found: dict[str, int] = {}
        page: dict[str, Any] = {}
        with self._told(folder):
            while not page or page.get("IsTruncated"):
                token = {"ContinuationToken": page["NextContinuationToken"]} if page else {}
                page = self._call("list_objects_v2", Prefix=self._key(f"{folder}/" if folder else ""), **token)
                found.update((entry["Key"][start:], int(entry["Size"])) for entry in page.get("Contents", ()))
        return {path: size for path, size in found.items() if not path.endswith(("/", OPEN_SUFFIX))}

    def held(self, path: str) -> Held | None:
        with self._told(path):
            try:
                head = self._call("head_object", Key=self._key(path))
            except FileNotFoundError:
                return None
        kept = {name.lower(): value for name, value in head.get("Metadata", {}).items()}
        return Held(int(head["ContentLength"]), kept.get("sha256"))

    def blocks(self, path: str) -> Iterator[bytes]:
        held = self.held(path)
        for start in range(0, held.bytes if held else 0, _READ_BYTES):
            with self._told(path):
                yield self._files.cat_file(f"{self._bucket}/{self._key(path)}", start=start, end=start + _READ_BYTES)

    def put(self, source: Path, file: SealedFile) -> None:
        with self._told(file.path):
            if file.bytes <= _PART_BYTES:
                self._put_whole(source, file)
            else:
                self._put_in_parts(source, file)
        check_arrived(self, file)

    def _put_whole(self, source: Path, file: SealedFile) -> None:
        body = b"".join(checked_blocks(source, file, _PART_BYTES))
        self._call("put_object", Key=self._key(file.path), Body=body, ContentMD5=_md5(body), Metadata=_metadata(file))

    def _put_in_parts(self, source: Path, file: SealedFile) -> None:
        """What a process left that was killed while it put this file is given up first: stores charge for it."""
        key = self._key(file.path)
        self._give_up_left(key)
        upload = self._call("create_multipart_upload", Key=key, Metadata=_metadata(file))["UploadId"]
        try:
            parts = []
            for number, body in enumerate(checked_blocks(source, file, _part_bytes(file.bytes)), 1):
                put = self._call("upload_part", Key=key, UploadId=upload, PartNumber=number, Body=body,
                                 ContentMD5=_md5(body))
                parts.append({"PartNumber": number, "ETag": put["ETag"]})
            self._call("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
        except BaseException:
            with suppress(Exception):  # what was wrong is told already; what stays is given up the next time
                self._call("abort_multipart_upload", Key=key, UploadId=upload)
            raise

    def _give_up_left(self, key: str) -> None:
        with suppress(OSError):  # not every store can list them, and not everybody may
            for left in self._call("list_multipart_uploads", Prefix=key).get("Uploads", ()):
                if left["Key"] == key:
                    self._call("abort_multipart_upload", Key=key, UploadId=left["UploadId"])

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}" if self._prefix else path

    def _call(self, method: str, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._files.call_s3(
            method, Bucket=self._bucket, timeout=_MOST_SECONDS, **request)
        return answer

    @contextmanager
    def _told(self, path: str = "") -> Iterator[None]:
        try:
            yield
        except BroadsheetError:
            raise
        except Exception as error:  # botocore's have no base of use
            raise self._named(error, f"{self.name}/{path}".rstrip("/")) from error

    @staticmethod
    def _named(error: Exception, place: str) -> BroadsheetError:
        fact = " ".join(f"{error or type(error).__name__}".split())
        if _code_of(error) in _TRANSIENT:
            return TargetDownError(f"{place}: did not arrive ({fact})")
        if isinstance(error, FileNotFoundError):
            return TargetRefusedError(f"{place}: no such bucket ({fact}): make it, or name another")
        if isinstance(error, PermissionError) or type(error).__name__ in _REFUSALS:
            return TargetRefusedError(f"{place}: denied ({fact}): check AWS_PROFILE, AWS_ACCESS_KEY_ID and the rest of "
                                      "the environment, or the role of this machine: docs/object-storage.md has what "
                                      "it must be allowed")
        is_wrong = isinstance(error, OSError) and error.errno == errno.EINVAL
        if is_wrong or isinstance(error, ValueError) or type(error).__name__ == "ParamValidationError":
            return TargetRefusedError(f"{place}: the store takes no such request ({fact}): check the address, "
                                      "AWS_ENDPOINT_URL, and whether the credentials have expired")
        return TargetDownError(f"{place}: does not answer ({fact})")


def _code_of(error: Exception) -> str:
    """What the store called it: s3fs hands on the text alone."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def _metadata(file: SealedFile) -> dict[str, str]:
    return {"sha256": file.sha256}


def _part_bytes(size: int) -> int:
    return max(_PART_BYTES, -(-size // _MOST_PARTS))

"""Somebody who reads a bucket all the time while it is published to, and finds fault. No test itself.

Owns what may never be seen: an object that changes, one that is not what its run's manifest says, a manifest that is
there before its files. Uses botocore alone, nothing of `pipelines`.
"""

from __future__ import annotations

import hashlib
import json
import threading
from typing import TYPE_CHECKING, Any, Self

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

POLL_SECONDS = 0.05
Seen = tuple[int, str, str]     # size, ETag, SHA-256


def s3_client(environment: Mapping[str, str], **timeouts: float) -> Any:
    return botocore.session.Session().create_client(
        "s3", endpoint_url=environment["AWS_ENDPOINT_URL"], region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"], aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(connect_timeout=timeouts.get("connect", 1), read_timeout=timeouts.get("read", 1),
                      retries={"total_max_attempts": 1}))


class BucketWatch:
    """Looks every 50 ms from entry to exit, and once more at the end."""

    def __init__(self, environment: Mapping[str, str], bucket: str) -> None:
        self.faults: list[str] = []
        self.seen: dict[str, Seen] = {}
        self.polls = self.failed_polls = 0
        self.saw = threading.Event()
        self._client, self._bucket = s3_client(environment), bucket
        self._manifests: dict[str, dict[str, Any]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        try:
            self.look()
        except (BotoCoreError, ClientError) as error:
            self.faults.append(f"no last look: {error}")

    def _watch(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            try:
                self.look()
            except (BotoCoreError, ClientError):
                self.failed_polls += 1

    def look(self) -> None:
        entries = list(self._entries())
        for entry in entries:
            self._see(entry)
        for path in [path for path in self.seen if path.startswith("runs/") and path.endswith(".json")]:
            if path not in self._manifests:
                self._manifests[path] = json.loads(self._get(path))
                self._check_run(self._manifests[path])
        self.polls += 1

    def _entries(self) -> Any:
        page: dict[str, Any] = {"IsTruncated": True}
        token = {}
        while page["IsTruncated"]:
            page = self._client.list_objects_v2(Bucket=self._bucket, **token)
            yield from page.get("Contents", ())
            token = {"ContinuationToken": page.get("NextContinuationToken")}

    def _see(self, entry: Mapping[str, Any]) -> None:
        path, facts = entry["Key"], (entry["Size"], entry["ETag"])
        known = self.seen.get(path)
        if known is None:
            data = self._get(path)
            self.seen[path] = (*facts, hashlib.sha256(data).hexdigest())
            self.saw.set()
            if len(data) != entry["Size"]:
                self.faults.append(f"{path}: listed with {entry['Size']} bytes, read {len(data)}")
        elif known[:2] != facts:
            self.faults.append(f"{path}: changed from {known[:2]} to {facts}")

    def _check_run(self, manifest: Mapping[str, Any]) -> None:
        for file in [*manifest["files"], *([manifest["hosts"]] if manifest["hosts"] else [])]:
            if file["path"] not in self.seen:
                try:
                    head = self._client.head_object(Bucket=self._bucket, Key=file["path"])
                except ClientError as error:
                    if error.response["Error"]["Code"] != "404":
                        raise
                    self.faults.append(f"{file['path']}: not there yet, and the manifest of {manifest['run_id']} is")
                    continue
                self._see({"Key": file["path"], "Size": head["ContentLength"], "ETag": head["ETag"]})
            if self.seen[file["path"]][2] != file["sha256"]:
                self.faults.append(f"{file['path']}: not what the manifest of {manifest['run_id']} says")

    def _get(self, path: str) -> bytes:
        data: bytes = self._client.get_object(Bucket=self._bucket, Key=path)["Body"].read()
        return data

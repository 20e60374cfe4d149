"""Publishing while a crawl runs: what PUBLISH_TO asks for.

Owns when it begins, how long the end of a crawl waits for it, and what is then said. Must not know stores
(`pipelines.objectstore`), which is loaded only if it is asked for.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from pipelines.objectstore.publisher import Published, Publisher
    from pipelines.objectstore.target import Target
    from pipelines.records import SealedFile

logger = logging.getLogger(__name__)

_PROBE_SECONDS = 10.0


class Publication:
    """Made before the archive is opened; `begin` once it is. Without a target it does nothing."""

    def __init__(self, target: Target | None, wait_seconds: float) -> None:
        self._target, self._wait_seconds = target, wait_seconds
        self._publisher: Publisher | None = None

    @classmethod
    def of(cls, settings: BaseSettings) -> Publication:
        """ConfigurationError if the target cannot be used. One that does not answer may do so later."""
        address, wait_seconds = str(settings.get("PUBLISH_TO") or ""), settings.getfloat("PUBLISH_WAIT")
        if not address:
            return cls(None, wait_seconds)
        from pipelines.objectstore.target import target_at  # noqa: PLC0415  # few ask for it

        keep_stores_quiet()
        try:
            target = target_at(address, Path(settings["ARCHIVE_DIR"]))
            _probe(target)
        except ConfigurationError as error:
            raise ConfigurationError(f"PUBLISH_TO: {error}") from error
        return cls(target, wait_seconds)

    def begin(self, root: Path) -> None:
        if self._target is not None:
            from pipelines.objectstore.publisher import Publisher  # noqa: PLC0415

            self._publisher = Publisher(root, self._target)
            self._publisher.start()

    def sealed(self, file: SealedFile) -> None:
        """Called by the thread that writes to the archive, which is not held up."""
        if self._publisher is not None:
            self._publisher.add(file)

    async def end(self, most_seconds: float | None) -> None:
        """The archive is closed: wait until everything is there, no longer than PUBLISH_WAIT, or `most_seconds`."""
        if self._publisher is None:
            return
        seconds = self._wait_seconds if most_seconds is None else min(self._wait_seconds, most_seconds)
        ending = asyncio.wrap_future(self._publisher.end())
        if seconds > 0:
            logger.info("The archive is closed; what is not published yet is waited for, %.0f seconds at most", seconds)
        await asyncio.wait([ending], timeout=seconds)

    def stop(self) -> Published | None:
        """What it came to; None without a target. A signal ends a crawl that waits in `end`, and that is told too."""
        return self._publisher.stop() if self._publisher is not None else None


def keep_stores_quiet() -> None:
    """Their libraries log requests with session tokens at the level DEBUG, and where credentials are from at INFO."""
    for name in ("botocore", "aiobotocore", "s3fs", "fsspec"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _probe(target: Target) -> None:
    """A store that stalls must not hold up the beginning."""
    from pipelines.objectstore.target import TargetDownError  # noqa: PLC0415

    errors: list[Exception] = []

    def probe() -> None:
        try:
            target.probe()
        except Exception as error:  # told by whoever waits
            errors.append(error)

    thread = threading.Thread(target=probe, name="probe", daemon=True)
    thread.start()
    thread.join(_PROBE_SECONDS)
    if thread.is_alive():
        errors.append(TargetDownError(f"{target.name}: does not answer within {_PROBE_SECONDS:.0f} seconds"))
    if errors and not isinstance(errors[0], TargetDownError):
        raise errors[0]
    if errors:
        logger.warning("The crawl begins all the same, and publishes once it can: %s", errors[0])

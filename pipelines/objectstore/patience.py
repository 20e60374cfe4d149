"""How long a store that does not answer is waited for.

Owns the pauses, and when to give up. Must not know what is asked of the store.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from pipelines.objectstore.target import TargetDownError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

_T = TypeVar("_T")


class Patience:
    """A store from which nothing comes for `wait_seconds` is given up; `tell` is called with each error before."""

    def __init__(self, wait_seconds: float, tell: Callable[[TargetDownError], object] = lambda error: None,
                 pauses_seconds: Sequence[float] = PAUSES_SECONDS) -> None:
        self._wait_seconds, self._tell, self._pauses = wait_seconds, tell, pauses_seconds

    def keep_trying(self, do: Callable[[], _T], mark: Callable[[], object] = lambda: None) -> _T:
        """What `do` returns, once it does. The wait begins anew whenever `mark` has changed: something has come of it.
        TargetDownError when it is over."""
        tries, since, at = 0, time.monotonic(), mark()
        while True:
            try:
                return do()
            except TargetDownError as error:
                if mark() != at:
                    tries, since, at = 0, time.monotonic(), mark()
                pause = self._pauses[min(tries, len(self._pauses) - 1)]
                if time.monotonic() - since + pause > self._wait_seconds:
                    raise
                self._tell(error)
            time.sleep(pause)
            tries += 1

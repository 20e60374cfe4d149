"""Loaded by the server that forks workers, and by nothing else: from then on it dies with the crawl that started it,
and of nothing that only the crawl is told.

Owns those effects. Must not be imported by a crawl: it would die with the shell.
"""

import signal

from pipelines.workers import die_with_parent

die_with_parent()
signal.signal(signal.SIGTERM, signal.SIG_IGN)

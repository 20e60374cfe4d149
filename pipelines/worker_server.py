"""Loaded by the server that forks workers, and by nothing else: from then on it dies with the crawl that started it.

Owns that one effect. Must not be imported by a crawl: it would die with the shell.
"""

from pipelines.workers import die_with_parent

die_with_parent()

"""The names in an archive that readers and writers share.

Owns those names alone; imports nothing, so that a reader is light.
"""

STATE = "state.sqlite"
FOLDERS = ("warc", "articles", "fetches", "runs")
OPEN_SUFFIX = ".open"
"""Of a file that is being written: one without it never changes."""

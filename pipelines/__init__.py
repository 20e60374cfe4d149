"""What becomes of what was fetched: records, WARC, extraction, commit, and reading it again."""

__version__ = "0.1.0"

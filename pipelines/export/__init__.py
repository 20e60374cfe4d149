"""The archive in forms that other programs take: an index, a WACZ file, plain text.

Owns one form a file; `linesort`, `zipnum` and `target` are what they share. Must not know Scrapy. Sealed files alone
are read, so that a crawl may go on meanwhile, and nothing is held in memory that grows with the archive.
"""

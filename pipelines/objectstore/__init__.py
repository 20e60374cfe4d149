"""Sealed files of an archive, published to a folder elsewhere: an object store above all.

Owns how files come to a target whole, what is there already, and what is missing. Must not know Scrapy; what a crawl
does about it is `crawler.publication`. The archive on disk stays the truth, and nothing of it is changed or removed.
"""

"""Articles made again from WARC files: those of our archives, or anyone's.

Owns the way from segments to articles: what is in them, what their sites repeat, and one output a segment. Must not
know Scrapy's crawl: what it needs of `crawler` it is given by its dotted name.
"""

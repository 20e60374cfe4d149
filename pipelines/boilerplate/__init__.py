"""What a site repeats: learned over its pages, frozen into models, and known beforehand.

Owns blocks, the model of a site and how it is learned, and the shipped knowledge. Pure: must not know files, the
store, Scrapy, or how an article is found in a page.
"""

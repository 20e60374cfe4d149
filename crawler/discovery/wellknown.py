"""Where feeds and sitemaps lie on sites that do not say so, in the order of how common each place is.

Owns the two lists. Must not know when they are tried.
"""

WELL_KNOWN_FEEDS = (
    "/feed/", "/rss.xml", "/feed.xml", "/rss/", "/atom.xml", "/index.xml", "/feed.json", "/feeds/posts/default",
    "/index.rdf",
)
WELL_KNOWN_SITEMAPS = (
    "/sitemap.xml", "/sitemap_index.xml", "/news-sitemap.xml", "/sitemap-news.xml", "/wp-sitemap.xml",
    "/sitemap.xml.gz",
)

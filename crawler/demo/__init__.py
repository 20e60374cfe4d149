"""Two small news sites, bundled, for a newcomer's first crawl on loopback. Nothing else may need them."""

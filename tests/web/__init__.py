"""The test web: small sites, each publishing in a way of its own, for measuring what a crawl finds. No test itself."""

"""What to fetch, when, and how politely: the Scrapy project."""

"""Commands that `scrapy` has inside this project. Nothing imports them."""

"""`scrapy fetch` as Scrapy has it: it looks at pages and leaves the archive alone."""

from typing import Any, ClassVar

from scrapy.commands.fetch import Command as ScrapyCommand


class Command(ScrapyCommand):
    default_settings: ClassVar[dict[str, Any]] = {**ScrapyCommand.default_settings, "ARCHIVE_ENABLED": False}

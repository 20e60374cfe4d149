"""Scrapy's log, mended: errors of the network in one line each, and no passwords.

Owns those two filters. Errors of a spider or a pipeline keep their stack: there it says something.
"""

from __future__ import annotations

import logging
import re

from crawler.outcomes import outcome_of_failure
from pipelines.records import Outcome

_LOGGERS = ("scrapy.core.scraper", "scrapy.downloadermiddlewares.robotstxt")


_SECRET_SETTING = re.compile(r"('\w*(?:PASS|SECRET|TOKEN|_KEY)\w*': ).*?(?=,\s+'\w+': |\}$)", re.DOTALL)


def hide_secret_settings() -> None:
    """From now on, in this process: Scrapy logs every setting that is not as it came, HTTPAUTH_PASS among them."""
    logging.getLogger("scrapy.crawler").addFilter(_without_secrets)


def _without_secrets(record: logging.LogRecord) -> bool:
    if isinstance(record.args, dict) and "settings" in record.args:
        record.args = {"settings": _SECRET_SETTING.sub(r"\1'[redacted]'", str(record.args["settings"]))}
    return True


def shorten_network_errors() -> None:
    """From now on, in this process: Scrapy tells them with thirty lines of its own call stack."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_shortened)


def _shortened(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    text = record.getMessage()
    if error is not None and text.startswith("Error downloading"):
        outcome, reason = outcome_of_failure(error)
        if outcome is not Outcome.ERROR:
            record.msg, record.args, record.exc_info = text.partition(">")[0] + f">: {reason}", (), None
    return True

"""The Scrapy add-on that puts the archive under a project's spiders.

Owns which component goes where. Must not do anything itself. With ARCHIVE_ENABLED = False (as `scrapy shell`,
`fetch`, `parse` and `check` have it) Scrapy stays as it is.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.utils import deprecate
from scrapy.utils.misc import load_object

from crawler.decoding import DecodingMiddleware
from crawler.frontier import Frontier
from crawler.guard import GuardMiddleware
from crawler.holding import Holding
from crawler.hostrights import HostRightsMiddleware
from crawler.identity import agent_of
from crawler.loglines import ShortLines, hide_secrets, shorten_network_errors
from crawler.policies import RightsPolicies
from crawler.politeness import Politeness
from crawler.progress import Progress
from crawler.resending import ResendingMiddleware
from crawler.retries import VisitRetryMiddleware
from crawler.robots import RobotsMiddleware
from crawler.session import ArchiveSession
from crawler.settingcheck import check_settings
from crawler.sitecounts import SiteCounts
from crawler.slots import OwnSlotMiddleware
from crawler.visitmiddleware import VisitMiddleware

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from crawler.wiretap import WiretapDownloadHandler

ITEM_PIPELINES = {"pipelines.extract.ExtractPipeline": 500, "pipelines.publish.PublishPipeline": 1000}
"""Pipelines of a user's own before 500 see the Page, between them the Page with its article, after 1000 the record."""

_CONSOLES = {"TELNETCONSOLE_ENABLED": "scrapy.extensions.telnet.TelnetConsole",
             "REMOTE_CONTROL_ENABLED": "scrapy.extensions.remote_control.RemoteControl"}
"""Of Scrapy's extensions those that load whole servers, aiohttp's among them, only to see that they are turned off."""

_MIN_CONCURRENT_ITEMS = 2  # a page waits for its callback to end, which must be able to go on meanwhile


class Broadsheet:
    def update_settings(self, settings: BaseSettings) -> None:
        check_settings(settings)
        settings.set("USER_AGENT", agent_of(settings), priority="cmdline")
        if settings.getbool("ARCHIVE_ENABLED", True):
            _wire(settings)
            shorten_network_errors()
            settings.set("LOG_FORMATTER", ShortLines, priority="default")
        _leave_out_consoles(settings)
        hide_secrets()


def _leave_out_consoles(settings: BaseSettings) -> None:
    for switch, extension in _CONSOLES.items():
        if not settings.getbool(switch):
            settings["EXTENSIONS_BASE"].pop(extension, None)


def _wire(settings: BaseSettings) -> None:
    settings.set("SCHEDULER", Frontier, priority="addon")
    if settings.getint("CONCURRENT_ITEMS") < _MIN_CONCURRENT_ITEMS:
        settings.set("CONCURRENT_ITEMS", _MIN_CONCURRENT_ITEMS, priority="cmdline")
    wiretap = _wiretap()
    handlers = {"http": wiretap, "https": wiretap,
                "file": None, "ftp": None, "s3": None, "data": None}
    given = settings.getpriority("DOWNLOAD_HANDLERS") or 0  # a spider's custom_settings go before the project's
    settings.set("DOWNLOAD_HANDLERS", {**handlers, **settings.getdict("DOWNLOAD_HANDLERS")},
                 priority=max(given, SETTINGS_PRIORITIES["project"]))
    for pipeline, order in ITEM_PIPELINES.items():
        settings.setdefault_in_component_priority_dict("ITEM_PIPELINES", load_object(pipeline), order)
    for order, extension in enumerate((ArchiveSession, Politeness, SiteCounts, RightsPolicies, Holding, Progress)):
        settings.setdefault_in_component_priority_dict("EXTENSIONS", extension, order)
    settings.setdefault_in_component_priority_dict("SPIDER_MIDDLEWARES", VisitMiddleware, 10)
    settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", GuardMiddleware, 60)
    settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", OwnSlotMiddleware, 50)
    settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", RobotsTxtMiddleware, None)
    settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", HttpCompressionMiddleware, None)
    settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", DecodingMiddleware, 590)
    settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", RetryMiddleware, None)
    settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", VisitRetryMiddleware, 550)
    settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", ResendingMiddleware, 560)
    settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", RobotsMiddleware, 100)
    settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", HostRightsMiddleware, 110)


def _wiretap() -> type[WiretapDownloadHandler]:
    """Scrapy's TLS comes with it, and as that is loaded, it walks the whole stack and all modules three times to find
    where the old names of its classes stand, for warnings about them: a third of a second of each start. Nobody here
    uses those names."""
    walking = deprecate.inspect  # type: ignore[attr-defined]
    deprecate.inspect = SimpleNamespace(  # type: ignore[attr-defined,assignment]
        isclass=walking.isclass, stack=lambda: [(None,)] * 2, getmodule=lambda _: None)
    try:
        from crawler.wiretap import WiretapDownloadHandler  # noqa: PLC0415
    finally:
        deprecate.inspect = walking  # type: ignore[attr-defined]
    return WiretapDownloadHandler

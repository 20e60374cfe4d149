"""Settings of the project. Every one can be given on the command line: `-s NAME=VALUE`.

Safe by default: an honest user agent, robots.txt obeyed, TLS verified, small limits, no console. The archive's
components are wired in by `crawler.addon`.
"""

import sys

BOT_NAME = "broadsheet"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"
ADDONS = {"crawler.addon.Broadsheet": 100}

# The archive
ARCHIVE_DIR = "archive"
WARC_MAX_BYTES = 1_000_000_000  # a file is closed once it is this large (WARC 1.1, annex C)
WARC_REVISITS = True  # a payload that is archived already is not written again (WARC 1.1, section 6.7)
WARC_DECHUNK = False  # True: blocks without the framing of chunks, and Transfer-Encoding renamed, as browsers' archives
REVISIT_MIN_BYTES = 300  # a smaller one is: a revisit record would take more room
ACCEPT_ENCODING = "gzip, deflate"  # br and zstd are read too, but replay tools cannot rewrite zstd, and some not br
WARC_SECRET_HEADERS: list[str] = []  # of requests, besides Authorization and Proxy-Authorization: kept nowhere
JSONL_MAX_BYTES = 512_000_000  # plain; compressed as it is sealed
SEGMENT_MAX_AGE = 14_400.0  # seconds for which a file is written to: a long crawl hands its files on
JSONL_COMPRESSION = "gzip"  # gzip, zstd or none
DURABILITY = "power"  # what is committed survives a loss of power; process: only whatever befalls the crawl itself
PUBLISH_TO = ""  # where sealed files are copied to as the crawl runs: s3://bucket/prefix, any fsspec address, a folder
PUBLISH_WAIT = 300.0  # seconds for which the end of a crawl waits until all is there
DRAIN_SECONDS = 30.0  # from the first Ctrl-C or SIGTERM to the end

# Trying again
RETRY_TIMES = 2  # in one visit, after RETRY_DELAY seconds, then twice that; later visits are the store's business
RETRY_DELAY = 1.0
CRAWL_WAIT = 30.0  # seconds for which a crawl waits for what is due soon, a Retry-After above all

# Extraction
EXTRACT_WORKERS = 0  # processes; 0: as many as processors
EXTRACT_TIMEOUT = 20.0  # seconds a page
EXTRACT_WAIT = 900.0  # seconds for which a new site's first pages wait until it is known what it repeats; 0: not at all
EXTRACT_MEMORY_MIB = 2048  # address space of a worker
EXTRACT_PRELOAD = ["crawler.discovery"]

# Who we are. Nothing but this machine is crawled before CONTACT is given: an e-mail or a web address.
CONTACT = ""
ROBOTSTXT_OBEY = True
TDMREP = True  # a host is asked for /.well-known/tdmrep.json before its first page, once a day

# Politeness
DOWNLOAD_DELAY = 1.0  # seconds from a host's answer to its next request; sites.toml goes before it, Crawl-delay too
DOWNLOAD_DELAY_JITTER = 0  # of a delay by which it may be longer, at random; never shorter
CONCURRENT_REQUESTS = 64
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # a host is a host name, whatever the port: robots.txt and redirects count too
CRAWL_DELAY_MAX = 300.0  # seconds: where robots.txt asks for more, the host is asked that often, and the log says so
THROTTLE_FACTOR = 2.0  # a host waits so many times as long as it takes to answer, if that is longer; 0: it does not
THROTTLE_MAX_DELAY = 60.0  # seconds: the longest wait for slow answers, and for 429 and 503; 0: no throttle
ROBOTS_MAX_AGE = 86_400.0  # seconds for which a robots.txt counts (RFC 9309, section 2.4), then it is read again
ROBOTSTXT_PARSER = "crawler.robotrules.RobotRules"
CONCURRENT_ITEMS = 4  # a spider yields one page a response; Scrapy starts that many tasks for each

# Limits on a hostile web
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024  # bytes, as they come and decoded
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 60
REDIRECT_MAX_TIMES = 10
METAREFRESH_ENABLED = False  # on news sites it reloads the page for fresh advertisements
COOKIES_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# What is shown: a progress bar and a table on a terminal, log lines elsewhere
LOG_LEVEL = "WARNING" if sys.stderr.isatty() else "INFO"
LOG_VERSIONS: list[str] = []
STATS_DUMP = False
EXTENSIONS = {"scrapy.extensions.logstats.LogStats": None}
PROMETHEUS_TEXTFILE = ""  # written at the end of a crawl, for node_exporter
PROGRESS_INTERVAL = 10.0  # seconds between log lines where there is no terminal

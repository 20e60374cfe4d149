"""Prefect 3: a crawl every fifteen minutes, one at a time. `python broadsheet_flow.py` schedules and runs it."""

import subprocess

from prefect import flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.states import Cancelled, Completed, Failed

PROJECT = "/opt/broadsheet"
CRAWL = [".venv/bin/scrapy", "crawl", "news", "-a", "sites=/etc/broadsheet/sites.toml",
         "-s", "ARCHIVE_DIR=/var/lib/broadsheet", "-s", "CONTACT=you@example.org"]
ENDS = {
    0: Completed(message="done"),
    10: Completed(message="done, but a site failed", name="SiteFailed"),
    75: Cancelled(message="another crawl holds this archive"),
}


@flow(name="broadsheet", retries=0)     # the next tick goes on where this one ended
def crawl():
    with subprocess.Popen(CRAWL, cwd=PROJECT) as scrapy:
        try:
            code = scrapy.wait()
        except BaseException:           # cancelled: scrapy gets a SIGTERM as well, and `with` waits for its end
            scrapy.terminate()
            raise
    return ENDS.get(code, Failed(message=f"scrapy crawl ended with {code}"))


if __name__ == "__main__":
    only_one = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    crawl.serve(name="every-fifteen-minutes", cron="*/15 * * * *", global_limit=only_one)

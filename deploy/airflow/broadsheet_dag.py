"""Airflow 3: a crawl every fifteen minutes, one at a time. Belongs into the folder of your DAGs."""

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

# 10: a site failed, and what reads the articles of the others goes on.
CRAWL = """
.venv/bin/scrapy crawl news -a sites=/etc/broadsheet/sites.toml \
    -s ARCHIVE_DIR=/var/lib/broadsheet -s CONTACT=you@example.org || {
    code=$?
    [ $code -eq 10 ] || exit $code
}
"""

with DAG(
    dag_id="broadsheet",
    schedule="*/15 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(
        task_id="crawl",
        cwd="/opt/broadsheet",
        bash_command=CRAWL,
        skip_on_exit_code=[75],     # another crawl holds this archive
        retries=2,                  # the next attempt goes on where this one ended
        retry_delay=timedelta(minutes=1),
    )

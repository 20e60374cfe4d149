"""What is shown for Kubernetes, Airflow and Prefect: it parses, and says of exit codes what crawls mean by them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from pipelines.errors import ExitCode
from tests.crawls import REPOSITORY, TIMEOUT_SECONDS

DEPLOY = REPOSITORY / "deploy"
OPERATIONS = (REPOSITORY / "docs" / "operations.md").read_text()


def manifest(kind: str) -> dict[str, Any]:
    documents = yaml.safe_load_all((DEPLOY / "kubernetes" / "cronjob.yaml").read_text())
    (found,) = [document for document in documents if document["kind"] == kind]
    return found


def test_a_cron_job_never_runs_twice_and_is_given_time_to_end() -> None:
    spec = manifest("CronJob")["spec"]
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert pod["terminationGracePeriodSeconds"] == 60
    assert pod["restartPolicy"] == "Never", "podFailurePolicy allows no other"
    claimed = {volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"]
               if "persistentVolumeClaim" in volume}
    assert claimed == {manifest("PersistentVolumeClaim")["metadata"]["name"]}
    (container,) = pod["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert container["command"][1:] == ["crawl", "news"]


def test_a_pod_is_started_again_only_where_that_helps() -> None:
    job = manifest("CronJob")["spec"]["jobTemplate"]["spec"]
    drained, hopeless = job["podFailurePolicy"]["rules"]
    assert drained == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}
    assert hopeless["action"] == "FailJob"
    assert hopeless["onExitCodes"]["containerName"] == job["template"]["spec"]["containers"][0]["name"]
    again = {ExitCode.DONE, ExitCode.FAILED, ExitCode.STOPPED}
    assert set(hopeless["onExitCodes"]["values"]) == set(ExitCode) - again


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.py")), ids=lambda path: path.name)
def test_python_of_the_recipes_compiles(path: Any) -> None:
    compile(path.read_text(), str(path), "exec")


@pytest.mark.parametrize(("ended", "told"), [(0, 0), (10, 0), (3, 3), (4, 4), (9, 9), (11, 11), (75, 75)])
def test_airflow_is_told_every_exit_code_but_that_of_a_failed_site(ended: int, told: int) -> None:
    source = (DEPLOY / "airflow" / "broadsheet_dag.py").read_text()
    command = next(ast.literal_eval(node.value) for node in ast.parse(source).body
                   if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CRAWL")
    given = re.sub(r"\.venv/bin/scrapy", f'{sys.executable} -c "import sys; sys.exit({ended})"', command)
    run = subprocess.run(["bash", "-c", given], check=False, timeout=TIMEOUT_SECONDS)
    assert run.returncode == told


def test_the_operations_page_has_every_exit_code() -> None:
    table = OPERATIONS.partition("## Exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == set(ExitCode)


@pytest.mark.parametrize("path", sorted(path for path in DEPLOY.rglob("*") if path.is_file()),
                         ids=lambda path: path.name)
def test_the_operations_page_leads_to_every_recipe(path: Any) -> None:
    if "__pycache__" not in path.parts:
        assert f"../{path.relative_to(REPOSITORY)}" in OPERATIONS

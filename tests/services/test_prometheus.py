"""What Prometheus makes of the rules, and whether it agrees with the ledger."""

import json
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecp.slo.burn import alerts
from ecp.slo.objective import Objective
from ecp.slo.rules import ALERT_GROUP, RATIO_GROUP, Period, Rules
from ecp.slo.slots import STATE_NAMES, CountSeries, SlotSeries, State
from ecp.slo.windows import calendar

from .stack import Stack

GIVEN = Path(__file__).parents[1] / "golden" / "sla" / "promtool"
DAY = 86_400
CLOCK = "/api/v1/clusters/default/clock"
CLOSE = 1e-9
Runs = list[tuple[State, int]]


# -- rules ----------------------------------------------------------------------------------------


def judged(folder: Path, rules: Rules, tests: str) -> None:
    """Run *tests*, a file of promtool's, against the rules of a tenant."""
    (folder / "rules.yml").write_text(rules.to_yaml(), "utf-8")
    (folder / "tests.yml").write_text(tests, "utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", "tests.yml"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(path.name for path in GIVEN.glob("*.yml")))
def test_the_given_tests_pass_with_the_rules_of_99_5_percent(tmp_path: Path, name: str) -> None:
    # They know slots only: requests beside them cost time, and one file shows that they do no harm.
    rules = Rules("t1", Objective(), Period.rolling(30 * DAY), requests=name == "window_24h.yml")
    judged(tmp_path, rules, (GIVEN / name).read_text("utf-8"))


def case(services: dict[str, Runs], checks: dict[str, Any]) -> dict[str, Any]:
    """Return a test of promtool over the slots of services, sampled each minute."""
    inputs = []
    for service, runs in services.items():
        series = SlotSeries.of(0, runs)
        for state, word in STATE_NAMES.items():
            edges = range(0, series.end + 1, 12)
            totals = [_slots_in(series, state, edge) for edge in edges]
            labels = f'tenant="t1",service="{service}",state="{word}"'
            values = " ".join(map(str, totals))
            inputs.append({"series": f"ecp_sla_slots_total{{{labels}}}", "values": values})
    return {"interval": "1m", "input_series": inputs, **checks}


def _slots_in(series: SlotSeries, state: State, edge: int) -> int:
    return sum(run.end - run.start for run in series.between(0, edge) if run.state == state)


STEP = 6
"""Minutes between two looks. The burn rates hold nothing for a while: what is seen at one look does
not hang on those before it, so the rules are evaluated where somebody looks, and nowhere else."""


def file_of(*cases: dict[str, Any], every: str = "1m") -> str:
    """Return promtool's file; JSON is YAML.

    Without an order promtool 2.42 evaluates groups as Go walks a map: alerts then may read the
    ratios of the minute before.
    """
    return json.dumps(
        {
            "rule_files": ["rules.yml"],
            "evaluation_interval": every,
            "group_eval_order": [RATIO_GROUP, ALERT_GROUP],
            "tests": list(cases),
        }
    )


def expects(alert: str, minute: int, severity: str | None) -> dict[str, Any]:
    """Return the check that an alert fires at a minute, or (None) that it does not."""
    labels = {"severity": severity, "tenant": "t1"}
    return {
        "alertname": alert,
        "eval_time": f"{minute}m",
        "exp_alerts": [] if severity is None else [{"exp_labels": labels}],
    }


BLIPS: Runs = [("U", 11), ("D", 1)]
PATTERNS: dict[str, Runs] = {
    "an outage that goes on": [("U", 1440), ("D", 240), ("U", 480)],
    "one slot in twelve": [("U", 720), *(BLIPS * 90), ("U", 360)],
    "maintenance, then slow to come back": [("U", 1000), ("M", 440), ("D", 70), ("U", 650)],
    "unknown is not bad": [("U", 700), ("N", 300), ("D", 40), ("U", 1120)],
}


@pytest.mark.parametrize(
    "rules",
    [
        Rules("t1", Objective(), Period.rolling(30 * DAY)),
        Rules("t1", Objective(), Period.rolling(DAY)),
        Rules("t1", Objective(target_ppm=990_000), Period.rolling(7 * DAY)),
        Rules("t1", Objective(), Period.calendar(calendar("month", 1_772_000_000, "Asia/Seoul"))),
    ],
    ids=["30 days", "a contract of 24 hours", "99 % over a week", "a February"],
)
def test_the_rules_page_when_the_ledger_does(tmp_path: Path, rules: Rules) -> None:
    cases, fired = [], []
    for runs in PATTERNS.values():
        series = SlotSeries.of(0, runs)
        checks = []
        for minute in range(60, series.end // 12 + 1, STEP):
            found = alerts(series, minute * 12, rules.objective, rules.period.seconds)
            for severity in ("page", "ticket"):
                fires = any(a.firing for a in found if a.tier.severity == severity)
                name = f"EcpSlaBurn{severity.capitalize()}"
                checks.append(expects(name, minute, severity if fires else None))
        fired += [len(check["exp_alerts"]) for check in checks]
        cases.append(case({"": runs}, {"alert_rule_test": checks}))
    assert set(fired) == {0, 1}
    judged(tmp_path, replace(rules, requests=False), file_of(*cases, every=f"{STEP}m"))


ASKED: dict[str, list[tuple[int, int, int]]] = {
    "one in twenty-five, for hours": [(90, 1000, 1000), (420, 960, 1000), (90, 1000, 1000)],
    "few, of which all fail": [(60, 0, 0), (70, 0, 1), (20, 0, 0), (90, 20, 20)],
    "a surge that fails": [(120, 50, 50), (20, 0, 900), (90, 50, 50)],
}
"""Minutes, and the good and all requests of each."""


def test_the_rules_page_for_requests_when_the_ledger_does(tmp_path: Path) -> None:
    rules = Rules("t1", Objective(), Period.rolling(30 * DAY))
    by_requests = Objective(governing="occurrences")
    cases, fired = [], []
    for runs in ASKED.values():
        slots = [row for n, good, total in runs for row in ((1, good, total), (11, 0, 0)) * n]
        counts = CountSeries.of(0, slots)
        series = SlotSeries.of(0, [("U", counts.end)])
        checks = []
        for minute in range(60, series.end // 12 + 1, STEP):
            found = alerts(series, minute * 12, by_requests, rules.period.seconds, counts)
            for severity in ("page", "ticket"):
                fires = any(a.firing for a in found if a.tier.severity == severity)
                name = f"EcpSlaRequestBurn{severity.capitalize()}"
                checks.append(expects(name, minute, severity if fires else None))
        fired += [len(check["exp_alerts"]) for check in checks]
        one = case({"": [("U", counts.end)]}, {"alert_rule_test": checks})
        for result in ("good", "bad"):
            sums = (counts.sums(0, edge) for edge in range(0, counts.end + 1, 12))
            totals = (good if result == "good" else total - good for good, total in sums)
            labels = f'tenant="t1",service="",result="{result}"'
            row = {
                "series": f"ecp_requests_total{{{labels}}}",
                "values": " ".join(map(str, totals)),
            }
            one["input_series"].append(row)
        cases.append(one)
    assert set(fired) == {0, 1}
    judged(tmp_path, rules, file_of(*cases, every=f"{STEP}m"))


def test_the_whole_is_taken_where_it_is_said_and_never_a_sum_of_services(tmp_path: Path) -> None:
    a: Runs = [("U", 120), ("D", 60), ("U", 540)]
    b: Runs = [("U", 300), ("D", 60), ("U", 360)]
    whole: Runs = [("U", 120), ("D", 60), ("U", 120), ("D", 60), ("U", 360)]

    def said(value: float | None) -> dict[str, Any]:
        expr = "ecp:sla_error:ratio_rate1h"
        labels = f'{expr}{{tenant="t1"}}'
        samples = [] if value is None else [{"labels": labels, "value": value}]
        return {
            "promql_expr_test": [{"expr": expr, "eval_time": "60m", "exp_samples": samples}],
            "alert_rule_test": [expects("EcpSlaNoData", 60, "ticket" if value is None else None)],
        }

    judged(
        tmp_path,
        Rules("t1", Objective(), Period.rolling(DAY), requests=False),
        file_of(
            case({"": whole, "a": a, "b": b}, said(120 / 720)),
            case({"a": a, "b": b}, said(None)),
            case({"a": a}, said(60 / 720)),
        ),
    )


def test_a_counter_that_begins_anew_is_no_negative_ratio(tmp_path: Path) -> None:
    def series(state: str, values: str) -> dict[str, str]:
        labels = f'tenant="t1",service="",state="{state}"'
        return {"series": f"ecp_sla_slots_total{{{labels}}}", "values": values}

    expr = "ecp:sla_error:ratio_rate1h"
    check = {
        "interval": "1m",
        "input_series": [
            series("up", "900+12x60 0+0x9"),
            series("down", "500+0x60 12+12x9"),
            series("maintenance", "0+0x70"),
        ],
        "promql_expr_test": [
            {
                "expr": f"{expr} > bool 0.072",
                "eval_time": "68m",
                "exp_samples": [{"labels": '{tenant="t1"}', "value": 1}],
            }
        ],
    }
    judged(tmp_path, Rules("t1", Objective(), Period.rolling(30 * DAY)), file_of(check))


# -- a Prometheus ---------------------------------------------------------------------------------


@contextmanager
def prometheus(folder: Path, config: str, *options: str) -> Iterator[str]:
    """A Prometheus over *folder* on a port of its own: its address, once it is ready."""
    (folder / "prometheus.yml").write_text(config, "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                "--config.file=prometheus.yml",
                "--storage.tsdb.path=data",
                "--storage.tsdb.retention.time=100y",
                f"--web.listen-address={address}",
                *options,
            ],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        until = time.monotonic() + 180
        while True:
            try:
                urllib.request.urlopen(f"http://{address}/-/ready", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < until
                assert process.poll() is None
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def asked(address: str, query: str, at: float | None = None) -> list[dict[str, Any]]:
    """Return the vector that a query gives, at an instant or now."""
    given = {"query": query, **({} if at is None else {"time": at})}
    url = f"http://{address}/api/v1/query?{urllib.parse.urlencode(given)}"
    with urllib.request.urlopen(url, timeout=180) as response:
        found: list[dict[str, Any]] = json.load(response)["data"]["result"]
    return found


def value(address: str, query: str, at: float | None = None) -> float:
    """Return the one number that a query gives."""
    (row,) = asked(address, query, at)
    return float(row["value"][1])


def agrees(address: str, rules: Rules, report: dict[str, Any], at: float | None = None) -> None:
    """Compare up time, down time and budget with those of the ledger's report."""
    name, budget = rules.period.name, report["error_budget"]
    eligible, down = report["eligible_seconds"], report["downtime_seconds"]
    assert 0 < down < eligible
    uptime = value(address, rules.uptime(name, inline=True), at)
    assert uptime == pytest.approx(100 * (eligible - down) / eligible, rel=CLOSE)
    assert value(address, rules.downtime(name, inline=True), at) == pytest.approx(
        down / 60, rel=CLOSE
    )
    assert value(address, rules.remaining(inline=True), at) == pytest.approx(
        budget["remaining_seconds"] / budget["allowed_seconds"], rel=CLOSE
    )
    good, total = report["requests"]["good"], report["requests"]["total"]
    if not total:
        assert asked(address, rules.availability(name, inline=True), at) == []
        return
    availability = value(address, rules.availability(name, inline=True), at)
    assert availability == pytest.approx(100 * good / total, rel=CLOSE)
    left = 1 - (total - good) * 1_000_000 / (rules.objective.budget_ppm * total)
    assert value(address, rules.requests_remaining(inline=True), at) == pytest.approx(
        left, rel=CLOSE
    )


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Both services with a tenant whose SLA clock runs, until a test lets it stand."""
    found = Stack(tmp_path_factory.mktemp("ecp"))
    found.start()
    try:
        found.post("/api/v1/simulator/deploy/acme", {})
        found.warp("12m")
        yield found
    finally:
        found.stop()


def failure(stack: Stack, seconds: int) -> None:
    """Let the tenant be down for a while."""
    body = {"failure_type": "service_down", "duration": f"{seconds}s"}
    stack.post("/api/v1/simulator/failures/acme/trigger", body)


def report_of(stack: Stack, period: str) -> dict[str, Any]:
    """Return the ledger's report of a period that ends now."""
    path = f"/api/v1/clusters/default/tenants/acme/sla?period={period}"
    answer = stack.call("simulator", "GET", path)
    assert answer.status == 200, answer
    body: dict[str, Any] = answer.body
    return body


@pytest.mark.cluster
def test_at_pace_1_scraping_agrees_with_the_ledger(stack: Stack, tmp_path: Path) -> None:
    config = (
        "global: {scrape_interval: 1s}\n"
        "scrape_configs: [{job_name: ecp, static_configs: [{targets: "
        f"['127.0.0.1:{stack.ports['simulator']}']}}]}}]\n"
    )
    counter = 'ecp_sla_slots_total{tenant="acme",service=""}'
    stack.call("simulator", "POST", CLOCK, {"action": "resume"})
    with prometheus(tmp_path, config) as address:
        failure(stack, 15)
        until = time.monotonic() + 180
        while True:
            grown = f"{counter} - min_over_time({counter}[5m])"
            rows = {row["metric"]["state"]: int(row["value"][1]) for row in asked(address, grown)}
            if rows.get("up") and rows.get("down"):
                break
            assert time.monotonic() < until, rows
            time.sleep(0.5)
        assert set(rows) == set(STATE_NAMES.values())
        stack.call("simulator", "POST", CLOCK, {"action": "pause"})
        stood = time.time()
        while value(address, f"min(timestamp({counter}))") <= stood + 1:
            time.sleep(0.3)
        rows = {row["metric"]["state"]: int(row["value"][1]) for row in asked(address, grown)}
        report = report_of(stack, f"{5 * sum(rows.values())}s")
        agrees(address, Rules("acme", Objective(), Period.rolling(DAY)), report)


@pytest.mark.cluster
def test_a_warped_month_agrees_with_the_ledger(stack: Stack, tmp_path: Path) -> None:
    stack.call("simulator", "POST", CLOCK, {"action": "pause"})
    for seconds in (35, 600, 95):
        failure(stack, seconds)
        stack.warp("11d")
    now = stack.call("simulator", "GET", CLOCK).body["now_ns"]
    stack.warp(f"{-now % 300_000_000_000}ns")  # samples stand at every fifth minute
    exported = stack.cli("slo", "export", "acme", "--period", "30d", "--step", "5m")
    assert exported.returncode == 0, exported.stderr
    (tmp_path / "acme.om").write_text(exported.stdout, "utf-8")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=768h",
         "acme.om", "data"],
        cwd=tmp_path, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    last = exported.stdout.splitlines()[-2].split()
    assert last[0].startswith("ecp_requests_total")
    with prometheus(tmp_path, "{}") as address:
        for name, seconds in (("24h", DAY), ("7d", 7 * DAY), ("30d", 30 * DAY)):
            report = report_of(stack, name)
            if report["downtime_seconds"]:
                rules = Rules("acme", Objective(), Period.rolling(seconds))
                agrees(address, rules, report, float(last[2]))
        assert report["downtime_seconds"] > 700
        assert 0 < report["requests"]["good"] < report["requests"]["total"]


@pytest.mark.cluster
@pytest.mark.parametrize("service", ["simulator", "orchestrator"])
def test_the_metrics_of_a_service_are_as_prometheus_wants_them(stack: Stack, service: str) -> None:
    found = stack.call(service, "GET", "/metrics")
    checked = subprocess.run(
        [shutil.which("promtool") or "promtool", "check", "metrics"],
        input=found.body,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")

"""Commands that are one call: what they ask for, and what of it stays as it was."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ecp.cli import api, clusters
from ecp.cli.output import Failure

from .test_asked import APP, Service

ROUTE = {
    "id": 1, "name": "on-call", "kind": "webhook", "target": "https://hooks…", "tenant_id": "",
    "rule": "", "severity": "warning", "language": "ko", "simulated": False, "resolved": True,
    "enabled": True, "at": "2026-01-05T09:00:00Z",
}  # fmt: skip
KEPT = {name: value for name, value in ROUTE.items() if name not in ("id", "at", "target")}
ROW = {
    "rehearsal_id": 3, "name": "night", "kind": "run", "state": "queued",
    "progress": {"done": 0, "runs": 1}, "created_at": "2026-01-05T09:00:00Z",
}  # fmt: skip
ALERTS, REHEARSALS = "/api/v1/alerts", "/api/v1/rehearsals"
OWN = "/api/v1/tenants/acme/alerts"
LOADED = "/api/v1/clusters/default/tenants/acme"


@pytest.mark.parametrize(
    ("line", "answer", "asked"),
    [
        ("rehearsal cancel 3", ROW, ("POST", f"{REHEARSALS}/3/cancel", None)),
        ("rehearsal resume 3", ROW, ("POST", f"{REHEARSALS}/3/resume", None)),
        (
            "rehearsal again 3 --seed 17",
            ROW,
            ("POST", f"{REHEARSALS}/3/again", {"seed": 17, "variant": "base"}),
        ),
        ("rehearsal delete 3", {}, ("DELETE", f"{REHEARSALS}/3", None)),
        ("rehearsal list", {"rehearsals": [ROW]}, ("GET", REHEARSALS, None)),
        (
            "alerts set-route 1 --severity critical --disabled",
            {"routes": [ROUTE]},
            ("PUT", f"{ALERTS}/routes/1", {**KEPT, "severity": "critical", "enabled": False}),
        ),
        (
            "alerts set-route 1 --target env:URL --not-resolved",
            {"routes": [ROUTE]},
            ("PUT", f"{ALERTS}/routes/1", {**KEPT, "target": "env:URL", "resolved": False}),
        ),
        (
            "alerts policy acme",
            {"preset": "default", "off": ["gpu_high"]},
            ("GET", f"{ALERTS}/policies/acme", None),
        ),
        (
            "alerts policy acme --preset strict --off cpu_high --on gpu_high",
            {"preset": "default", "off": ["gpu_high", "slow"]},
            ("PUT", f"{ALERTS}/policies/acme", {"preset": "strict", "off": ["slow", "cpu_high"]}),
        ),
        (
            "alerts add-rule acme high --condition cpu_usage>85 --tell email",
            {},
            (
                "POST",
                OWN,
                {
                    "alert_name": "high",
                    "condition": "cpu_usage>85",
                    "duration": "5m",
                    "severity": "warning",
                    "actions": ["email"],
                },
            ),
        ),
        ("alerts remove-rule acme high/er", {}, ("DELETE", f"{OWN}/high%2Fer", None)),
        ("alerts rules acme", {"rules": []}, ("GET", OWN, None)),
    ],
    ids=[
        "stop one",
        "go on",
        "one run again",
        "forget one",
        "list them",
        "of a route what is not said stays, its target too",
        "a route's other target",
        "a policy is shown",
        "rules are switched off and on beside the others",
        "a rule of one's own",
        "a rule is forgotten by its name",
        "rules are listed",
    ],
)
def test_a_command_asks_for(
    monkeypatch: pytest.MonkeyPatch, line: str, answer: Any, asked: tuple[str, str, Any]
) -> None:
    service = Service(answer)
    monkeypatch.setattr(api, "_asked", service)
    APP.main(line.split(), prog_name="ecp", standalone_mode=False)
    assert service.calls[-1][:3] == asked


def test_a_contract_that_was_printed_can_be_given_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = {"response_time_ms": [50, 100]}
    agreed = {"tenant_id": "acme", "service_hours": "profile", "holidays": ["2026-01-01"],
              "limits": limits}  # fmt: skip
    service = Service(agreed)
    monkeypatch.setattr(api, "_asked", service)
    APP.main(["slo", "contract", "acme", "-o", "yaml"], prog_name="ecp", standalone_mode=False)
    printed = capsys.readouterr().out
    assert yaml.safe_load(printed)["service_hours"] == "profile"
    file = tmp_path / "contract.yaml"
    file.write_text("holidays: [2026-01-01]\n" + printed.replace("holidays", "more"))
    APP.main(["slo", "contract", "acme", "-f", str(file)], prog_name="ecp", standalone_mode=False)
    method, path, body, _ = service.calls[-1]
    assert (method, path) == ("PUT", "/api/v1/simulator/sla/acme/contract")
    assert not {"tenant_id", "limits"} & set(body)
    assert body["holidays"] == ["2026-01-01"]


def loaded(monkeypatch: pytest.MonkeyPatch, line: str) -> list[Any]:
    """Return what the simulator was asked for, by `ecp cluster load acme` with more of a *line*."""
    calls = list[Any]()

    def simulator(method: str, path: str, body: Any = None) -> Any:
        calls.append((method, path, body))
        return {"profiles": []}

    monkeypatch.setattr(clusters, "called", simulator)
    try:
        APP.main(f"cluster load acme {line}".split(), prog_name="ecp", standalone_mode=False)
    except Failure as refused:
        calls.append(refused.key)
    return calls


SHOWN = ("GET", f"{LOADED}/demand?points=2", None)


@pytest.mark.parametrize(
    ("line", "calls"),
    [
        ("", [SHOWN]),
        (
            "callbot=14 chatbot=0",
            [("PUT", f"{LOADED}/load", {"load": {"callbot": 14, "chatbot": 0}}), SHOWN],
        ),
        ("--contracted", [("PUT", f"{LOADED}/load", {"load": {}}), SHOWN]),
        ("callbot=many", ["cli.cluster-load-bad"]),
        ("callbot", ["cli.cluster-load-bad"]),
        ("=3", ["cli.cluster-load-bad"]),
        ("callbot=-1", ["cli.cluster-load-bad"]),
        ("callbot=3 --contracted", ["cli.cluster-load-either"]),
    ],
    ids=[
        "what is asked now is shown",
        "other numbers of units ask, and are shown",
        "the contracted ones ask again",
        "words are no number of units",
        "a profile alone says no number",
        "a number alone says of nobody",
        "nobody asks less than nothing",
        "both at once mean nothing",
    ],
)
def test_a_load_is_set(monkeypatch: pytest.MonkeyPatch, line: str, calls: list[Any]) -> None:
    assert loaded(monkeypatch, line) == calls

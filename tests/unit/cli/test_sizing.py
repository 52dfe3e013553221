"""`ecp size` and `ecp manifest` without a service: what is printed, and what is refused."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from ecp.cli.output import Failure
from ecp.sim import clusters
from ecp.workloads.offers import offers

APP: Any = typer.main.get_command(importlib.import_module("ecp.cli.commands").app)
EXAMPLE = ("size", "--callbot", "10", "--chatbot", "50", "--advisor", "5")
OWN = """
provider: iaas
region: here
currency: KRW
hours: 730
vat_percent: 10
vat_included: true
price_date: 2026-02-01
basis: list
price_source: our contract
machines:
  - {name: cpu, cores: 32, memory: 128Gi, monthly: 110}
  - {name: gpu, cores: 32, memory: 128Gi, gpu: t4, gpus: 4, monthly: 1100}
storage: {block: {price: 0, source: s}, shared: {price: 0, source: s}}
fixed: []
"""


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    APP.main([*arguments], prog_name="ecp", standalone_mode=False)
    return capsys.readouterr().out


def test_a_size_is_shown_with_its_machines_and_its_cost(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, *EXAMPLE, "--provider", "ncp")
    rows = [line.split() for line in shown.splitlines()]
    assert ["callbot", "2", "3", "20", "2100m", "5376Mi", "-"] in rows
    assert ["gpu-t4", "gpu-t4-1", "9", "9", "7"] in rows
    assert "A month on ncp (KR), infrastructure of its own: KRW " in shown
    # Nobody may take an assumed price for a listed one.
    assert "Prices are assumed" in shown
    assert "Prices as listed on 2025-11-30" in printed(capsys, *EXAMPLE, "--provider", "aws")
    assert shown.count(" a month less.") + shown.count(" a month more.") == len(offers()) + 1


def test_all_of_it_is_data(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, *EXAMPLE, "--gpu", "l4", "-o", "json"))
    assert (found["recommended_preset"], found["gpu_type"]) == ("small", "l4")
    assert found["estimated_cost"]["krw"] == sum(
        row["krw"] for row in found["estimated_cost"]["items"]
    )
    assert all("{" not in row["text"] for row in found["resources"]["why"])


def test_what_would_be_bought_is_a_cluster_to_rehearse_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = printed(capsys, "size", "--preset", "micro", "--provider", "azure", "-o", "cluster")
    cluster = clusters.check(yaml.safe_load(shown))
    (gpu,) = [pool for pool in cluster["pools"] if pool["gpus"]]
    assert gpu["labels"]["accelerator"] == "nvidia-t4"
    assert gpu["taints"] == [{"key": "sku", "effect": "NoSchedule", "value": "present"}]


def test_prices_of_ones_own_are_taken_without_their_tax(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(OWN)
    found = json.loads(printed(capsys, *EXAMPLE, "--prices", str(file), "-o", "json"))
    cost = found["estimated_cost"]
    nodes = {pool["pool"]: pool["nodes"] for pool in found["node_pools"]}
    assert cost["krw"] == 100 * nodes["general"] + 1000 * nodes["gpu-t4"]
    assert (cost["price_source"], cost["price_basis"]) == ("our contract", "list")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("size",), "Nothing is asked for", id="nothing"),
        pytest.param(("size", "--preset", "huge"), "huge", id="no preset"),
        pytest.param((*EXAMPLE, "--provider", "moon"), "moon", id="no provider"),
        pytest.param((*EXAMPLE, "--gpu", "h100"), "h100", id="no GPU"),
        pytest.param(
            (*EXAMPLE, "--provider", "azure", "--gpu", "l40s"),
            "azure has no machine",
            id="not sold",
        ),
        pytest.param((*EXAMPLE, "--infrastructure", "none"), "--infrastructure", id="no such kind"),
        pytest.param((*EXAMPLE, "--prices", "no.yaml"), "no.yaml", id="no file"),
        pytest.param((*EXAMPLE, "--prices", "bad.yaml"), "bad.yaml: must have", id="a bad file"),
        pytest.param(("manifest", "acme", "--format", "tar"), "--format", id="no such form"),
        pytest.param(
            ("manifest", "acme", "--format", "offline"), "--registry", id="no registry inside"
        ),
    ],
)
def test_what_cannot_be_says_why(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_text("provider: x\n")
    with pytest.raises(Failure) as raised:
        APP.main([*arguments], prog_name="ecp", standalone_mode=False)
    assert message in raised.value.spoken("en")

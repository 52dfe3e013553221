"""Objects as they would have been applied, nodes as pools, and how well a twin matches."""

from typing import Any

import pytest

from ecp.orchestrator.twins.cleaning import accounts_of, cleaned, model_of, secrets_of
from ecp.orchestrator.twins.model import Fit, Samples, by_figure, compared, verdict
from ecp.workloads.calibrating import Fitted, Times, quantile, started


def obj(kind: str, name: str = "a", **more: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": "shop", "uid": "1", "resourceVersion": "9",
            "managedFields": [{}], "creationTimestamp": "2026-01-01T00:00:00Z",
            **more.pop("meta", {})}  # fmt: skip
    return {"apiVersion": "v1", "kind": kind, "metadata": meta, "status": {"x": 1}, **more}


def test_what_the_server_wrote_is_left_out() -> None:
    spec = {
        "clusterIP": "10.0.0.1",
        "clusterIPs": ["10.0.0.1"],
        "ports": [{"port": 1, "nodePort": 2}],
    }
    notes = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "own": "1"}
    found = cleaned(obj("Service", spec=spec, meta={"annotations": notes}))
    assert found == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "namespace": "shop", "annotations": {"own": "1"}},
        "spec": {"ports": [{"port": 1}]},
    }
    headless = cleaned(obj("Service", spec={"clusterIP": "None", "ports": []}))
    assert headless is not None
    assert headless["spec"]["clusterIP"] == "None"


@pytest.mark.parametrize(
    "given",
    [
        obj("ConfigMap", "kube-root-ca.crt"),
        obj("ServiceAccount", "default"),
        obj("ConfigMap", meta={"ownerReferences": [{"controller": True}]}),
        obj("ConfigMap", meta={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
    ],
    ids=["made by the server", "made with the namespace", "a controller's", "on its way out"],
)
def test_what_others_make_is_not_imported(given: Any) -> None:
    assert cleaned(given) is None


def test_secrets_are_made_of_references_never_read() -> None:
    pod = {
        "serviceAccountName": "web",
        "imagePullSecrets": [{"name": "pull"}],
        "volumes": [{"secret": {"secretName": "tls", "items": [{"key": "tls.crt"}]}}],
        "containers": [
            {
                "envFrom": [{"secretRef": {"name": "env"}}],
                "env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "pw"}}}],
            }
        ],
    }
    given = [obj("Deployment", spec={"template": {"spec": pod}})]
    found = {s["metadata"]["name"]: sorted(s["data"]) for s in secrets_of(given, "shop")}
    assert found == {"db": ["pw"], "env": [], "pull": [".dockerconfigjson"], "tls": ["tls.crt"]}
    assert [a["metadata"]["name"] for a in accounts_of(given, "shop")] == ["web"]


def node(name: str, cpu: str, zone: str, **labels: str) -> dict[str, Any]:
    labels = {"topology.kubernetes.io/zone": zone, "kubernetes.io/hostname": name, **labels}
    room = {"cpu": cpu, "memory": "16Gi", "pods": "110"}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {},
        "status": {"allocatable": room},
    }


def test_machines_that_offer_the_same_are_a_pool() -> None:
    nodes = [node("a", "4", "z1"), node("b", "4", "z2"), node("c", "8", "z1", disk="ssd")]
    spec, _ = model_of("twin", nodes, [])
    pools = [(p["cpu"], p["count"], p["zones"], p["labels"]) for p in spec["pools"]]
    assert pools == [("4", 2, ["z1", "z2"], {}), ("8", 1, ["z1"], {"disk": "ssd"})]
    spec, assumed = model_of("twin", [], [], needs=(6000, 12 << 30))
    assert spec["pools"][0]["count"] == 3
    assert "twin.assumed-nodes" in assumed


@pytest.mark.parametrize(
    ("ready", "period", "delay", "value", "assumed"),
    [
        ([46.0, 47.0, 48.0], 5, 0, 44.5, ""),
        ([46.0, 46.0], 2, 0, 45.0, ""),
        ([10.0, 60.0], 5, 0, 32.5, ""),
        ([5.0, 5.0], 10, 5, 2.5, "up at the first probe"),
    ],
    ids=[
        "each pod bounds it by its own tick",
        "half a tick before they were seen",
        "pods that differ: their middle",
        "up before anybody looked",
    ],
)
def test_start_up(
    ready: list[float], period: float, delay: float, value: float, assumed: str
) -> None:
    found = started(ready, period=period, delay=delay)
    assert found is not None
    assert (found.value, found.samples, found.assumed) == (value, len(ready), assumed)


def test_a_container_without_a_probe_tells_nothing_of_its_start() -> None:
    assert started([0.0, 0.0], period=0, delay=0, probed=False) is None


def test_quantiles_of_a_histogram() -> None:
    buckets = [(0.1, 50.0), (0.2, 90.0), (float("inf"), 100.0)]
    assert quantile(buckets, 0.5) == pytest.approx(0.1)
    assert quantile(buckets, 0.7) == pytest.approx(0.15)
    assert quantile(buckets, 0.99) == 0.2
    assert quantile([(0.1, 0.0)], 0.5) is None


KEY = ("deployment/web", "a")
FITS = {KEY: Fit(Fitted(45, 2, 44, 46), Fitted(200, 1, 1, 1, "one sample"), None)}
REAL = Samples([46.0, 46.0], [200.0], [])


@pytest.mark.parametrize(
    ("twin", "matches", "word"),
    [
        (Samples([46.0], [200.0], [1e9]), [True, True, None], "faithful"),
        (Samples([50.0], [219.0], []), [True, True, None], "faithful"),
        (Samples([60.0], [200.0], []), [False, True, None], "far"),
        (Samples([46.0], [100.0], []), [True, False, None], "far"),
        (Samples([], [], []), [None, None, None], "unknown"),
    ],
    ids=["the same", "within a tenth", "a start-up that takes longer", "half the CPU",
         "a twin that did not come up"],
)  # fmt: skip
def test_how_well_it_matches(twin: Samples, matches: list[Any], word: str) -> None:
    rows = compared({KEY: REAL}, {KEY: twin}, FITS)
    assert [row.matches for row in rows] == matches
    assert verdict(rows) == word
    assert [row.assumed for row in rows] == ["", "one sample", "as the image is known"]


@pytest.mark.parametrize(
    ("times", "spread", "matches", "why"),
    [
        pytest.param(Times(0.1, 1.0, 0.0693, 0.2996), 1.0, [True, True], ["", ""],
                     id="an exponential time on a profile that scatters alike"),
        pytest.param(Times(0.1, 1.0, 0.0693, 0.6), 1.0, [True, False], ["", ""],
                     id="a tail that the twin's model has not"),
        pytest.param(Times(0.1, 1.0, 0.07, 0.3), None, [None, None], ["no-profile"] * 2,
                     id="an image of which the twin knows no times"),
        pytest.param(None, 1.0, [], [], id="nobody measured any"),
    ],
)  # fmt: skip
def test_response_times_are_compared_at_rest(
    times: Times | None, spread: float | None, matches: list[Any], why: list[str]
) -> None:
    rows = compared({}, {}, {KEY: Fit(times=times, spread=spread)})[3:]
    assert [row.matches for row in rows] == matches
    assert [row.not_compared for row in rows] == why


def test_each_figure_says_how_well_it_matches_and_what_could_not_be_compared() -> None:
    rows = compared({KEY: REAL}, {KEY: Samples([60.0], [210.0], [1e9])}, FITS)
    assert by_figure(rows) == {
        "ready_seconds": {
            "compared": 1, "matching": 0, "not_compared": 0, "worst_ratio": 1.3043},
        "cpu_millicores": {
            "compared": 1, "matching": 1, "not_compared": 0, "worst_ratio": 1.05},
        "memory_bytes": {
            "compared": 0, "matching": 0, "not_compared": 1, "worst_ratio": None},
    }  # fmt: skip
    assert [row.not_compared for row in rows] == ["", "", "not-measured"]
    (ready, *_) = compared({KEY: REAL}, {}, FITS)
    assert ready.not_compared == "not-up"

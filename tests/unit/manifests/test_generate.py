"""Generated bundles: sound, whole, only what is needed, and never what a caller smuggles in."""

import json
from base64 import b64decode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecp.kube.quantity import milli, value
from ecp.kube.yaml import read
from ecp.manifests import (
    ALL,
    InvalidTenant,
    TenantSpec,
    generate,
    gpu_type,
    priced_kinds,
    provider,
    provider_names,
)
from ecp.validation import validate
from ecp.workloads.demand import TenantDemand
from ecp.workloads.profiles import profiles
from ecp.workloads.sizing import size

from .made import DEMANDS, EXAMPLE, Obj, containers, made, of_kind

every_demand = pytest.mark.parametrize("demand", DEMANDS.values(), ids=DEMANDS.keys())


@every_demand
@pytest.mark.parametrize("include", [frozenset(), ALL], ids=["the least", "everything"])
def test_no_server_refuses_any_of_it(demand: TenantDemand, include: frozenset[str]) -> None:
    report = validate(made(demand, include=include).text)
    # Who wants no budgets is told what that means.
    told = set() if include else {"W0204"}
    assert {finding.rule for finding in report.findings} <= told


@pytest.mark.parametrize("name", provider_names())
def test_gpu_pods_go_where_the_provider_has_gpus(name: str) -> None:
    place = provider(name)
    for kind in priced_kinds(name):
        bundle = made(provider_name=name, gpu_type=kind)
        spec = of_kind(bundle, "Deployment")["tts"]["spec"]["template"]["spec"]
        assert spec["nodeSelector"] == place.gpus[kind]
        assert {"operator": "Exists", **place.taint} in spec["tolerations"]
        assert gpu_type(spec["nodeSelector"]) == kind


@every_demand
def test_what_is_read_back_is_what_was_made(demand: TenantDemand) -> None:
    bundle = made(demand, include=ALL)
    documents = read(bundle.text)
    assert [document.object for document in documents] == list(bundle.objects)
    assert not [problem for document in documents for problem in document.errors]
    assert "".join(file.text for file in bundle.files()).count("apiVersion") >= len(bundle.objects)
    assert [file.name for file in bundle.files()] == sorted(file.name for file in bundle.files())


def test_equal_specifications_give_equal_bytes() -> None:
    assert made().text == made().text
    assert made().digest == made().digest
    assert made().digest.startswith("sha256:")
    assert made().digest != made(TenantDemand(callbot=11, chatbot=50, advisor=5)).digest
    assert made().digest != made(secret_key=b"k").digest


# --- whole ---------------------------------------------------------------------------------------


@every_demand
def test_every_endpoint_in_an_environment_exists(demand: TenantDemand) -> None:
    bundle = made(demand)
    services = of_kind(bundle, "Service")
    served = {
        f"{name}:{port['port']}" for name, obj in services.items() for port in obj["spec"]["ports"]
    }
    told = 0
    for _, _, container in containers(bundle):
        for entry in container["env"]:
            if entry["name"].endswith("_ENDPOINT"):
                assert entry["value"].removeprefix("http://") in served
                told += 1
    assert told


def test_a_callbot_is_told_whom_it_calls() -> None:
    env = {
        entry["name"]: entry.get("value")
        for name, _, container in containers(made())
        if name == "callbot"
        for entry in container["env"]
    }
    assert env["STT_ENDPOINT"] == "http://stt-service:8083"
    assert env["TTS_ENDPOINT"] == "http://tts-service:8084"
    assert env["NLP_ENDPOINT"] == "http://nlp-service:8085"
    assert env["AICM_ENDPOINT"] == "http://aicm-service:8086"
    assert env["POSTGRESQL_ENDPOINT"] == "postgresql-service:5432"


def test_the_way_in_leads_to_every_entry() -> None:
    endpoints = {
        name: [row["name"] for row in container["env"] if row["name"].endswith("_ENDPOINT")]
        for name, _, container in containers(made())
    }
    assert endpoints["nginx"] == ["API_GATEWAY_ENDPOINT"]
    assert set(endpoints["api-gateway"]) == {
        "AUTH_SERVICE_ENDPOINT", "CALLBOT_ENDPOINT", "CHATBOT_ENDPOINT", "ADVISOR_ENDPOINT",
    }  # fmt: skip


@every_demand
def test_services_meet_ports_that_listen(demand: TenantDemand) -> None:
    bundle = made(demand)
    templates = {name: (template, box) for name, template, box in containers(bundle)}
    for obj in of_kind(bundle, "Service").values():
        selector = obj["spec"]["selector"]
        template, container = templates[selector["app"]]
        assert selector.items() <= template["metadata"]["labels"].items()
        listening = {port["name"]: port["containerPort"] for port in container["ports"]}
        profile = profiles()[selector["app"]]
        for port in obj["spec"]["ports"]:
            wanted = profile.metrics if port["name"] == "metrics" else profile.port
            assert listening[port["targetPort"]] == wanted


@every_demand
def test_what_is_mounted_or_read_is_there_and_what_is_there_is_used(demand: TenantDemand) -> None:
    bundle = made(demand)
    config, secrets = of_kind(bundle, "ConfigMap"), of_kind(bundle, "Secret")
    used: set[str] = set()
    read_keys: set[str] = set()
    for _, template, container in containers(bundle):
        volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
        for item in volumes["config"]["configMap"]["items"]:
            assert item["key"] in config["ecp-config"]["data"]
            used.add(item["key"])
        for entry in container["env"]:
            if "valueFrom" in entry:
                reference = entry["valueFrom"]["secretKeyRef"]
                assert reference["key"] in secrets[reference["name"]]["data"]
                read_keys.add(reference["key"])
        account = template["spec"]["serviceAccountName"]
        assert account in of_kind(bundle, "ServiceAccount")
    assert used == set(config["ecp-config"]["data"])
    assert read_keys == {key for obj in secrets.values() for key in obj["data"]}


def test_monitoring_finds_a_port_metrics_on_every_service_it_selects() -> None:
    bundle = made()
    monitor = of_kind(bundle, "ServiceMonitor")["ecp-monitor"]["spec"]
    wanted = monitor["selector"]["matchLabels"]
    selected = [
        obj
        for obj in of_kind(bundle, "Service").values()
        if wanted.items() <= obj["metadata"]["labels"].items()
    ]
    assert len(selected) == 10
    for obj in selected:
        assert "metrics" in [port["name"] for port in obj["spec"]["ports"]]


def test_configuration_is_json_and_another_one_starts_new_pods() -> None:
    few, many = made(), made(TenantDemand(callbot=60, chatbot=50, advisor=5))
    data = of_kind(few, "ConfigMap")["ecp-config"]["data"]
    assert json.loads(data["callbot.json"])["slots"] == 20
    assert json.loads(data["callbot.json"])["calls"]["stt"] == "http://stt-service:8083"

    def mark(bundle: Any) -> str:
        template = of_kind(bundle, "Deployment")["callbot"]["spec"]["template"]
        return str(template["metadata"]["annotations"]["ecp.ai/config-digest"])

    assert mark(few) != mark(many)


# --- only what is needed, as much as is needed ---------------------------------------------------


def test_nothing_is_there_that_was_not_asked_for() -> None:
    assert set(of_kind(made(TenantDemand(chatbot=5)), "Deployment")) == {
        "chatbot", "nlp", "aicm", "vectordb", "postgresql", "redis", "nginx", "api-gateway",
        "auth-service",
    }  # fmt: skip
    assert set(of_kind(made(TenantDemand(ta=5)), "Deployment")) == {"ta", "nlp", "postgresql"}


def test_objects_come_in_the_order_of_their_application() -> None:
    kinds = list(made(include=ALL).counts())
    assert kinds == [
        "Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy", "ServiceAccount", "Secret",
        "ConfigMap", "PersistentVolumeClaim", "Service", "StatefulSet", "Deployment",
        "HorizontalPodAutoscaler", "PodDisruptionBudget", "ServiceMonitor", "Ingress",
    ]  # fmt: skip


def test_manifests_grow_with_the_tenant() -> None:
    small = of_kind(made(gpu_type="t4"), "Deployment")
    big = of_kind(made(TenantDemand(500, 2000, 200), gpu_type="t4"), "Deployment")
    for name in ("callbot", "chatbot", "advisor", "stt", "tts"):
        assert big[name]["spec"]["replicas"] > small[name]["spec"]["replicas"]


@every_demand
def test_replicas_and_resources_are_those_of_the_sizing(demand: TenantDemand) -> None:
    sizing, bundle = size(demand), made(demand)
    scalers = of_kind(bundle, "HorizontalPodAutoscaler")
    gpus = 0
    for name, obj in of_kind(bundle, "Deployment").items():
        row = sizing.workloads[name]
        assert obj["spec"]["replicas"] == row.replicas
        box = obj["spec"]["template"]["spec"]["containers"][0]
        requests, limits = box["resources"]["requests"], box["resources"]["limits"]
        asked = int(requests.get("nvidia.com/gpu", 0))
        assert asked == row.gpus == int(limits.get("nvidia.com/gpu", 0))
        gpus += asked * row.replicas
        if row.most > row.replicas:
            scaler = scalers.pop(f"{name}-hpa")["spec"]
            assert (scaler["minReplicas"], scaler["maxReplicas"]) == (row.least, row.most)
            assert scaler["minReplicas"] <= obj["spec"]["replicas"] <= scaler["maxReplicas"]
    assert not scalers
    assert gpus == sizing.totals.gpus


@every_demand
def test_every_container_says_what_it_needs_and_what_it_may_take(demand: TenantDemand) -> None:
    for _, _, container in containers(made(demand)):
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        assert 0 < milli(requests["cpu"]) <= milli(limits["cpu"])
        assert 0 < value(requests["memory"]) <= value(limits["memory"])


@every_demand
def test_a_node_can_be_drained_of_every_workload(demand: TenantDemand) -> None:
    bundle = made(demand, include=ALL)
    deployments = of_kind(bundle, "Deployment") | of_kind(bundle, "StatefulSet")
    budgets = of_kind(bundle, "PodDisruptionBudget")
    for name, obj in deployments.items():
        budget = budgets.pop(f"{name}-pdb", None)
        # A budget over a single pod could never be met; over several, one may always go.
        assert (budget is not None) == (obj["spec"]["replicas"] > 1)
        if budget is not None:
            assert budget["spec"]["maxUnavailable"] == 1
            assert budget["spec"]["selector"] == obj["spec"]["selector"]
    assert not budgets


def test_gpu_workloads_go_where_gpus_are_and_the_others_do_not() -> None:
    for name, template, _ in containers(made()):
        spec = template["spec"]
        has_gpu = name in ("tts", "nlp", "aicm")
        assert ("nodeSelector" in spec) == has_gpu
        keys = [row["key"] for row in spec.get("tolerations", ())]
        assert ("nvidia.com/gpu" in keys) == has_gpu


def test_what_has_several_replicas_is_spread_over_zones() -> None:
    for name, template, _ in containers(made()):
        constraints = template["spec"].get("topologySpreadConstraints", ())
        keys = [row["topologyKey"] for row in constraints]
        single = profiles()[name].scaling.single
        assert ("topology.kubernetes.io/zone" in keys) == (not single)


def test_databases_keep_their_files_where_claims_are_asked_for() -> None:
    without, with_claims = made(), made(include=ALL)
    assert not of_kind(without, "PersistentVolumeClaim")
    assert set(of_kind(with_claims, "PersistentVolumeClaim")) == {
        "advisor-recordings", "callbot-recordings", "chatbot-recordings",
    }  # fmt: skip
    template = of_kind(without, "Deployment")["postgresql"]["spec"]["template"]
    assert "ecp.ai/rehearsal-only" in template["metadata"]["annotations"]
    sets, services = of_kind(with_claims, "StatefulSet"), of_kind(with_claims, "Service")
    assert set(sets) == {"postgresql", "vectordb"}
    for name, obj in sets.items():
        spec, template = obj["spec"], obj["spec"]["template"]
        (claim,) = spec["volumeClaimTemplates"]
        assert claim["metadata"]["name"] == "data"
        assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
        wanted = size(EXAMPLE).workloads[name].storage
        assert value(claim["spec"]["resources"]["requests"]["storage"]) >= wanted
        (box,) = template["spec"]["containers"]
        assert "data" in {mount["name"] for mount in box["volumeMounts"]}
        assert {"startupProbe", "readinessProbe", "livenessProbe"} < set(box)
        assert "ecp.ai/rehearsal-only" not in template["metadata"]["annotations"]
        governing = services[spec["serviceName"]]["spec"]
        assert governing["clusterIP"] == "None"
        assert governing["selector"].items() <= template["metadata"]["labels"].items()
    assert not set(sets) & set(of_kind(with_claims, "Deployment"))
    assert of_kind(without, "Deployment")["postgresql"]["spec"]["strategy"] == {"type": "Recreate"}


def test_the_quota_lets_every_autoscaler_reach_its_most() -> None:
    hard = of_kind(made(include=ALL), "ResourceQuota")["ecp-quota"]["spec"]["hard"]
    rows = size(EXAMPLE).workloads.values()
    assert int(hard["pods"]) >= sum(row.most for row in rows)
    assert int(hard["requests.nvidia.com/gpu"]) == size(EXAMPLE).totals.gpus


# --- safe ----------------------------------------------------------------------------------------


def test_pods_keep_the_restricted_standard_that_the_namespace_demands() -> None:
    bundle = made()
    labels = of_kind(bundle, "Namespace")["acme-ecp-ai"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, template, container in containers(bundle):
        pod, box = template["spec"]["securityContext"], container["securityContext"]
        assert pod["runAsNonRoot"]
        assert pod["runAsUser"] > 0
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        assert box["allowPrivilegeEscalation"] is False
        assert box["capabilities"]["drop"] == ["ALL"]
        added = box["capabilities"].get("add", [])
        assert added == (["NET_BIND_SERVICE"] if name == "nginx" else [])


def test_policies_deny_first_and_open_what_is_needed() -> None:
    policies = of_kind(made(TenantDemand(callbot=1, qa=1)), "NetworkPolicy")
    assert list(policies) == [
        "default-deny", "allow-tenant", "allow-from-tenant", "allow-users-postgresql",
        "allow-users-redis", "allow-users-vectordb", "allow-dns", "allow-ingress",
        "allow-monitoring", "allow-https-qa",
    ]  # fmt: skip
    assert policies["default-deny"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
    (dns,) = policies["allow-dns"]["spec"]["egress"]
    assert dns["to"][0]["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}
    assert [(port["protocol"], port["port"]) for port in dns["ports"]] == [("UDP", 53), ("TCP", 53)]
    (inside,) = policies["allow-from-tenant"]["spec"]["ingress"]
    assert inside == {"from": [{"podSelector": {}}]}
    (others,) = policies["allow-from-tenant"]["spec"]["podSelector"]["matchExpressions"]
    assert others["values"] == ["postgresql", "redis", "vectordb"]
    assert policies["allow-ingress"]["spec"]["podSelector"]["matchLabels"]["app"] == "nginx"
    assert "allow-https-qa" not in of_kind(made(), "NetworkPolicy")


@every_demand
def test_what_keeps_data_answers_those_alone_who_use_it(demand: TenantDemand) -> None:
    bundle = made(demand)
    told: dict[str, set[str]] = {}
    for name, _, container in containers(bundle):
        for entry in container["env"]:
            for store in ("postgresql", "redis", "vectordb"):
                if entry["name"] == f"{store.upper()}_ENDPOINT":
                    told.setdefault(store, set()).add(name)
    found = {}
    for name, obj in of_kind(bundle, "NetworkPolicy").items():
        if name.startswith("allow-users-"):
            (rule,) = obj["spec"]["ingress"]
            users = {peer["podSelector"]["matchLabels"]["app"] for peer in rule["from"]}
            store = obj["spec"]["podSelector"]["matchLabels"]["app"]
            found[store] = users
            assert [port["port"] for port in rule["ports"]] == [profiles()[store].port]
    assert found == told


def test_passwords_are_another_tenants_or_keys_and_say_when_they_can_be_guessed() -> None:
    def secret(**rest: Any) -> Obj:
        return of_kind(made(**rest), "Secret")["ecp-credentials"]

    guessed, kept = secret(), secret(secret_key=b"installation")
    assert "ecp.ai/rehearsal-only" in guessed["metadata"]["annotations"]
    assert "annotations" not in kept["metadata"]
    assert kept["data"] == secret(secret_key=b"installation")["data"]
    assert kept["data"] != secret(secret_key=b"other")["data"]
    assert kept["data"] != secret(secret_key=b"installation", tenant="beta")["data"]
    values = [b64decode(value).decode() for value in kept["data"].values()]
    assert len(set(values)) == 2
    # Nothing of it stands anywhere else.
    text = made(secret_key=b"installation").text
    assert not any(value in text for value in values)


_LABEL = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,20}[A-Za-z0-9])?", fullmatch=True)
_NASTY = st.sampled_from(
    [
        "a\n---\nkind: Secret", "x: y", "- a", "{a: b}", "*alias", "&anchor", "!!python/object:x",
        "'", '"', "|", ">", "#", "%YAML 1.1", "\ttab", "{{ .Values.x }}", "${HOME}",
        "\u2028", "\x00",
        "yes", "null", "1e3", "0777", "2026-01-05", "~", "=", "<<", "true", "on",
    ]
)  # fmt: skip


@given(
    tenant=st.one_of(_NASTY, st.from_regex(r"[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?", fullmatch=True)),
    name=st.one_of(_NASTY, st.text(max_size=40)),
    labels=st.dictionaries(st.one_of(_LABEL, _NASTY), st.one_of(_LABEL, _NASTY), max_size=3),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_of_a_caller_becomes_structure(
    tenant: str, name: str, labels: dict[str, str]
) -> None:
    demand = TenantDemand(ta=1)
    try:
        spec = TenantSpec(tenant, demand, name=name, labels=labels)
    except InvalidTenant:
        return
    bundle = generate(spec, size(demand))
    plain = made(demand)
    documents = read(bundle.text)
    assert [document.object for document in documents] == list(bundle.objects)
    assert bundle.counts() == plain.counts()
    assert all(row["metadata"].get("namespace", spec.namespace) == spec.namespace
               for row in bundle.objects)  # fmt: skip
    for obj in bundle.objects:
        assert all(isinstance(label, str) for label in obj["metadata"]["labels"].values())
    assert validate(bundle.text).valid


@pytest.mark.parametrize("tenant", ["1", "007", "1e3", "true", "null", "0x10", "no"])
def test_an_id_that_looks_like_another_type_stays_a_text(tenant: str) -> None:
    bundle = made(TenantDemand(ta=1), tenant=tenant)
    for document in read(bundle.text):
        assert document.object["metadata"]["labels"]["tenant"] == tenant
    assert validate(bundle.text).findings == ()


# --- what is refused -----------------------------------------------------------------------------


def test_a_gpu_that_a_provider_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidTenant) as caught:
        made(gpu_type="l40s", provider_name="gcp")
    assert [problem.key for problem in caught.value.problems] == ["tenant.gpu-not-offered"]


def test_our_own_mistakes_are_refused() -> None:
    spec = TenantSpec("acme", EXAMPLE)
    with pytest.raises(ValueError, match="another demand"):
        generate(spec, size(TenantDemand(callbot=1)))
    with pytest.raises(ValueError, match="include: unknown: pdb"):
        made(include=frozenset({"pdb"}))
    with pytest.raises(KeyError):
        made(provider_name="nowhere")

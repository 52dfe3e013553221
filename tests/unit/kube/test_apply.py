"""Server-side apply and field ownership, against what a real server answered step by step."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube.defaults import decoded, default
from ecp.kube.errors import KubeError
from ecp.kube.patch import apply, fieldset, json_patch, merge
from ecp.kube.patch.apply import Owner, Owners
from ecp.kube.patch.merge_keys import empty_object, is_known, root

Object = dict[str, Any]
GOLDEN = Path(__file__).parents[2] / "golden" / "api" / "patch-ssa.jsonl"
KINDS = {
    "configmaps": "ConfigMap",
    "deployments": "Deployment",
    "services": "Service",
    "pods": "Pod",
}
SYSTEM = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "namespace")
# Answers that other rooms give: validation, names, versions, media types, options.
ELSEWHERE = (400, 404, 405, 415, 422)
NOW = "2026-01-01T00:00:00Z"
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"


def steps() -> list[Any]:
    found = []
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        sequence = json.loads(line)
        live: dict[str, Object] = {}
        extra = {step["before"]: step for step in sequence["prep"] if step["before"] > 1}
        for step in sequence["prep"]:
            if step["before"] == 1 and step["path"].endswith("deployments"):
                body = step["body"]
                path = f"{step['path']}/{body['metadata']['name']}"
                live[path] = created(body, "golden-client")
        for exchange in sequence["exchanges"]:
            request, answer = exchange["req"], exchange["res"]
            if exchange["n"] in extra:
                path = extra[exchange["n"]]["path"]
                live[path] = without_managed_fields(live[path])
            path = request["path"].removesuffix("/status").removesuffix("/scale")
            if request["method"] == "POST":
                path = f"{path}/{request['body']['metadata']['name']}"
            if request["path"].endswith("/scale"):
                if answer["status"] == 200 and request["method"] != "GET":
                    live[path] = scaled(live[path], request)
                continue
            if request["method"] != "GET" and answered_here(request, answer):
                id_ = f"{sequence['id']} {exchange['n']}"
                found.append(pytest.param(live.get(path), request, answer, id=id_))
            body = answer.get("body") or {}
            if answer["status"] in (200, 201) and body.get("kind") in KINDS.values():
                live[path] = body
    return found


def answered_here(request: Object, answer: Object) -> bool:
    """Whether the answer follows from ownership alone: not from versions, names, validation."""
    message = (answer.get("body") or {}).get("message", "")
    if "raw" in request and not request["raw"].startswith("apiVersion"):
        return False
    if answer["status"] in ELSEWHERE:
        return "managedFields must be nil" in message or "invalid object type" in message
    return "Operation cannot be fulfilled" not in message


def created(body: Object, manager: str) -> Object:
    obj = decoded(body["kind"], body)
    owners = apply.update_owners(None, obj, (), manager=manager, time=NOW)
    metadata = {**obj["metadata"], "managedFields": apply.render(owners, obj)}
    return {**obj, "metadata": metadata}


def scaled(live: Object, request: Object) -> Object:
    """A write through the scale subresource is a write of one field of the Deployment."""
    query = dict(part.split("=") for part in request["query"].split("&"))
    manager = query["fieldManager"]
    owners = apply.read(live["metadata"]["managedFields"])
    old = without_managed_fields(live)
    spec = {"replicas": request["body"]["spec"]["replicas"]}
    if "apply-patch" in request["headers"]["Content-Type"]:
        applied = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec}
        new, owners = apply.apply(
            old,
            owners,
            applied,
            manager,
            "force" in query,
            api_version="apps/v1",
            kind="Deployment",
            time=NOW,
            subresource="scale",
        )
    else:
        new = merge.apply(old, {"spec": spec})
        owners = apply.update_owners(
            old, new, owners, manager=manager, time=NOW, subresource="scale"
        )
    metadata = {**new["metadata"], "managedFields": apply.render(owners, new)}
    return {**new, "metadata": metadata}


def without_managed_fields(obj: Object) -> Object:
    metadata = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
    return {**obj, "metadata": metadata}


def read_body(request: Object) -> Any:
    if "body" in request:
        return request["body"]
    data = {"yaml": "yes"} if '"yes"' in request["raw"] else {"yaml": 5}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}


def serve(live: Object | None, request: Object) -> tuple[Object, Owners]:
    """What the façade does around these functions, without validation and admission."""
    plural = request["path"].removesuffix("/status").split("/")[-2]
    if request["method"] == "POST":
        plural = request["path"].split("/")[-1]
    kind = KINDS[plural]
    api_version = "apps/v1" if kind == "Deployment" else "v1"
    subresource = "status" if request["path"].endswith("/status") else ""
    query = dict(part.split("=") for part in (request.get("query") or "").split("&") if part)
    manager = query.get("fieldManager", "golden-client")
    content_type = request["headers"].get("Content-Type", "")
    body = read_body(request)
    owners: Owners = ()
    if live is not None:
        owners = apply.read(live["metadata"].get("managedFields") or ())
        live = without_managed_fields(live)
    if "apply-patch" in content_type:
        obj, owners = apply.apply(
            live,
            owners,
            body,
            manager,
            "force" in query,
            api_version=api_version,
            kind=kind,
            time=NOW,
            subresource=subresource,
        )
        return default(kind, obj), owners
    if request["method"] in ("POST", "PUT"):
        new = {**body, "status": live["status"]} if live and "status" in live else body
        if live and subresource:
            new = {**live, "status": body["status"]}
    elif "json-patch" in content_type:
        shown = {**live, "metadata": {**live["metadata"], "managedFields": []}} if live else {}
        new = json_patch.apply(shown, body)
    else:
        assert live is not None
        new = merge.apply(live, body)
    given = new["metadata"].get("managedFields")
    owners = apply.requested_owners(given, owners, subresource)
    new = decoded(kind, without_managed_fields(new))
    owners = apply.update_owners(
        live, new, owners, manager=manager, time=NOW, subresource=subresource
    )
    return default(kind, new), owners


def timeless(managed: list[Object]) -> list[Object]:
    return [{**entry, "time": "time"} if "time" in entry else entry for entry in managed]


def core(obj: Object) -> Object:
    metadata = {k: v for k, v in obj["metadata"].items() if k not in SYSTEM}
    return {**obj, "metadata": metadata}


@pytest.mark.parametrize(("live", "request_", "answer"), steps())
def test_a_recorded_write_leads_to_the_recorded_object_and_owners(
    live: Object | None, request_: Object, answer: Object
) -> None:
    body = answer["body"]
    if answer["status"] >= 400:
        with pytest.raises(KubeError) as caught:
            serve(live, request_)
        assert caught.value.status() == body
        return
    obj, owners = serve(live, request_)
    recorded = timeless(body["metadata"].get("managedFields") or [])
    ours = timeless(apply.render(owners, obj))
    assert json.dumps(sorted_by_owner(ours)) == json.dumps(sorted_by_owner(recorded))
    if live is not None or body["kind"] not in ("Pod", "Service"):
        assert core(obj) == core(body)


def sorted_by_owner(managed: list[Object]) -> list[Object]:
    """Owners of one second stand in the order of their names; recorded times are masked."""
    keys = ("operation", "manager", "apiVersion", "subresource")
    return sorted(managed, key=lambda entry: [entry.get(key, "") for key in keys])


# ---- field sets -------------------------------------------------------------------------------


def test_a_field_set_reads_back_from_fields_v1_and_is_one_object() -> None:
    encoded = {
        "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
        "f:spec": {
            "f:ports": {
                'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}},
                'k:{"port":443,"protocol":"TCP"}': {".": {}, "f:port": {}},
            }
        },
    }
    fields = fieldset.decode(encoded)
    assert json.dumps(fieldset.encode(fields)) == json.dumps(encoded)
    assert fieldset.decode(fieldset.encode(fields)) is fields


BAD_FIELDS = [
    ("a key without a colon", {"x": {}}, "parsing key as path element: missing colon: x"),
    ("the same below", {"f:a": {"f:b": {}, "x": {}}}, "parsing key as path element: missing"),
    ("a value that is no JSON", {"v:x": {}}, "Expecting value"),
]


@pytest.mark.parametrize(
    ("encoded", "words"), [r[1:] for r in BAD_FIELDS], ids=[r[0] for r in BAD_FIELDS]
)
def test_a_field_set_that_cannot_be_read_is_refused(encoded: Object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fieldset.decode(encoded)


def test_elements_of_kinds_that_nobody_knows_are_passed_over() -> None:
    assert fieldset.decode({"x:a": {}, "f:b": {}, ".": {}}) is fieldset.of(("f:b",))


def test_keyed_items_stand_in_the_order_of_their_numbers_not_of_their_texts() -> None:
    numbers = [f'k:{{"port":{port}}}' for port in (443, 80, 8080)]
    assert sorted(numbers, key=fieldset.order) == [numbers[1], numbers[0], numbers[2]]


def test_a_path_reads_as_the_server_writes_it() -> None:
    path = ("f:spec", "f:ports", 'k:{"protocol":"TCP","port":80}', "f:name")
    assert fieldset.path_text(path) == '.spec.ports[port=80,protocol="TCP"].name'
    assert (
        fieldset.path_text(("f:metadata", "f:finalizers", 'v:"a/b"'))
        == '.metadata.finalizers[="a/b"]'
    )


ELEMENTS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"'])
SETS = st.lists(st.lists(ELEMENTS, min_size=1, max_size=3).map(tuple), max_size=8).map(
    lambda paths: fieldset.of(*paths)
)


@given(SETS, SETS, SETS)
def test_field_sets_obey_the_algebra_of_sets(
    a: fieldset.FieldSet, b: fieldset.FieldSet, c: fieldset.FieldSet
) -> None:
    paths = set(a.paths())
    others = set(b.paths())
    assert set((a | b).paths()) == paths | others
    assert set((a & b).paths()) == paths & others
    assert set((a - b).paths()) == paths - others
    assert (a | b) | c is a | (b | c)
    assert a | b is b | a
    assert (a - b) & b is fieldset.EMPTY
    assert fieldset.of(*a.paths()) is a
    under = {path for path in paths if any(path[: len(root_)] == root_ for root_ in others)}
    assert set(a.without(b).paths()) == paths - under


def deployment(replicas: int, *names: str) -> Object:
    containers = [{"name": name, "image": f"{name}:1"} for name in names]
    return default(
        "Deployment",
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "d"},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": {"app": "d"}},
                "template": {
                    "metadata": {"labels": {"app": "d"}},
                    "spec": {"containers": containers},
                },
            },
        },
    )


@given(
    st.integers(0, 3),
    st.integers(0, 3),
    st.lists(st.sampled_from("abc"), unique=True, min_size=1),
    st.lists(st.sampled_from("abc"), unique=True, min_size=1),
)
def test_what_changes_between_two_objects_is_what_is_owned_in_the_end(
    replicas: int, later: int, names: list[str], later_names: list[str]
) -> None:
    old, new = deployment(replicas, *names), deployment(later, *later_names)
    first = apply.update_owners(None, old, (), manager="one", time=NOW)
    second = apply.update_owners(old, new, first, manager="two", time=NOW)
    owned = [owner.speaks_for for owner in second]
    whole = fieldset.EMPTY
    for fields in owned:
        assert (whole & fields) is fieldset.EMPTY
        whole = whole | fields
    created_at_once = apply.update_owners(None, new, (), manager="one", time=NOW)
    assert whole is created_at_once[0].speaks_for
    if old == new:
        assert second is first


# ---- owners -----------------------------------------------------------------------------------


def test_a_controllers_writes_cost_nothing_until_they_are_read() -> None:
    controller = Owner("kube-controller-manager", "Update", "apps/v1")
    kubelet = Owner("kubelet", "Update", "apps/v1", NOW, "status")
    obj = {**deployment(1, "a"), "status": {"replicas": 1}}
    obj["metadata"] = {**obj["metadata"], "creationTimestamp": "2026-02-01T00:00:00Z"}
    rendered = apply.render((controller, kubelet), obj)
    by_manager = {entry["manager"]: entry for entry in rendered}
    assert by_manager["kubelet"]["fieldsV1"] == {"f:status": {"f:replicas": {}}}
    assert "f:status" not in by_manager["kube-controller-manager"]["fieldsV1"]
    assert by_manager["kube-controller-manager"]["time"] == "2026-02-01T00:00:00Z"


def test_a_lazy_owner_speaks_only_for_what_nobody_else_does() -> None:
    obj = deployment(1, "a")
    owners = apply.update_owners(None, obj, (), manager="kubectl", time=NOW)
    annotated = merge.apply(obj, {"metadata": {"annotations": {"revision": "1"}}})
    both = (*owners, Owner("kube-controller-manager", "Update", "apps/v1"))
    found = {owner.manager: owner for owner in apply.materialise(both, annotated)}
    assert fieldset.encode(found["kube-controller-manager"].speaks_for) == {
        "f:metadata": {"f:annotations": {".": {}, "f:revision": {}}}
    }


def recorded_objects() -> list[Object]:
    """Every whole object of a built-in kind in the recordings, and what was in lists."""
    found: list[Object] = []
    for path in sorted(GOLDEN.parent.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for exchange in json.loads(line).get("exchanges", ()):
                body = exchange["res"].get("body")
                if isinstance(body, dict) and is_known(
                    str(body.get("apiVersion")), str(body.get("kind"))
                ):
                    found.append(body)
    return found


def test_the_fields_of_a_new_object_are_those_that_differ_from_an_empty_one() -> None:
    objects = recorded_objects()
    assert len({obj["kind"] for obj in objects}) > 15
    for obj in objects:
        type_ = root(obj["apiVersion"], obj["kind"])
        empty = empty_object(obj["apiVersion"], obj["kind"])
        changed = fieldset.difference(type_, empty, obj)
        wanted = changed.added | changed.modified
        assert fieldset.fields_beyond(type_, empty, obj) is wanted
        # Again, now that the parts of the object are remembered.
        assert fieldset.fields_beyond(type_, empty, dict(obj)) is wanted


def test_a_pods_owner_does_not_own_what_admission_and_binding_added() -> None:
    token = {"name": "kube-api-access-x", "mountPath": TOKEN_PATH, "readOnly": True}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"a": "b", "topology.kubernetes.io/zone": "z"}},
        "spec": {
            "containers": [{"name": "c", "image": "i", "volumeMounts": [token]}],
            "volumes": [{"name": "kube-api-access-x", "projected": {"sources": []}}],
            "nodeName": "n",
            "priority": 0,
            "preemptionPolicy": "PreemptLowerPriority",
            "serviceAccount": "default",
            "serviceAccountName": "default",
            "tolerations": [{"key": "a"}, {"key": "b"}],
        },
        "status": {
            "phase": "Running",
            "qosClass": "BestEffort",
            "conditions": [
                {"type": "PodScheduled", "status": "True"},
                {"type": "Ready", "status": "True"},
            ],
        },
    }
    owners = (Owner("kcm", "Update", "v1"), Owner("kubelet", "Update", "v1", NOW, "status"))
    found = {row["manager"]: row["fieldsV1"] for row in apply.render(owners, pod)}
    assert found["kcm"] == {
        "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
        "f:spec": {"f:containers": {'k:{"name":"c"}': {".": {}, "f:image": {}, "f:name": {}}}},
    }
    ready = {".": {}, "f:status": {}, "f:type": {}}
    assert found["kubelet"]["f:status"] == {
        "f:conditions": {'k:{"type":"Ready"}': ready},
        "f:phase": {},
    }


READY: Object = {'k:{"type":"Ready"}': {".": {}, "f:status": {}, "f:type": {}}}
ADDRESS: Object = {".": {}, 'k:{"ip":"10.0.0.1"}': {".": {}, "f:ip": {}}}
NAMED: Object = {'k:{"name":"c"}': {".": {}, "f:name": {}}}


def pod_of_template(name: str, address: str) -> Object:
    addresses = {"podIP": address, "podIPs": [{"ip": address}]} if address else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "a"}},
        "spec": {"containers": [{"name": "c"}], "nodeName": name, "serviceAccountName": "default"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}], **addresses},
    }


@pytest.mark.parametrize(
    ("address", "spec", "labels", "outside", "status"),
    [
        pytest.param(
            "10.0.0.1", {}, {},
            {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:spec": {"f:containers": NAMED}},
            {"f:conditions": READY, "f:podIP": {}, "f:podIPs": ADDRESS},
            id="a name and a node of its own decide nothing",
        ),
        pytest.param(
            "10.0.0.2", {}, {},
            {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:spec": {"f:containers": NAMED}},
            {
                "f:conditions": READY,
                "f:podIP": {},
                "f:podIPs": {".": {}, 'k:{"ip":"10.0.0.2"}': {".": {}, "f:ip": {}}},
            },
            id="an address of its own is an item of its own",
        ),
        pytest.param(
            "", {}, {},
            {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:spec": {"f:containers": NAMED}},
            {"f:conditions": READY},
            id="without an address there is nothing to own",
        ),
        pytest.param(
            "10.0.0.1", {"serviceAccountName": "robot"}, {},
            {
                "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
                "f:spec": {"f:containers": NAMED, "f:serviceAccountName": {}},
            },
            {"f:conditions": READY, "f:podIP": {}, "f:podIPs": ADDRESS},
            id="an account that was asked for is owned",
        ),
        pytest.param(
            "10.0.0.1", {"hostNetwork": True}, {"tier": "b"},
            {
                "f:metadata": {"f:labels": {".": {}, "f:app": {}, "f:tier": {}}},
                "f:spec": {"f:containers": NAMED, "f:hostNetwork": {}},
            },
            {"f:conditions": READY, "f:podIP": {}, "f:podIPs": ADDRESS},
            id="a label or a field more is owned",
        ),
    ],
)  # fmt: skip
def test_what_is_remembered_of_a_template_serves_the_pods_that_are_alike(
    address: str, spec: Object, labels: Object, outside: Object, status: Object
) -> None:
    owners = (Owner("kcm", "Update", "v1"), Owner("kubelet", "Update", "v1", NOW, "status"))
    apply.render(owners, pod_of_template("first", "10.0.0.1"))  # is remembered
    pod = pod_of_template("second", address)
    pod["spec"] |= spec
    pod["metadata"]["labels"] |= labels
    found = {row["manager"]: row["fieldsV1"] for row in apply.render(owners, pod)}
    assert found == {"kcm": outside, "kubelet": {"f:status": status}}


def test_a_client_takes_a_field_from_a_lazy_owner() -> None:
    obj = deployment(1, "a")
    owners = (Owner("kube-controller-manager", "Update", "apps/v1"),)
    scaled_ = merge.apply(obj, {"spec": {"replicas": 2}})
    after = apply.update_owners(obj, scaled_, owners, manager="kubectl", time=NOW)
    by_manager = {owner.manager: owner for owner in after}
    replicas = ("f:spec", "f:replicas")
    assert by_manager["kubectl"].speaks_for.has(replicas)
    assert not by_manager["kube-controller-manager"].speaks_for.has(replicas)


def test_the_eleventh_updater_makes_the_oldest_two_ancient() -> None:
    obj: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {}}
    owners: Owners = ()
    before: Object | None = None
    for at in range(12):
        obj = {**obj, "data": {**obj["data"], f"k{at}": "v"}}
        time = f"2026-01-01T00:00:{at:02d}Z"
        owners = apply.update_owners(before, obj, owners, manager=f"m{at:02d}", time=time)
        before = obj
    assert len(owners) == apply.MAX_UPDATERS
    assert owners[0].manager == apply.ANCIENT
    ancient = fieldset.encode(owners[0].speaks_for)["f:data"]
    assert set(ancient) == {".", "f:k0", "f:k1", "f:k2"}


def client_side_applied(replicas: int) -> tuple[Object, Owners]:
    obj = deployment(replicas, "a")
    last = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": replicas}}
    annotations = {apply.LAST_APPLIED: json.dumps(last)}
    obj = {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}
    return obj, apply.update_owners(
        None, obj, (), manager="kubectl-client-side-apply", time=NOW, api_version="apps/v1"
    )


def wants(replicas: int) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"replicas": replicas},
    }


def test_a_conflict_names_the_client_side_owner() -> None:
    obj, owners = client_side_applied(1)
    with pytest.raises(KubeError) as caught:
        apply.apply(obj, owners, wants(2), "ci", api_version="apps/v1", kind="Deployment", time=NOW)
    assert caught.value.message == (
        'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: '
        ".spec.replicas"
    )


def test_kubectl_takes_over_what_its_client_side_apply_set() -> None:
    obj, owners = client_side_applied(1)
    new, after = apply.apply(
        obj, owners, wants(2), "kubectl", api_version="apps/v1", kind="Deployment", time=NOW
    )
    assert new["spec"]["replicas"] == 2
    assert next(o for o in after if o.operation == "Apply").speaks_for.has(("f:spec", "f:replicas"))
    last = json.loads(new["metadata"]["annotations"][apply.LAST_APPLIED])
    assert last["spec"] == {"replicas": 2}


def test_several_conflicts_are_listed_by_owner() -> None:
    obj: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    owners: Owners = ()
    live: Object | None = None
    for manager, key in (("m2", "b"), ("m1", "a"), ("m1", "a2")):
        data = {"a": "1", "a2": "1"} if manager == "m1" else {key: "1"}
        live, owners = apply.apply(
            live,
            owners,
            {**obj, "data": data},
            manager,
            api_version="v1",
            kind="ConfigMap",
            time=NOW,
        )
    wanted = {**obj, "data": {"a": "2", "a2": "2", "b": "2"}}
    with pytest.raises(KubeError) as caught:
        apply.apply(live, owners, wanted, "m3", api_version="v1", kind="ConfigMap", time=NOW)
    assert caught.value.message == (
        'Apply failed with 3 conflicts: conflicts with "m1":\n- .data.a\n- .data.a2\n'
        'conflicts with "m2":\n- .data.b'
    )


MISTYPED = [
    ("an unknown field", {"spec": {"replicaz": 1}}, ".spec.replicaz: field not declared in schema"),
    (
        "a text for a number",
        {"spec": {"replicas": "3"}},
        ".spec.replicas: expected numeric (int or float), got string",
    ),
    (
        "a map for a list",
        {"spec": {"template": {"spec": {"containers": {}}}}},
        ".spec.template.spec.containers: expected list, got &{map[]}",
    ),
    ("a text for a map", {"spec": {"selector": "x"}}, ".spec.selector: expected map, got &{x}"),
    (
        "a text for a boolean",
        {"spec": {"paused": "yes"}},
        ".spec.paused: expected boolean, got &{yes}",
    ),
]


@pytest.mark.parametrize(
    ("body", "message"), [r[1:] for r in MISTYPED], ids=[r[0] for r in MISTYPED]
)
def test_a_mistyped_apply_is_a_500(body: Object, message: str) -> None:
    applied = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, **body}
    with pytest.raises(KubeError) as caught:
        apply.apply(None, (), applied, "m", api_version="apps/v1", kind="Deployment", time=NOW)
    head = "failed to create typed patch object (/d; apps/v1, Kind=Deployment): "
    assert (caught.value.code, caught.value.message) == (500, head + message)


def test_applying_twice_changes_nothing_and_moves_no_time() -> None:
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c"},
        "data": {"a": "1"},
    }
    obj, owners = apply.apply(None, (), config, "m", api_version="v1", kind="ConfigMap", time=NOW)
    again, after = apply.apply(
        obj, owners, config, "m", api_version="v1", kind="ConfigMap", time="2026-02-02T00:00:00Z"
    )
    assert again is obj
    assert after == owners


def test_items_applied_in_another_order_take_that_order() -> None:
    def config(*names: str) -> Object:
        containers = [{"name": name, "image": "i"} for name in names]
        spec = {"containers": containers}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}

    live, owners = apply.apply(
        None, (), config("a", "b", "c"), "m", api_version="v1", kind="Pod", time=NOW
    )
    obj, _ = apply.apply(
        live, owners, config("c", "new", "a"), "m", api_version="v1", kind="Pod", time=NOW
    )
    assert [item["name"] for item in obj["spec"]["containers"]] == ["c", "new", "a"]


def test_a_status_written_as_a_whole_joins_what_its_writer_owns_outside_of_it() -> None:
    obj = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "annotations": {"revision": "1"}},
        "spec": {"replicas": 1},
        "status": {"replicas": 1},
    }
    mine = fieldset.of(("f:metadata", "f:annotations", "f:revision"), ("f:status", "f:gone"))
    before = (apply.Owner("kcm", apply.UPDATE, "apps/v1", "t1", "status", mine),)
    writer = apply.Owner("kcm", apply.UPDATE, "apps/v1", "t2", "status", None)
    (joined,) = apply.materialise(apply.with_whole_status(before, writer), obj)
    assert joined.time == "t2"
    assert joined.fields == fieldset.of(
        ("f:metadata", "f:annotations", "f:revision"), ("f:status", "f:replicas")
    )

"""The write path on its own: verbs on objects, without controllers and without HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.kube.errors import (
    AlreadyExists,
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    KubeError,
    NotFound,
    PlainError,
)
from ecp.kube.patch.apply import render
from ecp.sim.apiserver import ApiServer
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import SECOND, Engine
from ecp.sim.plans import Bind, Create, Delete, Update
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Obj, Store

START = 1_767_571_200 * SECOND
NAMESPACE = "shop"


class Server:
    """A server with one namespace; the store's change log tells what was written."""

    def __init__(self) -> None:
        self.engine = Engine(START)
        self.store = Store()
        self.api = ApiServer(
            self.engine, self.store, Chance(1), self.store, service_network="10.96.0.0/16"
        )
        self.create(kinds.NAMESPACES, {"metadata": {"name": NAMESPACE}}, namespace="")
        self.create(kinds.SERVICEACCOUNTS, {"metadata": {"name": "default"}})

    def ask(self, verb: Any, resource: str, name: str = "", **fields: Any) -> Answer:
        fields.setdefault("namespace", NAMESPACE)
        fields.setdefault("manager", "tester")
        return self.api.submit(Request(verb, resource, name=name, **fields))

    def create(self, resource: str, body: Obj, **fields: Any) -> Obj:
        answer = self.ask("create", resource, body=body, **fields)
        assert answer.created
        assert answer.object is not None
        return answer.object

    def patch(self, resource: str, name: str, body: Any, **fields: Any) -> Obj:
        fields.setdefault("patch", "merge")
        answer = self.ask("patch", resource, name, body=body, **fields)
        assert answer.object is not None
        return answer.object

    def get(self, resource: str, name: str, namespace: str = NAMESPACE) -> Obj | None:
        return self.store.get(resource, namespace, name)

    def owned(self, resource: str, name: str) -> dict[tuple[str, str], Obj]:
        """fieldsV1 of an object by (manager, subresource)."""
        stored = self.store.stored(resource, (NAMESPACE, name))
        assert stored is not None
        rows = render(tuple(stored.owners), stored.object)
        return {(row["manager"], row.get("subresource", "")): row["fieldsV1"] for row in rows}


@pytest.fixture
def server() -> Server:
    return Server()


def config(name: str = "c", **more: Any) -> Obj:
    return {"metadata": {"name": name}, "data": {"a": "1"}, **more}


def pod(name: str = "p", **spec: Any) -> Obj:
    containers = [{"name": "app", "image": "registry.example/app:1.0"}]
    return {"metadata": {"name": name}, "spec": {"containers": containers, **spec}}


def deployment(name: str = "d", **spec: Any) -> Obj:
    template = {"metadata": {"labels": {"app": name}}, "spec": pod()["spec"]}
    selector = {"matchLabels": {"app": name}}
    return {
        "metadata": {"name": name},
        "spec": {"selector": selector, "template": template, **spec},
    }


def service(name: str = "s", **spec: Any) -> Obj:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


# ---- creating -------------------------------------------------------------------------------


def test_a_new_object_gets_what_only_the_server_gives(server: Server) -> None:
    sent = config()
    sent["metadata"] |= {
        "uid": "mine", "generation": 9, "creationTimestamp": "2001-01-01T00:00:00Z",
        "deletionTimestamp": "2001-01-01T00:00:00Z", "selfLink": "/x",
    }  # fmt: skip
    made = server.create(kinds.CONFIGMAPS, sent)
    meta = made["metadata"]
    assert meta["uid"] != "mine"
    assert meta["creationTimestamp"] == "2026-01-05T00:00:00Z"
    assert not meta.keys() & {"generation", "deletionTimestamp", "selfLink"}
    assert (made["apiVersion"], made["kind"], meta["namespace"]) == ("v1", "ConfigMap", NAMESPACE)


@pytest.mark.parametrize(
    ("resource", "body", "status"),
    [
        pytest.param(kinds.DEPLOYMENTS, deployment(), {}, id="a Deployment starts with none"),
        pytest.param(
            kinds.PODS, pod(), {"phase": "Pending", "qosClass": "BestEffort"},
            id="a Pod is Pending and knows its class",
        ),
        pytest.param(kinds.SERVICES, service(), {"loadBalancer": {}}, id="a Service has no way in"),
    ],
)  # fmt: skip
def test_a_status_that_was_sent_is_dropped(
    server: Server, resource: str, body: Obj, status: Obj
) -> None:
    made = server.create(resource, {**body, "status": {"observedGeneration": 7}})
    assert made["status"] == status


def test_the_writer_owns_what_it_sent_and_not_what_admission_added(server: Server) -> None:
    server.create(kinds.PODS, pod())
    ((owner, fields),) = server.owned(kinds.PODS, "p").items()
    assert owner == ("tester", "")
    assert "f:status" not in fields
    assert not fields["f:spec"].keys() & {"f:volumes", "f:tolerations", "f:serviceAccountName"}
    (container,) = fields["f:spec"]["f:containers"].values()
    assert "f:imagePullPolicy" in container
    assert "f:volumeMounts" not in container


def test_generated_names_differ_within_an_instant_and_dry_runs_give_theirs_back(
    server: Server,
) -> None:
    body = {"metadata": {"generateName": "c-"}}
    rehearsed = server.create(kinds.CONFIGMAPS, body, dry_run=True)["metadata"]["name"]
    made = [server.create(kinds.CONFIGMAPS, body)["metadata"]["name"] for _ in range(3)]
    assert rehearsed == made[0]
    assert len(set(made)) == 3
    assert all(name.startswith("c-") and len(name) == 7 for name in made)


REFUSED_CREATES: list[Any] = [
    pytest.param({}, {}, Invalid, "name or generateName is required", id="no name at all"),
    pytest.param(
        config(namespaces=None), {"namespace": "none"}, NotFound, 'namespaces "none" not found',
        id="a namespace that is not there",
    ),
    pytest.param(
        {"metadata": {"name": "c", "namespace": "other"}}, {}, BadRequest,
        "does not match the namespace sent", id="another namespace than the path's",
    ),
    pytest.param(
        {"metadata": {"name": "c", "resourceVersion": "5"}}, {}, PlainError,
        "resourceVersion should not be set", id="a version of its own",
    ),
    pytest.param(
        {"metadata": {"name": "c", "finalizers": ["plain"]}}, {}, Invalid,
        "neither a standard finalizer name", id="a finalizer without a domain",
    ),
    pytest.param(
        config(typo=1), {"field_validation": "Strict"}, BadRequest, 'unknown field "typo"',
        id="an unknown field, strictly",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "fields", "error", "words"), REFUSED_CREATES)
def test_a_refused_create_writes_nothing(
    server: Server, body: Obj, fields: Obj, error: type[KubeError], words: str
) -> None:
    version = server.store.version
    with pytest.raises(error, match=words):
        server.ask("create", kinds.CONFIGMAPS, body=body, **fields)
    assert server.store.version == version


def test_a_name_that_is_being_deleted_is_still_taken(server: Server) -> None:
    server.create(kinds.CONFIGMAPS, config())
    with pytest.raises(AlreadyExists, match=r"^configmaps"):
        server.create(kinds.CONFIGMAPS, config())
    server.patch(kinds.CONFIGMAPS, "c", {"metadata": {"finalizers": ["example.com/hold"]}})
    server.ask("delete", kinds.CONFIGMAPS, "c")
    with pytest.raises(AlreadyExists) as refused:
        server.create(kinds.CONFIGMAPS, config())
    assert refused.value.status()["message"] == (
        'object is being deleted: configmaps "c" already exists'
    )


def test_a_namespace_that_ends_takes_nothing_new(server: Server) -> None:
    server.ask("delete", kinds.NAMESPACES, NAMESPACE, namespace="")
    with pytest.raises(Forbidden) as refused:
        server.create(kinds.CONFIGMAPS, config())
    (cause,) = refused.value.causes
    assert (cause.reason, cause.field) == ("NamespaceTerminating", "metadata.namespace")


def test_a_namespace_s_label_refuses_what_its_level_forbids(server: Server) -> None:
    label = {"pod-security.kubernetes.io/enforce": "baseline"}
    server.patch(kinds.NAMESPACES, NAMESPACE, {"metadata": {"labels": label}}, namespace="")
    server.create(kinds.PODS, pod())
    with pytest.raises(Forbidden) as refused:
        server.create(kinds.PODS, pod("q", hostNetwork=True))
    words = 'pods "q" is forbidden: violates PodSecurity "baseline:latest": host namespaces '
    assert str(refused.value) == words + "(hostNetwork=true)"
    made = {"metadata": {"name": "r", "namespace": NAMESPACE}, "spec": pod(hostPID=True)["spec"]}
    with pytest.raises(Forbidden, match="hostPID=true"):
        server.api.carry_out(Create(kinds.PODS, made), "replicaset-controller")


# ---- replacing ------------------------------------------------------------------------------


def test_a_put_needs_no_version_and_a_stale_one_is_a_conflict(server: Server) -> None:
    first = server.create(kinds.CONFIGMAPS, config())
    server.ask("update", kinds.CONFIGMAPS, "c", body=config(data={"a": "2"}))
    with pytest.raises(Conflict, match="has been modified"):
        server.ask("update", kinds.CONFIGMAPS, "c", body=first)
    body = {"metadata": {"name": "c", "resourceVersion": "abc"}}
    with pytest.raises(PlainError) as refused:
        server.ask("update", kinds.CONFIGMAPS, "c", body=body)
    assert refused.value.message == 'strconv.ParseUint: parsing "abc": invalid syntax'


def test_a_lease_must_be_put_with_its_version(server: Server) -> None:
    made = server.create(kinds.LEASES, {"metadata": {"name": "l"}, "spec": {}})
    with pytest.raises(Invalid, match="must be specified for an update") as refused:
        server.ask("update", kinds.LEASES, "l", body={"metadata": {"name": "l"}, "spec": {}})
    assert refused.value.status()["details"]["kind"] == "leases"
    server.ask("update", kinds.LEASES, "l", body={**made, "spec": {"holderIdentity": "me"}})


def test_a_write_that_changes_nothing_moves_no_version(server: Server) -> None:
    made = server.create(kinds.CONFIGMAPS, config())
    version = server.store.version
    server.ask("update", kinds.CONFIGMAPS, "c", body=made)
    server.patch(kinds.CONFIGMAPS, "c", {"data": {"a": "1"}})
    server.patch(kinds.CONFIGMAPS, "c", [], patch="json")
    assert server.store.version == version


@pytest.mark.parametrize(
    ("patch", "counts"),
    [
        pytest.param({"spec": {"replicas": 2}}, True, id="another spec"),
        pytest.param({"metadata": {"annotations": {"a": "b"}}}, True, id="another annotation"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, False, id="another label"),
        pytest.param({"metadata": {"generation": 99}}, False, id="another generation"),
        pytest.param({"status": {"replicas": 3}}, False, id="another status"),
    ],
)
def test_the_generation_of_a_deployment_counts(server: Server, patch: Obj, counts: bool) -> None:
    server.create(kinds.DEPLOYMENTS, deployment())
    patched = server.patch(kinds.DEPLOYMENTS, "d", patch)
    assert patched["metadata"]["generation"] == 1 + counts


IMMUTABLE: list[Any] = [
    pytest.param(
        kinds.DEPLOYMENTS, deployment(),
        {"spec": {"selector": {"matchLabels": {"app": "x"}},
                  "template": {"metadata": {"labels": {"app": "x"}}}}},
        'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
        id="the selector of a Deployment",
    ),
    pytest.param(
        kinds.CONFIGMAPS, config("d", immutable=True), {"data": {"a": "2"}},
        "data: Forbidden: field is immutable when `immutable` is set", id="frozen data",
    ),
    pytest.param(
        kinds.SECRETS, {"metadata": {"name": "d"}}, {"type": "x"},
        'type: Invalid value: "x": field is immutable', id="the type of a Secret",
    ),
    pytest.param(
        kinds.SERVICES, service("d"), {"spec": {"clusterIP": "10.96.200.1"}},
        'spec.clusterIPs[0]: Invalid value: ["10.96.200.1"]: may not change once set',
        id="the address of a Service",
    ),
    pytest.param(
        kinds.PODS, pod("d"), {"spec": {"containers": []}},
        "spec.containers: Forbidden: pod updates may not add or remove containers",
        id="the number of containers",
    ),
    pytest.param(
        kinds.PODS, pod("d"), {"spec": {"priority": 5}},
        "spec: Forbidden: pod updates may not change fields other than", id="most of a pod",
    ),
    pytest.param(
        kinds.CONFIGMAPS, config("d"), {"metadata": {"deletionTimestamp": "2030-01-01T00:00:00Z"}},
        "metadata.deletionTimestamp: Invalid value:", id="a mark of deletion",
    ),
    pytest.param(
        kinds.CONFIGMAPS, config("d"), {"metadata": {"uid": "x"}},
        'metadata.uid: Invalid value: "x": field is immutable', id="the identity",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "body", "patch", "words"), IMMUTABLE)
def test_what_cannot_be_changed(
    server: Server, resource: str, body: Obj, patch: Obj, words: str
) -> None:
    server.create(resource, body)
    with pytest.raises(Invalid) as refused:
        server.patch(resource, "d", patch)
    assert words in refused.value.message


def test_an_image_of_a_pod_may_change(server: Server) -> None:
    server.create(kinds.PODS, pod())
    containers = [{"name": "app", "image": "registry.example/app:2.0"}]
    patched = server.patch(kinds.PODS, "p", {"spec": {"containers": containers}}, patch="strategic")
    assert patched["spec"]["containers"][0]["image"].endswith(":2.0")
    assert patched["metadata"]["generation"] == 2


def test_a_status_is_written_alone(server: Server) -> None:
    server.create(kinds.DEPLOYMENTS, deployment())
    body = {"spec": {"replicas": 9}, "status": {"replicas": 1}, "metadata": {"labels": {"a": "b"}}}
    patched = server.patch(kinds.DEPLOYMENTS, "d", body, subresource="status")
    assert patched["spec"]["replicas"] == 1
    assert patched["status"] == {"replicas": 1}
    assert "labels" not in patched["metadata"]
    assert server.owned(kinds.DEPLOYMENTS, "d")["tester", "status"] == {
        "f:status": {"f:replicas": {}}
    }
    with pytest.raises(Invalid, match="must be greater than or equal to 0"):
        server.patch(kinds.DEPLOYMENTS, "d", {"status": {"replicas": -1}}, subresource="status")


def test_managed_fields_are_written_by_who_sends_them(server: Server) -> None:
    server.create(kinds.CONFIGMAPS, config())
    row = {
        "manager": "other", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "time": "2020-01-01T00:00:00Z", "fieldsV1": {"f:data": {"f:a": {}}},
    }  # fmt: skip
    steps = [{"op": "replace", "path": "/metadata/managedFields", "value": [row]}]
    version = server.store.version
    server.patch(kinds.CONFIGMAPS, "c", steps, patch="json")
    assert server.owned(kinds.CONFIGMAPS, "c") == {("other", ""): {"f:data": {"f:a": {}}}}
    assert server.store.version == version + 1
    server.patch(kinds.CONFIGMAPS, "c", {"metadata": {"managedFields": [{}]}})
    assert server.owned(kinds.CONFIGMAPS, "c") == {}


def test_a_patch_that_does_not_decode_says_what_it_led_to(server: Server) -> None:
    server.create(kinds.DEPLOYMENTS, deployment())
    with pytest.raises(Invalid, match="cannot unmarshal string") as refused:
        server.patch(kinds.DEPLOYMENTS, "d", {"spec": {"replicas": "3"}})
    assert r"\"replicas\":\"3\"" in refused.value.message
    with pytest.raises(Invalid, match='no kind "Foo" is registered'):
        server.patch(kinds.DEPLOYMENTS, "d", {"kind": "Foo"})


def test_twin_owners_are_told_and_dropped(server: Server) -> None:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u"}
    body = {"metadata": {"name": "c", "ownerReferences": [owner, owner]}}
    answer = server.ask("create", kinds.CONFIGMAPS, body=body)
    assert answer.object is not None
    assert answer.object["metadata"]["ownerReferences"] == [owner]
    assert answer.warnings[0].endswith("duplicate UID(s) observed: u")


# ---- services -------------------------------------------------------------------------------


def test_a_service_keeps_its_address_and_changes_its_type(server: Server) -> None:
    made = server.create(kinds.SERVICES, service(type="NodePort"))["spec"]
    assert 30_000 <= made["ports"][0]["nodePort"] <= 32_767
    put = server.ask("update", kinds.SERVICES, "s", body=service(type="NodePort")).object
    assert put is not None
    assert put["spec"] == made
    plain = server.patch(kinds.SERVICES, "s", {"spec": {"type": "ClusterIP"}})["spec"]
    assert plain["clusterIP"] == made["clusterIP"]
    assert "nodePort" not in plain["ports"][0]
    assert "externalTrafficPolicy" not in plain
    away = {"type": "ExternalName", "externalName": "x.example.com"}
    gone = server.patch(
        kinds.SERVICES, "s", {"spec": {**away, "clusterIP": None, "clusterIPs": None}}
    )["spec"]
    assert not gone.keys() & {"clusterIP", "clusterIPs", "ipFamilies", "internalTrafficPolicy"}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param({"clusterIP": "10.97.0.1"}, "does not match the current range", id="outside"),
        pytest.param({"clusterIP": "10.96.7.7"}, "already allocated", id="an address that is held"),
        pytest.param({"clusterIP": "abc"}, "must be a valid IP address", id="no address at all"),
        pytest.param({"ipFamilies": ["IPv6"]}, "not configured on this cluster", id="IPv6"),
        pytest.param(
            {"ipFamilyPolicy": "RequireDualStack"}, "not configured for dual-stack", id="two stacks"
        ),
        pytest.param(
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]}, "not in the valid range",
            id="a low node port",
        ),
        pytest.param(
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30_080}]}, "already allocated",
            id="a node port that is held",
        ),
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_had(server: Server, spec: Obj, words: str) -> None:
    ports = [{"port": 80, "nodePort": 30_080}]
    server.create(kinds.SERVICES, service("o", clusterIP="10.96.7.7", type="NodePort", ports=ports))
    with pytest.raises(Invalid, match=words):
        server.create(kinds.SERVICES, service(**spec))


# ---- deleting -------------------------------------------------------------------------------


def test_what_is_held_lingers_until_its_last_finalizer_goes(server: Server) -> None:
    server.create(kinds.CONFIGMAPS, config())
    server.patch(kinds.CONFIGMAPS, "c", {"metadata": {"finalizers": ["example.com/hold"]}})
    first = server.ask("delete", kinds.CONFIGMAPS, "c")
    assert first.object is not None
    assert not first.deleted
    assert first.object["metadata"]["deletionGracePeriodSeconds"] == 0
    version = server.store.version
    server.ask("delete", kinds.CONFIGMAPS, "c")
    assert server.store.version == version
    more = [{"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/more"}]
    with pytest.raises(Invalid, match="no new finalizers can be added"):
        server.patch(kinds.CONFIGMAPS, "c", more, patch="json")
    last = server.ask(
        "patch", kinds.CONFIGMAPS, "c", patch="merge", body={"metadata": {"finalizers": None}}
    )
    assert last.deleted
    assert server.get(kinds.CONFIGMAPS, "c") is None


@pytest.mark.parametrize(
    ("propagation", "finalizers"),
    [
        pytest.param("Foreground", ["foregroundDeletion"], id="foreground waits for dependants"),
        pytest.param("Orphan", ["orphan"], id="orphan sets them free first"),
        pytest.param("Background", None, id="background goes at once"),
        pytest.param("", None, id="no wish is background"),
    ],
)
def test_propagation_is_a_finalizer(
    server: Server, propagation: str, finalizers: list[str] | None
) -> None:
    server.create(kinds.DEPLOYMENTS, deployment())
    answer = server.ask("delete", kinds.DEPLOYMENTS, "d", propagation=propagation)
    left = server.get(kinds.DEPLOYMENTS, "d")
    assert answer.deleted == (finalizers is None)
    assert (left["metadata"]["finalizers"] if left else None) == finalizers
    if left:
        assert left["metadata"]["generation"] == 2


def deleted_pod(server: Server, node: str = "", **fields: Any) -> Obj | None:
    server.create(kinds.PODS, pod(**({"nodeName": node} if node else {})))
    server.ask("delete", kinds.PODS, "p", **fields)
    return server.get(kinds.PODS, "p")


def test_a_bound_pod_gets_time_to_end_and_may_get_less(server: Server) -> None:
    marked = deleted_pod(server, "n")
    assert marked is not None
    assert marked["metadata"]["deletionTimestamp"] == "2026-01-05T00:00:30Z"
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 30
    assert marked["metadata"]["generation"] == 2
    server.ask("delete", kinds.PODS, "p", grace=60)
    assert server.get(kinds.PODS, "p") == marked
    server.ask("delete", kinds.PODS, "p", grace=5)
    sooner = server.get(kinds.PODS, "p")
    assert sooner is not None
    assert sooner["metadata"]["deletionTimestamp"] == "2026-01-05T00:00:05Z"
    server.ask("delete", kinds.PODS, "p", grace=0)
    assert server.get(kinds.PODS, "p") is None


@pytest.mark.parametrize(
    ("node", "fields"),
    [
        pytest.param("", {}, id="a pod that never ran"),
        pytest.param("n", {"grace": 0}, id="a pod that is forced out"),
    ],
)
def test_a_pod_that_goes_at_once_is_seen_to_be_marked_first(
    server: Server, node: str, fields: Obj
) -> None:
    assert deleted_pod(server, node, **fields) is None
    modified, deleted = list(server.store.log)[-2:]
    assert (modified.type, deleted.type) == ("MODIFIED", "DELETED")
    assert modified.object["metadata"]["deletionGracePeriodSeconds"] == 0


def test_preconditions_name_the_kind(server: Server) -> None:
    made = server.create(kinds.DEPLOYMENTS, deployment())
    with pytest.raises(Conflict) as refused:
        server.ask("delete", kinds.DEPLOYMENTS, "d", uid="other")
    status = refused.value.status()
    assert status["details"] == {"name": "d", "group": "apps", "kind": "Deployment"}
    assert f"UID in record ({made['metadata']['uid']})" in status["message"]
    with pytest.raises(Conflict, match="The object might have been modified"):
        server.ask("delete", kinds.DEPLOYMENTS, "d", resource_version="1")


def test_namespaces_end_when_their_content_has(server: Server) -> None:
    with pytest.raises(Forbidden, match="this namespace may not be deleted"):
        server.ask("delete", kinds.NAMESPACES, "default", namespace="")
    answer = server.ask("delete", kinds.NAMESPACES, NAMESPACE, namespace="")
    assert answer.object is not None
    assert answer.object["status"]["phase"] == "Terminating"
    assert "deletionGracePeriodSeconds" not in answer.object["metadata"]
    with_none = {**answer.object, "spec": {"finalizers": []}}
    ignored = server.ask("update", kinds.NAMESPACES, NAMESPACE, namespace="", body=with_none)
    assert ignored.object is not None
    assert ignored.object["spec"]["finalizers"] == ["kubernetes"]
    done = server.ask(
        "update", kinds.NAMESPACES, NAMESPACE, namespace="", body=with_none, subresource="finalize"
    )
    assert done.deleted


def test_an_evicted_pod_says_so(server: Server) -> None:
    server.create(kinds.PODS, pod(nodeName="n"))
    body = {"deleteOptions": {"preconditions": {"uid": "other"}}}
    with pytest.raises(Conflict, match='on Pod "p": the UID in the precondition'):
        server.ask("evict", kinds.PODS, "p", body=body)
    server.ask("evict", kinds.PODS, "p", body={})
    evicted = server.get(kinds.PODS, "p")
    assert evicted is not None
    (condition,) = evicted["status"]["conditions"]
    assert (condition["type"], condition["reason"]) == ("DisruptionTarget", "EvictionByEvictionAPI")
    assert "deletionTimestamp" in evicted["metadata"]


# ---- the controllers' door -------------------------------------------------------------------


def test_a_binding_is_nobodys_and_happens_once(server: Server) -> None:
    server.create(kinds.PODS, pod())
    server.api.carry_out(Bind((NAMESPACE, "p"), "n"), "kube-scheduler")
    bound = server.get(kinds.PODS, "p")
    assert bound is not None
    assert bound["spec"]["nodeName"] == "n"
    assert list(server.owned(kinds.PODS, "p")) == [("tester", "")]
    with pytest.raises(Conflict, match='already assigned to node "n"'):
        server.api.carry_out(Bind((NAMESPACE, "p"), "m"), "kube-scheduler")


def with_status(obj: Obj | None, **status: Any) -> Obj:
    assert obj is not None
    return {**obj, "status": {**obj.get("status", {}), **status}}


def test_who_wrote_a_status_first_owns_it_until_somebody_changes_it(server: Server) -> None:
    server.create(kinds.PODS, pod())
    server.api.carry_out(Bind((NAMESPACE, "p"), "n"), "kube-scheduler")

    def write(actor: str, **status: Any) -> None:
        new = with_status(server.get(kinds.PODS, "p"), **status)
        server.api.carry_out(Update(kinds.PODS, new, "status"), actor)

    write("kubelet", phase="Running", podIP="10.0.0.1")
    first = server.owned(kinds.PODS, "p")["kubelet", "status"]["f:status"]
    assert first == {"f:phase": {}, "f:podIP": {}}
    write("kube-controller-manager", phase="Failed")
    owned = server.owned(kinds.PODS, "p")
    assert owned["kubelet", "status"]["f:status"] == {"f:podIP": {}}
    assert owned["kube-controller-manager", "status"]["f:status"] == {"f:phase": {}}


def test_a_deployments_revision_goes_with_its_status_and_does_not_count(server: Server) -> None:
    made = server.create(kinds.DEPLOYMENTS, deployment())
    annotations = {"deployment.kubernetes.io/revision": "1"}
    new = {**made, "metadata": {**made["metadata"], "annotations": annotations}}
    server.api.carry_out(Update(kinds.DEPLOYMENTS, new), "kube-controller-manager")
    written = server.get(kinds.DEPLOYMENTS, "d")
    assert written is not None
    assert written["metadata"]["generation"] == 1
    assert ("kube-controller-manager", "status") in server.owned(kinds.DEPLOYMENTS, "d")


TRUSTED: list[tuple[str, Callable[[Server], Any], type[KubeError]]] = [
    ("an update of nothing", lambda s: Update(kinds.PODS, pod("x") | {"kind": "Pod"}), NotFound),
    (
        "a second of one name",
        lambda s: Create(kinds.CONFIGMAPS, s.create(kinds.CONFIGMAPS, config())),
        AlreadyExists,
    ),
    (
        "a deletion of another",
        lambda s: (
            s.create(kinds.CONFIGMAPS, config()),
            Delete(kinds.CONFIGMAPS, (NAMESPACE, "c"), uid="other"),
        )[1],
        Conflict,
    ),
]


@pytest.mark.parametrize(
    ("action", "error"), [row[1:] for row in TRUSTED], ids=[row[0] for row in TRUSTED]
)
def test_controllers_are_refused_as_callers_are(
    server: Server, action: Callable[[Server], Any], error: type[KubeError]
) -> None:
    wanted = action(server)
    with pytest.raises(error):
        server.api.carry_out(wanted, "somebody")


# ---- versions -------------------------------------------------------------------------------


def test_an_autoscaler_is_one_object_in_two_versions(server: Server) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    body = {
        "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "h"},
        "spec": {
            "scaleTargetRef": target, "maxReplicas": 3, "targetCPUUtilizationPercentage": 70
        },
    }  # fmt: skip
    made = server.create(kinds.HPAS, body, api_version="autoscaling/v1")
    assert made["apiVersion"] == "autoscaling/v2"
    assert made["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 70
    fields = server.owned(kinds.HPAS, "h")["tester", ""]["f:spec"]
    assert "f:targetCPUUtilizationPercentage" in fields
    change = {"spec": {"targetCPUUtilizationPercentage": 50}}
    patched = server.patch(kinds.HPAS, "h", change, api_version="autoscaling/v1")
    assert patched["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 50

"""Admission policies and webhooks of the cluster, asked before anything is written."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from ecp.kube import kinds
from ecp.kube.cel.authorizer import Answer, Question
from ecp.kube.cel.source import Unsupported
from ecp.kube.errors import Forbidden
from ecp.kube.kinds import Catalogue, Kind
from ecp.sim.access.access import Access
from ecp.sim.access.rules import Asked as AskedOfAccess
from ecp.sim.access.users import ADMIN, AUTHENTICATED, User, account_user
from ecp.sim.requests import Request
from ecp.sim.store import Key, Obj, Store
from ecp.validation.policing.requests import Asked, Shape, World

# The accounts by which controllers ask, by the kind of what owns the object.
_CONTROLLERS: Final = {
    "CronJob": "cronjob-controller",
    "DaemonSet": "daemon-set-controller",
    "Deployment": "deployment-controller",
    "Job": "job-controller",
    "ReplicaSet": "replicaset-controller",
    "ReplicationController": "replication-controller",
    "Service": "endpointslice-controller",
    "StatefulSet": "statefulset-controller",
}
_OPTIONS: Final = {"CREATE": "CreateOptions", "UPDATE": "UpdateOptions", "DELETE": "DeleteOptions"}
_LATER: Final = ("uid", "creationTimestamp", "generation")
_CHANGING: Final = (kinds.MUTATINGPOLICIES, kinds.MUTATINGWEBHOOKS)
_JUDGING: Final = (kinds.VALIDATINGPOLICIES, kinds.VALIDATINGWEBHOOKS, kinds.MUTATINGWEBHOOKS)
_Found = TypeVar("_Found")


class Writing(NamedTuple):
    """A write that is about to be done: `new` is None for a deletion, `old` for what is new.

    kind    in the version in which it is spoken of, as the objects are
    shape   that of a custom kind
    """

    kind: Kind
    key: Key
    new: Obj | None
    old: Obj | None
    user: User
    subresource: str = ""
    dry_run: bool = False
    shape: Shape | None = None


def caller_of(request: Request) -> User:
    """Return who asks by a request."""
    return User(request.user, tuple(request.groups)) if request.groups else ADMIN


def controller_of(obj: Obj) -> User:
    """Return as whom a controller writes an object: by what owns it."""
    owners = (obj.get("metadata") or {}).get("ownerReferences") or ()
    owner = next((one["kind"] for one in owners if one.get("controller")), "")
    name = _CONTROLLERS.get(owner)
    if name is None:
        return User("system:kube-controller-manager", (AUTHENTICATED,))
    return _account("kube-system", name)


class Policies:
    """Asks the policies in *store*; who may do what is *access*'s to say.

    Webhooks are asked along with them: one that has ready endpoints allows, none other is reached.
    """

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    @property
    def change(self) -> bool:
        """Is there anybody who may change what is written?"""
        return any(self._store.count(kind) for kind in _CHANGING)

    @property
    def judge(self) -> bool:
        """Is there anybody who may refuse what is written?"""
        return any(self._store.count(kind) for kind in _JUDGING)

    def changed(self, catalogue: Catalogue, writing: Writing, again: Callable[[Obj], Obj]) -> Obj:
        """Return the object of *writing* as mutating policies leave it.

        *again* is what the server's own plug-ins make of an object that was changed. Raises
        KubeError for what a policy fails, or a webhook.
        """
        assert writing.new is not None
        given = _given(writing)
        bare = _without(writing.new, given)
        # What only policies need is loaded for them alone.
        from ecp.validation.policing.mutating import changed

        asked = _asked(catalogue, writing)._replace(object=bare)
        if "name" in given:
            asked = asked._replace(name="")
        world = self._world(catalogue, writing.user)

        def once_more(obj: Obj) -> Obj:
            return _without(again(_with(obj, given)), given)

        obj: Obj | None = bare
        if self._store.count(kinds.MUTATINGPOLICIES):
            obj = _evaluated(asked, lambda: changed(asked, world, once_more, writing.shape))
        assert obj is not None
        if self._store.count(kinds.MUTATINGWEBHOOKS):
            self._called(asked._replace(object=obj), world, "MutatingWebhookConfiguration")
        return writing.new if obj == bare else _with(obj, given)

    def asked(self, catalogue: Catalogue, writing: Writing) -> list[str]:
        """Return the warnings for a write. Raises KubeError for what is denied."""
        asked, world = _asked(catalogue, writing), self._world(catalogue, writing.user)
        if writing.new is None and self._store.count(kinds.MUTATINGWEBHOOKS):
            self._called(asked, world, "MutatingWebhookConfiguration")
        warnings: list[str] = []
        if self._store.count(kinds.VALIDATINGPOLICIES):
            from ecp.validation.policing.deciding import rule

            ruling = _evaluated(asked, lambda: rule(asked, world))
            error = ruling.error(asked)
            if error is not None:
                raise error
            warnings += ruling.warnings
        if self._store.count(kinds.VALIDATINGWEBHOOKS):
            self._called(asked, world, "ValidatingWebhookConfiguration")
        return warnings

    def _called(self, asked: Asked, world: World, kind: str) -> None:
        from ecp.validation.policing.webhooks import call

        def service(namespace: str, name: str) -> Obj | None:
            return self._store.get(kinds.SERVICES, namespace, name)

        _evaluated(asked, lambda: call(asked, world, kind, service, self._listens))

    def _listens(self, service: Mapping[str, Any], port: str) -> bool:
        """Whether a Service has an endpoint that is ready behind the port of that name."""
        meta = service["metadata"]
        for found in self._store.list(kinds.ENDPOINTSLICES, meta["namespace"]):
            labels = found["metadata"].get("labels") or {}
            if labels.get("kubernetes.io/service-name") != meta["name"]:
                continue
            ports = found.get("ports") or ()
            if any((one.get("name") or "") == port for one in ports):
                for endpoint in found.get("endpoints") or ():
                    if (endpoint.get("conditions") or {}).get("ready", True):
                        return True
        return False

    def _world(self, catalogue: Catalogue, user: User) -> World:
        def of(group: str, kind: str, namespace: str) -> Iterable[Obj]:
            row = _row(catalogue, group, kind)
            return [] if row is None else self._store.list(row.resource, namespace or None)

        def namespaced(group: str, kind: str) -> bool | None:
            row = _row(catalogue, group, kind)
            return None if row is None else row.namespaced

        def decide(question: Question) -> Answer:
            return self._answer(user, question)

        return World(of, namespaced, decide)

    def _answer(self, user: User, question: Question) -> Answer:
        account = question.get("serviceAccount")
        if account is not None:
            user = _account(*account.split(":", 1))
        path = question.get("path", "")
        asked = AskedOfAccess(
            question["verb"],
            question.get("group", ""),
            question.get("resource", ""),
            question.get("subresource", ""),
            question.get("namespace", ""),
            question.get("name", ""),
            path,
            of_resource=not path,
        )
        return Answer(*self._access.decide(user, asked))


def _account(namespace: str, name: str) -> User:
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(account_user(namespace, name), groups)


def _row(catalogue: Catalogue, group: str, kind: str) -> Kind | None:
    return next((row for row in catalogue.kinds if (row.group, row.kind) == (group, kind)), None)


def _evaluated(asked: Asked, ask: Callable[[], _Found]) -> _Found:
    """Nothing passes that cannot be evaluated. Raises Forbidden."""
    try:
        return ask()
    except Unsupported as cause:
        text = f"an admission policy cannot be evaluated by the simulated cluster: {cause}"
        raise Forbidden(asked.about, asked.name, text) from None


def _given(writing: Writing) -> Obj:
    """Return what the server gives to a new object only after it was changed."""
    meta = (writing.new or {})["metadata"]
    if writing.old is not None:
        return {}
    found = {name: meta[name] for name in _LATER if name in meta}
    base, name = meta.get("generateName"), meta.get("name", "")
    if base and name[:-5] == base[:58]:
        found["name"] = name
    return found


def _without(obj: Obj, given: Obj) -> Obj:
    meta = {name: value for name, value in obj["metadata"].items() if name not in given}
    return {**obj, "metadata": meta}


def _with(obj: Obj, given: Obj) -> Obj:
    return {**obj, "metadata": {**obj["metadata"], **given}}


def _asked(catalogue: Catalogue, writing: Writing) -> Asked:
    kind = writing.kind
    versions = tuple(
        row.version
        for row in catalogue.served
        if (row.group, row.plural) == (kind.group, kind.plural)
    )
    namespace, name = writing.key
    if kind.resource == kinds.NAMESPACES:
        namespace = name
    new, old = writing.new, writing.old
    operation = "CREATE" if old is None else "DELETE" if new is None else "UPDATE"
    options: Obj = {"kind": _OPTIONS[operation], "apiVersion": "meta.k8s.io/v1"}
    if writing.dry_run:
        options["dryRun"] = ["All"]
    return Asked(
        operation,
        kind.group,
        kind.version,
        kind.kind,
        kind.plural,
        name,
        namespace,
        new,
        old,
        writing.subresource,
        versions=tuple(dict.fromkeys(versions)),
        user=writing.user.info(),
        options=options,
        dry_run=writing.dry_run,
    )

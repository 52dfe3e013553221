"""ValidatingAdmissionPolicies of the cluster, asked before anything is written."""

from collections.abc import Iterable
from typing import Final

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
from ecp.validation.policing.requests import Asked, World

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


class Policies:
    """Asks the policies in *store*; who may do what is *access*'s to say."""

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def asked_by_caller(
        self, catalogue: Catalogue, kind: Kind, key: Key, request: Request, *objects: Obj | None
    ) -> list[str]:
        """Return the warnings for a caller's write: *objects* are what is to be and what there was.

        Raises KubeError for what a policy denies.
        """
        if not self._store.count(kinds.VALIDATINGPOLICIES):
            return []
        new, old = objects
        user = User(request.user, tuple(request.groups)) if request.groups else ADMIN
        operation = "CREATE" if old is None else "DELETE" if new is None else "UPDATE"
        asked = _asked(catalogue, kind, operation, key, user)._replace(
            object=new, old=old, subresource=request.subresource, dry_run=request.dry_run
        )
        if request.dry_run:
            asked = asked._replace(options={**(asked.options or {}), "dryRun": ["All"]})
        return self._ruled(catalogue, asked, user)

    def asked_by_controller(
        self, catalogue: Catalogue, kind: Kind, key: Key, *objects: Obj | None
    ) -> None:
        """As `asked_by_caller` for a controller's write; nobody reads what it is warned of."""
        if not self._store.count(kinds.VALIDATINGPOLICIES):
            return
        new, old = objects
        owners = ((new or old or {}).get("metadata") or {}).get("ownerReferences") or ()
        owner = next((one["kind"] for one in owners if one.get("controller")), "")
        name = _CONTROLLERS.get(owner)
        user = User("system:kube-controller-manager", (AUTHENTICATED,))
        if name is not None:
            user = _account("kube-system", name)
        operation = "CREATE" if old is None else "UPDATE"
        asked = _asked(catalogue, kind, operation, key, user)._replace(object=new, old=old)
        self._ruled(catalogue, asked, user)

    def _ruled(self, catalogue: Catalogue, asked: Asked, user: User) -> list[str]:
        # What only policies need is loaded for them alone.
        from ecp.validation.policing.deciding import rule

        def of(group: str, kind: str, namespace: str) -> Iterable[Obj]:
            row = _row(catalogue, group, kind)
            return [] if row is None else self._store.list(row.resource, namespace or None)

        def namespaced(group: str, kind: str) -> bool | None:
            row = _row(catalogue, group, kind)
            return None if row is None else row.namespaced

        def decide(question: Question) -> Answer:
            return self._answer(user, question)

        try:
            ruling = rule(asked, World(of, namespaced, decide))
        except Unsupported as cause:
            # Nothing that cannot be evaluated passes.
            text = f"an admission policy cannot be evaluated by the simulated cluster: {cause}"
            raise Forbidden(asked.about, asked.name, text) from None
        error = ruling.error(asked)
        if error is not None:
            raise error
        return list(ruling.warnings)

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


def _asked(catalogue: Catalogue, kind: Kind, operation: str, key: Key, user: User) -> Asked:
    versions = tuple(
        row.version
        for row in catalogue.served
        if (row.group, row.plural) == (kind.group, kind.plural)
    )
    namespace, name = key
    if kind.resource == kinds.NAMESPACES:
        namespace = name
    return Asked(
        operation,
        kind.group,
        kind.version,
        kind.kind,
        kind.plural,
        name,
        namespace,
        versions=tuple(dict.fromkeys(versions)),
        user=user.info(),
        options={"kind": _OPTIONS[operation], "apiVersion": "meta.k8s.io/v1"},
    )

"""What keeps a real cluster from what nobody meant."""

from collections.abc import Sequence

from ecp.edge.problems import Problem
from ecp.kube.kinds import BUILT_IN
from ecp.orchestrator.records import Obj, Target
from ecp.orchestrator.releases.model import CLUSTER_SCOPED, ref_of


def check(target: Target, confirm: str, bundle: Sequence[Obj]) -> None:
    """Let a change of a real cluster pass that may be and is meant; the simulated one needs none.

    Raises Problem: 403 where it is read-only, 503 where nobody can say which one it is, 409 where
    its name was not said, 422 where objects lie in no namespace: others rely on these, and a
    tenant's release has none of them.
    """
    if not target.real:
        return
    if target.read_only:
        raise Problem(403, "TARGET_READ_ONLY", "target.read-only", name=target.name or "-")
    if target.why:
        raise Problem(503, "TARGET_NOT_CONFIGURED", target.why, **target.values)
    if not target.name or confirm != target.name:
        raise Problem(
            409, "TARGET_NOT_CONFIRMED", "target.confirm",
            name=target.name or "-", confirm=confirm or "-",
        )  # fmt: skip
    foreign = [ref_of(obj) for obj in bundle if _is_scoped(obj)]
    if foreign:
        raise Problem(
            422,
            "CLUSTER_SCOPED",
            "target.cluster-scoped",
            details=[ref._asdict() for ref in foreign],
            objects=", ".join(ref.word for ref in foreign[:10]),
        )


def _is_scoped(obj: Obj) -> bool:
    if obj["kind"] == "Namespace":
        return False
    row = BUILT_IN.by_gvk.get((obj["apiVersion"], obj["kind"]))
    if row is not None:
        return not row.namespaced
    return obj["kind"] in CLUSTER_SCOPED

"""What a tenant keeps: claims for its databases and for recordings, logs and analyses."""

from collections.abc import Iterator

from ecp.kube import quantity
from ecp.manifests.bundle import Obj
from ecp.manifests.workload import Context


def claims(context: Context) -> Iterator[Obj]:
    """Return the PersistentVolumeClaims, in the sizes that the provider has.

    A database has a volume of one node, as the preset wishes. A workload that records shares one
    with its replicas, several where a volume cannot be as large.
    """
    fast = context.place.volumes[context.sizing.preset.storage_class]
    for sized in context.sizing.workloads.values():
        if sized.storage and sized.replicas:
            (size,) = fast.sizes(sized.storage)[:1]
            name = f"{sized.workload}-data"
            yield _claim(context, name, sized.workload, "ReadWriteOnce", fast.storage_class, size)
    shared = context.place.volumes["shared"]
    for workload in context.sizing.workloads:
        for name, size in context.recordings(workload).items():
            yield _claim(context, name, workload, "ReadWriteMany", shared.storage_class, size)


def _claim(
    context: Context, name: str, workload: str, mode: str, storage_class: str, size: int
) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": context.metadata(name, workload),
        "spec": {
            "accessModes": [mode],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": quantity.fmt_binary(size)}},
        },
    }

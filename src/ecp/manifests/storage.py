"""What a tenant keeps beside its databases: claims for recordings, logs and analyses."""

from collections.abc import Iterator

from ecp.kube import quantity
from ecp.manifests.bundle import Obj
from ecp.manifests.workload import Context


def claims(context: Context) -> Iterator[Obj]:
    """Return the PersistentVolumeClaims, in the sizes that the provider has.

    A workload that records shares one with its replicas, several where a volume cannot be as large.
    """
    shared = context.place.volumes["shared"]
    for workload in context.sizing.workloads:
        for name, size in context.recordings(workload).items():
            yield {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": context.metadata(name, workload),
                "spec": {
                    "accessModes": ["ReadWriteMany"],
                    "storageClassName": shared.storage_class,
                    "resources": {"requests": {"storage": quantity.fmt_binary(size)}},
                },
            }

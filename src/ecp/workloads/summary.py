"""A size in one look: channels, queries, GPUs by type, cores, memory, storage. For people."""

from collections.abc import Mapping

from ecp.workloads.profiles import Profiles, profiles
from ecp.workloads.sizing import Sizing


def summary(sizing: Sizing, known: Profiles | None = None) -> dict[str, object]:
    """Return the sums as plain data.

    channels   contracted; in the busy hour (Erlang) and as lines, of each workload that holds them
    queries    requests a second in the busy hour, of each workload that answers them; `entry` are
               those of the tenant's customers
    replicas   of each workload
    Cores, bytes and GPUs are what is requested by all replicas.
    """
    known = profiles() if known is None else known
    rows, totals = sizing.workloads, sizing.totals
    holding = {name: row for name, row in rows.items() if known[name].service.model == "session"}
    asked: Mapping[str, float] = {
        name: round(row.load.requests, 3)
        for name, row in rows.items()
        if name not in holding and row.load.requests
    }
    return {
        "channels": {
            "contracted": sizing.tenant.channels,
            "busy_hour_erlang": {n: round(row.load.streams, 3) for n, row in holding.items()},
            "lines": {name: row.slots * row.replicas for name, row in holding.items()},
        },
        "queries_per_second": {
            "entry": round(sum(row.load.entry for n, row in rows.items() if known[n].entry), 3),
            **asked,
        },
        "replicas": {name: row.replicas for name, row in rows.items()},
        "gpus": {sizing.gpu_type: totals.gpus} if totals.gpus else {},
        "cores": totals.cpu / 1000,
        "memory_bytes": totals.memory,
        "storage_bytes": totals.storage,
        "recordings_bytes": totals.recordings,
        "pods": totals.pods,
    }

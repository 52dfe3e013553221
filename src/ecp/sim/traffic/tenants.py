"""Who is followed, what is told of them, and how both are written down."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from ecp.sim.traffic.model import MILLION, Result, Seen, Share


class Tenant(NamedTuple):
    """Who is tracked: `demand` are contracted units by profile, None = probes only.

    `load` are the units that ask, where these are others than the contracted ones. `since` is the
    first slot; `objective` plain fields of an SLO; `failures` whether faults may come by
    themselves; `shape` is the text of `shape_text`.
    """

    name: str
    namespace: str
    demand: tuple[tuple[str, int], ...] | None
    objective: tuple[tuple[str, Any], ...]
    failures: bool
    since: int
    load: tuple[tuple[str, int], ...] = ()
    shape: str = ""

    def shaping(self) -> dict[str, Any] | None:
        """Return what it says of its demand (`workloads.shapes`), None = nothing."""
        found: dict[str, Any] | None = json.loads(self.shape) if self.shape else None
        return found

    def asking(self) -> dict[str, int]:
        """Return by profile how many units ask for something."""
        return {**dict(self.demand or ()), **dict(self.load)}

    def above(self, profile: str, crowd: int = MILLION) -> int:
        """Return which share (ppm) of a profile's requests lies above the contracted units.

        *crowd*: so many times as many ask (ppm).
        """
        asking = self.asking().get(profile, 0) * crowd // MILLION
        contracted = dict(self.demand or ()).get(profile, 0)
        return MILLION * (asking - contracted) // asking if asking > contracted else 0

    @property
    def bad_ratio_ppm(self) -> int:
        """Share of bad requests from which a slot is down."""
        return int(dict(self.objective).get("bad_ratio_ppm", 100_000))

    @property
    def slow_ms(self) -> int | None:
        """The latency from which on answers count as slow, None where that is not judged."""
        fields = dict(self.objective)
        limit = fields.get("latency_limit_ms")
        return int(limit) if fields.get("judges_latency") and limit is not None else None


class Span(NamedTuple):
    """Slots [start, end) of one tenant, all alike: the result of each workload.

    `unseen` is the slot since which nobody measures them, `lost` what that follows from.
    """

    tenant: str
    start: int
    end: int
    results: tuple[Result, ...]
    unseen: int | None = None
    lost: str = ""


class SpanSink(Protocol):
    """Takes a tenant's spans, in order and without holes."""

    def span(self, span: Span) -> None: ...


def plain_tenant(tenant: Tenant) -> list[Any]:
    """Write a tenant down."""
    demand = None if tenant.demand is None else [list(row) for row in tenant.demand]
    objective = [list(row) for row in tenant.objective]
    load = [list(row) for row in tenant.load]
    plain = [tenant.name, tenant.namespace, demand, objective, tenant.failures, tenant.since, load]
    return [*plain, tenant.shape] if tenant.shape else plain


def shape_text(shape: Mapping[str, Any] | None) -> str:
    """Return a shape as one text that equal shapes share, "" for none."""
    return json.dumps(shape, sort_keys=True, separators=(",", ":")) if shape else ""


def tenant_from_plain(plain: list[Any]) -> Tenant:
    """Read what `plain_tenant` wrote."""
    # What was written before there were loads and shapes ends earlier.
    whole = [*plain, *([], "")[len(plain) - 6 :]]
    name, namespace, demand, objective, failures, since, load, shape = whole
    return Tenant(
        name,
        namespace,
        None if demand is None else tuple((key, units) for key, units in demand),
        tuple((key, value) for key, value in objective),
        failures,
        since,
        tuple((key, units) for key, units in load),
        shape,
    )


def plain_result(result: Result) -> list[Any]:
    """Write a result down."""
    shares = [[share.kind, share.ppm, list(share.seen), share.via] for share in result.shares]
    at = Result._fields.index("shares")
    return [*result[:at], shares, *result[at + 1 :]]


def result_from_plain(plain: list[Any]) -> Result:
    """Read what `plain_result` wrote."""
    at = Result._fields.index("shares")
    shares = tuple(Share(kind, ppm, Seen(*seen), via) for kind, ppm, seen, via in plain[at])
    # What was written before there was an excess, or retries, ends earlier.
    later = [0] * (len(Result._fields) - len(plain))
    return Result._make(
        [*plain[:10], tuple(plain[10]), *plain[11:at], shares, *plain[at + 1 :], *later]
    )

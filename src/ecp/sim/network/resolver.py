"""How a pod looks names up: what its spec says over what the cluster gives to all.

Source: kubernetes pkg/kubelet/network/dns/dns.go (GetPodDNS: options of dnsConfig go over the
kubelet's own, its search domains come after them; dnsPolicy None has only those).
"""

from ecp.sim.store import Obj
from ecp.workloads.resolving import Resolver

NAMES = ("kube-system", "kube-dns")
"""The Service by which pods reach the cluster's DNS, where somebody made it an object."""


def resolver_of(spec: Obj, usual: Resolver) -> Resolver:
    """Return how a pod with this spec looks names up.

    Options out of their range are as resolv.conf(5) bounds them.
    """
    said = spec.get("dnsConfig") or {}
    if not said:
        return usual
    options = {row["name"]: row.get("value") or "" for row in said.get("options") or ()}
    return usual._replace(
        ndots=_whole(options.get("ndots"), usual.ndots, 0, 15),
        timeout=float(_whole(options.get("timeout"), round(usual.timeout), 1, 30)),
        attempts=_whole(options.get("attempts"), usual.attempts, 1, 5),
        searches=tuple(one.rstrip(".").lower() for one in said.get("searches") or ()),
        bare=spec.get("dnsPolicy") == "None",
    )


def _whole(text: str | None, usual: int, least: int, most: int) -> int:
    return min(max(int(text), least), most) if text and text.isdecimal() else usual

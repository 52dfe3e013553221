"""Certificate requests that nobody needs any more are cleared away, once an hour.

Source: kubernetes pkg/controller/certificates/cleaner/cleaner.go. Hours are counted from the
first namespace, as from the start of a controller manager.
"""

from base64 import b64decode
from collections.abc import Iterator
from typing import Final

from ecp.kube import kinds
from ecp.kube.times import nanoseconds
from ecp.sim.access import certificates
from ecp.sim.engine.engine import SECOND
from ecp.sim.plans import NOTHING, Controller, Delete, Plan, Reader, itself
from ecp.sim.store import Key, Obj

_HOUR: Final = 3600 * SECOND
_DAY: Final = 24 * _HOUR


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    csr = read.get(kinds.CSRS, *key)
    due = None if csr is None else min(_due(csr), default=None)
    if csr is None or due is None:
        return NOTHING
    home = read.get(kinds.NAMESPACES, "", "kube-system")
    began = 0 if home is None else nanoseconds(home["metadata"]["creationTimestamp"])
    # The first look of those, an hour apart, that is later than what is due.
    look = began + ((due - began) // _HOUR + 1) * _HOUR
    if now < look:
        return Plan(wake_at=look)
    return Plan((Delete(kinds.CSRS, key, uid=csr["metadata"]["uid"]),))


def _due(csr: Obj) -> Iterator[int]:
    """Yield the instants (ns) after which a request is old."""
    status = csr.get("status") or {}
    conditions, issued = status.get("conditions") or (), status.get("certificate")
    if not conditions:
        yield nanoseconds(csr["metadata"]["creationTimestamp"]) + _DAY
    for one in conditions:
        since = one.get("lastUpdateTime")
        if since:
            waits = one["type"] == "Approved" and not issued
            yield nanoseconds(since) + (_DAY if waits else _HOUR)
        if one["type"] == "Approved" and issued:
            ends = certificates.ends(b64decode(issued).decode("latin-1"))
            if ends is not None:
                yield ends


def controller() -> Controller:
    """Return the controller that clears away."""
    return Controller(
        name="csrcleaner",
        component="certificate-controller",
        watches={kinds.CSRS: itself},
        reconcile=_reconcile,
    )

"""Custom objects whose versions differ in more than their names: a webhook would convert them.

Nobody can be called from here, so what would need it fails, as where the webhook is not there.
Source: apiextensions-apiserver pkg/apiserver/conversion/{converter,webhook_converter}.go.
"""

from typing import Final

from ecp.kube import kinds
from ecp.kube.errors import PlainError
from ecp.kube.kinds import Kind
from ecp.sim.store import Obj, Store

_SECONDS: Final = 30


def check_convertible(store: Store, kind: Kind, held: str, wanted: str) -> None:
    """See that an object in the version *held* (apiVersion) can be had in *wanted*.

    Raises PlainError.
    """
    if not kind.custom or held == wanted:
        return
    crd = store.get(kinds.CRDS, "", kind.resource)
    conversion = ((crd or {}).get("spec") or {}).get("conversion") or {}
    if conversion.get("strategy") != "Webhook":
        return
    # Loaded by those alone who convert.
    from ecp.validation.policing.webhooks import unreachable

    def service(namespace: str, name: str) -> Obj | None:
        return store.get(kinds.SERVICES, namespace, name)

    client = (conversion.get("webhook") or {}).get("clientConfig") or {}
    why = unreachable(client, service, seconds=_SECONDS)
    raise PlainError(f"conversion webhook for {held}, Kind={kind.kind} failed: {why}", 500)

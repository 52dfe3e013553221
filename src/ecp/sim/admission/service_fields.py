"""What the server warns of in a Service: fields that have no effect, or will have none.

What its fields mean to one another is in ecp.validation.servicechanges.
Source: kubernetes pkg/api/service/warnings.go.
"""

from ecp.sim.store import Obj


def service_warnings(service: Obj, old: Obj | None) -> list[str]:
    """Return what the server warns of: fields that have no effect, or will have none."""
    spec = service["spec"]
    kind = spec.get("type", "ClusterIP")
    headless = kind == "ClusterIP" and spec.get("clusterIP") == "None"
    external = bool(spec.get("externalIPs"))
    rows = (
        (
            headless and spec.get("loadBalancerIP"),
            "spec.loadBalancerIP is ignored for headless services",
        ),
        (headless and external, "spec.externalIPs is ignored for headless services"),
        (
            headless and spec.get("sessionAffinity") != "None",
            "spec.SessionAffinity is ignored for headless services",
        ),
        (
            external and not headless and kind != "ExternalName",
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
        ),
        (
            kind == "ExternalName" and external,
            'spec.externalIPs is ignored when spec.type is "ExternalName"',
        ),
        (
            kind != "ExternalName" and spec.get("externalName"),
            'spec.externalName is ignored when spec.type is not "ExternalName"',
        ),
        (
            spec.get("trafficDistribution") == "PreferClose",
            'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
        ),
    )
    return [text for applies, text in rows if applies]

"""What reaches a tenant: its Ingress, and the NetworkPolicies that deny all else."""

from collections.abc import Iterator, Mapping
from typing import Any

from ecp.manifests.bundle import Obj
from ecp.manifests.workload import Context, service_name

CERTIFICATE = "ecp-tls"
"""The Secret that cert-manager makes where no other is named."""
_DNS = {"k8s-app": "kube-dns"}
# Everything but the private networks of RFC 1918 and the metadata addresses of clouds.
_PUBLIC: Obj = {
    "cidr": "0.0.0.0/0",
    "except": ["10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"],
}


def ingresses(context: Context) -> Iterator[Obj]:
    """Lead what comes from outside to the door, by the tenant's host.

    Without one it is an example that the owner is to put right.
    """
    place, way = context.place, context.spec.way_in
    host = way.host or f"{context.spec.id}.example.com"
    for name in context.doors():
        metadata = context.metadata(name)
        metadata["annotations"] = {
            **({} if way.host else {"ecp.ai/assumed": "host: put the tenant's own here"}),
            **place.ingress_annotations,
            **(place.tls.annotations if way.tls else {}),
        }
        if way.certificate:
            metadata["annotations"][place.tls.certificate] = way.certificate
        if way.issuer:
            metadata["annotations"]["cert-manager.io/cluster-issuer"] = way.issuer
        backend = {
            "service": {
                "name": service_name(name),
                "port": {"name": context.known[name].protocol},
            }
        }
        path = {"path": "/", "pathType": "Prefix", "backend": backend}
        rules = [{"host": host, "http": {"paths": [path]}}]
        spec: Obj = {"ingressClassName": place.ingress_class} if place.ingress_class else {}
        if way.secret or way.issuer:
            spec["tls"] = [{"hosts": [host], "secretName": way.secret or CERTIFICATE}]
        yield {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": metadata,
            "spec": {**spec, "rules": rules},
        }


def policies(context: Context) -> Iterator[Obj]:
    """Nothing passes, but: within the tenant, from the door, to DNS, from monitoring, to HTTPS.

    What keeps a tenant's data answers those alone who use it.
    """
    place, stores = context.place, context.stores()
    everyone: Obj = {}
    yield _policy(context, "default-deny", everyone, {"policyTypes": ["Ingress", "Egress"]})
    inside: list[Obj] = [{"podSelector": {}}]
    yield _policy(
        context, "allow-tenant", everyone, {"policyTypes": ["Egress"], "egress": [{"to": inside}]}
    )
    others = {"key": "app", "operator": "NotIn", "values": list(stores)}
    yield _policy(
        context,
        "allow-from-tenant",
        {"matchExpressions": [others]} if stores else everyone,
        {"policyTypes": ["Ingress"], "ingress": [{"from": inside}]},
    )
    for name, users in stores.items():
        yield _policy(
            context,
            f"allow-users-{name}",
            {"matchLabels": context.selector(name)},
            {
                "policyTypes": ["Ingress"],
                "ingress": [
                    {
                        "from": [{"podSelector": {"matchLabels": {"app": user}}} for user in users],
                        "ports": [{"protocol": "TCP", "port": context.known[name].port}],
                    }
                ],
            },
        )
    dns = [{"namespaceSelector": _named("kube-system"), "podSelector": {"matchLabels": _DNS}}]
    yield _policy(
        context,
        "allow-dns",
        everyone,
        {
            "policyTypes": ["Egress"],
            "egress": [
                {
                    "to": dns,
                    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
                }
            ],
        },
    )
    for name in context.doors():
        yield _policy(
            context,
            "allow-ingress",
            {"matchLabels": context.selector(name)},
            {
                "policyTypes": ["Ingress"],
                "ingress": [
                    {
                        "from": [dict(peer) for peer in place.callers],
                        "ports": [{"protocol": "TCP", "port": context.known[name].port}],
                    }
                ],
            },
        )
    ports = sorted({context.known[name].metrics for name in context.measured()})
    yield _policy(
        context,
        "allow-monitoring",
        {"matchLabels": {"monitoring": "enabled"}},
        {
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [{"namespaceSelector": _named(place.monitoring)}],
                    "ports": [{"protocol": "TCP", "port": port} for port in ports],
                }
            ],
        },
    )
    for name in context.sizing.workloads:
        if context.known[name].outside:
            yield _policy(
                context,
                f"allow-https-{name}",
                {"matchLabels": context.selector(name)},
                {
                    "policyTypes": ["Egress"],
                    "egress": [
                        {
                            "to": [{"ipBlock": _PUBLIC}],
                            "ports": [{"protocol": "TCP", "port": 443}],
                        }
                    ],
                },
            )


def _policy(context: Context, name: str, pods: Obj, spec: Mapping[str, Any]) -> Obj:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": context.metadata(name),
        "spec": {"podSelector": pods, **spec},
    }


def _named(namespace: str) -> Obj:
    return {"matchLabels": {"kubernetes.io/metadata.name": namespace}}

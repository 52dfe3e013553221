"""Services, endpoints, ingresses and network policies: the server's words, rule by rule."""

from typing import Any

import pytest

from ecp.kube import names
from ecp.validation.kinds import faults_of_new
from ecp.validation.kinds.addresses import canonical_address, legacy_address, legacy_network
from ecp.validation.scope import Scope

Obj = dict[str, Any]
GROUPS = {"EndpointSlice": "discovery.k8s.io", "Endpoints": "", "Service": ""}
PORTS = [{"port": 80}]


def said(kind: str, obj: Obj, scope: Scope = Scope()) -> list[str]:
    named = {**obj, "metadata": {"name": "web", **(obj.get("metadata") or {})}}
    group = GROUPS.get(kind, "networking.k8s.io")
    return [str(fault.error) for fault in faults_of_new(named, group, kind, scope)]


def service(notes: Obj | None = None, **spec: Any) -> Obj:
    return {"metadata": {"name": "web", "annotations": notes}, "spec": {"ports": PORTS, **spec}}


BALANCER = {"type": "LoadBalancer"}
RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
MODE, HINTS = "service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints"
GOOD = {
    "a plain one": service(),
    "a headless one for both families": service(
        clusterIP="None", ipFamilies=["IPv4", "IPv6"], ipFamilyPolicy="RequireDualStack"
    ),
    "one with both stacks": service(
        clusterIP="10.0.0.1", clusterIPs=["10.0.0.1", "fd00::1"], ipFamilyPolicy="PreferDualStack"
    ),
    "a load balancer with all there is": service(
        **BALANCER, loadBalancerClass="acme.io/lb", loadBalancerSourceRanges=[" 10.0.0.0/8 "],
        externalTrafficPolicy="Local", healthCheckNodePort=30000,
        allocateLoadBalancerNodePorts=False, trafficDistribution="PreferSameZone",
    ),
    "settings of an affinity that is not asked for": service(
        sessionAffinityConfig={"clientIP": {"timeoutSeconds": 0}}
    ),
    "traffic from outside by its addresses": service(
        externalIPs=["192.0.2.1"], externalTrafficPolicy="Cluster"
    ),
    "another name": service(type="ExternalName", externalName="db.example.com.", ports=None),
    "a protocol of the application": service(ports=[{"port": 80, "appProtocol": "acme.io/h2"}]),
}  # fmt: skip


@pytest.mark.parametrize("obj", GOOD.values(), ids=GOOD)
def test_good_services(obj: Obj) -> None:
    assert said("Service", obj) == []


ONLY_BALANCERS = "Forbidden: may only be used when `type` is 'LoadBalancer'"
BAD: dict[str, tuple[Obj, list[str]]] = {
    "two words on topology": (
        service({MODE: "Auto", HINTS: "Off"}),
        [
            f'metadata.annotations[{MODE}]: Invalid value: "Auto": must match annotations'
            f"[{HINTS}] when both are specified"
        ],
    ),
    "another name with addresses and families": (
        service(
            type="ExternalName", externalName="db", clusterIP="10.0.0.1", ipFamilies=["IPv4"],
            ipFamilyPolicy="SingleStack",
        ),
        [
            f"spec.{field}: Forbidden: may not be set for ExternalName services"
            for field in ("clusterIPs", "ipFamilies", "ipFamilyPolicy")
        ],
    ),
    "a port out of range is its own target": (
        service(ports=[{"port": 70000}]),
        [
            f"spec.ports[0].{field}: Invalid value: 70000: must be between 1 and 65535, inclusive"
            for field in ("port", "targetPort")
        ],
    ),
    "a protocol of the application with a blank": (
        service(ports=[{"port": 80, "appProtocol": "h 2"}]),
        [f'spec.ports[0].appProtocol: Invalid value: "h 2": {names.label_key("h 2")[0]}'],
    ),
    "too long an affinity": (
        service(
            sessionAffinity="ClientIP",
            sessionAffinityConfig={"clientIP": {"timeoutSeconds": 86401}},
        ),
        [
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be "
            "greater than 0 and less than 86400"
        ],
    ),
    "addresses without the first": (
        service(clusterIPs=["10.0.0.1"]),
        [
            'spec.clusterIPs: Invalid value: ["10.0.0.1"]: must be empty when `clusterIP` is not '
            "specified"
        ],
    ),
    "two first addresses": (
        service(clusterIP="10.0.0.1", clusterIPs=["10.0.0.2"]),
        ['spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`'],
    ),
    "two addresses of a family": (
        service(clusterIP="10.0.0.1", clusterIPs=["10.0.0.1", "10.0.0.2"]),
        [
            'spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one '
            "IP for each IP family"
        ],
    ),
    "an address of another family": (
        service(clusterIP="10.0.0.1", ipFamilies=["IPv6"]),
        [
            'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by '
            "`ipFamilies[0]`"
        ],
    ),
    "families that are none or twice": (
        service(ipFamilies=["IPv5", "IPv5"], ipFamilyPolicy="Both"),
        [
            'spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
            'spec.ipFamilies[1]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
            'spec.ipFamilies[1]: Duplicate value: "IPv5"',
            'spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", '
            '"RequireDualStack", "SingleStack"',
        ],
    ),
    "two families of a single stack": (
        service(ipFamilies=["IPv4", "IPv6"]),
        [
            "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or "
            "'PreferDualStack' when multiple IP families are specified"
        ],
    ),
    "addresses from outside that lead nowhere": (
        service(externalIPs=["127.0.0.1", "010.1.1.1", "0.0.0.0"]),
        [
            'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range '
            "(127.0.0.0/8, ::1/128)",
            'spec.externalIPs[1]: Invalid value: "010.1.1.1": must not have leading 0s',
            'spec.externalIPs[2]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
        ],
    ),
    "node ports twice": (
        service(
            type="NodePort",
            ports=[{"name": n, "port": p, "nodePort": 30000} for n, p in (("a", 80), ("b", 81))],
        ),
        ["spec.ports[1].nodePort: Invalid value: 30000: provided port is already allocated"],
    ),
    "what only load balancers have": (
        service(
            loadBalancerSourceRanges=["10.0.0.1/8"], allocateLoadBalancerNodePorts=True,
            loadBalancerClass="acme.io/lb",
        ),
        [
            f"spec.LoadBalancerSourceRanges: {ONLY_BALANCERS}",
            'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1/8": must not have bits set '
            "beyond the prefix length",
            f"spec.allocateLoadBalancerNodePorts: {ONLY_BALANCERS}",
            f"spec.loadBalancerClass: {ONLY_BALANCERS}",
        ],
    ),
    "ranges in an annotation": (
        service({RANGES: "10.0.0.0/8, x"}),
        [
            f"metadata.annotations[{RANGES}]: {ONLY_BALANCERS}",
            f'metadata.annotations[{RANGES}]: Invalid value: "x": must be a valid CIDR value, '
            "(e.g. 10.9.8.0/24 or 2001:db8::/64)",
        ],
    ),
    "a class with a blank": (
        service(**BALANCER, loadBalancerClass="l b"),
        [f'spec.loadBalancerClass: Invalid value: "l b": {names.label_key("l b")[0]}'],
    ),
    "traffic from outside to the inside": (
        service(externalTrafficPolicy="Local", healthCheckNodePort=30000),
        [
            'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for '
            "externally-accessible services",
            "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is "
            "'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
        ],
    ),
    "no such traffic": (
        service(trafficDistribution="Fair", internalTrafficPolicy="Near"),
        [
            'spec.internalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", '
            '"Local"',
            'spec.trafficDistribution: Unsupported value: "Fair": supported values: "PreferClose", '
            '"PreferSameZone", "PreferSameNode"',
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("obj", "words"), BAD.values(), ids=BAD)
def test_bad_services(obj: Obj, words: list[str]) -> None:
    assert said("Service", obj) == words


def test_older_servers_take_more() -> None:
    older = Scope((1, 33))
    assert said("Service", service(externalIPs=["010.1.1.1"]), older) == []
    assert said("Service", service(trafficDistribution="PreferSameZone"), older) == [
        'spec.trafficDistribution: Unsupported value: "PreferSameZone": supported values: '
        '"PreferClose"'
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10.0.0.1", ""),
        ("fe80::1%eth0", "must be a valid IP address"),
        ("::ffff:1.2.3.4", "must not be an IPv4-mapped IPv6 address"),
        ("1.2.3", "must be a valid IP address"),
        ("FD00::1", ""),
    ],
)
def test_addresses(text: str, words: str) -> None:
    found = legacy_address(text, Scope())
    assert (found[0] if found else "").startswith(words)
    assert bool(found) == bool(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10.0.0.0/8", ()),
        ("10.0.0.0/08", ("must not have leading 0s in IP or prefix length",)),
        ("::ffff:1.2.3.4/128", ("must not have an IPv4-mapped IPv6 address",)),
        ("10.1.0.0/8", ("must not have bits set beyond the prefix length",)),
    ],
)
def test_networks(text: str, words: tuple[str, ...]) -> None:
    assert legacy_network(text, Scope()) == words


def test_newer_fields_want_the_shortest_form() -> None:
    assert canonical_address("FD00::1", Scope()) == ('must be in canonical form ("fd00::1")',)


def endpoints(**subset: Any) -> Obj:
    return {"metadata": {"name": "web"}, "subsets": [subset]}


def slice_of(kind: str = "IPv4", ports: Any = None, **endpoint: Any) -> Obj:
    return {
        "addressType": kind,
        "endpoints": [{"addresses": ["10.0.0.1"], **endpoint}],
        "ports": ports,
    }


ADDRESSES: dict[str, tuple[str, Obj, list[str]]] = {
    "endpoints": ("Endpoints", endpoints(addresses=[{"ip": "10.0.0.1"}], ports=PORTS), []),
    "a subset of nothing": (
        "Endpoints", endpoints(),
        ["subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
    ),
    "an endpoint near by": (
        "Endpoints", endpoints(notReadyAddresses=[{"ip": "169.254.1.1"}]),
        [
            'subsets[0].notReadyAddresses[0].ip: Invalid value: "169.254.1.1": may not be in the '
            "link-local range (169.254.0.0/16, fe80::/10)"
        ],
    ),
    "an endpoint without an address": (
        "Endpoints", endpoints(addresses=[{}]),
        [
            'subsets[0].addresses[0].ip: Invalid value: "": must be a valid IP address, (e.g. '
            "10.9.8.7 or 2001:db8::ffff)",
            'subsets[0].addresses[0].ip: Invalid value: "": must be a valid IP address',
        ],
    ),
    "several ports without names": (
        "Endpoints",
        endpoints(addresses=[{"ip": "10.0.0.1"}], ports=[{"port": 80}, {"name": "b", "port": 0}]),
        [
            "subsets[0].ports[0].name: Required value",
            "subsets[0].ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ],
    ),
    "a slice": ("EndpointSlice", slice_of(nodeName="n", hints={"forZones": [{"name": "z"}]}), []),
    "an address of another family in a slice": (
        "EndpointSlice", slice_of(addresses=["fd00::1"]),
        ['endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address'],
    ),
    "a loopback in a slice": (
        "EndpointSlice", slice_of("IPv6", addresses=["::1"]),
        [
            'endpoints[0].addresses[0]: Invalid value: "::1": may not be in the loopback range '
            "(127.0.0.0/8, ::1/128)"
        ],
    ),
    "a domain of one part": (
        "EndpointSlice", slice_of("FQDN", addresses=["web"]),
        [
            'endpoints[0].addresses[0]: Invalid value: "web": should be a domain with at least two '
            "segments separated by dots"
        ],
    ),
    "a zone twice": (
        "EndpointSlice", slice_of(hints={"forZones": [{"name": "z"}, {"name": "z"}]}),
        ['endpoints[0].hints.forZones[1].name: Duplicate value: "z"'],
    ),
    "too many zones": (
        "EndpointSlice", slice_of(hints={"forZones": [{"name": f"z{n}"} for n in range(9)]}),
        ["endpoints[0].hints.forZones: Too many: 9: must have at most 8 items"],
    ),
    "ports are judged before endpoints": (
        "EndpointSlice", slice_of(ports=[{"protocol": "tcp"}, {}], addresses=[]),
        [
            'ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"',
            'ports[1].name: Duplicate value: ""',
            "endpoints[0].addresses: Required value: must contain at least 1 address",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "obj", "words"), ADDRESSES.values(), ids=ADDRESSES)
def test_endpoints(kind: str, obj: Obj, words: list[str]) -> None:
    assert said(kind, obj) == words


BACKEND = {"service": {"name": "web", "port": {"number": 80}}}


def ingress(path: Obj | None = None, notes: Obj | None = None, **spec: Any) -> Obj:
    rule = {
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND, **(path or {})}]}
    }
    return {"metadata": {"name": "edge", "annotations": notes}, "spec": {"rules": [rule], **spec}}


PATH = "spec.rules[0].http.paths[0]"
INGRESSES: dict[str, tuple[Obj, list[str]]] = {
    "a plain one": (ingress(ingressClassName="nginx", tls=[{"secretName": "cert"}]), []),
    "a bucket for a backend": (
        ingress({"backend": {"resource": {"kind": "Bucket", "name": "b"}}}), []
    ),
    "nothing to do": (
        {"spec": {}},
        ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
    ),
    "without a type the backend is not looked at": (
        ingress({"pathType": None, "backend": {}}),
        [f"{PATH}.pathType: Required value: pathType must be specified"],
    ),
    "a backend without a port": (
        ingress({"backend": {"service": {"name": "web"}}}),
        [f"{PATH}.backend: Required value: port name or number is required"],
    ),
    "a bucket without a name": (
        ingress({"backend": {"resource": {"kind": "a/b", "apiGroup": ""}}}),
        [
            f'{PATH}.backend.resource.apiGroup: Invalid value: "": {names.dns_subdomain("")[0]}',
            f"{PATH}.backend.resource.kind: Invalid value: \"a/b\": may not contain '/'",
            f"{PATH}.backend.resource.name: Required value",
        ],
    ),
    "a certificate with a bad name": (
        ingress(tls=[{"secretName": "C"}]),
        [f'spec.tls[0].secretName: Invalid value: "C": {names.dns_subdomain("C")[0]}'],
    ),
    "two classes": (
        ingress(notes={"kubernetes.io/ingress.class": "a"}, ingressClassName="b"),
        [
            'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match '
            "`ingressClassName` when both are specified"
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("obj", "words"), INGRESSES.values(), ids=INGRESSES)
def test_ingresses(obj: Obj, words: list[str]) -> None:
    assert said("Ingress", obj) == words


def test_a_policy_s_network_is_judged_strictly_and_its_holes_all_the_same() -> None:
    block = {"cidr": "10.1.0.0/8", "except": ["11.0.0.0/16"]}
    policy = {"spec": {"ingress": [{"from": [{"ipBlock": block}]}]}}
    at = "spec.ingress[0].from[0].ipBlock"
    assert said("NetworkPolicy", policy) == [
        f'{at}.cidr: Invalid value: "10.1.0.0/8": must not have bits set beyond the prefix length',
        f'{at}.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    ]

"""What runs, and will be regretted: images without a version, no requests, no readiness probe, and
what keeps customers' sessions in one place only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube.yaml import Path
from ecp.validation.amounts import Amounts
from ecp.validation.bundle import SERVICE, SERVING, Bundle, Carrier, Note
from ecp.validation.scope import Object, items, mapping

_REQUESTED: Final = ("cpu", "memory")
_USUAL_GRACE_S: Final = 30
# The folder of the images that the data sheets speak of.
_OWN_IMAGES: Final = "ecp-ai"
_REPLICATED: Final = SERVING - {("apps", "DaemonSet")}
_SEVERAL: Final = 2
_BUDGET: Final = ("policy", "PodDisruptionBudget")
ZONE: Final = "topology.kubernetes.io/zone"
SESSIONS_S: Final = {"advisor": 180, "callbot": 180, "chatbot": 480, "stt": 180, "tts": 180}
"""How long a session lasts on average (s), by image. Source: the data sheets of ecp.workloads,
which a test holds equal; to read them takes longer than to judge a manifest."""


def check(bundle: Bundle) -> Iterator[Note]:
    served = set(_served(bundle))
    for carrier in bundle.carriers:
        if carrier.document < 0:
            continue
        bounded = bundle.world.has("", "LimitRange", carrier.namespace)
        for path, box in carrier.boxed:
            yield from _image(carrier, path, box)
            if path[-2] == "containers" and not bounded:
                yield from _requests(carrier, path, box, bundle.requests(box))
        if carrier.document in served and not _probed(carrier):
            path = (*carrier.at, "spec", "containers", 0)
            yield Note(carrier.document, "W0202", path, {"workload": carrier.called})
        yield from _grace(carrier)
        if carrier.document in served:
            yield from _alone(bundle, carrier)


def _served(bundle: Bundle) -> Iterator[int]:
    for subject in bundle.by_kind.get(SERVICE, ()):
        selector = mapping(mapping(subject.object.get("spec")).get("selector"))
        for carrier in bundle.matched(subject.namespace, selector) if selector else ():
            if carrier.group_kind in SERVING:
                yield carrier.document


def _probed(carrier: Carrier) -> bool:
    return any(box.get("readinessProbe") for _, box in carrier.boxed)


def _image(carrier: Carrier, path: Path, box: Object) -> Iterator[Note]:
    image = box.get("image")
    if not isinstance(image, str) or not image or "@" in image:
        return
    tag = image.rpartition("/")[2].partition(":")[2]
    if tag not in ("", "latest"):
        return
    says = "tagged" if tag else "untagged"
    yield Note(carrier.document, "W0200", (*path, "image"), {"image": image}, says)


def _requests(carrier: Carrier, path: Path, box: Object, has: Amounts) -> Iterator[Note]:
    of_pod = mapping(mapping(carrier.spec.get("resources")).get("requests"))
    missing = [name for name in _REQUESTED if name not in has and name not in of_pod]
    if missing:
        says = missing[0] if len(missing) == 1 else "both"
        at = (*path, "resources") if box.get("resources") else path
        yield Note(carrier.document, "W0201", at, {"container": str(box.get("name"))}, says)


def _grace(carrier: Carrier) -> Iterator[Note]:
    """A session that is open when its pod is told to go has as long as the grace period."""
    if carrier.group_kind not in SERVING:
        return
    grace = carrier.spec.get("terminationGracePeriodSeconds", _USUAL_GRACE_S)
    if not isinstance(grace, int):
        return
    for name, lasts_s in _sessions(carrier):
        if lasts_s > grace:
            params = {
                "workload": carrier.called,
                "image": name,
                "grace": str(grace),
                "seconds": str(lasts_s),
            }
            path = (*carrier.at, "spec", "terminationGracePeriodSeconds")
            yield Note(carrier.document, "W0109", path, params)
            return


def _sessions(carrier: Carrier) -> Iterator[tuple[str, int]]:
    """Yield (image, length in s) of the sessions that its containers hold."""
    for _, box in carrier.boxed:
        image = str(box.get("image") or "").partition("@")[0]
        folder, _, last = image.rpartition("/")
        name = last.partition(":")[0]
        # Another's program of the same name may hold no sessions at all.
        if name in SESSIONS_S and folder.rpartition("/")[2] == _OWN_IMAGES:
            yield name, SESSIONS_S[name]


def _alone(bundle: Bundle, carrier: Carrier) -> Iterator[Note]:
    """What customers' sessions come to a halt by: one replica, no budget, one zone."""
    if carrier.group_kind not in _REPLICATED or not any(_sessions(carrier)):
        return
    fewest, spec = bundle.fewest(carrier), mapping(carrier.object.get("spec"))
    params = {"workload": carrier.called}
    if fewest == 1:
        path: Path = ("spec", "replicas") if "replicas" in spec else ("spec",)
        says = "plain" if carrier.replicas == 1 else "autoscaled"
        yield Note(carrier.document, "W0203", path, params, says)
    if fewest < _SEVERAL:
        return
    place = carrier.namespace
    told = bundle.is_whole(place, _BUDGET) or bundle.is_set(place)
    if told and not _budgeted(bundle, carrier):
        yield Note(carrier.document, "W0204", ("metadata", "name"), params)
    for path, zone in _zones(carrier.spec):
        at = (*carrier.at, "spec", *path)
        yield Note(carrier.document, "W0205", at, {**params, "zone": zone})
        return


def _budgeted(bundle: Bundle, carrier: Carrier) -> bool:
    for budget in bundle.world.of(*_BUDGET):
        place = bundle.world.place(_BUDGET[1], mapping(budget.get("metadata")))
        selector = mapping(budget.get("spec")).get("selector")
        if place == carrier.namespace and carrier in bundle.selected(place, selector):
            return True
    return False


def _zones(spec: Object) -> Iterator[tuple[Path, str]]:
    """Yield (path, zone) where all pods are bound to one zone.

    Terms are alternatives, the expressions of one all hold.
    Source: k8s.io/component-helpers scheduling/corev1/nodeaffinity.
    """
    zone = mapping(spec.get("nodeSelector")).get(ZONE)
    if isinstance(zone, str):
        yield ("nodeSelector", ZONE), zone
    at: Path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution",
                "nodeSelectorTerms")  # fmt: skip
    terms: Any = spec
    for step in at:
        terms = mapping(terms).get(str(step))
    bound = [_zone_of(term) for term in map(mapping, items(terms))]
    if bound and bound[0] and len(set(bound)) == 1:
        yield at, bound[0]


def _zone_of(term: Object) -> str:
    """Return the one zone that a term allows, "" where it allows several."""
    for one in map(mapping, items(term.get("matchExpressions"))):
        values = items(one.get("values"))
        if one.get("key") == ZONE and one.get("operator") == "In" and len(values) == 1:
            return str(values[0])
    return ""

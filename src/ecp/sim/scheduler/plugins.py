"""PLUGINS: one row a scheduling plug-in, in the order in which they are asked.

A row says which nodes pass (`ok`), why one does not (`why`), how nodes compare (`raw`, then
`normal` to 0…100, times `weight`), what makes a pod hopeless before any node is looked at
(`reject`), and which change may help a pod that it turned down (`helps`). All answers are arrays
over slots; None means "nothing to say": every node passes, or the plug-in skips scoring.

Source: kubernetes pkg/scheduler/apis/config/v1/default_plugins.go (order and weights) and
pkg/scheduler/framework/plugins/*, named at each row's functions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecp.kube import selectors
from ecp.kube.endpoints import Services
from ecp.kube.kinds import REPLICASETS, SERVICES
from ecp.kube.nodes import ports_clash, tolerates, untolerated
from ecp.kube.selectors import Selector
from ecp.sim.plans import Reader
from ecp.sim.scheduler import volumes
from ecp.sim.scheduler.board import (
    Board,
    Bools,
    Counter,
    Domain,
    Field,
    Group,
    Ints,
    NodeRow,
    fits,
)
from ecp.sim.scheduler.templates import (
    DEFAULT_SPREAD,
    HOSTNAME,
    UNSCHEDULABLE_TAINT,
    Spread,
    Template,
    Term,
)
from ecp.sim.store import Obj


class Why(NamedTuple):
    """Why a node does not do. `curable`: taking pods away from it might help."""

    reasons: tuple[str, ...]
    curable: bool


class Kind(Enum):
    """What may help a pod that was turned down."""

    NODE_ADDED = "node added"
    NODE_CHANGED = "node changed"
    POD_PLACED = "pod placed"
    POD_RELABELLED = "pod relabelled"
    POD_GONE = "pod gone"
    CLAIM = "claim changed"
    VOLUME = "volume changed"
    CLASS = "storage class changed"
    CSI_NODE = "room for volumes changed"


class News(NamedTuple):
    """One change in the terms of the plug-ins. `new`/`old` are objects of nodes or claims,
    `template`/`before` those of a placed pod."""

    kind: Kind
    new: Obj | None = None
    old: Obj | None = None
    template: Template | None = None
    before: Template | None = None


class Desk(NamedTuple):
    """What a plug-in may look at."""

    board: Board
    read: Reader
    # Moves when a Service's selector or a ReplicaSet goes or comes.
    selectors_version: int
    services: Services
    assumed: volumes.Assumed = volumes.NOTHING_ASSUMED


Ok = Callable[[Desk, Template], Bools | None]
WhyNot = Callable[[Desk, Template], Callable[[int], Why]]
Raw = Callable[[Desk, Template, Field], Ints | None]
Normal = Callable[[Desk, Template, Field, Ints], Ints]
Reject = Callable[[Desk, Template, Obj], str | None]
Helps = Callable[[Board, Template, News], bool]


@dataclass(frozen=True, slots=True)
class Plugin:
    """One row. `flat` is the normalised score of every node where `raw` says None."""

    name: str
    weight: int = 0
    ok: Ok | None = None
    why: WhyNot | None = None
    raw: Raw | None = None
    normal: Normal | None = None
    flat: int = 0
    reject: Reject | None = None
    helps: Helps | None = None


def _always(reason: str, curable: bool = False) -> WhyNot:
    why = Why((reason,), curable)
    return lambda desk, template: lambda slot: why


def largest_of(values: Ints) -> int:
    """Return the largest; half the price of the method on arrays as short as these."""
    return int(np.maximum.reduce(values))


def smallest_of(values: Ints) -> int:
    """Return the smallest."""
    return int(np.minimum.reduce(values))


def _by_largest(desk: Desk, template: Template, field: Field, raw: Ints) -> Ints:
    """Scale so that the largest is 100. Source: plugins/helper/normalize_score.go."""
    largest = largest_of(raw)
    return raw * 100 // largest if largest else raw


def _by_largest_reversed(desk: Desk, template: Template, field: Field, raw: Ints) -> Ints:
    largest = largest_of(raw)
    return 100 - raw * 100 // largest if largest else np.full_like(raw, 100)


# -- NodeUnschedulable: nodeunschedulable/node_unschedulable.go -------------------------------


def _schedulable_ok(desk: Desk, template: Template) -> Bools | None:
    gate = desk.board.gate("NodeUnschedulable", None, lambda row: not row.unschedulable)
    if not gate.shut or tolerates(template.tolerations, UNSCHEDULABLE_TAINT):
        return None
    return gate.ok


def _schedulable_helps(board: Board, template: Template, news: News) -> bool:
    if news.new is None or news.new.get("spec", {}).get("unschedulable"):
        return False
    return news.kind is Kind.NODE_ADDED or (
        news.kind is Kind.NODE_CHANGED
        and news.old is not None
        and bool(news.old.get("spec", {}).get("unschedulable"))
    )


# -- TaintToleration: tainttoleration/taint_toleration.go -------------------------------------


def _taints_ok(desk: Desk, template: Template) -> Bools | None:
    tolerations = template.tolerations
    gate = desk.board.gate(
        "TaintToleration", template.tolerations_key,
        lambda row: not row.taints or not untolerated(tolerations, row.taints),
    )  # fmt: skip
    return gate.ok if gate.shut else None


def _taints_raw(desk: Desk, template: Template, field: Field) -> Ints | None:
    """Count the PreferNoSchedule taints that are not tolerated."""
    relevant = [t for t in template.tolerations if t.get("effect") in (None, "", _PREFER)]

    def count(row: NodeRow) -> int:
        return sum(
            taint.get("effect") == _PREFER and not tolerates(relevant, taint)
            for taint in row.taints
        )

    figure = desk.board.figure("TaintToleration", template.tolerations_key, count)
    return field.take(figure.values) if figure.set else None


_PREFER = "PreferNoSchedule"


def _taints_of(node: Obj) -> Any:
    return node.get("spec", {}).get("taints") or ()


def _taints_helps(board: Board, template: Template, news: News) -> bool:
    if news.kind not in (Kind.NODE_ADDED, Kind.NODE_CHANGED) or news.new is None:
        return False
    before = news.old is None or untolerated(template.tolerations, _taints_of(news.old))
    return before and not untolerated(template.tolerations, _taints_of(news.new))


# -- NodeAffinity: nodeaffinity/node_affinity.go ----------------------------------------------


def _affinity_ok(desk: Desk, template: Template) -> Bools | None:
    wish = template.wish
    if not wish.selector and wish.required is None:
        return None
    # The pods of a DaemonSet each name one node: the others need no look at their terms.
    only = template.only
    gate = desk.board.gate(
        "NodeAffinity",
        template.affinity_key,
        lambda row: (only is None or row.name in only) and wish.admits(row.name, row.labels),
    )
    return gate.ok if gate.shut else None


def _affinity_raw(desk: Desk, template: Template, field: Field) -> Ints | None:
    wish = template.wish
    if not wish.preferred:
        return None
    figure = desk.board.figure(
        "NodeAffinity", template.affinity_key, lambda row: wish.fondness(row.name, row.labels)
    )
    return field.take(figure.values)


def _affinity_reject(desk: Desk, template: Template, pod: Obj) -> str | None:
    if template.only is not None and not template.only:
        return "pod affinity terms conflict"
    return None


def _labels_of(node: Obj) -> Any:
    return node["metadata"].get("labels") or {}


def _affinity_helps(board: Board, template: Template, news: News) -> bool:
    if news.kind not in (Kind.NODE_ADDED, Kind.NODE_CHANGED) or news.new is None:
        return False
    name, wish = news.new["metadata"]["name"], template.wish
    return wish.admits(name, _labels_of(news.new)) and (
        news.old is None or not wish.admits(name, _labels_of(news.old))
    )


# -- NodePorts: nodeports/node_ports.go -------------------------------------------------------


def _ports_ok(desk: Desk, template: Template) -> Bools | None:
    wanted = template.ports
    if not wanted:
        return None
    clear = [
        not any(ports_clash(wanted, used) for used in row.ports.values())
        for row in desk.board.nodes
    ]
    return np.array(clear, dtype=np.bool_)


def _ports_helps(board: Board, template: Template, news: News) -> bool:
    if news.kind is Kind.NODE_ADDED:
        return True
    gone = news.template
    return (
        news.kind is Kind.POD_GONE and gone is not None and ports_clash(template.ports, gone.ports)
    )


# -- NodeResourcesFit: noderesources/fit.go ---------------------------------------------------


def _fit_ok(desk: Desk, template: Template) -> Bools | None:
    return desk.board.sizing(template.size).ok


def _fit_why(desk: Desk, template: Template) -> Callable[[int], Why]:
    nodes, size = desk.board.nodes, template.size

    def why(slot: int) -> Why:
        row = nodes[slot]
        reasons: list[str] = []
        curable = True
        if row.pods >= row.pods_allowed:
            reasons.append("Too many pods")
        for name, wanted, offered, used in (
            ("cpu", size.cpu, row.cpu, row.used_cpu),
            ("memory", size.memory, row.memory, row.used_memory),
            ("ephemeral-storage", size.storage, row.storage, row.used_storage),
            *(
                (name, n, row.scalars.get(name, 0), row.used_scalars.get(name, 0))
                for name, n in size.scalars
            ),
        ):
            if wanted and wanted > offered - used:
                reasons.append(f"Insufficient {name}")
                # Even an empty node of that kind is too small: no victim can help.
                curable = curable and wanted <= offered
        return Why(tuple(reasons), curable)

    return why


def _fit_raw(desk: Desk, template: Template, field: Field) -> Ints | None:
    return field.take(desk.board.sizing(template.size).least)


def _fit_helps(board: Board, template: Template, news: News) -> bool:
    if news.kind is Kind.POD_GONE:
        return True
    if news.kind not in (Kind.NODE_ADDED, Kind.NODE_CHANGED) or news.new is None:
        return False
    now, size = NodeRow(news.new), template.size
    if not fits(now, size):
        return False
    if news.old is None:
        return True
    before = NodeRow(news.old)
    return (
        now.pods_allowed > before.pods_allowed
        or (size.cpu > 0 and now.cpu > before.cpu)
        or (size.memory > 0 and now.memory > before.memory)
        or (size.storage > 0 and now.storage > before.storage)
        or any(now.scalars.get(name, 0) > before.scalars.get(name, 0) for name, _ in size.scalars)
    )


# -- volumes: see volumes.py -----------------------------------------------------------------


def _binding_why(desk: Desk, template: Template) -> Callable[[int], Why]:
    why = volumes.binding_why(desk.board, template, desk.read, desk.assumed)
    return lambda slot: Why(why(slot), False)


def _volumes_helps(board: Board, template: Template, news: News) -> bool:
    """What may help a pod whose volumes no node could have."""
    match news.kind:
        case Kind.VOLUME | Kind.CLASS | Kind.NODE_ADDED:
            return True
        case Kind.NODE_CHANGED:
            return news.new is not None and (
                news.old is None or _labels_of(news.new) != _labels_of(news.old)
            )
        case Kind.CLAIM if news.new is not None:
            meta = news.new["metadata"]
            return meta["namespace"] == template.namespace and any(
                claim.name == meta["name"] for claim in template.claims
            )
        case _:
            return False


def _claims_freed(board: Board, template: Template, news: News) -> bool:
    """What may help a pod that lacks a claim, or found it in another pod's hands."""
    if news.kind is Kind.POD_GONE and news.template is not None:
        gone = news.template
        return gone.namespace == template.namespace and any(
            claim in gone.claims for claim in template.claims
        )
    if news.kind is Kind.CLAIM:
        return news.old is None and _volumes_helps(board, template, news)
    return news.kind is Kind.NODE_ADDED


def _volumes_freed(board: Board, template: Template, news: News) -> bool:
    """What may help a pod that found every node full of volumes."""
    if news.kind is Kind.POD_GONE:
        return news.template is not None and bool(news.template.claims)
    return news.kind in (Kind.NODE_ADDED, Kind.CSI_NODE, Kind.CLAIM)


# -- PodTopologySpread: podtopologyspread/{filtering,scoring}.go, helper/spread.go ------------

_SPREAD = "node(s) didn't match pod topology spread constraints"
_SPREAD_KEY = f"{_SPREAD} (missing required label)"


def _labelled(board: Board, spreads: tuple[Spread, ...]) -> Bools | None:
    """Nodes that carry every topology key; None = all do."""
    ok: Bools | None = None
    for spread in spreads:
        has = board.domain(spread.topology).of > 0
        ok = has if ok is None else ok & has
    return None if ok is None or bool(ok.all()) else ok


def _included(desk: Desk, template: Template, spread: Spread) -> Bools | None:
    """Nodes that the constraint's inclusion policies let count; None = all."""
    ok: Bools | None = None
    if spread.honor_affinity:
        ok = _affinity_ok(desk, template)
    if spread.honor_taints:
        taints = _taints_ok(desk, template)
        if taints is not None:
            ok = taints if ok is None else ok & taints
    return ok


def _sums(board: Board, counter: Counter, topology: str, where: Bools | None) -> Ints:
    """Matching pods by domain, counting only the nodes *where*."""
    if where is None:
        return board.per_domain(counter, topology)
    domain = board.domain(topology)
    return np.bincount(
        domain.of[where], weights=counter.nodes[where], minlength=domain.count
    ).astype(np.int64)


def _skews(desk: Desk, template: Template) -> list[tuple[Domain, Ints, int]]:
    """Per hard constraint: domains, skew of each domain were the pod there, allowed skew."""
    board = desk.board
    labelled = _labelled(board, template.hard)
    found = []
    for spread in template.hard:
        domain = board.domain(spread.topology)
        included = _included(desk, template, spread)
        where = included if labelled is None else (
            labelled if included is None else labelled & included
        )  # fmt: skip
        counter = board.spreading(template.namespace, spread.selector)
        counts = _sums(board, counter, spread.topology, where)
        inside = domain.of if where is None else domain.of[where]
        present = np.unique(inside)
        present = present[present > 0]
        fewest = int(counts[present].min()) if present.size else 2**31 - 1
        if present.size < spread.min_domains:
            fewest = 0
        itself = int(spread.selector.matches(template.labels))
        found.append((domain, counts + (itself - fewest), spread.max_skew))
    return found


def _spread_ok(desk: Desk, template: Template) -> Bools | None:
    if not template.hard:
        return None
    ok: Bools | None = None
    for domain, skews, allowed in _skews(desk, template):
        good = (domain.of > 0) & (skews[domain.of] <= allowed)
        ok = good if ok is None else ok & good
    return ok


def _spread_why(desk: Desk, template: Template) -> Callable[[int], Why]:
    skews = _skews(desk, template)

    def why(slot: int) -> Why:
        for domain, skew, allowed in skews:
            value = domain.as_list[slot]
            if not value:
                return Why((_SPREAD_KEY,), False)
            if skew[value] > allowed:
                return Why((_SPREAD,), True)
        raise AssertionError("asked about a node that passes")

    return why


def _default_spread(desk: Desk, template: Template) -> tuple[Spread, ...]:
    """Return the built-in constraints; none where nothing says which pods belong together.

    They count the pods that match the selectors of the Services that choose the pod and of the
    ReplicaSet or StatefulSet that owns it, put together.
    """
    if template.selectors_version == desk.selectors_version:
        return template.default_spread
    pairs: dict[str, str] = {}
    namespace = template.namespace
    for name in desk.services.of(namespace, desk.read.list).names(template.labels):
        service = desk.read.get(SERVICES, namespace, name)
        assert service is not None
        pairs.update(service["spec"]["selector"])
    requirements = list(selectors.from_map(pairs).requirements) if pairs else []
    if template.owner is not None:
        version, kind, name = template.owner
        resource = _OWNERS.get((version, kind))
        owner = desk.read.get(resource, template.namespace, name) if resource else None
        if owner is not None:
            selector = owner["spec"].get("selector")
            if kind == "ReplicationController":
                requirements = list(selectors.from_map({**pairs, **(selector or {})}).requirements)
            else:
                requirements += selectors.from_object(selector).requirements
    selector = Selector(requirements)
    template.default_spread = tuple(
        Spread(key, skew, selector, 1, True, False) for key, skew in DEFAULT_SPREAD if requirements
    )
    template.selectors_version = desk.selectors_version
    return template.default_spread


_OWNERS = {
    ("apps/v1", "ReplicaSet"): REPLICASETS,
    ("apps/v1", "StatefulSet"): "statefulsets.apps",
    ("v1", "ReplicationController"): "replicationcontrollers",
}


def _soft(desk: Desk, template: Template) -> tuple[Spread, ...]:
    return template.soft if template.spread_given else _default_spread(desk, template)


def _ignored(desk: Desk, template: Template, field: Field) -> Bools | None:
    """Nodes left out of scoring: some key of a constraint that the pod itself names is missing."""
    if not template.spread_given:
        return None
    labelled = _labelled(desk.board, template.soft)
    return None if labelled is None else ~field.take(labelled)


def _spread_raw(desk: Desk, template: Template, field: Field) -> Ints | None:
    """Sum, over constraints, the pods already in the node's domain, weighted; less is better."""
    spreads = _soft(desk, template)
    if not spreads:
        return None
    board = desk.board
    labelled = _labelled(board, spreads) if template.spread_given else None
    ignored = None if labelled is None else ~field.take(labelled)
    scored = field.size if ignored is None else field.size - int(np.count_nonzero(ignored))
    total: NDArray[np.float64] | None = None
    for spread, counter in zip(spreads, board.soft_counters(template, spreads), strict=True):
        domain = board.domain(spread.topology)
        of, size = field.domains(domain)
        if spread.topology == HOSTNAME:
            counts = field.take(counter.nodes)
            size = scored
        else:
            where = _included(desk, template, spread)
            if labelled is not None:
                where = labelled if where is None else where & labelled
            counts = _sums(board, counter, spread.topology, where)[of]
            if ignored is not None:
                size = len(np.unique(of[~ignored]))
        part: NDArray[np.float64] = counts * log(size + 2)
        part += spread.max_skew - 1
        if domain.has_gaps:
            part[of == 0] = 0.0
        if total is None:
            total = part
        else:
            total += part
    assert total is not None
    total += 0.5
    rounded: Ints = total.astype(np.int64)  # cut towards zero: rounds half up
    if ignored is not None:
        rounded[ignored] = 0
    return rounded


def _spread_normal(desk: Desk, template: Template, field: Field, raw: Ints) -> Ints:
    """100 for the emptiest domain. Source: podtopologyspread/scoring.go NormalizeScore."""
    ignored = _ignored(desk, template, field)
    scored = raw if ignored is None else raw[~ignored]
    if not scored.size:
        return np.zeros_like(raw)
    largest, smallest = largest_of(scored), smallest_of(scored)
    if largest <= 0:
        out = np.full_like(raw, 100)
    else:
        out = (largest + smallest) - raw
        out *= 100
        out //= largest
    if ignored is not None:
        out[ignored] = 0
    return out


def _spread_helps(board: Board, template: Template, news: News) -> bool:
    spreads = template.hard

    def counts(other: Template | None, spread: Spread) -> bool:
        return (
            other is not None
            and other.namespace == template.namespace
            and spread.selector.matches(other.labels)
        )

    match news.kind:
        case Kind.POD_PLACED | Kind.POD_GONE:
            return any(counts(news.template, spread) for spread in spreads)
        case Kind.POD_RELABELLED:
            return any(
                counts(news.template, spread) != counts(news.before, spread) for spread in spreads
            )
        case Kind.NODE_ADDED | Kind.NODE_CHANGED:
            keys = [spread.topology for spread in spreads]
            new = _labels_of(news.new) if news.new is not None else None
            old = _labels_of(news.old) if news.old is not None else None
            now = new is not None and all(key in new for key in keys)
            before = old is not None and all(key in old for key in keys)
            if news.new is None or news.old is None or now != before:
                return now or before
            assert new is not None
            assert old is not None
            return now and (
                any(new[key] != old[key] for key in keys)
                or _taints_of(news.new) != _taints_of(news.old)
            )
        case _:
            return False


# -- InterPodAffinity: interpodaffinity/{filtering,scoring}.go --------------------------------

_NEAR = Why(("node(s) didn't match pod affinity rules",), False)
_AVOID = Why(("node(s) didn't match pod anti-affinity rules",), True)
_AVOIDED = Why(("node(s) didn't satisfy existing pods anti-affinity rules",), True)


def _near_ok(desk: Desk, template: Template) -> Bools | None:
    terms = template.near
    if not terms:
        return None
    board = desk.board
    counter = board.meant_by(terms)
    everywhere: Bools = np.ones(len(board.nodes), dtype=np.bool_)
    labelled, friends = everywhere, everywhere
    any_friend = False
    for term in terms:
        domain = board.domain(term.topology)
        counts = board.per_domain(counter, term.topology)
        labelled = labelled & (domain.of > 0)
        friends = friends & (counts[domain.of] > 0)
        any_friend = any_friend or bool(counts[1:].any())
    # The first of a series that wants to be near its own kind may start anywhere.
    if not any_friend and all(board.term_matches(term, template) for term in terms):
        return labelled
    return labelled & friends


def _avoid_ok(desk: Desk, template: Template) -> Bools | None:
    ok: Bools | None = None
    for term in template.avoid:
        board = desk.board
        counter = board.meant_by((term,))
        if not counter.total:
            continue
        domain = board.domain(term.topology)
        clear = (domain.of == 0) | (board.per_domain(counter, term.topology)[domain.of] == 0)
        ok = clear if ok is None else ok & clear
    return ok


def _per_domain(board: Board, group: Group) -> tuple[Domain, Ints]:
    domain = board.domain(group.term.topology)
    counts = np.bincount(domain.of, weights=group.nodes, minlength=domain.count)
    return domain, counts.astype(np.int64)


def _avoided_ok(desk: Desk, template: Template) -> Bools | None:
    ok: Bools | None = None
    for group in desk.board.facing(template):
        if group.required and group.total:
            domain, counts = _per_domain(desk.board, group)
            clear = (domain.of == 0) | (counts[domain.of] == 0)
            ok = clear if ok is None else ok & clear
    return ok


def _pods_ok(desk: Desk, template: Template) -> Bools | None:
    ok = _near_ok(desk, template)
    for more in (_avoid_ok(desk, template), _avoided_ok(desk, template)):
        if more is not None:
            ok = more if ok is None else ok & more
    return ok


def _pods_why(desk: Desk, template: Template) -> Callable[[int], Why]:
    near, avoid = _near_ok(desk, template), _avoid_ok(desk, template)

    def why(slot: int) -> Why:
        if near is not None and not near[slot]:
            return _NEAR
        if avoid is not None and not avoid[slot]:
            return _AVOID
        return _AVOIDED

    return why


def _pods_raw(desk: Desk, template: Template, field: Field) -> Ints | None:
    """Sum the weights of preferences, the pod's own and those of pods already there."""
    board = desk.board
    total: Ints | None = None
    for term in template.preferences:
        counter = board.meant_by((term,))
        if counter.total:
            domain = board.domain(term.topology)
            counts = board.per_domain(counter, term.topology) * term.weight
            counts[0] = 0
            part = counts[domain.of]
            total = part if total is None else total + part
    for group in board.facing(template):
        if group.total and group.weight:
            domain, counts = _per_domain(board, group)
            counts *= group.weight
            counts[0] = 0
            part = counts[domain.of]
            total = part if total is None else total + part
    return None if total is None else field.take(total)


def _pods_normal(desk: Desk, template: Template, field: Field, raw: Ints) -> Ints:
    smallest, largest = smallest_of(raw), largest_of(raw)
    if largest == smallest:
        return np.zeros_like(raw)
    scaled = 100.0 * ((raw - smallest) / float(largest - smallest))
    out: Ints = scaled.astype(np.int64)
    return out


def _pods_helps(board: Board, template: Template, news: News) -> bool:
    def all_match(terms: tuple[Term, ...], meant: Template | None) -> bool:
        return (
            bool(terms)
            and meant is not None
            and all(board.term_matches(term, meant) for term in terms)
        )

    new, old = news.template, news.before
    match news.kind:
        case Kind.POD_PLACED:
            return all_match(template.near, new)
        case Kind.POD_GONE:
            return all_match(template.avoid, new) or (
                new is not None and all_match(new.avoid, template)
            )
        case Kind.POD_RELABELLED:
            return (not all_match(template.near, old) and all_match(template.near, new)) or (
                all_match(template.avoid, old) and not all_match(template.avoid, new)
            )
        case Kind.NODE_ADDED | Kind.NODE_CHANGED if news.new is not None:
            labels = _labels_of(news.new)
            if news.old is None:
                return bool(template.avoid) or any(t.topology in labels for t in template.near)
            before = _labels_of(news.old)
            return any(
                t.topology in labels and labels[t.topology] != before.get(t.topology)
                for t in template.near
            ) or any(
                t.topology in before and labels.get(t.topology) != before[t.topology]
                for t in template.avoid
            )
        case _:
            return False


# -- the rest ---------------------------------------------------------------------------------


def _balanced_raw(desk: Desk, template: Template, field: Field) -> Ints | None:
    if not template.size.cpu and not template.size.memory:
        return None
    return field.take(desk.board.sizing(template.size).balanced)


_IMAGE_FLOOR = 23 * 1024 * 1024
_IMAGE_CEILING = 1000 * 1024 * 1024


def _images_raw(desk: Desk, template: Template, field: Field) -> Ints | None:
    """Score the bytes of its images that a node has, between 23 MiB and 1000 MiB a container.

    Source: imagelocality/image_locality.go.
    """
    sums = desk.board.images(template.images)
    if sums is None:
        return None
    ceiling = _IMAGE_CEILING * template.containers
    bounded: Ints = np.clip(field.take(sums), _IMAGE_FLOOR, ceiling)
    bounded -= _IMAGE_FLOOR
    bounded *= 100
    bounded //= ceiling - _IMAGE_FLOOR
    return bounded


PLUGINS: tuple[Plugin, ...] = (
    Plugin(
        "NodeUnschedulable",
        ok=_schedulable_ok,
        why=_always("node(s) were unschedulable"),
        helps=_schedulable_helps,
    ),
    Plugin(
        "TaintToleration",
        weight=3,
        ok=_taints_ok,
        why=_always("node(s) had untolerated taint(s)"),
        raw=_taints_raw,
        normal=_by_largest_reversed,
        flat=100,
        helps=_taints_helps,
    ),
    Plugin(
        "NodeAffinity",
        weight=2,
        ok=_affinity_ok,
        why=_always("node(s) didn't match Pod's node affinity/selector"),
        raw=_affinity_raw,
        normal=_by_largest,
        reject=_affinity_reject,
        helps=_affinity_helps,
    ),
    Plugin(
        "NodePorts",
        ok=_ports_ok,
        why=_always("node(s) didn't have free ports for the requested pod ports", curable=True),
        helps=_ports_helps,
    ),
    Plugin(
        "NodeResourcesFit",
        weight=1,
        ok=_fit_ok,
        why=_fit_why,
        raw=_fit_raw,
        helps=_fit_helps,
    ),
    Plugin(
        "VolumeRestrictions",
        ok=lambda desk, template: volumes.restrictions_ok(desk.board, template, desk.read),
        why=_always(volumes.IN_USE, curable=True),
        reject=lambda desk, template, pod: volumes.restrictions_reject(template, desk.read),
        helps=_claims_freed,
    ),
    Plugin(
        "NodeVolumeLimits",
        ok=lambda desk, template: volumes.limits_ok(desk.board, template, desk.read),
        why=_always(volumes.TOO_MANY, curable=True),
        helps=_volumes_freed,
    ),
    Plugin(
        "VolumeBinding",
        ok=lambda desk, template: volumes.binding_ok(desk.board, template, desk.read, desk.assumed),
        why=_binding_why,
        reject=lambda desk, template, pod: volumes.binding_reject(template, desk.read),
        helps=_volumes_helps,
    ),
    Plugin(
        "VolumeZone",
        ok=lambda desk, template: volumes.zone_ok(desk.board, template, desk.read),
        why=_always(volumes.OTHER_ZONE),
        reject=lambda desk, template, pod: volumes.zone_reject(template, desk.read),
        helps=_volumes_helps,
    ),
    Plugin(
        "PodTopologySpread",
        weight=2,
        ok=_spread_ok,
        why=_spread_why,
        raw=_spread_raw,
        normal=_spread_normal,
        helps=_spread_helps,
    ),
    Plugin(
        "InterPodAffinity",
        weight=2,
        ok=_pods_ok,
        why=_pods_why,
        raw=_pods_raw,
        normal=_pods_normal,
        helps=_pods_helps,
    ),
    Plugin("NodeResourcesBalancedAllocation", weight=1, raw=_balanced_raw),
    Plugin("ImageLocality", weight=1, raw=_images_raw),
)
"""No NodeName row: a pod that names its node never comes to the scheduler."""

"""The board: nodes in scheduling order and everything counted on them.

A derived index. It is laid out from the store whenever nodes come, go or change labels, and kept up
to date pod by pod in between. Per-node facts are arrays over *slots* (positions in scheduling
order), so that a plug-in answers for all nodes at once; an array is computed once for all pods that
ask the same and afterwards touched only where a node changed.

Source: kube-scheduler backend/cache/node_tree.go (order), framework/types.go (NodeInfo).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecp.kube.nodes import HostPort
from ecp.kube.selectors import Selector
from ecp.kube.sizes import amount
from ecp.sim.scheduler.templates import (
    HARD_AFFINITY_WEIGHT,
    REGION,
    ZONE,
    Labels,
    Size,
    Spread,
    Template,
    Term,
    is_scalar,
)
from ecp.sim.store import Key, Obj

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

NO_LABELS: Labels = {}
_JOURNAL_LIMIT = 50_000
_REMEMBERED_FIELDS = 64


class NodeRow:
    """One node: what it offers and what is taken (millicores, bytes, counts)."""

    __slots__ = (
        "claims", "cpu", "images", "labels", "memory", "name", "pods", "pods_allowed", "ports",
        "scalars", "scored_cpu", "scored_memory", "storage", "taints", "unschedulable", "used_cpu",
        "used_memory", "used_scalars", "used_storage",
    )  # fmt: skip

    def __init__(self, node: Obj) -> None:
        self.name: str = node["metadata"]["name"]
        self.pods = 0
        self.used_cpu = self.used_memory = self.used_storage = 0
        self.scored_cpu = self.scored_memory = 0
        self.used_scalars: dict[str, int] = {}
        self.ports: dict[Key, tuple[HostPort, ...]] = {}
        self.claims: dict[Key, Template] = {}  # of the pods that use some
        self.describe(node)

    def describe(self, node: Obj) -> None:
        """Take over what the node object says; what is taken stays."""
        spec, status = node.get("spec") or {}, node.get("status") or {}
        self.labels: Labels = node["metadata"].get("labels") or NO_LABELS
        self.taints: list[Mapping[str, Any]] = spec.get("taints") or []
        self.unschedulable = bool(spec.get("unschedulable"))
        offered = status.get("allocatable") or status.get("capacity") or {}
        found = {name: amount(name, value) for name, value in offered.items()}
        self.cpu = found.get("cpu", 0)
        self.memory = found.get("memory", 0)
        self.storage = found.get("ephemeral-storage", 0)
        self.pods_allowed = found.get("pods", 0)
        self.scalars = {name: n for name, n in found.items() if is_scalar(name)}
        self.images = {
            name: image.get("sizeBytes") or 0
            for image in status.get("images") or ()
            for name in image.get("names") or ()
        }

    def take(self, size: Size, sign: int) -> None:
        """Count a pod of that size in (*sign* 1) or out (-1)."""
        self.pods += sign
        self.used_cpu += sign * size.cpu
        self.used_memory += sign * size.memory
        self.used_storage += sign * size.storage
        self.scored_cpu += sign * size.scored_cpu
        self.scored_memory += sign * size.scored_memory
        for name, n in size.scalars:
            self.used_scalars[name] = self.used_scalars.get(name, 0) + sign * n


def fits(row: NodeRow, size: Size) -> bool:
    """True when the node has room for one more pod of that size."""
    if (
        row.pods >= row.pods_allowed
        or (size.cpu and size.cpu > row.cpu - row.used_cpu)
        or (size.memory and size.memory > row.memory - row.used_memory)
        or (size.storage and size.storage > row.storage - row.used_storage)
    ):
        return False
    return all(
        n <= row.scalars.get(name, 0) - row.used_scalars.get(name, 0) for name, n in size.scalars
    )


def least_allocated(row: NodeRow, size: Size) -> int:
    """Return the share (0…100) of cpu and memory left free with the pod, averaged.

    Source: noderesources/least_allocated.go; counts the defaults of containers that ask nothing.
    """
    total = parts = 0
    for offered, taken in (
        (row.cpu, row.scored_cpu + size.scored_cpu),
        (row.memory, row.scored_memory + size.scored_memory),
    ):
        if offered:
            parts += 1
            if taken <= offered:
                total += (offered - taken) * 100 // offered
    return total // parts if parts else 0


def balanced_allocation(row: NodeRow, size: Size) -> int:
    """Return how much the pod evens out cpu and memory use: 75 = no change, 50…100.

    Source: noderesources/balanced_allocation.go. Pods that ask for nothing are not scored (0).
    """
    if not size.cpu and not size.memory:
        return 0
    cpu, memory = row.used_cpu, row.used_memory
    with_pod = _evenness(cpu + size.cpu, row.cpu, memory + size.memory, row.memory)
    return 50 + (50 + with_pod - _evenness(cpu, row.cpu, memory, row.memory)) // 2


def _evenness(cpu: int, cpu_offered: int, memory: int, memory_offered: int) -> int:
    if not cpu_offered or not memory_offered:
        return 100
    spread = abs(min(cpu / cpu_offered, 1.0) - min(memory / memory_offered, 1.0)) / 2
    return int((1 - spread) * 100.0)


class Sizing:
    """Fit and resource scores of one pod size on every node; follows the board's journal."""

    __slots__ = ("balanced", "least", "ok", "seen", "size")

    def __init__(self, size: Size, nodes: list[NodeRow], seen: int) -> None:
        self.size = size
        self.ok: Bools = np.array([fits(row, size) for row in nodes], dtype=np.bool_)
        self.least: Ints = np.array([least_allocated(row, size) for row in nodes], dtype=np.int64)
        self.balanced: Ints = np.array(
            [balanced_allocation(row, size) for row in nodes], dtype=np.int64
        )
        self.seen = seen

    def follow(self, nodes: list[NodeRow], journal: list[int]) -> None:
        """Recompute the nodes that changed since last time."""
        size = self.size
        for slot in dict.fromkeys(journal[self.seen :]):
            row = nodes[slot]
            self.ok[slot] = fits(row, size)
            self.least[slot] = least_allocated(row, size)
            self.balanced[slot] = balanced_allocation(row, size)
        self.seen = len(journal)


class Gate:
    """A yes/no over nodes that depends on node objects only; `shut` counts the noes."""

    __slots__ = ("ok", "rule", "shut")

    def __init__(self, rule: Callable[[NodeRow], bool], nodes: list[NodeRow]) -> None:
        self.rule = rule
        self.ok: Bools = np.array([rule(row) for row in nodes], dtype=np.bool_)
        self.shut = len(nodes) - int(self.ok.sum())

    def update(self, slot: int, row: NodeRow) -> None:
        now = self.rule(row)
        if now != bool(self.ok[slot]):
            self.ok[slot] = now
            self.shut += -1 if now else 1


class Figure:
    """A number over nodes that depends on node objects only; `set` counts those not 0."""

    __slots__ = ("rule", "set", "values")

    def __init__(self, rule: Callable[[NodeRow], int], nodes: list[NodeRow]) -> None:
        self.rule = rule
        self.values: Ints = np.array([rule(row) for row in nodes], dtype=np.int64)
        self.set = int(np.count_nonzero(self.values))

    def update(self, slot: int, row: NodeRow) -> None:
        before, now = int(self.values[slot]), self.rule(row)
        self.values[slot] = now
        self.set += (now != 0) - (before != 0)


class Counter:
    """How many pods that match something stand on each node, and in each domain asked for.

    `live` counters leave out pods that are being deleted.
    """

    __slots__ = ("by_domain", "live", "matches", "nodes", "total")

    def __init__(self, matches: Callable[[Template], bool], live: bool, n: int) -> None:
        self.matches = matches
        self.live = live
        self.nodes: Ints = np.zeros(n, dtype=np.int64)
        self.total = 0
        self.by_domain: list[tuple[list[int], Ints]] = []

    def add(self, slot: int, n: int) -> None:
        self.nodes[slot] += n
        self.total += n
        for domains, counts in self.by_domain:
            counts[domains[slot]] += n


class Group:
    """Existing pods that share one affinity term: how many stand on each node.

    `required` anti-affinity shuts nodes; otherwise `weight` (signed) draws or repels.
    """

    __slots__ = ("nodes", "required", "term", "total", "weight")

    def __init__(self, term: Term, required: bool, weight: int, n: int) -> None:
        self.term = term
        self.required = required
        self.weight = weight
        self.nodes: Ints = np.zeros(n, dtype=np.int64)
        self.total = 0

    def add(self, slot: int, n: int) -> None:
        self.nodes[slot] += n
        self.total += n


class Domain:
    """The values of one topology key: `of[slot]`, 0 = the node has no such label."""

    __slots__ = ("as_list", "count", "has_gaps", "of")

    def __init__(self, key: str, nodes: list[NodeRow]) -> None:
        known: dict[str, int] = {}
        self.as_list = [
            known.setdefault(row.labels[key], len(known) + 1) if key in row.labels else 0
            for row in nodes
        ]
        self.of: Ints = np.array(self.as_list, dtype=np.int64)
        self.count = len(known) + 1
        self.has_gaps = 0 in self.as_list


class Field:
    """The nodes that passed all filters: `slots`, None = all of the *n* there are.

    Remembers what plug-ins ask of it again and again while the same nodes pass.
    """

    __slots__ = ("_domains", "size", "slots")

    def __init__(self, slots: NDArray[np.intp] | None, n: int) -> None:
        self.slots = slots
        self.size = n if slots is None else len(slots)
        self._domains: dict[Domain, tuple[Ints, int]] = {}

    def take(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the values at these slots; never to be written to."""
        return values if self.slots is None else values[self.slots]

    def domains(self, domain: Domain) -> tuple[Ints, int]:
        """Return the domain of each slot, and how many different ones there are."""
        found = self._domains.get(domain)
        if found is None:
            of: Ints = self.take(domain.of)
            seen = np.zeros(domain.count, dtype=np.bool_)
            seen[of] = True
            found = self._domains[domain] = (of, int(np.count_nonzero(seen)))
        return found


class Record:
    """A pod that stands on a node."""

    __slots__ = ("live", "node", "template")

    def __init__(self, template: Template, node: str, live: bool) -> None:
        self.template = template
        self.node = node
        self.live = live


def zone_of(labels: Labels) -> tuple[str, str]:
    """Return (region, zone), by which the scheduling order goes round robin."""
    return labels.get(REGION, ""), labels.get(ZONE, "")


def scheduling_order(nodes: Iterable[Obj]) -> list[Obj]:
    """Return *nodes* (oldest first) dealt out zone by zone, zones in order of appearance."""
    zones: dict[tuple[str, str], list[Obj]] = {}
    for node in nodes:
        zones.setdefault(zone_of(node["metadata"].get("labels") or NO_LABELS), []).append(node)
    order: list[Obj] = []
    for at in range(max(map(len, zones.values()), default=0)):
        order += [members[at] for members in zones.values() if at < len(members)]
    return order


class Board:
    """Nodes, pods on them, and what the plug-ins derive. `version` moves with every change."""

    def __init__(self) -> None:
        self.nodes: list[NodeRow] = []
        self.slots: dict[str, int] = {}
        self.records: dict[Key, Record] = {}
        self.namespaces: dict[str, Labels] = {}
        self.epoch = 0
        self.version = 0
        # Counts node objects that changed in place; image facts are recomputed by it.
        self.node_version = 0
        self.journal: list[int] = []
        self._forget_derived()

    def _forget_derived(self) -> None:
        self._sizings: dict[Size, Sizing] = {}
        self._gates: dict[tuple[str, Any], Gate] = {}
        self._figures: dict[tuple[str, Any], Figure] = {}
        self._domains: dict[str, Domain] = {}
        self._counters: dict[Any, Counter] = {}
        self._counter_list: list[Counter] = []
        self._groups: dict[tuple[Term, bool, int], Group] = {}
        self._group_list: list[Group] = []
        self._images: dict[tuple[str, ...], tuple[int, Ints]] = {}
        self._fields: dict[bytes, Field] = {}
        self._placed: dict[Template, None] = {}
        # How many pods of each priority stand somewhere.
        self._priorities: dict[int, int] = {}

    def has_below(self, priority: int) -> bool:
        """Whether some pod of a lesser priority stands on a node."""
        return any(n and one < priority for one, n in self._priorities.items())

    # -- nodes --------------------------------------------------------------------------------

    def lay_out(self, nodes: Iterable[Obj]) -> None:
        """Start over from these node objects (oldest first) and the pods on record."""
        self.epoch += 1
        self.version += 1
        self.node_version += 1
        self.journal = []
        self._forget_derived()
        self.nodes = [NodeRow(node) for node in scheduling_order(nodes)]
        self.slots = {row.name: slot for slot, row in enumerate(self.nodes)}
        for key, record in self.records.items():
            self._stand(key, record, 1)

    def node_changed(self, node: Obj) -> None:
        """Take over a node object whose labels are what they were."""
        slot = self.slots.get(node["metadata"]["name"])
        if slot is None:
            return
        row = self.nodes[slot]
        row.describe(node)
        for gate in self._gates.values():
            gate.update(slot, row)
        for figure in self._figures.values():
            figure.update(slot, row)
        self.version += 1
        self.node_version += 1
        self._note(slot)

    def _note(self, slot: int) -> None:
        if len(self.journal) >= _JOURNAL_LIMIT:
            self.journal = []
            self._sizings = {}
        self.journal.append(slot)

    # -- pods ---------------------------------------------------------------------------------

    def place(self, key: Key, template: Template, node: str, live: bool = True) -> None:
        """Put a pod on record as standing on *node* (which need not be known yet)."""
        record = self.records[key] = Record(template, node, live)
        self._stand(key, record, 1)

    def lift(self, key: Key) -> Record | None:
        """Take a pod off its node."""
        record = self.records.pop(key, None)
        if record is not None:
            self._stand(key, record, -1)
        return record

    def fade(self, key: Key) -> None:
        """Note that the pod is being deleted: it holds its room but spreads no longer."""
        record = self.records[key]
        if not record.live:
            return
        record.live = False
        slot = self.slots.get(record.node)
        if slot is None:
            return
        template = record.template
        for counter in self._counted(template):
            if counter.live:
                counter.add(slot, -1)
        template.spots[slot][1] -= 1
        self.version += 1

    def _stand(self, key: Key, record: Record, sign: int) -> None:
        slot = self.slots.get(record.node)
        if slot is None:
            return
        template, live = record.template, record.live
        row = self.nodes[slot]
        row.take(template.size, sign)
        priority = template.priority
        self._priorities[priority] = self._priorities.get(priority, 0) + sign
        if template.ports:
            if sign > 0:
                row.ports[key] = template.ports
            else:
                row.ports.pop(key, None)
        if template.claims:
            if sign > 0:
                row.claims[key] = template
            else:
                row.claims.pop(key, None)
        for counter in self._counted(template):
            if live or not counter.live:
                counter.add(slot, sign)
        for group in template.groups:
            group.add(slot, sign)
        spot = template.spots.get(slot)
        if spot is None:
            template.spots[slot] = [sign, sign if live else 0]
        else:
            spot[0] += sign
            spot[1] += sign if live else 0
            if not spot[0]:
                del template.spots[slot]
        self._placed[template] = None
        self.version += 1
        self._note(slot)

    def placed_templates(self) -> list[Template]:
        """Return the templates that pods on record have."""
        return list(dict.fromkeys(record.template for record in self.records.values()))

    # -- derived ------------------------------------------------------------------------------

    def field(self, ok: Bools | None) -> Field:
        """Return the nodes where *ok* holds (None = all), remembered by value."""
        key = b"" if ok is None else ok.tobytes()
        field = self._fields.get(key)
        if field is None:
            if len(self._fields) >= _REMEMBERED_FIELDS:
                self._fields = {}
            n = len(self.nodes)
            slots = None if ok is None or ok.all() else ok.nonzero()[0]
            field = self._fields[key] = Field(slots, n)
        return field

    def sizing(self, size: Size) -> Sizing:
        """Return fit and resource scores of a size, up to date."""
        sizing = self._sizings.get(size)
        if sizing is None:
            sizing = self._sizings[size] = Sizing(size, self.nodes, len(self.journal))
        elif sizing.seen < len(self.journal):
            sizing.follow(self.nodes, self.journal)
        return sizing

    def gate(self, name: str, key: Any, rule: Callable[[NodeRow], bool]) -> Gate:
        """Return the yes/no that *rule* gives, cached under (name, key)."""
        gate = self._gates.get((name, key))
        if gate is None:
            gate = self._gates[name, key] = Gate(rule, self.nodes)
        return gate

    def figure(self, name: str, key: Any, rule: Callable[[NodeRow], int]) -> Figure:
        """Return the numbers that *rule* gives, cached under (name, key)."""
        figure = self._figures.get((name, key))
        if figure is None:
            figure = self._figures[name, key] = Figure(rule, self.nodes)
        return figure

    def domain(self, topology: str) -> Domain:
        """Return the domains of a topology key."""
        domain = self._domains.get(topology)
        if domain is None:
            domain = self._domains[topology] = Domain(topology, self.nodes)
        return domain

    def images(self, names: tuple[str, ...]) -> Ints | None:
        """Return the bytes of these images on each node, each scaled by its share of nodes.

        None when no node has any. Source: imagelocality/image_locality.go.
        """
        found = self._images.get(names)
        if found is None or found[0] != self.node_version:
            values = np.zeros(len(self.nodes), dtype=np.int64)
            for name in names:
                holders = [(i, row.images[name]) for i, row in enumerate(self.nodes)
                           if name in row.images]  # fmt: skip
                share = len(holders) / len(self.nodes) if holders else 0.0
                for slot, size in holders:
                    values[slot] += int(size * share)
            found = self._images[names] = (self.node_version, values)
        return found[1] if found[1].any() else None

    def counter(self, key: Any, matches: Callable[[Template], bool], live: bool) -> Counter:
        """Return the counter of the pods whose template *matches*, cached under *key*."""
        counter = self._counters.get(key)
        if counter is None:
            counter = Counter(matches, live, len(self.nodes))
            for template in self._placed:
                if template.spots and matches(template):
                    for slot, spot in template.spots.items():
                        counter.add(slot, spot[1] if live else spot[0])
            self._counters[key] = counter
            self._counter_list.append(counter)
        return counter

    def spreading(self, namespace: str, selector: Selector) -> Counter:
        """Return the counter of live pods of a namespace that a spread constraint counts.

        A selector that asks for nothing counts nothing.
        """
        counts = bool(selector.requirements)

        def matches(template: Template) -> bool:
            return counts and template.namespace == namespace and selector.matches(template.labels)

        return self.counter((namespace, selector), matches, live=True)

    def soft_counters(self, template: Template, spreads: tuple[Spread, ...]) -> list[Counter]:
        """Return the counters of a template's soft constraints, looked up once a layout."""
        memo = template.soft_counters
        if memo is None or memo[0] is not spreads or memo[1] != self.epoch:
            namespace = template.namespace
            found = [self.spreading(namespace, spread.selector) for spread in spreads]
            memo = template.soft_counters = (spreads, self.epoch, found)
        return memo[2]  # type: ignore[no-any-return]

    def meant_by(self, terms: tuple[Term, ...]) -> Counter:
        """Return the counter of pods that match all of *terms*."""
        bare = tuple(term._replace(weight=0) for term in terms)

        def matches(template: Template) -> bool:
            return all(self.term_matches(term, template) for term in bare)

        return self.counter(bare, matches, live=False)

    def term_matches(self, term: Term, template: Template) -> bool:
        labels = self.namespaces.get(template.namespace, NO_LABELS)
        return term.matches(template.namespace, labels, template.labels)

    def per_domain(self, counter: Counter, topology: str) -> Ints:
        """Return the counter's sums by domain of *topology*, kept up to date from now on."""
        domain = self.domain(topology)
        for domains, counts in counter.by_domain:
            if domains is domain.as_list:
                return counts
        counts = np.bincount(domain.of, weights=counter.nodes, minlength=domain.count)
        kept: Ints = counts.astype(np.int64)
        counter.by_domain.append((domain.as_list, kept))
        return kept

    def _counted(self, template: Template) -> list[Counter]:
        if template.epoch != self.epoch:
            self._renew(template)
        counters = self._counter_list
        if template.counted_upto < len(counters):
            template.counted += [
                counter
                for counter in counters[template.counted_upto :]
                if counter.matches(template)
            ]
            template.counted_upto = len(counters)
        return template.counted

    def facing(self, template: Template) -> list[Group]:
        """Return the groups of existing pods whose term means pods of this template."""
        if template.epoch != self.epoch:
            self._renew(template)
        groups = self._group_list
        if template.facing_upto < len(groups):
            template.facing += [
                group
                for group in groups[template.facing_upto :]
                if self.term_matches(group.term, template)
            ]
            template.facing_upto = len(groups)
        return template.facing

    def _renew(self, template: Template) -> None:
        """Bind a template's notes to this layout."""
        template.epoch = self.epoch
        template.spots = {}
        template.counted, template.counted_upto = [], 0
        template.facing, template.facing_upto = [], 0
        template.selectors_version = -1
        owned = [(term, True, 0) for term in template.avoid]
        owned += [(term, False, HARD_AFFINITY_WEIGHT) for term in template.near]
        owned += [(term._replace(weight=0), False, term.weight) for term in template.preferences]
        template.groups = tuple(self._group(*one) for one in owned)

    def _group(self, term: Term, required: bool, weight: int) -> Group:
        group = self._groups.get((term, required, weight))
        if group is None:
            group = self._groups[term, required, weight] = Group(
                term, required, weight, len(self.nodes)
            )
            self._group_list.append(group)
        return group

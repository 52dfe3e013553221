"""The scheduling rules once more, plainly: one pod, one node, one rule at a time, no caches.

What the scheduler does fast must be what this does slowly. Written from the rules, sharing only
quantities and label selectors with the code under test.
"""

from math import floor, log
from typing import Any

from ecp.kube import quantity, selectors

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
Obj = dict[str, Any]


def labels(obj: Obj) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def asked(pod: Obj, cpu: int = 0, memory: int = 0) -> dict[str, int]:
    """Return the requests, with defaults for containers that leave cpu or memory out."""
    total: dict[str, int] = {"cpu": 0, "memory": 0}
    for container in pod["spec"]["containers"]:
        wanted = (container.get("resources") or {}).get("requests") or {}
        for name, value in wanted.items():
            n = quantity.milli(value) if name == "cpu" else quantity.value(value)
            total[name] = total.get(name, 0) + n
        total["cpu"] += 0 if "cpu" in wanted else cpu
        total["memory"] += 0 if "memory" in wanted else memory
    return total


def offered(node: Obj) -> dict[str, int]:
    found = node["status"]["capacity"]
    return {n: quantity.milli(v) if n == "cpu" else quantity.value(v) for n, v in found.items()}


class Plain:
    """Judges one pod against nodes (in scheduling order) and the pods that have a node."""

    def __init__(self, nodes: list[Obj], pods: list[Obj], owners: list[Obj], services: list[Obj]):
        self.nodes, self.owners, self.services = nodes, owners, services
        self.on: dict[str, list[Obj]] = {node["metadata"]["name"]: [] for node in nodes}
        self.by_name = {node["metadata"]["name"]: node for node in nodes}
        for pod in pods:
            node = pod["spec"].get("nodeName")
            if node in self.on:
                self.on[node].append(pod)
        self.standing = [
            (pod, self.by_name[name]) for name, some in self.on.items() for pod in some
        ]

    # -- filters --------------------------------------------------------------------------------

    def why_not(self, pod: Obj, node: Obj) -> tuple[list[str], bool] | None:
        """Return (reasons, whether fewer pods there might help) of the first rule broken."""
        if node["spec"].get("unschedulable"):
            return ["node(s) were unschedulable"], False
        if any(
            taint["effect"] in ("NoSchedule", "NoExecute") and not self.tolerated(pod, taint)
            for taint in node["spec"]["taints"]
        ):
            return ["node(s) had untolerated taint(s)"], False
        if not self.node_matches(pod, node):
            return ["node(s) didn't match Pod's node affinity/selector"], False
        mine = self.host_ports(pod)
        if any(port in mine for other in self.pods(node) for port in self.host_ports(other)):
            return ["node(s) didn't have free ports for the requested pod ports"], True
        return self.no_room(pod, node) or self.uneven(pod, node) or self.unsocial(pod, node)

    def pods(self, node: Obj) -> list[Obj]:
        return self.on[node["metadata"]["name"]]

    def tolerated(self, pod: Obj, taint: Obj) -> bool:
        return any(
            t.get("key", taint["key"]) == taint["key"]
            and t.get("effect", taint["effect"]) == taint["effect"]
            and (t.get("operator") == "Exists" or t.get("value", "") == taint.get("value", ""))
            for t in pod["spec"].get("tolerations", [])
        )

    def node_matches(self, pod: Obj, node: Obj) -> bool:
        wanted = pod["spec"].get("nodeSelector") or {}
        if any(labels(node).get(key) != value for key, value in wanted.items()):
            return False
        required = self.affinity(pod, "nodeAffinity").get(REQUIRED)
        return required is None or any(
            self.term_matches(term, node) for term in required["nodeSelectorTerms"]
        )

    def term_matches(self, term: Obj, node: Obj) -> bool:
        for one in term["matchExpressions"]:
            value, values = labels(node).get(one["key"]), one.get("values", [])
            holds = {
                "In": value in values,
                "NotIn": value not in values,
                "Exists": value is not None,
                "DoesNotExist": value is None,
            }[one["operator"]]
            if not holds:
                return False
        return True

    def affinity(self, pod: Obj, kind: str) -> Obj:
        return (pod["spec"].get("affinity") or {}).get(kind) or {}

    def host_ports(self, pod: Obj) -> list[int]:
        return [
            port["hostPort"]
            for container in pod["spec"]["containers"]
            for port in container.get("ports", [])
            if "hostPort" in port
        ]

    def no_room(self, pod: Obj, node: Obj) -> tuple[list[str], bool] | None:
        reasons, helpful = [], True
        if len(self.pods(node)) + 1 > offered(node)["pods"]:
            reasons.append("Too many pods")
        for name, n in asked(pod).items():
            there = offered(node).get(name, 0)
            if n and n > there - sum(asked(other).get(name, 0) for other in self.pods(node)):
                reasons.append(f"Insufficient {name}")
                helpful = helpful and n <= there
        return (reasons, helpful) if reasons else None

    def constraints(self, pod: Obj, action: str) -> list[tuple[str, int, Any, Obj]]:
        given = pod["spec"].get("topologySpreadConstraints")
        if given:
            return [
                (c["topologyKey"], c["maxSkew"], selectors.from_object(c["labelSelector"]), c)
                for c in given
                if c["whenUnsatisfiable"] == action
            ]
        if action == "DoNotSchedule":
            return []
        found: dict[str, str] = {}
        for service in self.services:
            chosen = service["spec"]["selector"]
            if all(labels(pod).get(key) == value for key, value in chosen.items()):
                found.update(chosen)
        for reference in pod["metadata"].get("ownerReferences", []):
            for owner in self.owners:
                if owner["metadata"]["name"] == reference["name"]:
                    found.update(owner["spec"]["selector"]["matchLabels"])
        if not found:
            return []
        selector = selectors.from_map(found)
        return [(HOST, 3, selector, {}), (ZONE, 5, selector, {})]

    def spread_count(self, pod: Obj, selector: Any, nodes: list[Obj]) -> int:
        return sum(
            selector.matches(labels(other))
            and not other["metadata"].get("deletionTimestamp")
            and other["metadata"]["namespace"] == pod["metadata"]["namespace"]
            for node in nodes
            for other in self.pods(node)
        )

    def uneven(self, pod: Obj, node: Obj) -> tuple[list[str], bool] | None:
        hard = self.constraints(pod, "DoNotSchedule")
        reason = "node(s) didn't match pod topology spread constraints"
        complete = [n for n in self.nodes if all(key in labels(n) for key, *_ in hard)]
        for key, max_skew, selector, raw in hard:
            if key not in labels(node):
                return [f"{reason} (missing required label)"], False
            honour = raw.get("nodeAffinityPolicy", "Honor") == "Honor"
            counted = [n for n in complete if not honour or self.node_matches(pod, n)]
            if raw.get("nodeTaintsPolicy") == "Honor":
                counted = [
                    n for n in counted
                    if all(t["effect"] == "PreferNoSchedule" or self.tolerated(pod, t)
                           for t in n["spec"]["taints"])
                ]  # fmt: skip
            counts: dict[str, int] = {}
            for n in counted:
                value = labels(n)[key]
                counts[value] = counts.get(value, 0) + self.spread_count(pod, selector, [n])
            fewest = min(counts.values(), default=2**31 - 1)
            if len(counts) < raw.get("minDomains", 1):
                fewest = 0
            here = counts.get(labels(node)[key], 0) + selector.matches(labels(pod))
            if here - fewest > max_skew:
                return [reason], True
        return None

    # -- other pods -----------------------------------------------------------------------------

    def means(self, term: Obj, owner: Obj, other: Obj) -> bool:
        """True when *owner*'s term means *other*; terms here are of one namespace."""
        return owner["metadata"]["namespace"] == other["metadata"][
            "namespace"
        ] and selectors.from_object(term["labelSelector"]).matches(labels(other))

    def together(self, term: Obj, one: Obj, other: Obj) -> bool:
        key = term["topologyKey"]
        return key in labels(one) and labels(one)[key] == labels(other).get(key)

    def unsocial(self, pod: Obj, node: Obj) -> tuple[list[str], bool] | None:
        near = self.affinity(pod, "podAffinity").get(REQUIRED, [])
        if near:
            friends = [
                (other, there) for other, there in self.standing
                if all(self.means(term, pod, other) for term in near)
            ]  # fmt: skip
            labelled = all(term["topologyKey"] in labels(node) for term in near)
            met = labelled and all(
                any(self.together(term, node, there) for _, there in friends) for term in near
            )
            counted = any(term["topologyKey"] in labels(n) for term in near for _, n in friends)
            first = not counted and all(self.means(term, pod, pod) for term in near)
            if not (met or (labelled and first)):
                return ["node(s) didn't match pod affinity rules"], False
        for term in self.affinity(pod, "podAntiAffinity").get(REQUIRED, []):
            if any(
                self.means(term, pod, other) and self.together(term, node, there)
                for other, there in self.standing
            ):
                return ["node(s) didn't match pod anti-affinity rules"], True
        for other, there in self.standing:
            for term in self.affinity(other, "podAntiAffinity").get(REQUIRED, []):
                if self.means(term, other, pod) and self.together(term, node, there):
                    return ["node(s) didn't satisfy existing pods anti-affinity rules"], True
        return None

    # -- scores ---------------------------------------------------------------------------------

    def totals(self, pod: Obj, feasible: list[Obj]) -> list[int]:
        parts = [
            (3, self.taint_scores(pod, feasible)),
            (2, self.fond_scores(pod, feasible)),
            (2, self.spread_scores(pod, feasible)),
            (2, self.social_scores(pod, feasible)),
            (1, [self.least(pod, node) for node in feasible]),
            (1, [self.balanced(pod, node) for node in feasible]),
        ]
        return [sum(w * scores[i] for w, scores in parts) for i in range(len(feasible))]

    def taint_scores(self, pod: Obj, feasible: list[Obj]) -> list[int]:
        raw = [
            sum(t["effect"] == "PreferNoSchedule" and not self.tolerated(pod, t)
                for t in node["spec"]["taints"])
            for node in feasible
        ]  # fmt: skip
        top = max(raw)
        return [100 - 100 * n // top if top else 100 for n in raw]

    def fond_scores(self, pod: Obj, feasible: list[Obj]) -> list[int]:
        terms = self.affinity(pod, "nodeAffinity").get(PREFERRED, [])
        raw = [
            sum(t["weight"] for t in terms if self.term_matches(t["preference"], node))
            for node in feasible
        ]
        top = max(raw)
        return [100 * n // top if top else 0 for n in raw]

    def spread_scores(self, pod: Obj, feasible: list[Obj]) -> list[int]:
        soft = self.constraints(pod, "ScheduleAnyway")
        if not soft:
            return [0] * len(feasible)
        given = bool(pod["spec"].get("topologySpreadConstraints"))

        def complete(node: Obj) -> bool:
            return not given or all(key in labels(node) for key, *_ in soft)

        scored = [node for node in feasible if complete(node)]
        raw: list[int | None] = []
        for node in feasible:
            if not complete(node):
                raw.append(None)
                continue
            total = 0.0
            for key, max_skew, selector, c in soft:
                if key not in labels(node):
                    continue
                if key == HOST:
                    size, where = len(scored), [node]
                else:
                    size = len({labels(n).get(key, "") for n in scored})
                    where = [
                        n for n in self.nodes
                        if complete(n) and labels(n).get(key) == labels(node)[key]
                        and (c.get("nodeAffinityPolicy", "Honor") != "Honor"
                             or self.node_matches(pod, n))
                    ]  # fmt: skip
                count = self.spread_count(pod, selector, where)
                total += count * log(size + 2) + (max_skew - 1)
            raw.append(floor(total + 0.5))
        numbers = [n for n in raw if n is not None]
        if not numbers:
            return [0] * len(feasible)
        top, low = max(numbers), min(numbers)
        return [0 if n is None else 100 if top == 0 else 100 * (top + low - n) // top for n in raw]

    def social_scores(self, pod: Obj, feasible: list[Obj]) -> list[int]:
        def preferred(owner: Obj) -> list[tuple[int, Obj]]:
            return [
                (sign * one["weight"], one["podAffinityTerm"])
                for sign, kind in ((1, "podAffinity"), (-1, "podAntiAffinity"))
                for one in self.affinity(owner, kind).get(PREFERRED, [])
            ]

        raw = []
        for node in feasible:
            total = 0
            for other, there in self.standing:
                for weight, term in preferred(pod):
                    if self.means(term, pod, other) and self.together(term, node, there):
                        total += weight
                hard = [(1, t) for t in self.affinity(other, "podAffinity").get(REQUIRED, [])]
                for weight, term in preferred(other) + hard:
                    if self.means(term, other, pod) and self.together(term, node, there):
                        total += weight
            raw.append(total)
        low, top = min(raw), max(raw)
        return [int(100.0 * ((n - low) / float(top - low))) if top > low else 0 for n in raw]

    def least(self, pod: Obj, node: Obj) -> int:
        scores = []
        for name in ("cpu", "memory"):
            there = offered(node)[name]
            defaults = (100, 200 * 2**20)
            taken = sum(asked(p, *defaults)[name] for p in [*self.pods(node), pod])
            scores.append((there - taken) * 100 // there if taken <= there else 0)
        return sum(scores) // 2

    def balanced(self, pod: Obj, node: Obj) -> int:
        if not asked(pod)["cpu"] and not asked(pod)["memory"]:
            return 0

        def evenness(pods: list[Obj]) -> int:
            shares = [
                min(sum(asked(p)[name] for p in pods) / offered(node)[name], 1.0)
                for name in ("cpu", "memory")
            ]
            return int((1 - abs(shares[0] - shares[1]) / 2) * 100.0)

        now = self.pods(node)
        return 50 + (50 + evenness([*now, pod]) - evenness(now)) // 2

    # -- the whole ------------------------------------------------------------------------------

    def scored(self, pod: Obj) -> dict[str, int]:
        """Return the total scores of the nodes that will do, in order."""
        feasible = [node for node in self.nodes if self.why_not(pod, node) is None]
        totals = self.totals(pod, feasible) if feasible else []
        return dict(zip((node["metadata"]["name"] for node in feasible), totals, strict=True))

    def message(self, pod: Obj) -> str:
        """Return what is said when no node will do."""
        whys = [self.why_not(pod, node) for node in self.nodes]
        n = len(self.nodes)
        reasons: dict[str, int] = {}
        for why in whys:
            assert why is not None
            for reason in why[0]:
                reasons[reason] = reasons.get(reason, 0) + 1
        victims = {
            "No preemption victims found for incoming pod": sum(w[1] for w in whys if w),
            "Preemption is not helpful for scheduling": sum(not w[1] for w in whys if w),
        }

        def listed(counts: dict[str, int]) -> str:
            return ", ".join(sorted(f"{k} {reason}" for reason, k in counts.items() if k))

        head = f"0/{n} nodes are available: "
        return (
            f"{head}{listed(reasons)}. no new claims to deallocate, preemption: "
            f"{head}{listed(victims)}."
        )

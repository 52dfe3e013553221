"""One run: a fresh cluster, the bundle applied, start-up, then slots of probes with faults.

A run may stop at any instant, be written down, and go on elsewhere: the result is the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from ecp.kube.errors import KubeError
from ecp.kube.kinds import CRDS, HPAS, NAMESPACES, SERVICES
from ecp.rehearsal.bundle import (
    WORKLOADS,
    Excluded,
    Item,
    Obj,
    Ref,
    Skipped,
    in_order,
    is_custom,
    parts_of,
    placed,
)
from ecp.rehearsal.judgement import Judgement
from ecp.rehearsal.judging import entries_of, judge
from ecp.rehearsal.startup import READY_DEADLINE, StartUp, workloads_behind
from ecp.rehearsal.troubles import Trouble
from ecp.sim import clusters
from ecp.sim.cluster import DEFAULT_START, Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import FaultPlan, Injected, ObjectPlan, Plan, planned
from ecp.sim.faults.chaos import definitions
from ecp.sim.network import listed
from ecp.sim.requests import Request
from ecp.sim.store import Change
from ecp.sim.traffic import SLOT, Ledger
from ecp.sim.traffic.trial import tried
from ecp.slo.contract import promised
from ecp.workloads.profiles import Profiles

MANAGER = "ecp"
CAUSE = "release"
"""The cause of everything that follows from the deployment."""
TENANT = "tenant"
"""Under which name the demand of a rehearsal is followed."""
DEFAULT_NAMESPACE = "default"
# Time for the names of CustomResourceDefinitions to be accepted.
_CRD_SETTLES = SECOND

Stage = Literal["deploy", "startup", "probes", "over"]


class Refusal(NamedTuple):
    """An object that the server did not take."""

    ref: Ref
    code: int
    message: str


class Demand(NamedTuple):
    """Who asks during the probes: contracted units by profile, as a tenant of *namespace*.

    `load`: the units that ask, where these are others; `failures`: whether faults come by
    themselves, at the shipped rates; `shape`: what the tenant says of its demand
    (`workloads.shaping`); `contract`: by what its slots are judged (`slo.contract.JUDGED`).
    """

    namespace: str
    units: Mapping[str, int]
    load: Mapping[str, int] = {}
    failures: bool = False
    shape: Mapping[str, Any] | None = None
    contract: Mapping[str, Any] = {}

    def plain(self) -> dict[str, Any]:
        """Return it as plain data; a contract only where there is one."""
        found = self._asdict()
        if not self.contract:
            del found["contract"]
        return found


class Later(NamedTuple):
    """Objects that are applied `after` (ns) from the first probe on."""

    after: int
    objects: Sequence[Obj]


class Refused(NamedTuple):
    """A call that a workload declares and that would fail; `spared`: it does without it."""

    caller: Ref
    env: str
    host: str
    port: int | None
    spared: bool
    cause: str
    values: Mapping[str, str]


@dataclass(slots=True)
class Deployed:
    """What became of the bundle when it was applied."""

    applied: list[Ref] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    excluded: list[Excluded] = field(default_factory=list)

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "applied": [list(ref) for ref in self.applied],
            "refused": [[list(row.ref), row.code, row.message] for row in self.refused],
            "skipped": [list(row) for row in self.skipped],
            "excluded": [[list(row.ref), row.why, dict(row.values)] for row in self.excluded],
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Deployed":
        """Return what `to_plain` wrote down."""
        return cls(
            [Ref(*row) for row in plain["applied"]],
            [Refusal(Ref(*row[0]), *row[1:]) for row in plain["refused"]],
            [Skipped(*row) for row in plain["skipped"]],
            [Excluded(Ref(*row[0]), *row[1:]) for row in plain["excluded"]],
        )


class Run:
    """One rehearsal's cluster and what is known of it. Instants in ns since the epoch.

    *objects* are the bundle in the order of the input; *length* (ns) is how long it is probed,
    cut to whole slots; *faults* count from the first probe on. *spec* is a cluster file's content,
    in place of the shipped *model*. *demand* asks from the first probe on (`TENANT` in the
    accounts); *later* is applied while it is probed.
    """

    def __init__(
        self,
        objects: Sequence[Obj],
        *,
        length: int,
        faults: Sequence[Plan] = (),
        seed: int = 0,
        model: str = "default",
        spec: Mapping[str, Any] | None = None,
        cluster: Cluster | None = None,
        demand: Demand | None = None,
        later: Sequence[Later] = (),
        sheets: Profiles | None = None,
    ) -> None:
        self.demand = demand
        self.later = sorted(later, key=lambda change: change.after)
        self.length = length // SLOT * SLOT
        self.faults = tuple(faults)
        self.seed = seed
        self.model = model
        if cluster is None:
            checked = clusters.model(model) if spec is None else clusters.check(dict(spec))
            cluster = Cluster.create(checked, seed=seed, now=DEFAULT_START, sheets=sheets)
        self.cluster = cluster
        # A tenant's objects that name no namespace are for its own, which is there or is made.
        self.home = DEFAULT_NAMESPACE if demand is None else demand.namespace
        self.objects = [*self._own_namespace(objects), *objects]
        self.stage: Stage = "deploy"
        self.deployed = Deployed()
        self.start = StartUp(self.cluster.now, [], [])
        self.troubles: list[Trouble] = []
        self.calls: list[Refused] = []
        # The conditions of "started" as the clock began: whether each held, since when (ns).
        self.conditions: dict[str, tuple[bool, int | None]] = {}
        # Where requests enter, and when the first was served (ns).
        self.entries: list[tuple[Ref, int | None]] = []
        self.outside: list[str] = []
        # Services that were listed before anything listened, and how long (ns).
        self.early: list[tuple[Ref, int]] = []
        self.ledger = Ledger()
        self.born = 0  # first slot of the SLA clock
        self.cluster.listeners.append(self._observe)

    def _own_namespace(self, objects: Sequence[Obj]) -> list[Obj]:
        if self.cluster.read.get(NAMESPACES, "", self.home) is not None:
            return []
        if any(obj["kind"] == "Namespace" and obj["metadata"].get("name") == self.home
               for obj in objects):  # fmt: skip
            return []
        return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.home}}]

    # -- going on ---------------------------------------------------------------------------------

    def proceed(self, until: int | None = None) -> bool:
        """Go on to the instant *until* (None: to the end); True when the run is over."""
        if self.stage == "deploy":
            self._deploy()
        while self.stage == "startup" and (until is None or self.cluster.now < until):
            self._start_up(until)
        if self.stage == "probes":
            end = self.born * SLOT + self.length
            self._pass(end if until is None else min(end, until))
            if self.cluster.now >= end:
                self.cluster.prober.close()
                self.stage = "over"
        return self.stage == "over"

    def _pass(self, until: int) -> None:
        """Let time pass; apply what is due on the way."""
        while self.later and self.born * SLOT + self.later[0].after <= until:
            change = self.later.pop(0)
            self.cluster.run_until(self.born * SLOT + change.after)
            items, _ = placed(change.objects, self.cluster.catalogue, self.home)
            for item in in_order(items):
                self._apply(item)
        self.cluster.run_until(until)

    def _observe(self, change: Change) -> None:
        if self.stage == "startup":
            self.start.observe(change, self.cluster.read)

    # -- deploying --------------------------------------------------------------------------------

    def _deploy(self) -> None:
        cluster = self.cluster
        self._plan_objects()
        self.stage = "startup"
        self.start.began = cluster.now
        items, unserved = placed(self.objects, cluster.catalogue, self.home)
        own = [entry for entry in unserved if is_custom(entry.body, self.objects)]
        self.deployed.skipped = [entry for entry in unserved if entry not in own]
        # What is to be watched is known before the first change of it.
        parts = parts_of(items, unserved)
        self.start.workloads, self.start.services = parts.workloads, parts.services
        self.deployed.excluded = parts.excluded
        for item in in_order(items):
            self._apply(item)
        if any(item.ref.resource == CRDS for item in items) and own:
            cluster.run_until(cluster.now + _CRD_SETTLES)
            late, missing = placed([entry.body for entry in own], cluster.catalogue, self.home)
            self.deployed.skipped += missing
            for item in late:
                self._apply(item)
        refused = {refusal.ref for refusal in self.deployed.refused}
        self.start.workloads = [ref for ref in self.start.workloads if ref not in refused]
        self.start.services = [ref for ref in self.start.services if ref not in refused]

    def _plan_objects(self) -> None:
        """Let chaos objects be applied at their time; what defines them must be there before."""
        plans = [plan for plan in self.faults if isinstance(plan, ObjectPlan)]
        if not plans:
            return
        for made in definitions():
            if self.cluster.read.get(CRDS, "", made["metadata"]["name"]) is None:
                self.cluster.submit(Request("create", CRDS, body=made, manager=MANAGER))
        self.cluster.run_until(self.cluster.now + _CRD_SETTLES)
        self.later += [Later(plan.after, (dict(plan.object),)) for plan in plans]
        self.later.sort(key=lambda change: change.after)

    def _apply(self, item: Item) -> None:
        ref = item.ref
        if ref.name:
            request = Request(
                "patch",
                ref.resource,
                ref.namespace,
                ref.name,
                body=item.body,
                patch="apply",
                api_version=item.body["apiVersion"],
                manager=MANAGER,
                force=True,
            )
        else:
            request = Request(
                "create",
                ref.resource,
                ref.namespace,
                body=item.body,
                api_version=item.body["apiVersion"],
                manager=MANAGER,
            )
        try:
            answer = self.cluster.submit(request, cause=CAUSE)
        except KubeError as error:
            self.deployed.refused.append(Refusal(ref, error.code, str(error)))
            return
        if not ref.name and answer.object is not None:
            ref = ref._replace(name=answer.object["metadata"]["name"])
            if ref.resource in WORKLOADS:
                self.start.workloads.append(ref)
        if ref not in self.deployed.applied:
            self.deployed.applied.append(ref)

    # -- starting up ------------------------------------------------------------------------------

    @property
    def deadline(self) -> int:
        """The instant at which start-up has failed if it is not confirmed."""
        return self.start.began + READY_DEADLINE

    def _start_up(self, until: int | None) -> None:
        """Let one instant pass; where all is available, ask every Service at the next slot."""
        cluster = self.cluster
        limit = self.deadline if until is None else min(self.deadline, until)
        if self.start.whole:
            slot = -(-cluster.now // SLOT) * SLOT
            if slot > limit:
                cluster.run_until(limit)
            else:
                cluster.run_until(slot)
                if self.start.whole:
                    judged = self.judge()
                    if judged.started:
                        self.start.confirmed = cluster.now
                        self._begin(judged)
                        return
                # Somebody does not answer yet: ask again with the next slot.
                cluster.run_until(min(slot + 1, limit))
        else:
            due = cluster.engine.next_at()
            cluster.run_until(limit if due is None else min(due, limit))
        if cluster.now >= self.deadline:
            judged = self.judge()
            self.troubles = list(judged.troubles)
            self._begin(judged)

    def judge(self) -> Judgement:
        """Judge the start-up as it stands now; the first entry requests are those of the trial."""
        cluster, start = self.cluster, self.start
        services = [(ref.namespace, ref.name) for ref in start.services]
        spaces = dict.fromkeys(ref.namespace for ref in (*start.workloads, *start.services))
        trial = tried(
            cluster.read, cluster.world, cluster.now, cluster.prober.ways, services, spaces
        )
        return judge(
            cluster.read,
            placed(self.objects, cluster.catalogue, self.home)[0],
            start.workloads,
            start.services,
            trial=trial,
            entries=entries_of(trial, start.services, cluster.now),
            began=start.began,
            now=cluster.now,
            at=start.at,
        )

    def _begin(self, judged: Judgement) -> None:
        """Begin the SLA clock: probes from the next slot on, faults as planned."""
        cluster = self.cluster
        self.stage = "probes"
        self.conditions = judged.conditions()
        self.entries = [(entry.ref, entry.served) for entry in judged.entries]
        self.calls = [
            Refused(
                Ref(*call.caller), call.env, call.host, call.port, call.spared,
                call.outcome.cause, dict(call.outcome.values),
            )
            for call in judged.calls
            if not call.outcome.ok and not call.outside
        ]  # fmt: skip
        self.outside = [f"{call.caller[2]} → {call.host}" for call in judged.calls if call.outside]
        self._find_early()
        services = [(ref.namespace, ref.name) for ref in self.start.services]
        self.born = cluster.prober.watch(services, self.ledger)
        scope = sorted({ref.namespace for ref in self.deployed.applied if ref.namespace})
        for plan in self.faults:
            if not isinstance(plan, FaultPlan):
                continue
            body = {**plan.body(), "at": self.born * SLOT + plan.after, "namespaces": scope}
            cluster.submit(Request("fault", "faults", body=body, manager=MANAGER))
        if self.demand is not None:
            asked = {
                "namespace": self.demand.namespace,
                "demand": dict(self.demand.units),
                "load": dict(self.demand.load),
                "failure_scenarios": self.demand.failures,
                "shape": self.demand.shape,
                **promised(self.demand.contract),
            }
            calendar = cluster.accounts.ledger(TENANT).calendar
            # A snapshot may follow the same traffic under the tenant's own name: it is asked once,
            # and maintenance that was announced there counts here.
            for tenant in cluster.flows.tenants():
                if tenant.namespace == self.demand.namespace:
                    for window in cluster.accounts.ledger(tenant.name).calendar.windows:
                        calendar.keep(window)
                    cluster.submit(Request("untrack", "tenants", name=tenant.name), cause=CAUSE)
            cluster.submit(Request("track", "tenants", name=TENANT, body=asked), cause=CAUSE)

    def _find_early(self) -> None:
        """Find Services whose endpoints were ready before their processes listened."""
        cluster, start = self.cluster, self.start
        for ref in start.services:
            ready = start.at.get(ref)
            service = cluster.read.get(SERVICES, ref.namespace, ref.name)
            if ready is None or service is None:
                continue
            answers = ready
            for port in service["spec"].get("ports") or ():
                begins = [
                    container.listens_at
                    for endpoint in listed(cluster.read, service, port)
                    if (run := cluster.world.pods.get(endpoint.uid)) is not None
                    for container in run.containers
                    if endpoint.port in container.ports and container.listens_at is not None
                ]
                answers = max(answers, min(begins, default=answers))
            if answers - ready >= SECOND:
                self.early.append((ref, answers - ready))

    # -- what is known ----------------------------------------------------------------------------

    @property
    def injected(self) -> list[Injected]:
        """Return the faults that were asked for, in their order; none that came by itself."""
        return [fault for _, fault in self.asked]

    @property
    def asked(self) -> list[tuple[str, Injected]]:
        """Return those faults with the words in which they, or their objects, were asked for."""
        plans = [plan for plan in self.faults if isinstance(plan, FaultPlan)]
        found = self.cluster.faults.all
        words = [(plan.word, fault) for plan, fault in zip(plans, found, strict=False)]
        made = [fault for fault in found if fault.origin["kind"] == "chaos"]
        return words + [(fault.origin["object"], fault) for fault in made]

    @property
    def idle(self) -> list[str]:
        """Return the chaos objects of which no fault came."""
        began = [fault.origin.get("began_by") for fault in self.cluster.faults.all]
        return [
            plan.word
            for plan in self.faults
            if isinstance(plan, ObjectPlan) and plan.object["metadata"].get("name") not in began
        ]

    def workloads_behind(self, service: Ref) -> list[Ref]:
        """Return the workloads of the bundle whose pods a Service selects."""
        return workloads_behind(self.cluster.read, service, self.start.workloads)

    @property
    def autoscalers(self) -> list[Ref]:
        """Return the HorizontalPodAutoscalers of the bundle: stored, not acting yet."""
        return [ref for ref in self.deployed.applied if ref.resource == HPAS]

    # -- state ------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Return the run as plain data, from which `restore` goes on."""
        return {
            "cluster": self.cluster.snapshot(),
            "objects": self.objects,
            "length": self.length,
            "faults": [plan.text for plan in self.faults],
            "demand": None if self.demand is None else [*self.demand],
            "later": [[change.after, list(change.objects)] for change in self.later],
            "seed": self.seed,
            "model": self.model,
            "stage": self.stage,
            "deployed": self.deployed.to_plain(),
            "start": self.start.snapshot(),
            "troubles": [[list(row.ref), row.cause, dict(row.values)] for row in self.troubles],
            "calls": [[list(row.caller), *row[1:]] for row in self.calls],
            "outside": list(self.outside),
            "entries": [[list(ref), served] for ref, served in self.entries],
            "conditions": {name: list(row) for name, row in self.conditions.items()},
            "early": [[list(ref), gap] for ref, gap in self.early],
            "ledger": self.ledger.snapshot(),
            "born": self.born,
        }

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> "Run":
        """Return the run that `snapshot` wrote down."""
        run = cls(
            state["objects"],
            length=state["length"],
            faults=[planned(text) for text in state["faults"]],
            seed=state["seed"],
            model=state["model"],
            cluster=Cluster.restore(state["cluster"]),
            demand=None if (row := state.get("demand")) is None else Demand(*row),
            later=[Later(*row) for row in state.get("later", ())],
        )
        run.stage = state["stage"]
        run.deployed = Deployed.from_plain(state["deployed"])
        run.start = StartUp.restored(state["start"])
        run.troubles = [Trouble(Ref(*row[0]), *row[1:]) for row in state["troubles"]]
        run.calls = [Refused(Ref(*row[0]), *row[1:]) for row in state["calls"]]
        run.outside = list(state["outside"])
        run.entries = [(Ref(*ref), served) for ref, served in state["entries"]]
        run.conditions = {name: (met, at) for name, (met, at) in state["conditions"].items()}
        run.early = [(Ref(*row), gap) for row, gap in state["early"]]
        run.ledger = Ledger.restored(state["ledger"])
        run.born = state["born"]
        run.cluster.prober.sink = run.ledger
        return run

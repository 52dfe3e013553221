"""What a profile says: the data sheet of one of a tenant's workloads, as types.

Numbers are in seconds, millicores and bytes; files write them as people do. `profiles` reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ecp.workloads.batching import Batches

Tier = Literal["main", "support", "analytics", "infrastructure"]
Model = Literal["session", "request", "batch"]
GPU_TYPES = ("t4", "l4", "a10g", "v100", "l40s")
"""Those that profiles know, the weakest first."""
COUNTERS = ("callbot", "chatbot", "advisor", "stt", "tts", "ta", "qa")


class Origin(NamedTuple):
    """Where a figure comes from, what was decided about it, between which bounds it may lie (in
    the figure's unit; None = nobody says)."""

    source: str
    note: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """What one contracted unit asks for.

    `sessions` a weekday, of mean `duration` (s) and `turns` entry requests each. `weights` are
    the 24 local hours' shares of a day, in any scale; `weekend` a factor on weekend days,
    `holiday` on days off of the `calendar` ("" = none), whatever day of the week they are.
    `variation` is the coefficient of variation of whole days, for who wants it drawn.
    `duration_variability` is the squared coefficient of variation of durations, `redial` the share
    of those who find all lines busy that try again.
    `closed`: a unit is a person, who has one session at a time, so that no more sessions than
    units are ever open.
    """

    unit: str
    timezone: str
    sessions: float
    duration: float
    turns: float
    weights: tuple[float, ...]
    weekend: float
    closed: bool
    calendar: str = ""
    holiday: float = 1.0
    variation: float = 0.0
    duration_variability: float = 1.0
    redial: float = 0.0

    @property
    def busy_share(self) -> float:
        """Share of a day's sessions that begins in the busiest hour."""
        return max(self.weights) / sum(self.weights)


class Variable(NamedTuple):
    """An environment variable: its `value`, or the `secret` that has it."""

    name: str
    value: str
    secret: str


class Call(NamedTuple):
    """A dependency. Per session of the caller (per request, where it has no sessions):

    `streams` held as long as the session lasts, and `requests`.
    """

    to: str
    streams: float
    requests: float


@dataclass(frozen=True, slots=True)
class Service:
    """How one replica serves.

    model    session: holds a slot while a session or stream lasts; request: `threads` at once;
             batch: a GPU that takes what waits
    time     mean service time of one request (s), `variability` its squared coefficient
    latency  what the 95th percentile of a request here may take (s)
    streams  slots of one GPU by type, where GPUs hold streams
    batches  the batch server by GPU type, where they batch
    routing  random: kube-proxy sends a connection anywhere, each replica is a queue of its own;
             pooled: the caller finds a free one
    severs   a session ends with the process that has it, nobody takes it over: a call; else only
             the requests under way are lost
    warm_up  s after a process begins to listen in which a request takes `cold` times as long, and
             as much CPU: code that is not compiled yet, caches that are empty
    """

    model: Model
    routing: Literal["random", "pooled"]
    time: float
    variability: float
    threads: int
    latency: float
    streams: Mapping[str, int]
    batches: Mapping[str, Batches]
    severs: bool = False
    warm_up: float = 0.0
    cold: float = 1.0


@dataclass(frozen=True, slots=True)
class Resources:
    """What a replica takes: CPU in millicores, memory and storage in bytes.

    `cpu` and `memory` are the base; `slot_cpu`, `slot_memory` come for every slot of a session
    model; `request_cpu` is the CPU time of a request (s). Limits are `headroom` times the
    requests. `storage` is the claim of one replica, `unit_storage` what a contracted unit leaves
    behind in a day.
    """

    cpu: float
    memory: float
    slot_cpu: float
    slot_memory: float
    request_cpu: float
    headroom: float
    gpus: int
    storage: float
    unit_storage: float


@dataclass(frozen=True, slots=True)
class Probes:
    """Paths of the HTTP probes ("" = connect to the port), times in s.

    `startup` is how long a start may take before the container is restarted.
    """

    ready: str
    alive: str
    period: int
    timeout: int
    failures: int
    startup: int


@dataclass(frozen=True, slots=True)
class Scaling:
    """How many replicas: `slots` are the sizes a replica of a session model comes in.

    `single`: it cannot have a second replica (its state is on one disk). `automatic`: an
    autoscaler on CPU makes sense.
    """

    slots: tuple[int, ...]
    single: bool
    automatic: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """One workload's data sheet. `counter` is the tenant's counter that is its demand, "" = none.

    `environment` are variables that it needs, `clients` those that its callers need: each has a
    value, or names a secret of the tenant's.

    `entry`: its requests are the tenant's customers' own, which availability counts. `behind`
    are the workloads that its entry requests pass first, from the outside in. `outside`: it
    calls HTTPS addresses beyond the cluster. `metrics` is the port that serves metrics, 0 = none.
    """

    name: str
    title: Mapping[str, str]
    tier: Tier
    image: str
    counter: str
    entry: bool
    port: int
    protocol: Literal["http", "tcp"]
    metrics: int
    environment: tuple[Variable, ...]
    clients: tuple[Variable, ...]
    behind: tuple[str, ...]
    outside: bool
    demand: Demand | None
    calls: tuple[Call, ...]
    service: Service
    resources: Resources
    probes: Probes
    scaling: Scaling
    origins: Mapping[str, Origin]

    def origin(self, field: str) -> Origin:
        """Return where a figure comes from: `origin("demand.sessions")`. Raises KeyError."""
        return self.origins[field]

"""What the features ask of the outside; the plain records that pass through are in `records`.

The adapters fulfil these; the features know nothing else of databases, HTTP or clusters.
Instants are integer nanoseconds since the Unix epoch: the orchestrator's own (wall) where a record
is kept, the cluster's where something happened in it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Literal, Protocol

from ecp.orchestrator.records import (
    Alert,
    AlertEvent,
    AlertRoute,
    Answered,
    AuditEntry,
    AuditSought,
    Clock,
    CustomRule,
    Delivery,
    Deployed,
    Figure,
    Found,
    Gathered,
    Generated,
    ImageVersion,
    Judged,
    Manifest,
    Message,
    Minute,
    Mode,
    Obj,
    Page,
    Phase,
    Reached,
    Ref,
    Registry,
    Rehearsal,
    Release,
    Silence,
    Sought,
    State,
    Statement,
    Step,
    Surveyed,
    Target,
    Telling,
    Tenant,
    ToJudge,
    Turn,
    Wish,
)
from ecp.slo.kept import KeptMinute
from ecp.slo.levels import Bounds, Level
from ecp.texts import Language, text

# -- storage --------------------------------------------------------------------------------------


class Playbook(Protocol):
    """The rehearsals of a mode. Every call is one transaction. Raises StorageFailed."""

    async def open(
        self, *, name: str, kind: str, runs: int, asked: Obj, now: int, held: tuple[str, int]
    ) -> Rehearsal:
        """Keep a rehearsal; *held*: who works on it, and until when (ns) that holds."""
        ...

    async def one(self, rehearsal_id: int) -> Rehearsal | None: ...
    async def asked(self, rehearsal_id: int) -> Obj: ...
    async def some(
        self, skip: int, limit: int, state: str | None = None
    ) -> tuple[list[Rehearsal], int]: ...
    async def change(self, rehearsal_id: int, **values: Any) -> None: ...
    async def hold(self, ids: Sequence[int], holder: str, until: int) -> set[int]:
        """Say that *holder* works on rehearsals until then; return those still at work."""
        ...

    async def let_go(self, rehearsal_id: int, holder: str) -> None: ...
    async def interrupt(self, now: int, holder: str) -> None:
        """Say of what is at work that it was interrupted, but for what *holder* holds, and what
        others hold at *now* (ns)."""
        ...

    async def remove(self, rehearsal_id: int) -> None: ...
    async def keep_run(self, rehearsal_id: int, key: str, record: Obj) -> None: ...
    async def runs(self, rehearsal_id: int) -> dict[str, Obj]: ...
    async def conclude(
        self,
        rehearsal_id: int,
        *,
        verdict: Obj,
        reports: Mapping[tuple[str, str], bytes],
        now: int,
    ) -> None: ...
    async def report(self, rehearsal_id: int, form: str, language: str) -> bytes | None: ...


class Levels(Protocol):
    """What is kept of service levels for long. Every call is one transaction. Raises StorageFailed.

    Slots are those of `ecp.slo`; windows lie at whole minutes; "" is the tenant among its services.
    """

    async def known(self, tenant_id: str) -> tuple[int, int] | None: ...
    async def minutes(
        self, tenant_id: str, first: int, after: int, service: str | None = None
    ) -> dict[str, list[KeptMinute]]: ...
    async def levels(self, tenant_id: str, first: int, after: int) -> dict[str, Level]: ...
    async def thin(self, tenant_id: str, bounds: Bounds) -> None: ...
    async def statements(
        self, tenant_id: str, ledger: str | None = None, month: str | None = None
    ) -> list[Statement]: ...
    async def freeze(self, statement: Statement, packs: Mapping[str, bytes]) -> bool: ...
    async def pack(self, statement_id: int, language: str) -> bytes | None: ...
    async def printed(self, asked: object) -> object:
        """Have a statement printed (`sla.printing`) by a process that reads minutes itself."""
        ...


class AlertBook(Protocol):
    """The alerts of a mode, and who is told. Every call is one transaction. Raises StorageFailed.

    Instants are the orchestrator's (ns).
    """

    async def open(self, tenant_id: str | None = None) -> list[Alert]:
        """Return the alerts that are not over."""
        ...

    async def some(
        self,
        *,
        tenant_id: str | None = None,
        states: Sequence[str] = (),
        severity: str | None = None,
        skip: int = 0,
        limit: int = 100,
    ) -> tuple[list[Alert], int]: ...
    async def one(self, alert_id: int) -> Alert | None: ...
    async def keep(
        self,
        changes: Sequence[tuple[Alert, str, str, str]],
        now: int,
        target: Target | None = None,
    ) -> None:
        """Write alerts as they are now, new ones (id 0) too, each with what happened: a word (""
        for nothing worth a line), who, details. One that another process opened is let be.
        What is raised is in the audit log as well, with *target*."""
        ...

    async def note(self, alert_id: int, what: str, who: str, detail: str, now: int) -> None:
        """Write down something that happened to an alert and leaves it as it is."""
        ...

    async def recent_minutes(self, tenant_id: str, limit: int) -> list[Minute]:
        """Return the newest minutes that are kept of a tenant, ascending."""
        ...

    async def events(
        self,
        *,
        since: int = 0,
        tenant_id: str | None = None,
        alert_id: int | None = None,
        limit: int = 500,
    ) -> list[tuple[AlertEvent, Alert]]: ...
    async def newest_event(self) -> int: ...
    async def newest_minutes(self) -> dict[str, Mapping[str, Any]]:
        """Return what was said with the newest minutes of each tenant."""
        ...

    async def pushed_to(self, tenant_ids: Sequence[str]) -> set[str]:
        """Return which of the tenants have figures in MonitoringData."""
        ...

    async def routes(self) -> list[AlertRoute]: ...
    async def add_route(self, route: AlertRoute) -> AlertRoute: ...
    async def change_route(self, route: AlertRoute) -> bool: ...
    async def remove_route(self, route_id: int) -> bool: ...
    async def silences(self, now: int | None = None) -> list[Silence]:
        """Return the silences, newest first; those that hold at *now* only."""
        ...

    async def add_silence(self, silence: Silence) -> Silence: ...
    async def end_silence(self, silence_id: int, now: int) -> bool: ...
    async def rules(self, tenant_id: str | None = None) -> list[CustomRule]: ...
    async def keep_rule(self, rule: CustomRule) -> bool:
        """Keep a rule, in the place of one of its name; say whether it is new."""
        ...

    async def remove_rule(self, tenant_id: str, name: str) -> bool: ...
    async def policies(self) -> dict[str, Mapping[str, Any]]: ...
    async def keep_policy(self, tenant_id: str, policy: Mapping[str, Any]) -> None: ...
    async def enqueue(self, wanted: Sequence[tuple[int, int, str]], now: int) -> int:
        """Write down (alert, route, what) that are to be told and were not yet; return how many."""
        ...

    async def enqueue_resolved(self, now: int, since: int) -> int:
        """Write down that those who were told of alerts that are over since are to hear of it."""
        ...

    async def due(self, now: int, limit: int) -> list[Delivery]: ...
    async def take(self, ids: Sequence[int], now: int) -> None:
        """Say that deliveries are being sent, before they are."""
        ...

    async def settle(self, delivery: Delivery) -> None: ...
    async def doubt(self, now: int) -> int:
        """Say of what a process left while sending that nobody knows; return how many."""
        ...

    async def deliveries(
        self, *, alert_id: int | None = None, state: str | None = None, limit: int = 200
    ) -> list[Delivery]: ...
    async def counts(self) -> dict[str, dict[tuple[str, ...], int]]:
        """Return numbers: `alerts` by severity and state, `deliveries` by state."""
        ...


class History(Protocol):
    """All releases of a mode, and what was said of them. Every call is one transaction.

    Raises StorageFailed.
    """

    async def say(self, release_id: int, said: Sequence[tuple[str, int, Obj]]) -> None:
        """Keep messages, each a key, an instant of the cluster (ns) and a body, in their order;
        what was said under a key before is not said again."""
        ...

    async def said(self, release_id: int, since: int = 0) -> list[Message]:
        """Return what was said after a sequence."""
        ...

    async def some(self, tenant_id: str, skip: int, limit: int) -> tuple[list[Release], int]:
        """Return releases of a tenant, the newest first, and how many there are."""
        ...

    async def revision(self, tenant_id: str, revision: int) -> Release | None: ...
    async def unsent(self, tenant_id: str | None = None) -> list[Release]:
        """Return the releases that are rehearsed before they are sent."""
        ...

    async def newest(self, tenant_id: str) -> Release | None:
        """Return the newest release, sent or not."""
        ...

    async def startups(self, tenant_id: str, limit: int) -> list[Mapping[str, Any]]:
        """Return what was judged of the newest releases that started: the tenant's, else any."""
        ...

    async def supersede(self, tenant_id: str, by: int, detail: str) -> None:
        """Say of a tenant's releases before *by* that are under way that they are no more."""
        ...


class ImageBook(Protocol):
    """Registries and versions of images in one mode's records. All raise StorageFailed."""

    async def registries(self) -> list[Registry]: ...
    async def registry(self, name: str) -> Registry | None: ...
    async def keep_registry(self, registry: Registry) -> bool: ...
    async def remove_registry(self, name: str) -> bool: ...
    def password(self, registry: Registry) -> str:
        """Return a registry's password, "" where its variable is not set. Raises SealLost."""
        ...

    async def add_version(self, version: ImageVersion) -> bool: ...
    async def remove_version(self, service: str, version: str) -> bool: ...
    async def version(self, service: str, version: str) -> ImageVersion | None: ...
    async def versions(
        self, service: str | None, skip: int, limit: int
    ) -> tuple[list[ImageVersion], int]: ...


class AuditBook(Protocol):
    """The audit log in one mode's records. All raise StorageFailed."""

    async def add(self, *entries: AuditEntry) -> None:
        """Write entries down; on return they are kept, whatever becomes of the process."""
        ...

    async def some(self, sought: AuditSought) -> tuple[list[AuditEntry], int]:
        """Return a page of entries, the newest first, and how many there are."""
        ...

    async def let_go(self, *, before: int, most: int) -> int:
        """Forget what is older than *before* (ns), and all but the newest *most*; return how
        many."""
        ...


class DemoBook(Protocol):
    """How far the demo is. All raise StorageFailed."""

    async def facts(self) -> Obj | None: ...
    async def keep(self, facts: Obj) -> None: ...
    async def forget(self) -> None: ...
    async def date(self, tenant_id: str, born: int) -> None: ...


class Storage(Protocol):
    """One mode's records. Every call is one transaction. Raises StorageFailed."""

    @property
    def rehearsals(self) -> Playbook: ...
    @property
    def levels(self) -> Levels: ...
    @property
    def history(self) -> History: ...
    @property
    def alerts(self) -> AlertBook: ...
    @property
    def images(self) -> "ImageBook": ...
    @property
    def demo(self) -> "DemoBook": ...
    @property
    def audit(self) -> "AuditBook": ...
    @property
    def shared(self) -> bool: ...

    async def add_tenant(self, tenant: Tenant) -> bool: ...
    async def tenant(self, tenant_id: str) -> Tenant | None: ...
    async def tenants(
        self, skip: int, limit: int, preset: str | None = None, phase: str | None = None
    ) -> Page: ...
    async def find_tenants(self, sought: Sought, skip: int, limit: int) -> Found: ...
    async def turn_tenant(
        self, tenant_id: str, state: State, *, at: int, cause: str, facts: Mapping[str, Any]
    ) -> bool: ...
    async def tenant_history(
        self, tenant_id: str, skip: int, limit: int
    ) -> tuple[list[Turn], int]: ...
    async def update_tenant(self, tenant: Tenant, turn: Turn | None = None) -> bool: ...
    async def valid_manifests(self, tenant_ids: Sequence[str]) -> set[str]: ...
    async def change_tenant(self, tenant: Tenant) -> None: ...
    async def remove_tenant(self, tenant_id: str, now: int = 0) -> None: ...
    async def tenant_of_namespace(self, namespace: str) -> str | None: ...

    async def keep_manifest(self, manifest: Manifest) -> None: ...
    async def manifest(self, tenant_id: str, digest: str) -> Manifest | None: ...
    async def last_valid_manifest(self, tenant_id: str) -> Manifest | None: ...

    async def open_release(
        self,
        tenant_id: str,
        digest: str,
        options: Mapping[str, Any],
        steps: Sequence[Step],
        *,
        began: int,
        now: int,
        phase: Phase = "applying",
    ) -> Release: ...
    async def release(self, release_id: int) -> Release | None: ...
    async def last_release(self, tenant_id: str) -> Release | None: ...
    async def last_releases(self, tenant_ids: Sequence[str]) -> dict[str, Release]: ...
    async def releases_in(self, *phases: Phase) -> list[Release]: ...
    async def steps(self, release_id: int) -> list[Step]: ...
    async def end_steps(
        self, release_id: int, positions: Sequence[int], state: str, detail: str = ""
    ) -> None: ...
    async def reopen_steps(self, release_id: int) -> None: ...
    async def set_release(
        self,
        release_id: int,
        *,
        phase: Phase | None = None,
        detail: str | None = None,
        startup: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        began: int | None = None,
    ) -> None: ...
    async def standing(self, tenant_id: str) -> list[Ref]: ...

    async def last_minute(self, tenant_id: str) -> tuple[int, str]: ...
    async def add_minutes(
        self,
        tenant_id: str,
        minutes: Sequence[Minute],
        figures: Sequence[Figure],
        facts: Mapping[str, Any] | None = None,
        *,
        anew: bool = False,
        raw_from: str = "",
    ) -> None: ...
    async def kept(self, tenant_id: str) -> tuple[str | None, dict[str, Any]]: ...
    async def pushed(self) -> dict[str, tuple[str, int]]: ...
    async def keep_pushed(self, tenant_id: str, ledger: str, sequence: int) -> None: ...
    async def minutes_since(self, tenant_id: str, since: str, limit: int) -> list[Minute]: ...
    async def add_figures(self, figures: Sequence[Figure]) -> None: ...
    async def figures(
        self, tenant_id: str, metric_type: str | None, limit: int
    ) -> list[Figure]: ...

    async def settings(self) -> dict[str, Any]: ...
    async def keep_settings(self, settings: Mapping[str, Any]) -> None: ...

    async def answered(self, key: str, since: int) -> Answered | None: ...
    async def keep_answer(self, key: str, answer: Answered, *, now: int, kept_ns: int) -> None: ...

    async def lease(self, name: str, holder: str, now: int, until: int) -> bool: ...
    async def reachable(self) -> bool: ...


class StorageFailed(Exception):
    """The database does not answer or does not take what is written."""


class Unstorable(StorageFailed):
    """The database answers, and can neither hold nor look for a value that it was given."""


class WrongRevision(StorageFailed):
    """The database's tables are of another version: text `key` with `values`."""

    def __init__(self, key: str, *, found: str, newest: str) -> None:
        super().__init__(f"the tables are of revision {found}, this version's of {newest}")
        self.key, self.values = key, {"found": found, "newest": newest}


class StoreDamaged(StorageFailed):
    """What stands at *place* cannot be read as a database."""

    def __init__(self, place: str, detail: str) -> None:
        super().__init__(f"{place}: {detail}")
        self.place, self.detail = place, detail


SEALED: Final = "sealed:"
"""What begins like this is a secret that is kept sealed, and could not be opened."""


class SealLost(StorageFailed):
    """What is kept sealed cannot be opened: its key is not there. `where` names a table, or ""."""

    def __init__(self, where: str = "") -> None:
        super().__init__("the key that a secret was sealed with is not there")
        self.where = where


class KeyUnusable(StorageFailed):
    """The key that secrets are sealed with cannot be used: whose it is, and why."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name, self.detail = name, detail


# -- a cluster ------------------------------------------------------------------------------------


Obstacle = Literal["refused", "host", "tls", "silent", ""]
"""What kept an answer away: nobody listens, no such host, a certificate that is not trusted, no
answer in time; "" is something else."""


class ClusterUnreachable(Exception):
    """Nobody answers at the cluster's address."""

    def __init__(self, url: str, detail: str, obstacle: Obstacle = "") -> None:
        super().__init__(f"{url}: {detail}")
        self.url, self.detail, self.obstacle = url, detail, obstacle


class ClusterRefused(Exception):
    """The cluster's API answered with an error: HTTP code and the words of its Status; `choices`
    are the targets that it names in the place of the one that was asked for."""

    def __init__(self, code: int, message: str, choices: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code, self.message, self.choices = code, message, tuple(choices)


class NoAccess(ClusterUnreachable):
    """How a real cluster is reached is not said rightly: text `key` with `values`."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(values.get("path") or values.get("name", ""), text(key, "en", **values))
        self.key, self.values = key, values


class NotServed(Exception):
    """The cluster does not serve this kind."""


class View(Protocol):
    """What a look at a namespace saw: objects by GroupResource, and the cluster's instant."""

    now: int

    def get(self, resource: str, namespace: str, name: str) -> Obj | None: ...
    def list(self, resource: str, namespace: str | None = None) -> Sequence[Obj]: ...


class ClusterPort(Protocol):
    """A Kubernetes cluster, simulated or real: apply, remove, look. All raise
    ClusterUnreachable or ClusterRefused."""

    async def apply(self, obj: Obj, manager: str = "ecp") -> None:
        """Apply an object server-side as a manager. Raises NotServed."""

    async def tried(self, obj: Obj) -> Obj:
        """Return what `apply` would make of an object: nothing is changed. Raises NotServed."""
        ...

    async def found(self, ref: Ref) -> Obj | None:
        """Return an object as it is, None where it is not. Raises NotServed."""
        ...

    async def remove(self, ref: Ref) -> bool:
        """Delete an object; False when there was none."""
        ...

    async def look(self, namespace: str, only: Sequence[str] = ()) -> View:
        """Return the objects of a namespace that a start-up is judged from, or some kinds.

        "" = of all namespaces.
        """
        ...

    async def leaving(self, namespace: str) -> bool:
        """Say whether a namespace is being deleted and still there."""
        ...

    async def room(self) -> str:
        """Return the Nodes as they were a few seconds ago: a JSON list of Node objects that say
        who may run there, and how much there is."""
        ...


class Surveying(Protocol):
    """What is in a cluster's namespaces, to be looked at. All raise ClusterUnreachable or
    ClusterRefused."""

    async def survey(
        self,
        namespaces: Iterable[str],
        kinds: Sequence[tuple[str, str]],
        *,
        anew: bool = False,
        within_s: float | None = None,
    ) -> Surveyed:
        """Return the objects of kinds (apiVersion, kind), as they were a moment ago, or are
        now (*anew*); of what a list shows, what `resources.model.condensed` keeps.

        *within_s*: with what is known by then: what was seen before, or some of the kinds."""
        ...

    async def view(self, namespace: str) -> View:
        """Return all that a start-up is judged by, as it is now: as `ClusterPort.look` does. Who
        asks while another waits shares the answer; many objects of a kind are followed by a watch.
        """
        ...

    async def events(self, namespace: str, uid: str, name: str) -> list[Obj]:
        """Return the Events of an object, by its uid, or by its name where that is ""."""
        ...

    async def log(
        self, namespace: str, pod: str, container: str, *, tail: int, previous: bool
    ) -> str:
        """Return the last lines of a container, each with its instant before it."""
        ...

    async def usage(self, namespace: str, pod: str = "") -> list[Obj]:
        """Return the PodMetrics of a namespace, or of a pod."""
        ...


class FeedLost(Exception):
    """Whoever told minutes is not there any more, or tells something else."""


class Feed(Protocol):
    """Closed minutes as a simulator tells them: {topic, sequence, body}, the body as
    `TenantPort.minutes` answers, or `expired` where they are to be asked for."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str:
        """Where it is, without a password."""
        ...

    async def begin(self, since: Mapping[str, int]) -> None:
        """Listen from now on, or after the sequences of tenants. Raises FeedLost."""
        ...

    async def hear(self, timeout: float) -> list[Obj]:
        """Return what was told, within *timeout* seconds nothing. Raises FeedLost."""
        ...

    async def close(self) -> None: ...


class LiveFeed(Protocol):
    """States of tenants as a simulator tells them each time that slots have closed: {topic,
    sequence, body: {since, state}}, the state as `TenantPort.state` answers."""

    async def begin(self) -> None:
        """Listen from now on. Raises FeedLost."""
        ...

    async def watch(self, tenants: Sequence[str]) -> None:
        """Ask for these tenants' states, and no others'; anew every few seconds. Raises
        FeedLost."""
        ...

    async def hear(self, timeout: float) -> list[Obj]:
        """Return what was told, within *timeout* seconds nothing. Raises FeedLost."""
        ...

    async def close(self) -> None: ...


class TenantPort(Protocol):
    """The simulator's own API about tenants. Raises ClusterUnreachable, ClusterRefused."""

    @property
    def url(self) -> str:
        """Where it is called now."""
        ...

    @property
    def copied(self) -> str | None:
        """Under which name `snapshot` knows the cluster; None where it cannot be copied."""
        ...

    async def health(self) -> Obj: ...
    async def system(self) -> Obj:
        """Return the figures of the cluster: capacity, requests, use."""
        ...

    async def ensure(self) -> None: ...
    async def clock(self) -> Clock: ...
    async def track(self, tenant_id: str, body: Obj) -> Obj: ...
    async def untrack(self, tenant_id: str) -> None: ...
    async def state(self, tenant_id: str, since: str = "") -> Obj: ...
    async def sla(self, tenant_id: str, period: str) -> Obj: ...
    async def services(self, tenant_id: str, first: int, after: int) -> Obj:
        """Return what each workload did in slots [first, after) by a `ledger`, as `slo.levels`
        reads it (`Level.told`). A real cluster has no such ledger: what is kept is all."""
        ...

    async def maintenance(
        self, method: str, tenant_id: str, window: str = "", body: Obj | None = None
    ) -> Obj: ...
    async def tell(self, tenant_id: str, source: str, metrics: Obj) -> Obj:
        """Tell the cluster what somebody else measured of a tenant."""
        ...

    async def why(self, tenant_id: str, slot: str, language: Language | None = None) -> Obj: ...
    async def startup(self, tenant_id: str, namespace: str, began: int, since: int) -> Obj: ...
    async def minutes(self, tenant_id: str, since: int, limit: int) -> Obj: ...
    async def lately(self, tenant_id: str, last: int) -> list[Obj]:
        """Return the last closed minutes with each workload's figures; none where nobody keeps
        them."""
        ...

    async def close_up(self, tenant_id: str, since: int, limit: int) -> Obj:
        """Return what `minutes` does, with the rows of the workloads."""
        ...

    async def fault_kinds(self) -> list[Obj]: ...
    async def failure_rates(self) -> list[Obj]: ...
    async def inject(self, body: Obj) -> Obj: ...
    async def preview(self, body: Obj) -> Obj:
        """Return what a fault would hit if it began now."""
        ...

    async def repeat(self, body: Obj) -> Obj:
        """Begin a fault again and again; return the name of what does."""
        ...

    async def repeating(self, namespace: str) -> list[Obj]:
        """List what begins faults again and again in a namespace ("": in all)."""
        ...

    async def stop_repeating(self, namespace: str, name: str) -> Obj: ...
    async def faults(self, namespace: str) -> list[Obj]: ...
    async def end_fault(self, fault_id: str) -> Obj: ...
    async def halt(self, namespace: str = "") -> Obj:
        """End all faults, with a namespace those that hit it; return what was ended."""
        ...

    async def kinds(self) -> set[tuple[str, str]]: ...
    async def snapshot(self, cluster: str) -> bytes:
        """Return a cluster of the simulator as data."""
        ...


# -- rehearsals -----------------------------------------------------------------------------------


class WorkerLost(Exception):
    """A worker process ended in the middle of its work."""


class Stage(Protocol):
    """The processes in which scenarios are read and played."""

    seats: int

    async def work(self, asked: Obj, tell: Callable[[float], None]) -> Obj:
        """Do a piece of work (`rehearsals.playing`); *tell* hears its share. Raises WorkerLost."""
        ...


class Rehearsals(Protocol):
    """Rehearsals as the routes call them. All raise Problem and StorageFailed."""

    async def take_on(
        self, mode: Mode, given: Mapping[str, Any], language: Language
    ) -> Rehearsal: ...
    async def check(self, mode: Mode, given: Mapping[str, Any], language: Language) -> Obj:
        """Return what a scenario would be, and how long it will take. Raises Problem."""
        ...

    async def again(
        self, mode: Mode, row: Rehearsal, seed: int | None, variant: str, assumptions: bool | None
    ) -> Rehearsal:
        """Rehearse one run of a rehearsal by itself, or all of it once more. Raises Problem."""
        ...

    async def resume(self, mode: Mode, row: Rehearsal) -> None: ...
    async def cancel(self, mode: Mode, row: Rehearsal) -> None: ...
    def share(self, mode: Mode, rehearsal_id: int) -> float | None: ...


# -- alerts ---------------------------------------------------------------------------------------


class NotTold(Exception):
    """Nobody was told: why, and whether another try may help."""

    def __init__(self, detail: str, *, lasting: bool = False) -> None:
        super().__init__(detail)
        self.detail, self.lasting = detail, lasting


class Notifier(Protocol):
    """Tells people and machines."""

    async def tell(self, telling: Telling) -> str:
        """Return what the other side said. Raises NotTold."""
        ...


class Watch(Protocol):
    """Alerts as the routes call them."""

    def moved(self) -> None:
        """Say that something happened to alerts: who waits looks, what is due is done."""
        ...

    async def wait(self, timeout: float) -> None:
        """Return when something happened to alerts, or after *timeout* seconds."""
        ...


# -- the demo -------------------------------------------------------------------------------------


class Theatre(Protocol):
    """The simulated cluster of the demo, whose clock may be moved. Raises ClusterUnreachable,
    ClusterRefused."""

    async def begin(self, *, start: int, seed: int) -> None:
        """Make the cluster anew, standing still at *start* (ns)."""

    async def close(self) -> None:
        """Take the cluster away; nothing where there is none."""

    async def clock(self) -> Clock: ...
    async def moving(self) -> bool:
        """Whether the cluster is on its way to where it was told to go."""
        ...

    async def warp(self, to: int) -> None:
        """Let the cluster go to an instant (ns) as fast as it can; it stands still there."""

    async def go_on(self) -> None:
        """Let the cluster's clock go with the wall clock."""


class Demo(Protocol):
    """The demo as the routes call it. All raise Problem and StorageFailed."""

    def used(self) -> None:
        """Hear that somebody uses the demo: it is made, if it is to be made at its first use."""

    async def status(self) -> Obj: ...
    async def make(self, *, days: int, seed: int, start: int | None) -> Obj:
        """Begin to make the demo; one that there is stays."""
        ...

    async def reset(self, *, days: int, seed: int, start: int | None) -> Obj:
        """Take everything of the demo away and begin to make it anew."""
        ...


# -- twins ----------------------------------------------------------------------------------------


class Twinning(Protocol):
    """Real namespaces as they are looked at, and simulated clusters that are to be like them.

    All raise ClusterUnreachable or ClusterRefused.
    """

    async def original(
        self, settings: Mapping[str, Any], namespace: str, *, metrics: str, readings: int
    ) -> Gathered:
        """Look at a namespace of the real cluster that settings name; *metrics* is the address of
        a Prometheus, "" = none. Raises NoAccess, LookupError for no such namespace."""
        ...

    async def begin(self, name: str, spec: Obj, *, start: str = "", seed: int = 0) -> None:
        """Create the simulated cluster; its clock stands still at *start* (RFC 3339, "" = now).

        Draws are those of *seed*: two twins of one seed and start are alike.
        """

    async def send(self, name: str, objects: Sequence[Obj]) -> list[str]:
        """Apply objects to it; return what was refused, and why, in words."""
        ...

    async def grown(self, name: str, namespace: str) -> Gathered:
        """Let it go until all is up, half an hour of its time at most, and look at it; from then
        on its clock goes with the wall clock."""
        ...


# -- the main job ---------------------------------------------------------------------------------


class Workflow(Protocol):
    """The main job, as the routes call it."""

    async def deploy(self, mode: Mode, tenant_id: str, wish: Wish, language: str) -> Deployed: ...
    async def rollback(
        self, mode: Mode, tenant_id: str, revision: int, wish: Wish, *, automatic: bool = False
    ) -> Deployed: ...
    async def compare(
        self, mode: Mode, tenant_id: str, wish: Wish, language: str
    ) -> dict[str, Any]:
        """Say what a deploy would change on the cluster."""
        ...

    async def moved(self, timeout: float) -> None:
        """Return when something happened to a release, or after *timeout* seconds."""
        ...

    async def wait(self, mode: Mode, release: Release, timeout: float) -> Release: ...
    async def judge(
        self, mode: Mode, tenant: Tenant, release: Release, language: str
    ) -> dict[str, Any]: ...
    def permit(self, mode: Mode, confirm: str) -> None:
        """Let a change of what runs pass. Raises Problem where a real cluster was not named."""
        ...

    async def forget(self, mode: Mode, tenant: Tenant) -> dict[str, Any]: ...
    async def follow(self, mode: Mode, tenant: Tenant) -> bool: ...
    async def generate(
        self, mode: Mode, tenant: Tenant, options: Mapping[str, Any]
    ) -> Generated: ...
    async def estimate(
        self, mode: Mode, tenant: Tenant, options: Mapping[str, Any]
    ) -> dict[str, Any]: ...


class House(Protocol):
    """Everything that the routes reach, by mode."""

    @property
    def holder(self) -> str: ...
    @property
    def workflow(self) -> Workflow: ...
    @property
    def rehearsals(self) -> Rehearsals: ...
    @property
    def stage(self) -> Stage: ...
    @property
    def watch(self) -> Watch: ...
    @property
    def notifier(self) -> Notifier: ...
    @property
    def demo(self) -> Demo: ...
    @property
    def twinning(self) -> Twinning: ...
    async def reach(self, url: str) -> Reached:
        """Ask a URL for what is there. Raises ClusterUnreachable."""
        ...

    async def try_target(self, settings: Mapping[str, Any]) -> tuple[str, str] | None:
        """Reach the real cluster that settings wish for; return its name and version.

        None where they wish for the simulated one. Raises NoAccess, ClusterUnreachable,
        ClusterRefused.
        """
        ...

    def settle(self, mode: Mode, settings: Mapping[str, Any]) -> None:
        """Let a mode's stored settings hold from now on."""
        ...

    def interval(self, mode: Mode) -> float:
        """Return every how many seconds a mode's figures are asked for, and shown."""
        ...

    async def secret_key(self) -> bytes: ...
    async def judge(self, asked: ToJudge) -> Judged: ...
    async def storage(self, mode: Mode) -> Storage: ...
    def cluster(self, mode: Mode) -> ClusterPort: ...
    def surveying(self, mode: Mode) -> Surveying: ...
    def target(self, mode: Mode) -> Target: ...
    def simulator(self, mode: Mode) -> TenantPort: ...
    def feed(self, mode: Mode) -> Feed | None:
        """Return who tells of a mode's minutes as they close; None where nobody does."""
        ...

    def live(self, mode: Mode) -> LiveFeed | None:
        """Return who tells of tenants as their slots close; None where nobody does."""
        ...

    def named_feeds(self, mode: Mode) -> Mapping[str, Feed]:
        """Return every feed that the environment names, by its variable."""
        ...

    @property
    def collected(self) -> Mapping[tuple[Mode, str], int]:
        """Minutes that were kept by this process, by mode and by the way that they came."""
        ...

    @property
    def probed(self) -> Mapping[str, int]:
        """What the prober of a real cluster did in this process, by its word; {} without one."""
        ...

    def now(self) -> int: ...
    def locked(self, mode: Mode, tenant_id: str) -> AbstractAsyncContextManager[None]: ...

"""The HorizontalPodAutoscaler: replicas from usage, every 15 s from its creation on.

Source: kubernetes pkg/controller/podautoscaler/{horizontal,replica_calculator}.go (1.36) with the
defaults of the controller manager: sync 15 s, tolerance 0.1, downscale stabilisation 300 s, CPU
initialisation 5 min, initial readiness delay 30 s; metrics as metrics-server gives them: the mean
over the 15 s before its last scrape.

Syncs at which nothing can come out otherwise are left out. While it sleeps, its recommendation is
that of the last sync; so a recommendation is kept as the span of syncs that made it, and a window
over spans equals a window over single syncs. What a real controller repeats meanwhile (the Event
that metrics are missing) is said once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from math import ceil
from typing import Any, NamedTuple

from ecp.kube import quantity
from ecp.kube.kinds import (
    BUILT_IN,
    DEPLOYMENTS,
    HPAS,
    PODS,
    RCS,
    REPLICASETS,
    STATEFULSETS,
    split_api_version,
)
from ecp.kube.pods import condition
from ecp.kube.selectors import Selector, from_object
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.plans import (
    MANAGER,
    NOTHING,
    Controller,
    EventNote,
    Plan,
    Reader,
    Update,
    is_status_by,
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import QUIET
from ecp.sim.world.usage import RESOLUTION as SCRAPE
from ecp.sim.world.usage import Taken, last_scrape

SECOND = 1_000_000_000
SYNC = 15 * SECOND
LATE = SECOND // 10
"""Within this time (ns) of its instant a sync is still done: something else came between."""
TOLERANCE = 0.1
STABILISE = 300
CPU_INIT = 300 * SECOND
INITIAL_DELAY = 30 * SECOND
NAME = "horizontalpodautoscaler"

_TARGETS = {
    ("apps", "Deployment"): DEPLOYMENTS,
    ("apps", "ReplicaSet"): REPLICASETS,
    ("", "ReplicationController"): RCS,
    ("apps", "StatefulSet"): STATEFULSETS,
}
_KINDS = {resource: kind for (_, kind), resource in _TARGETS.items()}
_ABLE, _ACTIVE, _LIMITED = "AbleToScale", "ScalingActive", "ScalingLimited"

Usage = Callable[[Key, int, int], Sequence[Taken] | None]
"""(pod, start, end) -> what its containers took; None where nothing is known of it."""


_NO_SERVER = (
    "unable to get metrics for resource {}: unable to fetch metrics from resource metrics API: "
    "the server could not find the requested resource (get pods.metrics.k8s.io)"
)


class NoFigure(Exception):
    """A metric gives no number of replicas: the condition's reason, the error's text, and what is
    put before that where all errors of an HPA are summed up."""

    def __init__(self, reason: str, text: str, lead: str = "") -> None:
        super().__init__(text)
        self.reason = reason
        self.lead = lead


class Sample(NamedTuple):
    """One pod's metric: value (milli-units), end of its window, whether it is still moving."""

    value: int
    at: int
    moving: bool


class Proposal(NamedTuple):
    """What one metric asks for, and how that is shown."""

    replicas: int
    name: str
    status: Obj


class _Memory:
    """What a controller remembers of one HPA beside its object: spans of recommendations as
    [first sync, last sync, replicas], scale events as [instant, pods], and the instants of its
    first look and its last sync (ns; 0 before). What can be found again: `alone` are pods and
    selectors of the other HPAs of which none selects any, `chosen` a namespace's pods, a selector
    and those of them that it selects, `asked` what these request by metric and container."""

    __slots__ = ("alone", "asked", "asleep", "began", "chosen", "downs", "last", "spans", "ups")

    def __init__(self, began: int = 0) -> None:
        self.began = began
        self.last = 0
        self.spans: list[list[int]] = []
        self.ups: list[list[int]] = []
        self.downs: list[list[int]] = []
        self.asleep = False
        self.alone: tuple[list[Obj], list[Obj]] | None = None
        self.chosen: tuple[list[Obj], Obj, list[Obj]] | None = None
        self.asked: dict[tuple[str, str], dict[str, int]] = {}

    def recommend(self, now: int, replicas: int, keep: int) -> None:
        """Note a sync's recommendation; forget those older than *keep* seconds."""
        spans = self.spans
        if spans and spans[-1][2] == replicas:
            spans[-1][1] = now
        else:
            spans.append([now, now, replicas])
        self.spans = [span for span in spans if span[1] > now - keep * SECOND]

    def wake(self, last: int) -> None:
        """Say again what the syncs until *last* would have said that were left out."""
        if self.asleep and self.spans:
            self.spans[-1][1] = max(self.spans[-1][1], last)
        self.asleep = False

    def within(self, now: int, seconds: int) -> list[int]:
        """Return the recommendations of less than so many seconds ago."""
        return [value for _, last, value in self.spans if last > now - seconds * SECOND]


class Autoscaler:
    """The loop over all HPAs. *usage* reads what pods take; None: there is no metrics-server."""

    def __init__(self, usage: Usage | None) -> None:
        self._usage = usage
        self._memory: dict[Key, _Memory] = {}

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Sync when an instant of the grid has come; else wait for it."""
        hpa = read.get(HPAS, *key)
        if hpa is None:
            self._memory.pop(key, None)
            return NOTHING
        memory = self._memory.get(key)
        if memory is None:
            memory = self._memory[key] = _Memory(_first_look(now, hpa))
        # Its queue lets a new one wait for its first interval, too.
        due = now - (now - memory.began) % SYNC
        if due == memory.began or due == memory.last or now - due > LATE:
            return Plan(wake_at=due + SYNC)
        memory.last = due
        memory.wake(due - SYNC)
        return _Sync(due, key, hpa, read, memory, self._usage).run()

    def snapshot(self) -> Any:
        """Return what is remembered."""
        return [
            [*key, row.spans, row.ups, row.downs, row.asleep, row.began, row.last]
            for key, row in self._memory.items()
        ]

    def restore(self, plain: Any) -> None:
        """Take over what `snapshot` returned."""
        self._memory = {}
        for namespace, name, spans, ups, downs, asleep, *since in plain:
            row = self._memory[namespace, name] = _Memory()
            row.spans = [list(span) for span in spans]
            row.ups = [list(event) for event in ups]
            row.downs = [list(event) for event in downs]
            row.asleep = asleep
            row.began, row.last = since or (0, 0)  # older snapshots do not say


class _Sync:
    """One sync of one HPA."""

    def __init__(
        self, now: int, key: Key, hpa: Obj, read: Reader, memory: _Memory, usage: Usage | None
    ) -> None:
        self.now = now
        self.key = key
        self.hpa = hpa
        self.read = read
        self.memory = memory
        self.usage = usage
        self.events: list[EventNote] = []
        self.moving = False  # another sync may come out otherwise
        self.held = False  # by an older recommendation
        self.scrape = last_scrape(now)
        self.conditions: list[Obj] = [
            dict(row) for row in (hpa.get("status") or {}).get("conditions") or ()
        ]

    def run(self) -> Plan:
        hpa, spec = self.hpa, self.hpa["spec"]
        target = self._target()
        if target is None:
            return self._finish(None, [], 0, 0, rescaled=False)
        resource, scaled = target
        self.say(
            _ABLE,
            True,
            "SucceededGetScale",
            "the HPA controller was able to get the target's current scale",
        )
        current = scaled["spec"].get("replicas", 1)
        least, most = spec.get("minReplicas", 1), spec["maxReplicas"]
        statuses: list[Obj] = []
        if not self.memory.spans:
            self.memory.recommend(self.now, current, self._longest())
        reason = ""
        if current == 0 and least != 0:
            self.say(
                _ACTIVE,
                False,
                "ScalingDisabled",
                "scaling is disabled since the replica count of the target is zero",
            )
            return self._finish(scaled, statuses, current, 0, rescaled=False)
        if current > most:
            reason, desired = "Current number of replicas above Spec.MaxReplicas", most
        elif current < least:
            reason, desired = "Current number of replicas below Spec.MinReplicas", least
        else:
            proposed, metric, statuses, error = self._from_metrics(scaled, current)
            if proposed is None:
                self.note("Warning", "FailedComputeMetricsReplicas", error)
                wanted = (hpa.get("status") or {}).get("desiredReplicas", 0)
                return self._finish(scaled, statuses, current, wanted, rescaled=False)
            desired = self._normalised(current, proposed, least, most)
            if proposed > current:
                reason = f"{metric} above target"
            if proposed < current:
                reason = "All metrics below target"
        if desired == current:
            return self._finish(scaled, statuses, current, current, rescaled=False)
        self.say(
            _ABLE,
            True,
            "SucceededRescale",
            f"the HPA controller was able to update the target scale to {desired}",
        )
        self.note("Normal", "SuccessfulRescale", f"New size: {desired}; reason: {reason}")
        if spec.get("behavior"):
            events = self.memory.ups if desired > current else self.memory.downs
            events.append([self.now, abs(desired - current)])
        self.moving = True
        resized = {**scaled, "spec": {**scaled["spec"], "replicas": desired}}
        plan = self._finish(scaled, statuses, current, desired, rescaled=True)
        return Plan((Update(resource, resized), *plan.actions), plan.events, plan.wake_at)

    # -- target and metrics -----------------------------------------------------------------------

    def _target(self) -> tuple[str, Obj] | None:
        resource, found = _target_of(self.hpa, self.read)
        if resource is not None and found is not None:
            return resource, found
        wanted = self.hpa["spec"]["scaleTargetRef"]
        said = _no_scale(wanted, resource)
        self.note("Warning", "FailedGetScale", said)
        self.say(
            _ABLE,
            False,
            "FailedGetScale",
            f"the HPA controller was unable to get the target's current scale: {said}",
        )
        return None

    def _from_metrics(self, scaled: Obj, current: int) -> tuple[int | None, str, list[Obj], str]:
        """Return (replicas or None, metric, statuses, error): the largest proposal wins."""
        metrics = self.hpa["spec"].get("metrics") or []
        best: Proposal | None = None
        first: NoFigure | None = None
        what = ""
        wrong = 0
        statuses: list[Obj] = []
        pods = self._pods(scaled)
        rivals = self._rivals(pods)
        if len(rivals) > 1:
            return None, "", [], self._ambiguous(scaled, rivals)
        for metric in metrics:
            try:
                proposal = self._proposal(metric, pods, current)
            except NoFigure as error:
                wrong += 1
                if first is None:
                    first, what = error, _what(metric)
                self.note("Warning", error.reason, str(error))
                statuses.append(_UNKNOWN)
                continue
            statuses.append(proposal.status)
            if best is None or proposal.replicas > best.replicas:
                best = proposal
        error_text = ""
        if first is not None:
            error_text = (
                f"invalid metrics ({wrong} invalid out of {len(metrics)}), first error is: "
                f"failed to get {what} metric value: {first.lead}{first}"
            )
        if first is not None and (best is None or best.replicas < current):
            text = f"the HPA was unable to compute the replica count: {first}"
            self.say(_ACTIVE, False, first.reason, text)
            return None, "", statuses, error_text
        assert best is not None
        self.say(
            _ACTIVE,
            True,
            "ValidMetricFound",
            f"the HPA was able to successfully calculate a replica count from {best.name}",
        )
        return best.replicas, best.name, statuses, error_text

    def _rivals(self, pods: list[Obj]) -> list[str]:
        """Return the HPAs, this one first, that are known to scale any of the pods.

        Of one that has not looked at its target's pods yet nobody knows what it selects.
        """
        namespace, mine = self.key
        found = [f"{namespace}/{mine}"]
        others = [
            (hpa, scaled)
            for hpa in self.read.list(HPAS, namespace)
            if hpa["metadata"]["name"] != mine
            and (scaled := _target_of(hpa, self.read)[1]) is not None
        ]
        met = (pods, [scaled["spec"]["selector"] for _, scaled in others])
        if self.memory.alone == met:
            return found
        labels = [pod["metadata"].get("labels") or {} for pod in pods]
        those = [hpa for hpa, scaled in others if any(map(_selector(scaled).matches, labels))]
        self.memory.alone = None if those else met
        names = (hpa["metadata"]["name"] for hpa in those if _has_looked(hpa))
        return [*found, *(f"{namespace}/{name}" for name in names)]

    def _ambiguous(self, scaled: Obj, rivals: list[str]) -> str:
        text = (
            f"pods by selector {_selector(scaled)} are controlled by multiple HPAs: "
            f"[{' '.join(rivals)}]"
        )
        self.note("Warning", "AmbiguousSelector", text)
        self.say(_ACTIVE, False, "AmbiguousSelector", text)
        return text

    def _pods(self, scaled: Obj) -> list[Obj]:
        memory, selector = self.memory, scaled["spec"]["selector"]
        pods = self.read.list(PODS, self.key[0])
        if memory.chosen is not None and memory.chosen[:2] == (pods, selector):
            return memory.chosen[2]
        matches = _selector(scaled).matches
        chosen = [pod for pod in pods if matches(pod["metadata"].get("labels") or {})]
        memory.chosen, memory.asked = (pods, selector, chosen), {}
        return chosen

    def _proposal(self, metric: Obj, pods: list[Obj], current: int) -> Proposal:
        kind = metric["type"]
        if kind in ("Resource", "ContainerResource"):
            source = metric["resource" if kind == "Resource" else "containerResource"]
            return self._resource(kind, source, pods, current)
        raise _not_served(kind, metric[kind.lower()], self.key[0])

    def _resource(self, kind: str, source: Obj, pods: list[Obj], current: int) -> Proposal:
        name, target = source["name"], source["target"]
        reason = f"FailedGet{kind}Metric"
        only = source.get("container", "")
        average = target.get("averageUtilization")
        lead = (
            f"failed to get {name} utilization"
            if average is not None
            else (f"failed to get {name} usage")
        )
        if self.usage is None:
            raise NoFigure(reason, f"{lead}: {_NO_SERVER.format(name)}")
        taken = {pod["metadata"]["name"]: self._taken(pod, self.usage) for pod in pods}
        if not any(taken.values()):
            raise NoFigure(
                reason,
                f"{lead}: unable to get metrics for resource {name}: no metrics returned from "
                "resource metrics API",
            )
        samples = {pod: self._sample(rows, name, only) for pod, rows in taken.items()}
        known = {pod: sample for pod, sample in samples.items() if sample is not None}
        groups = self._grouped(pods, known, name)
        values = {p: s.value for p, s in known.items() if p in groups.ready}
        if not values:
            raise NoFigure(
                reason, f"{lead}: did not receive metrics for targeted pods (pods might be unready)"
            )
        status: Obj = {"name": name}
        if only:
            status = {"container": only, **status}
        if average is None:
            goal = quantity.milli(target["averageValue"])
            replicas = self._plain(values, groups, goal, current)
            shown: Obj = {"averageValue": _amount(name, sum(values.values()) // len(values))}
            label = f"{name} resource"
        else:
            requests = self.memory.asked.get((name, only))
            if requests is None:
                requests = _requests(pods, name, only, lead, reason)
                self.memory.asked[name, only] = requests
            replicas, utilisation = self._share(values, groups, requests, average, current)
            shown = {
                "averageUtilization": utilisation,
                "averageValue": _amount(name, sum(values.values()) // len(values)),
            }
            label = f"{name} resource utilization (percentage of request)"
            if only:
                label = f"{name} container resource utilization (percentage of request)"
        field = "resource" if kind == "Resource" else "containerResource"
        return Proposal(replicas, label, {"type": kind, field: {**status, "current": shown}})

    def _taken(self, pod: Obj, usage: Usage) -> Sequence[Taken]:
        key = (pod["metadata"]["namespace"], pod["metadata"]["name"])
        found = usage(key, self.scrape - SCRAPE, self.scrape)
        if found is None and usage(key, self.now, self.now + 1) is not None:
            self.moving = True  # its first window is not over
        return found or ()

    def _sample(self, taken: Sequence[Taken], name: str, only: str) -> Sample | None:
        """Return what a pod, or *only* one of its containers, took of "cpu" or "memory"."""
        rows = [row for row in taken if only in ("", row.name)]
        if not rows:
            return None
        moving = max([row.since for row in rows]) > self.scrape - SCRAPE
        self.moving = self.moving or moving
        return Sample(sum([_milli(name, row) for row in rows]), self.scrape, moving)

    def _grouped(self, pods: list[Obj], known: Mapping[str, Sample], name: str) -> "_Groups":
        groups = _Groups([], [], [])
        for pod in pods:
            who, status = pod["metadata"]["name"], pod.get("status") or {}
            if "deletionTimestamp" in pod["metadata"] or status.get("phase") == "Failed":
                continue
            if status.get("phase") == "Pending":
                groups.unready.append(who)
                continue
            sample = known.get(who)
            if sample is None:
                groups.missing.append(who)
                continue
            if name == "cpu" and self._unready(pod, status, sample):
                groups.unready.append(who)
                continue
            groups.ready.append(who)
        return groups

    def _unready(self, pod: Obj, status: Obj, sample: Sample) -> bool:
        """Whether a pod's CPU is not to be trusted: it starts, or has never been ready."""
        ready = condition(pod, "Ready")
        if ready is None or not status.get("startTime"):
            return True
        started = nanoseconds(status["startTime"])
        turned = nanoseconds(ready["lastTransitionTime"])
        false = ready["status"] == "False"
        if started + CPU_INIT > self.now:
            early = sample.at < turned + SCRAPE
            self.moving = self.moving or (early and not false)
            return false or early
        return false and started + INITIAL_DELAY > turned

    def _share(
        self,
        values: dict[str, int],
        groups: "_Groups",
        requests: Mapping[str, int],
        target: int,
        current: int,
    ) -> tuple[int, int]:
        """Return (replicas, utilisation in percent) from shares of requests."""

        def ratio(of: Mapping[str, int]) -> tuple[float, int]:
            asked = sum(requests[pod] for pod in of)
            share = sum(of.values()) * 100 // asked if asked else 0
            return share / target, share

        first, utilisation = ratio(values)
        fallback = max(100, target)
        filled = {pod: requests[pod] * fallback // 100 for pod in groups.missing}
        return self._decided(values, groups, first, ratio, filled, current), utilisation

    def _plain(self, values: dict[str, int], groups: "_Groups", target: int, current: int) -> int:
        def ratio(of: Mapping[str, int]) -> tuple[float, int]:
            mean = sum(of.values()) // len(of)
            return mean / target, mean

        first, _ = ratio(values)
        filled = dict.fromkeys(groups.missing, target)
        return self._decided(values, groups, first, ratio, filled, current)

    def _decided(
        self,
        values: dict[str, int],
        groups: "_Groups",
        first: float,
        ratio: Callable[[Mapping[str, int]], tuple[float, int]],
        filled: Mapping[str, int],
        current: int,
    ) -> int:
        up_with_unready = bool(groups.unready) and first > 1
        if not up_with_unready and not groups.missing:
            return current if self._tolerates(first) else ceil(first * len(groups.ready))
        counted = dict(values)
        if groups.missing:
            if first < 1:
                counted |= filled
            elif first > 1:
                counted |= dict.fromkeys(groups.missing, 0)
        if up_with_unready:
            counted |= dict.fromkeys(groups.unready, 0)
        second, _ = ratio(counted)
        if self._tolerates(second) or (first < 1 < second) or (second < 1 < first):
            return current
        replicas = ceil(second * len(counted))
        if (second < 1 and replicas > current) or (second > 1 and replicas < current):
            return current
        return replicas

    def _tolerates(self, ratio: float) -> bool:
        behavior = self.hpa["spec"].get("behavior") or {}
        up, down = (
            _tolerance((behavior.get(side) or {}).get("tolerance"))
            for side in ("scaleUp", "scaleDown")
        )
        return 1 - down <= ratio <= 1 + up

    # -- limits -----------------------------------------------------------------------------------

    def _longest(self) -> int:
        """Return for how many seconds recommendations are kept."""
        behavior = self.hpa["spec"].get("behavior") or {}
        windows = [STABILISE]
        for side in ("scaleUp", "scaleDown"):
            said = (behavior.get(side) or {}).get("stabilizationWindowSeconds")
            windows.append(0 if said is None else said)
        return max(windows) + 1

    def _normalised(self, current: int, proposed: int, least: int, most: int) -> int:
        behavior = self.hpa["spec"].get("behavior")
        self.memory.recommend(self.now, proposed, self._longest())
        if behavior:
            stable, reason = self._stable_by_rules(current, proposed, behavior)
        else:
            # The real one's syncs are some milliseconds late each: the 20th before has left.
            stable = max(proposed, *self.memory.within(self.now, STABILISE))
            reason = "ScaleDownStabilized"
        if stable == proposed:
            self.say(_ABLE, True, "ReadyForNewScale", "recommended size matches current size")
        elif reason == "ScaleUpStabilized":
            self.say(
                _ABLE,
                True,
                reason,
                "recent recommendations were lower than current one, applying the lowest recent "
                "recommendation",
            )
        else:
            self.say(
                _ABLE,
                True,
                "ScaleDownStabilized",
                "recent recommendations were higher than current one, applying the highest recent "
                "recommendation",
            )
        if stable != proposed:
            self.held = True
        if behavior:
            desired, why, text = self._limited_by_rules(current, stable, least, most, behavior)
        else:
            desired, why, text = _limited(current, stable, least, most)
        self.say(_LIMITED, desired != stable, why, text)
        if why in ("ScaleUpLimit", "ScaleDownLimit"):
            # The limit moves while scale events grow old; without any it stays.
            self.moving = self.moving or bool(self.memory.ups or self.memory.downs)
        return desired

    def _stable_by_rules(self, current: int, proposed: int, behavior: Obj) -> tuple[int, str]:
        up = (behavior.get("scaleUp") or {}).get("stabilizationWindowSeconds") or 0
        said = (behavior.get("scaleDown") or {}).get("stabilizationWindowSeconds")
        down = STABILISE if said is None else said
        lowest = min([proposed, *self.memory.within(self.now, up)])
        highest = max([proposed, *self.memory.within(self.now, down)])
        stable = current
        if stable < lowest:
            stable = lowest
        if stable > highest:
            stable = highest
        return stable, "ScaleUpStabilized" if proposed >= current else "ScaleDownStabilized"

    def _limited_by_rules(
        self, current: int, stable: int, least: int, most: int, behavior: Obj
    ) -> tuple[int, str, str]:
        if stable > current:
            limit = max(current, self._rate_limit(current, behavior.get("scaleUp") or {}, up=True))
            if stable > min(most, limit):
                return _over(limit, most)
        elif stable < current:
            rules = behavior.get("scaleDown") or {}
            limit = min(current, self._rate_limit(current, rules, up=False))
            if stable < max(least, limit):
                return _under(limit, least)
        return _within_range(stable)

    def _rate_limit(self, current: int, rules: Obj, *, up: bool) -> int:
        select = rules.get("selectPolicy", "Max")
        if select == "Disabled":
            return current
        proposals: list[int] = []
        for policy in rules.get("policies") or ():
            since = self.now - policy["periodSeconds"] * SECOND
            added = sum(pods for at, pods in self.memory.ups if at > since)
            deleted = sum(pods for at, pods in self.memory.downs if at > since)
            start = current - added + deleted
            value = policy["value"]
            if policy["type"] == "Pods":
                proposals.append(start + value if up else start - value)
            elif up:
                proposals.append(ceil(start * (1 + value / 100)))  # as the real one rounds: floats
            else:
                proposals.append(int(start * (1 - value / 100)))
        if not proposals:
            return current
        return max(proposals) if (select == "Max") == up else min(proposals)

    # -- status -----------------------------------------------------------------------------------

    def say(self, kind: str, status: bool, reason: str, message: str) -> None:
        """Set a condition; the time of the last transition moves with the status only."""
        word = "True" if status else "False"
        for row in self.conditions:
            if row["type"] == kind:
                if row["status"] != word:
                    row["lastTransitionTime"] = rfc3339(self.now)
                row["status"], row["reason"], row["message"] = word, reason, message
                return
        self.conditions.append(
            {
                "type": kind,
                "status": word,
                "lastTransitionTime": rfc3339(self.now),
                "reason": reason,
                "message": message,
            }
        )

    def note(self, kind: str, reason: str, message: str) -> None:
        self.events.append(EventNote(self.hpa, kind, reason, message))

    def _finish(
        self, scaled: Obj | None, statuses: list[Obj], current: int, desired: int, *, rescaled: bool
    ) -> Plan:
        before = self.hpa.get("status") or {}
        if scaled is None:
            status = {**before, "conditions": self.conditions}
        else:
            status = {
                **({"lastScaleTime": before["lastScaleTime"]} if "lastScaleTime" in before else {}),
                "currentReplicas": current,
                "desiredReplicas": desired,
                "currentMetrics": statuses or None,
                "conditions": self.conditions,
            }
        if rescaled:
            status["lastScaleTime"] = rfc3339(self.now)
        actions: tuple[Update, ...] = ()
        if status != before:
            actions = (Update(HPAS, {**self.hpa, "status": status}, "status"),)
        self._forget()
        wake = self._wake()
        self.memory.asleep = wake != self.now + SYNC
        return Plan(actions, tuple(self.events), wake)

    def _forget(self) -> None:
        """Drop scale events that no policy looks at any more."""
        if not self.memory.ups and not self.memory.downs:
            return
        behavior = self.hpa["spec"].get("behavior") or {}
        for side, events in (("scaleUp", self.memory.ups), ("scaleDown", self.memory.downs)):
            policies = (behavior.get(side) or {}).get("policies") or ()
            longest = max((policy["periodSeconds"] for policy in policies), default=0)
            events[:] = [event for event in events if event[0] > self.now - longest * SECOND]

    def _wake(self) -> int | None:
        """Return the next sync that may come out otherwise; None waits for a change."""
        if self.moving:
            return self.now + SYNC
        if not self.held:
            return None
        # Held by an older recommendation: nothing moves until the oldest of them leaves its window.
        behavior = self.hpa["spec"].get("behavior") or {}
        down = (behavior.get("scaleDown") or {}).get("stabilizationWindowSeconds")
        up = (behavior.get("scaleUp") or {}).get("stabilizationWindowSeconds") or 0
        value = self.memory.spans[-1][2]
        leaves = []
        for _, last, other in self.memory.spans[:-1]:
            seconds = (STABILISE if down is None else down) if other > value else up
            leaves.append(last + seconds * SECOND)
        ahead = [at for at in leaves if at > self.now]
        if not ahead:
            return self.now + SYNC
        return self.now + max(SYNC, -(-(min(ahead) - self.now) // SYNC) * SYNC)


def _first_look(now: int, hpa: Obj) -> int:
    """Return since when (ns) an HPA's syncs are counted: it was made within the last second, or
    at the second that it says."""
    made = nanoseconds(hpa["metadata"]["creationTimestamp"])
    return now if now - made < SECOND else made


def _target_of(hpa: Obj, read: Reader) -> tuple[str | None, Obj | None]:
    """Return the resource that an HPA scales, None where it is no kind with a scale; the object."""
    wanted = hpa["spec"]["scaleTargetRef"]
    resource = _scaled(wanted.get("apiVersion", ""), wanted.get("kind", ""))
    if resource is None:
        return None, None
    return resource, read.get(resource, hpa["metadata"]["namespace"], wanted["name"])


@lru_cache(maxsize=256)
def _scaled(api_version: str, kind: str) -> str | None:
    """Return the resource of a kind, None where it has no scale."""
    return _TARGETS.get((split_api_version(api_version)[0], kind))


def _no_scale(wanted: Obj, resource: str | None) -> str:
    group, kind = split_api_version(wanted.get("apiVersion", ""))[0], wanted.get("kind", "")
    if resource is not None:
        plural = f"{kind.lower()}s"
        return f'{plural}.{group} "{wanted["name"]}" not found'.replace('. "', ' "')
    if any((row.group, row.kind) == (group, kind) for row in BUILT_IN.kinds):
        return "the server could not find the requested resource"
    return f'no matches for kind "{kind}" in group "{group}"'


def _not_served(kind: str, source: Obj, namespace: str) -> NoFigure:
    """Return why there is no figure of a metric of Pods, an Object or from outside: nobody serves
    their API."""
    name, reason = source["metric"]["name"], f"FailedGet{kind}Metric"
    average = "averageValue" in source["target"]
    if kind == "External":
        said = _shown(source["metric"].get("selector"))
        text = (
            f"unable to get external metric {namespace}/{name}/{said}: unable to fetch metrics "
            "from external metrics API: the server could not find the requested resource "
            f"(get {name}.external.metrics.k8s.io)"
        )
        what = f"{name} external metric" if average else f"external metric {name}"
        return NoFigure(reason, text, f"failed to get {what}: ")
    text = (
        "unable to fetch metrics from custom metrics API: "
        "no custom metrics API (custom.metrics.k8s.io) registered"
    )
    if kind == "Pods":
        return NoFigure(reason, f"unable to get metric {name}: {text}")
    about = source["describedObject"]
    whose = f"{about['kind']} on {namespace} {about['name']}"
    lead = f"failed to get {name} object metric: " if average else ""
    return NoFigure(reason, f"unable to get metric {name}: {whose}/{text}", lead)


def _shown(selector: Obj | None) -> str:
    """Write a label selector as the real controller prints it."""
    if selector is None:
        return "nil"
    labels = "".join(f"{k}: {v}," for k, v in sorted((selector.get("matchLabels") or {}).items()))
    rows = "".join(
        f"LabelSelectorRequirement{{Key:{row['key']},Operator:{row['operator']},"
        f"Values:[{' '.join(row.get('values') or ())}],}},"
        for row in selector.get("matchExpressions") or ()
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{rows}}},}}"
    )


def _selector(scaled: Obj) -> Selector:
    selector = scaled["spec"]["selector"]
    if scaled["kind"] == "ReplicationController":
        selector = {"matchLabels": selector}
    return from_object(selector)


def _has_looked(hpa: Obj) -> bool:
    """Whether an HPA has once looked at the pods of its target."""
    rows = (hpa.get("status") or {}).get("conditions") or ()
    return any(row["type"] == _ACTIVE and row["reason"] != "ScalingDisabled" for row in rows)


class _Groups(NamedTuple):
    """Names of pods: measured and to be trusted; not ready; without a metric."""

    ready: list[str]
    unready: list[str]
    missing: list[str]


def _limited(current: int, stable: int, least: int, most: int) -> tuple[int, str, str]:
    """Limit without behaviour rules: at most twice as many, or four."""
    limit = max(2 * current, 4)
    if stable < least:
        return _under(least, least)
    if stable > min(most, limit):
        return _over(limit, most)
    return _within_range(stable)


def _over(limit: int, most: int) -> tuple[int, str, str]:
    if most > limit:
        text = "the desired replica count is increasing faster than the maximum scale rate"
        return limit, "ScaleUpLimit", text
    return (
        most,
        "TooManyReplicas",
        "the desired replica count is more than the maximum replica count",
    )


def _under(limit: int, least: int) -> tuple[int, str, str]:
    if least < limit:
        text = "the desired replica count is decreasing faster than the maximum scale rate"
        return limit, "ScaleDownLimit", text
    text = "the desired replica count is less than the minimum replica count"
    return least, "TooFewReplicas", text


def _within_range(stable: int) -> tuple[int, str, str]:
    return stable, "DesiredWithinRange", "the desired count is within the acceptable range"


def _tolerance(said: Any) -> float:
    return TOLERANCE if said is None else quantity.milli(said) / 1000


def _amount(name: str, milli: int) -> str:
    """Write an amount as metrics-server does. Source: `buildQuantity`."""
    form = quantity.Form.BINARY if name == "memory" else quantity.Form.DECIMAL
    return quantity.spell(milli * quantity.MICRO, form)


def _milli(name: str, row: Taken) -> int:
    """Return what a container took in milli-units."""
    return -(-row.cpu // 1_000_000) if name == "cpu" else row.memory * 1000


_UNKNOWN: Obj = {"type": ""}
"""The status of a metric of which there is no figure."""


def _what(metric: Obj) -> str:
    kind = metric["type"]
    if kind == "Resource":
        return f"{metric['resource']['name']} resource"
    if kind == "ContainerResource":
        return f"{metric['containerResource']['container']} container"
    if kind == "External":
        return f"{metric['external']['metric']['name']} external"
    return str(kind.lower())


def _requests(pods: list[Obj], name: str, only: str, lead: str, reason: str) -> dict[str, int]:
    """Return what each pod requests (milli-units). Raises NoFigure where a container has none."""
    found = {}
    for pod in pods:
        total = 0
        for container in pod["spec"]["containers"]:
            if only and container["name"] != only:
                continue
            said = ((container.get("resources") or {}).get("requests") or {}).get(name)
            if said is None:
                raise NoFigure(
                    reason,
                    f"{lead}: missing request for {name} in container {container['name']} of Pod "
                    f"{pod['metadata']['name']}",
                )
            total += quantity.milli(said)
        found[pod["metadata"]["name"]] = total
    return found


def _of_target(change: Change, read: Reader) -> Iterable[Key]:
    """The HPAs that scale the changed object, where its scale or template is another."""
    old = change.old
    if old is not None and old["spec"] is change.object["spec"]:
        return ()
    kind = _KINDS[change.resource]
    return list(scaling(read, change.key[0], kind, (change.key[1],)))


def _of_pod(change: Change, read: Reader) -> Iterable[Key]:
    """The HPAs whose pods one is that came, went, or turned ready or not."""
    namespace = change.key[0]
    if not read.list(HPAS, namespace):
        return ()
    old = change.old
    if old is not None and change.type == "MODIFIED":
        before, after = condition(old, "Ready"), condition(change.object, "Ready")
        if (before or {}).get("status") == (after or {}).get("status") and (
            ("deletionTimestamp" in old["metadata"])
            == ("deletionTimestamp" in change.object["metadata"])
        ):
            return ()
    for owner in change.object["metadata"].get("ownerReferences") or ():
        if owner.get("controller") and owner["kind"] in ("StatefulSet", "ReplicationController"):
            return list(scaling(read, namespace, owner["kind"], (owner["name"],)))
        if owner.get("controller") and owner["kind"] == "ReplicaSet":
            name = owner["name"]
            return [
                *scaling(read, namespace, "ReplicaSet", (name,)),
                *scaling(read, namespace, "Deployment", (name.rsplit("-", 1)[0],)),
            ]
    return ()


def scaling(read: Reader, namespace: str, kind: str, names: Iterable[str]) -> Iterable[Key]:
    """Yield the keys of the HPAs of a namespace that scale one of these."""
    wanted = dict.fromkeys(names)
    for hpa in read.list(HPAS, namespace):
        target = hpa["spec"]["scaleTargetRef"]
        if target.get("kind") == kind and target.get("name") in wanted:
            yield (namespace, hpa["metadata"]["name"])


def _itself(change: Change, read: Reader) -> Iterable[Key]:
    """The changed HPA; those beside it where it may have become one more of the same pods."""
    looked = change.old is not None and _has_looked(change.old) != _has_looked(change.object)
    if is_status_by(change, MANAGER) and not looked:
        return ()
    beside = [(change.key[0], hpa["metadata"]["name"]) for hpa in read.list(HPAS, change.key[0])]
    return dict.fromkeys((change.key, *beside))


def controller(usage: Usage | None) -> Controller:
    """Return the autoscaler; *usage* is what metrics-server reads, None where there is none."""
    loop = Autoscaler(usage)
    return Controller(
        name=NAME,
        component="horizontal-pod-autoscaler",
        watches={HPAS: _itself, PODS: _of_pod, **dict.fromkeys(_KINDS, _of_target)},
        deaf={PODS: QUIET},
        needs=dict.fromkeys((PODS, *_KINDS), HPAS),
        reconcile=loop.reconcile,
        snapshot=loop.snapshot,
        restore=loop.restore,
    )

"""The simulator as a client: `Simulator` to be called, `AsyncSimulator` to be awaited.

generated, do not edit: .venv/bin/python tools/make_api.py
"""
# ruff: noqa: E501, F401

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any, Literal

from ecp.client.transport import AsyncClient, Client, Event, part

if TYPE_CHECKING:
    from ecp.client.generated import simulator_types as t


class Simulator(Client):
    """The simulator, called. Every method raises ApiError and Unreachable."""

    def root(self) -> t.RootAnswer:
        """Say what is here; on the ports of the pages, show it."""
        found: t.RootAnswer = self.call("GET", "/")
        return found

    def all_metrics_api(
        self, *, format: str | None = None, cluster: str | None = None
    ) -> t.AllMetricsApiAnswer:
        """Return everything at once: JSON, or Prometheus text where that is asked for."""
        found: t.AllMetricsApiAnswer = self.call(
            "GET", "/api/metrics", query={"format": format, "cluster": cluster}
        )
        return found

    def list_clusters(self) -> t.ListClustersAnswer:
        """List the clusters, and those whose files cannot be opened."""
        found: t.ListClustersAnswer = self.call("GET", "/api/v1/clusters")
        return found

    def create_cluster(self, body: t.NewCluster) -> t.ListClustersAnswerClusters:
        """Create a cluster from a model."""
        found: t.ListClustersAnswerClusters = self.call("POST", "/api/v1/clusters", body=body)
        return found

    def get_cluster(self, name: str) -> t.GetClusterAnswer:
        """Show one cluster."""
        found: t.GetClusterAnswer = self.call("GET", f"/api/v1/clusters/{part(name)}")
        return found

    def delete_cluster(self, name: str) -> t.DeleteClusterAnswer:
        """Delete a cluster and everything in it."""
        found: t.DeleteClusterAnswer = self.call("DELETE", f"/api/v1/clusters/{part(name)}")
        return found

    def changes(self, name: str, *, since: int | None = None) -> Generator[Event, None, None]:
        """Stream the changes after `since` (or Last-Event-ID; default: from now on) as SSE.

        Topic `clusters/{name}/changes`; the sequence is the resourceVersion. 410 when the window
        no longer reaches back to it: list again, then follow from there.
        """
        return self.events(f"/api/v1/clusters/{part(name)}/changes", query={"since": since})

    def why_change(self, name: str, version: int) -> t.WhyChangeAnswer:
        """Walk from a change to what it follows from, as far back as the log reaches."""
        found: t.WhyChangeAnswer = self.call(
            "GET", f"/api/v1/clusters/{part(name)}/changes/{part(version)}/why"
        )
        return found

    def get_clock(self, name: str) -> t.GetClockAnswer:
        """Show the cluster's clock.

        Another `incarnation` than before: the cluster began anew; another `ledger` alone: it was
        put back to a snapshot.
        """
        found: t.GetClockAnswer = self.call("GET", f"/api/v1/clusters/{part(name)}/clock")
        return found

    def act_on_clock(self, name: str, body: t.ClockAction) -> t.ActOnClockAnswer:
        """Pause, resume, set the speed, step, warp to an instant; say how a restart goes."""
        found: t.ActOnClockAnswer = self.call(
            "POST", f"/api/v1/clusters/{part(name)}/clock", body=body
        )
        return found

    def list_schedules(self, name: str, *, namespace: str | None = None) -> t.ListSchedulesAnswer:
        """List what begins faults again and again, whoever wrote it, with the next time."""
        found: t.ListSchedulesAnswer = self.call(
            "GET", f"/api/v1/clusters/{part(name)}/fault-schedules", query={"namespace": namespace}
        )
        return found

    def repeat_fault(self, name: str, body: t.NewSchedule) -> t.RepeatFaultAnswer:
        """Begin a fault again and again; definitions of chaos objects are installed where none
        are.
        """
        found: t.RepeatFaultAnswer = self.call(
            "POST", f"/api/v1/clusters/{part(name)}/fault-schedules", body=body
        )
        return found

    def take_away(self, name: str, namespace: str, schedule: str) -> t.TakeAwayAnswer:
        """Take it away, with what it has begun: a fault that runs ends."""
        found: t.TakeAwayAnswer = self.call(
            "DELETE",
            f"/api/v1/clusters/{part(name)}/fault-schedules/{part(namespace)}/{part(schedule)}",
        )
        return found

    def list_faults(
        self,
        name: str,
        *,
        namespace: str | None = None,
        state: list[Literal["planned", "running", "ended", "failed"]] | None = None,
        skip: int | None = None,
        limit: int | None = None,
    ) -> t.ListFaultsAnswer:
        """List what was injected into the cluster or came by itself, and what was seen of it.

        `counts` is how many there are in each state, whatever is left out of the list.
        """
        found: t.ListFaultsAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/faults",
            query={"namespace": namespace, "state": state, "skip": skip, "limit": limit},
        )
        return found

    def inject_fault(self, name: str, body: t.NewFault) -> t.InjectFaultAnswer:
        """Inject a fault now or at an instant to come; a refusal lists what there is."""
        found: t.InjectFaultAnswer = self.call(
            "POST", f"/api/v1/clusters/{part(name)}/faults", body=body
        )
        return found

    def halt_faults(self, name: str, *, namespace: str | None = None) -> t.HaltFaultsAnswer:
        """End every fault that runs or is to come, pause chaos objects and abort their workflows."""
        found: t.HaltFaultsAnswer = self.call(
            "DELETE", f"/api/v1/clusters/{part(name)}/faults", query={"namespace": namespace}
        )
        return found

    def install_chaos(self, name: str) -> t.InstallChaosAnswer:
        """Install the definitions of Chaos Mesh's objects and of those that it lacks.

        What is there already, as who installed Chaos Mesh itself has, stays as it is.
        """
        found: t.InstallChaosAnswer = self.call(
            "POST", f"/api/v1/clusters/{part(name)}/faults/install"
        )
        return found

    def preview_fault(self, name: str, body: t.NewFault) -> t.PreviewFaultAnswer:
        """Say what a fault would hit if it began now: pods, nodes, tenants, shares of endpoints.

        `choices` are the targets that it could be aimed at; a refusal lists them as well.
        """
        found: t.PreviewFaultAnswer = self.call(
            "POST", f"/api/v1/clusters/{part(name)}/faults/preview", body=body
        )
        return found

    def get_fault(self, name: str, fault_id: str) -> t.InjectFaultAnswer:
        """Show one fault: its targets, its proof, its recovery."""
        found: t.InjectFaultAnswer = self.call(
            "GET", f"/api/v1/clusters/{part(name)}/faults/{part(fault_id)}"
        )
        return found

    def end_fault(self, name: str, fault_id: str) -> t.EndFaultAnswer:
        """End a fault that lasts: power the node on, let the processes answer again."""
        found: t.EndFaultAnswer = self.call(
            "DELETE", f"/api/v1/clusters/{part(name)}/faults/{part(fault_id)}"
        )
        return found

    def fork_cluster(self, name: str, body: t.NewFork) -> t.ForkClusterAnswer:
        """Make a cluster of its own that goes on from this one, or from one of its snapshots."""
        found: t.ForkClusterAnswer = self.call(
            "POST", f"/api/v1/clusters/{part(name)}/fork", body=body
        )
        return found

    def get_history(
        self,
        name: str,
        *,
        from_: str | None = None,
        to: str | None = None,
        buckets: int | None = None,
        namespace: str | None = None,
        resource: str | None = None,
        q: str | None = None,
        mark: list[str] | None = None,
    ) -> t.GetHistoryAnswer:
        """Say how many changes there were when, by lane what they mean, and how many pods were
        ready.

        `kept` says how far back the log reaches.
        """
        found: t.GetHistoryAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/history",
            query={
                "from": from_,
                "to": to,
                "buckets": buckets,
                "namespace": namespace,
                "resource": resource,
                "q": q,
                "mark": mark,
            },
        )
        return found

    def list_changes(
        self,
        name: str,
        *,
        from_: str | None = None,
        to: str | None = None,
        after: int | None = None,
        before: int | None = None,
        limit: int | None = None,
        namespace: str | None = None,
        resource: str | None = None,
        q: str | None = None,
        mark: list[str] | None = None,
    ) -> t.ListChangesAnswer:
        """List changes with what they mean, newest first; with `after` oldest first.

        Ask again with `next` as `before` (or `after`), until it is null.
        """
        found: t.ListChangesAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/history/changes",
            query={
                "from": from_,
                "to": to,
                "after": after,
                "before": before,
                "limit": limit,
                "namespace": namespace,
                "resource": resource,
                "q": q,
                "mark": mark,
            },
        )
        return found

    def get_change(self, name: str, version: int) -> t.GetChangeAnswer:
        """Show a change with the object before and after it, and the fields that differ."""
        found: t.GetChangeAnswer = self.call(
            "GET", f"/api/v1/clusters/{part(name)}/history/changes/{part(version)}"
        )
        return found

    def compare_instants(
        self,
        name: str,
        *,
        from_: str | None = None,
        to: str | None = None,
        limit: int | None = None,
        namespace: str | None = None,
        resource: str | None = None,
        q: str | None = None,
        mark: list[str] | None = None,
    ) -> t.CompareInstantsAnswer:
        """Say what appeared, changed and went between two instants; of what changed, which fields.

        Events are left out unless they are asked for by `resource`.
        """
        found: t.CompareInstantsAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/history/diff",
            query={
                "from": from_,
                "to": to,
                "limit": limit,
                "namespace": namespace,
                "resource": resource,
                "q": q,
                "mark": mark,
            },
        )
        return found

    def get_object_at(
        self,
        name: str,
        *,
        named: str,
        resource: str,
        namespace: str | None = None,
        at: str | None = None,
    ) -> t.GetObjectAtAnswer:
        """Return an object as it was at an instant. 404 where it was not there."""
        found: t.GetObjectAtAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/history/object",
            query={"resource": resource, "named": named, "namespace": namespace, "at": at},
        )
        return found

    def list_objects_at(
        self,
        name: str,
        *,
        at: str | None = None,
        limit: int | None = None,
        namespace: str | None = None,
        resource: str | None = None,
        q: str | None = None,
        mark: list[str] | None = None,
    ) -> t.ListObjectsAtAnswer:
        """List what was there at an instant: how many of each kind, and the first of those meant."""
        found: t.ListObjectsAtAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/history/objects",
            query={
                "at": at,
                "limit": limit,
                "namespace": namespace,
                "resource": resource,
                "q": q,
                "mark": mark,
            },
        )
        return found

    def overview(self, name: str) -> t.OverviewAnswer:
        """Sum up a cluster: nodes with what is requested and used, pods by state, who waits and
        why.

        cpu in millicores, memory in bytes. `waiting` are the pods without a node, by the
        scheduler's message, `unready` those on a node that are not ready, by the word of `kubectl
        get pods`, the most first each. `changes_per_minute` counts changes of objects,
        `events_per_minute` Events, over the last minute of simulated time, as far back as the log
        of changes reaches.
        """
        found: t.OverviewAnswer = self.call("GET", f"/api/v1/clusters/{part(name)}/overview")
        return found

    def placement(self, name: str, namespace: str, pod: str) -> t.PlacementAnswer:
        """Judge every node for a pod as the scheduler does, as things stand now.

        `state`: placed, pending, gated (it has scheduling gates), foreign (another scheduler's),
        over. A pod that has a node is judged as if it had not: `best` are the nodes it could go
        to now, of equal total, `node` the one it is on. `message` is that of FailedScheduling, ""
        where it fits. `figures`: of each resource, what the pod asks and what the node has free;
        `taints`: those that the pod does not tolerate; `below`: pods of a lower priority there,
        the least important first. `configuration`: the ConfigMaps and Secrets of its containers,
        when each was last changed and from when on the container has that (`known_at`; null: once
        it is started again). `wishes` is what the pod asks of its node, with how many nodes give
        it, and what there is instead; `changes` what would find it one, judged by the same
        filters, the mildest first. `trouble` is what keeps it from being ready, wherever it is:
        null for one that is ready, or that only starts.
        """
        found: t.PlacementAnswer = self.call(
            "GET", f"/api/v1/clusters/{part(name)}/placement/{part(namespace)}/{part(pod)}"
        )
        return found

    def list_pods(
        self,
        name: str,
        *,
        namespace: str | None = None,
        node: str | None = None,
        selector: str | None = None,
        since: int | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> t.ListPodsAnswer:
        """List pods as rows, a page at a time; or, `since` a resource_version, those that changed.

        `gone` names (namespace/name) which of the rows no longer count; `next` is null where
        nothing more comes. 410 where the log of changes no longer reaches back: ask for all
        again.
        """
        found: t.ListPodsAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/pods",
            query={
                "namespace": namespace,
                "node": node,
                "selector": selector,
                "since": since,
                "after": after,
                "limit": limit,
            },
        )
        return found

    def list_pools(self, name: str) -> t.ListPoolsAnswer:
        """List the pools with their machines, and what of the quota is used."""
        found: t.ListPoolsAnswer = self.call("GET", f"/api/v1/clusters/{part(name)}/pools")
        return found

    def get_pool(self, name: str, pool: str) -> t.GetPoolAnswer:
        """Show one pool: size, bounds, stock, machines with their stage, its upgrade."""
        found: t.GetPoolAnswer = self.call(
            "GET", f"/api/v1/clusters/{part(name)}/pools/{part(pool)}"
        )
        return found

    def change_pool(self, name: str, pool: str, body: t.PoolChange) -> t.ListPoolsAnswerPools:
        """Set size, autoscaling, stock or the delays of a boot."""
        found: t.ListPoolsAnswerPools = self.call(
            "PATCH", f"/api/v1/clusters/{part(name)}/pools/{part(pool)}", body=body
        )
        return found

    def add_node(self, name: str, pool: str, body: t.NewNode) -> t.AddNodeAnswer:
        """Ask for a machine more; it boots, registers, gets its network and its devices."""
        found: t.AddNodeAnswer = self.call(
            "POST", f"/api/v1/clusters/{part(name)}/pools/{part(pool)}/nodes", body=body
        )
        return found

    def remove_node(
        self,
        name: str,
        pool: str,
        node: str,
        *,
        drain_timeout: str | None = None,
        force: bool | None = None,
    ) -> t.RemoveNodeAnswer:
        """Cordon a node, evict its pods under their budgets, give its machine back."""
        found: t.RemoveNodeAnswer = self.call(
            "DELETE",
            f"/api/v1/clusters/{part(name)}/pools/{part(pool)}/nodes/{part(node)}",
            query={"drain_timeout": drain_timeout, "force": force},
        )
        return found

    def upgrade_pool(self, name: str, pool: str, body: t.NewUpgrade) -> t.UpgradePoolAnswer:
        """Begin a rolling upgrade; `GET …/pools/{pool}` shows how far it has come."""
        found: t.UpgradePoolAnswer = self.call(
            "POST", f"/api/v1/clusters/{part(name)}/pools/{part(pool)}/upgrade", body=body
        )
        return found

    def set_quota(self, name: str, body: t.Quota) -> t.SetQuotaAnswer:
        """Set what all pools together may have. Machines that are there stay."""
        found: t.SetQuotaAnswer = self.call(
            "PUT", f"/api/v1/clusters/{part(name)}/quota", body=body
        )
        return found

    def get_snapshot(self, name: str, *, label: str | None = None) -> bytes:
        """Return the cluster as data, from which a rehearsal goes on."""
        found: bytes = self.call(
            "GET", f"/api/v1/clusters/{part(name)}/snapshot", query={"label": label}
        )
        return found

    def list_snapshots(self, name: str) -> t.ListSnapshotsAnswer:
        """List the labels of kept snapshots."""
        found: t.ListSnapshotsAnswer = self.call("GET", f"/api/v1/clusters/{part(name)}/snapshots")
        return found

    def create_snapshot(self, name: str, body: t.NewSnapshot) -> t.CreateSnapshotAnswer:
        """Keep the cluster as it is now under a label; one that was kept under it is `replaced`."""
        found: t.CreateSnapshotAnswer = self.call(
            "POST", f"/api/v1/clusters/{part(name)}/snapshots", body=body
        )
        return found

    def restore_snapshot(self, name: str, label: str) -> t.ForkClusterAnswer:
        """Put the cluster back to a snapshot, in place; its clock stands there.

        Everything since is gone. Watches end, and what was read before is answered by 410;
        minutes are those of another `ledger`, counted anew.
        """
        found: t.ForkClusterAnswer = self.call(
            "POST", f"/api/v1/clusters/{part(name)}/snapshots/{part(label)}/restore"
        )
        return found

    def list_tenants(self, name: str) -> t.ListTenantsAnswer:
        """List the tenants that are followed."""
        found: t.ListTenantsAnswer = self.call("GET", f"/api/v1/clusters/{part(name)}/tenants")
        return found

    def get_tenant(self, name: str, tenant: str, *, since: str | None = None) -> t.GetTenantAnswer:
        """Show a tenant: workloads, what its requests meet now, service level of the last 24 h.

        `recent` are the closed slots since an instant: means, counts and the worst of them.
        """
        found: t.GetTenantAnswer = self.call(
            "GET", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}", query={"since": since}
        )
        return found

    def follow_tenant(self, name: str, tenant: str, body: t.Followed) -> t.FollowTenantAnswer200:
        """Follow a tenant: from the next slot on its demand and its probes run. Idempotent."""
        found: t.FollowTenantAnswer200 = self.call(
            "PUT", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}", body=body
        )
        return found

    def leave_tenant(self, name: str, tenant: str) -> t.LeaveTenantAnswer:
        """Follow a tenant no more; what happened is kept."""
        found: t.LeaveTenantAnswer = self.call(
            "DELETE", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}"
        )
        return found

    def get_demand(
        self,
        name: str,
        tenant: str,
        *,
        from_: str | None = None,
        duration: str | None = None,
        points: int | None = None,
    ) -> t.GetDemandAnswer:
        """Return what a tenant's customers ask for, profile by profile: sessions that begin,
        sessions held, requests per second, and what makes it more or less than on a plain
        weekday.
        """
        found: t.GetDemandAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/demand",
            query={"from": from_, "duration": duration, "points": points},
        )
        return found

    def set_load(self, name: str, tenant: str, body: t.Load) -> t.SetLoadAnswer:
        """Let other numbers of units ask from the next slot on; all else that is said of the
        tenant stays. It holds until the tenant is followed anew, as by its next deploy.
        """
        found: t.SetLoadAnswer = self.call(
            "PUT", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/load", body=body
        )
        return found

    def list_windows(self, name: str, tenant: str) -> t.ListWindowsAnswer:
        """List the windows of a tenant by their start, with what counts of each."""
        found: t.ListWindowsAnswer = self.call(
            "GET", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/maintenance"
        )
        return found

    def announce(self, name: str, tenant: str, body: t.NewWindow) -> t.ListWindowsAnswerWindows:
        """Announce a window; what became of it (planned, late_notice …) is said at once."""
        found: t.ListWindowsAnswerWindows = self.call(
            "POST", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/maintenance", body=body
        )
        return found

    def take_back(self, name: str, tenant: str, window: str) -> t.TakeBackAnswer:
        """Take a window back. One that runs ends now; one that is over cannot be undone."""
        found: t.TakeBackAnswer = self.call(
            "DELETE",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/maintenance/{part(window)}",
        )
        return found

    def get_minutes(
        self,
        name: str,
        tenant: str,
        *,
        since: int | None = None,
        limit: int | None = None,
        workloads: bool | None = None,
    ) -> t.GetMinutesAnswer:
        """Return closed minutes in order. Ask again with `next`; none are left when it is
        `newest`.

        Version 2: requests are those of up and down slots since the birth; `runs`, `causes` and
        `counts_from` say the order of the slots. `slo`, `corrections` and `agreed` are as they
        are now. Another `ledger` than before: the cluster began anew, and the sequence with it.
        """
        found: t.GetMinutesAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/minutes",
            query={"since": since, "limit": limit, "workloads": workloads},
        )
        return found

    def get_series(
        self,
        name: str,
        tenant: str,
        *,
        from_: str | None = None,
        to: str | None = None,
        points: int | None = None,
        workload: str | None = None,
    ) -> t.GetSeriesAnswer:
        """Return means of the five figures, the worst response time, seconds down, replicas and
        queue, in at most so many equal steps; null where nothing is known.
        """
        found: t.GetSeriesAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/series",
            query={"from": from_, "to": to, "points": points, "workload": workload},
        )
        return found

    def get_services(self, name: str, tenant: str, *, to: str, from_: str) -> t.GetServicesAnswer:
        """Sum up what each workload did between two instants, from the tenant's ledger.

        A row is like one of a minute's `workloads`; slots before the birth of the SLA clock are
        `before`. Slots of which nobody knows are in no row.
        """
        found: t.GetServicesAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/services",
            query={"from": from_, "to": to},
        )
        return found

    def get_sla(
        self, name: str, tenant: str, *, period: str | None = None, service: str | None = None
    ) -> t.GetTenantAnswerSla:
        """Return the service level of a period: figures, budget, incidents with their causes."""
        found: t.GetTenantAnswerSla = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/sla",
            query={"period": period, "service": service},
        )
        return found

    def startup(
        self,
        name: str,
        tenant: str,
        *,
        since: str,
        began: str | None = None,
        namespace: str | None = None,
    ) -> t.StartupAnswer:
        """Try every Service and every declared call now; say when entry requests were first
        served.
        """
        found: t.StartupAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/startup",
            query={"since": since, "began": began, "namespace": namespace},
        )
        return found

    def what_if(
        self, name: str, tenant: str, *, times: list[float] | None = None
    ) -> t.WhatIfAnswer:
        """Say what a tenant's requests would meet now under other loads, by the model that the
        cluster itself runs on: pods as they are, no autoscaler yet, as when a fault
        `traffic_surge` begins.

        `holds_up_to` is the greatest load, of what there is now, at which none of the workloads
        that customers call is down; null where one is down already, or none is by so much as 64
        times.
        """
        found: t.WhatIfAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/what-if",
            query={"times": times},
        )
        return found

    def why(self, name: str, tenant: str, *, slot: str) -> t.WhyAnswer:
        """Say what a slot's requests met: fault, rollout or load → pods → endpoints → requests."""
        found: t.WhyAnswer = self.call(
            "GET", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/why", query={"slot": slot}
        )
        return found

    def topology(
        self, name: str, *, namespace: str | None = None, limit: int | None = None
    ) -> t.TopologyAnswer:
        """Draw a namespace, or all: its parts, their state and faults, who leads to whom.

        Edges: `way` from Ingress or customers to Service, workload, pod, node; `call` from a
        workload to whom it calls. `rps`, `error_percent`, `p95_ms` are of now, null where nothing
        is known; `reason` says why the most of the failing requests fail, `said` that in words,
        `cause` what it follows from. Of a call whose callee is no workload here, `to` is
        `host/NAME`.
        """
        found: t.TopologyAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/topology",
            query={"namespace": namespace, "limit": limit},
        )
        return found

    def workload_troubles(
        self, name: str, namespace: str, kind: str, workload: str
    ) -> t.WorkloadTroublesAnswer:
        """Say what keeps a workload from being up: where, why, what to change.

        `kind` is written as in a manifest: Deployment. `pod` is one that it concerns, null where
        none was made. None are told of a workload that is well, or only starts.
        """
        found: t.WorkloadTroublesAnswer = self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/troubles/{part(namespace)}/{part(kind)}/{part(workload)}",
        )
        return found

    def list_workloads(self, name: str, *, namespace: str | None = None) -> t.ListWorkloadsAnswer:
        """List what keeps pods running: Deployments, StatefulSets, DaemonSets, Jobs and others'
        own.
        """
        found: t.ListWorkloadsAnswer = self.call(
            "GET", f"/api/v1/clusters/{part(name)}/workloads", query={"namespace": namespace}
        )
        return found

    def take_external_metrics(
        self, body: t.ExternalMetrics, *, cluster: str | None = None
    ) -> t.TakeExternalMetricsAnswer:
        """Keep what another system says of a tenant: durable when it is answered."""
        found: t.TakeExternalMetricsAnswer = self.call(
            "POST", "/api/v1/external-metrics", query={"cluster": cluster}, body=body
        )
        return found

    def list_kinds_of_fault(self) -> t.ListKindsOfFaultAnswer:
        """List the faults that can be injected, and the rates of those that come by themselves."""
        found: t.ListKindsOfFaultAnswer = self.call("GET", "/api/v1/faults")
        return found

    def all_metrics(
        self, *, format: str | None = None, cluster: str | None = None
    ) -> t.AllMetricsApiAnswer:
        """Return everything at once: JSON, or Prometheus text where that is asked for."""
        found: t.AllMetricsApiAnswer = self.call(
            "GET", "/api/v1/metrics", query={"format": format, "cluster": cluster}
        )
        return found

    def system_metrics(self, *, cluster: str | None = None) -> t.SystemMetricsAnswer:
        """Return figures of the clusters: nodes, pods, capacity, what is requested and used."""
        found: t.SystemMetricsAnswer = self.call(
            "GET", "/api/v1/metrics/system", query={"cluster": cluster}
        )
        return found

    def tenant_metrics(
        self,
        tenant: str,
        *,
        period: str | None = None,
        step: str | None = None,
        cluster: str | None = None,
    ) -> t.TenantMetricsAnswer:
        """Return a tenant's figures of now and its service level of the last 24 h.

        `Accept: application/openmetrics-text` asks for its slots over a period instead, by state
        and service, with the cluster's time stamps.
        """
        found: t.TenantMetricsAnswer = self.call(
            "GET",
            f"/api/v1/metrics/{part(tenant)}",
            query={"period": period, "step": step, "cluster": cluster},
        )
        return found

    def get_system(self) -> t.GetSystemAnswer:
        """Show how the service is: checks, build, storage, memory, clusters."""
        found: t.GetSystemAnswer = self.call("GET", "/api/v1/system")
        return found

    def health(self) -> t.HealthAnswer:
        """Say that the service runs, and which clusters do not."""
        found: t.HealthAnswer = self.call("GET", "/health")
        return found

    def healthz(self) -> t.HealthAnswer:
        """Say that the service runs, and which clusters do not."""
        found: t.HealthAnswer = self.call("GET", "/healthz")
        return found

    def deploy_manifest(self, body: t.ToDeploy) -> t.DeployManifestAnswer:
        """Apply a manifest to a cluster, as `kubectl apply --server-side` does, object by object.

        What would not be accepted is 422 before anything is applied; a namespace that is not
        there is made. An object that the cluster refuses all the same is told in `failed` with
        its Status.
        """
        found: t.DeployManifestAnswer = self.call("POST", "/k8s/manifest/deploy", body=body)
        return found

    def parse_manifest(self, body: t.Manifest) -> t.ParseManifestAnswer:
        """Say what is in a manifest and what is wrong with it; nothing is applied."""
        found: t.ParseManifestAnswer = self.call("POST", "/k8s/manifest/parse", body=body)
        return found

    def list_resources(
        self, *, namespace: str | None = None, kind: str | None = None, cluster: str | None = None
    ) -> t.ListResourcesAnswer:
        """List the objects of a cluster by kind and name, of one namespace or one kind if wanted."""
        found: t.ListResourcesAnswer = self.call(
            "GET",
            "/k8s/resources",
            query={"namespace": namespace, "kind": kind, "cluster": cluster},
        )
        return found

    def delete_resource(
        self, kind: str, namespace: str, name: str, *, cluster: str | None = None
    ) -> t.DeleteResourceAnswer:
        """Delete an object in the background: what it owns goes after it. `-` for no namespace."""
        found: t.DeleteResourceAnswer = self.call(
            "DELETE",
            f"/k8s/resources/{part(kind)}/{part(namespace)}/{part(name)}",
            query={"cluster": cluster},
        )
        return found

    def health_livez(self) -> t.HealthAnswer:
        """Say that the service runs, and which clusters do not."""
        found: t.HealthAnswer = self.call("GET", "/livez")
        return found

    def prometheus(self) -> str:
        """Return the metrics of all clusters as Prometheus text."""
        found: str = self.call("GET", "/metrics")
        return found

    def monitoring_health(self, *, cluster: str | None = None) -> t.MonitoringHealthAnswer:
        """Say how the clusters and their tenants' workloads are."""
        found: t.MonitoringHealthAnswer = self.call(
            "GET", "/monitoring/health", query={"cluster": cluster}
        )
        return found

    def monitoring_tenant(
        self, tenant: str, *, cluster: str | None = None
    ) -> t.TenantMetricsAnswer:
        """Return a tenant's figures of now, as `/api/v1/metrics/{tenant}` does."""
        found: t.TenantMetricsAnswer = self.call(
            "GET", f"/monitoring/tenant/{part(tenant)}", query={"cluster": cluster}
        )
        return found

    def health_readyz(self) -> t.HealthAnswer:
        """Say that the service runs, and which clusters do not."""
        found: t.HealthAnswer = self.call("GET", "/readyz")
        return found

    def sla_status(self, *, cluster: str | None = None) -> t.SlaStatusAnswer:
        """Return the service level of the last 24 h of every tenant, the worst state first."""
        found: t.SlaStatusAnswer = self.call("GET", "/sla/status", query={"cluster": cluster})
        return found


class AsyncSimulator(AsyncClient):
    """The simulator, awaited. Every method raises ApiError and Unreachable."""

    async def root(self) -> t.RootAnswer:
        """Say what is here; on the ports of the pages, show it."""
        found: t.RootAnswer = await self.call("GET", "/")
        return found

    async def all_metrics_api(
        self, *, format: str | None = None, cluster: str | None = None
    ) -> t.AllMetricsApiAnswer:
        """Return everything at once: JSON, or Prometheus text where that is asked for."""
        found: t.AllMetricsApiAnswer = await self.call(
            "GET", "/api/metrics", query={"format": format, "cluster": cluster}
        )
        return found

    async def list_clusters(self) -> t.ListClustersAnswer:
        """List the clusters, and those whose files cannot be opened."""
        found: t.ListClustersAnswer = await self.call("GET", "/api/v1/clusters")
        return found

    async def create_cluster(self, body: t.NewCluster) -> t.ListClustersAnswerClusters:
        """Create a cluster from a model."""
        found: t.ListClustersAnswerClusters = await self.call("POST", "/api/v1/clusters", body=body)
        return found

    async def get_cluster(self, name: str) -> t.GetClusterAnswer:
        """Show one cluster."""
        found: t.GetClusterAnswer = await self.call("GET", f"/api/v1/clusters/{part(name)}")
        return found

    async def delete_cluster(self, name: str) -> t.DeleteClusterAnswer:
        """Delete a cluster and everything in it."""
        found: t.DeleteClusterAnswer = await self.call("DELETE", f"/api/v1/clusters/{part(name)}")
        return found

    def changes(self, name: str, *, since: int | None = None) -> AsyncGenerator[Event, None]:
        """Stream the changes after `since` (or Last-Event-ID; default: from now on) as SSE.

        Topic `clusters/{name}/changes`; the sequence is the resourceVersion. 410 when the window
        no longer reaches back to it: list again, then follow from there.
        """
        return self.events(f"/api/v1/clusters/{part(name)}/changes", query={"since": since})

    async def why_change(self, name: str, version: int) -> t.WhyChangeAnswer:
        """Walk from a change to what it follows from, as far back as the log reaches."""
        found: t.WhyChangeAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/changes/{part(version)}/why"
        )
        return found

    async def get_clock(self, name: str) -> t.GetClockAnswer:
        """Show the cluster's clock.

        Another `incarnation` than before: the cluster began anew; another `ledger` alone: it was
        put back to a snapshot.
        """
        found: t.GetClockAnswer = await self.call("GET", f"/api/v1/clusters/{part(name)}/clock")
        return found

    async def act_on_clock(self, name: str, body: t.ClockAction) -> t.ActOnClockAnswer:
        """Pause, resume, set the speed, step, warp to an instant; say how a restart goes."""
        found: t.ActOnClockAnswer = await self.call(
            "POST", f"/api/v1/clusters/{part(name)}/clock", body=body
        )
        return found

    async def list_schedules(
        self, name: str, *, namespace: str | None = None
    ) -> t.ListSchedulesAnswer:
        """List what begins faults again and again, whoever wrote it, with the next time."""
        found: t.ListSchedulesAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/fault-schedules", query={"namespace": namespace}
        )
        return found

    async def repeat_fault(self, name: str, body: t.NewSchedule) -> t.RepeatFaultAnswer:
        """Begin a fault again and again; definitions of chaos objects are installed where none
        are.
        """
        found: t.RepeatFaultAnswer = await self.call(
            "POST", f"/api/v1/clusters/{part(name)}/fault-schedules", body=body
        )
        return found

    async def take_away(self, name: str, namespace: str, schedule: str) -> t.TakeAwayAnswer:
        """Take it away, with what it has begun: a fault that runs ends."""
        found: t.TakeAwayAnswer = await self.call(
            "DELETE",
            f"/api/v1/clusters/{part(name)}/fault-schedules/{part(namespace)}/{part(schedule)}",
        )
        return found

    async def list_faults(
        self,
        name: str,
        *,
        namespace: str | None = None,
        state: list[Literal["planned", "running", "ended", "failed"]] | None = None,
        skip: int | None = None,
        limit: int | None = None,
    ) -> t.ListFaultsAnswer:
        """List what was injected into the cluster or came by itself, and what was seen of it.

        `counts` is how many there are in each state, whatever is left out of the list.
        """
        found: t.ListFaultsAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/faults",
            query={"namespace": namespace, "state": state, "skip": skip, "limit": limit},
        )
        return found

    async def inject_fault(self, name: str, body: t.NewFault) -> t.InjectFaultAnswer:
        """Inject a fault now or at an instant to come; a refusal lists what there is."""
        found: t.InjectFaultAnswer = await self.call(
            "POST", f"/api/v1/clusters/{part(name)}/faults", body=body
        )
        return found

    async def halt_faults(self, name: str, *, namespace: str | None = None) -> t.HaltFaultsAnswer:
        """End every fault that runs or is to come, pause chaos objects and abort their workflows."""
        found: t.HaltFaultsAnswer = await self.call(
            "DELETE", f"/api/v1/clusters/{part(name)}/faults", query={"namespace": namespace}
        )
        return found

    async def install_chaos(self, name: str) -> t.InstallChaosAnswer:
        """Install the definitions of Chaos Mesh's objects and of those that it lacks.

        What is there already, as who installed Chaos Mesh itself has, stays as it is.
        """
        found: t.InstallChaosAnswer = await self.call(
            "POST", f"/api/v1/clusters/{part(name)}/faults/install"
        )
        return found

    async def preview_fault(self, name: str, body: t.NewFault) -> t.PreviewFaultAnswer:
        """Say what a fault would hit if it began now: pods, nodes, tenants, shares of endpoints.

        `choices` are the targets that it could be aimed at; a refusal lists them as well.
        """
        found: t.PreviewFaultAnswer = await self.call(
            "POST", f"/api/v1/clusters/{part(name)}/faults/preview", body=body
        )
        return found

    async def get_fault(self, name: str, fault_id: str) -> t.InjectFaultAnswer:
        """Show one fault: its targets, its proof, its recovery."""
        found: t.InjectFaultAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/faults/{part(fault_id)}"
        )
        return found

    async def end_fault(self, name: str, fault_id: str) -> t.EndFaultAnswer:
        """End a fault that lasts: power the node on, let the processes answer again."""
        found: t.EndFaultAnswer = await self.call(
            "DELETE", f"/api/v1/clusters/{part(name)}/faults/{part(fault_id)}"
        )
        return found

    async def fork_cluster(self, name: str, body: t.NewFork) -> t.ForkClusterAnswer:
        """Make a cluster of its own that goes on from this one, or from one of its snapshots."""
        found: t.ForkClusterAnswer = await self.call(
            "POST", f"/api/v1/clusters/{part(name)}/fork", body=body
        )
        return found

    async def get_history(
        self,
        name: str,
        *,
        from_: str | None = None,
        to: str | None = None,
        buckets: int | None = None,
        namespace: str | None = None,
        resource: str | None = None,
        q: str | None = None,
        mark: list[str] | None = None,
    ) -> t.GetHistoryAnswer:
        """Say how many changes there were when, by lane what they mean, and how many pods were
        ready.

        `kept` says how far back the log reaches.
        """
        found: t.GetHistoryAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/history",
            query={
                "from": from_,
                "to": to,
                "buckets": buckets,
                "namespace": namespace,
                "resource": resource,
                "q": q,
                "mark": mark,
            },
        )
        return found

    async def list_changes(
        self,
        name: str,
        *,
        from_: str | None = None,
        to: str | None = None,
        after: int | None = None,
        before: int | None = None,
        limit: int | None = None,
        namespace: str | None = None,
        resource: str | None = None,
        q: str | None = None,
        mark: list[str] | None = None,
    ) -> t.ListChangesAnswer:
        """List changes with what they mean, newest first; with `after` oldest first.

        Ask again with `next` as `before` (or `after`), until it is null.
        """
        found: t.ListChangesAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/history/changes",
            query={
                "from": from_,
                "to": to,
                "after": after,
                "before": before,
                "limit": limit,
                "namespace": namespace,
                "resource": resource,
                "q": q,
                "mark": mark,
            },
        )
        return found

    async def get_change(self, name: str, version: int) -> t.GetChangeAnswer:
        """Show a change with the object before and after it, and the fields that differ."""
        found: t.GetChangeAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/history/changes/{part(version)}"
        )
        return found

    async def compare_instants(
        self,
        name: str,
        *,
        from_: str | None = None,
        to: str | None = None,
        limit: int | None = None,
        namespace: str | None = None,
        resource: str | None = None,
        q: str | None = None,
        mark: list[str] | None = None,
    ) -> t.CompareInstantsAnswer:
        """Say what appeared, changed and went between two instants; of what changed, which fields.

        Events are left out unless they are asked for by `resource`.
        """
        found: t.CompareInstantsAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/history/diff",
            query={
                "from": from_,
                "to": to,
                "limit": limit,
                "namespace": namespace,
                "resource": resource,
                "q": q,
                "mark": mark,
            },
        )
        return found

    async def get_object_at(
        self,
        name: str,
        *,
        named: str,
        resource: str,
        namespace: str | None = None,
        at: str | None = None,
    ) -> t.GetObjectAtAnswer:
        """Return an object as it was at an instant. 404 where it was not there."""
        found: t.GetObjectAtAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/history/object",
            query={"resource": resource, "named": named, "namespace": namespace, "at": at},
        )
        return found

    async def list_objects_at(
        self,
        name: str,
        *,
        at: str | None = None,
        limit: int | None = None,
        namespace: str | None = None,
        resource: str | None = None,
        q: str | None = None,
        mark: list[str] | None = None,
    ) -> t.ListObjectsAtAnswer:
        """List what was there at an instant: how many of each kind, and the first of those meant."""
        found: t.ListObjectsAtAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/history/objects",
            query={
                "at": at,
                "limit": limit,
                "namespace": namespace,
                "resource": resource,
                "q": q,
                "mark": mark,
            },
        )
        return found

    async def overview(self, name: str) -> t.OverviewAnswer:
        """Sum up a cluster: nodes with what is requested and used, pods by state, who waits and
        why.

        cpu in millicores, memory in bytes. `waiting` are the pods without a node, by the
        scheduler's message, `unready` those on a node that are not ready, by the word of `kubectl
        get pods`, the most first each. `changes_per_minute` counts changes of objects,
        `events_per_minute` Events, over the last minute of simulated time, as far back as the log
        of changes reaches.
        """
        found: t.OverviewAnswer = await self.call("GET", f"/api/v1/clusters/{part(name)}/overview")
        return found

    async def placement(self, name: str, namespace: str, pod: str) -> t.PlacementAnswer:
        """Judge every node for a pod as the scheduler does, as things stand now.

        `state`: placed, pending, gated (it has scheduling gates), foreign (another scheduler's),
        over. A pod that has a node is judged as if it had not: `best` are the nodes it could go
        to now, of equal total, `node` the one it is on. `message` is that of FailedScheduling, ""
        where it fits. `figures`: of each resource, what the pod asks and what the node has free;
        `taints`: those that the pod does not tolerate; `below`: pods of a lower priority there,
        the least important first. `configuration`: the ConfigMaps and Secrets of its containers,
        when each was last changed and from when on the container has that (`known_at`; null: once
        it is started again). `wishes` is what the pod asks of its node, with how many nodes give
        it, and what there is instead; `changes` what would find it one, judged by the same
        filters, the mildest first. `trouble` is what keeps it from being ready, wherever it is:
        null for one that is ready, or that only starts.
        """
        found: t.PlacementAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/placement/{part(namespace)}/{part(pod)}"
        )
        return found

    async def list_pods(
        self,
        name: str,
        *,
        namespace: str | None = None,
        node: str | None = None,
        selector: str | None = None,
        since: int | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> t.ListPodsAnswer:
        """List pods as rows, a page at a time; or, `since` a resource_version, those that changed.

        `gone` names (namespace/name) which of the rows no longer count; `next` is null where
        nothing more comes. 410 where the log of changes no longer reaches back: ask for all
        again.
        """
        found: t.ListPodsAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/pods",
            query={
                "namespace": namespace,
                "node": node,
                "selector": selector,
                "since": since,
                "after": after,
                "limit": limit,
            },
        )
        return found

    async def list_pools(self, name: str) -> t.ListPoolsAnswer:
        """List the pools with their machines, and what of the quota is used."""
        found: t.ListPoolsAnswer = await self.call("GET", f"/api/v1/clusters/{part(name)}/pools")
        return found

    async def get_pool(self, name: str, pool: str) -> t.GetPoolAnswer:
        """Show one pool: size, bounds, stock, machines with their stage, its upgrade."""
        found: t.GetPoolAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/pools/{part(pool)}"
        )
        return found

    async def change_pool(self, name: str, pool: str, body: t.PoolChange) -> t.ListPoolsAnswerPools:
        """Set size, autoscaling, stock or the delays of a boot."""
        found: t.ListPoolsAnswerPools = await self.call(
            "PATCH", f"/api/v1/clusters/{part(name)}/pools/{part(pool)}", body=body
        )
        return found

    async def add_node(self, name: str, pool: str, body: t.NewNode) -> t.AddNodeAnswer:
        """Ask for a machine more; it boots, registers, gets its network and its devices."""
        found: t.AddNodeAnswer = await self.call(
            "POST", f"/api/v1/clusters/{part(name)}/pools/{part(pool)}/nodes", body=body
        )
        return found

    async def remove_node(
        self,
        name: str,
        pool: str,
        node: str,
        *,
        drain_timeout: str | None = None,
        force: bool | None = None,
    ) -> t.RemoveNodeAnswer:
        """Cordon a node, evict its pods under their budgets, give its machine back."""
        found: t.RemoveNodeAnswer = await self.call(
            "DELETE",
            f"/api/v1/clusters/{part(name)}/pools/{part(pool)}/nodes/{part(node)}",
            query={"drain_timeout": drain_timeout, "force": force},
        )
        return found

    async def upgrade_pool(self, name: str, pool: str, body: t.NewUpgrade) -> t.UpgradePoolAnswer:
        """Begin a rolling upgrade; `GET …/pools/{pool}` shows how far it has come."""
        found: t.UpgradePoolAnswer = await self.call(
            "POST", f"/api/v1/clusters/{part(name)}/pools/{part(pool)}/upgrade", body=body
        )
        return found

    async def set_quota(self, name: str, body: t.Quota) -> t.SetQuotaAnswer:
        """Set what all pools together may have. Machines that are there stay."""
        found: t.SetQuotaAnswer = await self.call(
            "PUT", f"/api/v1/clusters/{part(name)}/quota", body=body
        )
        return found

    async def get_snapshot(self, name: str, *, label: str | None = None) -> bytes:
        """Return the cluster as data, from which a rehearsal goes on."""
        found: bytes = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/snapshot", query={"label": label}
        )
        return found

    async def list_snapshots(self, name: str) -> t.ListSnapshotsAnswer:
        """List the labels of kept snapshots."""
        found: t.ListSnapshotsAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/snapshots"
        )
        return found

    async def create_snapshot(self, name: str, body: t.NewSnapshot) -> t.CreateSnapshotAnswer:
        """Keep the cluster as it is now under a label; one that was kept under it is `replaced`."""
        found: t.CreateSnapshotAnswer = await self.call(
            "POST", f"/api/v1/clusters/{part(name)}/snapshots", body=body
        )
        return found

    async def restore_snapshot(self, name: str, label: str) -> t.ForkClusterAnswer:
        """Put the cluster back to a snapshot, in place; its clock stands there.

        Everything since is gone. Watches end, and what was read before is answered by 410;
        minutes are those of another `ledger`, counted anew.
        """
        found: t.ForkClusterAnswer = await self.call(
            "POST", f"/api/v1/clusters/{part(name)}/snapshots/{part(label)}/restore"
        )
        return found

    async def list_tenants(self, name: str) -> t.ListTenantsAnswer:
        """List the tenants that are followed."""
        found: t.ListTenantsAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/tenants"
        )
        return found

    async def get_tenant(
        self, name: str, tenant: str, *, since: str | None = None
    ) -> t.GetTenantAnswer:
        """Show a tenant: workloads, what its requests meet now, service level of the last 24 h.

        `recent` are the closed slots since an instant: means, counts and the worst of them.
        """
        found: t.GetTenantAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}", query={"since": since}
        )
        return found

    async def follow_tenant(
        self, name: str, tenant: str, body: t.Followed
    ) -> t.FollowTenantAnswer200:
        """Follow a tenant: from the next slot on its demand and its probes run. Idempotent."""
        found: t.FollowTenantAnswer200 = await self.call(
            "PUT", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}", body=body
        )
        return found

    async def leave_tenant(self, name: str, tenant: str) -> t.LeaveTenantAnswer:
        """Follow a tenant no more; what happened is kept."""
        found: t.LeaveTenantAnswer = await self.call(
            "DELETE", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}"
        )
        return found

    async def get_demand(
        self,
        name: str,
        tenant: str,
        *,
        from_: str | None = None,
        duration: str | None = None,
        points: int | None = None,
    ) -> t.GetDemandAnswer:
        """Return what a tenant's customers ask for, profile by profile: sessions that begin,
        sessions held, requests per second, and what makes it more or less than on a plain
        weekday.
        """
        found: t.GetDemandAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/demand",
            query={"from": from_, "duration": duration, "points": points},
        )
        return found

    async def set_load(self, name: str, tenant: str, body: t.Load) -> t.SetLoadAnswer:
        """Let other numbers of units ask from the next slot on; all else that is said of the
        tenant stays. It holds until the tenant is followed anew, as by its next deploy.
        """
        found: t.SetLoadAnswer = await self.call(
            "PUT", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/load", body=body
        )
        return found

    async def list_windows(self, name: str, tenant: str) -> t.ListWindowsAnswer:
        """List the windows of a tenant by their start, with what counts of each."""
        found: t.ListWindowsAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/maintenance"
        )
        return found

    async def announce(
        self, name: str, tenant: str, body: t.NewWindow
    ) -> t.ListWindowsAnswerWindows:
        """Announce a window; what became of it (planned, late_notice …) is said at once."""
        found: t.ListWindowsAnswerWindows = await self.call(
            "POST", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/maintenance", body=body
        )
        return found

    async def take_back(self, name: str, tenant: str, window: str) -> t.TakeBackAnswer:
        """Take a window back. One that runs ends now; one that is over cannot be undone."""
        found: t.TakeBackAnswer = await self.call(
            "DELETE",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/maintenance/{part(window)}",
        )
        return found

    async def get_minutes(
        self,
        name: str,
        tenant: str,
        *,
        since: int | None = None,
        limit: int | None = None,
        workloads: bool | None = None,
    ) -> t.GetMinutesAnswer:
        """Return closed minutes in order. Ask again with `next`; none are left when it is
        `newest`.

        Version 2: requests are those of up and down slots since the birth; `runs`, `causes` and
        `counts_from` say the order of the slots. `slo`, `corrections` and `agreed` are as they
        are now. Another `ledger` than before: the cluster began anew, and the sequence with it.
        """
        found: t.GetMinutesAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/minutes",
            query={"since": since, "limit": limit, "workloads": workloads},
        )
        return found

    async def get_series(
        self,
        name: str,
        tenant: str,
        *,
        from_: str | None = None,
        to: str | None = None,
        points: int | None = None,
        workload: str | None = None,
    ) -> t.GetSeriesAnswer:
        """Return means of the five figures, the worst response time, seconds down, replicas and
        queue, in at most so many equal steps; null where nothing is known.
        """
        found: t.GetSeriesAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/series",
            query={"from": from_, "to": to, "points": points, "workload": workload},
        )
        return found

    async def get_services(
        self, name: str, tenant: str, *, to: str, from_: str
    ) -> t.GetServicesAnswer:
        """Sum up what each workload did between two instants, from the tenant's ledger.

        A row is like one of a minute's `workloads`; slots before the birth of the SLA clock are
        `before`. Slots of which nobody knows are in no row.
        """
        found: t.GetServicesAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/services",
            query={"from": from_, "to": to},
        )
        return found

    async def get_sla(
        self, name: str, tenant: str, *, period: str | None = None, service: str | None = None
    ) -> t.GetTenantAnswerSla:
        """Return the service level of a period: figures, budget, incidents with their causes."""
        found: t.GetTenantAnswerSla = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/sla",
            query={"period": period, "service": service},
        )
        return found

    async def startup(
        self,
        name: str,
        tenant: str,
        *,
        since: str,
        began: str | None = None,
        namespace: str | None = None,
    ) -> t.StartupAnswer:
        """Try every Service and every declared call now; say when entry requests were first
        served.
        """
        found: t.StartupAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/startup",
            query={"since": since, "began": began, "namespace": namespace},
        )
        return found

    async def what_if(
        self, name: str, tenant: str, *, times: list[float] | None = None
    ) -> t.WhatIfAnswer:
        """Say what a tenant's requests would meet now under other loads, by the model that the
        cluster itself runs on: pods as they are, no autoscaler yet, as when a fault
        `traffic_surge` begins.

        `holds_up_to` is the greatest load, of what there is now, at which none of the workloads
        that customers call is down; null where one is down already, or none is by so much as 64
        times.
        """
        found: t.WhatIfAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/what-if",
            query={"times": times},
        )
        return found

    async def why(self, name: str, tenant: str, *, slot: str) -> t.WhyAnswer:
        """Say what a slot's requests met: fault, rollout or load → pods → endpoints → requests."""
        found: t.WhyAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/tenants/{part(tenant)}/why", query={"slot": slot}
        )
        return found

    async def topology(
        self, name: str, *, namespace: str | None = None, limit: int | None = None
    ) -> t.TopologyAnswer:
        """Draw a namespace, or all: its parts, their state and faults, who leads to whom.

        Edges: `way` from Ingress or customers to Service, workload, pod, node; `call` from a
        workload to whom it calls. `rps`, `error_percent`, `p95_ms` are of now, null where nothing
        is known; `reason` says why the most of the failing requests fail, `said` that in words,
        `cause` what it follows from. Of a call whose callee is no workload here, `to` is
        `host/NAME`.
        """
        found: t.TopologyAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/topology",
            query={"namespace": namespace, "limit": limit},
        )
        return found

    async def workload_troubles(
        self, name: str, namespace: str, kind: str, workload: str
    ) -> t.WorkloadTroublesAnswer:
        """Say what keeps a workload from being up: where, why, what to change.

        `kind` is written as in a manifest: Deployment. `pod` is one that it concerns, null where
        none was made. None are told of a workload that is well, or only starts.
        """
        found: t.WorkloadTroublesAnswer = await self.call(
            "GET",
            f"/api/v1/clusters/{part(name)}/troubles/{part(namespace)}/{part(kind)}/{part(workload)}",
        )
        return found

    async def list_workloads(
        self, name: str, *, namespace: str | None = None
    ) -> t.ListWorkloadsAnswer:
        """List what keeps pods running: Deployments, StatefulSets, DaemonSets, Jobs and others'
        own.
        """
        found: t.ListWorkloadsAnswer = await self.call(
            "GET", f"/api/v1/clusters/{part(name)}/workloads", query={"namespace": namespace}
        )
        return found

    async def take_external_metrics(
        self, body: t.ExternalMetrics, *, cluster: str | None = None
    ) -> t.TakeExternalMetricsAnswer:
        """Keep what another system says of a tenant: durable when it is answered."""
        found: t.TakeExternalMetricsAnswer = await self.call(
            "POST", "/api/v1/external-metrics", query={"cluster": cluster}, body=body
        )
        return found

    async def list_kinds_of_fault(self) -> t.ListKindsOfFaultAnswer:
        """List the faults that can be injected, and the rates of those that come by themselves."""
        found: t.ListKindsOfFaultAnswer = await self.call("GET", "/api/v1/faults")
        return found

    async def all_metrics(
        self, *, format: str | None = None, cluster: str | None = None
    ) -> t.AllMetricsApiAnswer:
        """Return everything at once: JSON, or Prometheus text where that is asked for."""
        found: t.AllMetricsApiAnswer = await self.call(
            "GET", "/api/v1/metrics", query={"format": format, "cluster": cluster}
        )
        return found

    async def system_metrics(self, *, cluster: str | None = None) -> t.SystemMetricsAnswer:
        """Return figures of the clusters: nodes, pods, capacity, what is requested and used."""
        found: t.SystemMetricsAnswer = await self.call(
            "GET", "/api/v1/metrics/system", query={"cluster": cluster}
        )
        return found

    async def tenant_metrics(
        self,
        tenant: str,
        *,
        period: str | None = None,
        step: str | None = None,
        cluster: str | None = None,
    ) -> t.TenantMetricsAnswer:
        """Return a tenant's figures of now and its service level of the last 24 h.

        `Accept: application/openmetrics-text` asks for its slots over a period instead, by state
        and service, with the cluster's time stamps.
        """
        found: t.TenantMetricsAnswer = await self.call(
            "GET",
            f"/api/v1/metrics/{part(tenant)}",
            query={"period": period, "step": step, "cluster": cluster},
        )
        return found

    async def get_system(self) -> t.GetSystemAnswer:
        """Show how the service is: checks, build, storage, memory, clusters."""
        found: t.GetSystemAnswer = await self.call("GET", "/api/v1/system")
        return found

    async def health(self) -> t.HealthAnswer:
        """Say that the service runs, and which clusters do not."""
        found: t.HealthAnswer = await self.call("GET", "/health")
        return found

    async def healthz(self) -> t.HealthAnswer:
        """Say that the service runs, and which clusters do not."""
        found: t.HealthAnswer = await self.call("GET", "/healthz")
        return found

    async def deploy_manifest(self, body: t.ToDeploy) -> t.DeployManifestAnswer:
        """Apply a manifest to a cluster, as `kubectl apply --server-side` does, object by object.

        What would not be accepted is 422 before anything is applied; a namespace that is not
        there is made. An object that the cluster refuses all the same is told in `failed` with
        its Status.
        """
        found: t.DeployManifestAnswer = await self.call("POST", "/k8s/manifest/deploy", body=body)
        return found

    async def parse_manifest(self, body: t.Manifest) -> t.ParseManifestAnswer:
        """Say what is in a manifest and what is wrong with it; nothing is applied."""
        found: t.ParseManifestAnswer = await self.call("POST", "/k8s/manifest/parse", body=body)
        return found

    async def list_resources(
        self, *, namespace: str | None = None, kind: str | None = None, cluster: str | None = None
    ) -> t.ListResourcesAnswer:
        """List the objects of a cluster by kind and name, of one namespace or one kind if wanted."""
        found: t.ListResourcesAnswer = await self.call(
            "GET",
            "/k8s/resources",
            query={"namespace": namespace, "kind": kind, "cluster": cluster},
        )
        return found

    async def delete_resource(
        self, kind: str, namespace: str, name: str, *, cluster: str | None = None
    ) -> t.DeleteResourceAnswer:
        """Delete an object in the background: what it owns goes after it. `-` for no namespace."""
        found: t.DeleteResourceAnswer = await self.call(
            "DELETE",
            f"/k8s/resources/{part(kind)}/{part(namespace)}/{part(name)}",
            query={"cluster": cluster},
        )
        return found

    async def health_livez(self) -> t.HealthAnswer:
        """Say that the service runs, and which clusters do not."""
        found: t.HealthAnswer = await self.call("GET", "/livez")
        return found

    async def prometheus(self) -> str:
        """Return the metrics of all clusters as Prometheus text."""
        found: str = await self.call("GET", "/metrics")
        return found

    async def monitoring_health(self, *, cluster: str | None = None) -> t.MonitoringHealthAnswer:
        """Say how the clusters and their tenants' workloads are."""
        found: t.MonitoringHealthAnswer = await self.call(
            "GET", "/monitoring/health", query={"cluster": cluster}
        )
        return found

    async def monitoring_tenant(
        self, tenant: str, *, cluster: str | None = None
    ) -> t.TenantMetricsAnswer:
        """Return a tenant's figures of now, as `/api/v1/metrics/{tenant}` does."""
        found: t.TenantMetricsAnswer = await self.call(
            "GET", f"/monitoring/tenant/{part(tenant)}", query={"cluster": cluster}
        )
        return found

    async def health_readyz(self) -> t.HealthAnswer:
        """Say that the service runs, and which clusters do not."""
        found: t.HealthAnswer = await self.call("GET", "/readyz")
        return found

    async def sla_status(self, *, cluster: str | None = None) -> t.SlaStatusAnswer:
        """Return the service level of the last 24 h of every tenant, the worst state first."""
        found: t.SlaStatusAnswer = await self.call("GET", "/sla/status", query={"cluster": cluster})
        return found

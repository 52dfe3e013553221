"""The orchestrator as a client: `Orchestrator` to be called, `AsyncOrchestrator` to be awaited.

generated, do not edit: .venv/bin/python tools/make_api.py
"""
# ruff: noqa: E501, F401

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any, Literal

from ecp.client.transport import AsyncClient, Client, Event, part

if TYPE_CHECKING:
    from ecp.client.generated import orchestrator_types as t


class Orchestrator(Client):
    """The orchestrator, called. Every method raises ApiError and Unreachable."""

    def list_alerts(
        self,
        *,
        tenant_id: str | None = None,
        state: Literal["open", "pending", "firing", "acknowledged", "resolved"] | None = None,
        severity: Literal["info", "warning", "critical"] | None = None,
        skip: int | None = None,
        limit: int | None = None,
    ) -> t.ListAlertsAnswer:
        """List alerts: open ones first, the worst of them on top, then those that are over."""
        found: t.ListAlertsAnswer = self.call(
            "GET",
            "/api/v1/alerts",
            query={
                "tenant_id": tenant_id,
                "state": state,
                "severity": severity,
                "skip": skip,
                "limit": limit,
            },
        )
        return found

    def list_deliveries(
        self,
        *,
        state: Literal["pending", "sending", "sent", "failed", "dropped", "uncertain"]
        | None = None,
        limit: int | None = None,
    ) -> t.ListDeliveriesAnswer:
        """List what was told whom, the newest first: attempts, answers, when the next try is."""
        found: t.ListDeliveriesAnswer = self.call(
            "GET", "/api/v1/alerts/deliveries", query={"state": state, "limit": limit}
        )
        return found

    def get_policy(self, tenant_id: str) -> t.GetPolicyAnswer:
        """Show which thresholds hold for a tenant, and which rules are off."""
        found: t.GetPolicyAnswer = self.call("GET", f"/api/v1/alerts/policies/{part(tenant_id)}")
        return found

    def put_policy(self, tenant_id: str, body: t.Policy) -> t.GetPolicyAnswer:
        """Choose which thresholds hold for a tenant, and which rules are off."""
        found: t.GetPolicyAnswer = self.call(
            "PUT", f"/api/v1/alerts/policies/{part(tenant_id)}", body=body
        )
        return found

    def backtest_rules(self, tenant_id: str, *, days: int | None = None) -> t.BacktestRulesAnswer:
        """Judge the burn rate over a tenant's minutes that are kept: what would have fired,
        whether or not anybody watched, with the fault that it followed from.
        """
        found: t.BacktestRulesAnswer = self.call(
            "GET", f"/api/v1/alerts/policies/{part(tenant_id)}/backtest", query={"days": days}
        )
        return found

    def list_routes(self) -> t.ListRoutesAnswer:
        """List who is told of what. Targets are masked."""
        found: t.ListRoutesAnswer = self.call("GET", "/api/v1/alerts/routes")
        return found

    def add_route(self, body: t.RouteBody) -> t.ListRoutesAnswerRoutes:
        """Tell somebody of alerts from now on: what fires already is told at once."""
        found: t.ListRoutesAnswerRoutes = self.call("POST", "/api/v1/alerts/routes", body=body)
        return found

    def change_route(self, route_id: int, body: t.RouteBody) -> t.ListRoutesAnswerRoutes:
        """Change a route; without a `target` it keeps the one that it has."""
        found: t.ListRoutesAnswerRoutes = self.call(
            "PUT", f"/api/v1/alerts/routes/{part(route_id)}", body=body
        )
        return found

    def remove_route(self, route_id: int) -> t.RemoveRouteAnswer:
        """Tell a route nothing any more."""
        found: t.RemoveRouteAnswer = self.call("DELETE", f"/api/v1/alerts/routes/{part(route_id)}")
        return found

    def try_route(self, route_id: int) -> t.TryRouteAnswer:
        """Send something made up to a route, for real, and say what it answered."""
        found: t.TryRouteAnswer = self.call("POST", f"/api/v1/alerts/routes/{part(route_id)}/test")
        return found

    def list_rules(self) -> t.ListRulesAnswer:
        """List the rules that every tenant has, the threshold presets, and what conditions may
        name.
        """
        found: t.ListRulesAnswer = self.call("GET", "/api/v1/alerts/rules")
        return found

    def list_silences(self) -> t.ListSilencesAnswer:
        """List silences, the newest first."""
        found: t.ListSilencesAnswer = self.call("GET", "/api/v1/alerts/silences")
        return found

    def add_silence(self, body: t.SilenceBody) -> t.ListSilencesAnswerSilences:
        """Tell nobody of what matches, until an instant or for a while; it is judged all the same."""
        found: t.ListSilencesAnswerSilences = self.call(
            "POST", "/api/v1/alerts/silences", body=body
        )
        return found

    def end_silence(self, silence_id: int) -> t.EndSilenceAnswer:
        """End a silence now: what fires still is told."""
        found: t.EndSilenceAnswer = self.call(
            "DELETE", f"/api/v1/alerts/silences/{part(silence_id)}"
        )
        return found

    def stream_alerts(
        self, *, tenant_id: str | None = None, since: int | None = None
    ) -> Generator[Event, None, None]:
        """Stream what happens to alerts as SSE, after `since` or Last-Event-ID; from now on
        without.
        """
        return self.events("/api/v1/alerts/stream", query={"tenant_id": tenant_id, "since": since})

    def get_alert(self, alert_id: int) -> t.GetAlertAnswer:
        """Show an alert: words, causes, history, whom it was told."""
        found: t.GetAlertAnswer = self.call("GET", f"/api/v1/alerts/{part(alert_id)}")
        return found

    def acknowledge(
        self, alert_id: int, body: t.Acknowledgement | None = None
    ) -> t.AcknowledgeAnswer:
        """Say that somebody takes care of an alert: nobody else is told of it, unless it gets
        worse.
        """
        found: t.AcknowledgeAnswer = self.call(
            "POST", f"/api/v1/alerts/{part(alert_id)}/acknowledge", body=body
        )
        return found

    def list_audit(
        self,
        *,
        tenant: str | None = None,
        actor: str | None = None,
        action: str | None = None,
        outcome: Literal["done", "refused", "failed"] | None = None,
        from_: str | None = None,
        until: str | None = None,
        q: str | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        format: Literal["json", "csv"] | None = None,
        accept: str | None = None,
    ) -> t.ListAuditAnswer:
        """List who did what, the newest first: calls that change something, refused ones too, and
        what the system did by itself. Bodies are not kept.
        """
        found: t.ListAuditAnswer = self.call(
            "GET",
            "/api/v1/audit",
            query={
                "tenant": tenant,
                "actor": actor,
                "action": action,
                "outcome": outcome,
                "from": from_,
                "until": until,
                "q": q,
                "cursor": cursor,
                "limit": limit,
                "format": format,
            },
            headers={"accept": accept},
        )
        return found

    def list_actions(self) -> t.ListActionsAnswer:
        """List the words that entries have, and which calls each is of."""
        found: t.ListActionsAnswer = self.call("GET", "/api/v1/audit/actions")
        return found

    def demo_status(self) -> t.DemoStatusAnswer:
        """Say what there is of the demo: absent, making (with its progress), ready, or gone.

        `in-use`: somebody made tenants of their own in the demo's store; `gone`: its cluster is
        another one now. POST …/reset makes it anew in both cases.
        """
        found: t.DemoStatusAnswer = self.call("GET", "/api/v1/demo")
        return found

    def make_demo(self, body: t.Wanted | None = None) -> t.MakeDemoAnswer:
        """Make the demo in the background, where there is none: some 20 s of a core for 30 days."""
        found: t.MakeDemoAnswer = self.call("POST", "/api/v1/demo", body=body)
        return found

    def broken_manifest(self) -> str:
        """Return the demo's manifest to mend: two mistakes were put in on purpose."""
        found: str = self.call("GET", "/api/v1/demo/manifest")
        return found

    def reset_demo(self, body: t.Wanted | None = None) -> t.MakeDemoAnswer:
        """Take everything of the demo away, and make it anew in the background."""
        found: t.MakeDemoAnswer = self.call("POST", "/api/v1/demo/reset", body=body)
        return found

    def list_kinds(self) -> t.ListKindsAnswer:
        """List the failures that can be triggered: class, target, parameters with bounds, source.

        `background` has the rates of those that come by themselves.
        """
        found: t.ListKindsAnswer = self.call("GET", "/api/v1/faults")
        return found

    def list_images(
        self, *, service: str | None = None, skip: int | None = None, limit: int | None = None
    ) -> t.ListImagesAnswer:
        """List the versions of services, the newest first, each with what holds of its image."""
        found: t.ListImagesAnswer = self.call(
            "GET", "/api/v1/images", query={"service": service, "skip": skip, "limit": limit}
        )
        return found

    def list_registries(self) -> t.ListRegistriesAnswer:
        """List the registries. Passwords are masked."""
        found: t.ListRegistriesAnswer = self.call("GET", "/api/v1/images/registries")
        return found

    def get_registry(self, name: str) -> t.ListRegistriesAnswerRegistries:
        """Show a registry. Its password is masked."""
        found: t.ListRegistriesAnswerRegistries = self.call(
            "GET", f"/api/v1/images/registries/{part(name)}"
        )
        return found

    def put_registry(self, name: str, body: t.RegistryBody) -> t.ListRegistriesAnswerRegistries:
        """Keep a registry (201: it is new); without a `password` it keeps the one that it has."""
        found: t.ListRegistriesAnswerRegistries = self.call(
            "PUT", f"/api/v1/images/registries/{part(name)}", body=body
        )
        return found

    def remove_registry(self, name: str) -> t.RemoveRegistryAnswer:
        """Let go of a registry; what runs of its images goes on."""
        found: t.RemoveRegistryAnswer = self.call(
            "DELETE", f"/api/v1/images/registries/{part(name)}"
        )
        return found

    def add_version(self, service: str, body: t.VersionBody) -> t.ListImagesAnswerImages:
        """Keep a version of a service. What a version is does not change: 409 for one that is
        kept.
        """
        found: t.ListImagesAnswerImages = self.call(
            "POST", f"/api/v1/images/{part(service)}/versions", body=body
        )
        return found

    def get_version(self, service: str, version: str) -> t.ListImagesAnswerImages:
        """Show a version, each fact of its image with where it is from."""
        found: t.ListImagesAnswerImages = self.call(
            "GET", f"/api/v1/images/{part(service)}/versions/{part(version)}"
        )
        return found

    def remove_version(self, service: str, version: str) -> t.RemoveVersionAnswer:
        """Let go of a version; what runs of it goes on."""
        found: t.RemoveVersionAnswer = self.call(
            "DELETE", f"/api/v1/images/{part(service)}/versions/{part(version)}"
        )
        return found

    def get_terms(self, tenant_id: str) -> t.GetTermsAnswer:
        """Show what a tenant's requests are worth, from which business metrics are pushed."""
        found: t.GetTermsAnswer = self.call("GET", f"/api/v1/monitoring/business/{part(tenant_id)}")
        return found

    def agree_terms(self, tenant_id: str, body: t.Terms) -> t.GetTermsAnswer:
        """Say what a tenant's requests are worth: each minute's requests, revenue and sessions are
        then pushed to the simulator as external metrics, with `interval_seconds` and
        `currency`.
        """
        found: t.GetTermsAnswer = self.call(
            "PUT", f"/api/v1/monitoring/business/{part(tenant_id)}", body=body
        )
        return found

    def comparison(
        self,
        *,
        hours: int | None = None,
        order: Literal[
            "uptime", "cpu_usage", "memory_usage", "response_time", "error_rate", "request_rate"
        ]
        | None = None,
        limit: int | None = None,
    ) -> t.ComparisonAnswer:
        """Put tenants beside one another over the newest hours of each, the worst first."""
        found: t.ComparisonAnswer = self.call(
            "GET",
            "/api/v1/monitoring/comparison",
            query={"hours": hours, "order": order, "limit": limit},
        )
        return found

    def statistics(
        self,
        tenant_id: str,
        *,
        hours: int | None = None,
        interval: Literal["1m", "5m", "15m", "1h"] | None = None,
    ) -> t.StatisticsAnswer:
        """Summarize a tenant's figures over the newest hours that are kept: mean, least, most,
        p95.
        """
        found: t.StatisticsAnswer = self.call(
            "GET",
            f"/api/v1/monitoring/statistics/{part(tenant_id)}",
            query={"hours": hours, "interval": interval},
        )
        return found

    def system(self) -> t.SystemAnswer:
        """Say what the cluster has of CPU, memory, GPUs and storage, and how much of it is taken.

        `used` is what pods request, `measured` what they use, null where nobody measures it.
        """
        found: t.SystemAnswer = self.call("GET", "/api/v1/monitoring/system")
        return found

    def list_presets(self) -> t.ListPresetsAnswer:
        """List what a new tenant is chosen from: presets with their usual counters, GPUs,
        providers.

        A tenant is of the first preset whose `channels` and `users` it stays below; null: no
        bound.
        """
        found: t.ListPresetsAnswer = self.call("GET", "/api/v1/presets")
        return found

    def list_rehearsals(
        self,
        *,
        state: Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
        | None = None,
        skip: int | None = None,
        limit: int | None = None,
    ) -> t.ListRehearsalsAnswer:
        """List rehearsals, the newest first."""
        found: t.ListRehearsalsAnswer = self.call(
            "GET", "/api/v1/rehearsals", query={"state": state, "skip": skip, "limit": limit}
        )
        return found

    def rehearse(self, body: t.NewRehearsal) -> t.RehearseAnswer:
        """Rehearse a scenario in the background: on a fresh cluster, or from a running one's
        snapshot.

        What is wrong in the scenario is told with line and column, before anything begins.
        """
        found: t.RehearseAnswer = self.call("POST", "/api/v1/rehearsals", body=body)
        return found

    def check(self, body: t.NewRehearsal) -> t.CheckAnswer:
        """Read a scenario and begin nothing: its variants, how long it will take (null: not
        known).

        The estimate goes by the newest rehearsals that were carried out here.
        """
        found: t.CheckAnswer = self.call("POST", "/api/v1/rehearsals/check", body=body)
        return found

    def list_samples(self) -> t.ListSamplesAnswer:
        """List the scenarios that come with the program, to begin with; none needs another file."""
        found: t.ListSamplesAnswer = self.call("GET", "/api/v1/rehearsals/samples")
        return found

    def get_rehearsal(self, rehearsal_id: int) -> t.GetRehearsalAnswer:
        """Show a rehearsal: its state, how far it is, its verdict."""
        found: t.GetRehearsalAnswer = self.call("GET", f"/api/v1/rehearsals/{part(rehearsal_id)}")
        return found

    def forget_rehearsal(self, rehearsal_id: int) -> t.ForgetRehearsalAnswer:
        """Forget a rehearsal and its reports. Stop it first where it is at work."""
        found: t.ForgetRehearsalAnswer = self.call(
            "DELETE", f"/api/v1/rehearsals/{part(rehearsal_id)}"
        )
        return found

    def again(self, rehearsal_id: int, body: t.Again) -> t.RehearseAnswer:
        """Rehearse one run again by itself, as the worst of a campaign: with a report of its own.

        Without a seed all of it is rehearsed again, with the same seeds: it comes out the same.
        """
        found: t.RehearseAnswer = self.call(
            "POST", f"/api/v1/rehearsals/{part(rehearsal_id)}/again", body=body
        )
        return found

    def compare(self, rehearsal_id: int, other_id: int) -> t.CompareAnswer:
        """Put two rehearsals beside one another: their first variants, in pairs of equal seeds.

        Where both met the same seeds, the difference is theirs and not luck's. Who asked the same
        twice reads that both came out the same, byte for byte, or the first value that differs.
        """
        found: t.CompareAnswer = self.call(
            "GET", f"/api/v1/rehearsals/{part(rehearsal_id)}/against/{part(other_id)}"
        )
        return found

    def cancel_rehearsal(self, rehearsal_id: int) -> t.CancelRehearsalAnswer:
        """Stop a rehearsal that is at work; the runs of a campaign so far are kept."""
        found: t.CancelRehearsalAnswer = self.call(
            "POST", f"/api/v1/rehearsals/{part(rehearsal_id)}/cancel"
        )
        return found

    def get_course(self, rehearsal_id: int) -> t.GetCourseAnswer:
        """Tell what happened in a rehearsal of one run: budget, faults, failures, the worst hour.

        Seconds count from the first probe on; everything in it is simulated.
        """
        found: t.GetCourseAnswer = self.call(
            "GET", f"/api/v1/rehearsals/{part(rehearsal_id)}/course"
        )
        return found

    def rehearsal_report(
        self,
        rehearsal_id: int,
        *,
        format: Literal["json", "html", "junit", "text"] | None = None,
        language: Literal["ko", "en"] | None = None,
    ) -> t.RehearsalReportAnswer:
        """Return what came of it; the JSON of a rehearsal is a file that `ecp replay` repeats."""
        found: t.RehearsalReportAnswer = self.call(
            "GET",
            f"/api/v1/rehearsals/{part(rehearsal_id)}/report",
            query={"format": format, "language": language},
        )
        return found

    def resume_rehearsal(self, rehearsal_id: int) -> t.RehearseAnswer:
        """Go on with one that was interrupted, cancelled or failed: no run is made twice."""
        found: t.RehearseAnswer = self.call(
            "POST", f"/api/v1/rehearsals/{part(rehearsal_id)}/resume"
        )
        return found

    def list_runs(self, rehearsal_id: int) -> t.ListRunsAnswer:
        """List the runs so far, what they forecast, what was asked for, and what is not modelled."""
        found: t.ListRunsAnswer = self.call("GET", f"/api/v1/rehearsals/{part(rehearsal_id)}/runs")
        return found

    def get_release(self, deployment_id: str) -> t.GetReleaseAnswer:
        """One release by its deployment id."""
        found: t.GetReleaseAnswer = self.call("GET", f"/api/v1/releases/{part(deployment_id)}")
        return found

    def release_events(
        self, deployment_id: str, *, since: int | None = None
    ) -> Generator[Event, None, None]:
        """A release as server-sent events; `Last-Event-ID` (or `since`) goes on where one was.

        An event with an id is kept; `progress` has none and tells how it stands. The stream ends
        with the release; a comment each 15 s says that it is still there.
        """
        return self.events(f"/api/v1/releases/{part(deployment_id)}/events", query={"since": since})

    def list_schemas(self, *, if_none_match: str | None = None) -> t.ListSchemasAnswer:
        """List the kinds whose fields are told, each with its apiVersion."""
        found: t.ListSchemasAnswer = self.call(
            "GET", "/api/v1/schemas", headers={"if-none-match": if_none_match}
        )
        return found

    def explain_field(
        self,
        kind: str,
        *,
        api_version: str,
        path: str | None = None,
        if_none_match: str | None = None,
    ) -> t.ExplainFieldAnswer:
        """Tell what stands at a path of a kind, and the fields below it.

        `of_map`: any key may stand below it. Words are the server's, in English.
        """
        found: t.ExplainFieldAnswer = self.call(
            "GET",
            f"/api/v1/schemas/{part(kind)}",
            query={"api_version": api_version, "path": path},
            headers={"if-none-match": if_none_match},
        )
        return found

    def get_settings(self) -> t.GetSettingsAnswer:
        """Show the settings; what was never set has the guide's default."""
        found: t.GetSettingsAnswer = self.call("GET", "/api/v1/settings")
        return found

    def put_settings(self, body: t.Settings) -> t.GetSettingsAnswer:
        """Set the settings; what is left out goes back to its default. They hold at once."""
        found: t.GetSettingsAnswer = self.call("PUT", "/api/v1/settings", body=body)
        return found

    def effective_settings(self) -> t.EffectiveSettingsAnswer:
        """Show each setting as it holds, and whence: environment before stored before default.

        Where minutes are heard is said by the environment alone; passwords are left out.
        """
        found: t.EffectiveSettingsAnswer = self.call("GET", "/api/v1/settings/effective")
        return found

    def try_connections(self, body: t.Connections | None = None) -> t.TryConnectionsAnswer:
        """Ask each address for real: who answers, how fast, or why nobody does. Nothing is kept.

        A real cluster is asked as its user where `deploymentMethod` says kubernetes.
        """
        found: t.TryConnectionsAnswer = self.call(
            "POST", "/api/v1/settings/test-connection", body=body
        )
        return found

    def deploy(
        self,
        tenant_id: str,
        body: t.Deploy | None = None,
        *,
        wait: str | None = None,
        timeout: float | None = None,
        prefer: str | None = None,
    ) -> t.DeployAnswer | t.DeployAnswer202:
        """Deploy the tenant's manifest: the one given, the last valid one, or a generated one.

        `success` means accepted and applied; `phase` and `startup` say how it goes on. One that
        is rehearsed first, or that shall be answered at once, is answered by 202 before it is
        sent.
        """
        found: t.DeployAnswer | t.DeployAnswer202 = self.call(
            "POST",
            f"/api/v1/simulator/deploy/{part(tenant_id)}",
            query={"wait": wait, "timeout": timeout},
            headers={"prefer": prefer},
            body=body,
        )
        return found

    def list_all(
        self, *, tenant: str | None = None, under_way: bool | None = None, limit: int | None = None
    ) -> t.ListAllAnswer:
        """List the failures of all tenants, the newest first, injected or by themselves.

        `repeating` is what begins failures again and again, with the next time; `now` the
        cluster's.
        """
        found: t.ListAllAnswer = self.call(
            "GET",
            "/api/v1/simulator/failures",
            query={"tenant": tenant, "under_way": under_way, "limit": limit},
        )
        return found

    def stop_all_failures(self) -> t.StopAllFailuresAnswer:
        """The kill switch: end every failure of every tenant, and pause all chaos objects."""
        found: t.StopAllFailuresAnswer = self.call("DELETE", "/api/v1/simulator/failures")
        return found

    def list_failures(self, tenant_id: str) -> t.ListFailuresAnswer:
        """List the failures that hit the tenant, triggered or by themselves, and what was seen.

        `repeating` is what begins them again and again, with the next time.
        """
        found: t.ListFailuresAnswer = self.call(
            "GET", f"/api/v1/simulator/failures/{part(tenant_id)}"
        )
        return found

    def stop_failures(self, tenant_id: str) -> t.StopFailuresAnswer:
        """The kill switch for one tenant: end what hits it, drop what is planned for it, pause the
        chaos objects in its namespace. Failures that come by themselves go on coming.
        """
        found: t.StopFailuresAnswer = self.call(
            "DELETE", f"/api/v1/simulator/failures/{part(tenant_id)}"
        )
        return found

    def repeat(self, tenant_id: str, body: t.Repeat) -> t.RepeatAnswer:
        """Begin a failure of the tenant again and again: a Schedule object does, in its namespace.

        Of bounds an object has none: `max_percent`, `abort`, `steady` are refused.
        """
        found: t.RepeatAnswer = self.call(
            "POST", f"/api/v1/simulator/failures/{part(tenant_id)}/repeating", body=body
        )
        return found

    def stop_repeating(self, tenant_id: str, name: str) -> t.StopRepeatingAnswer:
        """Take it away: it begins no failure any more, and the one that runs ends."""
        found: t.StopRepeatingAnswer = self.call(
            "DELETE", f"/api/v1/simulator/failures/{part(tenant_id)}/repeating/{part(name)}"
        )
        return found

    def trigger_failure(self, tenant_id: str, body: t.Trigger) -> t.TriggerFailureAnswer:
        """Inject a failure into the tenant's part of the cluster, for real: its effects follow.

        `GET …/{injection_id}` shows the proof that it took effect, and the recovery after its
        end. With `dry_run` nothing is injected: the answer says what would be hit, and with
        `promise` what it would take of 30 days' budget if it kept the tenant down for as long as
        it lasts; what remains is of the time that is measured so far, `budget_seconds` of all 30
        days.
        """
        found: t.TriggerFailureAnswer = self.call(
            "POST", f"/api/v1/simulator/failures/{part(tenant_id)}/trigger", body=body
        )
        return found

    def get_failure(self, tenant_id: str, injection_id: str) -> t.GetFailureAnswer:
        """Show one failure of the tenant: what it hit, its proof, its recovery."""
        found: t.GetFailureAnswer = self.call(
            "GET", f"/api/v1/simulator/failures/{part(tenant_id)}/{part(injection_id)}"
        )
        return found

    def stop_failure(self, tenant_id: str, injection_id: str) -> t.StopFailureAnswer:
        """End a failure of the tenant before its time."""
        found: t.StopFailureAnswer = self.call(
            "DELETE", f"/api/v1/simulator/failures/{part(tenant_id)}/{part(injection_id)}"
        )
        return found

    def get_failure_report(self, tenant_id: str, injection_id: str) -> t.GetFailureReportAnswer:
        """Say what a failure did: figures around it, minutes of budget, alerts, its chain, advice.

        `worst_minute` is of the minutes in which it was felt: until its end, its recovery or the
        last that it took, whichever came last. `recovery` tells the first instant when all was
        whole again from the one since when it stayed so.
        """
        found: t.GetFailureReportAnswer = self.call(
            "GET", f"/api/v1/simulator/failures/{part(tenant_id)}/{part(injection_id)}/report"
        )
        return found

    def analysis(self, tenant_id: str, *, period: str | None = None) -> t.AnalysisAnswer:
        """Analyse the tenant's SLA over a period that ends now, in the cluster's time.

        Percentages are floored; times are seconds; `recovery_time_avg` is null while nothing
        closed.
        """
        found: t.AnalysisAnswer = self.call(
            "GET", f"/api/v1/simulator/sla/{part(tenant_id)}/analysis", query={"period": period}
        )
        return found

    def get_contract(self, tenant_id: str) -> t.GetContractAnswer:
        """Return what is agreed with the tenant about time, and the `limits` that may be agreed
        on.
        """
        found: t.GetContractAnswer = self.call(
            "GET", f"/api/v1/simulator/sla/{part(tenant_id)}/contract"
        )
        return found

    def agree(self, tenant_id: str, body: t.Contract) -> t.AgreeAnswer:
        """Agree on service hours and maintenance; it holds from the next slot on."""
        found: t.AgreeAnswer = self.call(
            "PUT", f"/api/v1/simulator/sla/{part(tenant_id)}/contract", body=body
        )
        return found

    def levels(
        self,
        tenant_id: str,
        *,
        period: str | None = None,
        month: str | None = None,
        from_: str | None = None,
        to: str | None = None,
    ) -> t.LevelsAnswer:
        """Sum up slots by state, requests and response times by service, from what is kept.

        The period ends with the last kept minute. Minutes are kept for 90 days, hours for 25
        months. The services of a simulated cluster are summed up by its own ledger
        (`services_source`); null: it is away or began anew, so that nobody can say them.
        """
        found: t.LevelsAnswer = self.call(
            "GET",
            f"/api/v1/simulator/sla/{part(tenant_id)}/levels",
            query={"period": period, "month": month, "from": from_, "to": to},
        )
        return found

    def list_maintenance(self, tenant_id: str) -> t.ListMaintenanceAnswer:
        """List the tenant's windows of maintenance, with what counts of each."""
        found: t.ListMaintenanceAnswer = self.call(
            "GET", f"/api/v1/simulator/sla/{part(tenant_id)}/maintenance"
        )
        return found

    def announce_maintenance(
        self, tenant_id: str, body: t.Window
    ) -> t.ListMaintenanceAnswerWindows:
        """Announce a window: planned if early enough (24 h unless agreed otherwise) and approved.

        One that is retroactive corrects: closed months that it concerns get a further revision.
        """
        found: t.ListMaintenanceAnswerWindows = self.call(
            "POST", f"/api/v1/simulator/sla/{part(tenant_id)}/maintenance", body=body
        )
        return found

    def take_maintenance_back(self, tenant_id: str, window_id: str) -> t.TakeMaintenanceBackAnswer:
        """Take a window back; one that runs ends now."""
        found: t.TakeMaintenanceBackAnswer = self.call(
            "DELETE", f"/api/v1/simulator/sla/{part(tenant_id)}/maintenance/{part(window_id)}"
        )
        return found

    def sla_report(
        self,
        tenant_id: str,
        *,
        month: str | None = None,
        period: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        format: Literal["json", "csv", "html", "pdf", "zip"] | None = None,
        language: Literal["ko", "en"] | None = None,
        revision: int | None = None,
    ) -> t.SlaReportAnswer:
        """Return the statement of a month (default: the one that runs), period or span, to be
        kept.

        That of a closed month is frozen: the same bytes for ever. It names the digest of its
        inputs, which the evidence pack holds, with a script that computes every figure again.
        """
        found: t.SlaReportAnswer = self.call(
            "GET",
            f"/api/v1/simulator/sla/{part(tenant_id)}/report",
            query={
                "month": month,
                "period": period,
                "from": from_,
                "to": to,
                "format": format,
                "language": language,
                "revision": revision,
            },
        )
        return found

    def list_statements(self, tenant_id: str) -> t.ListStatementsAnswer:
        """List the frozen statements of closed months; the report of a month has them in all
        forms.
        """
        found: t.ListStatementsAnswer = self.call(
            "GET", f"/api/v1/simulator/sla/{part(tenant_id)}/statements"
        )
        return found

    def close_month(self, tenant_id: str, body: t.Month) -> t.ListStatementsAnswerStatements:
        """Freeze the statement of a month now; it happens by itself an hour after the month's end.

        One that is frozen stays as it is: corrections with an approver make further revisions.
        """
        found: t.ListStatementsAnswerStatements = self.call(
            "POST", f"/api/v1/simulator/sla/{part(tenant_id)}/statements", body=body
        )
        return found

    def why(self, tenant_id: str, *, slot: str) -> t.WhyAnswer:
        """Say why a slot was as it was: fault, rollout or load → pods → endpoints → requests."""
        found: t.WhyAnswer = self.call(
            "GET", f"/api/v1/simulator/sla/{part(tenant_id)}/why", query={"slot": slot}
        )
        return found

    def status(
        self,
        *,
        tenant_id: str | None = None,
        skip: int | None = None,
        limit: int | None = None,
        q: str | None = None,
        sort: str | None = None,
    ) -> t.StatusAnswer:
        """The integrated status: simulator, stores, and how each tenant's release stands."""
        found: t.StatusAnswer = self.call(
            "GET",
            "/api/v1/simulator/status",
            query={"tenant_id": tenant_id, "skip": skip, "limit": limit, "q": q, "sort": sort},
        )
        return found

    def tenant_status(self, tenant_id: str) -> t.TenantStatusAnswer:
        """How one tenant's release stands, with its steps and its start-up."""
        found: t.TenantStatusAnswer = self.call(
            "GET", f"/api/v1/simulator/status/{part(tenant_id)}"
        )
        return found

    def list_tenants(
        self,
        *,
        skip: int | None = None,
        limit: int | None = None,
        preset: str | None = None,
        status: str | None = None,
        owner: str | None = None,
        selector: str | None = None,
        q: str | None = None,
        sort: str | None = None,
        cursor: str | None = None,
        fields: str | None = None,
    ) -> t.ListTenantsAnswer:
        """List tenants, by page (`skip`) or from where the page before ended (`cursor`)."""
        found: t.ListTenantsAnswer = self.call(
            "GET",
            "/api/v1/tenants/",
            query={
                "skip": skip,
                "limit": limit,
                "preset": preset,
                "status": status,
                "owner": owner,
                "selector": selector,
                "q": q,
                "sort": sort,
                "cursor": cursor,
                "fields": fields,
            },
        )
        return found

    def create_tenant(self, body: t.NewTenant) -> t.CreateTenantAnswer:
        """Create a tenant; a name that is taken answers 409 with free ones near it.

        `estimated_resources` is its size (null where none can be given, `warnings` say why not),
        and what the cluster has too little of.
        """
        found: t.CreateTenantAnswer = self.call("POST", "/api/v1/tenants/", body=body)
        return found

    def calculate_resources(self, body: t.Calculation) -> t.CalculateResourcesAnswer:
        """Size the seven counters and price them, without creating anything.

        `resources` is the size for the cluster there is; `estimated_cost`, `node_pools` and
        `alternatives` are of the provider's machines, by prices whose date and source are told.
        """
        found: t.CalculateResourcesAnswer = self.call(
            "POST", "/api/v1/tenants/calculate-resources", body=body
        )
        return found

    def check_duplicate(
        self, *, tenant_id: str, namespace: str | None = None
    ) -> t.CheckDuplicateAnswer:
        """Say whether an id or its namespace is taken, by whom, and which ids near it are free."""
        found: t.CheckDuplicateAnswer = self.call(
            "GET",
            "/api/v1/tenants/check-duplicate",
            query={"tenant_id": tenant_id, "namespace": namespace},
        )
        return found

    def preview_manifest(self, body: t.NewTenant) -> t.PreviewManifestAnswer:
        """Generate the manifest of a tenant that is not created; nothing is kept, secrets are
        hidden.

        The same body creates it: POST /api/v1/tenants/.
        """
        found: t.PreviewManifestAnswer = self.call(
            "POST", "/api/v1/tenants/preview-manifest", body=body
        )
        return found

    def validate_manifest(self, body: t.ToValidate) -> t.ValidateManifestAnswer:
        """Judge a manifest as the API server would; a valid one is kept for the tenant's deploy."""
        found: t.ValidateManifestAnswer = self.call(
            "POST", "/api/v1/tenants/validate-manifest", body=body
        )
        return found

    def get_tenant(self, tenant_id: str, *, if_none_match: str | None = None) -> t.GetTenantAnswer:
        """Show a tenant and its size. `ETag` names its version, and what its cluster makes of it."""
        found: t.GetTenantAnswer = self.call(
            "GET", f"/api/v1/tenants/{part(tenant_id)}", headers={"if-none-match": if_none_match}
        )
        return found

    def change_tenant(
        self,
        tenant_id: str,
        body: t.Changes,
        *,
        release: bool | None = None,
        confirm: str | None = None,
        if_match: str | None = None,
    ) -> t.ChangeTenantAnswer:
        """Change a tenant; what is left out stays, labels are replaced.

        Who runs by a generated manifest and gets other counters is released in the new size.
        """
        found: t.ChangeTenantAnswer = self.call(
            "PUT",
            f"/api/v1/tenants/{part(tenant_id)}",
            query={"release": release, "confirm": confirm},
            headers={"if-match": if_match},
            body=body,
        )
        return found

    def delete_tenant(
        self,
        tenant_id: str,
        *,
        force: bool | None = None,
        confirm: str | None = None,
        if_match: str | None = None,
    ) -> t.DeleteTenantAnswer:
        """Delete a tenant, its namespace and what is kept of it; no other tenant is touched."""
        found: t.DeleteTenantAnswer = self.call(
            "DELETE",
            f"/api/v1/tenants/{part(tenant_id)}",
            query={"force": force, "confirm": confirm},
            headers={"if-match": if_match},
        )
        return found

    def patch_tenant(
        self,
        tenant_id: str,
        body: t.Changes,
        *,
        release: bool | None = None,
        confirm: str | None = None,
        if_match: str | None = None,
    ) -> t.PatchTenantAnswer:
        """Change a tenant as PUT does; of labels only those that are named."""
        found: t.PatchTenantAnswer = self.call(
            "PATCH",
            f"/api/v1/tenants/{part(tenant_id)}",
            query={"release": release, "confirm": confirm},
            headers={"if-match": if_match},
            body=body,
        )
        return found

    def tenant_alerts(self, tenant_id: str) -> t.TenantAlertsAnswer:
        """List a tenant's own rules, and its open alerts."""
        found: t.TenantAlertsAnswer = self.call("GET", f"/api/v1/tenants/{part(tenant_id)}/alerts")
        return found

    def add_tenant_alert(self, tenant_id: str, body: t.RuleBody) -> t.AddTenantAlertAnswer:
        """Make a rule: a condition over the tenant's figures, such as `cpu_usage > 85 OR
        memory_usage > 90`, that has to hold for `duration`. One of the same name is replaced
        (200).
        """
        found: t.AddTenantAlertAnswer = self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/alerts", body=body
        )
        return found

    def remove_tenant_alert(self, tenant_id: str, alert_name: str) -> t.RemoveTenantAlertAnswer:
        """Forget a tenant's own rule; its alert is over."""
        found: t.RemoveTenantAlertAnswer = self.call(
            "DELETE", f"/api/v1/tenants/{part(tenant_id)}/alerts/{part(alert_name)}"
        )
        return found

    def clone_tenant(self, tenant_id: str, body: t.Clone) -> t.CloneTenantAnswer:
        """Create a tenant with the counters, options, promise and labels of this one."""
        found: t.CloneTenantAnswer = self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/clone", body=body
        )
        return found

    def get_demand(self, tenant_id: str) -> t.GetDemandAnswer:
        """Return the tenant's units and what it says of their demand; `gaps`: steps not measured."""
        found: t.GetDemandAnswer = self.call("GET", f"/api/v1/tenants/{part(tenant_id)}/demand")
        return found

    def shape_demand(self, tenant_id: str, body: t.Shape) -> t.ShapeDemandAnswer:
        """Say how the tenant's demand differs from the profiles'; it holds from the next slot on.

        It takes the place of what was said before; `followed` is false while nothing is deployed.
        A manifest generated from now on is sized for the busiest day and campaign.
        """
        found: t.ShapeDemandAnswer = self.call(
            "PUT", f"/api/v1/tenants/{part(tenant_id)}/demand", body=body
        )
        return found

    def plain_demand(self, tenant_id: str) -> t.PlainDemandAnswer:
        """Let the tenant's demand be the profiles' again."""
        found: t.PlainDemandAnswer = self.call(
            "DELETE", f"/api/v1/tenants/{part(tenant_id)}/demand"
        )
        return found

    def deployment_status(self, tenant_id: str) -> t.DeploymentStatusAnswer:
        """How far the tenant's release has come: waves, what was created, what is pending, when.

        `estimated_completion` is from start-ups that were observed, null where none was.
        """
        found: t.DeploymentStatusAnswer = self.call(
            "GET", f"/api/v1/tenants/{part(tenant_id)}/deployment-status"
        )
        return found

    def last_difference(self, tenant_id: str) -> t.LastDifferenceAnswer:
        """What a deploy of the tenant's last valid manifest would change; see POST."""
        found: t.LastDifferenceAnswer = self.call("GET", f"/api/v1/tenants/{part(tenant_id)}/diff")
        return found

    def difference(self, tenant_id: str, body: t.Difference | None = None) -> t.DifferenceAnswer:
        """What a deploy would change on the cluster, object by object and field by field.

        The server's own dry run says it: created, changed, unchanged, refused and why; then what
        would be removed. Values of secrets are not told. Nothing is written. `tenant_exists`:
        whether there is that tenant; a deploy would make it.
        """
        found: t.DifferenceAnswer = self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/diff", body=body
        )
        return found

    def tenant_history(
        self, tenant_id: str, *, skip: int | None = None, limit: int | None = None
    ) -> t.TenantHistoryAnswer:
        """Tell what became of a tenant, newest first: when, from which state, why. It outlives it."""
        found: t.TenantHistoryAnswer = self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/history",
            query={"skip": skip, "limit": limit},
        )
        return found

    def get_manifest(
        self,
        tenant_id: str,
        *,
        format: Literal["yaml", "json", "zip", "kustomize", "offline"] | None = None,
        digest: str | None = None,
        include_monitoring: bool | None = None,
        include_ingress: bool | None = None,
        namespace: str | None = None,
        cloud_provider: str | None = None,
        gpu_type: str | None = None,
        registry: str | None = None,
        include_secrets: bool | None = None,
    ) -> str | t.GetManifestAnswer | bytes:
        """Give the tenant's manifest: the one named, the last valid one, or one generated now.

        Who says what it is to include, or for which provider, gets one that is generated now.
        """
        found: str | t.GetManifestAnswer | bytes = self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/manifest",
            query={
                "format": format,
                "digest": digest,
                "include_monitoring": include_monitoring,
                "include_ingress": include_ingress,
                "namespace": namespace,
                "cloud_provider": cloud_provider,
                "gpu_type": gpu_type,
                "registry": registry,
                "include_secrets": include_secrets,
            },
        )
        return found

    def generate_manifest(
        self, tenant_id: str, body: t.Options | None = None
    ) -> t.GenerateManifestAnswer:
        """Generate the tenant's manifest from its counters; the tenant is created at first use."""
        found: t.GenerateManifestAnswer = self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/manifest", body=body
        )
        return found

    def list_monitoring_data(
        self,
        tenant_id: str,
        *,
        metric_type: str | None = None,
        limit: int | None = None,
        hours: int | None = None,
        interval: Literal["1m", "5m", "15m", "1h"] | None = None,
    ) -> t.ListMonitoringDataAnswer:
        """Return a tenant's figures of the newest hours, their means and maxima, and what was
        kept.

        `metrics` has a point an interval; `monitoring_data` the newest rows of MonitoringData.
        """
        found: t.ListMonitoringDataAnswer = self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/monitoring",
            query={
                "metric_type": metric_type,
                "limit": limit,
                "hours": hours,
                "interval": interval,
            },
        )
        return found

    def add_monitoring_data(self, tenant_id: str, body: t.Row) -> t.AddMonitoringDataAnswer:
        """Keep a row of MonitoringData that somebody measured, or several figures at once."""
        found: t.AddMonitoringDataAnswer = self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/monitoring", body=body
        )
        return found

    def list_releases(
        self, tenant_id: str, *, skip: int | None = None, limit: int | None = None
    ) -> t.ListReleasesAnswer:
        """The tenant's releases, the newest first."""
        found: t.ListReleasesAnswer = self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/releases",
            query={"skip": skip, "limit": limit},
        )
        return found

    def compare_releases(self, tenant_id: str, *, to: int, from_: int) -> t.CompareReleasesAnswer:
        """What revision `to` has differently from revision `from`: objects, options, how they
        went.
        """
        found: t.CompareReleasesAnswer = self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/releases/compare",
            query={"from": from_, "to": to},
        )
        return found

    def get_revision(
        self, tenant_id: str, revision: int, *, objects: bool | None = None
    ) -> t.GetReleaseAnswer:
        """One release: its waves and steps, its gate, what was said of it, its start-up."""
        found: t.GetReleaseAnswer = self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/releases/{part(revision)}",
            query={"objects": objects},
        )
        return found

    def rollback(
        self,
        tenant_id: str,
        revision: int,
        body: t.How | None = None,
        *,
        wait: str | None = None,
        timeout: float | None = None,
    ) -> t.RollbackAnswer:
        """Back to a revision: what it was is applied once more, as a new one with the same digest.

        What came after it is pruned, but for data and what has no namespace.
        """
        found: t.RollbackAnswer = self.call(
            "POST",
            f"/api/v1/tenants/{part(tenant_id)}/releases/{part(revision)}/rollback",
            query={"wait": wait, "timeout": timeout},
            body=body,
        )
        return found

    def list_resources(
        self,
        tenant_id: str,
        *,
        kind: list[str] | None = None,
        selector: str | None = None,
        q: str | None = None,
        problems: bool | None = None,
        grouped: bool | None = None,
        group: str | None = None,
        sort: str | None = None,
        skip: int | None = None,
        limit: int | None = None,
        around: str | None = None,
        within: float | None = None,
        fields: str | None = None,
        if_none_match: str | None = None,
        cache_control: str | None = None,
    ) -> t.ListResourcesAnswer:
        """What is live of a tenant as nodes, and how they hang together.

        `health` is judged as Argo CD does, `reason` says why; `sync`: as `released`, `changed`
        since (the paths in `changed`), `extra` (in no release) or made by the `cluster`. What the
        release has and the cluster has not is there as `missing`. Ownership is in `owner_uid`;
        `edges` are the rest. `total` counts all objects, `matched` those that the filters leave,
        of which `nodes` are a page from `skip` on, `problems` those of them to be looked at.
        `unread`: kinds that may not be listed. The answer is a moment old at most, with `Cache-
        Control: no-cache` not even that. With `grouped`, of a tenant of more than 300 objects the
        leaves of one kind below one owner, eight and more, are one of `groups`: problems in one,
        the others in another. Edges then lead to its id; its members are asked for by `group`,
        page by page. `owners`: who owns what is told, and is not among `nodes`.
        """
        found: t.ListResourcesAnswer = self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/resources",
            query={
                "kind": kind,
                "selector": selector,
                "q": q,
                "problems": problems,
                "grouped": grouped,
                "group": group,
                "sort": sort,
                "skip": skip,
                "limit": limit,
                "around": around,
                "within": within,
                "fields": fields,
            },
            headers={"if-none-match": if_none_match, "cache-control": cache_control},
        )
        return found

    def merged_logs(
        self,
        tenant_id: str,
        *,
        selector: str | None = None,
        pod: list[str] | None = None,
        container: str | None = None,
        tail: int | None = None,
        previous: bool | None = None,
    ) -> t.MergedLogsAnswer:
        """The last lines of several pods as one log, in the order of their instants.

        Each line says pod and container. Of more than 20 pods the first 20 are read; `left_out`
        says how many are not. `silent`: containers without a log, and why.
        """
        found: t.MergedLogsAnswer = self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/resources/logs",
            query={
                "selector": selector,
                "pod": pod,
                "container": container,
                "tail": tail,
                "previous": previous,
            },
        )
        return found

    def pod_logs(
        self,
        tenant_id: str,
        name: str,
        *,
        container: str | None = None,
        tail: int | None = None,
        previous: bool | None = None,
    ) -> t.MergedLogsAnswer:
        """The last lines of a pod."""
        found: t.MergedLogsAnswer = self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/resources/pods/{part(name)}/logs",
            query={"container": container, "tail": tail, "previous": previous},
        )
        return found

    def one_resource(
        self,
        tenant_id: str,
        kind: str,
        name: str,
        *,
        namespace: str | None = None,
        apiversion: str | None = None,
    ) -> t.OneResourceAnswer:
        """One object: how it stands and why (`why`, with what to do), its YAML, conditions,
        Events.

        Values of Secrets are `***`. `pods`: those that it is, owns or serves.
        """
        found: t.OneResourceAnswer = self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/resources/{part(kind)}/{part(name)}",
            query={"namespace": namespace, "apiVersion": apiversion},
        )
        return found

    def resource_metrics(
        self,
        tenant_id: str,
        kind: str,
        name: str,
        *,
        namespace: str | None = None,
        apiversion: str | None = None,
        minutes: int | None = None,
    ) -> t.ResourceMetricsAnswer:
        """What the pods of an object use now, beside what they request: CPU, memory, restarts."""
        found: t.ResourceMetricsAnswer = self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/resources/{part(kind)}/{part(name)}/metrics",
            query={"namespace": namespace, "apiVersion": apiversion, "minutes": minutes},
        )
        return found

    def restart_tenant(
        self, tenant_id: str, *, confirm: str | None = None
    ) -> t.RestartTenantAnswer:
        """Make all pods anew, a few at a time, as `kubectl rollout restart` does."""
        found: t.RestartTenantAnswer = self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/restart", query={"confirm": confirm}
        )
        return found

    def start_tenant(self, tenant_id: str, *, confirm: str | None = None) -> t.StartTenantAnswer:
        """Give a stopped tenant its replicas back; it is on duty again from now on."""
        found: t.StartTenantAnswer = self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/start", query={"confirm": confirm}
        )
        return found

    def stop_tenant(self, tenant_id: str, *, confirm: str | None = None) -> t.StopTenantAnswer:
        """Scale the tenant's workloads to zero; every object stays, and it is off duty meanwhile.

        DaemonSets have no scale: they select a label that no node bears. Pods of their own go on,
        and are in `still_running`.
        """
        found: t.StopTenantAnswer = self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/stop", query={"confirm": confirm}
        )
        return found

    def tenant_versions(self, tenant_id: str) -> t.TenantVersionsAnswer:
        """Say which versions a tenant runs, which were chosen, and how that came to be."""
        found: t.TenantVersionsAnswer = self.call(
            "GET", f"/api/v1/tenants/{part(tenant_id)}/versions"
        )
        return found

    def put_tenant_versions(
        self, tenant_id: str, body: t.TenantVersions
    ) -> t.PutTenantVersionsAnswer:
        """Choose versions, and a registry, for a tenant; they are deployed as a new revision.

        One that does not start goes back by itself, unless `on_failure` says `stay`.
        """
        found: t.PutTenantVersionsAnswer = self.call(
            "PUT", f"/api/v1/tenants/{part(tenant_id)}/versions", body=body
        )
        return found

    def import_twin(self, body: t.NewTwin) -> t.ImportTwinAnswer:
        """Make a simulated cluster that is as a running namespace of a real one, and compare them.

        Objects, usage and events are read, nothing is changed there, no Secret is read. `figures`
        has each figure measured and simulated; `profiles` what was fitted, with samples and
        bounds.
        """
        found: t.ImportTwinAnswer = self.call("POST", "/api/v1/twins", body=body)
        return found

    def health(self) -> t.HealthAnswer:
        """Say that the service runs."""
        found: t.HealthAnswer = self.call("GET", "/health")
        return found

    def healthz(self) -> t.HealthAnswer:
        """Say that the service runs."""
        found: t.HealthAnswer = self.call("GET", "/healthz")
        return found

    def health_livez(self) -> t.HealthAnswer:
        """Say that the service runs."""
        found: t.HealthAnswer = self.call("GET", "/livez")
        return found

    def metrics(self) -> str:
        """Give the orchestrator's metrics as Prometheus text."""
        found: str = self.call("GET", "/metrics")
        return found

    def ready(self) -> t.ReadyAnswer:
        """Say whether the service can do its work: its stores answer."""
        found: t.ReadyAnswer = self.call("GET", "/ready")
        return found

    def readyz(self) -> t.ReadyAnswer:
        """Say whether the service can do its work: its stores answer."""
        found: t.ReadyAnswer = self.call("GET", "/readyz")
        return found


class AsyncOrchestrator(AsyncClient):
    """The orchestrator, awaited. Every method raises ApiError and Unreachable."""

    async def list_alerts(
        self,
        *,
        tenant_id: str | None = None,
        state: Literal["open", "pending", "firing", "acknowledged", "resolved"] | None = None,
        severity: Literal["info", "warning", "critical"] | None = None,
        skip: int | None = None,
        limit: int | None = None,
    ) -> t.ListAlertsAnswer:
        """List alerts: open ones first, the worst of them on top, then those that are over."""
        found: t.ListAlertsAnswer = await self.call(
            "GET",
            "/api/v1/alerts",
            query={
                "tenant_id": tenant_id,
                "state": state,
                "severity": severity,
                "skip": skip,
                "limit": limit,
            },
        )
        return found

    async def list_deliveries(
        self,
        *,
        state: Literal["pending", "sending", "sent", "failed", "dropped", "uncertain"]
        | None = None,
        limit: int | None = None,
    ) -> t.ListDeliveriesAnswer:
        """List what was told whom, the newest first: attempts, answers, when the next try is."""
        found: t.ListDeliveriesAnswer = await self.call(
            "GET", "/api/v1/alerts/deliveries", query={"state": state, "limit": limit}
        )
        return found

    async def get_policy(self, tenant_id: str) -> t.GetPolicyAnswer:
        """Show which thresholds hold for a tenant, and which rules are off."""
        found: t.GetPolicyAnswer = await self.call(
            "GET", f"/api/v1/alerts/policies/{part(tenant_id)}"
        )
        return found

    async def put_policy(self, tenant_id: str, body: t.Policy) -> t.GetPolicyAnswer:
        """Choose which thresholds hold for a tenant, and which rules are off."""
        found: t.GetPolicyAnswer = await self.call(
            "PUT", f"/api/v1/alerts/policies/{part(tenant_id)}", body=body
        )
        return found

    async def backtest_rules(
        self, tenant_id: str, *, days: int | None = None
    ) -> t.BacktestRulesAnswer:
        """Judge the burn rate over a tenant's minutes that are kept: what would have fired,
        whether or not anybody watched, with the fault that it followed from.
        """
        found: t.BacktestRulesAnswer = await self.call(
            "GET", f"/api/v1/alerts/policies/{part(tenant_id)}/backtest", query={"days": days}
        )
        return found

    async def list_routes(self) -> t.ListRoutesAnswer:
        """List who is told of what. Targets are masked."""
        found: t.ListRoutesAnswer = await self.call("GET", "/api/v1/alerts/routes")
        return found

    async def add_route(self, body: t.RouteBody) -> t.ListRoutesAnswerRoutes:
        """Tell somebody of alerts from now on: what fires already is told at once."""
        found: t.ListRoutesAnswerRoutes = await self.call(
            "POST", "/api/v1/alerts/routes", body=body
        )
        return found

    async def change_route(self, route_id: int, body: t.RouteBody) -> t.ListRoutesAnswerRoutes:
        """Change a route; without a `target` it keeps the one that it has."""
        found: t.ListRoutesAnswerRoutes = await self.call(
            "PUT", f"/api/v1/alerts/routes/{part(route_id)}", body=body
        )
        return found

    async def remove_route(self, route_id: int) -> t.RemoveRouteAnswer:
        """Tell a route nothing any more."""
        found: t.RemoveRouteAnswer = await self.call(
            "DELETE", f"/api/v1/alerts/routes/{part(route_id)}"
        )
        return found

    async def try_route(self, route_id: int) -> t.TryRouteAnswer:
        """Send something made up to a route, for real, and say what it answered."""
        found: t.TryRouteAnswer = await self.call(
            "POST", f"/api/v1/alerts/routes/{part(route_id)}/test"
        )
        return found

    async def list_rules(self) -> t.ListRulesAnswer:
        """List the rules that every tenant has, the threshold presets, and what conditions may
        name.
        """
        found: t.ListRulesAnswer = await self.call("GET", "/api/v1/alerts/rules")
        return found

    async def list_silences(self) -> t.ListSilencesAnswer:
        """List silences, the newest first."""
        found: t.ListSilencesAnswer = await self.call("GET", "/api/v1/alerts/silences")
        return found

    async def add_silence(self, body: t.SilenceBody) -> t.ListSilencesAnswerSilences:
        """Tell nobody of what matches, until an instant or for a while; it is judged all the same."""
        found: t.ListSilencesAnswerSilences = await self.call(
            "POST", "/api/v1/alerts/silences", body=body
        )
        return found

    async def end_silence(self, silence_id: int) -> t.EndSilenceAnswer:
        """End a silence now: what fires still is told."""
        found: t.EndSilenceAnswer = await self.call(
            "DELETE", f"/api/v1/alerts/silences/{part(silence_id)}"
        )
        return found

    def stream_alerts(
        self, *, tenant_id: str | None = None, since: int | None = None
    ) -> AsyncGenerator[Event, None]:
        """Stream what happens to alerts as SSE, after `since` or Last-Event-ID; from now on
        without.
        """
        return self.events("/api/v1/alerts/stream", query={"tenant_id": tenant_id, "since": since})

    async def get_alert(self, alert_id: int) -> t.GetAlertAnswer:
        """Show an alert: words, causes, history, whom it was told."""
        found: t.GetAlertAnswer = await self.call("GET", f"/api/v1/alerts/{part(alert_id)}")
        return found

    async def acknowledge(
        self, alert_id: int, body: t.Acknowledgement | None = None
    ) -> t.AcknowledgeAnswer:
        """Say that somebody takes care of an alert: nobody else is told of it, unless it gets
        worse.
        """
        found: t.AcknowledgeAnswer = await self.call(
            "POST", f"/api/v1/alerts/{part(alert_id)}/acknowledge", body=body
        )
        return found

    async def list_audit(
        self,
        *,
        tenant: str | None = None,
        actor: str | None = None,
        action: str | None = None,
        outcome: Literal["done", "refused", "failed"] | None = None,
        from_: str | None = None,
        until: str | None = None,
        q: str | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        format: Literal["json", "csv"] | None = None,
        accept: str | None = None,
    ) -> t.ListAuditAnswer:
        """List who did what, the newest first: calls that change something, refused ones too, and
        what the system did by itself. Bodies are not kept.
        """
        found: t.ListAuditAnswer = await self.call(
            "GET",
            "/api/v1/audit",
            query={
                "tenant": tenant,
                "actor": actor,
                "action": action,
                "outcome": outcome,
                "from": from_,
                "until": until,
                "q": q,
                "cursor": cursor,
                "limit": limit,
                "format": format,
            },
            headers={"accept": accept},
        )
        return found

    async def list_actions(self) -> t.ListActionsAnswer:
        """List the words that entries have, and which calls each is of."""
        found: t.ListActionsAnswer = await self.call("GET", "/api/v1/audit/actions")
        return found

    async def demo_status(self) -> t.DemoStatusAnswer:
        """Say what there is of the demo: absent, making (with its progress), ready, or gone.

        `in-use`: somebody made tenants of their own in the demo's store; `gone`: its cluster is
        another one now. POST …/reset makes it anew in both cases.
        """
        found: t.DemoStatusAnswer = await self.call("GET", "/api/v1/demo")
        return found

    async def make_demo(self, body: t.Wanted | None = None) -> t.MakeDemoAnswer:
        """Make the demo in the background, where there is none: some 20 s of a core for 30 days."""
        found: t.MakeDemoAnswer = await self.call("POST", "/api/v1/demo", body=body)
        return found

    async def broken_manifest(self) -> str:
        """Return the demo's manifest to mend: two mistakes were put in on purpose."""
        found: str = await self.call("GET", "/api/v1/demo/manifest")
        return found

    async def reset_demo(self, body: t.Wanted | None = None) -> t.MakeDemoAnswer:
        """Take everything of the demo away, and make it anew in the background."""
        found: t.MakeDemoAnswer = await self.call("POST", "/api/v1/demo/reset", body=body)
        return found

    async def list_kinds(self) -> t.ListKindsAnswer:
        """List the failures that can be triggered: class, target, parameters with bounds, source.

        `background` has the rates of those that come by themselves.
        """
        found: t.ListKindsAnswer = await self.call("GET", "/api/v1/faults")
        return found

    async def list_images(
        self, *, service: str | None = None, skip: int | None = None, limit: int | None = None
    ) -> t.ListImagesAnswer:
        """List the versions of services, the newest first, each with what holds of its image."""
        found: t.ListImagesAnswer = await self.call(
            "GET", "/api/v1/images", query={"service": service, "skip": skip, "limit": limit}
        )
        return found

    async def list_registries(self) -> t.ListRegistriesAnswer:
        """List the registries. Passwords are masked."""
        found: t.ListRegistriesAnswer = await self.call("GET", "/api/v1/images/registries")
        return found

    async def get_registry(self, name: str) -> t.ListRegistriesAnswerRegistries:
        """Show a registry. Its password is masked."""
        found: t.ListRegistriesAnswerRegistries = await self.call(
            "GET", f"/api/v1/images/registries/{part(name)}"
        )
        return found

    async def put_registry(
        self, name: str, body: t.RegistryBody
    ) -> t.ListRegistriesAnswerRegistries:
        """Keep a registry (201: it is new); without a `password` it keeps the one that it has."""
        found: t.ListRegistriesAnswerRegistries = await self.call(
            "PUT", f"/api/v1/images/registries/{part(name)}", body=body
        )
        return found

    async def remove_registry(self, name: str) -> t.RemoveRegistryAnswer:
        """Let go of a registry; what runs of its images goes on."""
        found: t.RemoveRegistryAnswer = await self.call(
            "DELETE", f"/api/v1/images/registries/{part(name)}"
        )
        return found

    async def add_version(self, service: str, body: t.VersionBody) -> t.ListImagesAnswerImages:
        """Keep a version of a service. What a version is does not change: 409 for one that is
        kept.
        """
        found: t.ListImagesAnswerImages = await self.call(
            "POST", f"/api/v1/images/{part(service)}/versions", body=body
        )
        return found

    async def get_version(self, service: str, version: str) -> t.ListImagesAnswerImages:
        """Show a version, each fact of its image with where it is from."""
        found: t.ListImagesAnswerImages = await self.call(
            "GET", f"/api/v1/images/{part(service)}/versions/{part(version)}"
        )
        return found

    async def remove_version(self, service: str, version: str) -> t.RemoveVersionAnswer:
        """Let go of a version; what runs of it goes on."""
        found: t.RemoveVersionAnswer = await self.call(
            "DELETE", f"/api/v1/images/{part(service)}/versions/{part(version)}"
        )
        return found

    async def get_terms(self, tenant_id: str) -> t.GetTermsAnswer:
        """Show what a tenant's requests are worth, from which business metrics are pushed."""
        found: t.GetTermsAnswer = await self.call(
            "GET", f"/api/v1/monitoring/business/{part(tenant_id)}"
        )
        return found

    async def agree_terms(self, tenant_id: str, body: t.Terms) -> t.GetTermsAnswer:
        """Say what a tenant's requests are worth: each minute's requests, revenue and sessions are
        then pushed to the simulator as external metrics, with `interval_seconds` and
        `currency`.
        """
        found: t.GetTermsAnswer = await self.call(
            "PUT", f"/api/v1/monitoring/business/{part(tenant_id)}", body=body
        )
        return found

    async def comparison(
        self,
        *,
        hours: int | None = None,
        order: Literal[
            "uptime", "cpu_usage", "memory_usage", "response_time", "error_rate", "request_rate"
        ]
        | None = None,
        limit: int | None = None,
    ) -> t.ComparisonAnswer:
        """Put tenants beside one another over the newest hours of each, the worst first."""
        found: t.ComparisonAnswer = await self.call(
            "GET",
            "/api/v1/monitoring/comparison",
            query={"hours": hours, "order": order, "limit": limit},
        )
        return found

    async def statistics(
        self,
        tenant_id: str,
        *,
        hours: int | None = None,
        interval: Literal["1m", "5m", "15m", "1h"] | None = None,
    ) -> t.StatisticsAnswer:
        """Summarize a tenant's figures over the newest hours that are kept: mean, least, most,
        p95.
        """
        found: t.StatisticsAnswer = await self.call(
            "GET",
            f"/api/v1/monitoring/statistics/{part(tenant_id)}",
            query={"hours": hours, "interval": interval},
        )
        return found

    async def system(self) -> t.SystemAnswer:
        """Say what the cluster has of CPU, memory, GPUs and storage, and how much of it is taken.

        `used` is what pods request, `measured` what they use, null where nobody measures it.
        """
        found: t.SystemAnswer = await self.call("GET", "/api/v1/monitoring/system")
        return found

    async def list_presets(self) -> t.ListPresetsAnswer:
        """List what a new tenant is chosen from: presets with their usual counters, GPUs,
        providers.

        A tenant is of the first preset whose `channels` and `users` it stays below; null: no
        bound.
        """
        found: t.ListPresetsAnswer = await self.call("GET", "/api/v1/presets")
        return found

    async def list_rehearsals(
        self,
        *,
        state: Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
        | None = None,
        skip: int | None = None,
        limit: int | None = None,
    ) -> t.ListRehearsalsAnswer:
        """List rehearsals, the newest first."""
        found: t.ListRehearsalsAnswer = await self.call(
            "GET", "/api/v1/rehearsals", query={"state": state, "skip": skip, "limit": limit}
        )
        return found

    async def rehearse(self, body: t.NewRehearsal) -> t.RehearseAnswer:
        """Rehearse a scenario in the background: on a fresh cluster, or from a running one's
        snapshot.

        What is wrong in the scenario is told with line and column, before anything begins.
        """
        found: t.RehearseAnswer = await self.call("POST", "/api/v1/rehearsals", body=body)
        return found

    async def check(self, body: t.NewRehearsal) -> t.CheckAnswer:
        """Read a scenario and begin nothing: its variants, how long it will take (null: not
        known).

        The estimate goes by the newest rehearsals that were carried out here.
        """
        found: t.CheckAnswer = await self.call("POST", "/api/v1/rehearsals/check", body=body)
        return found

    async def list_samples(self) -> t.ListSamplesAnswer:
        """List the scenarios that come with the program, to begin with; none needs another file."""
        found: t.ListSamplesAnswer = await self.call("GET", "/api/v1/rehearsals/samples")
        return found

    async def get_rehearsal(self, rehearsal_id: int) -> t.GetRehearsalAnswer:
        """Show a rehearsal: its state, how far it is, its verdict."""
        found: t.GetRehearsalAnswer = await self.call(
            "GET", f"/api/v1/rehearsals/{part(rehearsal_id)}"
        )
        return found

    async def forget_rehearsal(self, rehearsal_id: int) -> t.ForgetRehearsalAnswer:
        """Forget a rehearsal and its reports. Stop it first where it is at work."""
        found: t.ForgetRehearsalAnswer = await self.call(
            "DELETE", f"/api/v1/rehearsals/{part(rehearsal_id)}"
        )
        return found

    async def again(self, rehearsal_id: int, body: t.Again) -> t.RehearseAnswer:
        """Rehearse one run again by itself, as the worst of a campaign: with a report of its own.

        Without a seed all of it is rehearsed again, with the same seeds: it comes out the same.
        """
        found: t.RehearseAnswer = await self.call(
            "POST", f"/api/v1/rehearsals/{part(rehearsal_id)}/again", body=body
        )
        return found

    async def compare(self, rehearsal_id: int, other_id: int) -> t.CompareAnswer:
        """Put two rehearsals beside one another: their first variants, in pairs of equal seeds.

        Where both met the same seeds, the difference is theirs and not luck's. Who asked the same
        twice reads that both came out the same, byte for byte, or the first value that differs.
        """
        found: t.CompareAnswer = await self.call(
            "GET", f"/api/v1/rehearsals/{part(rehearsal_id)}/against/{part(other_id)}"
        )
        return found

    async def cancel_rehearsal(self, rehearsal_id: int) -> t.CancelRehearsalAnswer:
        """Stop a rehearsal that is at work; the runs of a campaign so far are kept."""
        found: t.CancelRehearsalAnswer = await self.call(
            "POST", f"/api/v1/rehearsals/{part(rehearsal_id)}/cancel"
        )
        return found

    async def get_course(self, rehearsal_id: int) -> t.GetCourseAnswer:
        """Tell what happened in a rehearsal of one run: budget, faults, failures, the worst hour.

        Seconds count from the first probe on; everything in it is simulated.
        """
        found: t.GetCourseAnswer = await self.call(
            "GET", f"/api/v1/rehearsals/{part(rehearsal_id)}/course"
        )
        return found

    async def rehearsal_report(
        self,
        rehearsal_id: int,
        *,
        format: Literal["json", "html", "junit", "text"] | None = None,
        language: Literal["ko", "en"] | None = None,
    ) -> t.RehearsalReportAnswer:
        """Return what came of it; the JSON of a rehearsal is a file that `ecp replay` repeats."""
        found: t.RehearsalReportAnswer = await self.call(
            "GET",
            f"/api/v1/rehearsals/{part(rehearsal_id)}/report",
            query={"format": format, "language": language},
        )
        return found

    async def resume_rehearsal(self, rehearsal_id: int) -> t.RehearseAnswer:
        """Go on with one that was interrupted, cancelled or failed: no run is made twice."""
        found: t.RehearseAnswer = await self.call(
            "POST", f"/api/v1/rehearsals/{part(rehearsal_id)}/resume"
        )
        return found

    async def list_runs(self, rehearsal_id: int) -> t.ListRunsAnswer:
        """List the runs so far, what they forecast, what was asked for, and what is not modelled."""
        found: t.ListRunsAnswer = await self.call(
            "GET", f"/api/v1/rehearsals/{part(rehearsal_id)}/runs"
        )
        return found

    async def get_release(self, deployment_id: str) -> t.GetReleaseAnswer:
        """One release by its deployment id."""
        found: t.GetReleaseAnswer = await self.call(
            "GET", f"/api/v1/releases/{part(deployment_id)}"
        )
        return found

    def release_events(
        self, deployment_id: str, *, since: int | None = None
    ) -> AsyncGenerator[Event, None]:
        """A release as server-sent events; `Last-Event-ID` (or `since`) goes on where one was.

        An event with an id is kept; `progress` has none and tells how it stands. The stream ends
        with the release; a comment each 15 s says that it is still there.
        """
        return self.events(f"/api/v1/releases/{part(deployment_id)}/events", query={"since": since})

    async def list_schemas(self, *, if_none_match: str | None = None) -> t.ListSchemasAnswer:
        """List the kinds whose fields are told, each with its apiVersion."""
        found: t.ListSchemasAnswer = await self.call(
            "GET", "/api/v1/schemas", headers={"if-none-match": if_none_match}
        )
        return found

    async def explain_field(
        self,
        kind: str,
        *,
        api_version: str,
        path: str | None = None,
        if_none_match: str | None = None,
    ) -> t.ExplainFieldAnswer:
        """Tell what stands at a path of a kind, and the fields below it.

        `of_map`: any key may stand below it. Words are the server's, in English.
        """
        found: t.ExplainFieldAnswer = await self.call(
            "GET",
            f"/api/v1/schemas/{part(kind)}",
            query={"api_version": api_version, "path": path},
            headers={"if-none-match": if_none_match},
        )
        return found

    async def get_settings(self) -> t.GetSettingsAnswer:
        """Show the settings; what was never set has the guide's default."""
        found: t.GetSettingsAnswer = await self.call("GET", "/api/v1/settings")
        return found

    async def put_settings(self, body: t.Settings) -> t.GetSettingsAnswer:
        """Set the settings; what is left out goes back to its default. They hold at once."""
        found: t.GetSettingsAnswer = await self.call("PUT", "/api/v1/settings", body=body)
        return found

    async def effective_settings(self) -> t.EffectiveSettingsAnswer:
        """Show each setting as it holds, and whence: environment before stored before default.

        Where minutes are heard is said by the environment alone; passwords are left out.
        """
        found: t.EffectiveSettingsAnswer = await self.call("GET", "/api/v1/settings/effective")
        return found

    async def try_connections(self, body: t.Connections | None = None) -> t.TryConnectionsAnswer:
        """Ask each address for real: who answers, how fast, or why nobody does. Nothing is kept.

        A real cluster is asked as its user where `deploymentMethod` says kubernetes.
        """
        found: t.TryConnectionsAnswer = await self.call(
            "POST", "/api/v1/settings/test-connection", body=body
        )
        return found

    async def deploy(
        self,
        tenant_id: str,
        body: t.Deploy | None = None,
        *,
        wait: str | None = None,
        timeout: float | None = None,
        prefer: str | None = None,
    ) -> t.DeployAnswer | t.DeployAnswer202:
        """Deploy the tenant's manifest: the one given, the last valid one, or a generated one.

        `success` means accepted and applied; `phase` and `startup` say how it goes on. One that
        is rehearsed first, or that shall be answered at once, is answered by 202 before it is
        sent.
        """
        found: t.DeployAnswer | t.DeployAnswer202 = await self.call(
            "POST",
            f"/api/v1/simulator/deploy/{part(tenant_id)}",
            query={"wait": wait, "timeout": timeout},
            headers={"prefer": prefer},
            body=body,
        )
        return found

    async def list_all(
        self, *, tenant: str | None = None, under_way: bool | None = None, limit: int | None = None
    ) -> t.ListAllAnswer:
        """List the failures of all tenants, the newest first, injected or by themselves.

        `repeating` is what begins failures again and again, with the next time; `now` the
        cluster's.
        """
        found: t.ListAllAnswer = await self.call(
            "GET",
            "/api/v1/simulator/failures",
            query={"tenant": tenant, "under_way": under_way, "limit": limit},
        )
        return found

    async def stop_all_failures(self) -> t.StopAllFailuresAnswer:
        """The kill switch: end every failure of every tenant, and pause all chaos objects."""
        found: t.StopAllFailuresAnswer = await self.call("DELETE", "/api/v1/simulator/failures")
        return found

    async def list_failures(self, tenant_id: str) -> t.ListFailuresAnswer:
        """List the failures that hit the tenant, triggered or by themselves, and what was seen.

        `repeating` is what begins them again and again, with the next time.
        """
        found: t.ListFailuresAnswer = await self.call(
            "GET", f"/api/v1/simulator/failures/{part(tenant_id)}"
        )
        return found

    async def stop_failures(self, tenant_id: str) -> t.StopFailuresAnswer:
        """The kill switch for one tenant: end what hits it, drop what is planned for it, pause the
        chaos objects in its namespace. Failures that come by themselves go on coming.
        """
        found: t.StopFailuresAnswer = await self.call(
            "DELETE", f"/api/v1/simulator/failures/{part(tenant_id)}"
        )
        return found

    async def repeat(self, tenant_id: str, body: t.Repeat) -> t.RepeatAnswer:
        """Begin a failure of the tenant again and again: a Schedule object does, in its namespace.

        Of bounds an object has none: `max_percent`, `abort`, `steady` are refused.
        """
        found: t.RepeatAnswer = await self.call(
            "POST", f"/api/v1/simulator/failures/{part(tenant_id)}/repeating", body=body
        )
        return found

    async def stop_repeating(self, tenant_id: str, name: str) -> t.StopRepeatingAnswer:
        """Take it away: it begins no failure any more, and the one that runs ends."""
        found: t.StopRepeatingAnswer = await self.call(
            "DELETE", f"/api/v1/simulator/failures/{part(tenant_id)}/repeating/{part(name)}"
        )
        return found

    async def trigger_failure(self, tenant_id: str, body: t.Trigger) -> t.TriggerFailureAnswer:
        """Inject a failure into the tenant's part of the cluster, for real: its effects follow.

        `GET …/{injection_id}` shows the proof that it took effect, and the recovery after its
        end. With `dry_run` nothing is injected: the answer says what would be hit, and with
        `promise` what it would take of 30 days' budget if it kept the tenant down for as long as
        it lasts; what remains is of the time that is measured so far, `budget_seconds` of all 30
        days.
        """
        found: t.TriggerFailureAnswer = await self.call(
            "POST", f"/api/v1/simulator/failures/{part(tenant_id)}/trigger", body=body
        )
        return found

    async def get_failure(self, tenant_id: str, injection_id: str) -> t.GetFailureAnswer:
        """Show one failure of the tenant: what it hit, its proof, its recovery."""
        found: t.GetFailureAnswer = await self.call(
            "GET", f"/api/v1/simulator/failures/{part(tenant_id)}/{part(injection_id)}"
        )
        return found

    async def stop_failure(self, tenant_id: str, injection_id: str) -> t.StopFailureAnswer:
        """End a failure of the tenant before its time."""
        found: t.StopFailureAnswer = await self.call(
            "DELETE", f"/api/v1/simulator/failures/{part(tenant_id)}/{part(injection_id)}"
        )
        return found

    async def get_failure_report(
        self, tenant_id: str, injection_id: str
    ) -> t.GetFailureReportAnswer:
        """Say what a failure did: figures around it, minutes of budget, alerts, its chain, advice.

        `worst_minute` is of the minutes in which it was felt: until its end, its recovery or the
        last that it took, whichever came last. `recovery` tells the first instant when all was
        whole again from the one since when it stayed so.
        """
        found: t.GetFailureReportAnswer = await self.call(
            "GET", f"/api/v1/simulator/failures/{part(tenant_id)}/{part(injection_id)}/report"
        )
        return found

    async def analysis(self, tenant_id: str, *, period: str | None = None) -> t.AnalysisAnswer:
        """Analyse the tenant's SLA over a period that ends now, in the cluster's time.

        Percentages are floored; times are seconds; `recovery_time_avg` is null while nothing
        closed.
        """
        found: t.AnalysisAnswer = await self.call(
            "GET", f"/api/v1/simulator/sla/{part(tenant_id)}/analysis", query={"period": period}
        )
        return found

    async def get_contract(self, tenant_id: str) -> t.GetContractAnswer:
        """Return what is agreed with the tenant about time, and the `limits` that may be agreed
        on.
        """
        found: t.GetContractAnswer = await self.call(
            "GET", f"/api/v1/simulator/sla/{part(tenant_id)}/contract"
        )
        return found

    async def agree(self, tenant_id: str, body: t.Contract) -> t.AgreeAnswer:
        """Agree on service hours and maintenance; it holds from the next slot on."""
        found: t.AgreeAnswer = await self.call(
            "PUT", f"/api/v1/simulator/sla/{part(tenant_id)}/contract", body=body
        )
        return found

    async def levels(
        self,
        tenant_id: str,
        *,
        period: str | None = None,
        month: str | None = None,
        from_: str | None = None,
        to: str | None = None,
    ) -> t.LevelsAnswer:
        """Sum up slots by state, requests and response times by service, from what is kept.

        The period ends with the last kept minute. Minutes are kept for 90 days, hours for 25
        months. The services of a simulated cluster are summed up by its own ledger
        (`services_source`); null: it is away or began anew, so that nobody can say them.
        """
        found: t.LevelsAnswer = await self.call(
            "GET",
            f"/api/v1/simulator/sla/{part(tenant_id)}/levels",
            query={"period": period, "month": month, "from": from_, "to": to},
        )
        return found

    async def list_maintenance(self, tenant_id: str) -> t.ListMaintenanceAnswer:
        """List the tenant's windows of maintenance, with what counts of each."""
        found: t.ListMaintenanceAnswer = await self.call(
            "GET", f"/api/v1/simulator/sla/{part(tenant_id)}/maintenance"
        )
        return found

    async def announce_maintenance(
        self, tenant_id: str, body: t.Window
    ) -> t.ListMaintenanceAnswerWindows:
        """Announce a window: planned if early enough (24 h unless agreed otherwise) and approved.

        One that is retroactive corrects: closed months that it concerns get a further revision.
        """
        found: t.ListMaintenanceAnswerWindows = await self.call(
            "POST", f"/api/v1/simulator/sla/{part(tenant_id)}/maintenance", body=body
        )
        return found

    async def take_maintenance_back(
        self, tenant_id: str, window_id: str
    ) -> t.TakeMaintenanceBackAnswer:
        """Take a window back; one that runs ends now."""
        found: t.TakeMaintenanceBackAnswer = await self.call(
            "DELETE", f"/api/v1/simulator/sla/{part(tenant_id)}/maintenance/{part(window_id)}"
        )
        return found

    async def sla_report(
        self,
        tenant_id: str,
        *,
        month: str | None = None,
        period: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        format: Literal["json", "csv", "html", "pdf", "zip"] | None = None,
        language: Literal["ko", "en"] | None = None,
        revision: int | None = None,
    ) -> t.SlaReportAnswer:
        """Return the statement of a month (default: the one that runs), period or span, to be
        kept.

        That of a closed month is frozen: the same bytes for ever. It names the digest of its
        inputs, which the evidence pack holds, with a script that computes every figure again.
        """
        found: t.SlaReportAnswer = await self.call(
            "GET",
            f"/api/v1/simulator/sla/{part(tenant_id)}/report",
            query={
                "month": month,
                "period": period,
                "from": from_,
                "to": to,
                "format": format,
                "language": language,
                "revision": revision,
            },
        )
        return found

    async def list_statements(self, tenant_id: str) -> t.ListStatementsAnswer:
        """List the frozen statements of closed months; the report of a month has them in all
        forms.
        """
        found: t.ListStatementsAnswer = await self.call(
            "GET", f"/api/v1/simulator/sla/{part(tenant_id)}/statements"
        )
        return found

    async def close_month(self, tenant_id: str, body: t.Month) -> t.ListStatementsAnswerStatements:
        """Freeze the statement of a month now; it happens by itself an hour after the month's end.

        One that is frozen stays as it is: corrections with an approver make further revisions.
        """
        found: t.ListStatementsAnswerStatements = await self.call(
            "POST", f"/api/v1/simulator/sla/{part(tenant_id)}/statements", body=body
        )
        return found

    async def why(self, tenant_id: str, *, slot: str) -> t.WhyAnswer:
        """Say why a slot was as it was: fault, rollout or load → pods → endpoints → requests."""
        found: t.WhyAnswer = await self.call(
            "GET", f"/api/v1/simulator/sla/{part(tenant_id)}/why", query={"slot": slot}
        )
        return found

    async def status(
        self,
        *,
        tenant_id: str | None = None,
        skip: int | None = None,
        limit: int | None = None,
        q: str | None = None,
        sort: str | None = None,
    ) -> t.StatusAnswer:
        """The integrated status: simulator, stores, and how each tenant's release stands."""
        found: t.StatusAnswer = await self.call(
            "GET",
            "/api/v1/simulator/status",
            query={"tenant_id": tenant_id, "skip": skip, "limit": limit, "q": q, "sort": sort},
        )
        return found

    async def tenant_status(self, tenant_id: str) -> t.TenantStatusAnswer:
        """How one tenant's release stands, with its steps and its start-up."""
        found: t.TenantStatusAnswer = await self.call(
            "GET", f"/api/v1/simulator/status/{part(tenant_id)}"
        )
        return found

    async def list_tenants(
        self,
        *,
        skip: int | None = None,
        limit: int | None = None,
        preset: str | None = None,
        status: str | None = None,
        owner: str | None = None,
        selector: str | None = None,
        q: str | None = None,
        sort: str | None = None,
        cursor: str | None = None,
        fields: str | None = None,
    ) -> t.ListTenantsAnswer:
        """List tenants, by page (`skip`) or from where the page before ended (`cursor`)."""
        found: t.ListTenantsAnswer = await self.call(
            "GET",
            "/api/v1/tenants/",
            query={
                "skip": skip,
                "limit": limit,
                "preset": preset,
                "status": status,
                "owner": owner,
                "selector": selector,
                "q": q,
                "sort": sort,
                "cursor": cursor,
                "fields": fields,
            },
        )
        return found

    async def create_tenant(self, body: t.NewTenant) -> t.CreateTenantAnswer:
        """Create a tenant; a name that is taken answers 409 with free ones near it.

        `estimated_resources` is its size (null where none can be given, `warnings` say why not),
        and what the cluster has too little of.
        """
        found: t.CreateTenantAnswer = await self.call("POST", "/api/v1/tenants/", body=body)
        return found

    async def calculate_resources(self, body: t.Calculation) -> t.CalculateResourcesAnswer:
        """Size the seven counters and price them, without creating anything.

        `resources` is the size for the cluster there is; `estimated_cost`, `node_pools` and
        `alternatives` are of the provider's machines, by prices whose date and source are told.
        """
        found: t.CalculateResourcesAnswer = await self.call(
            "POST", "/api/v1/tenants/calculate-resources", body=body
        )
        return found

    async def check_duplicate(
        self, *, tenant_id: str, namespace: str | None = None
    ) -> t.CheckDuplicateAnswer:
        """Say whether an id or its namespace is taken, by whom, and which ids near it are free."""
        found: t.CheckDuplicateAnswer = await self.call(
            "GET",
            "/api/v1/tenants/check-duplicate",
            query={"tenant_id": tenant_id, "namespace": namespace},
        )
        return found

    async def preview_manifest(self, body: t.NewTenant) -> t.PreviewManifestAnswer:
        """Generate the manifest of a tenant that is not created; nothing is kept, secrets are
        hidden.

        The same body creates it: POST /api/v1/tenants/.
        """
        found: t.PreviewManifestAnswer = await self.call(
            "POST", "/api/v1/tenants/preview-manifest", body=body
        )
        return found

    async def validate_manifest(self, body: t.ToValidate) -> t.ValidateManifestAnswer:
        """Judge a manifest as the API server would; a valid one is kept for the tenant's deploy."""
        found: t.ValidateManifestAnswer = await self.call(
            "POST", "/api/v1/tenants/validate-manifest", body=body
        )
        return found

    async def get_tenant(
        self, tenant_id: str, *, if_none_match: str | None = None
    ) -> t.GetTenantAnswer:
        """Show a tenant and its size. `ETag` names its version, and what its cluster makes of it."""
        found: t.GetTenantAnswer = await self.call(
            "GET", f"/api/v1/tenants/{part(tenant_id)}", headers={"if-none-match": if_none_match}
        )
        return found

    async def change_tenant(
        self,
        tenant_id: str,
        body: t.Changes,
        *,
        release: bool | None = None,
        confirm: str | None = None,
        if_match: str | None = None,
    ) -> t.ChangeTenantAnswer:
        """Change a tenant; what is left out stays, labels are replaced.

        Who runs by a generated manifest and gets other counters is released in the new size.
        """
        found: t.ChangeTenantAnswer = await self.call(
            "PUT",
            f"/api/v1/tenants/{part(tenant_id)}",
            query={"release": release, "confirm": confirm},
            headers={"if-match": if_match},
            body=body,
        )
        return found

    async def delete_tenant(
        self,
        tenant_id: str,
        *,
        force: bool | None = None,
        confirm: str | None = None,
        if_match: str | None = None,
    ) -> t.DeleteTenantAnswer:
        """Delete a tenant, its namespace and what is kept of it; no other tenant is touched."""
        found: t.DeleteTenantAnswer = await self.call(
            "DELETE",
            f"/api/v1/tenants/{part(tenant_id)}",
            query={"force": force, "confirm": confirm},
            headers={"if-match": if_match},
        )
        return found

    async def patch_tenant(
        self,
        tenant_id: str,
        body: t.Changes,
        *,
        release: bool | None = None,
        confirm: str | None = None,
        if_match: str | None = None,
    ) -> t.PatchTenantAnswer:
        """Change a tenant as PUT does; of labels only those that are named."""
        found: t.PatchTenantAnswer = await self.call(
            "PATCH",
            f"/api/v1/tenants/{part(tenant_id)}",
            query={"release": release, "confirm": confirm},
            headers={"if-match": if_match},
            body=body,
        )
        return found

    async def tenant_alerts(self, tenant_id: str) -> t.TenantAlertsAnswer:
        """List a tenant's own rules, and its open alerts."""
        found: t.TenantAlertsAnswer = await self.call(
            "GET", f"/api/v1/tenants/{part(tenant_id)}/alerts"
        )
        return found

    async def add_tenant_alert(self, tenant_id: str, body: t.RuleBody) -> t.AddTenantAlertAnswer:
        """Make a rule: a condition over the tenant's figures, such as `cpu_usage > 85 OR
        memory_usage > 90`, that has to hold for `duration`. One of the same name is replaced
        (200).
        """
        found: t.AddTenantAlertAnswer = await self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/alerts", body=body
        )
        return found

    async def remove_tenant_alert(
        self, tenant_id: str, alert_name: str
    ) -> t.RemoveTenantAlertAnswer:
        """Forget a tenant's own rule; its alert is over."""
        found: t.RemoveTenantAlertAnswer = await self.call(
            "DELETE", f"/api/v1/tenants/{part(tenant_id)}/alerts/{part(alert_name)}"
        )
        return found

    async def clone_tenant(self, tenant_id: str, body: t.Clone) -> t.CloneTenantAnswer:
        """Create a tenant with the counters, options, promise and labels of this one."""
        found: t.CloneTenantAnswer = await self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/clone", body=body
        )
        return found

    async def get_demand(self, tenant_id: str) -> t.GetDemandAnswer:
        """Return the tenant's units and what it says of their demand; `gaps`: steps not measured."""
        found: t.GetDemandAnswer = await self.call(
            "GET", f"/api/v1/tenants/{part(tenant_id)}/demand"
        )
        return found

    async def shape_demand(self, tenant_id: str, body: t.Shape) -> t.ShapeDemandAnswer:
        """Say how the tenant's demand differs from the profiles'; it holds from the next slot on.

        It takes the place of what was said before; `followed` is false while nothing is deployed.
        A manifest generated from now on is sized for the busiest day and campaign.
        """
        found: t.ShapeDemandAnswer = await self.call(
            "PUT", f"/api/v1/tenants/{part(tenant_id)}/demand", body=body
        )
        return found

    async def plain_demand(self, tenant_id: str) -> t.PlainDemandAnswer:
        """Let the tenant's demand be the profiles' again."""
        found: t.PlainDemandAnswer = await self.call(
            "DELETE", f"/api/v1/tenants/{part(tenant_id)}/demand"
        )
        return found

    async def deployment_status(self, tenant_id: str) -> t.DeploymentStatusAnswer:
        """How far the tenant's release has come: waves, what was created, what is pending, when.

        `estimated_completion` is from start-ups that were observed, null where none was.
        """
        found: t.DeploymentStatusAnswer = await self.call(
            "GET", f"/api/v1/tenants/{part(tenant_id)}/deployment-status"
        )
        return found

    async def last_difference(self, tenant_id: str) -> t.LastDifferenceAnswer:
        """What a deploy of the tenant's last valid manifest would change; see POST."""
        found: t.LastDifferenceAnswer = await self.call(
            "GET", f"/api/v1/tenants/{part(tenant_id)}/diff"
        )
        return found

    async def difference(
        self, tenant_id: str, body: t.Difference | None = None
    ) -> t.DifferenceAnswer:
        """What a deploy would change on the cluster, object by object and field by field.

        The server's own dry run says it: created, changed, unchanged, refused and why; then what
        would be removed. Values of secrets are not told. Nothing is written. `tenant_exists`:
        whether there is that tenant; a deploy would make it.
        """
        found: t.DifferenceAnswer = await self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/diff", body=body
        )
        return found

    async def tenant_history(
        self, tenant_id: str, *, skip: int | None = None, limit: int | None = None
    ) -> t.TenantHistoryAnswer:
        """Tell what became of a tenant, newest first: when, from which state, why. It outlives it."""
        found: t.TenantHistoryAnswer = await self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/history",
            query={"skip": skip, "limit": limit},
        )
        return found

    async def get_manifest(
        self,
        tenant_id: str,
        *,
        format: Literal["yaml", "json", "zip", "kustomize", "offline"] | None = None,
        digest: str | None = None,
        include_monitoring: bool | None = None,
        include_ingress: bool | None = None,
        namespace: str | None = None,
        cloud_provider: str | None = None,
        gpu_type: str | None = None,
        registry: str | None = None,
        include_secrets: bool | None = None,
    ) -> str | t.GetManifestAnswer | bytes:
        """Give the tenant's manifest: the one named, the last valid one, or one generated now.

        Who says what it is to include, or for which provider, gets one that is generated now.
        """
        found: str | t.GetManifestAnswer | bytes = await self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/manifest",
            query={
                "format": format,
                "digest": digest,
                "include_monitoring": include_monitoring,
                "include_ingress": include_ingress,
                "namespace": namespace,
                "cloud_provider": cloud_provider,
                "gpu_type": gpu_type,
                "registry": registry,
                "include_secrets": include_secrets,
            },
        )
        return found

    async def generate_manifest(
        self, tenant_id: str, body: t.Options | None = None
    ) -> t.GenerateManifestAnswer:
        """Generate the tenant's manifest from its counters; the tenant is created at first use."""
        found: t.GenerateManifestAnswer = await self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/manifest", body=body
        )
        return found

    async def list_monitoring_data(
        self,
        tenant_id: str,
        *,
        metric_type: str | None = None,
        limit: int | None = None,
        hours: int | None = None,
        interval: Literal["1m", "5m", "15m", "1h"] | None = None,
    ) -> t.ListMonitoringDataAnswer:
        """Return a tenant's figures of the newest hours, their means and maxima, and what was
        kept.

        `metrics` has a point an interval; `monitoring_data` the newest rows of MonitoringData.
        """
        found: t.ListMonitoringDataAnswer = await self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/monitoring",
            query={
                "metric_type": metric_type,
                "limit": limit,
                "hours": hours,
                "interval": interval,
            },
        )
        return found

    async def add_monitoring_data(self, tenant_id: str, body: t.Row) -> t.AddMonitoringDataAnswer:
        """Keep a row of MonitoringData that somebody measured, or several figures at once."""
        found: t.AddMonitoringDataAnswer = await self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/monitoring", body=body
        )
        return found

    async def list_releases(
        self, tenant_id: str, *, skip: int | None = None, limit: int | None = None
    ) -> t.ListReleasesAnswer:
        """The tenant's releases, the newest first."""
        found: t.ListReleasesAnswer = await self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/releases",
            query={"skip": skip, "limit": limit},
        )
        return found

    async def compare_releases(
        self, tenant_id: str, *, to: int, from_: int
    ) -> t.CompareReleasesAnswer:
        """What revision `to` has differently from revision `from`: objects, options, how they
        went.
        """
        found: t.CompareReleasesAnswer = await self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/releases/compare",
            query={"from": from_, "to": to},
        )
        return found

    async def get_revision(
        self, tenant_id: str, revision: int, *, objects: bool | None = None
    ) -> t.GetReleaseAnswer:
        """One release: its waves and steps, its gate, what was said of it, its start-up."""
        found: t.GetReleaseAnswer = await self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/releases/{part(revision)}",
            query={"objects": objects},
        )
        return found

    async def rollback(
        self,
        tenant_id: str,
        revision: int,
        body: t.How | None = None,
        *,
        wait: str | None = None,
        timeout: float | None = None,
    ) -> t.RollbackAnswer:
        """Back to a revision: what it was is applied once more, as a new one with the same digest.

        What came after it is pruned, but for data and what has no namespace.
        """
        found: t.RollbackAnswer = await self.call(
            "POST",
            f"/api/v1/tenants/{part(tenant_id)}/releases/{part(revision)}/rollback",
            query={"wait": wait, "timeout": timeout},
            body=body,
        )
        return found

    async def list_resources(
        self,
        tenant_id: str,
        *,
        kind: list[str] | None = None,
        selector: str | None = None,
        q: str | None = None,
        problems: bool | None = None,
        grouped: bool | None = None,
        group: str | None = None,
        sort: str | None = None,
        skip: int | None = None,
        limit: int | None = None,
        around: str | None = None,
        within: float | None = None,
        fields: str | None = None,
        if_none_match: str | None = None,
        cache_control: str | None = None,
    ) -> t.ListResourcesAnswer:
        """What is live of a tenant as nodes, and how they hang together.

        `health` is judged as Argo CD does, `reason` says why; `sync`: as `released`, `changed`
        since (the paths in `changed`), `extra` (in no release) or made by the `cluster`. What the
        release has and the cluster has not is there as `missing`. Ownership is in `owner_uid`;
        `edges` are the rest. `total` counts all objects, `matched` those that the filters leave,
        of which `nodes` are a page from `skip` on, `problems` those of them to be looked at.
        `unread`: kinds that may not be listed. The answer is a moment old at most, with `Cache-
        Control: no-cache` not even that. With `grouped`, of a tenant of more than 300 objects the
        leaves of one kind below one owner, eight and more, are one of `groups`: problems in one,
        the others in another. Edges then lead to its id; its members are asked for by `group`,
        page by page. `owners`: who owns what is told, and is not among `nodes`.
        """
        found: t.ListResourcesAnswer = await self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/resources",
            query={
                "kind": kind,
                "selector": selector,
                "q": q,
                "problems": problems,
                "grouped": grouped,
                "group": group,
                "sort": sort,
                "skip": skip,
                "limit": limit,
                "around": around,
                "within": within,
                "fields": fields,
            },
            headers={"if-none-match": if_none_match, "cache-control": cache_control},
        )
        return found

    async def merged_logs(
        self,
        tenant_id: str,
        *,
        selector: str | None = None,
        pod: list[str] | None = None,
        container: str | None = None,
        tail: int | None = None,
        previous: bool | None = None,
    ) -> t.MergedLogsAnswer:
        """The last lines of several pods as one log, in the order of their instants.

        Each line says pod and container. Of more than 20 pods the first 20 are read; `left_out`
        says how many are not. `silent`: containers without a log, and why.
        """
        found: t.MergedLogsAnswer = await self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/resources/logs",
            query={
                "selector": selector,
                "pod": pod,
                "container": container,
                "tail": tail,
                "previous": previous,
            },
        )
        return found

    async def pod_logs(
        self,
        tenant_id: str,
        name: str,
        *,
        container: str | None = None,
        tail: int | None = None,
        previous: bool | None = None,
    ) -> t.MergedLogsAnswer:
        """The last lines of a pod."""
        found: t.MergedLogsAnswer = await self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/resources/pods/{part(name)}/logs",
            query={"container": container, "tail": tail, "previous": previous},
        )
        return found

    async def one_resource(
        self,
        tenant_id: str,
        kind: str,
        name: str,
        *,
        namespace: str | None = None,
        apiversion: str | None = None,
    ) -> t.OneResourceAnswer:
        """One object: how it stands and why (`why`, with what to do), its YAML, conditions,
        Events.

        Values of Secrets are `***`. `pods`: those that it is, owns or serves.
        """
        found: t.OneResourceAnswer = await self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/resources/{part(kind)}/{part(name)}",
            query={"namespace": namespace, "apiVersion": apiversion},
        )
        return found

    async def resource_metrics(
        self,
        tenant_id: str,
        kind: str,
        name: str,
        *,
        namespace: str | None = None,
        apiversion: str | None = None,
        minutes: int | None = None,
    ) -> t.ResourceMetricsAnswer:
        """What the pods of an object use now, beside what they request: CPU, memory, restarts."""
        found: t.ResourceMetricsAnswer = await self.call(
            "GET",
            f"/api/v1/tenants/{part(tenant_id)}/resources/{part(kind)}/{part(name)}/metrics",
            query={"namespace": namespace, "apiVersion": apiversion, "minutes": minutes},
        )
        return found

    async def restart_tenant(
        self, tenant_id: str, *, confirm: str | None = None
    ) -> t.RestartTenantAnswer:
        """Make all pods anew, a few at a time, as `kubectl rollout restart` does."""
        found: t.RestartTenantAnswer = await self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/restart", query={"confirm": confirm}
        )
        return found

    async def start_tenant(
        self, tenant_id: str, *, confirm: str | None = None
    ) -> t.StartTenantAnswer:
        """Give a stopped tenant its replicas back; it is on duty again from now on."""
        found: t.StartTenantAnswer = await self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/start", query={"confirm": confirm}
        )
        return found

    async def stop_tenant(
        self, tenant_id: str, *, confirm: str | None = None
    ) -> t.StopTenantAnswer:
        """Scale the tenant's workloads to zero; every object stays, and it is off duty meanwhile.

        DaemonSets have no scale: they select a label that no node bears. Pods of their own go on,
        and are in `still_running`.
        """
        found: t.StopTenantAnswer = await self.call(
            "POST", f"/api/v1/tenants/{part(tenant_id)}/stop", query={"confirm": confirm}
        )
        return found

    async def tenant_versions(self, tenant_id: str) -> t.TenantVersionsAnswer:
        """Say which versions a tenant runs, which were chosen, and how that came to be."""
        found: t.TenantVersionsAnswer = await self.call(
            "GET", f"/api/v1/tenants/{part(tenant_id)}/versions"
        )
        return found

    async def put_tenant_versions(
        self, tenant_id: str, body: t.TenantVersions
    ) -> t.PutTenantVersionsAnswer:
        """Choose versions, and a registry, for a tenant; they are deployed as a new revision.

        One that does not start goes back by itself, unless `on_failure` says `stay`.
        """
        found: t.PutTenantVersionsAnswer = await self.call(
            "PUT", f"/api/v1/tenants/{part(tenant_id)}/versions", body=body
        )
        return found

    async def import_twin(self, body: t.NewTwin) -> t.ImportTwinAnswer:
        """Make a simulated cluster that is as a running namespace of a real one, and compare them.

        Objects, usage and events are read, nothing is changed there, no Secret is read. `figures`
        has each figure measured and simulated; `profiles` what was fitted, with samples and
        bounds.
        """
        found: t.ImportTwinAnswer = await self.call("POST", "/api/v1/twins", body=body)
        return found

    async def health(self) -> t.HealthAnswer:
        """Say that the service runs."""
        found: t.HealthAnswer = await self.call("GET", "/health")
        return found

    async def healthz(self) -> t.HealthAnswer:
        """Say that the service runs."""
        found: t.HealthAnswer = await self.call("GET", "/healthz")
        return found

    async def health_livez(self) -> t.HealthAnswer:
        """Say that the service runs."""
        found: t.HealthAnswer = await self.call("GET", "/livez")
        return found

    async def metrics(self) -> str:
        """Give the orchestrator's metrics as Prometheus text."""
        found: str = await self.call("GET", "/metrics")
        return found

    async def ready(self) -> t.ReadyAnswer:
        """Say whether the service can do its work: its stores answer."""
        found: t.ReadyAnswer = await self.call("GET", "/ready")
        return found

    async def readyz(self) -> t.ReadyAnswer:
        """Say whether the service can do its work: its stores answer."""
        found: t.ReadyAnswer = await self.call("GET", "/readyz")
        return found

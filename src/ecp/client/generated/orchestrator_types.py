"""What is sent to the orchestrator, and what it answers.

Answers are open: fields may be absent and others may come.

generated, do not edit: .venv/bin/python tools/make_api.py
"""
# ruff: noqa

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict


class ListAlertsAnswerAlertsMessage(TypedDict, total=False):
    en: str
    ko: str


class ListAlertsAnswerAlertsWhy(TypedDict, total=False):
    en: list[str]
    ko: list[str]


class ListAlertsAnswerAlertsValues(TypedDict, total=False):
    burn: str
    short_burn: str
    factor: str
    long: str
    short: str
    target: str
    tiers: list[str]
    gone_in_h: str


class ListAlertsAnswerAlerts(TypedDict, total=False):
    id: int
    fingerprint: str
    tenant_id: str
    rule: str
    subject: str
    severity: str
    state: str
    message: ListAlertsAnswerAlertsMessage
    why: ListAlertsAnswerAlertsWhy
    values: ListAlertsAnswerAlertsValues
    simulated: bool
    at: str
    began_at: str
    fired_at: str
    acknowledged_at: Any
    resolved_at: Any
    acknowledged_by: Any
    silenced_by: Any


class ListAlertsAnswer(TypedDict, total=False):
    alerts: list[ListAlertsAnswerAlerts]
    total: int


class ListDeliveriesAnswer(TypedDict, total=False):
    deliveries: list[Any]


class GetPolicyAnswerThresholdsCpuUsage(TypedDict, total=False):
    warning: int
    critical: int


class GetPolicyAnswerThresholdsDiskUsage(TypedDict, total=False):
    warning: int


class GetPolicyAnswerThresholdsResponseTime(TypedDict, total=False):
    warning: float
    critical: float


class GetPolicyAnswerThresholds(TypedDict, total=False):
    cpu_usage: GetPolicyAnswerThresholdsCpuUsage
    memory_usage: GetPolicyAnswerThresholdsCpuUsage
    gpu_usage: GetPolicyAnswerThresholdsCpuUsage
    disk_usage: GetPolicyAnswerThresholdsDiskUsage
    response_time: GetPolicyAnswerThresholdsResponseTime
    error_rate: GetPolicyAnswerThresholdsCpuUsage


class GetPolicyAnswer(TypedDict, total=False):
    tenant_id: str
    preset: str
    off: list[Any]
    thresholds: GetPolicyAnswerThresholds
    response_time_from: str


class Policy(TypedDict, total=False):
    preset: str
    off: list[str]


class BacktestRulesAnswerAlerts(TypedDict, total=False):
    severity: str
    message: ListAlertsAnswerAlertsMessage
    fired_at: str
    resolved_at: Any
    cause: str


BacktestRulesAnswer = TypedDict(
    "BacktestRulesAnswer",
    {
        "tenant_id": str,
        "rule": str,
        "off": bool,
        "from": str,
        "to": str,
        "alerts": list[BacktestRulesAnswerAlerts],
    },
    total=False,
)


class ListRoutesAnswerRoutes(TypedDict, total=False):
    id: int
    name: str
    kind: str
    target: str
    tenant_id: str
    rule: str
    severity: str
    language: str
    simulated: bool
    resolved: bool
    enabled: bool
    created_at: str


class ListRoutesAnswer(TypedDict, total=False):
    routes: list[ListRoutesAnswerRoutes]


class RouteBody(TypedDict, total=False):
    name: Required[str]
    kind: Required[
        Literal["slack", "email", "webhook", "naver-works", "dooray", "jandi", "apprise"]
    ]
    target: str | None
    tenant_id: str
    rule: str
    severity: Literal["info", "warning", "critical"]
    language: Literal["ko", "en"]
    simulated: bool
    resolved: bool
    enabled: bool


class RemoveRouteAnswer(TypedDict, total=False):
    id: int
    removed: bool


class TryRouteAnswer(TypedDict, total=False):
    id: int
    ok: bool
    milliseconds: float
    detail: str
    message: str


class ListRulesAnswerRules(TypedDict, total=False):
    rule: str
    name: str
    metric: None | str
    when: None | str


ListRulesAnswerPresetsDefaultCpuUsage = TypedDict(
    "ListRulesAnswerPresetsDefaultCpuUsage",
    {
        "warning": int,
        "for": str,
    },
    total=False,
)


class ListRulesAnswerPresetsDefault(TypedDict, total=False):
    cpu_usage: ListRulesAnswerPresetsDefaultCpuUsage
    memory_usage: ListRulesAnswerPresetsDefaultCpuUsage
    gpu_usage: ListRulesAnswerPresetsDefaultCpuUsage
    disk_usage: ListRulesAnswerPresetsDefaultCpuUsage
    response_time: ListRulesAnswerPresetsDefaultCpuUsage


ListRulesAnswerPresetsBasicCpuUsage = TypedDict(
    "ListRulesAnswerPresetsBasicCpuUsage",
    {
        "warning": int,
        "critical": int,
        "for": str,
    },
    total=False,
)


class ListRulesAnswerPresetsBasic(TypedDict, total=False):
    cpu_usage: ListRulesAnswerPresetsBasicCpuUsage
    memory_usage: ListRulesAnswerPresetsBasicCpuUsage
    gpu_usage: ListRulesAnswerPresetsBasicCpuUsage
    disk_usage: ListRulesAnswerPresetsDefaultCpuUsage
    response_time: ListRulesAnswerPresetsBasicCpuUsage
    error_rate: ListRulesAnswerPresetsBasicCpuUsage


class ListRulesAnswerPresets(TypedDict, total=False):
    default: ListRulesAnswerPresetsDefault
    basic: ListRulesAnswerPresetsBasic
    standard: ListRulesAnswerPresetsBasic
    premium: ListRulesAnswerPresetsBasic
    enterprise: ListRulesAnswerPresetsBasic


class ListRulesAnswerMetrics(TypedDict, total=False):
    cpu_usage: str
    memory_usage: str
    gpu_usage: str
    disk_usage: str
    response_time: str
    error_rate: str
    request_rate: str
    availability: str
    uptime_percentage: str


class ListRulesAnswer(TypedDict, total=False):
    rules: list[ListRulesAnswerRules]
    presets: ListRulesAnswerPresets
    metrics: ListRulesAnswerMetrics
    pushed: str


class ListSilencesAnswerSilencesMatchers(TypedDict, total=False):
    tenant_id: str
    rule: str


class ListSilencesAnswerSilences(TypedDict, total=False):
    id: int
    matchers: ListSilencesAnswerSilencesMatchers
    until: str
    who: str
    why: str
    created_at: str
    ended_at: Any
    active: bool


class ListSilencesAnswer(TypedDict, total=False):
    silences: list[ListSilencesAnswerSilences]


class SilenceBody(TypedDict, total=False):
    matchers: Required[dict[str, str]]
    until: str | None
    duration: str | None
    who: str
    why: Required[str]


class EndSilenceAnswer(TypedDict, total=False):
    id: int
    ended: bool


class GetAlertAnswerHistory(TypedDict, total=False):
    id: int
    alert_id: int
    at: str
    what: str
    who: str
    detail: str


class GetAlertAnswer(TypedDict, total=False):
    id: int
    fingerprint: str
    tenant_id: str
    rule: str
    subject: str
    severity: str
    state: str
    message: ListAlertsAnswerAlertsMessage
    why: ListAlertsAnswerAlertsWhy
    values: ListAlertsAnswerAlertsValues
    simulated: bool
    at: str
    began_at: str
    fired_at: str
    acknowledged_at: Any
    resolved_at: Any
    acknowledged_by: Any
    silenced_by: Any
    history: list[GetAlertAnswerHistory]
    deliveries: list[Any]


class Acknowledgement(TypedDict, total=False):
    who: str
    note: str


class AcknowledgeAnswer(TypedDict, total=False):
    id: int
    fingerprint: str
    tenant_id: str
    rule: str
    subject: str
    severity: str
    state: str
    message: ListAlertsAnswerAlertsMessage
    why: ListAlertsAnswerAlertsWhy
    values: ListAlertsAnswerAlertsValues
    simulated: bool
    at: str
    began_at: str
    fired_at: str
    acknowledged_at: str
    resolved_at: Any
    acknowledged_by: str
    silenced_by: Any
    history: list[GetAlertAnswerHistory]
    deliveries: list[Any]


class ListAuditAnswerEntries(TypedDict, total=False):
    id: int
    at: str
    actor: str
    actor_from: str
    address: str
    user_agent: str
    action: str
    summary: str
    outcome: str
    status: int
    code: Any
    method: str
    route: str
    tenant_id: str
    target: str
    target_name: str
    refs: dict[str, Any]
    request_id: str
    duration_ms: float


class ListAuditAnswer(TypedDict, total=False):
    entries: list[ListAuditAnswerEntries]
    total: int
    next_cursor: int


class ListActionsAnswerActions(TypedDict, total=False):
    action: str
    calls: list[str]


class ListActionsAnswer(TypedDict, total=False):
    actions: list[ListActionsAnswerActions]


class DemoStatusAnswerTenants(TypedDict, total=False):
    tenant_id: str
    name: str
    state: str
    description: str


class DemoStatusAnswerIncident(TypedDict, total=False):
    tenant_id: str
    fault: str
    target: str
    at: str
    seconds: int


class DemoStatusAnswerToMend(TypedDict, total=False):
    tenant_id: str
    manifest: str


class DemoStatusAnswer(TypedDict, total=False):
    state: str
    made_at: str
    progress: float
    detail: str
    days: int
    seed: int
    start: str
    now: str
    tenants: list[DemoStatusAnswerTenants]
    incident: DemoStatusAnswerIncident
    to_mend: DemoStatusAnswerToMend
    header: str
    evidence: str


class Wanted(TypedDict, total=False):
    days: int
    seed: int
    start: str | None


class MakeDemoAnswer(TypedDict, total=False):
    state: str
    made_at: str
    progress: float
    detail: str
    days: int
    seed: int
    start: str
    now: Any
    tenants: list[Any]
    incident: DemoStatusAnswerIncident
    to_mend: DemoStatusAnswerToMend
    header: str
    evidence: str


class ListKindsAnswerFaultsParameters(TypedDict, total=False):
    load_percent: int
    workers: int
    percent: int
    delay_ms: int
    percent_a_minute: int
    a_minute: str
    size: str
    patterns: str
    latency_ms: int
    port: int
    rate: str
    corrupt_percent: int
    duplicate_percent: int
    loss_percent: int
    count: int
    kind: str
    respect_pdb: bool
    offset: str
    exit_code: int
    container: str
    grace_period: int
    tag: str
    reason: str
    resource: str
    shape: str
    ramp_up: str
    ramp_down: str


class ListKindsAnswerFaultsTakes(TypedDict, total=False):
    load_percent: str
    workers: str
    percent: str
    delay_ms: str
    percent_a_minute: str
    a_minute: str
    size: str
    patterns: str
    latency_ms: str
    port: str
    rate: str
    corrupt_percent: str
    duplicate_percent: str
    loss_percent: str
    count: str
    kind: str
    respect_pdb: str
    offset: str
    exit_code: str
    container: str
    grace_period: str
    tag: str
    reason: str
    resource: str
    shape: str
    ramp_up: str
    ramp_down: str


class ListKindsAnswerFaultsInputsLoadPercent(TypedDict, total=False):
    type: str
    default: int
    least: int
    most: int
    among: list[Any]


class ListKindsAnswerFaultsInputsAMinute(TypedDict, total=False):
    type: str
    default: str
    least: Any
    most: Any
    among: list[Any]


class ListKindsAnswerFaultsInputsCorruptPercent(TypedDict, total=False):
    type: str
    default: int
    least: Any
    most: Any
    among: list[Any]


class ListKindsAnswerFaultsInputsKind(TypedDict, total=False):
    type: str
    default: str
    least: Any
    most: Any
    among: list[str]


class ListKindsAnswerFaultsInputsRespectPdb(TypedDict, total=False):
    type: str
    default: bool
    least: Any
    most: Any
    among: list[Any]


class ListKindsAnswerFaultsInputs(TypedDict, total=False):
    load_percent: ListKindsAnswerFaultsInputsLoadPercent
    workers: ListKindsAnswerFaultsInputsLoadPercent
    percent: ListKindsAnswerFaultsInputsLoadPercent
    delay_ms: ListKindsAnswerFaultsInputsLoadPercent
    percent_a_minute: ListKindsAnswerFaultsInputsLoadPercent
    a_minute: ListKindsAnswerFaultsInputsAMinute
    size: ListKindsAnswerFaultsInputsAMinute
    patterns: ListKindsAnswerFaultsInputsAMinute
    latency_ms: ListKindsAnswerFaultsInputsLoadPercent
    port: ListKindsAnswerFaultsInputsLoadPercent
    rate: ListKindsAnswerFaultsInputsAMinute
    corrupt_percent: ListKindsAnswerFaultsInputsCorruptPercent
    duplicate_percent: ListKindsAnswerFaultsInputsCorruptPercent
    loss_percent: ListKindsAnswerFaultsInputsCorruptPercent
    count: ListKindsAnswerFaultsInputsLoadPercent
    kind: ListKindsAnswerFaultsInputsKind
    respect_pdb: ListKindsAnswerFaultsInputsRespectPdb
    offset: ListKindsAnswerFaultsInputsAMinute
    exit_code: ListKindsAnswerFaultsInputsLoadPercent
    container: ListKindsAnswerFaultsInputsAMinute
    grace_period: ListKindsAnswerFaultsInputsLoadPercent
    tag: ListKindsAnswerFaultsInputsAMinute
    reason: ListKindsAnswerFaultsInputsKind
    resource: ListKindsAnswerFaultsInputsKind
    shape: ListKindsAnswerFaultsInputsKind
    ramp_up: ListKindsAnswerFaultsInputsAMinute
    ramp_down: ListKindsAnswerFaultsInputsAMinute


class ListKindsAnswerFaultsChaos(TypedDict, total=False):
    kind: str
    action: None | str


class ListKindsAnswerFaultsExpect(TypedDict, total=False):
    observe: str
    within: str
    text: ListAlertsAnswerAlertsMessage


ListKindsAnswerFaults = TypedDict(
    "ListKindsAnswerFaults",
    {
        "name": str,
        "title": ListAlertsAnswerAlertsMessage,
        "because": ListAlertsAnswerAlertsMessage,
        "target": str,
        "parameters": ListKindsAnswerFaultsParameters,
        "takes": ListKindsAnswerFaultsTakes,
        "inputs": ListKindsAnswerFaultsInputs,
        "chaos": ListKindsAnswerFaultsChaos,
        "mode": str,
        "duration": None | str,
        "expect": list[ListKindsAnswerFaultsExpect],
        "source": ListAlertsAnswerAlertsMessage,
        "class": str,
    },
    total=False,
)


class ListKindsAnswerBackgroundSource(TypedDict, total=False):
    mtbf: str
    mttr: str


class ListKindsAnswerBackground(TypedDict, total=False):
    name: str
    fault: str
    per: str
    mtbf: str
    mttr: None | str
    source: ListKindsAnswerBackgroundSource
    source_ko: ListKindsAnswerBackgroundSource


class ListKindsAnswer(TypedDict, total=False):
    faults: list[ListKindsAnswerFaults]
    classes: list[str]
    background: list[ListKindsAnswerBackground]


class ListImagesAnswerImagesFactsSize(TypedDict, total=False):
    value: str
    source: str


class ListImagesAnswerImagesFacts(TypedDict, total=False):
    size: ListImagesAnswerImagesFactsSize
    start: ListImagesAnswerImagesFactsSize
    memory: ListImagesAnswerImagesFactsSize
    cpu: ListImagesAnswerImagesFactsSize
    stop: ListImagesAnswerImagesFactsSize


class ListImagesAnswerImages(TypedDict, total=False):
    service: str
    version: str
    image: str
    facts: ListImagesAnswerImagesFacts
    note: str
    created_at: str


class ListImagesAnswer(TypedDict, total=False):
    images: list[ListImagesAnswerImages]
    total: int
    services: list[str]


class ListRegistriesAnswerRegistries(TypedDict, total=False):
    name: str
    host: str
    prefix: str
    rewrites: str
    username: str
    password: str
    created_at: str


class ListRegistriesAnswer(TypedDict, total=False):
    registries: list[ListRegistriesAnswerRegistries]


class RegistryBody(TypedDict, total=False):
    host: Required[str]
    prefix: str
    rewrites: str
    username: str
    password: str | None


class RemoveRegistryAnswer(TypedDict, total=False):
    name: str
    deleted: bool


class VersionBody(TypedDict, total=False):
    version: Required[str]
    image: Required[str]
    facts: dict[str, str]
    note: str


class RemoveVersionAnswer(TypedDict, total=False):
    service: str
    version: str
    deleted: bool


class GetTermsAnswer(TypedDict, total=False):
    tenant_id: str
    currency: str
    revenue_per_request: float
    requests_per_session: float


class Terms(TypedDict, total=False):
    currency: Literal["KRW", "USD"] | None
    revenue_per_request: float | None
    requests_per_session: float | None
    session_seconds: float | None


class ComparisonAnswerTenantsBusiness(TypedDict, total=False):
    business_requests: int
    business_requests_good: int
    interval_seconds: int
    revenue: float
    currency: str


class ComparisonAnswerTenants(TypedDict, total=False):
    tenant_id: str
    preset: str
    target_sla: float
    minutes: int
    uptime_percentage: float
    downtime_seconds: int
    evidence: str
    cpu_usage: float
    memory_usage: float
    response_time: float
    error_rate: float
    request_rate: float
    business: ComparisonAnswerTenantsBusiness


class ComparisonAnswerUnits(TypedDict, total=False):
    cpu_usage: str
    memory_usage: str
    response_time: str
    error_rate: str
    request_rate: str


class ComparisonAnswer(TypedDict, total=False):
    hours: int
    order: str
    tenants: list[ComparisonAnswerTenants]
    total: int
    units: ComparisonAnswerUnits
    evidence: str


StatisticsAnswerWindow = TypedDict(
    "StatisticsAnswerWindow",
    {
        "from": str,
        "to": str,
        "minutes": int,
    },
    total=False,
)


class StatisticsAnswerStatisticsCpuUsage(TypedDict, total=False):
    unit: str
    count: int
    mean: float
    min: float
    max: float
    p95: float


class StatisticsAnswerStatisticsResponseTime(TypedDict, total=False):
    unit: str
    count: int
    mean: float
    min: int
    max: int
    p95: int


class StatisticsAnswerStatistics(TypedDict, total=False):
    cpu_usage: StatisticsAnswerStatisticsCpuUsage
    memory_usage: StatisticsAnswerStatisticsCpuUsage
    response_time: StatisticsAnswerStatisticsResponseTime
    error_rate: StatisticsAnswerStatisticsCpuUsage
    request_rate: StatisticsAnswerStatisticsCpuUsage


StatisticsAnswerSeries = TypedDict(
    "StatisticsAnswerSeries",
    {
        "from": str,
        "minutes": int,
        "cpu_usage": float,
        "memory_usage": float,
        "response_time": float,
        "error_rate": float,
        "request_rate": float,
    },
    total=False,
)


class StatisticsAnswer(TypedDict, total=False):
    tenant_id: str
    hours: int
    window: StatisticsAnswerWindow
    statistics: StatisticsAnswerStatistics
    business: ComparisonAnswerTenantsBusiness
    interval_minutes: int
    series: list[StatisticsAnswerSeries]
    evidence: str


class SystemAnswerNodes(TypedDict, total=False):
    cluster: str
    total: int
    ready: int


class SystemAnswerCpu(TypedDict, total=False):
    total: int
    used: int
    utilization: float
    measured: int
    unit: str


class SystemAnswerGpu(TypedDict, total=False):
    total: int
    used: int
    utilization: float
    measured: Any
    unit: str


class SystemAnswer(TypedDict, total=False):
    timestamp: str
    status: str
    nodes: list[SystemAnswerNodes]
    cpu: SystemAnswerCpu
    memory: SystemAnswerCpu
    gpu: SystemAnswerGpu
    storage: SystemAnswerGpu
    tenants: int
    mode: str
    evidence: str


class ListPresetsAnswerPresetsCounters(TypedDict, total=False):
    callbot: int
    chatbot: int
    advisor: int
    stt: int
    tts: int
    ta: int
    qa: int


class ListPresetsAnswerPresets(TypedDict, total=False):
    name: str
    channels: int | None
    users: int | None
    counters: ListPresetsAnswerPresetsCounters
    sla_target: float
    source: str


class ListPresetsAnswer(TypedDict, total=False):
    presets: list[ListPresetsAnswerPresets]
    gpu_types: list[str]
    cloud_providers: list[str]


class ListRehearsalsAnswerRehearsalsProgress(TypedDict, total=False):
    done: int
    runs: int
    share: float


class ListRehearsalsAnswerRehearsalsVerdict(TypedDict, total=False):
    passed: bool
    exit_code: int
    as_expected: bool
    digest: str


class ListRehearsalsAnswerRehearsalsLinks(TypedDict, total=False):
    self: str
    report: str


class ListRehearsalsAnswerRehearsals(TypedDict, total=False):
    rehearsal_id: int
    name: str
    kind: str
    state: str
    progress: ListRehearsalsAnswerRehearsalsProgress
    created_at: str
    ended_at: str
    verdict: ListRehearsalsAnswerRehearsalsVerdict
    detail: Any
    links: ListRehearsalsAnswerRehearsalsLinks


class ListRehearsalsAnswer(TypedDict, total=False):
    rehearsals: list[ListRehearsalsAnswerRehearsals]
    total: int
    skip: int
    limit: int


class NewRehearsal(TypedDict, total=False):
    scenario: Required[str | dict[str, Any]]
    files: dict[str, str]
    grid: str | list[dict[str, Any]] | None
    runs: int
    assumptions: bool | None
    seed: int | None


class RehearseAnswer(TypedDict, total=False):
    rehearsal_id: int
    name: str
    kind: str
    state: str
    progress: ListRehearsalsAnswerRehearsalsProgress
    created_at: str
    ended_at: Any
    verdict: Any
    detail: Any
    links: ListRehearsalsAnswerRehearsalsLinks


CheckAnswerVariants = TypedDict(
    "CheckAnswerVariants",
    {
        "name": str,
        "scenario": str,
        "title": ListAlertsAnswerAlertsMessage,
        "cluster": str,
        "for": str,
        "seed": int,
        "target_ppm": int,
        "demand": Any,
        "faults": list[str],
        "hypotheses": list[str],
        "expect": str,
        "target": float,
        "seconds": float,
    },
    total=False,
)


class CheckAnswerEstimate(TypedDict, total=False):
    seconds: float
    low_seconds: float
    high_seconds: float
    from_rehearsals: int


class CheckAnswer(TypedDict, total=False):
    name: str
    kind: str
    runs: int
    variants: list[CheckAnswerVariants]
    simulated_seconds: float
    at_a_time: int
    estimate: None | CheckAnswerEstimate


class ListSamplesAnswerSamples(TypedDict, total=False):
    name: str
    title: ListAlertsAnswerAlertsMessage
    scenario: str
    runs: int


class ListSamplesAnswer(TypedDict, total=False):
    samples: list[ListSamplesAnswerSamples]


class GetRehearsalAnswer(TypedDict, total=False):
    rehearsal_id: int
    name: str
    kind: str
    state: str
    progress: ListRehearsalsAnswerRehearsalsProgress
    created_at: str
    ended_at: None | str
    verdict: None | ListRehearsalsAnswerRehearsalsVerdict
    detail: Any
    links: ListRehearsalsAnswerRehearsalsLinks


class ForgetRehearsalAnswer(TypedDict, total=False):
    rehearsal_id: int
    forgotten: bool


class Again(TypedDict, total=False):
    seed: int | None
    variant: str
    assumptions: bool | None


CompareAnswerFirst = TypedDict(
    "CompareAnswerFirst",
    {
        "name": str,
        "scenario": str,
        "title": ListAlertsAnswerAlertsMessage,
        "cluster": str,
        "for": str,
        "seed": int,
        "target_ppm": int,
        "demand": Any,
        "faults": list[str],
        "hypotheses": list[str],
        "expect": str,
        "target": float,
        "seconds": float,
        "rehearsal_id": int,
    },
    total=False,
)


class CompareAnswerDigests(TypedDict, total=False):
    first: str
    second: str


class CompareAnswerFirstDifference(TypedDict, total=False):
    path: str
    first: str
    second: str


class CompareAnswer(TypedDict, total=False):
    first: CompareAnswerFirst
    second: CompareAnswerFirst
    pairs: list[Any]
    difference: Any
    better: int
    worse: int
    same: int
    digests: CompareAnswerDigests
    identical: bool
    first_difference: CompareAnswerFirstDifference


class CancelRehearsalAnswer(TypedDict, total=False):
    rehearsal_id: int
    name: str
    kind: str
    state: str
    progress: ListRehearsalsAnswerRehearsalsProgress
    created_at: str
    ended_at: str
    verdict: Any
    detail: Any
    links: ListRehearsalsAnswerRehearsalsLinks


class GetCourseAnswerHypotheses(TypedDict, total=False):
    text: str
    status: str
    evidence: str


GetCourseAnswerFaults = TypedDict(
    "GetCourseAnswerFaults",
    {
        "id": str,
        "fault": str,
        "name": str,
        "asked": str,
        "targets": list[str],
        "from": int,
        "to": int,
        "took": bool,
        "seen": list[str],
        "lost_seconds": int,
        "recovery_seconds": int,
    },
    total=False,
)


class GetCourseAnswerShort(TypedDict, total=False):
    count: int
    seconds: int


class GetCourseAnswerSeries(TypedDict, total=False):
    failed_percent: list[Any]
    p95_ms: list[Any]
    requests_per_second: list[Any]
    replicas: dict[str, list[list[int]]]


GetCourseAnswer = TypedDict(
    "GetCourseAnswer",
    {
        "evidence": str,
        "looked": str,
        "seed": int,
        "from": str,
        "seconds": int,
        "target": float,
        "availability": float,
        "down_seconds": int,
        "allowed_seconds": float,
        "remaining_seconds": float,
        "down": list[list[int]],
        "hypotheses": list[GetCourseAnswerHypotheses],
        "problems": list[Any],
        "causes": list[list[int | str]],
        "faults": list[GetCourseAnswerFaults],
        "failures": list[Any],
        "short": GetCourseAnswerShort,
        "worst": Any,
        "series": GetCourseAnswerSeries,
    },
    total=False,
)


RehearsalReportAnswerInput = TypedDict(
    "RehearsalReportAnswerInput",
    {
        "scenario": str,
        "title": ListAlertsAnswerAlertsMessage,
        "sources": list[list[str]],
        "cluster": str,
        "for": str,
        "seed": int,
        "target_ppm": int,
        "demand": Any,
        "faults": list[str],
        "changes": list[Any],
        "hypotheses": list[str],
        "expect": str,
    },
    total=False,
)


class RehearsalReportAnswerVerdict(TypedDict, total=False):
    passed: bool
    exit_code: int
    expected: str
    as_expected: bool
    causes: list[Any]


class RehearsalReportAnswerHypotheses(TypedDict, total=False):
    text: str
    status: str
    value: int
    evidence: str


class RehearsalReportAnswerLevelsSlaRequests(TypedDict, total=False):
    good: int
    total: int
    excess: int
    excess_percent: Any


RehearsalReportAnswerLevelsSlaWindow = TypedDict(
    "RehearsalReportAnswerLevelsSlaWindow",
    {
        "from": str,
        "to": str,
        "until": str,
        "type": str,
        "timezone": str,
    },
    total=False,
)


class RehearsalReportAnswerLevelsSlaErrorBudget(TypedDict, total=False):
    allowed_seconds: float
    consumed_seconds: int
    remaining_seconds: float
    remaining_pct: float
    burn: float
    burn_rate: dict[str, float]
    tiers: list[Any]
    exhaustion_seconds: int
    exhaustion_at: str
    overspent_since: str
    exhaustion_assumes: str


class RehearsalReportAnswerLevelsSlaBounds(TypedDict, total=False):
    unknown_all_up: dict[str, Any]
    unknown_all_down: dict[str, Any]


class RehearsalReportAnswerLevelsSlaPolicies(TypedDict, total=False):
    unknown: str
    maintenance: str


class RehearsalReportAnswerLevelsSlaClock(TypedDict, total=False):
    basis: str
    pace: Any
    wall_time: Any


class RehearsalReportAnswerLevelsSla(TypedDict, total=False):
    tenant_id: str
    service: str
    current_sla: float
    target_sla: float
    status: str
    uptime_percentage: float
    availability: float
    availability_basis: str
    sla_raw: float
    sla_adjusted: float
    requests: RehearsalReportAnswerLevelsSlaRequests
    period: str
    window: RehearsalReportAnswerLevelsSlaWindow
    eligible_seconds: int
    uptime_seconds: int
    downtime_seconds: int
    downtime_minutes: float
    maintenance_seconds: int
    unknown_seconds: int
    off_duty_seconds: int
    excluded_seconds: int
    observed_seconds: int
    provisional: bool
    coverage: float
    current_state: str
    in_maintenance: bool
    failure_count: int
    recovery_time_avg: Any
    mtbf_seconds: Any
    mttd_seconds: Any
    open_incidents: int
    overlapping_incidents: int
    incident_seconds: int
    incidents: list[Any]
    micro_outages: GetCourseAnswerShort
    error_budget: RehearsalReportAnswerLevelsSlaErrorBudget
    alerts: list[Any]
    bounds: RehearsalReportAnswerLevelsSlaBounds
    governing: str
    slice_seconds: int
    slo_version: int
    policies: RehearsalReportAnswerLevelsSlaPolicies
    evidence: str
    clock: RehearsalReportAnswerLevelsSlaClock


class RehearsalReportAnswerLevels(TypedDict, total=False):
    workload: None | str
    evidence: str
    sla: RehearsalReportAnswerLevelsSla


class RehearsalReportAnswerSeries(TypedDict, total=False):
    seconds: int
    down: list[list[int]]
    replicas: dict[str, list[list[int]]]
    requests_per_second: list[Any]
    p95_ms: list[Any]


class RehearsalReportAnswerNotModelled(TypedDict, total=False):
    id: str
    direction: str
    text: str


class RehearsalReportAnswerAssumptionsFiguresAtLow(TypedDict, total=False):
    exit_code: int
    margins: list[dict[str, Any]]
    digest: str
    causes: list[Any]


class RehearsalReportAnswerAssumptionsFigures(TypedDict, total=False):
    of: str
    field: str
    value: int
    low: int
    high: int
    source: str
    own_bounds: bool
    flips: bool
    swing: float
    at_low: RehearsalReportAnswerAssumptionsFiguresAtLow
    at_high: RehearsalReportAnswerAssumptionsFiguresAtLow


class RehearsalReportAnswerAssumptionsBaseMargins(TypedDict, total=False):
    claim: str
    status: str
    left: float


class RehearsalReportAnswerAssumptionsBase(TypedDict, total=False):
    exit_code: int
    margins: list[RehearsalReportAnswerAssumptionsBaseMargins]
    digest: str
    causes: list[Any]


class RehearsalReportAnswerAssumptions(TypedDict, total=False):
    asked: Any
    figures: list[RehearsalReportAnswerAssumptionsFigures]
    tried: bool
    base: RehearsalReportAnswerAssumptionsBase
    flips: list[Any]


class RehearsalReportAnswerRehearsalValidationDocuments(TypedDict, total=False):
    object: dict[str, Any]
    verdict: str
    code: int
    reason: str
    message: str


class RehearsalReportAnswerRehearsalValidationFindings(TypedDict, total=False):
    severity: str
    rule: str
    title: str
    message: str
    message_ko: str
    path: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    object: dict[str, Any]
    document: int
    remedy: str
    docs: list[str]


class RehearsalReportAnswerRehearsalValidationSummary(TypedDict, total=False):
    documents: int
    refused: int
    error: int
    broken: int
    warning: int
    kinds: dict[str, Any]
    pods: int
    cpu: str
    memory: str
    gpu: int
    storage: str


class RehearsalReportAnswerRehearsalValidation(TypedDict, total=False):
    valid: bool
    kubernetes_version: str
    documents: list[RehearsalReportAnswerRehearsalValidationDocuments]
    findings: list[RehearsalReportAnswerRehearsalValidationFindings]
    summary: RehearsalReportAnswerRehearsalValidationSummary


class RehearsalReportAnswerRehearsalDeployApplied(TypedDict, total=False):
    object: str
    namespace: str


class RehearsalReportAnswerRehearsalDeploy(TypedDict, total=False):
    at: str
    applied: list[RehearsalReportAnswerRehearsalDeployApplied]
    refused: list[Any]
    not_simulated: list[Any]


class RehearsalReportAnswerRehearsalStartupConditions(TypedDict, total=False):
    workloads_available: dict[str, Any]
    services_with_endpoints: dict[str, Any]
    dependencies_answering: dict[str, Any]
    entry_requests_served: dict[str, Any]


class RehearsalReportAnswerRehearsalStartupWorkloads(TypedDict, total=False):
    object: str
    namespace: str
    available_after: float


class RehearsalReportAnswerRehearsalStartupServices(TypedDict, total=False):
    object: str
    namespace: str
    endpoints_after: float
    listened_later_by: float


class RehearsalReportAnswerRehearsalStartupEntries(TypedDict, total=False):
    object: str
    namespace: str
    served_after: float


class RehearsalReportAnswerRehearsalStartup(TypedDict, total=False):
    confirmed: bool
    seconds: float
    deadline_seconds: int
    conditions: RehearsalReportAnswerRehearsalStartupConditions
    workloads: list[RehearsalReportAnswerRehearsalStartupWorkloads]
    services: list[RehearsalReportAnswerRehearsalStartupServices]
    entries: list[RehearsalReportAnswerRehearsalStartupEntries]
    troubles: list[Any]


RehearsalReportAnswerRehearsalProbes = TypedDict(
    "RehearsalReportAnswerRehearsalProbes",
    {
        "from": str,
        "to": str,
        "slot_seconds": int,
        "not_probed": list[Any],
    },
    total=False,
)


class RehearsalReportAnswerRehearsalCalls(TypedDict, total=False):
    refused: list[Any]
    outside: list[Any]


class RehearsalReportAnswerRehearsalFaultsOrigin(TypedDict, total=False):
    kind: str


class RehearsalReportAnswerRehearsalFaultsParameters(TypedDict, total=False):
    exit_code: int
    container: str


class RehearsalReportAnswerRehearsalFaultsSeen(TypedDict, total=False):
    at: str
    after_seconds: float


class RehearsalReportAnswerRehearsalFaultsProof(TypedDict, total=False):
    observe: str
    expected: float
    observed: float
    unit: str
    verdict: str
    within_seconds: float
    after_seconds: float


class RehearsalReportAnswerRehearsalFaultsHits(TypedDict, total=False):
    pod: str
    hit_at: str
    unready_at: str
    ready_at: str
    gone_at: Any
    seconds: float


class RehearsalReportAnswerRehearsalFaults(TypedDict, total=False):
    asked: str
    id: str
    fault: str
    origin: RehearsalReportAnswerRehearsalFaultsOrigin
    targets: list[str]
    namespaces: list[str]
    parameters: RehearsalReportAnswerRehearsalFaultsParameters
    started_at: str
    until: Any
    ended_at: str
    took_effect: bool
    seen: dict[str, RehearsalReportAnswerRehearsalFaultsSeen]
    verdict: str
    proof: list[RehearsalReportAnswerRehearsalFaultsProof]
    pods: list[str]
    hits: list[RehearsalReportAnswerRehearsalFaultsHits]
    workloads: list[str]
    recovered_at: str
    recovery_seconds: float
    problem: Any
    stopped_by: Any
    steady_state: Any
    lost_seconds: dict[str, int]
    bundle_lost_seconds: int
    single_replicas: list[Any]


class RehearsalReportAnswerRehearsalSlaBundle(TypedDict, total=False):
    workload: Any
    services: list[str]
    met: bool
    reasons: list[dict[str, Any]]
    sla: dict[str, Any]


class RehearsalReportAnswerRehearsalSlaWorkloads(TypedDict, total=False):
    workload: str
    services: list[str]
    met: bool
    reasons: list[dict[str, Any]]
    sla: dict[str, Any]


class RehearsalReportAnswerRehearsalSla(TypedDict, total=False):
    target: float
    bundle: RehearsalReportAnswerRehearsalSlaBundle
    workloads: list[RehearsalReportAnswerRehearsalSlaWorkloads]


RehearsalReportAnswerRehearsal = TypedDict(
    "RehearsalReportAnswerRehearsal",
    {
        "version": int,
        "evidence": str,
        "seed": int,
        "model": str,
        "validation": RehearsalReportAnswerRehearsalValidation,
        "for": str,
        "deploy": RehearsalReportAnswerRehearsalDeploy,
        "startup": RehearsalReportAnswerRehearsalStartup,
        "probes": RehearsalReportAnswerRehearsalProbes,
        "calls": RehearsalReportAnswerRehearsalCalls,
        "faults": list[RehearsalReportAnswerRehearsalFaults],
        "sla": RehearsalReportAnswerRehearsalSla,
        "notes": list[str],
    },
    total=False,
)


class RehearsalReportAnswer(TypedDict, total=False):
    kind: str
    version: int
    engine: str
    language: str
    input: RehearsalReportAnswerInput
    verdict: RehearsalReportAnswerVerdict
    hypotheses: list[RehearsalReportAnswerHypotheses]
    levels: list[RehearsalReportAnswerLevels]
    series: RehearsalReportAnswerSeries
    not_modelled: list[RehearsalReportAnswerNotModelled]
    assumptions: RehearsalReportAnswerAssumptions
    rehearsal: RehearsalReportAnswerRehearsal


class ListRunsAnswerRuns(TypedDict, total=False):
    variant: str
    seed: int
    exit_code: int
    failures: int
    ready_seconds: Any
    recovery_seconds: Any
    causes: list[Any]
    hypotheses: list[list[int | str]]
    availability: float
    down_seconds: int
    seen_seconds: int


class ListRunsAnswerForecastsKept(TypedDict, total=False):
    hits: int
    value: float
    low: float
    high: float


class ListRunsAnswerForecastsAvailability(TypedDict, total=False):
    value: float
    low: float
    high: float
    runs: int


class ListRunsAnswerForecasts(TypedDict, total=False):
    variant: str
    runs: int
    seeds: list[int]
    kept: ListRunsAnswerForecastsKept
    availability: ListRunsAnswerForecastsAvailability
    allowed_seconds: float
    left_seconds: ListRunsAnswerForecastsAvailability


class ListRunsAnswer(TypedDict, total=False):
    rehearsal_id: int
    variants: list[CheckAnswerVariants]
    runs: list[ListRunsAnswerRuns]
    forecasts: list[ListRunsAnswerForecasts]
    not_modelled: list[RehearsalReportAnswerNotModelled]
    evidence: str


class GetReleaseAnswerWaves(TypedDict, total=False):
    wave: str
    state: str
    objects: int
    applied: int
    ready: int
    desired: int
    applied_at: str
    ready_at: Any
    awaits: list[Any]


class GetReleaseAnswerLogs(TypedDict, total=False):
    sequence: int
    timestamp: str
    message: str


class GetReleaseAnswerSteps(TypedDict, total=False):
    action: str
    apiVersion: str
    kind: str
    namespace: str
    name: str
    state: str
    detail: str


class GetReleaseAnswerMessages(TypedDict, total=False):
    v: int
    topic: str
    sequence: int
    timestamp: str
    deployment_id: str
    tenant_id: str
    revision: int
    kind: str
    digest: str
    wave: str
    objects: int


class GetReleaseAnswer(TypedDict, total=False):
    deployment_id: str
    revision: int
    phase: str
    release_digest: str
    manifest_digest: str
    began: str
    attempt: int
    sent_at: str
    created_at: str
    detail: str
    tenant_id: str
    started: bool
    confirmed_at: Any
    seconds: Any
    rollback: Any
    gate: Any
    waves_mode: str
    on_failure: str
    progress: float
    waves: list[GetReleaseAnswerWaves]
    estimate: Any
    estimated_completion: Any
    logs: list[GetReleaseAnswerLogs]
    steps: list[GetReleaseAnswerSteps]
    startup: Any
    messages: list[GetReleaseAnswerMessages]


class ListSchemasAnswerKinds(TypedDict, total=False):
    api_version: str
    kind: str


class ListSchemasAnswer(TypedDict, total=False):
    kubernetes_version: str
    kinds: list[ListSchemasAnswerKinds]


class ExplainFieldAnswerFields(TypedDict, total=False):
    name: str
    type: str
    description: str
    required: bool
    enum: list[str]
    default: Any


class ExplainFieldAnswer(TypedDict, total=False):
    kubernetes_version: str
    source: str
    api_version: str
    kind: str
    path: str
    name: str
    type: str
    description: str
    required: bool
    enum: list[Any]
    default: Any
    of_map: bool
    fields: list[ExplainFieldAnswerFields]


class GetSettingsAnswer(TypedDict, total=False):
    deploymentMethod: str
    deploymentEndpoint: str
    simulatorUrl: str
    validationStrict: bool
    monitoringStack: str
    customApiEndpoint: str
    slaTarget: float
    realTimeMonitoring: bool
    dataCollectionInterval: float
    kubeconfig: str
    kubeContext: str
    clusterUrl: str
    clusterReadOnly: bool
    auditDays: int
    auditEntries: int


class Settings(TypedDict, total=False):
    deploymentMethod: Literal["k8s-simulator", "kubernetes"]
    deploymentEndpoint: str
    simulatorUrl: str
    validationStrict: bool
    monitoringStack: Literal["custom"]
    customApiEndpoint: str
    slaTarget: float
    realTimeMonitoring: bool
    dataCollectionInterval: float
    kubeconfig: str
    kubeContext: str
    clusterUrl: str
    clusterReadOnly: bool
    auditDays: int
    auditEntries: int


class EffectiveSettingsAnswerSettings(TypedDict, total=False):
    name: str
    value: bool | None | float | str
    source: str
    variable: None | str
    stored: None | float
    default: bool | None | float | str


class EffectiveSettingsAnswer(TypedDict, total=False):
    settings: list[EffectiveSettingsAnswerSettings]


class Connections(TypedDict, total=False):
    deploymentEndpoint: str | None
    simulatorUrl: str | None
    customApiEndpoint: str | None
    deploymentMethod: Literal["k8s-simulator", "kubernetes"] | None
    kubeconfig: str | None
    kubeContext: str | None
    clusterUrl: str | None


class TryConnectionsAnswerConnections(TypedDict, total=False):
    setting: str
    url: str
    asked: str
    ok: bool
    answered_by: Any
    status: Any
    milliseconds: Any
    message: str
    remedy: str


class TryConnectionsAnswer(TypedDict, total=False):
    ok: bool
    connections: list[TryConnectionsAnswerConnections]


class Burn(TypedDict, total=False):
    rate: float
    window_s: float
    least_s: float


class Gate(TypedDict, total=False):
    policy: Required[Literal["none", "warn", "block"]]
    horizon: str
    faults: list[str]
    hypotheses: list[str]
    seed: int | None


class Deploy(TypedDict, total=False):
    waves: Literal["ordered", "wait"]
    wave_timeout_s: float
    on_failure: Literal["stay", "rollback"]
    burn: Burn | None
    confirm: str
    include_monitoring: bool
    enable_sla_tracking: bool
    failure_scenarios: bool
    failure_rates: dict[str, dict[str, str] | None] | None
    manifest_content: str | None
    manifest_id: str | None
    strict_validation: bool | None
    allow_broken: bool
    versions: dict[str, str] | None
    create_tenant: bool
    rehearse: Gate | None


class DeployAnswerWaves(TypedDict, total=False):
    wave: str
    state: str
    objects: int
    applied: int
    ready: int
    desired: int
    applied_at: Any
    ready_at: Any
    awaits: list[str]


class DeployAnswerStartupConditionsWorkloadsAvailable(TypedDict, total=False):
    met: bool
    seconds: None | float


class DeployAnswerStartupConditionsEntryRequestsServed(TypedDict, total=False):
    met: bool
    seconds: Any


class DeployAnswerStartupConditions(TypedDict, total=False):
    workloads_available: DeployAnswerStartupConditionsWorkloadsAvailable
    services_with_endpoints: DeployAnswerStartupConditionsWorkloadsAvailable
    dependencies_answering: DeployAnswerStartupConditionsWorkloadsAvailable
    entry_requests_served: DeployAnswerStartupConditionsEntryRequestsServed


class DeployAnswerStartupWorkloadsGpus(TypedDict, total=False):
    bound: int
    wanted: int


class DeployAnswerStartupWorkloadsStages(TypedDict, total=False):
    pod: str
    created: float
    scheduled: float
    pulled: Any
    started: Any
    ready: Any


class DeployAnswerStartupWorkloads(TypedDict, total=False):
    object: str
    desired: int
    ready: int
    available: bool
    seconds: None | float
    updated: int
    restarts: int
    gpus: None | DeployAnswerStartupWorkloadsGpus
    stages: None | DeployAnswerStartupWorkloadsStages


class DeployAnswerStartupServices(TypedDict, total=False):
    object: str
    desired: int
    ready: int
    available: bool
    seconds: None | float


class DeployAnswerStartupDependencies(TypedDict, total=False):
    declared: int
    answering: int
    failing: int
    spared: int
    outside: int


class DeployAnswerStartupEntries(TypedDict, total=False):
    object: str
    served: bool
    seconds: Any


class DeployAnswerStartup(TypedDict, total=False):
    started: bool
    ready: bool
    settled: bool
    stalled: bool
    judged_at: str
    began: str
    confirmed_at: Any
    seconds: Any
    conditions: DeployAnswerStartupConditions
    workloads: list[DeployAnswerStartupWorkloads]
    services: list[DeployAnswerStartupServices]
    dependencies: DeployAnswerStartupDependencies
    entries: list[DeployAnswerStartupEntries]
    problems: list[Any]
    up: bool
    degraded: list[Any]


class DeployAnswer(TypedDict, total=False):
    status: str
    deployment_id: str
    resources_count: int
    resources_planned: int
    sla_monitoring: bool
    tenant_id: str
    tenant_created: bool
    new_revision: bool
    cluster_reset: bool
    manifest_source: str
    revision: int
    phase: str
    release_digest: str
    manifest_digest: str
    began: str
    attempt: int
    sent_at: str
    created_at: str
    detail: str
    gate: Any
    rollback: Any
    waves: list[DeployAnswerWaves]
    ready: int
    desired: int
    started: bool
    startup: DeployAnswerStartup
    warnings: list[Any]
    not_simulated: list[Any]
    pruned: list[GetReleaseAnswerSteps]
    simulator_dashboard: str
    timed_out: bool
    mode: str


DeployAnswer202Rollback = TypedDict(
    "DeployAnswer202Rollback",
    {
        "to": int,
        "from": int,
        "automatic": bool,
    },
    total=False,
)


class DeployAnswer202Waves(TypedDict, total=False):
    wave: str
    state: str
    objects: int
    applied: int
    ready: int
    desired: int
    applied_at: Any
    ready_at: Any
    awaits: list[Any]


class DeployAnswer202Startup(TypedDict, total=False):
    started: bool
    ready: bool
    settled: bool
    stalled: bool
    up: bool
    began: str
    confirmed_at: Any
    seconds: Any
    conditions: dict[str, Any]
    workloads: list[Any]
    services: list[Any]
    entries: list[Any]
    problems: list[Any]
    degraded: list[Any]


class DeployAnswer202(TypedDict, total=False):
    status: str
    deployment_id: str
    resources_count: int
    resources_planned: int
    sla_monitoring: bool
    tenant_id: str
    tenant_created: bool
    new_revision: bool
    cluster_reset: bool
    manifest_source: str
    revision: int
    phase: str
    release_digest: str
    manifest_digest: str
    began: str
    attempt: int
    sent_at: str
    created_at: str
    detail: str
    gate: Any
    rollback: DeployAnswer202Rollback
    waves: list[DeployAnswer202Waves]
    ready: int
    desired: int
    started: bool
    startup: DeployAnswer202Startup
    warnings: list[Any]
    not_simulated: list[Any]
    pruned: list[Any]
    simulator_dashboard: str
    timed_out: bool
    mode: str


class ListAllAnswerFailuresParameters(TypedDict, total=False):
    load_percent: int
    workers: int


class ListAllAnswerFailures(TypedDict, total=False):
    id: str
    fault: str
    title: str
    state: str
    origin: RehearsalReportAnswerRehearsalFaultsOrigin
    targets: list[str]
    parameters: ListAllAnswerFailuresParameters
    planned_for: str
    started_at: str
    until: str
    ended_at: None | str
    recovered_at: None | str
    recovery_seconds: None | float
    verdict: str
    stopped_by: Any
    tenants: list[str]


class ListAllAnswerRepeatingSelector(TypedDict, total=False):
    namespaces: list[str]


class ListAllAnswerRepeating(TypedDict, total=False):
    namespace: str
    name: str
    schedule: str
    fault: str
    kind: str
    duration: Any
    selector: ListAllAnswerRepeatingSelector
    target: Any
    last_at: Any
    next_at: str
    until: str
    paused: bool
    active: list[Any]
    title: str
    tenant_id: str


class ListAllAnswer(TypedDict, total=False):
    failures: list[ListAllAnswerFailures]
    total: int
    repeating: list[ListAllAnswerRepeating]
    now: str


class StopAllFailuresAnswer(TypedDict, total=False):
    status: str
    stopped: list[Any]
    paused: list[Any]


class ListFailuresAnswerFailuresProof(TypedDict, total=False):
    observe: str
    expected: float
    observed: float
    unit: str
    verdict: str
    text: str
    within_seconds: float
    after_seconds: float


class ListFailuresAnswerFailuresHits(TypedDict, total=False):
    pod: str
    hit_at: str
    unready_at: None | str
    ready_at: None | str
    gone_at: Any
    seconds: None | float


class ListFailuresAnswerFailures(TypedDict, total=False):
    id: str
    fault: str
    origin: RehearsalReportAnswerRehearsalFaultsOrigin
    targets: list[str]
    namespaces: list[str]
    parameters: ListAllAnswerFailuresParameters
    started_at: str
    until: str
    ended_at: None | str
    took_effect: bool
    seen: dict[str, RehearsalReportAnswerRehearsalFaultsSeen]
    verdict: str
    proof: list[ListFailuresAnswerFailuresProof]
    pods: list[str]
    hits: list[ListFailuresAnswerFailuresHits]
    workloads: list[str]
    recovered_at: None | str
    recovery_seconds: None | float
    problem: Any
    stopped_by: Any
    steady_state: Any
    cluster: str
    title: str
    expected_effect: str
    state: str
    planned_for: str


class ListFailuresAnswerRepeating(TypedDict, total=False):
    namespace: str
    name: str
    schedule: str
    fault: str
    kind: str
    duration: Any
    selector: ListAllAnswerRepeatingSelector
    target: Any
    last_at: Any
    next_at: str
    until: str
    paused: bool
    active: list[Any]
    title: str


class ListFailuresAnswer(TypedDict, total=False):
    tenant_id: str
    failures: list[ListFailuresAnswerFailures]
    repeating: list[ListFailuresAnswerRepeating]


class StopFailuresAnswer(TypedDict, total=False):
    tenant_id: str
    status: str
    stopped: list[Any]
    paused: list[Any]


class Repeat(TypedDict, total=False):
    failure_type: Required[str]
    target: str | None
    duration: str | None
    parameters: dict[str, bool | int | str]
    at: str | None
    selector: dict[str, Any] | None
    mode: str | None
    value: str | None
    to: str | None
    dry_run: bool
    only_this_tenant: bool
    max_percent: float | None
    force: bool | None
    abort: list[dict[str, Any] | str] | None
    steady: list[dict[str, Any] | str] | None
    every: Required[str]
    lasts: str | None


class RepeatAnswer(TypedDict, total=False):
    tenant_id: str
    name: str
    kind: str
    fault: str
    namespace: str
    every: str
    lasts: str
    parameters: dict[str, Any]


class StopRepeatingAnswer(TypedDict, total=False):
    tenant_id: str
    name: str


class Trigger(TypedDict, total=False):
    failure_type: Required[str]
    target: str | None
    duration: str | None
    parameters: dict[str, bool | int | str]
    at: str | None
    selector: dict[str, Any] | None
    mode: str | None
    value: str | None
    to: str | None
    dry_run: bool
    only_this_tenant: bool
    max_percent: float | None
    force: bool | None
    abort: list[dict[str, Any] | str] | None
    steady: list[dict[str, Any] | str] | None


class TriggerFailureAnswerServices(TypedDict, total=False):
    service: str
    ready: int
    hit: int
    percent: float


class TriggerFailureAnswerPromise(TypedDict, total=False):
    target_sla: float
    period: str
    remaining_seconds: float
    measured_seconds: int
    budget_seconds: float
    at_worst_seconds: float
    would_breach: bool


class TriggerFailureAnswerFailureParameters(TypedDict, total=False):
    load_percent: int
    workers: int
    percent_a_minute: int
    a_minute: str


class TriggerFailureAnswerFailureProof(TypedDict, total=False):
    observe: str
    expected: float
    observed: int | None
    unit: str
    verdict: str
    text: str
    within_seconds: float
    after_seconds: Any


class TriggerFailureAnswerFailureHits(TypedDict, total=False):
    pod: str
    hit_at: str
    unready_at: Any
    ready_at: Any
    gone_at: Any
    seconds: Any


class TriggerFailureAnswerFailure(TypedDict, total=False):
    id: str
    fault: str
    origin: RehearsalReportAnswerRehearsalFaultsOrigin
    targets: list[str]
    namespaces: list[str]
    parameters: TriggerFailureAnswerFailureParameters
    started_at: str
    until: str
    ended_at: Any
    took_effect: bool
    seen: dict[str, Any]
    verdict: str
    proof: list[TriggerFailureAnswerFailureProof]
    pods: list[str]
    hits: list[TriggerFailureAnswerFailureHits]
    workloads: list[str]
    recovered_at: Any
    recovery_seconds: Any
    problem: Any
    stopped_by: Any
    steady_state: Any
    cluster: str
    title: str
    expected_effect: str
    state: str
    planned_for: str


class TriggerFailureAnswer(TypedDict, total=False):
    status: str
    tenant_id: str
    failure_type: str
    cluster: str
    fault: str
    title: str
    targets: list[str]
    pods: list[str]
    nodes: dict[str, Any]
    namespaces: list[str]
    tenants: list[str]
    services: list[TriggerFailureAnswerServices]
    ready_endpoints_percent: float
    choices: list[str]
    promise: TriggerFailureAnswerPromise
    injection_id: str
    failure_id: str
    expected_effect: str
    verdict: str
    recovery_seconds: Any
    failure: TriggerFailureAnswerFailure


class GetFailureAnswerFailure(TypedDict, total=False):
    id: str
    fault: str
    origin: RehearsalReportAnswerRehearsalFaultsOrigin
    targets: list[str]
    namespaces: list[str]
    parameters: ListAllAnswerFailuresParameters
    started_at: str
    until: str
    ended_at: str
    took_effect: bool
    seen: dict[str, RehearsalReportAnswerRehearsalFaultsSeen]
    verdict: str
    proof: list[ListFailuresAnswerFailuresProof]
    pods: list[str]
    hits: list[ListFailuresAnswerFailuresHits]
    workloads: list[str]
    recovered_at: str
    recovery_seconds: float
    problem: Any
    stopped_by: Any
    steady_state: Any
    cluster: str
    title: str
    expected_effect: str
    state: str
    planned_for: str


class GetFailureAnswer(TypedDict, total=False):
    injection_id: str
    failure_id: str
    failure_type: str
    tenant_id: str
    targets: list[str]
    expected_effect: str
    verdict: str
    recovery_seconds: float
    failure: GetFailureAnswerFailure


class StopFailureAnswerFailureParameters(TypedDict, total=False):
    percent_a_minute: int
    a_minute: str


class StopFailureAnswerFailure(TypedDict, total=False):
    id: str
    fault: str
    origin: RehearsalReportAnswerRehearsalFaultsOrigin
    targets: list[str]
    namespaces: list[str]
    parameters: StopFailureAnswerFailureParameters
    started_at: str
    until: str
    ended_at: str
    took_effect: bool
    seen: dict[str, Any]
    verdict: str
    proof: list[TriggerFailureAnswerFailureProof]
    pods: list[str]
    hits: list[TriggerFailureAnswerFailureHits]
    workloads: list[str]
    recovered_at: Any
    recovery_seconds: Any
    problem: Any
    stopped_by: Any
    steady_state: Any
    cluster: str
    title: str
    expected_effect: str
    state: str
    planned_for: str


class StopFailureAnswer(TypedDict, total=False):
    injection_id: str
    failure_id: str
    failure_type: str
    tenant_id: str
    targets: list[str]
    expected_effect: str
    verdict: str
    recovery_seconds: Any
    failure: StopFailureAnswerFailure


GetFailureReportAnswerFrame = TypedDict(
    "GetFailureReportAnswerFrame",
    {
        "from": str,
        "to": str,
    },
    total=False,
)


class GetFailureReportAnswerSeriesReady(TypedDict, total=False):
    stt: float


class GetFailureReportAnswerSeries(TypedDict, total=False):
    at: str
    response_time: int | None
    error_rate: None | float
    request_rate: None | float
    down_seconds: int
    ready: GetFailureReportAnswerSeriesReady


class GetFailureReportAnswerEffectBefore(TypedDict, total=False):
    response_time: float
    worst_response_time: int
    error_rate: float
    worst_error_rate: float
    request_rate: float
    worst_request_rate: float
    least_ready: GetFailureReportAnswerSeriesReady
    most_ready: GetFailureReportAnswerSeriesReady


class GetFailureReportAnswerEffect(TypedDict, total=False):
    before: GetFailureReportAnswerEffectBefore
    during: GetFailureReportAnswerEffectBefore
    after: GetFailureReportAnswerEffectBefore


class GetFailureReportAnswerCost(TypedDict, total=False):
    down_seconds: int
    first_down_at: Any
    last_down_at: Any
    spans: list[Any]
    target_sla: float
    budget_seconds: float
    budget_percent: float


class GetFailureReportAnswerWorstMinute(TypedDict, total=False):
    at: str
    error_rate: float
    down_seconds: int
    response_time: int
    others_seconds: int


class GetFailureReportAnswerRecovery(TypedDict, total=False):
    first_seconds: float
    kept_at: str
    kept_seconds: float
    relapses: int


class GetFailureReportAnswerUnjudged(TypedDict, total=False):
    id: str
    text: str


class GetFailureReportAnswerTimeline(TypedDict, total=False):
    at: str
    what: str
    of: str
    after_seconds: float
    text: str


class GetFailureReportAnswer(TypedDict, total=False):
    tenant_id: str
    failure: GetFailureAnswerFailure
    frame: GetFailureReportAnswerFrame
    series: list[GetFailureReportAnswerSeries]
    effect: GetFailureReportAnswerEffect
    cost: GetFailureReportAnswerCost
    worst_minute: GetFailureReportAnswerWorstMinute
    recovery: GetFailureReportAnswerRecovery
    alerts: list[Any]
    unjudged: GetFailureReportAnswerUnjudged
    why: Any
    timeline: list[GetFailureReportAnswerTimeline]
    open: Any
    advice: list[GetFailureReportAnswerUnjudged]
    now: str
    evidence: str


class AnalysisAnswerRequests(TypedDict, total=False):
    good: int
    total: int
    excess: int
    excess_percent: float


class AnalysisAnswerResponseTime(TypedDict, total=False):
    answers: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    within_percent: float


class AnalysisAnswerErrorBudgetTiers(TypedDict, total=False):
    severity: str
    long_seconds: int
    short_seconds: int
    factor: float
    long_burn: float
    short_burn: float
    firing: bool


class AnalysisAnswerErrorBudget(TypedDict, total=False):
    allowed_seconds: float
    consumed_seconds: int
    remaining_seconds: float
    remaining_pct: float
    burn: float
    burn_rate: dict[str, float]
    tiers: list[AnalysisAnswerErrorBudgetTiers]
    exhaustion_seconds: Any
    exhaustion_at: Any
    overspent_since: Any
    exhaustion_assumes: str


class AnalysisAnswerBoundsUnknownAllUp(TypedDict, total=False):
    uptime_percentage: float
    downtime_seconds: int
    allowed_seconds: float
    remaining_seconds: float


class AnalysisAnswerBounds(TypedDict, total=False):
    unknown_all_up: AnalysisAnswerBoundsUnknownAllUp
    unknown_all_down: AnalysisAnswerBoundsUnknownAllUp


class AnalysisAnswerClock(TypedDict, total=False):
    basis: str
    pace: float
    wall_time: str


class AnalysisAnswer(TypedDict, total=False):
    tenant_id: str
    current_sla: float
    target_sla: float
    status: str
    uptime_percentage: float
    availability: float
    availability_basis: str
    sla_raw: float
    sla_adjusted: float
    requests: AnalysisAnswerRequests
    period: str
    window: RehearsalReportAnswerLevelsSlaWindow
    eligible_seconds: int
    uptime_seconds: int
    downtime_seconds: int
    downtime_minutes: float
    maintenance_seconds: int
    unknown_seconds: int
    off_duty_seconds: int
    excluded_seconds: int
    observed_seconds: int
    provisional: bool
    coverage: float
    current_state: str
    in_maintenance: bool
    response_time: AnalysisAnswerResponseTime
    failure_count: int
    recovery_time_avg: Any
    mtbf_seconds: Any
    mttd_seconds: Any
    open_incidents: int
    overlapping_incidents: int
    incident_seconds: int
    incidents: list[Any]
    micro_outages: GetCourseAnswerShort
    error_budget: AnalysisAnswerErrorBudget
    alerts: list[Any]
    bounds: AnalysisAnswerBounds
    governing: str
    slice_seconds: int
    slo_version: int
    policies: RehearsalReportAnswerLevelsSlaPolicies
    evidence: str
    clock: AnalysisAnswerClock
    known_until: str
    source: str


class GetContractAnswerServiceHours(TypedDict, total=False):
    callbot: str


class GetContractAnswerMaintenance(TypedDict, total=False):
    notice_seconds: int


class GetContractAnswerCredits(TypedDict, total=False):
    tiers: list[list[float]]
    fee: str


class GetContractAnswerLimits(TypedDict, total=False):
    response_time_ms: list[int]


class GetContractAnswer(TypedDict, total=False):
    tenant_id: str
    service_hours: GetContractAnswerServiceHours
    maintenance: GetContractAnswerMaintenance
    credits: GetContractAnswerCredits
    limits: GetContractAnswerLimits


class Contract(TypedDict, total=False):
    service_hours: str | dict[str, str] | None
    timezone: str | None
    maintenance: dict[str, Any] | None
    credits: dict[str, Any] | None
    response_time_ms: int | None
    load: dict[str, int] | None


class AgreeAnswer(TypedDict, total=False):
    tenant_id: str
    service_hours: GetContractAnswerServiceHours
    maintenance: GetContractAnswerMaintenance
    credits: GetContractAnswerCredits


LevelsAnswerWindow = TypedDict(
    "LevelsAnswerWindow",
    {
        "from": str,
        "to": str,
        "type": str,
        "timezone": str,
    },
    total=False,
)


class LevelsAnswerCompositeRequests(TypedDict, total=False):
    good: int
    total: int
    excess: int


class LevelsAnswerCompositeLatency(TypedDict, total=False):
    le_ms: list[int]
    counts: list[int]
    count: int


class LevelsAnswerComposite(TypedDict, total=False):
    uptime_percentage: float
    availability: float
    up_seconds: int
    downtime_seconds: int
    maintenance_seconds: int
    unknown_seconds: int
    off_duty_seconds: int
    unborn_seconds: int
    requests: LevelsAnswerCompositeRequests
    latency: LevelsAnswerCompositeLatency
    response_time: AnalysisAnswerResponseTime


class LevelsAnswerServices(TypedDict, total=False):
    service: str
    uptime_percentage: float
    availability: float
    up_seconds: int
    downtime_seconds: int
    maintenance_seconds: int
    unknown_seconds: int
    off_duty_seconds: int
    unborn_seconds: int
    requests: LevelsAnswerCompositeRequests
    latency: LevelsAnswerCompositeLatency
    response_time: AnalysisAnswerResponseTime


class LevelsAnswer(TypedDict, total=False):
    tenant_id: str
    period: str
    window: LevelsAnswerWindow
    target_sla: float
    composite: LevelsAnswerComposite
    services: list[LevelsAnswerServices]
    services_source: str
    late_dropped_total: int
    evidence: str


class ListMaintenanceAnswerTerms(TypedDict, total=False):
    notice_seconds: int
    monthly_cap_seconds: int
    timezone: str


class ListMaintenanceAnswerWindows(TypedDict, total=False):
    id: str
    scope: str
    start: str
    end: str
    reason: str
    created_at: str
    notice_seconds: int
    approved_by: str
    retroactive: bool
    judgement: str
    counts: bool
    beyond_cap_seconds: int
    explanation: str


class ListMaintenanceAnswerClock(TypedDict, total=False):
    now: str
    now_ns: int
    speed: float
    paused: bool
    warping_to: Any
    catching_up_to: Any
    on_restart: str
    pace_since: str


class ListMaintenanceAnswer(TypedDict, total=False):
    tenant: str
    terms: ListMaintenanceAnswerTerms
    windows: list[ListMaintenanceAnswerWindows]
    clock: ListMaintenanceAnswerClock


class Window(TypedDict, total=False):
    start: Required[str]
    end: Required[str]
    reason: Required[str]
    services: list[str]
    approved_by: str
    retroactive: bool
    rrule: str | None


class TakeMaintenanceBackAnswer(TypedDict, total=False):
    id: str
    removed: bool


SlaReportAnswerPeriod = TypedDict(
    "SlaReportAnswerPeriod",
    {
        "label": str,
        "type": str,
        "from": str,
        "known_until": str,
        "until": str,
        "timezone": str,
        "closed": bool,
    },
    total=False,
)


class SlaReportAnswerObjective(TypedDict, total=False):
    version: int
    target_ppm: int
    governing: str
    unknown: str
    maintenance: str
    opens_after: int
    closes_after: int
    unknown_after: int
    coverage_ppm: int
    at_risk_ppm: int
    slice_seconds: int


class SlaReportAnswerCompositeIncidentsCauses(TypedDict, total=False):
    kind: str
    id: str


class SlaReportAnswerCompositeIncidents(TypedDict, total=False):
    started_at: str
    detected_at: str
    ended_at: str
    duration_seconds: int
    age_seconds: Any
    state: str
    closed_by: str
    counted: bool
    causes: list[SlaReportAnswerCompositeIncidentsCauses]


class SlaReportAnswerCompositeErrorBudget(TypedDict, total=False):
    allowed_seconds: float
    consumed_seconds: int
    remaining_seconds: float
    remaining_pct: float
    burn: float


class SlaReportAnswerComposite(TypedDict, total=False):
    current_sla: float
    target_sla: float
    status: str
    uptime_percentage: float
    availability: float
    availability_basis: str
    sla_raw: float
    sla_adjusted: float
    requests: AnalysisAnswerRequests
    eligible_seconds: int
    uptime_seconds: int
    downtime_seconds: int
    downtime_minutes: float
    maintenance_seconds: int
    unknown_seconds: int
    off_duty_seconds: int
    excluded_seconds: int
    observed_seconds: int
    provisional: bool
    coverage: float
    response_time: AnalysisAnswerResponseTime
    failure_count: int
    recovery_time_avg: float
    mtbf_seconds: float
    mttd_seconds: float
    open_incidents: int
    overlapping_incidents: int
    incident_seconds: int
    incidents: list[SlaReportAnswerCompositeIncidents]
    micro_outages: GetCourseAnswerShort
    error_budget: SlaReportAnswerCompositeErrorBudget
    bounds: AnalysisAnswerBounds


class SlaReportAnswerServiceSumsRequests(TypedDict, total=False):
    good: int
    total: int


class SlaReportAnswerServiceSums(TypedDict, total=False):
    service: str
    uptime_percentage: float
    requests: SlaReportAnswerServiceSumsRequests
    downtime_seconds: int
    unknown_seconds: int
    off_duty_seconds: int
    response_time: AnalysisAnswerResponseTime


class SlaReportAnswerCauses(TypedDict, total=False):
    f2: ListAlertsAnswerAlertsMessage


class SlaReportAnswerMaintenanceTerms(TypedDict, total=False):
    notice_seconds: int
    monthly_cap_seconds: int


class SlaReportAnswerDemandHolidays(TypedDict, total=False):
    date: str
    ko: str
    en: str
    source: str


class SlaReportAnswerBudgetChart(TypedDict, total=False):
    step_seconds: int
    remaining_seconds: list[list[float | str]]


class SlaReportAnswerCreditsLines(TypedDict, total=False):
    floor_ppm: int
    credit_percent: int
    up_millionths: int
    needed_millionths: int
    reached: bool
    applies: bool


class SlaReportAnswerCredits(TypedDict, total=False):
    lines: list[SlaReportAnswerCreditsLines]
    cap_percent: int
    percent: int
    manual_review: bool
    final: bool
    fee: str
    currency: str
    amount: str
    claim_within_days: int
    source: str


class SlaReportAnswer(TypedDict, total=False):
    statement: int
    tenant_id: str
    period: SlaReportAnswerPeriod
    evidence: str
    revision: int
    release_revision: int
    objective: SlaReportAnswerObjective
    composite: SlaReportAnswerComposite
    services: list[Any]
    service_sums: list[SlaReportAnswerServiceSums]
    causes: SlaReportAnswerCauses
    exclusions: list[Any]
    maintenance_terms: SlaReportAnswerMaintenanceTerms
    service_hours: GetContractAnswerServiceHours
    holidays: list[Any]
    demand_holidays: list[SlaReportAnswerDemandHolidays]
    budget_chart: SlaReportAnswerBudgetChart
    credits: SlaReportAnswerCredits
    input_hash: str


class ListStatementsAnswerStatements(TypedDict, total=False):
    id: int
    tenant_id: str
    ledger: str
    month: str
    revision: int
    input_hash: str
    evidence: str
    frozen_at: str


class ListStatementsAnswer(TypedDict, total=False):
    tenant_id: str
    statements: list[ListStatementsAnswerStatements]


class Month(TypedDict, total=False):
    month: Required[str]


class WhyAnswerRequests(TypedDict, total=False):
    per_second: float
    bad_percent: float
    probe_ok: bool
    excess_per_second: float
    calls: Any


class WhyAnswerDemandChatbot(TypedDict, total=False):
    kind: str
    name: str
    name_en: str
    factor: float


class WhyAnswerDemand(TypedDict, total=False):
    chatbot: list[WhyAnswerDemandChatbot]


class WhyAnswerChainPods(TypedDict, total=False):
    answering: int
    listed: int
    wanted: int


class WhyAnswerChain(TypedDict, total=False):
    step: int
    workload: str
    state: str
    failed_percent: float
    how: str
    share_percent: float
    reason: str
    text: str
    calls: None | str
    port: str
    pod: str
    pods: WhyAnswerChainPods
    cause: str


class WhyAnswerLinks(TypedDict, total=False):
    level: str
    object: str
    text: str


class WhyAnswerCause(TypedDict, total=False):
    kind: str
    id: str
    fault: str
    title: str
    targets: list[str]
    started_at: str
    origin: RehearsalReportAnswerRehearsalFaultsOrigin
    text: str


class WhyAnswer(TypedDict, total=False):
    tenant: str
    slot: str
    state: str
    requests: WhyAnswerRequests
    demand: WhyAnswerDemand
    chain: list[WhyAnswerChain]
    links: list[WhyAnswerLinks]
    cause: WhyAnswerCause
    sentence: str
    evidence: str


class StatusAnswerSimulator(TypedDict, total=False):
    url: str
    status: str
    version: str


class StatusAnswerStores(TypedDict, total=False):
    production: str


class StatusAnswerTenantsSla(TypedDict, total=False):
    current_sla: float
    target_sla: float
    status: str
    uptime_percentage: float
    downtime_minutes: float
    window: RehearsalReportAnswerLevelsSlaWindow
    error_budget: Any


class StatusAnswerTenantsStartupWorkloads(TypedDict, total=False):
    object: str
    desired: int
    ready: int
    available: bool
    seconds: float
    updated: int
    restarts: int
    gpus: None | dict[str, Any]
    stages: dict[str, Any]


class StatusAnswerTenantsStartupServices(TypedDict, total=False):
    object: str
    desired: int
    ready: int
    available: bool
    seconds: float


class StatusAnswerTenantsStartupEntries(TypedDict, total=False):
    object: str
    served: bool
    seconds: float


class StatusAnswerTenantsStartup(TypedDict, total=False):
    started: bool
    ready: bool
    settled: bool
    stalled: bool
    judged_at: str
    began: str
    confirmed_at: str
    seconds: float
    conditions: RehearsalReportAnswerRehearsalStartupConditions
    workloads: list[StatusAnswerTenantsStartupWorkloads]
    services: list[StatusAnswerTenantsStartupServices]
    dependencies: DeployAnswerStartupDependencies
    entries: list[StatusAnswerTenantsStartupEntries]
    problems: list[Any]
    up: bool
    degraded: list[Any]
    entry_requests_served: int


class StatusAnswerTenants(TypedDict, total=False):
    tenant_id: str
    namespace: str
    deployment_id: str
    state: str
    phase: str
    ready: int
    desired: int
    started: bool
    sla: StatusAnswerTenantsSla
    revision: int
    release_digest: str
    manifest_digest: str
    began: str
    attempt: int
    sent_at: str
    created_at: str
    detail: str
    live: bool
    startup: StatusAnswerTenantsStartup


class StatusAnswer(TypedDict, total=False):
    status: str
    mode: str
    version: str
    simulator: StatusAnswerSimulator
    stores: StatusAnswerStores
    tenants: list[StatusAnswerTenants]
    total_count: int
    evidence: str


class TenantStatusAnswerStartupConditionsWorkloadsAvailable(TypedDict, total=False):
    met: bool
    seconds: float


class TenantStatusAnswerStartupConditions(TypedDict, total=False):
    workloads_available: TenantStatusAnswerStartupConditionsWorkloadsAvailable
    services_with_endpoints: TenantStatusAnswerStartupConditionsWorkloadsAvailable
    dependencies_answering: TenantStatusAnswerStartupConditionsWorkloadsAvailable
    entry_requests_served: TenantStatusAnswerStartupConditionsWorkloadsAvailable


class TenantStatusAnswerStartupWorkloadsStages(TypedDict, total=False):
    pod: str
    created: float
    scheduled: float
    pulled: float
    started: float
    ready: float


class TenantStatusAnswerStartupWorkloads(TypedDict, total=False):
    object: str
    desired: int
    ready: int
    available: bool
    seconds: float
    updated: int
    restarts: int
    gpus: None | DeployAnswerStartupWorkloadsGpus
    stages: TenantStatusAnswerStartupWorkloadsStages


class TenantStatusAnswerStartup(TypedDict, total=False):
    started: bool
    ready: bool
    settled: bool
    stalled: bool
    judged_at: str
    began: str
    confirmed_at: str
    seconds: float
    conditions: TenantStatusAnswerStartupConditions
    workloads: list[TenantStatusAnswerStartupWorkloads]
    services: list[StatusAnswerTenantsStartupServices]
    dependencies: DeployAnswerStartupDependencies
    entries: list[StatusAnswerTenantsStartupEntries]
    problems: list[Any]
    up: bool
    degraded: list[Any]
    entry_requests_served: int


class TenantStatusAnswer(TypedDict, total=False):
    tenant_id: str
    namespace: str
    deployment_id: str
    state: str
    phase: str
    ready: int
    desired: int
    started: bool
    sla: StatusAnswerTenantsSla
    revision: int
    release_digest: str
    manifest_digest: str
    began: str
    attempt: int
    sent_at: str
    created_at: str
    detail: str
    live: bool
    startup: TenantStatusAnswerStartup
    steps: list[GetReleaseAnswerSteps]
    coming: Any
    simulator: StatusAnswerSimulator
    mode: str


class ListTenantsAnswerTenantsLabels(TypedDict, total=False):
    tier: str
    region: str


class ListTenantsAnswerTenantsSlaTarget(TypedDict, total=False):
    availability: float


class ListTenantsAnswerTenants(TypedDict, total=False):
    tenant_id: str
    name: str
    namespace: str
    preset: str
    status: str
    state: str
    state_since: str
    wanted: str
    owner: str
    labels: ListTenantsAnswerTenantsLabels
    timezone: str
    service_requirements: ListPresetsAnswerPresetsCounters
    sla_target: ListTenantsAnswerTenantsSlaTarget
    options: dict[str, Any]
    description: str
    created_at: str
    version: int
    deployment_id: None | str
    revision: int | None
    manifest_digest: None | str


class ListTenantsAnswerPagination(TypedDict, total=False):
    skip: int
    limit: int
    has_more: bool
    next_cursor: Any


class ListTenantsAnswer(TypedDict, total=False):
    tenants: list[ListTenantsAnswerTenants]
    total_count: int
    active_count: int
    demo_count: int
    mode: str
    pagination: ListTenantsAnswerPagination


class Requirements(TypedDict, total=False):
    callbot: int
    chatbot: int
    advisor: int
    stt: int
    tts: int
    ta: int
    qa: int
    nlp: int | None
    aicm: int | None


class Target(TypedDict, total=False):
    availability: float
    response_time: str | int | None
    concurrent_users: int | None


class Ingress(TypedDict, total=False):
    host: str
    secret: str
    issuer: str
    certificate: str


class NewTenant(TypedDict, total=False):
    name: str | None
    preset: str | None
    service_requirements: Requirements | None
    sla_target: Target | float | None
    description: str | None
    owner: str | None
    labels: dict[str, str | None] | None
    timezone: str | None
    gpu_type: str | None
    cloud_provider: str | None
    ingress: Ingress | None
    mode: str | None
    seed: int | None
    tenant_id: Required[str]
    namespace: str | None


class CreateTenantAnswerLabels(TypedDict, total=False):
    tier: str


class CreateTenantAnswerEstimatedCostItems(TypedDict, total=False):
    name: str
    kind: str
    amount: int
    monthly: float
    krw: int
    usd: float


class CreateTenantAnswerEstimatedCostExchange(TypedDict, total=False):
    krw_per_usd: float
    date: str
    source: str


class CreateTenantAnswerEstimatedCost(TypedDict, total=False):
    provider: str
    region: str
    infrastructure: str
    period: str
    hours: int
    currency: str
    krw: int
    usd: float
    vat_included: bool
    vat_percent: float
    vat_krw: int
    vat_usd: float
    items: list[CreateTenantAnswerEstimatedCostItems]
    price_date: str
    price_basis: str
    price_source: str
    exchange: CreateTenantAnswerEstimatedCostExchange


class CreateTenantAnswerEstimatedResourcesTotals(TypedDict, total=False):
    cpu: int
    memory: int
    cpu_limit: int
    memory_limit: int
    gpus: int
    storage: int
    recordings: int
    pods: int


class CreateTenantAnswerEstimatedResourcesWhyValues(TypedDict, total=False):
    channels: str
    users: str
    preset: str
    gpu: str
    days: str
    gigabytes: str


class CreateTenantAnswerEstimatedResourcesWhy(TypedDict, total=False):
    figure: str
    rule: str
    values: CreateTenantAnswerEstimatedResourcesWhyValues
    text: str


class CreateTenantAnswerEstimatedResourcesWorkloadsLoad(TypedDict, total=False):
    sessions: float
    streams: float
    requests: float
    entry: float


class CreateTenantAnswerEstimatedResourcesWorkloadsWhy(TypedDict, total=False):
    figure: str
    rule: str
    values: dict[str, Any]
    text: str


class CreateTenantAnswerEstimatedResourcesWorkloads(TypedDict, total=False):
    workload: str
    replicas: int
    min_replicas: int
    max_replicas: int
    slots: int
    cpu_millicores: int
    memory_bytes: int
    cpu_limit_millicores: int
    memory_limit_bytes: int
    gpus: int
    storage_bytes: int
    load: CreateTenantAnswerEstimatedResourcesWorkloadsLoad
    why: list[CreateTenantAnswerEstimatedResourcesWorkloadsWhy]


class CreateTenantAnswerEstimatedResourcesCapacityGpus(TypedDict, total=False):
    t4: int


class CreateTenantAnswerEstimatedResourcesCapacity(TypedDict, total=False):
    fits: bool
    gpus: CreateTenantAnswerEstimatedResourcesCapacityGpus
    shortages: list[Any]


class CreateTenantAnswerEstimatedResources(TypedDict, total=False):
    demand: ListPresetsAnswerPresetsCounters
    preset: str
    gpu_type: str
    totals: CreateTenantAnswerEstimatedResourcesTotals
    why: list[CreateTenantAnswerEstimatedResourcesWhy]
    workloads: list[CreateTenantAnswerEstimatedResourcesWorkloads]
    capacity: CreateTenantAnswerEstimatedResourcesCapacity
    estimated_cost: CreateTenantAnswerEstimatedCost


class CreateTenantAnswer(TypedDict, total=False):
    tenant_id: str
    name: str
    namespace: str
    preset: str
    status: str
    state: str
    state_since: str
    wanted: str
    owner: str
    labels: CreateTenantAnswerLabels
    timezone: str
    service_requirements: ListPresetsAnswerPresetsCounters
    sla_target: ListTenantsAnswerTenantsSlaTarget
    options: dict[str, Any]
    description: str
    created_at: str
    version: int
    deployment_id: Any
    revision: Any
    manifest_digest: Any
    estimated_cost: CreateTenantAnswerEstimatedCost
    deployment_time: Any
    estimated_resources: CreateTenantAnswerEstimatedResources
    warnings: list[Any]


class Calculation(TypedDict, total=False):
    callbot: int
    chatbot: int
    advisor: int
    stt: int
    tts: int
    ta: int
    qa: int
    nlp: int | None
    aicm: int | None
    gpu_type: str | None
    cloud_provider: str | None
    infrastructure: Literal["dedicated", "shared"]


class CalculateResourcesAnswerSummaryChannelsBusyHourErlang(TypedDict, total=False):
    stt: float
    advisor: float
    tts: float
    callbot: float
    chatbot: float


class CalculateResourcesAnswerSummaryChannelsLines(TypedDict, total=False):
    stt: int
    advisor: int
    tts: int
    callbot: int
    chatbot: int


class CalculateResourcesAnswerSummaryChannels(TypedDict, total=False):
    contracted: int
    busy_hour_erlang: CalculateResourcesAnswerSummaryChannelsBusyHourErlang
    lines: CalculateResourcesAnswerSummaryChannelsLines


class CalculateResourcesAnswerSummary(TypedDict, total=False):
    channels: CalculateResourcesAnswerSummaryChannels
    queries_per_second: dict[str, float]
    replicas: dict[str, int]
    gpus: CreateTenantAnswerEstimatedResourcesCapacityGpus
    cores: float
    memory_bytes: int
    storage_bytes: int
    recordings_bytes: int
    pods: int


class CalculateResourcesAnswerNodePools(TypedDict, total=False):
    pool: str
    machine: str
    nodes: int
    max_nodes: int
    pods: int
    cores: int
    memory_bytes: int
    gpu_type: None | str
    gpus: int


class CalculateResourcesAnswerAlternatives(TypedDict, total=False):
    differs_in: list[str]
    provider: str
    infrastructure: str
    gpu_type: str
    gpus: int
    krw: int
    usd: float
    krw_difference: int
    price_date: str
    price_basis: str
    node_pools: list[CalculateResourcesAnswerNodePools]
    manifests: bool
    text: str


class CalculateResourcesAnswer(TypedDict, total=False):
    service_requirements: ListPresetsAnswerPresetsCounters
    recommended_preset: str
    resources: CreateTenantAnswerEstimatedResources
    summary: CalculateResourcesAnswerSummary
    gpu_type: str
    cloud_provider: str
    infrastructure: str
    node_pools: list[CalculateResourcesAnswerNodePools]
    estimated_cost: CreateTenantAnswerEstimatedCost
    alternatives: list[CalculateResourcesAnswerAlternatives]
    warnings: list[Any]


class CheckDuplicateAnswer(TypedDict, total=False):
    tenant_id: str
    exists: bool
    available: bool
    namespace: str
    namespace_holder: None | str
    suggestions: list[str]


class PreviewManifestAnswer(TypedDict, total=False):
    tenant_id: str
    namespace: str
    resources: CreateTenantAnswerEstimatedResources
    warnings: list[Any]
    manifest_content: str


class ToValidate(TypedDict, total=False):
    tenant_id: str | None
    manifest_content: Required[str]
    strict_validation: bool | None
    target_simulator: bool
    kubernetes_version: str | None


class ValidateManifestAnswerErrorsObject(TypedDict, total=False):
    apiVersion: str
    kind: str
    namespace: str
    name: str


class ValidateManifestAnswerErrors(TypedDict, total=False):
    severity: str
    rule: str
    title: str
    message: str
    path: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    object: ValidateManifestAnswerErrorsObject
    document: int
    remedy: str
    docs: list[str]


class ValidateManifestAnswerResourceSummaryKinds(TypedDict, total=False):
    ConfigMap: int
    Deployment: int
    Service: int
    Ingress: int


class ValidateManifestAnswerResourceSummary(TypedDict, total=False):
    namespaces: int
    deployments: int
    services: int
    configmaps: int
    secrets: int
    kinds: ValidateManifestAnswerResourceSummaryKinds
    total_objects: int
    total_cpu: str
    total_memory: str
    total_gpu: int
    total_storage: str
    estimated_pods: int


class ValidateManifestAnswer(TypedDict, total=False):
    tenant_id: str
    manifest_digest: str
    valid: bool
    deployable: bool
    warnings: list[Any]
    errors: list[ValidateManifestAnswerErrors]
    simulator_compatible: bool
    simulator_checked: bool
    resource_summary: ValidateManifestAnswerResourceSummary
    documents: int
    kubernetes_version: str
    strict_validation: bool
    findings: int


class GetTenantAnswerResources(TypedDict, total=False):
    demand: ListPresetsAnswerPresetsCounters
    preset: str
    gpu_type: str
    totals: CreateTenantAnswerEstimatedResourcesTotals
    why: list[CreateTenantAnswerEstimatedResourcesWhy]
    workloads: list[CreateTenantAnswerEstimatedResourcesWorkloads]
    capacity: Any
    estimated_cost: CreateTenantAnswerEstimatedCost


class GetTenantAnswerServices(TypedDict, total=False):
    service: str
    units: int


class GetTenantAnswer(TypedDict, total=False):
    tenant_id: str
    name: str
    namespace: str
    preset: str
    status: str
    state: str
    state_since: str
    wanted: str
    owner: str
    labels: ListTenantsAnswerTenantsLabels
    timezone: str
    service_requirements: ListPresetsAnswerPresetsCounters
    sla_target: ListTenantsAnswerTenantsSlaTarget
    options: dict[str, Any]
    description: str
    created_at: str
    version: int
    deployment_id: None | str
    revision: int | None
    manifest_digest: None | str
    resources: GetTenantAnswerResources
    services: list[GetTenantAnswerServices]


class Changes(TypedDict, total=False):
    name: str | None
    preset: str | None
    service_requirements: Requirements | None
    sla_target: Target | float | None
    description: str | None
    owner: str | None
    labels: dict[str, str | None] | None
    timezone: str | None
    gpu_type: str | None
    cloud_provider: str | None
    ingress: Ingress | None
    mode: str | None
    seed: int | None


class ChangeTenantAnswerReleaseResourcesWorkloads(TypedDict, total=False):
    workload: str
    replicas: int
    min_replicas: int
    max_replicas: int
    slots: int
    cpu_millicores: int
    memory_bytes: int
    cpu_limit_millicores: int
    memory_limit_bytes: int
    gpus: int
    storage_bytes: int
    load: dict[str, Any]
    why: list[dict[str, Any]]


class ChangeTenantAnswerReleaseResourcesCapacity(TypedDict, total=False):
    fits: bool
    gpus: dict[str, Any]
    shortages: list[Any]


class ChangeTenantAnswerReleaseResourcesEstimatedCost(TypedDict, total=False):
    provider: str
    region: str
    infrastructure: str
    period: str
    hours: int
    currency: str
    krw: int
    usd: float
    vat_included: bool
    vat_percent: float
    vat_krw: int
    vat_usd: float
    items: list[dict[str, Any]]
    price_date: str
    price_basis: str
    price_source: str
    exchange: dict[str, Any]


class ChangeTenantAnswerReleaseResources(TypedDict, total=False):
    demand: ListPresetsAnswerPresetsCounters
    preset: str
    gpu_type: str
    totals: CreateTenantAnswerEstimatedResourcesTotals
    why: list[CreateTenantAnswerEstimatedResourcesWorkloadsWhy]
    workloads: list[ChangeTenantAnswerReleaseResourcesWorkloads]
    capacity: ChangeTenantAnswerReleaseResourcesCapacity
    estimated_cost: ChangeTenantAnswerReleaseResourcesEstimatedCost


class ChangeTenantAnswerRelease(TypedDict, total=False):
    deployment_id: str
    revision: int
    phase: str
    manifest_digest: str
    resources: ChangeTenantAnswerReleaseResources


class ChangeTenantAnswer(TypedDict, total=False):
    tenant_id: str
    name: str
    namespace: str
    preset: str
    status: str
    state: str
    state_since: str
    wanted: str
    owner: str
    labels: ListTenantsAnswerTenantsLabels
    timezone: str
    service_requirements: ListPresetsAnswerPresetsCounters
    sla_target: ListTenantsAnswerTenantsSlaTarget
    options: dict[str, Any]
    description: str
    created_at: str
    version: int
    deployment_id: None | str
    revision: int | None
    manifest_digest: None | str
    release: None | ChangeTenantAnswerRelease
    warnings: list[Any]


class DeleteTenantAnswer(TypedDict, total=False):
    tenant_id: str
    deleted: bool
    namespace: str
    deletion_id: str
    objects_removed: int
    left_behind: bool


class PatchTenantAnswer(TypedDict, total=False):
    tenant_id: str
    name: str
    namespace: str
    preset: str
    status: str
    state: str
    state_since: str
    wanted: str
    owner: str
    labels: ListTenantsAnswerTenantsLabels
    timezone: str
    service_requirements: ListPresetsAnswerPresetsCounters
    sla_target: ListTenantsAnswerTenantsSlaTarget
    options: dict[str, Any]
    description: str
    created_at: str
    version: int
    deployment_id: Any
    revision: Any
    manifest_digest: Any
    release: Any
    warnings: list[Any]


class TenantAlertsAnswerRules(TypedDict, total=False):
    alert_name: str
    condition: str
    duration: str
    severity: str
    actions: list[str]
    created_at: str


class TenantAlertsAnswerAlerts(TypedDict, total=False):
    id: int
    fingerprint: str
    tenant_id: str
    rule: str
    subject: str
    severity: str
    state: str
    message: ListAlertsAnswerAlertsMessage
    why: ListAlertsAnswerAlertsWhy
    values: ListAlertsAnswerAlertsValues
    simulated: bool
    at: str
    began_at: str
    fired_at: str
    acknowledged_at: str
    resolved_at: Any
    acknowledged_by: str


class TenantAlertsAnswer(TypedDict, total=False):
    tenant_id: str
    rules: list[TenantAlertsAnswerRules]
    alerts: list[TenantAlertsAnswerAlerts]


class Action(TypedDict, total=False):
    type: Required[
        Literal["slack", "email", "webhook", "naver-works", "dooray", "jandi", "apprise"]
    ]
    url: str | None
    recipients: list[str]


class RuleBody(TypedDict, total=False):
    alert_name: Required[str]
    condition: Required[str]
    duration: str
    severity: Literal["info", "warning", "critical"]
    actions: list[
        Literal["slack", "email", "webhook", "naver-works", "dooray", "jandi", "apprise"] | Action
    ]


class AddTenantAlertAnswer(TypedDict, total=False):
    tenant_id: str
    alert_name: str
    condition: str
    duration: str
    severity: str
    actions: list[str]
    created_at: str
    figures: list[str]
    warnings: list[str]


class RemoveTenantAlertAnswer(TypedDict, total=False):
    tenant_id: str
    alert_name: str
    removed: bool


class Clone(TypedDict, total=False):
    tenant_id: Required[str]
    name: str | None
    namespace: str | None
    owner: str | None


class CloneTenantAnswerOptionsContract(TypedDict, total=False):
    service_hours: GetContractAnswerServiceHours
    maintenance: GetContractAnswerMaintenance
    credits: GetContractAnswerCredits


class CloneTenantAnswerOptionsBusiness(TypedDict, total=False):
    currency: str
    revenue_per_request: float
    requests_per_session: float


class CloneTenantAnswerOptionsVersions(TypedDict, total=False):
    chatbot: str


class CloneTenantAnswerOptions(TypedDict, total=False):
    contract: CloneTenantAnswerOptionsContract
    business: CloneTenantAnswerOptionsBusiness
    versions: CloneTenantAnswerOptionsVersions


class CloneTenantAnswer(TypedDict, total=False):
    tenant_id: str
    name: str
    namespace: str
    preset: str
    status: str
    state: str
    state_since: str
    wanted: str
    owner: str
    labels: ListTenantsAnswerTenantsLabels
    timezone: str
    service_requirements: ListPresetsAnswerPresetsCounters
    sla_target: ListTenantsAnswerTenantsSlaTarget
    options: CloneTenantAnswerOptions
    description: str
    created_at: str
    version: int
    deployment_id: Any
    revision: Any
    manifest_digest: Any
    origin: str


class GetDemandAnswerShapeWeekdays(TypedDict, total=False):
    mon: float


class GetDemandAnswerShapeMonthEnd(TypedDict, total=False):
    days: float
    factor: float


class GetDemandAnswerShape(TypedDict, total=False):
    calendar: str
    weekdays: GetDemandAnswerShapeWeekdays
    month_end: GetDemandAnswerShapeMonthEnd


class GetDemandAnswer(TypedDict, total=False):
    tenant_id: str
    units: ListPresetsAnswerPresetsCounters
    shape: GetDemandAnswerShape
    gaps: dict[str, Any]


class Shape(TypedDict, total=False):
    calendar: str | None
    days: dict[str, str] | None
    weekdays: dict[str, float] | None
    month_end: dict[str, float] | None
    campaigns: list[dict[str, Any]] | None
    variation: float | str | None
    profiles: dict[str, dict[str, Any]] | None
    series: dict[str, dict[str, Any]] | None
    follow: dict[str, dict[str, Any]] | None


class ShapeDemandAnswer(TypedDict, total=False):
    tenant_id: str
    units: ListPresetsAnswerPresetsCounters
    shape: GetDemandAnswerShape
    gaps: dict[str, Any]
    followed: bool


class PlainDemandAnswer(TypedDict, total=False):
    tenant_id: str
    units: ListPresetsAnswerPresetsCounters
    shape: Any
    gaps: dict[str, Any]
    followed: bool


class DeploymentStatusAnswerWaves(TypedDict, total=False):
    wave: str
    state: str
    objects: int
    applied: int
    ready: int
    desired: int
    applied_at: str
    ready_at: Any
    awaits: list[str]


class DeploymentStatusAnswerStartupConditions(TypedDict, total=False):
    workloads_available: DeployAnswerStartupConditionsWorkloadsAvailable
    services_with_endpoints: DeployAnswerStartupConditionsWorkloadsAvailable
    dependencies_answering: DeployAnswerStartupConditionsWorkloadsAvailable
    entry_requests_served: DeployAnswerStartupConditionsWorkloadsAvailable


class DeploymentStatusAnswerStartupWorkloadsStages(TypedDict, total=False):
    pod: str
    created: float
    scheduled: float
    pulled: None | float
    started: None | float
    ready: None | float


class DeploymentStatusAnswerStartupWorkloads(TypedDict, total=False):
    object: str
    desired: int
    ready: int
    available: bool
    seconds: None | float
    updated: int
    restarts: int
    gpus: None | DeployAnswerStartupWorkloadsGpus
    stages: DeploymentStatusAnswerStartupWorkloadsStages


class DeploymentStatusAnswerStartupEntries(TypedDict, total=False):
    object: str
    served: bool
    seconds: None | float


class DeploymentStatusAnswerStartup(TypedDict, total=False):
    started: bool
    ready: bool
    settled: bool
    stalled: bool
    judged_at: str
    began: str
    confirmed_at: None | str
    seconds: None | float
    conditions: DeploymentStatusAnswerStartupConditions
    workloads: list[DeploymentStatusAnswerStartupWorkloads]
    services: list[DeployAnswerStartupServices]
    dependencies: DeployAnswerStartupDependencies
    entries: list[DeploymentStatusAnswerStartupEntries]
    problems: list[Any]
    up: bool
    degraded: list[Any]
    entry_requests_served: int | None


class DeploymentStatusAnswer(TypedDict, total=False):
    tenant_id: str
    status: str
    overall_status: str
    phase: str
    progress: float
    waves: list[DeploymentStatusAnswerWaves]
    created_resources: list[GetReleaseAnswerSteps]
    pending_resources: list[Any]
    estimated_completion: Any
    estimate: Any
    logs: list[GetReleaseAnswerLogs]
    started: bool
    startup: DeploymentStatusAnswerStartup
    deployment_id: str


class LastDifferenceAnswerCounts(TypedDict, total=False):
    create: int
    change: int
    none: int
    remove: int
    refused: int


class LastDifferenceAnswerObjects(TypedDict, total=False):
    apiVersion: str
    kind: str
    namespace: str
    name: str
    action: str
    changes: list[Any]
    reason: None | str
    code: Any


class LastDifferenceAnswer(TypedDict, total=False):
    tenant_id: str
    namespace: str
    release_digest: str
    differs: bool
    counts: LastDifferenceAnswerCounts
    objects: list[LastDifferenceAnswerObjects]
    warnings: list[Any]
    tenant_exists: bool


class Difference(TypedDict, total=False):
    manifest_content: str | None
    manifest_id: str | None
    include_monitoring: bool
    strict_validation: bool | None
    allow_broken: bool
    versions: dict[str, str] | None


class DifferenceAnswerObjects(TypedDict, total=False):
    apiVersion: str
    kind: str
    namespace: str
    name: str
    action: str
    changes: list[Any]
    reason: Any
    code: Any


class DifferenceAnswer(TypedDict, total=False):
    tenant_id: str
    namespace: str
    release_digest: str
    differs: bool
    counts: LastDifferenceAnswerCounts
    objects: list[DifferenceAnswerObjects]
    warnings: list[Any]
    tenant_exists: bool


class TenantHistoryAnswerHistoryFactsValues(TypedDict, total=False):
    callbot: list[int]
    chatbot: list[int]
    advisor: list[int]


class TenantHistoryAnswerHistoryFacts(TypedDict, total=False):
    revision: int
    fields: str
    values: TenantHistoryAnswerHistoryFactsValues
    count: int


TenantHistoryAnswerHistory = TypedDict(
    "TenantHistoryAnswerHistory",
    {
        "at": str,
        "from": None | str,
        "state": str,
        "cause": str,
        "facts": TenantHistoryAnswerHistoryFacts,
        "message": str,
    },
    total=False,
)


class TenantHistoryAnswerPagination(TypedDict, total=False):
    skip: int
    limit: int
    has_more: bool


class TenantHistoryAnswer(TypedDict, total=False):
    tenant_id: str
    history: list[TenantHistoryAnswerHistory]
    total_count: int
    pagination: TenantHistoryAnswerPagination


class GetManifestAnswer(TypedDict, total=False):
    tenant_id: str
    manifest_digest: str
    source: str
    secrets: str
    manifest_content: str


class Options(TypedDict, total=False):
    service_requirements: Requirements | None
    include_monitoring: bool
    include_ingress: bool
    include: list[Literal["quota", "limits", "storage", "priority"]]
    include_secrets: bool
    namespace: None
    gpu_type: str | None
    cloud_provider: str | None


class GenerateManifestAnswer(TypedDict, total=False):
    tenant_id: str
    tenant_created: bool
    namespace: str
    manifest_digest: str
    secrets: str
    service_requirements: ListPresetsAnswerPresetsCounters
    files: dict[str, str]
    file_count: int
    resources: CreateTenantAnswerEstimatedResources
    warnings: list[Any]
    manifest_content: str


class ListMonitoringDataAnswerMetricsCpu(TypedDict, total=False):
    timestamp: str
    value: float


class ListMonitoringDataAnswerMetrics(TypedDict, total=False):
    cpu: list[ListMonitoringDataAnswerMetricsCpu]
    memory: list[ListMonitoringDataAnswerMetricsCpu]
    gpu: list[ListMonitoringDataAnswerMetricsCpu]


class ListMonitoringDataAnswerSummary(TypedDict, total=False):
    avg_cpu: float
    max_cpu: float
    avg_memory: float
    max_memory: float
    avg_gpu: None | float
    max_gpu: None | float
    avg_response_time: float
    max_response_time: int
    avg_error_rate: float
    max_error_rate: float
    avg_request_rate: float
    max_request_rate: float


class ListMonitoringDataAnswerMonitoringData(TypedDict, total=False):
    tenant_id: str
    metric_type: str
    metric_name: str
    metric_value: float
    metric_unit: str
    data_source: str
    timestamp: str


class ListMonitoringDataAnswer(TypedDict, total=False):
    tenant_id: str
    hours: int
    interval_minutes: int
    metrics: ListMonitoringDataAnswerMetrics
    summary: ListMonitoringDataAnswerSummary
    monitoring_data: list[ListMonitoringDataAnswerMonitoringData]
    evidence: str


class Row(TypedDict, total=False):
    metric_type: str
    metric_name: str | None
    metric_value: float | None
    metric_unit: str
    data_source: str
    timestamp: str | None
    cpu_usage: float | None
    memory_usage: float | None
    gpu_usage: float | None
    network_in: float | None
    network_out: float | None
    storage_used: float | None
    request_count: float | None
    response_time: float | None
    error_rate: float | None


class AddMonitoringDataAnswer(TypedDict, total=False):
    tenant_id: str
    metric_type: str
    metric_name: str
    metric_value: float
    metric_unit: str
    data_source: str
    timestamp: str
    kept: int


class ListReleasesAnswerReleases(TypedDict, total=False):
    deployment_id: str
    revision: int
    phase: str
    release_digest: str
    manifest_digest: str
    began: str
    attempt: int
    sent_at: str
    created_at: str
    detail: str
    tenant_id: str
    started: bool
    confirmed_at: Any
    seconds: Any
    rollback: Any
    gate: Any
    waves_mode: str
    on_failure: str


class ListReleasesAnswer(TypedDict, total=False):
    tenant_id: str
    releases: list[ListReleasesAnswerReleases]
    total: int
    skip: int
    limit: int


class CompareReleasesAnswerFrom(TypedDict, total=False):
    revision: int
    deployment_id: str
    release_digest: str
    phase: str
    started: bool
    seconds: Any


class CompareReleasesAnswerOptions(TypedDict, total=False):
    path: str
    op: str
    before: bool
    after: bool


CompareReleasesAnswer = TypedDict(
    "CompareReleasesAnswer",
    {
        "tenant_id": str,
        "from": CompareReleasesAnswerFrom,
        "to": CompareReleasesAnswerFrom,
        "differs": bool,
        "counts": LastDifferenceAnswerCounts,
        "objects": list[DifferenceAnswerObjects],
        "options": list[CompareReleasesAnswerOptions],
    },
    total=False,
)


class How(TypedDict, total=False):
    waves: Literal["ordered", "wait"]
    wave_timeout_s: float
    on_failure: Literal["stay", "rollback"]
    burn: Burn | None
    confirm: str


class RollbackAnswerStartupConditions(TypedDict, total=False):
    workloads_available: DeployAnswerStartupConditionsEntryRequestsServed
    services_with_endpoints: DeployAnswerStartupConditionsEntryRequestsServed
    dependencies_answering: DeployAnswerStartupConditionsEntryRequestsServed
    entry_requests_served: DeployAnswerStartupConditionsEntryRequestsServed


class RollbackAnswerStartupWorkloads(TypedDict, total=False):
    object: str
    desired: int
    ready: int
    available: bool
    seconds: Any
    updated: int
    restarts: int
    gpus: None | DeployAnswerStartupWorkloadsGpus
    stages: None | DeployAnswerStartupWorkloadsStages


class RollbackAnswerStartup(TypedDict, total=False):
    started: bool
    ready: bool
    settled: bool
    stalled: bool
    judged_at: str
    began: str
    confirmed_at: Any
    seconds: Any
    conditions: RollbackAnswerStartupConditions
    workloads: list[RollbackAnswerStartupWorkloads]
    services: list[DeployAnswerStartupServices]
    dependencies: DeployAnswerStartupDependencies
    entries: list[DeployAnswerStartupEntries]
    problems: list[Any]
    up: bool
    degraded: list[Any]


class RollbackAnswer(TypedDict, total=False):
    status: str
    deployment_id: str
    resources_count: int
    resources_planned: int
    sla_monitoring: bool
    tenant_id: str
    tenant_created: bool
    new_revision: bool
    cluster_reset: bool
    manifest_source: str
    revision: int
    phase: str
    release_digest: str
    manifest_digest: str
    began: str
    attempt: int
    sent_at: str
    created_at: str
    detail: str
    gate: Any
    rollback: DeployAnswer202Rollback
    waves: list[DeployAnswerWaves]
    ready: int
    desired: int
    started: bool
    startup: RollbackAnswerStartup
    warnings: list[Any]
    not_simulated: list[Any]
    pruned: list[Any]
    simulator_dashboard: str
    timed_out: bool
    mode: str


class ListResourcesAnswerNodes(TypedDict, total=False):
    id: str
    apiVersion: str
    kind: str
    namespace: str
    name: str
    uid: str
    owner_uid: Any
    labels: dict[str, str]
    created_at: str
    health: str
    reason: Any
    sync: str
    changed: list[Any]
    ready: int
    desired: int
    restarts: Any
    node: Any
    problem: bool


class ListResourcesAnswerKinds(TypedDict, total=False):
    Namespace: int
    Pod: int
    Service: int
    ConfigMap: int
    Secret: int
    ServiceAccount: int
    Deployment: int
    ReplicaSet: int
    HorizontalPodAutoscaler: int
    PodDisruptionBudget: int
    NetworkPolicy: int
    EndpointSlice: int
    Node: int


class ListResourcesAnswerHealth(TypedDict, total=False):
    healthy: int


class ListResourcesAnswerSync(TypedDict, total=False):
    released: int
    cluster: int


class ListResourcesAnswer(TypedDict, total=False):
    tenant_id: str
    namespaces: list[str]
    revision: int
    evidence: str
    nodes: list[ListResourcesAnswerNodes]
    owners: list[Any]
    groups: list[Any]
    edges: list[Any]
    total: int
    matched: int
    problems: int
    skip: int
    kinds: ListResourcesAnswerKinds
    health: ListResourcesAnswerHealth
    sync: ListResourcesAnswerSync
    unread: list[Any]
    reading: list[Any]


class MergedLogsAnswerLines(TypedDict, total=False):
    at: str
    pod: str
    container: str
    text: str


class MergedLogsAnswer(TypedDict, total=False):
    lines: list[MergedLogsAnswerLines]
    pods: list[str]
    left_out: int
    silent: list[Any]


class OneResourceAnswerConditions(TypedDict, total=False):
    type: str
    status: str
    reason: str
    message: str
    since: str


class OneResourceAnswerEvents(TypedDict, total=False):
    at: str
    first_at: str
    type: str
    reason: str
    message: str
    count: int
    source: str


class OneResourceAnswer(TypedDict, total=False):
    id: str
    apiVersion: str
    kind: str
    namespace: str
    name: str
    uid: str
    owner_uid: Any
    labels: dict[str, str]
    created_at: str
    health: str
    reason: Any
    sync: str
    changed: list[Any]
    ready: int
    desired: int
    restarts: Any
    node: Any
    problem: bool
    why: list[Any]
    yaml: str
    conditions: list[OneResourceAnswerConditions]
    events: list[OneResourceAnswerEvents]
    containers: list[Any]
    pods: list[str]
    revision: int


class ResourceMetricsAnswerPodsContainers(TypedDict, total=False):
    name: str
    cpu_millicores: float
    memory_bytes: int
    cpu_request_millicores: int
    memory_request_bytes: int
    cpu_limit_millicores: int
    memory_limit_bytes: int
    restarts: int


class ResourceMetricsAnswerPods(TypedDict, total=False):
    name: str
    containers: list[ResourceMetricsAnswerPodsContainers]
    cpu_millicores: float
    memory_bytes: float
    cpu_request_millicores: float
    memory_request_bytes: float
    cpu_limit_millicores: float
    memory_limit_bytes: float
    restarts: float


class ResourceMetricsAnswerTotal(TypedDict, total=False):
    cpu_millicores: float
    memory_bytes: float
    cpu_request_millicores: float
    memory_request_bytes: float
    cpu_limit_millicores: float
    memory_limit_bytes: float
    restarts: float


class ResourceMetricsAnswerHistory(TypedDict, total=False):
    at: str
    cpu_millicores: int
    memory_bytes: int
    replicas: float
    good: int
    total: int
    p95_ms: int


class ResourceMetricsAnswer(TypedDict, total=False):
    at: str
    now: str
    pods: list[ResourceMetricsAnswerPods]
    total: ResourceMetricsAnswerTotal
    history: list[ResourceMetricsAnswerHistory]
    unmeasured: Any
    evidence: str


class RestartTenantAnswer(TypedDict, total=False):
    tenant_id: str
    state: str
    wanted: str
    restarted: int
    restarted_at: str


class StartTenantAnswer(TypedDict, total=False):
    tenant_id: str
    state: str
    wanted: str
    started: int


class StopTenantAnswer(TypedDict, total=False):
    tenant_id: str
    state: str
    wanted: str
    scaled_to_zero: int
    still_running: list[Any]


class TenantVersionsAnswerServices(TypedDict, total=False):
    service: str
    image: str
    version: str


TenantVersionsAnswerHistoryChanges = TypedDict(
    "TenantVersionsAnswerHistoryChanges",
    {
        "service": str,
        "from": None | str,
        "to": None | str,
    },
    total=False,
)


class TenantVersionsAnswerHistory(TypedDict, total=False):
    revision: int
    deployment_id: str
    phase: str
    at: str
    rollback: None | DeployAnswer202Rollback
    changes: list[TenantVersionsAnswerHistoryChanges]


class TenantVersionsAnswer(TypedDict, total=False):
    tenant_id: str
    registry: Any
    chosen: CloneTenantAnswerOptionsVersions
    services: list[TenantVersionsAnswerServices]
    history: list[TenantVersionsAnswerHistory]


class TenantVersions(TypedDict, total=False):
    versions: dict[str, str]
    registry: str | None
    deploy: bool
    on_failure: str
    confirm: str


class PutTenantVersionsAnswer(TypedDict, total=False):
    tenant_id: str
    registry: Any
    chosen: CloneTenantAnswerOptionsVersions
    services: list[TenantVersionsAnswerServices]
    history: list[TenantVersionsAnswerHistory]
    deployment_id: str
    revision: int
    new_revision: bool


class NewTwin(TypedDict, total=False):
    namespace: Required[str]
    context: str
    into: str | None
    prometheus: str | None
    readings: int
    start: str
    seed: int
    response_times: dict[str, Any] | None
    tolerance: float


class ImportTwinAnswerOriginal(TypedDict, total=False):
    cluster: str
    namespace: str
    version: str


class ImportTwinAnswerFigures(TypedDict, total=False):
    workload: str
    container: str
    figure: str
    measured: None | float
    samples: int
    simulated: float
    ratio: None | float
    matches: bool | None
    assumed: str
    not_compared: None | str


class ImportTwinAnswerByFigureReadySeconds(TypedDict, total=False):
    compared: int
    matching: int
    not_compared: int
    worst_ratio: float


class ImportTwinAnswerByFigure(TypedDict, total=False):
    ready_seconds: ImportTwinAnswerByFigureReadySeconds
    cpu_millicores: ImportTwinAnswerByFigureReadySeconds
    memory_bytes: ImportTwinAnswerByFigureReadySeconds


class ImportTwinAnswerProfilesStartSeconds(TypedDict, total=False):
    value: float
    samples: int
    low: float
    high: float
    assumed: str


class ImportTwinAnswerProfiles(TypedDict, total=False):
    workload: str
    container: str
    start_seconds: None | ImportTwinAnswerProfilesStartSeconds
    cpu_millicores: ImportTwinAnswerProfilesStartSeconds
    memory_bytes: ImportTwinAnswerProfilesStartSeconds
    image_bytes: None | ImportTwinAnswerProfilesStartSeconds
    response_time: Any


class ImportTwinAnswer(TypedDict, total=False):
    twin: str
    original: ImportTwinAnswerOriginal
    verdict: str
    says: str
    tolerance: float
    figures: list[ImportTwinAnswerFigures]
    by_figure: ImportTwinAnswerByFigure
    profiles: list[ImportTwinAnswerProfiles]
    nodes: int
    refused: list[Any]
    assumed: list[str]
    missing: list[Any]
    evidence: str


class HealthAnswer(TypedDict, total=False):
    status: str
    service: str
    version: str


class ReadyAnswerStores(TypedDict, total=False):
    production: bool
    demo: bool


class ReadyAnswer(TypedDict, total=False):
    status: str
    stores: ReadyAnswerStores

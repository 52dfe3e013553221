"""What is sent to the simulator, and what it answers.

Answers are open: fields may be absent and others may come.

generated, do not edit: .venv/bin/python tools/make_api.py
"""
# ruff: noqa

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict


class RootAnswerClusters(TypedDict, total=False):
    default: str


class RootAnswer(TypedDict, total=False):
    service: str
    version: str
    clusters: RootAnswerClusters
    api: str
    docs: str
    health: str
    dashboard: str
    metrics: str


class AllMetricsApiAnswerSystemNodes(TypedDict, total=False):
    total: int
    ready: int


class AllMetricsApiAnswerSystemPods(TypedDict, total=False):
    Running: int


class AllMetricsApiAnswerSystemCpu(TypedDict, total=False):
    allocatable: int
    requested: int
    requested_percent: float
    unit: str
    used: int
    used_percent: float


class AllMetricsApiAnswerSystemGpu(TypedDict, total=False):
    allocatable: int
    requested: int
    requested_percent: float
    unit: str


class AllMetricsApiAnswerSystemClock(TypedDict, total=False):
    now: str
    now_ns: int
    speed: float
    paused: bool
    warping_to: Any
    catching_up_to: Any
    on_restart: str
    pace_since: str


class AllMetricsApiAnswerSystem(TypedDict, total=False):
    cluster: str
    failed: bool
    nodes: AllMetricsApiAnswerSystemNodes
    pods: AllMetricsApiAnswerSystemPods
    cpu: AllMetricsApiAnswerSystemCpu
    memory: AllMetricsApiAnswerSystemCpu
    gpu: AllMetricsApiAnswerSystemGpu
    storage: AllMetricsApiAnswerSystemGpu
    tenants: int
    resource_version: int
    clock: AllMetricsApiAnswerSystemClock


class AllMetricsApiAnswerTenantsMetricsUnits(TypedDict, total=False):
    cpu: str
    memory: str
    network_rps: str
    response_time: str
    error_rate: str


class AllMetricsApiAnswerTenantsMetrics(TypedDict, total=False):
    cpu: float
    memory: float
    network_rps: float
    response_time: int
    error_rate: float
    units: AllMetricsApiAnswerTenantsMetricsUnits


class AllMetricsApiAnswerTenantsSlaDataErrorBudget(TypedDict, total=False):
    allowed_seconds: float
    consumed_seconds: int
    remaining_seconds: float
    remaining_pct: float


AllMetricsApiAnswerTenantsSlaDataWindow = TypedDict(
    "AllMetricsApiAnswerTenantsSlaDataWindow",
    {
        "from": str,
        "to": str,
        "until": str,
        "type": str,
        "timezone": str,
    },
    total=False,
)


class AllMetricsApiAnswerTenantsSlaData(TypedDict, total=False):
    availability: float
    status: str
    uptime_percentage: float
    downtime_minutes: float
    target_sla: float
    failure_count: int
    recovery_time_avg: Any
    observed_seconds: int
    provisional: bool
    error_budget: AllMetricsApiAnswerTenantsSlaDataErrorBudget
    window: AllMetricsApiAnswerTenantsSlaDataWindow


class AllMetricsApiAnswerTenantsWorkloadsMetrics(TypedDict, total=False):
    cpu: None | float
    memory: None | float
    network_rps: float
    response_time: int
    error_rate: float
    units: dict[str, Any]


class AllMetricsApiAnswerTenantsWorkloads(TypedDict, total=False):
    name: str
    kind: str
    desired: int
    ready: int
    profile: str
    demand_model: str
    state: str
    answering: int
    entry: bool
    metrics: AllMetricsApiAnswerTenantsWorkloadsMetrics


class AllMetricsApiAnswerTenantsExternalMetricsBusinessRequests(TypedDict, total=False):
    value: int
    source: str
    at: str


class AllMetricsApiAnswerTenantsExternalMetricsRevenue(TypedDict, total=False):
    value: float
    source: str
    at: str


class AllMetricsApiAnswerTenantsExternalMetrics(TypedDict, total=False):
    business_requests: AllMetricsApiAnswerTenantsExternalMetricsBusinessRequests
    active_sessions: AllMetricsApiAnswerTenantsExternalMetricsBusinessRequests
    revenue: AllMetricsApiAnswerTenantsExternalMetricsRevenue


class AllMetricsApiAnswerTenants(TypedDict, total=False):
    tenant_id: str
    timestamp: str
    metrics: AllMetricsApiAnswerTenantsMetrics
    sla_data: AllMetricsApiAnswerTenantsSlaData
    workloads: list[AllMetricsApiAnswerTenantsWorkloads]
    external_metrics: AllMetricsApiAnswerTenantsExternalMetrics
    cluster: str
    forked_from: Any
    clock: AllMetricsApiAnswerSystemClock
    evidence: str


class AllMetricsApiAnswer(TypedDict, total=False):
    timestamp: str
    system: list[AllMetricsApiAnswerSystem]
    tenants: list[AllMetricsApiAnswerTenants]
    evidence: str


class ListClustersAnswerClusters(TypedDict, total=False):
    name: str
    kubernetes_version: str
    authorization_mode: str
    seed: int
    forked_from: Any
    state: str
    clock: AllMetricsApiAnswerSystemClock
    resource_version: int
    nodes: int
    pods: int
    server: str
    evidence: str


class ListClustersAnswer(TypedDict, total=False):
    clusters: list[ListClustersAnswerClusters]
    damaged: dict[str, Any]
    models: list[str]


class NewCluster(TypedDict, total=False):
    name: Required[str]
    model: str
    spec: dict[str, Any] | None
    seed: int
    start: str | None
    on_restart: Literal["catch-up", "resume"]
    paused: bool
    authorization_mode: Literal["AlwaysAllow", "RBAC"] | None


class GetClusterAnswerSpecPoolsTaints(TypedDict, total=False):
    key: str
    value: str
    effect: str


class GetClusterAnswerSpecPools(TypedDict, total=False):
    count: int
    gpus: int
    pods: int
    labels: dict[str, str]
    taints: list[GetClusterAnswerSpecPoolsTaints]
    storage: str
    name: str
    cpu: str
    memory: str


class GetClusterAnswerSpecStorageDrivers(TypedDict, total=False):
    name: str
    topology: str
    accessModes: list[str]
    attach: bool
    volumesPerNode: int
    delays: dict[str, Any]


class GetClusterAnswerSpecStorageClasses(TypedDict, total=False):
    name: str
    provisioner: str
    default: bool
    volumeBindingMode: str
    reclaimPolicy: str
    allowVolumeExpansion: bool
    parameters: dict[str, Any]


class GetClusterAnswerSpecStorage(TypedDict, total=False):
    drivers: list[GetClusterAnswerSpecStorageDrivers]
    classes: list[GetClusterAnswerSpecStorageClasses]


class GetClusterAnswerSpecDataplaneProxy(TypedDict, total=False):
    minSyncPeriod: str
    watch: str
    sync: str


class GetClusterAnswerSpecDataplaneDns(TypedDict, total=False):
    ttl: str
    kept: str
    answer: str
    lostPerMillion: int
    nodeLocal: bool


class GetClusterAnswerSpecDataplaneConntrack(TypedDict, total=False):
    perCore: int
    least: int
    timeWait: str


class GetClusterAnswerSpecDataplaneLoadbalancer(TypedDict, total=False):
    network: str
    provision: str
    release: str
    unhealthyAfter: str
    healthyAfter: str


GetClusterAnswerSpecDataplaneIngress = TypedDict(
    "GetClusterAnswerSpecDataplaneIngress",
    {
        "class": str,
        "default": bool,
        "address": str,
        "admit": str,
    },
    total=False,
)


class GetClusterAnswerSpecDataplaneRegistry(TypedDict, total=False):
    bitsPerSecond: int


class GetClusterAnswerSpecDataplane(TypedDict, total=False):
    proxy: GetClusterAnswerSpecDataplaneProxy
    dns: GetClusterAnswerSpecDataplaneDns
    conntrack: GetClusterAnswerSpecDataplaneConntrack
    loadBalancer: GetClusterAnswerSpecDataplaneLoadbalancer
    ingress: GetClusterAnswerSpecDataplaneIngress
    registry: GetClusterAnswerSpecDataplaneRegistry


class GetClusterAnswerSpecControlplane(TypedDict, total=False):
    clientLimits: str


class GetClusterAnswerSpecKubelet(TypedDict, total=False):
    evictionHard: dict[str, str]
    evictionSoft: dict[str, Any]
    evictionSoftGracePeriod: dict[str, Any]
    evictionMinimumReclaim: dict[str, Any]
    evictionPressureTransitionPeriod: str
    evictionMaxPodGracePeriod: int
    imageGCHighThresholdPercent: int
    imageGCLowThresholdPercent: int
    imageMinimumGCAge: str


class GetClusterAnswerSpec(TypedDict, total=False):
    kubernetesVersion: str
    serviceNetwork: str
    podNetwork: str
    region: str
    zones: list[str]
    authorizationMode: str
    users: list[Any]
    metricsServer: bool
    name: str
    pools: list[GetClusterAnswerSpecPools]
    storage: GetClusterAnswerSpecStorage
    dataPlane: GetClusterAnswerSpecDataplane
    controlPlane: GetClusterAnswerSpecControlplane
    kubelet: GetClusterAnswerSpecKubelet


class GetClusterAnswer(TypedDict, total=False):
    name: str
    kubernetes_version: str
    authorization_mode: str
    seed: int
    forked_from: Any
    state: str
    clock: AllMetricsApiAnswerSystemClock
    resource_version: int
    nodes: int
    pods: int
    server: str
    evidence: str
    spec: GetClusterAnswerSpec
    snapshots: list[Any]


class DeleteClusterAnswer(TypedDict, total=False):
    name: str
    deleted: bool


class WhyChangeAnswerChain(TypedDict, total=False):
    version: int
    type: str
    resource: str
    namespace: str
    name: str
    actor: str
    at: str
    cause: str


class WhyChangeAnswerRoot(TypedDict, total=False):
    kind: str
    id: str


class WhyChangeAnswer(TypedDict, total=False):
    cluster: str
    version: int
    chain: list[WhyChangeAnswerChain]
    root: WhyChangeAnswerRoot


class GetClockAnswer(TypedDict, total=False):
    now: str
    now_ns: int
    speed: float
    paused: bool
    warping_to: Any
    catching_up_to: Any
    on_restart: str
    pace_since: str
    incarnation: str
    ledger: str
    next_timer: str


class ClockAction(TypedDict, total=False):
    action: Required[str]
    factor: float | None
    duration: str | None
    to: str | None
    on_restart: str | None


class ActOnClockAnswer(TypedDict, total=False):
    now: str
    now_ns: int
    speed: float
    paused: bool
    warping_to: None | str
    catching_up_to: Any
    on_restart: str
    pace_since: str


class ListSchedulesAnswerSchedulesSelector(TypedDict, total=False):
    namespaces: list[str]


class ListSchedulesAnswerSchedules(TypedDict, total=False):
    namespace: str
    name: str
    schedule: str
    fault: str
    kind: str
    duration: Any
    selector: ListSchedulesAnswerSchedulesSelector
    target: Any
    last_at: Any
    next_at: str
    until: None | str
    paused: bool
    active: list[Any]
    title: str


class ListSchedulesAnswer(TypedDict, total=False):
    cluster: str
    schedules: list[ListSchedulesAnswerSchedules]


class NewSchedule(TypedDict, total=False):
    fault: Required[str]
    namespace: Required[str]
    every: Required[str]
    lasts: str | None
    target: str | None
    selector: dict[str, Any] | None
    mode: str | None
    value: str | None
    duration: str | None
    parameters: dict[str, bool | int | str]


class RepeatFaultAnswer(TypedDict, total=False):
    cluster: str
    namespace: str
    name: str
    kind: str


class TakeAwayAnswer(TypedDict, total=False):
    cluster: str
    namespace: str
    name: str


class ListFaultsAnswerFaultsOrigin(TypedDict, total=False):
    kind: str


class ListFaultsAnswerFaultsParameters(TypedDict, total=False):
    load_percent: int
    workers: int


class ListFaultsAnswerFaultsSeen(TypedDict, total=False):
    at: str
    after_seconds: float


class ListFaultsAnswerFaultsProof(TypedDict, total=False):
    observe: str
    expected: float
    observed: float
    unit: str
    verdict: str
    text: str
    within_seconds: float
    after_seconds: float


class ListFaultsAnswerFaultsHits(TypedDict, total=False):
    pod: str
    hit_at: str
    unready_at: None | str
    ready_at: None | str
    gone_at: Any
    seconds: None | float


class ListFaultsAnswerFaults(TypedDict, total=False):
    id: str
    fault: str
    origin: ListFaultsAnswerFaultsOrigin
    targets: list[str]
    namespaces: list[str]
    parameters: ListFaultsAnswerFaultsParameters
    started_at: str
    until: str
    ended_at: None | str
    took_effect: bool
    seen: dict[str, ListFaultsAnswerFaultsSeen]
    verdict: str
    proof: list[ListFaultsAnswerFaultsProof]
    pods: list[str]
    hits: list[ListFaultsAnswerFaultsHits]
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


class ListFaultsAnswerCounts(TypedDict, total=False):
    planned: int
    running: int
    ended: int
    failed: int


class ListFaultsAnswer(TypedDict, total=False):
    cluster: str
    faults: list[ListFaultsAnswerFaults]
    counts: ListFaultsAnswerCounts


class NewFault(TypedDict, total=False):
    fault: Required[str]
    target: str | None
    duration: str | None
    parameters: dict[str, bool | int | str]
    namespaces: list[str] | None
    at: str | None
    selector: dict[str, Any] | None
    mode: str | None
    value: str | None
    to: str | dict[str, Any] | None
    only: list[str] | None
    max_percent: float | None
    force: bool | None
    abort: list[dict[str, Any] | str] | None
    steady: list[dict[str, Any] | str] | None


class InjectFaultAnswerProof(TypedDict, total=False):
    observe: str
    expected: float
    observed: int | None
    unit: str
    verdict: str
    text: str
    within_seconds: float
    after_seconds: Any


class InjectFaultAnswerHits(TypedDict, total=False):
    pod: str
    hit_at: str
    unready_at: Any
    ready_at: Any
    gone_at: Any
    seconds: Any


class InjectFaultAnswer(TypedDict, total=False):
    id: str
    fault: str
    origin: ListFaultsAnswerFaultsOrigin
    targets: list[str]
    namespaces: list[str]
    parameters: dict[str, Any]
    started_at: str
    until: str
    ended_at: Any
    took_effect: bool
    seen: dict[str, Any]
    verdict: str
    proof: list[InjectFaultAnswerProof]
    pods: list[str]
    hits: list[InjectFaultAnswerHits]
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


class HaltFaultsAnswer(TypedDict, total=False):
    cluster: str
    faults: list[Any]
    objects: list[Any]


class InstallChaosAnswer(TypedDict, total=False):
    cluster: str
    installed: list[str]


class PreviewFaultAnswerServices(TypedDict, total=False):
    service: str
    ready: int
    hit: int
    percent: float


class PreviewFaultAnswer(TypedDict, total=False):
    cluster: str
    fault: str
    title: str
    targets: list[str]
    pods: list[str]
    nodes: dict[str, list[str]]
    namespaces: list[str]
    tenants: list[str]
    services: list[PreviewFaultAnswerServices]
    ready_endpoints_percent: float
    choices: list[str]


class EndFaultAnswerHits(TypedDict, total=False):
    pod: str
    hit_at: str
    unready_at: str
    ready_at: Any
    gone_at: Any
    seconds: Any


class EndFaultAnswer(TypedDict, total=False):
    id: str
    fault: str
    origin: ListFaultsAnswerFaultsOrigin
    targets: list[str]
    namespaces: list[str]
    parameters: dict[str, Any]
    started_at: str
    until: str
    ended_at: str
    took_effect: bool
    seen: dict[str, ListFaultsAnswerFaultsSeen]
    verdict: str
    proof: list[ListFaultsAnswerFaultsProof]
    pods: list[str]
    hits: list[EndFaultAnswerHits]
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


class NewFork(TypedDict, total=False):
    name: Required[str]
    snapshot: str | None
    seed: int | None


class ForkClusterAnswer(TypedDict, total=False):
    name: str
    kubernetes_version: str
    authorization_mode: str
    seed: int
    forked_from: str
    state: str
    clock: AllMetricsApiAnswerSystemClock
    resource_version: int
    nodes: int
    pods: int
    server: str
    evidence: str


class GetHistoryAnswerKept(TypedDict, total=False):
    changes: int
    most: int
    lasting: int
    oldest: int
    newest: int
    since: str


GetHistoryAnswer = TypedDict(
    "GetHistoryAnswer",
    {
        "cluster": str,
        "from": str,
        "to": str,
        "step_seconds": float,
        "changes": list[int],
        "lanes": dict[str, list[int]],
        "pods_ready": list[int],
        "kept": GetHistoryAnswerKept,
        "clock": AllMetricsApiAnswerSystemClock,
        "evidence": str,
    },
    total=False,
)


ListChangesAnswerChanges = TypedDict(
    "ListChangesAnswerChanges",
    {
        "version": int,
        "type": str,
        "resource": str,
        "namespace": str,
        "name": str,
        "actor": str,
        "at": str,
        "cause": str,
        "mark": str,
        "was": str,
        "is": str,
    },
    total=False,
)


class ListChangesAnswer(TypedDict, total=False):
    cluster: str
    changes: list[ListChangesAnswerChanges]
    next: int
    kept: GetHistoryAnswerKept


class GetChangeAnswerFields(TypedDict, total=False):
    path: str
    before: int | str
    after: int | str


class GetChangeAnswerBeforeMetadata(TypedDict, total=False):
    name: str
    namespace: str
    labels: dict[str, str]
    uid: str
    creationTimestamp: str
    resourceVersion: str


class GetChangeAnswerBeforeSpecScaletargetref(TypedDict, total=False):
    apiVersion: str
    kind: str
    name: str


class GetChangeAnswerBeforeSpecMetrics(TypedDict, total=False):
    type: str
    resource: dict[str, Any]


class GetChangeAnswerBeforeSpecBehavior(TypedDict, total=False):
    scaleUp: dict[str, Any]
    scaleDown: dict[str, Any]


class GetChangeAnswerBeforeSpec(TypedDict, total=False):
    scaleTargetRef: GetChangeAnswerBeforeSpecScaletargetref
    minReplicas: int
    maxReplicas: int
    metrics: list[GetChangeAnswerBeforeSpecMetrics]
    behavior: GetChangeAnswerBeforeSpecBehavior


class GetChangeAnswerBeforeStatusConditions(TypedDict, total=False):
    type: str
    status: str
    lastTransitionTime: str
    reason: str
    message: str


class GetChangeAnswerBeforeStatus(TypedDict, total=False):
    currentReplicas: int
    desiredReplicas: int
    currentMetrics: list[GetChangeAnswerBeforeSpecMetrics]
    conditions: list[GetChangeAnswerBeforeStatusConditions]


class GetChangeAnswerBefore(TypedDict, total=False):
    apiVersion: str
    kind: str
    metadata: GetChangeAnswerBeforeMetadata
    spec: GetChangeAnswerBeforeSpec
    status: GetChangeAnswerBeforeStatus


GetChangeAnswer = TypedDict(
    "GetChangeAnswer",
    {
        "version": int,
        "type": str,
        "resource": str,
        "namespace": str,
        "name": str,
        "actor": str,
        "at": str,
        "cause": str,
        "mark": Any,
        "was": str,
        "is": str,
        "fields": list[GetChangeAnswerFields],
        "more": int,
        "before": GetChangeAnswerBefore,
        "after": GetChangeAnswerBefore,
    },
    total=False,
)


class CompareInstantsAnswerCounts(TypedDict, total=False):
    appeared: int
    changed: int
    went: int


class CompareInstantsAnswerObjects(TypedDict, total=False):
    resource: str
    namespace: str
    name: str
    how: str
    before: Any
    after: str
    fields: list[Any]
    more: int


CompareInstantsAnswer = TypedDict(
    "CompareInstantsAnswer",
    {
        "cluster": str,
        "from": str,
        "to": str,
        "counts": CompareInstantsAnswerCounts,
        "objects": list[CompareInstantsAnswerObjects],
        "kept": GetHistoryAnswerKept,
    },
    total=False,
)


class GetObjectAtAnswerObjectMetadata(TypedDict, total=False):
    name: str
    labels: dict[str, str]
    annotations: dict[str, str]
    uid: str
    creationTimestamp: str
    resourceVersion: str


class GetObjectAtAnswerObjectSpec(TypedDict, total=False):
    finalizers: list[str]


class GetObjectAtAnswerObjectStatus(TypedDict, total=False):
    phase: str


class GetObjectAtAnswerObject(TypedDict, total=False):
    apiVersion: str
    kind: str
    metadata: GetObjectAtAnswerObjectMetadata
    spec: GetObjectAtAnswerObjectSpec
    status: GetObjectAtAnswerObjectStatus


class GetObjectAtAnswer(TypedDict, total=False):
    resource: str
    namespace: str
    name: str
    at: str
    object: GetObjectAtAnswerObject


class ListObjectsAtAnswerObjects(TypedDict, total=False):
    resource: str
    namespace: str
    name: str
    state: str
    version: str
    created_at: str


class ListObjectsAtAnswer(TypedDict, total=False):
    cluster: str
    at: str
    kinds: dict[str, int]
    objects: list[ListObjectsAtAnswerObjects]
    total: int
    kept: GetHistoryAnswerKept


class OverviewAnswerNodesUsed(TypedDict, total=False):
    cpu: int
    memory: int


class OverviewAnswerNodes(TypedDict, total=False):
    name: str
    pool: str
    zone: str
    gpu: Any
    version: str
    ready: bool
    schedulable: bool
    pressure: list[Any]
    taints: list[str]
    allocatable: dict[str, int]
    requested: dict[str, int]
    used: OverviewAnswerNodesUsed
    created_at: str


class OverviewAnswerNamespaces(TypedDict, total=False):
    namespace: str
    pods: int
    phases: AllMetricsApiAnswerSystemPods
    waiting: int
    not_ready: int


class OverviewAnswer(TypedDict, total=False):
    cluster: str
    nodes: list[OverviewAnswerNodes]
    namespaces: list[OverviewAnswerNamespaces]
    tenants: dict[str, str]
    waiting: list[Any]
    unready: list[Any]
    quotas: list[Any]
    changes_per_minute: int
    events_per_minute: int
    resource_version: int
    clock: AllMetricsApiAnswerSystemClock
    evidence: str


class PlacementAnswerAsked(TypedDict, total=False):
    cpu: int
    memory: int
    pods: int


class PlacementAnswerWishesNear(TypedDict, total=False):
    value: str
    nodes: int


class PlacementAnswerWishes(TypedDict, total=False):
    kind: str
    asked: str
    nodes: int
    near: list[PlacementAnswerWishesNear]
    wish: str
    given: str


class PlacementAnswerNodesFigures(TypedDict, total=False):
    resource: str
    asked: int
    free: int


class PlacementAnswerNodesScores(TypedDict, total=False):
    plugin: str
    raw: int
    normalised: int
    weighted: int


class PlacementAnswerNodes(TypedDict, total=False):
    node: str
    figures: list[PlacementAnswerNodesFigures]
    taints: list[GetClusterAnswerSpecPoolsTaints]
    below: list[Any]
    fits: bool
    plugin: None | str
    reasons: list[str]
    preemption_may_help: bool
    total: int | None
    scores: list[PlacementAnswerNodesScores]


class PlacementAnswerConfiguration(TypedDict, total=False):
    container: str
    object: str
    way: str
    name: str
    changed_at: str
    known_at: str
    current: bool


class PlacementAnswer(TypedDict, total=False):
    pod: str
    namespace: str
    state: str
    node: str
    scheduler: str
    message: str
    best: list[str]
    asked: PlacementAnswerAsked
    priority: int
    wishes: list[PlacementAnswerWishes]
    changes: list[Any]
    trouble: Any
    nodes: list[PlacementAnswerNodes]
    configuration: list[PlacementAnswerConfiguration]
    judged_at: str
    evidence: str


class ListPodsAnswerPods(TypedDict, total=False):
    namespace: str
    name: str
    owner: str
    phase: str
    status: str
    ready: int
    containers: int
    restarts: int
    node: str
    waits: Any
    created_at: str


class ListPodsAnswer(TypedDict, total=False):
    cluster: str
    tenants: dict[str, str]
    resource_version: int
    clock: AllMetricsApiAnswerSystemClock
    pods: list[ListPodsAnswerPods]
    gone: list[Any]
    total: int
    next: str
    evidence: str


class ListPoolsAnswerPoolsAutoscaling(TypedDict, total=False):
    min: int
    max: int


class ListPoolsAnswerPoolsMachine(TypedDict, total=False):
    type: Any
    cpu: str
    memory: str
    gpus: int
    devices: dict[str, Any]


class ListPoolsAnswerPoolsBoot(TypedDict, total=False):
    machine: str
    kubelet: str
    network: str
    devices: str


class ListPoolsAnswerPoolsMachines(TypedDict, total=False):
    name: str
    zone: str
    version: str
    stage: str
    node: bool
    asked_at: Any
    asked_by: Any
    cause: Any
    failure: Any
    leaving_since: Any
    leaving_for: Any
    waits_for_pods: list[Any]
    could_not_leave: Any


class ListPoolsAnswerPools(TypedDict, total=False):
    name: str
    zones: list[str]
    version: str
    size: int
    ready: int
    autoscaling: ListPoolsAnswerPoolsAutoscaling
    machine: ListPoolsAnswerPoolsMachine
    stock: dict[str, Any]
    boot: ListPoolsAnswerPoolsBoot
    machines: list[ListPoolsAnswerPoolsMachines]
    upgrade: Any
    evidence: str


class ListPoolsAnswerQuotaNodes(TypedDict, total=False):
    used: int
    limit: Any


class ListPoolsAnswerQuotaCpu(TypedDict, total=False):
    used: str
    limit: Any


class ListPoolsAnswerQuota(TypedDict, total=False):
    nodes: ListPoolsAnswerQuotaNodes
    cpu: ListPoolsAnswerQuotaCpu
    gpus: ListPoolsAnswerQuotaNodes


class ListPoolsAnswer(TypedDict, total=False):
    pools: list[ListPoolsAnswerPools]
    quota: ListPoolsAnswerQuota
    clock: AllMetricsApiAnswerSystemClock


class GetPoolAnswerUpgrade(TypedDict, total=False):
    version: str
    state: str
    max_surge: int
    max_unavailable: int
    drain_timeout: str
    force: bool
    replaced: int
    of: int
    left: list[Any]
    new: list[Any]
    draining: list[Any]
    waits_for: Any
    failure: Any
    started_at: str
    ended_at: str
    cause: str


class GetPoolAnswer(TypedDict, total=False):
    name: str
    zones: list[str]
    version: str
    size: int
    ready: int
    autoscaling: ListPoolsAnswerPoolsAutoscaling
    machine: ListPoolsAnswerPoolsMachine
    stock: dict[str, Any]
    boot: ListPoolsAnswerPoolsBoot
    machines: list[ListPoolsAnswerPoolsMachines]
    upgrade: None | GetPoolAnswerUpgrade
    evidence: str


class Scaling(TypedDict, total=False):
    min: int | None
    max: int | None


class PoolChange(TypedDict, total=False):
    size: int | None
    autoscaling: Scaling | None
    stock: dict[str, int] | None
    boot: dict[str, str] | None
    drain_timeout: str
    force: bool


class NewNode(TypedDict, total=False):
    zone: str | None


class AddNodeAnswer(TypedDict, total=False):
    name: str
    zone: str
    version: str
    stage: str
    node: bool
    asked_at: str
    asked_by: str
    cause: str
    failure: Any
    leaving_since: Any
    leaving_for: Any
    waits_for_pods: list[Any]
    could_not_leave: Any


class RemoveNodeAnswer(TypedDict, total=False):
    name: str
    zone: str
    version: str
    stage: str
    node: bool
    asked_at: str
    asked_by: str
    cause: str
    failure: Any
    leaving_since: str
    leaving_for: str
    waits_for_pods: list[Any]
    could_not_leave: Any


class NewUpgrade(TypedDict, total=False):
    version: Required[str]
    max_surge: int
    max_unavailable: int
    drain_timeout: str
    force: bool


class UpgradePoolAnswerUpgrade(TypedDict, total=False):
    version: str
    state: str
    max_surge: int
    max_unavailable: int
    drain_timeout: str
    force: bool
    replaced: int
    of: int
    left: list[Any]
    new: list[Any]
    draining: list[Any]
    waits_for: Any
    failure: Any
    started_at: str
    ended_at: Any
    cause: str


class UpgradePoolAnswer(TypedDict, total=False):
    name: str
    zones: list[str]
    version: str
    size: int
    ready: int
    autoscaling: ListPoolsAnswerPoolsAutoscaling
    machine: ListPoolsAnswerPoolsMachine
    stock: dict[str, Any]
    boot: ListPoolsAnswerPoolsBoot
    machines: list[ListPoolsAnswerPoolsMachines]
    upgrade: UpgradePoolAnswerUpgrade
    evidence: str


class Quota(TypedDict, total=False):
    nodes: int | None
    cpu: str | None
    gpus: int | None


class SetQuotaAnswerQuotaNodes(TypedDict, total=False):
    used: int
    limit: int


class SetQuotaAnswerQuotaCpu(TypedDict, total=False):
    used: str
    limit: str


class SetQuotaAnswerQuota(TypedDict, total=False):
    nodes: SetQuotaAnswerQuotaNodes
    cpu: SetQuotaAnswerQuotaCpu
    gpus: ListPoolsAnswerQuotaNodes


class SetQuotaAnswer(TypedDict, total=False):
    pools: list[ListPoolsAnswerPools]
    quota: SetQuotaAnswerQuota
    clock: AllMetricsApiAnswerSystemClock


class ListSnapshotsAnswer(TypedDict, total=False):
    cluster: str
    snapshots: list[str]


class NewSnapshot(TypedDict, total=False):
    label: Required[str]


class CreateSnapshotAnswer(TypedDict, total=False):
    cluster: str
    label: str
    at: str
    replaced: bool


class ListTenantsAnswerTenants(TypedDict, total=False):
    tenant: str
    namespace: str
    since: str


class ListTenantsAnswer(TypedDict, total=False):
    cluster: str
    tenants: list[ListTenantsAnswerTenants]


class GetTenantAnswerDemand(TypedDict, total=False):
    chatbot: int


class GetTenantAnswerDemandReasonsChatbot(TypedDict, total=False):
    kind: str
    name: str
    name_en: str
    factor: float


class GetTenantAnswerDemandReasons(TypedDict, total=False):
    chatbot: list[GetTenantAnswerDemandReasonsChatbot]


class GetTenantAnswerSlo(TypedDict, total=False):
    target_ppm: int


class GetTenantAnswerWorkloads(TypedDict, total=False):
    name: str
    kind: str
    desired: int
    ready: int
    profile: str
    demand_model: str
    state: str
    answering: int
    entry: bool
    metrics: AllMetricsApiAnswerTenantsMetrics


class GetTenantAnswerSlaRequests(TypedDict, total=False):
    good: int
    total: int
    excess: int
    excess_percent: float


class GetTenantAnswerSlaResponseTime(TypedDict, total=False):
    answers: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    within_percent: float


class GetTenantAnswerSlaMicroOutages(TypedDict, total=False):
    count: int
    seconds: int


class GetTenantAnswerSlaErrorBudgetTiers(TypedDict, total=False):
    severity: str
    long_seconds: int
    short_seconds: int
    factor: float
    long_burn: float
    short_burn: float
    firing: bool


class GetTenantAnswerSlaErrorBudget(TypedDict, total=False):
    allowed_seconds: float
    consumed_seconds: int
    remaining_seconds: float
    remaining_pct: float
    burn: float
    burn_rate: dict[str, float]
    tiers: list[GetTenantAnswerSlaErrorBudgetTiers]
    exhaustion_seconds: Any
    exhaustion_at: Any
    overspent_since: Any
    exhaustion_assumes: str


class GetTenantAnswerSlaBoundsUnknownAllUp(TypedDict, total=False):
    uptime_percentage: float
    downtime_seconds: int
    allowed_seconds: float
    remaining_seconds: float


class GetTenantAnswerSlaBounds(TypedDict, total=False):
    unknown_all_up: GetTenantAnswerSlaBoundsUnknownAllUp
    unknown_all_down: GetTenantAnswerSlaBoundsUnknownAllUp


class GetTenantAnswerSlaPolicies(TypedDict, total=False):
    unknown: str
    maintenance: str


class GetTenantAnswerSlaClock(TypedDict, total=False):
    basis: str
    pace: float
    wall_time: str


class GetTenantAnswerSla(TypedDict, total=False):
    tenant_id: str
    current_sla: float
    target_sla: float
    status: str
    uptime_percentage: float
    availability: float
    availability_basis: str
    sla_raw: float
    sla_adjusted: float
    requests: GetTenantAnswerSlaRequests
    period: str
    window: AllMetricsApiAnswerTenantsSlaDataWindow
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
    response_time: GetTenantAnswerSlaResponseTime
    failure_count: int
    recovery_time_avg: Any
    mtbf_seconds: Any
    mttd_seconds: Any
    open_incidents: int
    overlapping_incidents: int
    incident_seconds: int
    incidents: list[Any]
    micro_outages: GetTenantAnswerSlaMicroOutages
    error_budget: GetTenantAnswerSlaErrorBudget
    alerts: list[Any]
    bounds: GetTenantAnswerSlaBounds
    governing: str
    slice_seconds: int
    slo_version: int
    policies: GetTenantAnswerSlaPolicies
    evidence: str
    clock: GetTenantAnswerSlaClock


class GetTenantAnswerRecentSlots(TypedDict, total=False):
    count: int
    up: int
    down: int
    maintenance: int
    unknown: int
    off_duty: int


class GetTenantAnswerRecentRequests(TypedDict, total=False):
    good: int
    total: int
    excess: int


class GetTenantAnswerRecentMetrics(TypedDict, total=False):
    cpu: float
    memory: float
    network_rps: float
    response_time: float
    error_rate: float


class GetTenantAnswerRecentWorstMetrics(TypedDict, total=False):
    cpu: float
    memory: float
    network_rps: float
    response_time: int
    error_rate: float


class GetTenantAnswerRecentWorst(TypedDict, total=False):
    slot: str
    state: str
    metrics: GetTenantAnswerRecentWorstMetrics


GetTenantAnswerRecent = TypedDict(
    "GetTenantAnswerRecent",
    {
        "from": str,
        "to": str,
        "slots": GetTenantAnswerRecentSlots,
        "requests": GetTenantAnswerRecentRequests,
        "metrics": GetTenantAnswerRecentMetrics,
        "worst": GetTenantAnswerRecentWorst,
    },
    total=False,
)


class GetTenantAnswer(TypedDict, total=False):
    tenant: str
    cluster: str
    namespace: str
    since: str
    demand: GetTenantAnswerDemand
    shape: Any
    demand_reasons: GetTenantAnswerDemandReasons
    slo: GetTenantAnswerSlo
    failure_scenarios: bool
    failure_rates: list[Any]
    workloads: list[GetTenantAnswerWorkloads]
    metrics: AllMetricsApiAnswerTenantsMetrics
    sla: GetTenantAnswerSla
    external_metrics: dict[str, Any]
    clock: AllMetricsApiAnswerSystemClock
    evidence: str
    recent: GetTenantAnswerRecent


class Followed(TypedDict, total=False):
    namespace: Required[str]
    demand: dict[str, int] | None
    load: dict[str, int] | None
    shape: dict[str, Any] | None
    slo: dict[str, Any] | None
    failure_scenarios: bool
    failure_rates: dict[str, dict[str, str] | None] | None
    service_hours: str | dict[str, str] | None
    timezone: str | None
    maintenance: dict[str, Any] | None


class FollowTenantAnswer200Metrics(TypedDict, total=False):
    cpu: Any
    memory: Any
    network_rps: float
    response_time: int
    error_rate: float
    units: AllMetricsApiAnswerTenantsMetricsUnits


class FollowTenantAnswer200Sla(TypedDict, total=False):
    tenant_id: str
    period: str
    status: str
    current_sla: Any
    target_sla: float
    uptime_percentage: Any
    availability: Any
    failure_count: int
    recovery_time_avg: Any
    downtime_seconds: int
    downtime_minutes: float
    observed_seconds: int
    provisional: bool
    evidence: str


class FollowTenantAnswer200(TypedDict, total=False):
    tenant: str
    cluster: str
    namespace: str
    since: str
    demand: GetTenantAnswerDemand
    shape: Any
    demand_reasons: GetTenantAnswerDemandReasons
    slo: dict[str, Any]
    failure_scenarios: bool
    failure_rates: list[Any]
    workloads: list[Any]
    metrics: FollowTenantAnswer200Metrics
    sla: FollowTenantAnswer200Sla
    external_metrics: dict[str, Any]
    clock: AllMetricsApiAnswerSystemClock
    evidence: str


class LeaveTenantAnswer(TypedDict, total=False):
    tenant: str
    followed: bool


class GetDemandAnswerProfilesPoints(TypedDict, total=False):
    sessions_per_second: float
    held: float
    requests_per_second: float


class GetDemandAnswerProfiles(TypedDict, total=False):
    profile: str
    units: int
    contracted_units: int
    points: list[GetDemandAnswerProfilesPoints]
    now: GetDemandAnswerProfilesPoints
    reasons: list[GetTenantAnswerDemandReasonsChatbot]


GetDemandAnswer = TypedDict(
    "GetDemandAnswer",
    {
        "tenant": str,
        "cluster": str,
        "from": str,
        "step_seconds": float,
        "at": list[str],
        "profiles": list[GetDemandAnswerProfiles],
        "shape": Any,
        "clock": AllMetricsApiAnswerSystemClock,
        "evidence": str,
    },
    total=False,
)


class Load(TypedDict, total=False):
    load: Required[dict[str, int]]


class SetLoadAnswerDemand(TypedDict, total=False):
    callbot: int
    chatbot: int
    advisor: int
    stt: int
    tts: int
    ta: int
    qa: int


class SetLoadAnswer(TypedDict, total=False):
    tenant: str
    load: dict[str, Any]
    demand: SetLoadAnswerDemand


class ListWindowsAnswerTerms(TypedDict, total=False):
    notice_seconds: int
    monthly_cap_seconds: int
    timezone: str


class ListWindowsAnswerWindows(TypedDict, total=False):
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


class ListWindowsAnswer(TypedDict, total=False):
    tenant: str
    terms: ListWindowsAnswerTerms
    windows: list[ListWindowsAnswerWindows]
    clock: AllMetricsApiAnswerSystemClock


class NewWindow(TypedDict, total=False):
    start: Required[str]
    end: Required[str]
    reason: Required[str]
    services: list[str]
    approved_by: str
    retroactive: bool
    rrule: str | None


class TakeBackAnswer(TypedDict, total=False):
    id: str
    removed: bool


class GetMinutesAnswerAgreedServiceHours(TypedDict, total=False):
    callbot: str


class GetMinutesAnswerAgreed(TypedDict, total=False):
    service_hours: GetMinutesAnswerAgreedServiceHours
    notice_seconds: int
    monthly_cap_seconds: int
    windows: list[Any]


class GetMinutesAnswerMinutesWorkloadsSlots(TypedDict, total=False):
    up: int
    down: int
    maintenance: int
    unknown: int
    off_duty: int


class GetMinutesAnswerMinutesWorkloadsLatency(TypedDict, total=False):
    le_ms: list[int]
    p95_ms: int
    counts: list[int]
    count: int
    sketch: list[Any]


class GetMinutesAnswerMinutesWorkloads(TypedDict, total=False):
    name: str
    slots: GetMinutesAnswerMinutesWorkloadsSlots
    latency: GetMinutesAnswerMinutesWorkloadsLatency
    cpu_millicores: int
    cpu_limit_millicores: int
    memory_bytes: int
    memory_limit_bytes: int
    replicas: float
    queue: float
    good: int
    total: int
    excess: int
    causes: list[list[int | str]]
    runs: list[list[int | str]]


class GetMinutesAnswerMinutesTenant(TypedDict, total=False):
    name: Any
    slots: GetMinutesAnswerMinutesWorkloadsSlots
    latency: GetMinutesAnswerMinutesWorkloadsLatency
    cpu_millicores: int
    cpu_limit_millicores: int
    memory_bytes: int
    memory_limit_bytes: int
    replicas: float
    queue: float
    good: int
    total: int
    excess: int
    runs: list[list[int | str]]
    causes: list[list[int | str]]
    counts: bool
    counts_from: int


class GetMinutesAnswerMinutes(TypedDict, total=False):
    sequence: int
    minute: str
    workloads: list[GetMinutesAnswerMinutesWorkloads]
    tenant: GetMinutesAnswerMinutesTenant


class GetMinutesAnswer(TypedDict, total=False):
    v: int
    slo: GetTenantAnswerSlo
    timezone: str
    corrections: list[Any]
    agreed: GetMinutesAnswerAgreed
    topic: str
    ledger: str
    next: int
    newest: int
    minutes: list[GetMinutesAnswerMinutes]
    evidence: str
    clock: AllMetricsApiAnswerSystemClock


GetSeriesAnswer = TypedDict(
    "GetSeriesAnswer",
    {
        "tenant": str,
        "cluster": str,
        "from": str,
        "to": str,
        "step_seconds": int,
        "since": str,
        "at": list[str],
        "cpu": list[float],
        "memory": list[float],
        "network_rps": list[float],
        "response_time": list[float],
        "error_rate": list[float],
        "ready": list[float],
        "wanted": list[float],
        "queue": list[float],
        "response_time_worst": list[int],
        "down_seconds": list[float],
        "clock": AllMetricsApiAnswerSystemClock,
        "evidence": str,
    },
    total=False,
)


class GetServicesAnswerServicesLatency(TypedDict, total=False):
    le_ms: list[int]
    p95_ms: int
    counts: list[int]
    count: int
    sketch: list[list[int]]


class GetServicesAnswerServices(TypedDict, total=False):
    name: str
    slots: GetMinutesAnswerMinutesWorkloadsSlots
    latency: GetServicesAnswerServicesLatency
    cpu_millicores: int
    cpu_limit_millicores: int
    memory_bytes: int
    memory_limit_bytes: int
    replicas: float
    queue: float
    good: int
    total: int
    excess: int
    before: int


GetServicesAnswer = TypedDict(
    "GetServicesAnswer",
    {
        "tenant": str,
        "from": str,
        "to": str,
        "ledger": str,
        "services": list[GetServicesAnswerServices],
    },
    total=False,
)


class StartupAnswerTrialCalls(TypedDict, total=False):
    caller: list[str]
    env: str
    host: str
    port: int
    service: list[str]
    spared: bool
    outcome: list[bool | dict[str, Any] | str]


class StartupAnswerTrial(TypedDict, total=False):
    services: list[list[bool | dict[str, Any] | str]]
    calls: list[StartupAnswerTrialCalls]
    behind: list[list[list[list[str]] | str]]


class StartupAnswerEntries(TypedDict, total=False):
    name: str
    served: int
    path: str
    reason: str


class StartupAnswerHistoryWorkloads(TypedDict, total=False):
    name: str
    modelled: bool
    whole: int
    answered: int


class StartupAnswerHistory(TypedDict, total=False):
    confirmed_ns: int
    workloads: list[StartupAnswerHistoryWorkloads]


class StartupAnswer(TypedDict, total=False):
    tenant: str
    namespace: str
    now_ns: int
    trial: StartupAnswerTrial
    entries: list[StartupAnswerEntries]
    history: StartupAnswerHistory
    evidence: str
    incarnation: str


class WhatIfAnswerLoadsWorkloads(TypedDict, total=False):
    name: str
    entry: bool
    state: str
    pods: int
    requests_per_second: float
    response_time_ms: int
    error_percent: float
    busy_percent: float
    queue: float
    retries_percent: float
    cpu_percent: float
    failing: list[Any]


class WhatIfAnswerLoads(TypedDict, total=False):
    times: float
    state: str
    metrics: AllMetricsApiAnswerTenantsMetrics
    busiest: str
    workloads: list[WhatIfAnswerLoadsWorkloads]


class WhatIfAnswer(TypedDict, total=False):
    tenant: str
    cluster: str
    loads: list[WhatIfAnswerLoads]
    holds_up_to: Any
    clock: AllMetricsApiAnswerSystemClock
    evidence: str


class WhyAnswerRequests(TypedDict, total=False):
    per_second: float
    bad_percent: float
    probe_ok: bool
    excess_per_second: float
    calls: Any


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
    origin: ListFaultsAnswerFaultsOrigin
    text: str


class WhyAnswer(TypedDict, total=False):
    tenant: str
    slot: str
    state: str
    requests: WhyAnswerRequests
    demand: GetTenantAnswerDemandReasons
    chain: list[WhyAnswerChain]
    links: list[WhyAnswerLinks]
    cause: WhyAnswerCause
    sentence: str
    evidence: str


class TopologyAnswerNodes(TypedDict, total=False):
    id: str
    kind: str
    namespace: None | str
    name: str
    state: str
    faults: list[Any]
    workload_kind: str
    ready: int
    desired: int
    workload: str
    node: str


TopologyAnswerEdges = TypedDict(
    "TopologyAnswerEdges",
    {
        "kind": str,
        "from": str,
        "to": str,
        "rps": None | float,
        "error_percent": None | float,
        "p95_ms": None | float,
        "reason": str,
        "cause": str,
        "said": Any,
    },
    total=False,
)


class TopologyAnswer(TypedDict, total=False):
    cluster: str
    namespace: str
    nodes: list[TopologyAnswerNodes]
    edges: list[TopologyAnswerEdges]
    pods_left_out: int
    tenants: dict[str, str]
    clock: AllMetricsApiAnswerSystemClock
    evidence: str


class WorkloadTroublesAnswer(TypedDict, total=False):
    health: str
    troubles: list[Any]
    evidence: str


class ListWorkloadsAnswerWorkloadsSelector(TypedDict, total=False):
    app: str
    tenant: str


class ListWorkloadsAnswerWorkloads(TypedDict, total=False):
    kind: str
    namespace: str
    name: str
    desired: int
    ready: int
    updated: int
    health: str
    complaint: Any
    refused: Any
    images: list[str]
    labels: dict[str, str]
    selector: ListWorkloadsAnswerWorkloadsSelector
    created_at: str


class ListWorkloadsAnswer(TypedDict, total=False):
    cluster: str
    workloads: list[ListWorkloadsAnswerWorkloads]
    tenants: dict[str, str]
    clock: AllMetricsApiAnswerSystemClock
    evidence: str


class ExternalMetrics(TypedDict, total=False):
    tenant_id: Required[str]
    source: Required[str]
    metrics: Required[dict[str, Any]]


class TakeExternalMetricsAnswer(TypedDict, total=False):
    status: str
    tenant_id: str
    source: str
    received: int
    cluster: str
    timestamp: str
    known_tenant: bool


class ListKindsOfFaultAnswerFaultsTitle(TypedDict, total=False):
    en: str
    ko: str


class ListKindsOfFaultAnswerFaultsParameters(TypedDict, total=False):
    tag: str
    percent: int
    latency_ms: int
    offset: str
    exit_code: int
    container: str
    load_percent: int
    workers: int
    patterns: str
    count: int
    kind: str
    port: int
    reason: str
    delay_ms: int
    percent_a_minute: int
    a_minute: str
    size: str
    rate: str
    corrupt_percent: int
    duplicate_percent: int
    loss_percent: int
    respect_pdb: bool
    grace_period: int
    resource: str
    shape: str
    ramp_up: str
    ramp_down: str


class ListKindsOfFaultAnswerFaultsTakes(TypedDict, total=False):
    tag: str
    percent: str
    latency_ms: str
    offset: str
    exit_code: str
    container: str
    load_percent: str
    workers: str
    patterns: str
    count: str
    kind: str
    port: str
    reason: str
    delay_ms: str
    percent_a_minute: str
    a_minute: str
    size: str
    rate: str
    corrupt_percent: str
    duplicate_percent: str
    loss_percent: str
    respect_pdb: str
    grace_period: str
    resource: str
    shape: str
    ramp_up: str
    ramp_down: str


class ListKindsOfFaultAnswerFaultsInputsTag(TypedDict, total=False):
    type: str
    default: str
    least: Any
    most: Any
    among: list[Any]


class ListKindsOfFaultAnswerFaultsInputsPercent(TypedDict, total=False):
    type: str
    default: int
    least: int
    most: int
    among: list[Any]


class ListKindsOfFaultAnswerFaultsInputsKind(TypedDict, total=False):
    type: str
    default: str
    least: Any
    most: Any
    among: list[str]


class ListKindsOfFaultAnswerFaultsInputsCorruptPercent(TypedDict, total=False):
    type: str
    default: int
    least: Any
    most: Any
    among: list[Any]


class ListKindsOfFaultAnswerFaultsInputsRespectPdb(TypedDict, total=False):
    type: str
    default: bool
    least: Any
    most: Any
    among: list[Any]


class ListKindsOfFaultAnswerFaultsInputs(TypedDict, total=False):
    tag: ListKindsOfFaultAnswerFaultsInputsTag
    percent: ListKindsOfFaultAnswerFaultsInputsPercent
    latency_ms: ListKindsOfFaultAnswerFaultsInputsPercent
    offset: ListKindsOfFaultAnswerFaultsInputsTag
    exit_code: ListKindsOfFaultAnswerFaultsInputsPercent
    container: ListKindsOfFaultAnswerFaultsInputsTag
    load_percent: ListKindsOfFaultAnswerFaultsInputsPercent
    workers: ListKindsOfFaultAnswerFaultsInputsPercent
    patterns: ListKindsOfFaultAnswerFaultsInputsTag
    count: ListKindsOfFaultAnswerFaultsInputsPercent
    kind: ListKindsOfFaultAnswerFaultsInputsKind
    port: ListKindsOfFaultAnswerFaultsInputsPercent
    reason: ListKindsOfFaultAnswerFaultsInputsKind
    delay_ms: ListKindsOfFaultAnswerFaultsInputsPercent
    percent_a_minute: ListKindsOfFaultAnswerFaultsInputsPercent
    a_minute: ListKindsOfFaultAnswerFaultsInputsTag
    size: ListKindsOfFaultAnswerFaultsInputsTag
    rate: ListKindsOfFaultAnswerFaultsInputsTag
    corrupt_percent: ListKindsOfFaultAnswerFaultsInputsCorruptPercent
    duplicate_percent: ListKindsOfFaultAnswerFaultsInputsCorruptPercent
    loss_percent: ListKindsOfFaultAnswerFaultsInputsCorruptPercent
    respect_pdb: ListKindsOfFaultAnswerFaultsInputsRespectPdb
    grace_period: ListKindsOfFaultAnswerFaultsInputsPercent
    resource: ListKindsOfFaultAnswerFaultsInputsKind
    shape: ListKindsOfFaultAnswerFaultsInputsKind
    ramp_up: ListKindsOfFaultAnswerFaultsInputsTag
    ramp_down: ListKindsOfFaultAnswerFaultsInputsTag


class ListKindsOfFaultAnswerFaultsChaos(TypedDict, total=False):
    kind: str
    action: None | str


class ListKindsOfFaultAnswerFaultsExpect(TypedDict, total=False):
    observe: str
    within: str
    text: ListKindsOfFaultAnswerFaultsTitle


class ListKindsOfFaultAnswerFaults(TypedDict, total=False):
    name: str
    title: ListKindsOfFaultAnswerFaultsTitle
    because: ListKindsOfFaultAnswerFaultsTitle
    target: str
    parameters: ListKindsOfFaultAnswerFaultsParameters
    takes: ListKindsOfFaultAnswerFaultsTakes
    inputs: ListKindsOfFaultAnswerFaultsInputs
    chaos: ListKindsOfFaultAnswerFaultsChaos
    mode: str
    duration: None | str
    expect: list[ListKindsOfFaultAnswerFaultsExpect]
    source: ListKindsOfFaultAnswerFaultsTitle


class ListKindsOfFaultAnswerBackgroundSource(TypedDict, total=False):
    mtbf: str
    mttr: str


class ListKindsOfFaultAnswerBackground(TypedDict, total=False):
    name: str
    fault: str
    per: str
    mtbf: str
    mttr: None | str
    source: ListKindsOfFaultAnswerBackgroundSource
    source_ko: ListKindsOfFaultAnswerBackgroundSource


class ListKindsOfFaultAnswer(TypedDict, total=False):
    faults: list[ListKindsOfFaultAnswerFaults]
    background: list[ListKindsOfFaultAnswerBackground]


class SystemMetricsAnswer(TypedDict, total=False):
    timestamp: str
    status: str
    clusters: list[AllMetricsApiAnswerSystem]
    damaged_clusters: list[Any]
    evidence: str


class TenantMetricsAnswerWorkloadsMetrics(TypedDict, total=False):
    cpu: None | float
    memory: None | float
    network_rps: float
    response_time: int
    error_rate: float
    units: AllMetricsApiAnswerTenantsMetricsUnits


class TenantMetricsAnswerWorkloads(TypedDict, total=False):
    name: str
    kind: str
    desired: int
    ready: int
    profile: str
    demand_model: str
    state: str
    answering: int
    entry: bool
    metrics: TenantMetricsAnswerWorkloadsMetrics


class TenantMetricsAnswer(TypedDict, total=False):
    tenant_id: str
    timestamp: str
    metrics: AllMetricsApiAnswerTenantsMetrics
    sla_data: AllMetricsApiAnswerTenantsSlaData
    workloads: list[TenantMetricsAnswerWorkloads]
    external_metrics: AllMetricsApiAnswerTenantsExternalMetrics
    cluster: str
    forked_from: Any
    clock: AllMetricsApiAnswerSystemClock
    evidence: str


class GetSystemAnswerStorage(TypedDict, total=False):
    place: str
    free_bytes: int


class GetSystemAnswerChecks(TypedDict, total=False):
    name: str
    ok: bool
    detail: Any


class GetSystemAnswerClustersLog(TypedDict, total=False):
    changes: int
    most: int


class GetSystemAnswerClusters(TypedDict, total=False):
    name: str
    incarnation: str
    failure: Any
    objects: int
    largest: list[list[int | str]]
    log: GetSystemAnswerClustersLog
    version: int
    committed: int
    actions: int
    journal_bytes: int
    snapshots: list[Any]
    timers: int
    fired: int
    faults: int
    tenants: int
    behind_seconds: float
    born: str
    clock: AllMetricsApiAnswerSystemClock


class GetSystemAnswerEventLoopLagMs(TypedDict, total=False):
    mean: float
    p95: float
    worst: float
    newest: float


class GetSystemAnswerOpen(TypedDict, total=False):
    requests: int
    websockets: int


class GetSystemAnswer(TypedDict, total=False):
    service: str
    version: str
    engine_version: str
    python: str
    pid: int
    storage: GetSystemAnswerStorage
    memory_bytes: int
    checks: list[GetSystemAnswerChecks]
    clusters: list[GetSystemAnswerClusters]
    uptime_seconds: float
    event_loop_lag_ms: GetSystemAnswerEventLoopLagMs
    open: GetSystemAnswerOpen


class HealthAnswer(TypedDict, total=False):
    status: str
    service: str
    version: str
    failed_clusters: list[Any]


class ToDeploy(TypedDict, total=False):
    manifest_content: Required[str]
    namespace: str
    cluster: str | None
    dry_run: bool


class DeployManifestAnswerApplied(TypedDict, total=False):
    apiVersion: str
    kind: str
    namespace: None | str
    name: str
    result: str


class DeployManifestAnswer(TypedDict, total=False):
    status: str
    cluster: str
    dry_run: bool
    applied: list[DeployManifestAnswerApplied]
    failed: list[Any]
    resources_count: int
    warnings: list[Any]
    evidence: str


class Manifest(TypedDict, total=False):
    manifest_content: Required[str]
    namespace: str


class ParseManifestAnswerResources(TypedDict, total=False):
    apiVersion: str
    kind: str
    namespace: str
    name: str


class ParseManifestAnswer(TypedDict, total=False):
    valid: bool
    documents: int
    resources: list[ParseManifestAnswerResources]
    errors: list[Any]
    warnings: list[Any]
    kubernetes_version: str


class ListResourcesAnswerResources(TypedDict, total=False):
    apiVersion: str
    kind: str
    namespace: str
    name: str
    created_at: str
    resource_version: str


class ListResourcesAnswerCounts(TypedDict, total=False):
    ConfigMap: int
    Service: int
    ServiceAccount: int
    Deployment: int
    EndpointSlice: int


class ListResourcesAnswer(TypedDict, total=False):
    cluster: str
    resources: list[ListResourcesAnswerResources]
    counts: ListResourcesAnswerCounts
    total: int
    evidence: str


class DeleteResourceAnswer(TypedDict, total=False):
    deleted: bool
    kind: str
    namespace: str
    name: str
    cluster: str


class MonitoringHealthAnswerServices(TypedDict, total=False):
    state: str
    ready: int
    desired: int


class MonitoringHealthAnswerClustersGpu(TypedDict, total=False):
    allocatable: int
    requested: int
    requested_percent: None | float
    unit: str


class MonitoringHealthAnswerClusters(TypedDict, total=False):
    cluster: str
    failed: bool
    nodes: AllMetricsApiAnswerSystemNodes
    pods: AllMetricsApiAnswerSystemPods
    cpu: AllMetricsApiAnswerSystemCpu
    memory: AllMetricsApiAnswerSystemCpu
    gpu: MonitoringHealthAnswerClustersGpu
    storage: AllMetricsApiAnswerSystemGpu
    tenants: int
    resource_version: int
    clock: AllMetricsApiAnswerSystemClock


class MonitoringHealthAnswer(TypedDict, total=False):
    status: str
    timestamp: str
    services: dict[str, MonitoringHealthAnswerServices]
    down: list[str]
    clusters: list[MonitoringHealthAnswerClusters]
    evidence: str


class SlaStatusAnswerTenants(TypedDict, total=False):
    tenant_id: str
    cluster: str
    availability: float
    status: str
    uptime_percentage: float
    downtime_minutes: float
    target_sla: float
    failure_count: int
    recovery_time_avg: Any
    observed_seconds: int
    provisional: bool
    error_budget: AllMetricsApiAnswerTenantsSlaDataErrorBudget
    window: AllMetricsApiAnswerTenantsSlaDataWindow


class SlaStatusAnswer(TypedDict, total=False):
    status: str
    tenants: list[SlaStatusAnswerTenants]
    total: int
    evidence: str

"""Affinity, topology spread, tolerations, node selectors."""

from typing import Any

import pytest

from ecp.validation.faults import At
from ecp.validation.kinds.podspec import check_pod_spec
from ecp.validation.scope import Scope

Obj = dict[str, Any]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
NODE = "spec.affinity.nodeAffinity"
POD = "spec.affinity.podAffinity"
S0 = "spec.topologySpreadConstraints[0]"
T0 = "spec.tolerations[0]"
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.',"
    " and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
KEY = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
BOTH = "exists in both matchLabelKeys and labelSelector"
UNSET = "must not be specified when labelSelector is not set"


def said(spec: Obj, scope: Scope | None = None, pod: bool = True) -> list[str]:
    spec = {"containers": [{"name": "c", "image": "i"}], **spec}
    meta = {"name": "p", "labels": {"app": "a"}} if pod else None
    faults = check_pod_spec(spec, At() / "spec", scope or Scope(), meta=meta)
    return [str(fault.error) for fault in faults]


def node(*terms: Obj, preferred: Any = ()) -> Obj:
    affinity: Obj = {PREFERRED: list(preferred)} if preferred else {}
    if terms or not preferred:
        affinity[REQUIRED] = {"nodeSelectorTerms": list(terms)}
    return {"affinity": {"nodeAffinity": affinity}}


def label(operator: str, *values: str, key: str = "a") -> Obj:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def field(operator: str, *values: str, key: str = "metadata.name") -> Obj:
    return {"matchFields": [{"key": key, "operator": operator, "values": list(values)}]}


def near(**term: Any) -> Obj:
    return {"affinity": {"podAffinity": {REQUIRED: [{"topologyKey": "zone", **term}]}}}


def spread(*more: Obj, **constraint: Any) -> Obj:
    first = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    return {"topologySpreadConstraints": [{**first, **constraint}, *more]}


def tolerate(**toleration: Any) -> Obj:
    return {"tolerations": [toleration]}


TERM = f"{NODE}.{REQUIRED}.nodeSelectorTerms"
APP = {"matchLabels": {"app": "a"}}
CASES: list[Any] = [
    pytest.param(node(label("In", "x"), field("NotIn", "n1"), label("Exists"), label("Gt", "5")),
                 [], id="node terms"),
    pytest.param(node(), [f"{TERM}: Required value: must have at least one node selector term"],
                 id="no term"),
    pytest.param(
        node(label("In"), label("Exists", "x"), label("Gt"), label("Is"), label("In", "-")),
        [
            f"{TERM}[0].matchExpressions[0].values: Required value: must be specified when "
            "`operator` is 'In' or 'NotIn'",
            f"{TERM}[1].matchExpressions[0].values: Forbidden: may not be specified when "
            "`operator` is 'Exists' or 'DoesNotExist'",
            f"{TERM}[2].matchExpressions[0].values: Required value: must be specified single "
            "value when `operator` is 'Lt' or 'Gt'",
            f'{TERM}[3].matchExpressions[0].operator: Invalid value: "Is": not a valid selector '
            "operator",
            f'{TERM}[4].matchExpressions[0].values[0]: Invalid value: "-": {VALUE}',
        ],
        id="node terms with every mistake",
    ),
    pytest.param(
        node(label("Exists", key="a b")),
        [f'{TERM}[0].matchExpressions[0].key: Invalid value: "a b": {KEY}'],
        id="an odd key",
    ),
    pytest.param(
        node(field("Exists"), field("In", "a", "b"), field("In", "x", key="spec.name")),
        [
            f'{TERM}[0].matchFields[0].operator: Invalid value: "Exists": not a valid selector '
            "operator",
            f"{TERM}[1].matchFields[0].values: Required value: must be only one value when "
            "`operator` is 'In' or 'NotIn' for node field selector",
            f'{TERM}[2].matchFields[0].key: Invalid value: "spec.name": not a valid field '
            "selector key",
        ],
        id="fields of nodes",
    ),
    pytest.param(
        node(preferred=[{"weight": 0, "preference": label("In", "-")}]),
        [f"{NODE}.{PREFERRED}[0].weight: Invalid value: 0: must be in the range 1-100"],
        id="what is preferred may name what no label is",
    ),
    pytest.param(near(labelSelector=APP, namespaces=["a"], namespaceSelector={}), [],
                 id="near others"),
    pytest.param(
        near(topologyKey=""),
        [
            f"{POD}.{REQUIRED}[0].topologyKey: Required value: can not be empty",
            f'{POD}.{REQUIRED}[0].topologyKey: Invalid value: "": name part must be non-empty',
            f'{POD}.{REQUIRED}[0].topologyKey: Invalid value: "": {KEY}',
        ],
        id="near in no respect",
    ),
    pytest.param(
        near(labelSelector=label("Is"), namespaceSelector=label("In"), namespaces=["a.b"]),
        [
            f'{POD}.{REQUIRED}[0].labelSelector.matchExpressions[0].operator: Invalid value: "Is":'
            " not a valid selector operator",
            f"{POD}.{REQUIRED}[0].namespaceSelector.matchExpressions[0].values: Required value: "
            "must be specified when `operator` is 'In' or 'NotIn'",
            f'{POD}.{REQUIRED}[0].namespace: Invalid value: "a.b": must not contain dots',
        ],
        id="near what cannot be selected",
    ),
    pytest.param(near(labelSelector={}, matchLabelKeys=["app"], mismatchLabelKeys=["other"]), [],
                 id="near those with the same label"),
    pytest.param(
        near(matchLabelKeys=["app"], mismatchLabelKeys=["x"]),
        [f"{POD}.{REQUIRED}[0].matchLabelKeys: Forbidden: {UNSET}",
         f"{POD}.{REQUIRED}[0].mismatchLabelKeys: Forbidden: {UNSET}"],
        id="the same label of nothing",
    ),
    pytest.param(
        near(labelSelector=APP, matchLabelKeys=["b", "app"]),
        [f'{POD}.{REQUIRED}[0][1]: Invalid value: "app": {BOTH}'],
        id="a label by key and by value; the path leaves out the list",
    ),
    pytest.param(
        near(labelSelector={}, matchLabelKeys=["x", "a b"], mismatchLabelKeys=["x"]),
        [
            f'{POD}.{REQUIRED}[0].matchLabelKeys[1]: Invalid value: "a b": {KEY}',
            f'{POD}.{REQUIRED}[0].matchLabelKeys[0]: Invalid value: "x": exists in both '
            "matchLabelKeys and mismatchLabelKeys",
        ],
        id="the same and another",
    ),
    pytest.param(spread(minDomains=2, nodeAffinityPolicy="Honor", nodeTaintsPolicy="Ignore",
                        labelSelector={}, matchLabelKeys=["x"]), [], id="spread"),
    pytest.param(spread(topologyKey="a b"), [], id="a key is not looked at here"),
    pytest.param(
        spread(maxSkew=0, topologyKey="", whenUnsatisfiable="Never", nodeAffinityPolicy="No",
               nodeTaintsPolicy="Yes", labelSelector=label("Is")),
        [
            f"{S0}.maxSkew: Invalid value: 0: must be greater than zero",
            f"{S0}.topologyKey: Required value: can not be empty",
            f'{S0}.whenUnsatisfiable: Unsupported value: "Never": supported values: '
            '"DoNotSchedule", "ScheduleAnyway"',
            f'{S0}.nodeAffinityPolicy: Unsupported value: "No": supported values: "Honor", '
            '"Ignore"',
            f'{S0}.nodeTaintsPolicy: Unsupported value: "Yes": supported values: "Honor", '
            '"Ignore"',
            f'{S0}.labelSelector.matchExpressions[0].operator: Invalid value: "Is": not a valid '
            "selector operator",
        ],
        id="spread with every mistake",
    ),
    pytest.param(
        spread(minDomains=0, whenUnsatisfiable="ScheduleAnyway"),
        [
            f"{S0}.minDomains: Invalid value: 0: must be greater than zero",
            f"{S0}.minDomains: Invalid value: 0: can only use minDomains if "
            "whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
        ],
        id="domains of what may be anyway",
    ),
    pytest.param(
        spread(*spread()["topologySpreadConstraints"]),
        [f'{S0}.{{topologyKey, whenUnsatisfiable}}: Duplicate value: "{{zone, DoNotSchedule}}"'],
        id="spread twice alike; the first is named",
    ),
    pytest.param(spread(matchLabelKeys=["x"]), [f"{S0}.matchLabelKeys: Forbidden: {UNSET}"],
                 id="spread those of the same label of nothing"),
    pytest.param(
        spread(matchLabelKeys=["app"], labelSelector=APP),
        [f'{S0}[0]: Invalid value: "app": {BOTH}'],
        id="spread by key and by value",
    ),
    pytest.param(tolerate(), [
        f'{T0}.operator: Invalid value: "": operator must be Exists when `key` is empty, which '
        'means "match all values and all keys"'
    ], id="tolerate nothing"),
    pytest.param(tolerate(operator="Exists"), [], id="tolerate all"),
    pytest.param(
        tolerate(key="a", value="-", effect="NoSchedule", tolerationSeconds=1),
        [
            f'{T0}.effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when '
            "`tolerationSeconds` is set",
            f'{T0}.operator: Invalid value: "-": {VALUE}',
        ],
        id="tolerate for a time what drives nobody out",
    ),
    pytest.param(
        tolerate(key="a", value="-" * 64),
        [f'{T0}.operator: Invalid value: "{"-" * 64}": must be no more than 63 bytes;{VALUE}'],
        id="two complaints of a value are one fault",
    ),
    pytest.param(
        tolerate(key="a b", operator="Exists", value="x", effect="No"),
        [
            f'{T0}.key: Invalid value: "a b": {KEY}',
            f'{T0}.operator: Invalid value: "x": value must be empty when `operator` is '
            "'Exists'",
            f'{T0}.effect: Unsupported value: "No": supported values: "NoSchedule", '
            '"PreferNoSchedule", "NoExecute"',
        ],
        id="tolerations with every mistake",
    ),
    pytest.param(
        tolerate(key="a", operator="Gt", value="5"),
        [f'{T0}.operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", '
         '"Gt"'],
        id="comparisons are off",
    ),
    pytest.param(
        tolerate(key="a", operator="Is"),
        [f'{T0}.operator: Unsupported value: "Is": supported values: "Equal", "Exists"'],
        id="no such operator",
    ),
    pytest.param(
        {"nodeSelector": {"a b": "-"}},
        [f'spec.nodeSelector: Invalid value: "a b": {KEY}',
         f'spec.nodeSelector: Invalid value: "-": {VALUE}'],
        id="a node selector",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), CASES)
def test_placement(spec: Obj, expected: list[str]) -> None:
    assert said(spec) == expected


@pytest.mark.parametrize(
    ("spec", "scope", "pod", "expected"),
    [
        pytest.param(
            spread(matchLabelKeys=["app"], labelSelector=APP), Scope(), False, [],
            id="a template's keys are not yet labels",
        ),
        pytest.param(
            near(labelSelector=APP, matchLabelKeys=["app"]), Scope(new=False), True, [],
            id="nor are they written into a pod again",
        ),
        pytest.param(
            spread(matchLabelKeys=["app"], labelSelector=APP), Scope((1, 33)), False,
            [f'{S0}.matchLabelKeys[0]: Invalid value: "app": {BOTH}'],
            id="before they were written into the selector",
        ),
        pytest.param(
            near(matchLabelKeys=["app"]), Scope((1, 30)), True, [],
            id="before there were such keys they were dropped",
        ),
        pytest.param(
            tolerate(key="a", operator="Lt", value="5"),
            Scope(gates=frozenset({"TaintTolerationComparisonOperators"})), True, [],
            id="comparisons where they are on",
        ),
        pytest.param(
            tolerate(key="a", operator="Lt", value="05"),
            Scope(gates=frozenset({"TaintTolerationComparisonOperators"})), True,
            [f'{T0}.value: Invalid value: "05": must be a valid decimal integer in canonical form'],
            id="of what is no number",
        ),
        pytest.param(
            tolerate(key="a", operator="Lt"), Scope((1, 34)), True,
            [f'{T0}.operator: Unsupported value: "Lt": supported values: "Equal", "Exists"'],
            id="before there were comparisons",
        ),
    ],
)  # fmt: skip
def test_where_it_depends(spec: Obj, scope: Scope, pod: bool, expected: list[str]) -> None:
    assert said(spec, scope, pod) == expected

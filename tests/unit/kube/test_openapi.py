"""Discovery against what a real server answers."""

import json
from pathlib import Path
from typing import Any

from ecp.kube import openapi
from ecp.kube.kinds import BUILT_IN, Kind

DISCOVERY = Path(__file__).parents[2] / "golden" / "api" / "discovery.jsonl"
GADGET = Kind(
    "golden.example", "v1", "Gadget", "gadgets", short=("gd",), subresources=("scale", "status"),
    custom=True,
)  # fmt: skip
OLD = Kind("golden.example", "v1beta1", "Gadget", "gadgets", custom=True)
WITH_CUSTOM = BUILT_IN.with_custom([OLD, GADGET])


def recorded() -> dict[str, Any]:
    lists = {}
    for line in DISCOVERY.read_text().splitlines():
        for exchange in json.loads(line)["exchanges"]:
            body = exchange["res"].get("body")
            if isinstance(body, dict) and body.get("kind") == "APIResourceList":
                lists[body["groupVersion"]] = body
    return lists


def test_each_served_resource_is_listed_as_a_real_server_lists_it() -> None:
    real = recorded()
    compared = 0
    for group, versions in openapi.served(BUILT_IN).items():
        for version in versions:
            mine = openapi.api_resources(BUILT_IN, group, version)
            assert mine is not None
            theirs = real[mine["groupVersion"]]
            assert {k: v for k, v in mine.items() if k != "resources"} == {
                k: v for k, v in theirs.items() if k != "resources"
            }
            named = {one["name"]: one for one in theirs["resources"]}
            for one in mine["resources"]:
                assert one == named[one["name"]]
                compared += 1
    assert compared > 25


def test_groups_come_in_the_servers_order_and_custom_ones_last() -> None:
    groups = [group["name"] for group in openapi.api_groups(WITH_CUSTOM)["groups"]]
    assert groups[:3] == ["apiregistration.k8s.io", "apps", "events.k8s.io"]
    assert groups[-1] == "golden.example"


def test_the_newest_stable_version_is_preferred() -> None:
    group = openapi.api_group(WITH_CUSTOM, "golden.example")
    assert group is not None
    assert group["preferredVersion"]["version"] == "v1"
    assert [one["version"] for one in group["versions"]] == ["v1", "v1beta1"]
    assert openapi.api_group(WITH_CUSTOM, "nope") is None


def test_aggregated_discovery_says_the_same_as_the_plain_one() -> None:
    for core in (True, False):
        for group in openapi.aggregated(WITH_CUSTOM, "v2", core=core)["items"]:
            name = group["metadata"].get("name", "")
            for version in group["versions"]:
                plain = openapi.api_resources(WITH_CUSTOM, name, version["version"])
                assert plain is not None
                told = [
                    one["resource"]
                    for one in version["resources"]
                ] + [
                    f"{one['resource']}/{sub['subresource']}"
                    for one in version["resources"]
                    for sub in one.get("subresources", ())
                ]  # fmt: skip
                assert sorted(told) == [one["name"] for one in plain["resources"]]

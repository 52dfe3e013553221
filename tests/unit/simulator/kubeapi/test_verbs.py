"""Discovery and handlers agree: every verb that is listed is answered, no other one is."""

from typing import Any

from conformance.bare import Client, Host, drive
from ecp.sim.cluster import Cluster

METHODS = {
    "create": "POST",
    "delete": "DELETE",
    "deletecollection": "DELETE",
    "get": "GET",
    "list": "GET",
    "patch": "PATCH",
    "update": "PUT",
    "watch": "GET",
}
ON_COLLECTIONS = ("create", "deletecollection", "list", "watch")
MERGE = "application/merge-patch+json"


def url(version: str, resource: dict[str, Any], verb: str) -> str:
    """Return where *verb* is asked for; what it names is not there."""
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    plural, _, subresource = resource["name"].partition("/")
    where = f"{root}/namespaces/default" if resource["namespaced"] else root
    if subresource:
        return f"{where}/{plural}/nobody/{subresource}"
    if verb == "watch":
        return f"{where}/{plural}?watch=true&resourceVersion=nonsense"
    if verb == "deletecollection":
        return f"{where}/{plural}?labelSelector=nobody=bears-it"
    return f"{where}/{plural}" if verb in ON_COLLECTIONS else f"{where}/{plural}/nobody"


def test_every_listed_verb_is_answered_and_no_other_one() -> None:
    wrong: list[str] = []
    asked = 0

    async def story(client: Client, host: Host) -> None:
        nonlocal asked
        groups = (await client.ask("GET", "/apis")).json["groups"]
        versions = ["v1"] + [row["groupVersion"] for group in groups for row in group["versions"]]
        for version in versions:
            root = f"/apis/{version}" if "/" in version else f"/api/{version}"
            listed = (await client.ask("GET", root)).json["resources"]
            for resource in listed:
                for verb, method in METHODS.items():
                    if "/" in resource["name"] and verb in ON_COLLECTIONS[1:]:
                        continue
                    path = url(version, resource, verb)
                    body = None if method == "GET" else {}
                    type_ = MERGE if method == "PATCH" else "application/json"
                    answer = await client.ask(method, path, body, type_=type_)
                    asked += 1
                    if (answer.status == 405) is (verb in resource["verbs"]):
                        wrong.append(f"{verb} {resource['name']}: {answer.status}")
                    elif answer.status >= 400 and b'"kind":"Status"' not in answer.body:
                        wrong.append(f"{verb} {resource['name']}: {answer.body[:80]!r}")

    drive(story, Cluster.create())
    assert "\n".join(wrong) == ""
    assert asked > 500

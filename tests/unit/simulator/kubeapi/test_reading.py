"""get and list: pages stay consistent while the world moves on, as far back as the log reaches."""

import asyncio
import base64
from typing import Any

import orjson
import pytest

from conformance.bare import BareCluster, Client, Directory, Host, config_map, drive
from ecp.simulator.kubeapi import kubeapi

MAPS = "/api/v1/namespaces/default/configmaps"


async def fill(client: Client, count: int) -> None:
    for number in range(count):
        await client.ask("POST", MAPS, config_map(f"m{number}"))


def names(body: Any) -> list[str]:
    return [item["metadata"]["name"] for item in body["items"]]


def test_the_pages_of_a_list_show_one_state_whatever_is_written_between_them() -> None:
    async def story(client: Client, host: Host) -> None:
        await fill(client, 5)
        first = (await client.ask("GET", f"{MAPS}?limit=2")).json
        assert names(first) == ["m0", "m1"]
        assert first["metadata"]["remainingItemCount"] == 3
        await client.ask("DELETE", f"{MAPS}/m2")
        await client.ask("POST", MAPS, config_map("m2b"))
        await client.ask("PATCH", f"{MAPS}/m3", {"data": {"k": "new"}},
                         type_="application/merge-patch+json")  # fmt: skip
        token = first["metadata"]["continue"]
        rest = (await client.ask("GET", f"{MAPS}?limit=9&continue={token}")).json
        assert names(rest) == ["m2", "m3", "m4"]
        assert rest["items"][1]["data"] == {"k": "v"}
        assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
        assert "continue" not in rest["metadata"]

    drive(story)


def test_an_old_state_has_the_owners_of_its_fields() -> None:
    async def story(client: Client, host: Host) -> None:
        await fill(client, 1)
        before = (await client.ask("GET", MAPS)).json
        await client.ask("PATCH", f"{MAPS}/m0?fieldManager=other", {"data": {"k": "new"}},
                         type_="application/merge-patch+json")  # fmt: skip
        version = before["metadata"]["resourceVersion"]
        exact = f"{MAPS}?resourceVersion={version}&resourceVersionMatch=Exact"
        client.app = kubeapi(Directory(default=host))  # one that has encoded nothing yet
        assert (await client.ask("GET", exact)).json == before

    drive(story)


def test_a_token_older_than_the_window_is_refused_with_one_that_goes_on() -> None:
    async def story(client: Client, host: Host) -> None:
        await fill(client, 4)
        token = (await client.ask("GET", f"{MAPS}?limit=1")).json["metadata"]["continue"]
        for number in range(20):
            await client.ask("POST", MAPS, config_map(f"z{number:02}"))
        refused = await client.ask("GET", f"{MAPS}?limit=2&continue={token}")
        assert (refused.status, refused.json["reason"]) == (410, "Expired")
        go_on = refused.json["metadata"]["continue"]
        rest = (await client.ask("GET", f"{MAPS}?limit=2&continue={go_on}")).json
        assert names(rest) == ["m1", "m2"]

    drive(story, BareCluster(window=10))


@pytest.mark.parametrize(
    ("token", "words"),
    [
        pytest.param("%21%21", "illegal base64 data at input byte 0", id="no base64"),
        pytest.param("MQabc", "illegal base64 data at input byte 4", id="base64 cut short"),
        pytest.param(
            "bm90IGpzb24",
            "invalid character 'o' in literal null (expecting 'u')",
            id="no JSON",
        ),
        pytest.param(
            "W10",
            "json: cannot unmarshal array into Go value of type storage.continueToken",
            id="no object",
        ),
        pytest.param(
            "eyJ2IjoidjkifQ",
            "server does not recognize this encoded version v9",
            id="another encoding",
        ),
        pytest.param(
            "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0",
            "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
            id="no version",
        ),
        pytest.param(
            "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIifQ",
            "encoded start key empty (version meta.k8s.io/v1)",
            id="no key",
        ),
        pytest.param(
            "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi9hIn0",
            "../a",
            id="a key outside of the kind",
        ),
    ],
)
def test_a_token_that_is_none_is_a_bad_request(token: str, words: str) -> None:
    async def story(client: Client, host: Host) -> None:
        got = await client.ask("GET", f"{MAPS}?limit=1&continue={token}&resourceVersion=1")
        assert got.status == 400
        wanted = f"invalid continue token: continue key is not valid: {words}"
        assert got.json["message"] == wanted

    drive(story)


def test_a_long_list_is_sent_in_pieces_and_whole() -> None:
    async def story(client: Client, host: Host) -> None:
        await fill(client, 1100)
        got = await client.ask("GET", MAPS)
        assert "content-length" not in got.headers
        assert len(got.json["items"]) == 1100
        table = await client.ask("GET", MAPS, accept="application/json;as=Table;v=v1;g=meta.k8s.io")
        assert len(table.json["rows"]) == 1100
        assert names(got.json) == sorted(names(got.json))

    drive(story)


def test_nodes_beat_and_have_leases_without_being_written() -> None:
    from ecp.sim.cluster import Cluster

    async def story(client: Client, host: Host) -> None:
        version = host.cluster.store.version
        url = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        before = (await client.ask("GET", url)).json
        nodes = (await client.ask("GET", "/api/v1/nodes")).json
        assert names(before) == names(nodes)
        host.cluster.run_until(host.cluster.now + 60_000_000_000)
        assert host.cluster.store.version == version
        one = (await client.ask("GET", f"{url}/{names(before)[0]}")).json
        assert one["spec"]["renewTime"] > before["items"][0]["spec"]["renewTime"]

    drive(story, Cluster.create(seed=1))


FUTURE = 10**12
TOO_LARGE = {
    "a list": "resourceVersion={0}",
    "a list not older": "resourceVersion={0}&resourceVersionMatch=NotOlderThan",
    "an exact list": "resourceVersion={0}&resourceVersionMatch=Exact",
    "a page": "resourceVersion={0}&limit=2",
}


@pytest.mark.parametrize("query", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_version_that_does_not_come_is_waited_for_three_seconds(query: str) -> None:
    async def story(client: Client, host: Host) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = await client.ask("GET", f"{MAPS}?{query.format(FUTURE)}")
        assert loop.time() - began >= 3
        assert (answer.status, answer.json["reason"]) == (504, "Timeout")
        assert answer.json["details"] == {
            "causes": [
                {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
            ],
            "retryAfterSeconds": 1,
        }

    drive(story)


def test_a_version_that_comes_meanwhile_is_answered() -> None:
    async def story(client: Client, host: Host) -> None:
        version = host.cluster.store.version + 1
        listed = asyncio.ensure_future(client.ask("GET", f"{MAPS}?resourceVersion={version}"))
        await asyncio.sleep(0)
        await fill(client, 1)
        answer = await listed
        assert (answer.status, names(answer.json)) == (200, ["m0"])

    drive(story)


def test_a_token_holds_the_key_as_the_servers_own_does() -> None:
    async def story(client: Client, host: Host) -> None:
        await fill(client, 3)
        meta = (await client.ask("GET", f"{MAPS}?limit=2")).json["metadata"]
        text = base64.urlsafe_b64decode(meta["continue"] + "==")
        version = int(meta["resourceVersion"])
        assert orjson.loads(text) == {"v": "meta.k8s.io/v1", "rv": version, "start": "/m1\0"}
        cached = f"{MAPS}?limit=1&continue={meta['continue']}&resourceVersion=0"
        assert names((await client.ask("GET", cached)).json) == ["m2"]

    drive(story)


ONCE = "resourceVersionMatch is forbidden when continue is provided"
CONTINUED = {
    "alone": ("", [ONCE]),
    "with initial events": ("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", [ONCE]),
    "with a match": (
        "&resourceVersionMatch=NotOlderThan",
        ["resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided", ONCE],
    ),
    "with initial events and no match": (
        "&sendInitialEvents=false",
        ["sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"],
    ),
}


@pytest.mark.parametrize(("query", "words"), CONTINUED.values(), ids=CONTINUED)
def test_a_watch_goes_on_from_no_token(query: str, words: list[str]) -> None:
    async def story(client: Client, host: Host) -> None:
        answer = await client.ask("GET", f"{MAPS}?watch=1&continue=abc{query}")
        assert answer.status == 422
        causes = answer.json["details"]["causes"]
        assert [one["message"] for one in causes] == [f"Forbidden: {one}" for one in words]

    drive(story)

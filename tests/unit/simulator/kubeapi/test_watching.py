"""watch: where it begins, what it shows through selectors, how it ends."""

import asyncio

from conformance.bare import BareCluster, Client, Host, config_map, drive

MAPS = "/api/v1/namespaces/default/configmaps"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def test_a_version_older_than_the_window_is_an_error_frame() -> None:
    async def story(client: Client, host: Host) -> None:
        for number in range(12):
            await client.ask("POST", MAPS, config_map(f"m{number}"))
        got = await client.ask("GET", f"{MAPS}?watch=1&resourceVersion=1&timeoutSeconds=9")
        assert got.status == 200
        (frame,) = got.frames
        assert frame["type"] == "ERROR"
        oldest = host.cluster.store.log[0].rv
        assert frame["object"]["message"] == f"too old resource version: 1 ({oldest})"
        assert frame["object"]["code"] == 410

    drive(story, BareCluster(window=5))


def test_a_client_that_leaves_ends_its_watch() -> None:
    async def story(client: Client, host: Host) -> None:
        leave = asyncio.Event()
        watch = asyncio.ensure_future(client.ask("GET", f"{MAPS}?watch=1", leave=leave))
        await asyncio.sleep(0.1)
        await client.ask("POST", MAPS, config_map("a"))
        await asyncio.sleep(1)
        leave.set()
        got = await watch
        assert [frame["type"] for frame in got.frames] == ["ADDED"]
        assert len(asyncio.all_tasks()) == 1

    drive(story)


def test_a_cluster_that_closes_ends_the_watch() -> None:
    from ecp.simulator.kubeapi import Closed

    async def story(client: Client, host: Host) -> None:
        async def closed(after: int) -> int:
            raise Closed

        host.changed = closed  # type: ignore[method-assign]
        got = await client.ask("GET", f"{MAPS}?watch=1")
        assert (got.status, got.body) == (200, b"")

    drive(story)


def test_all_watchers_get_every_change_in_order() -> None:
    async def story(client: Client, host: Host) -> None:
        watchers = [
            asyncio.ensure_future(client.ask("GET", f"{MAPS}?watch=1&timeoutSeconds=20"))
            for _ in range(5)
        ]
        await asyncio.sleep(0.1)
        for number in range(30):
            await client.ask("POST", MAPS, config_map(f"m{number:02}"))
            if number % 7 == 0:
                await asyncio.sleep(0.2)
        expected = [f"m{number:02}" for number in range(30)]
        for got in await asyncio.gather(*watchers):
            assert [frame["object"]["metadata"]["name"] for frame in got.frames] == expected

    drive(story)


def test_an_object_that_ceases_to_match_is_deleted_as_it_was_in_every_form() -> None:
    async def story(client: Client, host: Host) -> None:
        await client.ask("POST", MAPS, config_map("a", labels={"on": "yes"}))
        version = host.cluster.store.version
        await client.ask("PATCH", f"{MAPS}/a", {"metadata": {"labels": {"on": "no"}}},
                         type_="application/merge-patch+json")  # fmt: skip
        plain = f"{MAPS}?watch=1&resourceVersion={version}&timeoutSeconds=1"
        for accept in ("application/json", "application/json;as=PartialObjectMetadata;"
                       "g=meta.k8s.io;v=v1"):  # fmt: skip
            got = await client.ask("GET", f"{plain}&labelSelector=on%3Dyes", accept=accept)
            (frame,) = got.frames
            assert frame["type"] == "DELETED"
            assert frame["object"]["metadata"]["labels"] == {"on": "yes"}
            assert int(frame["object"]["metadata"]["resourceVersion"]) == version + 1
            # What was shown to one through a selector is not what others are shown.
            seen = (await client.ask("GET", plain, accept=accept)).frames
            assert seen[0]["object"]["metadata"]["labels"] == {"on": "no"}

    drive(story)


def test_a_bookmark_comes_every_minute_and_says_how_far_the_watch_is() -> None:
    async def story(client: Client, host: Host) -> None:
        url = f"{MAPS}?watch=1&allowWatchBookmarks=true&timeoutSeconds=130"
        watch = asyncio.ensure_future(client.ask("GET", url))
        await asyncio.sleep(1)
        await client.ask("POST", "/api/v1/namespaces/default/secrets",
                         {"metadata": {"name": "s"}})  # fmt: skip
        got = await watch
        first, *later = got.frames
        ends = {"k8s.io/initial-events-end": "true"}
        assert first["object"]["metadata"]["annotations"] == ends
        marks = [frame["object"]["metadata"]["resourceVersion"] for frame in later]
        assert [frame["type"] for frame in later] == ["BOOKMARK", "BOOKMARK"]
        assert marks == [str(host.cluster.store.version)] * 2

    drive(story)


def test_tables_have_their_columns_in_the_first_frame_only() -> None:
    async def story(client: Client, host: Host) -> None:
        for name in ("a", "b"):
            await client.ask("POST", MAPS, config_map(name))
        got = await client.ask("GET", f"{MAPS}?watch=1&timeoutSeconds=1", accept=TABLE)
        first, second = got.frames
        assert [column["name"] for column in first["object"]["columnDefinitions"]] == [
            "Name", "Data", "Age",
        ]  # fmt: skip
        assert second["object"]["columnDefinitions"] is None

    drive(story)

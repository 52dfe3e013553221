"""What answers carry besides what was asked for, and what the server says of its own health."""

import pytest

from conformance.bare import Client, Host, config_map, drive

MAPS = "/api/v1/namespaces/default/configmaps"


def test_an_audit_id_is_echoed_or_drawn() -> None:
    async def story(client: Client, host: Host) -> None:
        told = await client.ask("GET", MAPS, headers={"Audit-Id": "mine"})
        assert told.headers["audit-id"] == ["mine"]
        drawn = {(await client.ask("GET", MAPS)).headers["audit-id"][0] for _ in range(3)}
        assert {len(one) for one in drawn} == {36}
        assert len(drawn) == 3

    drive(story)


def test_answers_are_indented_for_people() -> None:
    async def story(client: Client, host: Host) -> None:
        await client.ask("POST", MAPS, config_map("m"))
        for query, agent, indented in (
            ("", "kubectl/v1.36.2", False),
            ("", "curl/8.5.0", True),
            ("?pretty=0", "curl/8.5.0", False),
            ("?pretty=true", "kubectl/v1.36.2", True),
        ):
            got = await client.ask("GET", f"{MAPS}/m{query}", headers={"User-Agent": agent})
            assert got.body.startswith(b'{\n  "') is indented, (query, agent)

    drive(story)


def test_a_check_is_asked_for_by_its_name_or_left_out() -> None:
    async def story(client: Client, host: Host) -> None:
        assert (await client.ask("GET", "/healthz")).body == b"ok"
        assert (await client.ask("GET", "/livez/ping")).body == b"ok"
        assert (await client.ask("GET", "/readyz/nothing")).status == 404
        told = (await client.ask("GET", "/livez?verbose&exclude=ping")).body.decode().split("\n")
        assert told[0] == "[+]ping excluded: ok"
        assert told[-2] == "livez check passed"

    drive(story)


@pytest.mark.parametrize(
    ("accept", "status"),
    [("", 200), ("*/*", 200), ("application/json, */*", 200), ("text/*", 200),
     ("text/plain;q=0.5", 200), ("text/html", 406), ("application/json", 406)],
)  # fmt: skip
def test_pages_for_people_are_plain_text(accept: str, status: int) -> None:
    async def story(client: Client, host: Host) -> None:
        for page in ("/statusz", "/flagz"):
            assert (await client.ask("GET", page, accept=accept)).status == status

    drive(story)

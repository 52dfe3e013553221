"""Who is let in by the façade, for what, and in which words others are turned away.

Recorded of a kube-apiserver 1.36.2 over the same roles: each request with who sent it, the status,
and what a refusal said. Of what was let in only that counts.
"""

import json
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from conformance.bare import Client, Got, Host, drive
from ecp.kube import kinds
from ecp.kube.errors import Forbidden
from ecp.kube.kinds import BUILT_IN
from ecp.sim import clusters
from ecp.sim.access import ALWAYS_ALLOW, RBAC
from ecp.sim.access.keys import drawn_key, from_base64, to_base64
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request

GOLDEN = Path(__file__).parents[3] / "golden" / "access"
POOLS = {"name": "recorded", "pools": [{"name": "n", "cpu": "1", "memory": "1Gi"}]}
GROUP = "rbac.authorization.k8s.io"
ROLES = {"imp": "auth-imposter", "nar": "auth-narrow", "giv": "auth-giver"}
REFUSED = (401, 403)
WORDS = {
    "admin": "Bearer admin",
    "none": "",
    "bad": "Bearer wrong",
    "basic": "Basic YTpi",
    "lower": "bearer admin",
    "blank": "Bearer ",
}


def cluster_of(mode: str = RBAC, **more: Any) -> Cluster:
    return Cluster.create(clusters.check({**POOLS, "authorizationMode": mode, **more}))


def recorded_cluster() -> Cluster:
    cluster = cluster_of(metricsServer=False)
    cluster.submit(Request("create", kinds.NAMESPACES, body={"metadata": {"name": "auth-a"}}))
    lines = (GOLDEN / "decisions.jsonl").read_text("utf-8").splitlines()
    objects = [one["object"] for one in map(json.loads, lines) if "object" in one]
    for name in (*ROLES, "nobody"):
        meta = {"name": name, "namespace": "auth-a"}
        objects.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
        if name in ROLES:
            reference = {"apiGroup": GROUP, "kind": "ClusterRole", "name": ROLES[name]}
            objects.append(
                {
                    "apiVersion": f"{GROUP}/v1",
                    "kind": "ClusterRoleBinding",
                    "metadata": {"name": f"auth-{name}"},
                    "roleRef": reference,
                    "subjects": [{"kind": "ServiceAccount", **meta}],
                }
            )
    for obj in objects:
        kind = BUILT_IN.by_gvk[obj["apiVersion"], obj["kind"]]
        namespace = obj["metadata"].get("namespace", "")
        cluster.submit(Request("create", kind.resource, namespace, body=obj))
    cluster.run_until(cluster.now + 10 * SECOND)
    return cluster


async def token_of(client: Client, name: str, **spec: Any) -> str:
    path = f"/api/v1/namespaces/auth-a/serviceaccounts/{name}/token"
    answer = await client.ask("POST", path, {"spec": spec})
    assert answer.status == 201, answer.body
    token: str = answer.json["status"]["token"]
    return token


def test_requests_are_let_in_and_turned_away_as_the_server_did() -> None:
    rows = [json.loads(line) for line in (GOLDEN / "requests.jsonl").read_text().splitlines()]
    refused = [row for row in rows if row["status"] in REFUSED]
    assert (len(rows), len(refused)) == (166, 130)
    different: list[Any] = []

    async def story(client: Client, host: Host) -> None:
        words = dict(WORDS)
        for name in (*ROLES, "nobody"):
            words[name] = f"Bearer {await token_of(client, name)}"
        words["jwt"] = f"{words['nobody']}x"
        for row in rows:
            headers = [tuple(pair) for pair in row.get("headers", ())]
            got = await client.ask(
                row["method"], row["path"], row.get("body"), until=lambda _: True,
                headers=[("Authorization", words[row["as"]]), *headers],
            )  # fmt: skip
            if _difference(row, got):
                different.append((row["as"], row["method"], row["path"], _difference(row, got)))

    drive(story, recorded_cluster())
    assert different == []


def _difference(row: dict[str, Any], got: Got) -> str:
    wanted = row["status"]
    if (wanted in REFUSED or got.status in REFUSED) and got.status != wanted:
        return f"{wanted} wanted, got {got.status}: {got.body[:400]!r}"
    said = row.get("answer")
    if said is None or wanted == 404:
        return ""
    found = {field: got.json.get(field) for field in said}
    return "" if found == said else f"{said} wanted, got {found}"


# ---- tokens ---------------------------------------------------------------------------------

ONE = "/api/v1/namespaces/default/serviceaccounts/default/token"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = "/apis/authentication.k8s.io/v1/tokenreviews"
MINUTE = 60 * SECOND


async def issued(client: Client, **spec: Any) -> str:
    answer = await client.ask("POST", ONE, {"spec": spec})
    assert answer.status == 201, answer.body
    token: str = answer.json["status"]["token"]
    return token


async def whoami(client: Client, token: str) -> tuple[int, Any]:
    got = await client.ask("POST", WHO, {}, headers={"authorization": f"Bearer {token}"})
    return got.status, got.json["status"]["userInfo"] if got.status == 201 else None


async def reviewed(client: Client, token: str) -> Any:
    return (await client.ask("POST", REVIEW, {"spec": {"token": token}})).json["status"]


def claims(token: str) -> tuple[Any, Any]:
    head, body, _ = token.split(".")
    return orjson.loads(from_base64(head)), orjson.loads(from_base64(body))


@pytest.mark.parametrize("mode", [ALWAYS_ALLOW, RBAC])
def test_a_token_lasts_as_long_as_the_clock_of_the_cluster_says(mode: str) -> None:
    cluster = cluster_of(mode)

    async def story(client: Client, host: Host) -> None:
        token = await issued(client, expirationSeconds=600)
        account = cluster.store.get(kinds.SERVICEACCOUNTS, "default", "default")
        assert account is not None
        status, user = await whoami(client, token)
        assert status == 201
        assert user == {
            "username": "system:serviceaccount:default:default",
            "uid": account["metadata"]["uid"],
            "groups": [
                "system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated",
            ],
            "extra": {
                "authentication.kubernetes.io/credential-id": [f"JTI={claims(token)[1]['jti']}"]
            },
        }  # fmt: skip
        cluster.run_until(cluster.now + 11 * MINUTE)  # a minute is forgiven
        assert (await whoami(client, token))[0] == 201
        cluster.run_until(cluster.now + 2 * SECOND)
        assert await whoami(client, token) == (401, None)
        words = "[invalid bearer token, service account token has expired]"
        assert await reviewed(client, token) == {"user": {}, "error": words}

    drive(story, cluster)


def test_a_token_ends_with_what_it_is_bound_to() -> None:
    cluster = cluster_of()
    pod = {
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "app:1"}], "serviceAccountName": "default"},
    }
    secret = {"metadata": {"name": "s"}, "type": "Opaque"}
    cluster.submit(Request("create", kinds.PODS, "default", body=pod))
    cluster.submit(Request("create", kinds.SECRETS, "default", body=secret))
    cluster.run_until(cluster.now + MINUTE)

    def bound(kind: str, name: str) -> Any:
        return {"boundObjectRef": {"kind": kind, "apiVersion": "v1", "name": name}}

    async def story(client: Client, host: Host) -> None:
        of_pod = await issued(client, expirationSeconds=3607, **bound("Pod", "p"))
        of_secret = await issued(client, **bound("Secret", "s"))
        of_node = await issued(client, **bound("Node", "n-1"))
        said = claims(of_pod)[1]
        assert said["exp"] - said["iat"] == 365 * 24 * 3600
        assert said["kubernetes.io"]["warnafter"] - said["iat"] == 3607
        extra = (await whoami(client, of_pod))[1]["extra"]
        assert extra["authentication.kubernetes.io/pod-name"] == ["p"]
        assert extra["authentication.kubernetes.io/node-name"] == ["n-1"]
        nodes = (await whoami(client, of_node))[1]["extra"]
        assert nodes["authentication.kubernetes.io/node-name"] == ["n-1"]
        assert (await whoami(client, of_secret))[0] == 201
        cluster.submit(Request("delete", kinds.PODS, "default", "p", grace=0))
        cluster.submit(Request("delete", kinds.SECRETS, "default", "s"))
        cluster.run_until(cluster.now + MINUTE)
        for token in (of_pod, of_secret):
            words = "[invalid bearer token, service account token has been invalidated]"
            assert (await reviewed(client, token))["error"] == words
        cluster.submit(Request("create", kinds.SECRETS, "default", body=secret))
        error = (await reviewed(client, of_secret))["error"]
        assert "does not match service account secret ref claim" in error

    drive(story, cluster)


def test_a_token_is_not_for_the_account_that_came_after() -> None:
    cluster = cluster_of()

    async def story(client: Client, host: Host) -> None:
        token = await issued(client)
        cluster.submit(Request("delete", kinds.SERVICEACCOUNTS, "default", "default"))
        assert (await reviewed(client, token))["error"] == (
            '[invalid bearer token, serviceaccounts "default" not found]'
        )
        cluster.run_until(cluster.now + MINUTE)  # there is a new one
        error = (await reviewed(client, token))["error"]
        assert "service account UID" in error
        assert "does not match claim" in error

    drive(story, cluster)


def test_others_can_check_a_token_by_the_published_key() -> None:
    async def story(client: Client, host: Host) -> None:
        token = await issued(client, audiences=["vault"])
        header, said = claims(token)
        found = await client.ask("GET", "/.well-known/openid-configuration")
        assert found.headers["cache-control"] == ["public, max-age=3600"]
        assert found.json["issuer"] == said["iss"] == "https://kubernetes.default.svc"
        assert found.json["jwks_uri"] == "https://test:80/clusters/default/openid/v1/jwks"
        keys = await client.ask("GET", "/openid/v1/jwks", accept="application/jwk-set+json")
        assert keys.content_type == "application/jwk-set+json"
        (key,) = keys.json["keys"]
        assert header == {"alg": "RS256", "kid": key["kid"]}
        modulus, exponent = (int.from_bytes(from_base64(key[part]), "big") for part in "ne")
        signed, _, signature = token.rpartition(".")
        number = int.from_bytes(from_base64(signature), "big")
        opened = pow(number, exponent, modulus).to_bytes(256, "big")
        assert opened.endswith(sha256(signed.encode()).digest())
        assert opened.startswith(b"\x00\x01\xff\xff")
        # It is for another audience than the server.
        assert (await whoami(client, token))[0] == 401
        body = {"spec": {"token": token, "audiences": ["vault"]}}
        status = (await client.ask("POST", REVIEW, body)).json["status"]
        assert status["audiences"] == ["vault"]

    drive(story, cluster_of())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            lambda h, b, s: f"{h}.{b}.{s[:-6]}AAAAAA",
            "[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]",
            id="another signature",
        ),
        pytest.param(
            lambda h, b, s: f"{to_base64(b'{}')}.{b}.{s}", "", id="an algorithm that is not said"
        ),
        pytest.param(
            lambda h, b, s: f"{to_base64(orjson.dumps({'alg': 'RS256', 'kid': 'x'}))}.{b}.{s}",
            "[invalid bearer token, invalid signature, no keys found]",
            id="another key",
        ),
        pytest.param(
            lambda h, b, s: f"{h}.{to_base64(orjson.dumps({'iss': 'me'}))}.{s}",
            "invalid bearer token",
            id="another issuer",
        ),
        pytest.param(lambda h, b, s: f"{h}.{b}", "invalid bearer token", id="no signature"),
        pytest.param(lambda h, b, s: "wrong", "invalid bearer token", id="no such form"),
    ],
)
def test_a_forged_token_is_nobodys(change: Any, words: str) -> None:
    async def story(client: Client, host: Host) -> None:
        forged = change(*(await issued(client)).split("."))
        status = await reviewed(client, forged)
        assert "authenticated" not in status
        assert not words or status["error"] == words
        assert (await whoami(client, forged))[0] == 401

    drive(story, cluster_of())


def test_a_secret_keeps_a_token_of_its_account() -> None:
    cluster = cluster_of()
    wanted = {
        "metadata": {
            "name": "kept",
            "annotations": {"kubernetes.io/service-account.name": "default"},
        },
        "type": "kubernetes.io/service-account-token",
    }
    cluster.submit(Request("create", kinds.SECRETS, "default", body=wanted))
    cluster.run_until(cluster.now + SECOND)

    def secret() -> Any:
        return cluster.store.get(kinds.SECRETS, "default", "kept")

    assert sorted(secret()["data"]) == ["ca.crt", "namespace", "token"]
    token = b64decode(secret()["data"]["token"]).decode()

    async def story(client: Client, host: Host) -> None:
        status, user = await whoami(client, token)
        assert status == 201
        assert user["username"] == "system:serviceaccount:default:default"
        cluster.submit(Request("delete", kinds.SECRETS, "default", "kept"))
        words = "[invalid bearer token, Token has been invalidated]"
        assert (await reviewed(client, token))["error"] == words

    drive(story, cluster)
    cluster.submit(Request("create", kinds.SECRETS, "default", body=wanted))
    cluster.submit(Request("delete", kinds.SERVICEACCOUNTS, "default", "default"))
    cluster.run_until(cluster.now + SECOND)
    assert secret() is None


# ---- who is asked for nothing, and who comes by another door -----------------------------------


@pytest.mark.parametrize("sent", ["", "Bearer simulated", "Bearer whatever", "Basic YTpi"])
def test_where_all_is_allowed_everybody_is_the_administrator(sent: str) -> None:
    async def story(client: Client, host: Host) -> None:
        got = await client.ask("POST", WHO, {}, headers={"authorization": sent})
        groups = ["system:masters", "system:authenticated"]
        admin = {"username": "system:admin", "uid": "system:admin", "groups": groups}
        assert got.json["status"]["userInfo"] == admin
        as_jane = {"authorization": sent, "Impersonate-User": "jane"}
        assert (await client.ask("GET", "/api/v1/secrets", headers=as_jane)).status == 200

    drive(story, cluster_of(ALWAYS_ALLOW))


def test_users_of_the_model_come_with_their_tokens() -> None:
    users = [{"token": "s3cr3t", "name": "eve", "groups": ["devs"]}]

    async def story(client: Client, host: Host) -> None:
        groups = ["devs", "system:authenticated"]
        eve = {"username": "eve", "uid": "eve", "groups": groups}
        assert await whoami(client, "s3cr3t") == (201, eve)
        by_address = Client(client.app, "/clusters/default@s3cr3t")
        bare = {"authorization": None}
        got = await by_address.ask("POST", WHO, {}, headers=bare)
        assert got.json["status"]["userInfo"] == eve
        assert (await by_address.ask("GET", "/api/v1/pods", headers=bare)).status == 403
        nobody = Client(client.app, "/clusters/default@other")
        assert (await nobody.ask("GET", "/api/v1/pods", headers=bare)).status == 401

    drive(story, cluster_of(users=users))


def test_a_role_that_changes_changes_what_is_allowed_at_once() -> None:
    roles = f"/apis/{GROUP}/v1/namespaces/default"
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": "default"}
    reference = {"apiGroup": GROUP, "kind": "Role", "name": "r"}
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}

    async def story(client: Client, host: Host) -> None:
        token = await issued(client)

        async def lists() -> int:
            sent = {"authorization": f"Bearer {token}"}
            path = "/api/v1/namespaces/default/pods"
            return (await client.ask("GET", path, headers=sent)).status

        found = [await lists()]
        binding = {"metadata": {"name": "b"}, "roleRef": reference, "subjects": [subject]}
        await client.ask("POST", f"{roles}/rolebindings", binding)
        found.append(await lists())
        await client.ask("POST", f"{roles}/roles", {"metadata": {"name": "r"}, "rules": [rule]})
        found.append(await lists())
        merge = "application/merge-patch+json"
        await client.ask("PATCH", f"{roles}/roles/r", {"rules": []}, type_=merge)
        found.append(await lists())
        await client.ask("PATCH", f"{roles}/roles/r", {"rules": [rule]}, type_=merge)
        found.append(await lists())
        await client.ask("DELETE", f"{roles}/rolebindings/b")
        found.append(await lists())
        assert found == [403, 403, 200, 403, 200, 403]

    drive(story, cluster_of())


def test_who_gives_no_more_than_they_have_is_replayed_so() -> None:
    """What a journal keeps of a request says enough to judge it again."""
    request = Request(
        "create", f"roles.{GROUP}", "default", user="giv", groups=("devs", "system:authenticated"),
        body={
            "metadata": {"name": "r"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
        },
    )  # fmt: skip
    again = Request.from_json(orjson.loads(orjson.dumps(request.to_json())))
    for one in (request, again):
        with pytest.raises(Forbidden, match=r'\(groups=\["devs" "system:authenticated"\]\)'):
            cluster_of().submit(one)
    plain = Request("create", kinds.CONFIGMAPS, "default", body={"metadata": {"name": "c"}})
    assert "groups" not in plain.to_json()


def test_who_may_change_things_may_not_make_them_by_the_way() -> None:
    """A PUT or an apply of what is not there is a create, and asks for that permission too."""
    cluster = cluster_of(users=[{"token": "pat", "name": "pat"}])
    rule = {
        "apiGroups": [""],
        "resources": ["services", "configmaps"],
        "verbs": ["patch", "update"],
    }
    reference = {"apiGroup": GROUP, "kind": "Role", "name": "patcher"}
    subject = {"kind": "User", "apiGroup": GROUP, "name": "pat"}
    for plural, body in (
        ("roles", {"metadata": {"name": "patcher"}, "rules": [rule]}),
        (
            "rolebindings",
            {"metadata": {"name": "patcher"}, "roleRef": reference, "subjects": [subject]},
        ),
    ):
        cluster.submit(Request("create", f"{plural}.{GROUP}", "default", body=body))

    async def story(client: Client, host: Host) -> None:
        home, as_pat = "/api/v1/namespaces/default", {"authorization": "Bearer pat"}
        service = {"metadata": {"name": "n"}, "spec": {"ports": [{"port": 80}]}}
        put = await client.ask("PUT", f"{home}/services/n", service, headers=as_pat)
        applied = await client.ask(
            "PATCH", f"{home}/configmaps/n?fieldManager=x",
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n"}},
            type_="application/apply-patch+yaml", headers=as_pat,
        )  # fmt: skip
        assert [(got.status, got.json["message"]) for got in (put, applied)] == [
            (
                403,
                f'{plural} "n" is forbidden: User "pat" cannot create resource "{plural}" in API '
                'group "" in the namespace "default"',
            )
            for plural in ("services", "configmaps")
        ]
        await client.ask("POST", f"{home}/services", service)
        changed = await client.ask("PUT", f"{home}/services/n", service, headers=as_pat)
        assert changed.status == 200

    drive(story, cluster)


def test_who_may_write_approvals_may_not_approve_for_every_signer() -> None:
    cluster = cluster_of(users=[{"token": "app", "name": "app"}])
    certificates = "certificates.k8s.io"
    rules = [
        {
            "apiGroups": [certificates],
            "resources": ["certificatesigningrequests", "certificatesigningrequests/approval"],
            "verbs": ["create", "get", "update"],
        },
        {
            "apiGroups": [certificates],
            "resources": ["signers"],
            "resourceNames": ["example.com/*"],
            "verbs": ["approve"],
        },
    ]
    reference = {"apiGroup": GROUP, "kind": "ClusterRole", "name": "app"}
    subject = {"kind": "User", "apiGroup": GROUP, "name": "app"}
    meta = {"metadata": {"name": "app"}}
    for plural, body in (
        ("clusterroles", {**meta, "rules": rules}),
        ("clusterrolebindings", {**meta, "roleRef": reference, "subjects": [subject]}),
    ):
        cluster.submit(Request("create", f"{plural}.{GROUP}", body=body))
    der = (
        "MIHtMIGTAgEAMDExFTATBgNVBAoMDHN5c3RlbTpub2RlczEYMBYGA1UEAwwPc3lzdGVtOm5vZGU6"
        "bi0xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEs/EGrI2FUz2MEchgEd01K1C08bEBs1m+9xQV"
        "iJc2EcHSIbcKL2ASefe/KNowdIrp8tkdyxFw4nvjZMnPp8aIZqAAMAoGCCqGSM49BAMCA0kAMEYC"
        "IQCQ5NmwRCJ7iDoQj8CvUY8DzYu9/SsR1EcTye845ehqtAIhANg8M1vCphgfhK/rpyXnzCP6hkQg"
        "lHnsm2kNtgk24wjk"
    )
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{der}\n-----END CERTIFICATE REQUEST-----\n"

    async def story(client: Client, host: Host) -> None:
        path = f"/apis/{certificates}/v1/certificatesigningrequests"
        as_app = {"authorization": "Bearer app"}
        answers = []
        for name, signer in (
            ("a", "example.com/a"), ("b", "kubernetes.io/kube-apiserver-client"),
        ):  # fmt: skip
            spec = {
                "request": b64encode(pem.encode()).decode(),
                "signerName": signer,
                "usages": ["client auth"],
            }
            wanted = {"metadata": {"name": name}, "spec": spec}
            made = await client.ask("POST", path, wanted, headers=as_app)
            assert made.status == 201, made.body
            asker = {field: made.json["spec"][field] for field in ("username", "groups")}
            assert asker == {"username": "app", "groups": ["system:authenticated"]}
            condition = {"type": "Approved", "status": "True", "reason": "x"}
            approved = {**made.json, "status": {"conditions": [condition]}}
            answers.append(
                await client.ask("PUT", f"{path}/{name}/approval", approved, headers=as_app)
            )
        assert answers[0].status == 200
        assert answers[1].json["message"] == (
            'certificatesigningrequests.certificates.k8s.io "b" is forbidden: user not permitted '
            'to approve requests with signerName "kubernetes.io/kube-apiserver-client"'
        )

    drive(story, cluster)


def test_a_fork_knows_the_tokens_of_its_origin_and_a_cluster_of_another_birth_does_not() -> None:
    cluster = cluster_of()
    issued_there: list[str] = []

    async def issues(client: Client, host: Host) -> None:
        issued_there.append(await issued(client))

    async def asks(client: Client, host: Host) -> None:
        statuses.append((await whoami(client, issued_there[0]))[0])

    statuses: list[int] = []
    drive(issues, cluster)
    other = Cluster.create(clusters.check({**POOLS, "authorizationMode": RBAC}), seed=1)
    for one in (cluster.fork(), cluster.fork(seed=9), other):
        drive(asks, one)
    assert statuses == [201, 201, 401]
    assert cluster.fork(seed=9).access.key.id == cluster.access.key.id != other.access.key.id


def test_the_key_is_the_same_everywhere() -> None:
    """Drawn in another process, by another version, under another hash seed: this is its id."""
    assert drawn_key("a").id == "qsRhwFL4mbNsZTbnnweA9NtoVxhxBrhgtwmodrT-WW4"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        pytest.param(
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            {"spec": "x"},
            "json: cannot unmarshal string into Go struct field SelfSubjectAccessReview.spec "
            "of type v1.SelfSubjectAccessReviewSpec",
            id="a spec that is a word",
        ),
        pytest.param(
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            {"spec": {"nonResourceAttributes": {"path": 1}}},
            "json: cannot unmarshal number into Go struct field "
            "NonResourceAttributes.spec.nonResourceAttributes.path of type string",
            id="a path that is a number",
        ),
        pytest.param(
            "/apis/authentication.k8s.io/v1/tokenreviews",
            {"spec": "x"},
            "json: cannot unmarshal string into Go struct field TokenReview.spec "
            "of type v1.TokenReviewSpec",
            id="a token review",
        ),
        pytest.param(
            "/api/v1/namespaces/default/serviceaccounts/default/token",
            {"spec": {"expirationSeconds": "a"}},
            "json: cannot unmarshal string into Go struct field "
            "TokenRequestSpec.spec.expirationSeconds of type int64",
            id="a token for a time that is a word",
        ),
    ],
)
def test_a_question_of_a_wrong_type_is_refused_in_the_decoders_words(
    path: str, body: Any, words: str
) -> None:
    async def story(client: Client, host: Host) -> None:
        got = await client.ask("POST", path, body)
        assert got.status == 400
        assert got.json["message"].endswith(words)
        assert " cannot be handled as a " in got.json["message"]

    drive(story, cluster_of(RBAC))

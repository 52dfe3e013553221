"""`ecp validate --against` a cluster: what is read, by which credentials, and what may not be."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ecp.cli.clusterstate import cluster_state
from ecp.cli.kubeconfig import Api, Connection, connection, merged
from ecp.cli.output import Failure
from ecp.cli.validation import Asked, run

Obj = dict[str, Any]
Answers = dict[str, Any]


def forbidden(what: str) -> tuple[int, Obj]:
    return 403, {"kind": "Status", "message": f"{what} is forbidden"}


class Cluster:
    """A server of recorded answers: path → body, (status, body), or a list of pages."""

    def __init__(self, answers: Answers) -> None:
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                where = urlsplit(self.path)
                outer.asked.append((where.path, self.headers.get("Authorization", "")))
                page = int(parse_qs(where.query).get("continue", ["0"])[0])
                found = answers.get(where.path, (404, {"message": "not found"}))
                found = found[page] if isinstance(found, list) else found
                status, body = found if isinstance(found, tuple) else (200, found)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


Made = Callable[[Answers], Cluster]


@pytest.fixture
def cluster() -> Iterator[Made]:
    made: list[Cluster] = []

    def make(answers: Answers) -> Cluster:
        made.append(Cluster({"/version": {"major": "1"}, **CORE, **answers}))
        return made[-1]

    yield make
    for one in made:
        one.stop()


CORE: Answers = {
    "/api/v1": {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]},
    "/apis/apps/v1": {
        "resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}]
    },
    "/api/v1/namespaces": {"items": [{"metadata": {"name": "shop"}}]},
}
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: a, image: 'i:1', envFrom: [{secretRef: {name: keys}}]}]}
"""


def live(app: str) -> Obj:
    labels = {"app": app}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "i:1"}]}}
    return {
        "metadata": {"name": "web", "namespace": "shop", "uid": "u"},
        "spec": {"selector": {"matchLabels": labels}, "template": pod},
    }


def judged(tmp_path: Path, *against: str, text: str = DEPLOYMENT, **more: Any) -> int:
    manifest = tmp_path / "web.yaml"
    manifest.write_text(text, encoding="utf-8")
    return run(Asked(filename=(str(manifest),), against=against, **more))


WEB = "/apis/apps/v1/namespaces/shop/deployments/web"
SECRETS = "/api/v1/namespaces/shop/secrets"


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        pytest.param({WEB: live("other")}, 3, "E0700", id="a selector that may not change"),
        pytest.param({WEB: live("web")}, 0, "B0105", id="a Secret that the cluster lacks"),
        pytest.param(
            {SECRETS: {"items": [{"metadata": {"name": "keys", "namespace": "shop"}}]}}, 0,
            "0 broken", id="a Secret that it has",
        ),
        pytest.param(
            {"/api/v1/namespaces": {"items": []}}, 3, 'namespaces "shop" not found',
            id="a namespace that it lacks",
        ),
        pytest.param(
            {SECRETS: forbidden("secrets")}, 0, "0 broken", id="Secrets that may not be read"
        ),
        pytest.param(
            {WEB: forbidden("deployments")}, 0, "B0105", id="an object that may not be read is new"
        ),
    ],
)  # fmt: skip
def test_what_a_cluster_has_decides(
    answers: Answers, code: int, said: str, cluster: Made, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert judged(tmp_path, cluster(answers).url) == code
    told = capsys.readouterr()
    assert said in told.out
    refused = [answer for answer in answers.values() if isinstance(answer, tuple)]
    assert ("does not let these be read" in told.err) is bool(refused)


def test_a_kind_whose_definition_may_not_be_read_is_served_all_the_same(
    cluster: Made, tmp_path: Path
) -> None:
    own = {
        "/apis/example.com/v1": {
            "resources": [{"name": "owns", "kind": "Own", "namespaced": True}]
        },
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": forbidden("definitions"),
    }
    text = "apiVersion: example.com/v1\nkind: Own\nmetadata: {name: o, namespace: shop}\n"
    assert judged(tmp_path, cluster(own).url, text=text) == 0
    assert judged(tmp_path, cluster({}).url, text=text) == 3


@pytest.mark.parametrize(
    ("answers", "exit_code", "said"),
    [
        pytest.param(
            {"/version": (401, {"message": "Unauthorized"})},
            7,
            "does not accept the credentials",
            id="credentials that are not taken",
        ),
        pytest.param({"/version": (404, {})}, 7, "no Kubernetes API", id="something else"),
        pytest.param(
            {"/version": (500, {"message": "boom"})}, 1, "cannot be read: boom", id="a failure"
        ),
    ],
)
def test_a_cluster_that_does_not_answer(
    answers: Answers, exit_code: int, said: str, cluster: Made, tmp_path: Path
) -> None:
    with pytest.raises(Failure) as caught:
        judged(tmp_path, cluster(answers).url)
    assert caught.value.exit_code == exit_code
    assert said in caught.value.message


def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        judged(tmp_path, "http://127.0.0.1:1/")
    assert caught.value.exit_code == 7
    assert "cannot be reached" in caught.value.message


def test_long_lists_are_read_to_their_end_and_no_value_is_kept(cluster: Made) -> None:
    def secret(name: str) -> Obj:
        notes = {"kubectl.kubernetes.io/last-applied-configuration": "c2VjcmV0"}
        meta = {"name": name, "namespace": "shop", "annotations": notes}
        return {"metadata": meta, "data": {"key": "c2VjcmV0"}}

    pages = [
        {"items": [secret("a")], "metadata": {"continue": "1"}},
        {"items": [secret("b")], "metadata": {}},
    ]
    api = Api(Connection(cluster({SECRETS: pages}).url))
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    read = cluster_state(api, [document], "shop")
    api.close()
    found = [one for one in read.objects if one["kind"] == "Secret"]
    assert [one["metadata"] for one in found] == [
        {"name": name, "namespace": "shop"} for name in ("a", "b")
    ]
    assert all(one["data"] == {"key": ""} for one in found)
    assert read.unread == []


# ---- kubeconfigs -------------------------------------------------------------------------------


def config(url: str, user: Obj, name: str = "c") -> Obj:
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": url}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }  # fmt: skip


PRINTS = "import json; print(json.dumps({'status': {'token': 'printed'}}))"


@pytest.mark.parametrize(
    ("user", "sent"),
    [
        pytest.param({"token": "t"}, "Bearer t", id="a token"),
        pytest.param({"tokenFile": "token"}, "Bearer kept", id="a token in a file beside it"),
        pytest.param({"username": "u", "password": "p"}, "Basic dTpw", id="a password"),
        pytest.param(
            {"exec": {"apiVersion": "v1", "command": sys.executable, "args": ["-c", PRINTS]}},
            "Bearer printed", id="what a program prints",
        ),
        pytest.param({}, "", id="nothing"),
    ],
)  # fmt: skip
def test_credentials(user: Obj, sent: str, cluster: Made, tmp_path: Path) -> None:
    there = cluster({})
    (tmp_path / "token").write_text("kept\n", encoding="utf-8")
    file = tmp_path / "config"
    file.write_text(json.dumps(config(there.url, user)), encoding="utf-8")
    judged(tmp_path, str(file))
    assert {authorization for _, authorization in there.asked} == {sent}


def test_a_context_chooses_among_clusters_of_several_files(
    cluster: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = cluster({}), cluster({})
    paths = []
    for name, there in (("one", first), ("two", second)):
        paths.append(tmp_path / name)
        text = json.dumps(config(there.url, {"token": name}, name))
        paths[-1].write_text(text, encoding="utf-8")
    monkeypatch.setenv("KUBECONFIG", f"{paths[0]}:{paths[1]}")
    judged(tmp_path, context="two")
    assert (first.asked, {sent for _, sent in second.asked}) == ([], {"Bearer two"})


@pytest.mark.parametrize(
    ("change", "context", "said"),
    [
        pytest.param({}, "other", "no context other; it has c", id="an unknown context"),
        pytest.param({"current-context": ""}, "", "no current context", id="no context at all"),
        pytest.param({"clusters": []}, "", "no cluster with a server", id="no cluster"),
        pytest.param(
            {"users": [{"name": "c", "user": {"exec": {"command": "/nowhere/at-all"}}}]}, "",
            "cannot be had", id="a program that is not there",
        ),
    ],
)  # fmt: skip
def test_a_kubeconfig_that_does_not_say_enough(change: Obj, context: str, said: str) -> None:
    whole = merged([("config", {**config("http://x", {}), **change})])
    with pytest.raises(Failure) as caught:
        connection(whole, context, "config")
    assert said in caught.value.spoken("en")


def test_an_input_that_is_whole_lacks_what_it_does_not_bring(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = DEPLOYMENT.replace("secretRef", "configMapRef")
    judged(tmp_path, text=text)
    part = capsys.readouterr().out
    judged(tmp_path, text=text, whole=True)
    assert "B0105" not in part
    assert "B0105" in capsys.readouterr().out

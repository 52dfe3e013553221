"""A real control plane with KWOK's nodes beside ours: roll out 1,000 pods on 100 nodes.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler are those on the PATH, KWOK is
built by the Go toolchain at hand; what is missing is said, and nothing is measured. CPU seconds
are those of all five processes. Both sides get the same ten Deployments over HTTP, and on both a
pod is Ready as soon as its node has seen it. The peer's clients may write 1,000 times a second:
with 20, as shipped, it would mostly wait, as ours then would.
"""

import json
import os
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple

from bench._measure import line
from bench._stack import cpu_seconds
from bench.cluster import rolled_out
from bench.pods import deployment

_MODULE, _VERSION = "sigs.k8s.io/kwok", "v0.8.0"
# What KWOK's own tool gives it for clusters that are to be quick.
_STAGES = ("node/fast", "node/heartbeat-with-lease", "pod/fast")
_PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "openssl")
_NODES, _PODS, _DEPLOYMENTS = 100, 1_000, 10
_ROUNDS = 3
_PATIENCE_S = 300
_TOKEN = "bench"
_FAST = ("--kube-api-qps=1000", "--kube-api-burst=2000", "--leader-elect=false", "--secure-port=0")


class Peer(NamedTuple):
    """A running control plane: its port and its processes."""

    port: int
    pids: list[int]

    def ask(self, method: str, path: str, body: Any = None) -> bytes:
        """Ask once on a connection of its own. Raises AssertionError for an error."""
        context = ssl._create_unverified_context()
        connection = HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context)
        headers = {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        assert response.status < 300, (response.status, answer[:500])
        return answer

    def cpu(self) -> float:
        """Return the CPU seconds that its processes have taken so far."""
        return sum(map(cpu_seconds, self.pids))

    def wait_for(self, path: str, enough: Any, said: str) -> None:
        """Ask for *path* until *enough* of the answer is true."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                if enough(self.ask("GET", path)):
                    return
            except (AssertionError, HTTPException, OSError):
                pass  # it is starting
            assert time.monotonic() < until, f"the peer does not get there: {said}"
            time.sleep(0.05)


def kwok(folder: Path) -> list[str] | None:
    """Return how to call KWOK, built into *folder*; None, with a word why, where that fails."""
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if go is None:
        print("skipped: KWOK is not measured, there is no Go toolchain")
        return None
    environment = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-modcacherw"}

    def run(*arguments: str) -> str | None:
        done = subprocess.run(
            [go, *arguments], cwd=folder, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            print(f"skipped: KWOK cannot be built: {done.stderr.strip()[-200:]}")
            return None
        return done.stdout

    fetched = run("mod", "download", "-json", f"{_MODULE}@{_VERSION}")
    if fetched is None or run("install", f"{_MODULE}/cmd/kwok@{_VERSION}") is None:
        return None
    stages = Path(json.loads(fetched)["Dir"]) / "kustomize" / "stage"
    config = folder / "stages.yaml"
    files = [file for part in _STAGES for file in sorted((stages / part).glob("*.yaml"))]
    texts = [file.read_text("utf-8") for file in files if file.name != "kustomization.yaml"]
    config.write_text("\n---\n".join(texts))
    return [str(folder / "kwok"), f"--config={config}", "--manage-all-nodes"]


def _ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def _config(folder: Path, port: int) -> str:
    """Write a kubeconfig; return its path."""
    server = {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True}
    path = folder / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "peer",
                "clusters": [{"name": "peer", "cluster": server}],
                "users": [{"name": "peer", "user": {"token": _TOKEN}}],
                "contexts": [{"name": "peer", "context": {"cluster": "peer", "user": "peer"}}],
            }
        )
    )
    return str(path)


def _commands(folder: Path, nodes: list[str], ports: list[int]) -> list[list[str]]:
    store, peers, api = ports
    key = str(folder / "sa.key")
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    tokens = folder / "tokens.csv"
    tokens.write_text(f"{_TOKEN},admin,admin,system:masters\n")
    config = _config(folder, api)
    store_url, peer_url = f"http://127.0.0.1:{store}", f"http://127.0.0.1:{peers}"
    return [
        ["etcd", f"--data-dir={folder / 'etcd'}", f"--listen-client-urls={store_url}",
         f"--advertise-client-urls={store_url}", f"--listen-peer-urls={peer_url}",
         f"--initial-advertise-peer-urls={peer_url}", f"--initial-cluster=default={peer_url}"],
        ["kube-apiserver", f"--etcd-servers={store_url}", f"--secure-port={api}",
         "--bind-address=127.0.0.1", f"--cert-dir={folder / 'certs'}",
         f"--token-auth-file={tokens}", f"--service-account-key-file={key}",
         f"--service-account-signing-key-file={key}", "--authorization-mode=Node,RBAC",
         "--service-account-issuer=https://kubernetes.default.svc",
         "--service-cluster-ip-range=10.96.0.0/16"],
        ["kube-controller-manager", f"--kubeconfig={config}",
         f"--service-account-private-key-file={key}", *_FAST],
        ["kube-scheduler", f"--kubeconfig={config}", *_FAST],
        [*nodes, f"--kubeconfig={config}", "--cidr=10.128.0.1/16"],
    ]  # fmt: skip


@contextmanager
def standing(nodes: list[str]) -> Iterator[Peer]:
    """Run the five processes, *nodes* being KWOK's, with nodes that are Ready."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as ends:
        folder = Path(name)
        ports = _ports(3)
        peer = Peer(ports[2], [])
        for command in _commands(folder, nodes, ports):
            if command[0] == "kube-controller-manager":
                peer.wait_for("/readyz", lambda answer: answer == b"ok", "ready API server")
            process = subprocess.Popen(
                command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            ends.callback(process.wait)
            ends.callback(process.kill)
            peer.pids.append(process.pid)
        for number in range(_NODES):
            peer.ask("POST", "/api/v1/nodes", _node(f"node-{number}"))
        ready = b'"type":"Ready","status":"True"'
        peer.wait_for("/api/v1/nodes", lambda found: found.count(ready) >= _NODES, "Ready nodes")
        peer.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "busy"}})
        account = "/api/v1/namespaces/busy/serviceaccounts/default"
        peer.wait_for(account, bool, "ServiceAccount")
        yield peer


def _node(name: str) -> dict[str, Any]:
    room = {"cpu": "32", "memory": "128Gi", "ephemeral-storage": "1Ti", "pods": "250"}
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    return {
        "metadata": {"name": name, "labels": labels},
        "status": {"capacity": room, "allocatable": room},
    }


def _rolled_out_there(nodes: list[str]) -> tuple[float, float]:
    with standing(nodes) as peer:
        time.sleep(1)
        apps = "/apis/apps/v1/namespaces/busy/deployments"
        before, begun = peer.cpu(), time.perf_counter()
        for number in range(_DEPLOYMENTS):
            peer.ask("POST", apps, deployment(f"web-{number}", _PODS // _DEPLOYMENTS))
        peer.wait_for(apps, lambda answer: _ready(answer) >= _PODS, "Ready pods")
        return peer.cpu() - before, time.perf_counter() - begun


def _ready(answer: bytes) -> int:
    return sum(one.get("status", {}).get("readyReplicas", 0) for one in json.loads(answer)["items"])


def main() -> None:
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing:
        print(f"skipped: a real control plane is not measured; not on the PATH: {missing}")
        return
    # However it is told to stop: no control plane is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder:
        nodes = kwok(Path(folder))
        if nodes is None:
            return
        # In turn, so that a machine that others use is the same for both.
        rounds = [(rolled_out(_NODES, _PODS), _rolled_out_there(nodes)) for _ in range(_ROUNDS)]
    what = f"{_PODS:,} pods, {_NODES} nodes"
    for place, unit in enumerate(("CPU s", "s wall")):
        ours = [one[place] for one, _ in rounds]
        theirs = [one[place] for _, one in rounds]
        ratio = statistics.median(theirs) / statistics.median(ours)
        line(f"{what}: ours", ours, unit, "–")
        line(f"{what}: KWOK and a real control plane", theirs, unit, f"ours × {ratio:.1f}")

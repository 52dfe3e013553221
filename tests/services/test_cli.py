"""The command line as a person meets it: what it says, where, and with which exit code."""

import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest
import yaml

from ecp.edge.services import SERVICES

from .commands import called

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
GUESTBOOK = "tests/golden/manifests/guestbook.yaml"
BROKEN = "tests/golden/manifests/ecp-aws-broken.yaml"
COMMAND = [sys.executable, "-m", "ecp.cli.main"]
NOTHING = "http://127.0.0.1:9"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def seemly(ran: Ran) -> Ran:
    """No command shows a traceback or gives up in a way we did not foresee."""
    assert "Traceback" not in ran.err
    assert "should not have" not in ran.err
    return ran


class Home:
    """A data directory and ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with contextlib.ExitStack() as held:
            found = [held.enter_context(socket.socket()) for _ in SERVICES]
            for one in found:
                one.bind(("127.0.0.1", 0))
            self.ports = [one.getsockname()[1] for one in found]
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("ECP_", "LC_", "LANG"))},
            **{s.setting: str(p) for s, p in zip(SERVICES, self.ports, strict=True)},
            "ECP_DATA_DIR": str(folder),
            "ECP_DEMO": "off",
        }

    def ecp(self, *arguments: str, stdin: bytes = b"", **environment: str) -> Ran:
        """Run one command to its end in a process of its own."""
        done = subprocess.run(
            [*COMMAND, *(os.fsencode(a) for a in arguments)],
            input=stdin,
            env={**self.environment, **environment},
            capture_output=True,
            cwd=ROOT,
            timeout=120,
            check=False,
        )
        return seemly(Ran(done.returncode, done.stdout.decode(), done.stderr.decode()))

    def here(self, *arguments: str, **environment: str) -> Ran:
        """Run one command in this process, for tests of many: starting one takes its time."""
        return seemly(Ran(*called(arguments, {**self.environment, **environment}, ROOT)))

    def ok(self, *arguments: str, **environment: str) -> str:
        ran = self.here(*arguments, **environment)
        assert (ran.code, ran.err) == (0, ""), ran.err
        return ran.out

    @contextlib.contextmanager
    def up(self, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """`ecp up`, running until the block ends; what it says is in `said`."""
        self.said = self.folder.with_suffix(".said")
        with self.said.open("wb") as said:
            process = subprocess.Popen(
                [*COMMAND, "up"],
                env={**self.environment, **environment},
                stdout=said,
                stderr=said,
            )
        try:
            self.await_said(self.folder.name, process)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=60)

    def await_said(self, words: str, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 180
        while words not in self.said.read_text():
            assert process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.05)

    def processes(self) -> list[int]:
        """Return the processes that keep their data here."""
        mine = f"ECP_DATA_DIR={self.folder}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mine in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "data")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """ECP, up for the whole module."""
    found = Home(tmp_path_factory.mktemp("running") / "data")
    with found.up():
        yield found


# -- up and down ----------------------------------------------------------------------------------


def test_up_says_what_listens_where_and_how_to_reach_it(running: Home) -> None:
    said = running.said.read_text()
    lines = [line for line in said.splitlines() if line.startswith("  http")]
    assert [re.findall(r":(\d+) ", line)[0] for line in lines] == [str(p) for p in running.ports]
    assert len({re.search(r"\d  +", line).end() for line in lines}) == 1  # type: ignore[union-attr]
    assert "kubectl --kubeconfig" in said
    for port in running.ports:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as answer:
            assert json.load(answer)["status"] == "healthy"


def test_a_second_up_is_refused(running: Home) -> None:
    ran = running.ecp("up")
    assert (ran.code, ran.out) == (5, "")
    assert re.search(r"already \(process \d+", ran.err)


def test_reset_is_refused_while_ecp_runs(running: Home) -> None:
    assert running.ecp("reset", "--yes").code == 5


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_busy_port_names_port_holder_and_setting(home: Home, language: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", home.ports[2]))
        taken.listen()
        ran = home.ecp("up", ECP_LANG=language)
    assert (ran.code, ran.out) == (1, "")
    for words in (str(home.ports[2]), "ECP_SIMULATOR_MONITORING_PORT", f"pid {os.getpid()}"):
        assert words in ran.err
    assert home.processes() == []


SETTINGS = [
    ("a port that is a word", {"ECP_BACKEND_PORT": "http"}, 2, "ECP_BACKEND_PORT=http"),
    ("a port of a foreign digit", {"ECP_BACKEND_PORT": "²"}, 2, "ECP_BACKEND_PORT"),
    ("a port above all ports", {"ECP_BACKEND_PORT": "65536"}, 2, "65536"),
    ("a port with a sign", {"ECP_BACKEND_PORT": "-1"}, 2, "-1"),
    ("one port for two", {"ECP_BACKEND_PORT": "7001", "ECP_FRONTEND_PORT": "7001"}, 2, "7001"),
    ("an address of another machine", {"ECP_HOST": "192.0.2.1"}, 2, "ECP_HOST=192.0.2.1"),
    ("an address that is none", {"ECP_HOST": "not..one"}, 2, "ECP_HOST=not..one"),
    ("a folder in a file", {"ECP_DATA_DIR": "/dev/null/x"}, 1, "/dev/null/x"),
    ("a folder nobody may make", {"ECP_DATA_DIR": "/proc/x"}, 1, "/proc/x"),
    ("the folder of nobody", {"ECP_DATA_DIR": "~no-such-user/x"}, 2, "~no-such-user"),
]


@pytest.mark.parametrize(
    ("settings", "code", "words"), [pytest.param(*row[1:], id=row[0]) for row in SETTINGS]
)
def test_a_bad_setting_is_named(
    home: Home, settings: dict[str, str], code: int, words: str
) -> None:
    ran = home.ecp("up", **settings)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert ran.err.count("\n") == 1
    assert home.processes() == []


def test_ctrl_c_stops_everything_in_order_and_keeps_it(home: Home) -> None:
    with home.up() as process:
        home.ok("cluster", "create", "team-a", "--seed", "4")
        assert len(home.processes()) == 3
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        # Nobody was killed for being late: each cluster was written down, no journal is left.
        journals = list((home.folder / "simulator" / "clusters").glob("*/journal-*.log"))
        assert [path.stat().st_size for path in journals] == [0, 0]
        assert home.processes() == []
        assert "Traceback" not in home.said.read_text()
        assert str(home.folder) in home.said.read_text().splitlines()[-1]
    with home.up() as process:
        assert "team-a" in home.ok("cluster", "list")
        ran = home.ecp("down")
        assert ran.code == 0
        assert process.wait(timeout=60) == 0
        assert home.processes() == []
    assert "not running" in home.ecp("down").err
    assert home.here("reset").code == 2
    assert home.ecp("reset", "--yes").code == 0
    assert not (home.folder / "simulator").exists()


def test_a_killed_parent_leaves_nothing_that_blocks_the_next_start(home: Home) -> None:
    with home.up() as process:
        home.ok("cluster", "create", "kept")
        process.kill()
        process.wait()
        # At once: it waits for the services of the dead parent, which are on their way out.
        with home.up():
            assert "kept" in home.ok("cluster", "list")
            assert len(home.processes()) == 3
    assert home.processes() == []


def test_a_killed_service_ends_up_with_a_word(home: Home) -> None:
    with home.up() as process:
        (simulator,) = [
            pid
            for pid in home.processes()
            if b"ecp.simulator.app" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(simulator, signal.SIGKILL)
        assert process.wait(timeout=60) == 1
    assert "simulator did not start: ended by signal 9" in home.said.read_text()
    assert home.processes() == []


# -- clusters, clock, faults ----------------------------------------------------------------------


def test_clusters_come_and_go(running: Home, tmp_path: Path) -> None:
    model = tmp_path / "mine.yaml"
    model.write_text("name: mine\npools: [{name: n, cpu: '4', memory: 8Gi, count: 3}]\n")
    assert running.ok("cluster", "create", "-f", str(model)) == "cluster/mine created\n"
    start = ("--start", "2026-01-05T00:00:00Z", "--seed", "3")
    made = json.loads(running.ok("cluster", "create", "other", *start, "-o", "json"))
    assert (made["seed"], made["clock"]["now"][:10]) == (3, "2026-01-05")
    table = [line.split() for line in running.ok("cluster", "list").splitlines()]
    assert table[0] == ["NAME", "VERSION", "NODES", "PODS", "CLOCK", "PACE", "SEED"]
    assert [row[0] for row in table[1:]] == ["default", "mine", "other"]
    assert running.ok("cluster", "list", "-o", "name").split()[1] == "cluster/mine"
    assert json.loads(running.ok("cluster", "list", "-o", "json"))["damaged"] == {}
    assert running.ok("cluster", "delete", "mine") == "cluster/mine deleted\n"
    assert running.ok("cluster", "delete", "other") == "cluster/other deleted\n"
    assert running.here("cluster", "delete", "mine").code == 4
    assert running.here("cluster", "create", "default").code == 5


def test_the_clock_obeys(running: Home) -> None:
    running.ok("cluster", "create", "timed", "--start", "2026-01-05T00:00:00Z")
    on = ("--cluster", "timed")
    assert "paused" in running.ok("clock", "pause", *on)
    assert running.ok("clock", "warp", "2026-01-05T01:00:00Z", *on).split()[1:] == [
        "2026-01-05T01:00:00Z",
        "paused",
    ]
    assert "01:05:00Z" in running.ok("clock", "step", "5m", *on)
    assert running.ok("clock", "snapshot", "here", *on).startswith("here")
    forked = running.ok("clock", "fork", "timed-2", *on, "--snapshot", "here")
    assert forked == "cluster/timed-2 forked from here\n"
    assert "paused" in running.ok("clock", "restore", "here", *on)
    assert "01:05:00Z   paused" in running.ok("clock", "show", "--cluster", "timed-2")
    assert "x100" in running.ok("clock", "speed", "100", *on)
    assert "x100" in running.ok("clock", "resume", *on)
    assert json.loads(running.ok("clock", "show", *on, "-o", "json"))["speed"] == 100
    for name in ("timed", "timed-2"):
        running.ok("cluster", "delete", name)


def test_faults_are_injected_and_ended(running: Home) -> None:
    running.ok("cluster", "create", "hurt", "--start", "2026-01-05T00:00:00Z")
    on = ("--cluster", "hurt")
    running.ok("clock", "pause", *on)
    assert "node_down" in running.ok("fault", "list")
    assert "노드" in running.ok("fault", "list", ECP_LANG="ko")
    assert running.ok("fault", "inject", "node_down:cpu-1+30m", *on).split()[:4] == [
        "fault/f1",
        "node_down",
        "node/cpu-1",
        "running",
    ]
    assert "planned" in running.ok("fault", "inject", "zone_down:kr-1a@10m+5m", *on)
    running.ok("clock", "step", "2m", *on)
    listed = running.ok("fault", "list", *on).splitlines()
    assert listed[1].split()[:4] == ["f1", "node_down", "node/cpu-1", "running"]
    assert listed[1].endswith("confirmed")
    assert "ended" in running.ok("fault", "stop", "f1", *on)
    assert running.here("fault", "stop", "f1", *on).code == 5
    running.ok("cluster", "delete", "hurt")


def test_pools_are_listed_changed_and_upgraded(running: Home) -> None:
    running.ok("cluster", "create", "-f", "examples/clusters/growing.yaml")
    on = ("--cluster", "growing")
    running.ok("clock", "pause", *on)
    listed = running.ok("pool", "list", *on).splitlines()
    assert listed[1].split()[:6] == ["cpu", "v1.35.3", "2/2", "1", "8", "kr-1a,kr-1b"]
    assert listed[2].split()[-2] == "nvidia.com/mig-3g.40gb=2,nvidia.com/mig-1g.10gb=8"
    assert running.ok("pool", "list", *on, "-o", "name") == "pool/cpu\npool/gpu\n"
    assert running.ok("pool", "add-node", "cpu", *on) == "node/cpu-3 created\n"
    assert running.ok("pool", "show", "cpu", *on).splitlines()[-1].split()[:4] == [
        "cpu-3",
        "kr-1a",
        "v1.35.3",
        "boots",
    ]
    assert "부팅" in running.ok("pool", "show", "cpu", *on, ECP_LANG="ko")
    assert running.ok("pool", "remove-node", "cpu", "cpu-3", *on).startswith("node/cpu-3 leaves")
    running.ok("clock", "step", "3m", *on)
    assert running.ok("pool", "quota", "--cpu", "8", *on).splitlines()[2].split() == [
        "cpu",
        "8",
        "8",
    ]
    assert running.here("pool", "add-node", "cpu", *on).code == 5
    running.ok("pool", "quota", "--clear", *on)
    running.ok("pool", "set", "cpu", "--fixed", *on)
    begun = running.ok("pool", "upgrade", "cpu", "--version", "v1.36.2", *on)
    assert begun.startswith("v1.36.2   running 0/2\n")
    running.ok("clock", "step", "10m", *on)
    done = json.loads(running.ok("pool", "show", "cpu", *on, "-o", "json"))
    assert (done["upgrade"]["state"], done["ready"], done["autoscaling"]) == ("done", 2, None)
    running.ok("cluster", "delete", "growing")


def test_kubectl_uses_the_kubeconfig(running: Home, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(running.ok("kubeconfig"))
    found = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "kubectl.py"), "--print-json"],
        capture_output=True,
        check=False,
    )
    kubectls = json.loads(found.stdout) if found.returncode == 0 else {}
    if not kubectls:
        pytest.skip("no kubectl is here: tools/kubectl.py --provision fetches it")
    for program in kubectls.values():
        said = subprocess.run(
            [program, "--kubeconfig", str(config), "get", "nodes"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert said.count(" Ready ") == 11


# -- what is asked wrongly ------------------------------------------------------------------------

UNSAID = "\udcff"  # an argument that is no text
WRONG = [
    (("nope",), 2), (("cluster",), 2), (("clock", "nope"), 2), (("--nope",), 2),
    (("cluster", "create"), 2), (("cluster", "create", "A_B"), 2),
    (("cluster", "create", "x", "-f", "no-such-file"), 1),
    (("cluster", "create", "x", "-f", "."), 1),
    (("cluster", "create", "x", "-f", GUESTBOOK), 2),
    (("cluster", "create", "x", "-f", "README.md"), 2),
    (("cluster", "create", "x", "--model", "none"), 2),
    (("cluster", "create", "x", "--seed", "one"), 2),
    (("cluster", "create", "x", "--seed", "9" * 30), 2),
    (("cluster", "create", "x", "--start", "now"), 2),
    (("cluster", "create", UNSAID), 2), (("cluster", "create", "x", "--start", UNSAID), 2),
    (("cluster", "delete", "nope"), 4), (("cluster", "delete", "default/clock"), 2),
    (("cluster", "list", "-o", "xml"), 2),
    (("clock", "show", "--cluster", "nope"), 4), (("clock", "show", "--cluster", "../x"), 2),
    (("clock", "speed", "nan"), 2), (("clock", "speed", "0"), 2), (("clock", "speed", "1e9"), 2),
    (("clock", "step", "0s"), 2), (("clock", "step", "soon"), 2), (("clock", "step", "9d9"), 2),
    (("clock", "step", "9" * 40 + "d"), 2),
    (("clock", "warp", "2001-01-01T00:00:00Z"), 2), (("clock", "warp", "+9999999d"), 2),
    (("clock", "snapshot", "../x"), 2), (("clock", "fork", "x", "--snapshot", "none"), 4),
    (("clock", "restore", "none"), 4),
    (("clock", "fork", "default"), 5),
    (("fault", "inject", "meteor"), 2), (("fault", "inject", "node_down:none"), 2),
    (("fault", "inject", "node_down@"), 2), (("fault", "inject", "node_down+soon"), 2),
    (("fault", "inject", "pod_crash,exit_code=x"), 2), (("fault", "inject", UNSAID), 2),
    (("fault", "inject", "node_down:cpu-1@9999999d"), 2),
    (("fault", "stop", "f99"), 4), (("fault", "stop", "../x"), 2),
    (("fault", "list", "--cluster", "nope"), 4),
    (("pool",), 2), (("pool", "show", "none"), 4), (("pool", "show", UNSAID), 4),
    (("pool", "list", "--cluster", "nope"), 4), (("pool", "list", "-o", "xml"), 2),
    (("pool", "add-node", "cpu", "--zone", "none"), 2), (("pool", "add-node", "none"), 4),
    (("pool", "add-node", "cpu", "--zone", UNSAID), 2),
    (("pool", "remove-node", "cpu", "none"), 4),
    (("pool", "remove-node", "cpu", "cpu-1", "--drain-timeout", "soon"), 2),
    (("pool", "set", "cpu", "--size", "-1"), 2), (("pool", "set", "cpu", "--stock", "kr-1a"), 2),
    (("pool", "set", "cpu", "--stock", "kr-1a=x"), 2), (("pool", "set", "cpu", "--min", "3"), 2),
    (("pool", "set", "cpu", "--boot", "machine=soon"), 2),
    (("pool", "upgrade", "cpu"), 2), (("pool", "upgrade", "cpu", "--version", "v1.99.0"), 2),
    (("pool", "upgrade", "cpu", "--version", "v1.36.2", "--max-surge", "0"), 2),
    (("pool", "upgrade", "cpu", "--version", "v1.36.2", "--timeout", "soon"), 2),
    (("pool", "quota", "--cpu", "many"), 2),
    (("kubeconfig", "A B"), 2),
    (("validate",), 2), (("validate", "-f", ""), 2), (("validate", "-f", "no-such-file"), 1),
    (("validate", "-f", "tests/golden/sla", "-o", "xml"), 2), (("validate", "-f", "docs"), 2),
    (("validate", "-f", UNSAID), 1), (("validate", "-f", "/dev/null/x"), 1),
    (("validate", "-f", GUESTBOOK, "--kubernetes-version", "0.1"), 2),
    (("validate", "-f", GUESTBOOK, "--kubernetes-version", UNSAID), 2),
    (("validate", "-f", GUESTBOOK, "--lang", "fr"), 2), (("validate", "-f", "no/*.yaml"), 2),
    (("validate", "-f", GUESTBOOK, "--baseline", "no-such-file"), 1),
    (("validate", "-f", GUESTBOOK, "--baseline", GUESTBOOK), 2),
    (("validate", "-f", GUESTBOOK, "--against", UNSAID), 1), (("rules",), 2),
    (("rules", "explain"), 2), (("rules", "explain", "E9999"), 4), (("rules", "list", "x"), 2),
    (("rehearse", "-f", GUESTBOOK, "--for", "soon"), 2),
    (("rehearse", "-f", GUESTBOOK, "--for", "0s"), 2),
    (("rehearse", "-f", GUESTBOOK, "--for", ""), 2),
    (("rehearse", "-f", GUESTBOOK, "--for", "9" * 40 + "d"), 2),
    (("rehearse", "-f", GUESTBOOK, "--fault", "node_down"), 2),
    (("rehearse", "-f", GUESTBOOK, "--fault", "meteor@1h"), 2),
    (("rehearse", "-f", GUESTBOOK, "--fault", "node_down@25h"), 2),
    (("rehearse", "-f", GUESTBOOK, "--fault", "node_down@1h+9999999d"), 2),
    (("rehearse", "-f", GUESTBOOK, "--fault", UNSAID), 2),
    (("rehearse", "-f", GUESTBOOK, "--model", "none"), 2),
    (("rehearse", "-f", "no-such-file"), 1), (("rehearse", "-f", GUESTBOOK, "-o", "xml"), 2),
    (("version", "-o", "xml"), 2), (("doctor", "-o", "xml"), 2), (("down", "now"), 2),
    (("completion",), 2), (("completion", "tcsh"), 2),
    (("tenant", "create"), 2), (("tenant", "create", "A_B"), 2), (("tenant", "create", ""), 2),
    (("tenant", "create", UNSAID), 2), (("tenant", "create", "health"), 2),
    (("tenant", "create", "x", "--callbot", "-1"), 2),
    (("tenant", "create", "x", "--callbot", "many"), 2),
    (("tenant", "create", "x", "--callbot", "9" * 30), 2),
    (("tenant", "create", "x", "--preset", "huge"), 2),
    (("tenant", "create", "x", "--sla", "200"), 2), (("tenant", "create", "x", "--sla", "nan"), 2),
    (("tenant", "create", "x", "-n", "kube-system"), 2),
    (("tenant", "create", "x", "-n", "No_Name"), 2), (("tenant", "create", "x", "-o", "xml"), 2),
    (("tenant", "get", "nobody"), 4), (("tenant", "get", "../x"), 4),
    (("tenant", "delete", "nobody"), 2), (("tenant", "delete", "nobody", "--yes"), 4),
    (("tenant", "list", "-o", "wide"), 2),
    (("deploy",), 2), (("deploy", "A_B"), 2), (("deploy", "x", "-f", "no-such-file"), 1),
    (("deploy", "x", "-f", "docs"), 2), (("deploy", "x", "-f", BROKEN), 3),
    (("deploy", "x", "-f", "README.md"), 3),
    (("deploy", "x", "-f", "examples/chatbot.yaml"), 2),
    (("deploy", "x", "--timeout", "soon"), 2), (("deploy", "x", "--timeout", "-1"), 2),
    (("deploy", "x", "-o", "table"), 2),
    (("status", "nobody"), 4), (("status", "-o", "name"), 2), (("status", "a", "b"), 2),
    (("watch",), 2), (("watch", "nobody"), 4), (("watch", "nobody", "--interval", "0"), 2),
    (("watch", "nobody", "--count", "-1"), 2), (("watch", "nobody", "-o", "yaml"), 2),
    (("slo",), 2), (("slo", "report"), 2), (("slo", "report", "nobody"), 4),
    (("slo", "report", "nobody", "--period", "soon"), 2),
    (("slo", "compute", "no-such-file"), 1), (("slo", "compute", "README.md"), 2),
    (("slo", "compute", "."), 1),
    (("why", "nobody"), 2), (("why", "nobody", "--at", "2026-01-05T09:00:00Z"), 4),
    (("fault", "trigger", "nobody", "cpu_spike"), 4),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code"), WRONG, ids=[" ".join(map(ascii, row[0]))[:60] for row in WRONG]
)
def test_what_is_asked_wrongly_gets_a_word_and_a_code(
    running: Home, arguments: tuple[str, ...], code: int
) -> None:
    ran = running.here(*arguments)
    assert (ran.code, ran.out) == (code, "")
    # A group alone shows its help; everything else is told what is wrong.
    assert ran.err.startswith("ecp: ") is (arguments not in GROUPS)
    assert "[Errno" not in ran.err


GROUPS = (("cluster",), ("slo",), ("rules",), ("pool",))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_simulator_is_exit_code_7(home: Home, language: str) -> None:
    ran = home.here("cluster", "list", ECP_LANG=language)
    assert ran.code == 7
    assert f"http://127.0.0.1:{home.ports[0]}" in ran.err
    assert "ecp up" in ran.err


class Stranger(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_stranger_on_the_port_is_exit_code_7(home: Home) -> None:
    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        ran = home.here("cluster", "list", ECP_SIMULATOR_URL=url)
        server.shutdown()
    assert ran.code == 7
    assert "no ECP service" in ran.err
    assert "ECP_SIMULATOR_URL" in ran.err
    for bad in ("here", "http://[", "ftp://x"):
        home.environment["ECP_SIMULATOR_URL"] = bad
        assert home.here("cluster", "list").code in (2, 7)


def test_a_reader_that_goes_is_no_error(home: Home) -> None:
    command = f"{sys.executable} -m ecp.cli.main rehearse -f {GUESTBOOK} --for 1h -o json"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -c 9"],
        env=home.environment,
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout[:1], done.stderr) == (0, b"{", b"")


READ_A_LITTLE = [
    ("fault", "list"),
    ("--help",),
    ("validate", "-f", BROKEN, "-o", "json"),
    ("completion", "bash"),
]


@pytest.mark.parametrize("arguments", READ_A_LITTLE, ids=" ".join)
def test_a_reader_that_goes_hears_no_complaint(running: Home, arguments: tuple[str, ...]) -> None:
    command = " ".join([sys.executable, "-m", "ecp.cli.main", *arguments])
    done = subprocess.run(
        ["bash", "-c", f"{command} | true"],
        env=running.environment,
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    "arguments", [("status",), ("tenant", "list"), ("deploy", "x"), ("watch", "x")], ids=" ".join
)
def test_no_orchestrator_is_exit_code_7(
    home: Home, language: str, arguments: tuple[str, ...]
) -> None:
    ran = home.here(*arguments, ECP_LANG=language)
    assert (ran.code, ran.out) == (7, "")
    assert f"http://127.0.0.1:{home.ports[4]}" in ran.err
    assert "ecp up" in ran.err


def test_a_bad_address_is_named(home: Home) -> None:
    for name, command in (("ECP_ORCHESTRATOR_URL", "status"), ("ECP_SIMULATOR_URL", "kubeconfig")):
        home.environment[name] = "here"
        ran = home.here(command)
        assert (ran.code, ran.out) == (2, "")
        assert f"{name}=here" in ran.err


def test_a_way_of_authorization_that_is_not_there_is_named(home: Home) -> None:
    home.environment["ECP_AUTHORIZATION_MODE"] = "ABAC"
    ran = home.ecp("up")
    assert (ran.code, ran.out) == (2, "")
    assert "ECP_AUTHORIZATION_MODE=ABAC" in ran.err


def test_a_token_goes_into_the_address_of_a_kubeconfig(home: Home) -> None:
    config = home.ok("kubeconfig", "team-a", "--token", "a+b")
    assert "/clusters/team-a@a%2Bb\n    insecure-skip-tls-verify: true\n" in config
    assert config.endswith("    token: a+b\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(home: Home, shell: str) -> None:
    assert "_ECP_COMPLETE" in home.ok("completion", shell)


def test_completion_completes(home: Home) -> None:
    asked = {"_ECP_COMPLETE": "complete_bash", "COMP_WORDS": "ecp tenant ", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", "from ecp.cli.main import main; main()"],
        env={**home.environment, **asked},
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(done.stdout.split()) >= {"create", "list", "get", "delete"}


# -- the main job ---------------------------------------------------------------------------------


def test_a_deploy_is_followed_and_may_be_left(running: Home) -> None:
    assert running.ok("tenant", "create", "small", "--chatbot", "5").split()[:2] == [
        "tenant/small",
        "created",
    ]
    assert "small" in running.ok("tenant", "list", "--status", "created")
    running.ok("clock", "pause")
    process = subprocess.Popen(
        [*COMMAND, "deploy", "small", "--wait"],
        env=running.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    assert re.fullmatch(r" +\d+ s   progressing   0/\d+ pods   waiting for .+\n", first)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the deployment goes on" in err
    assert "`ecp status small`" in err
    assert re.match(r"sim-deploy-\d+   revision 1   \d+ objects\n$", out)

    late = running.here("deploy", "small", "--wait", "--timeout", "1")
    assert late.code == 6
    assert "not started within 1" in late.err
    running.ok("clock", "resume")
    running.ok("clock", "warp", "+10m")
    done = running.here("deploy", "small", "--wait")
    assert done.code == 0, done.err
    assert "Started after" in done.out
    assert re.search(r"^  deployment/chatbot +\d+/\d+   [\d.]+ s", done.out, re.MULTILINE)
    row = running.ok("status").splitlines()[1].split()
    assert (row[0], row[2], row[4]) == ("small", "ready", "yes")
    korean = running.ok("status", "small", ECP_LANG="ko")
    assert re.search("준비됨.*예", korean)
    lines = running.ok("watch", "small", "--count", "2", "--interval", "1").splitlines()
    assert [line.split()[0][:4] for line in lines] == ["TIME", lines[1][:4], lines[1][:4]]
    assert yaml.safe_load(running.ok("status", "small", "-o", "yaml"))["started"] is True


def test_findings_of_a_deploy_name_their_files(running: Home) -> None:
    ran = running.here("deploy", "wrong", "-f", GUESTBOOK, "-f", BROKEN)
    assert ran.code == 3
    alone = running.here("validate", "-f", BROKEN).out.splitlines()
    errors = [line for line in alone if line.startswith(BROKEN) and " error " in line]
    places = {line.split(" ")[0] for line in errors}
    told = {line.split(" ")[0] for line in ran.err.splitlines() if line.startswith(BROKEN)}
    assert told
    assert places <= told


def test_ctrl_c_in_a_command_is_exit_code_130(home: Home) -> None:
    process = subprocess.Popen(
        [*COMMAND, "validate", "-f", "-"],
        env=home.environment,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    # One byte more than the pipe holds: once that is written, the command is in the midst of
    # reading, and reads on, for nobody has closed the pipe.
    holds = fcntl.fcntl(process.stdin, fcntl.F_GETPIPE_SZ)
    process.stdin.write(b"#" * (holds + 1))
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    # The pipe is closed now: Python, told between two reads, looks when the next one ends.
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"")


# -- validate and rehearse ------------------------------------------------------------------------


def test_validate_in_its_forms(home: Home, tmp_path: Path) -> None:
    assert "ok" in home.ok("validate", "-f", GUESTBOOK).lower()
    broken = home.here("validate", "-f", BROKEN)
    assert broken.code == 3
    assert f"{BROKEN}:" in broken.out
    report = json.loads(home.here("validate", "-f", BROKEN, "-o", "json").out)
    assert report["valid"] is False
    korean = home.here("validate", "-f", BROKEN, ECP_LANG="ko")
    assert re.search("[가-힣]", korean.out)
    text = (ROOT / GUESTBOOK).read_bytes()
    assert home.ecp("validate", "-f", "-", stdin=text).code == 0
    assert "<stdin>" in home.ecp("validate", "-f", "-", stdin=b"kind: Pod\n").out
    bundle = tmp_path / "bundle"
    (bundle / "folder.yaml").mkdir(parents=True)
    (bundle / "a.yaml").write_bytes(text)
    assert home.here("validate", "-f", str(bundle)).code == 0
    twice = home.here("validate", "-f", str(bundle / "a.yaml"), "-f", GUESTBOOK)
    assert "B0001" in twice.out
    (bundle / "b.yml").write_text("kind: Nothing\napiVersion: v1\n")
    assert home.here("validate", "-f", str(bundle)).code == 3


@pytest.mark.parametrize(
    "text",
    [b"", b"\xff\xfe\x00", b"a: [", b"\x00", b"- 1", b"&a [*a]", b"{" * 5000, b"a: !!python/x y",
     b"kind: 5\napiVersion: []\nmetadata: x\n", b"---\n---\n", b"null", "가: 나".encode()],
    ids=repr,
)  # fmt: skip
def test_no_text_breaks_validate(home: Home, tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "file.yaml"
    file.write_bytes(text)
    for form in ("text", "json"):
        ran = home.here("validate", "-f", str(file), "-o", form)
        assert ran.code in (0, 3)
        assert ran.out


def test_rehearse_says_the_same_twice_in_two_languages_and_forms(home: Home) -> None:
    asked = ("rehearse", "-f", GUESTBOOK, "--for", "6h", "--fault", "node_down@2h", "--seed", "3")
    first, second = (home.ecp(*asked, "-o", "json", PYTHONHASHSEED=seed) for seed in "12")
    assert first == second
    report = json.loads(first.out)
    assert report["verdict"]["exit_code"] == first.code
    english, korean = home.here(*asked), home.here(*asked, ECP_LANG="ko")
    assert english.code == korean.code == first.code
    assert "rehears" in english.out.lower() or "exit code" in english.out
    assert "종료 코드" in korean.out


def test_rehearse_exit_codes(home: Home, tmp_path: Path) -> None:
    assert home.here("rehearse", "-f", GUESTBOOK, "--for", "1h").code == 0
    assert home.here("rehearse", "-f", BROKEN, "--for", "1h").code == 3
    bad = (ROOT / GUESTBOOK).read_text().replace("cpu: 100m", "cpu: 1000")
    (tmp_path / "big.yaml").write_text(bad)
    ran = home.here("rehearse", "-f", str(tmp_path / "big.yaml"), "--for", "1h")
    assert ran.code == 6
    assert "Insufficient cpu" in ran.out


# -- light enough ---------------------------------------------------------------------------------

HEAVY = ("ecp.sim", "ecp.simulator", "ecp.rehearsal", "ecp.validation", "ecp.kube", "fastapi",
         "uvicorn", "httpx", "numpy", "jsonschema_rs", "asyncio", "rich")  # fmt: skip


@pytest.mark.parametrize("arguments", [("--help",), ("version",), ("kubeconfig",)])
def test_small_commands_import_nothing_heavy(home: Home, arguments: tuple[str, ...]) -> None:
    watched = (
        "import sys; from ecp.cli.main import main\n"
        f"sys.argv = ['ecp', *{arguments!r}]\n"
        "try: main()\n"
        f"finally: print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", watched],
        env=home.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip() == "[]"


def test_version_and_help(home: Home) -> None:
    assert re.fullmatch(r"ecp \d+\.\d+\.\d+\n", home.ok("version"))
    assert set(json.loads(home.ok("version", "-o", "json"))) == {"version", "python"}
    assert "리허설" in home.ok("--help", ECP_LANG="ko")
    for line in ("cluster", "clock", "fault"):
        assert line in home.ok("--help")
        assert "--help" in home.ok(line, "--help")


def test_doctor_answers(home: Home) -> None:
    ran = home.here("doctor", "-o", "json")
    assert ran.code in (0, 1)
    assert all(set(row) >= {"name", "ok", "remedy"} for row in json.loads(ran.out))

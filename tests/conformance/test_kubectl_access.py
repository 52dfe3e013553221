"""What kubectl says about permissions, users and tokens; recorded against a real 1.36.2 server."""

import json
import re
from pathlib import Path

import pytest

from .hollow import ADMINISTRATOR, listening
from .running import Kubectl, programs

pytestmark = [pytest.mark.kubectl, pytest.mark.cluster]

GOLDEN = Path(__file__).parents[1] / "golden" / "access" / "kubectl.json"
TOKEN = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")


def test_what_kubectl_prints_about_access_is_what_it_prints_of_a_real_server(
    tmp_path: Path,
) -> None:
    found = programs()
    if "1.36" not in found:
        pytest.skip("kubectl 1.36 is not here: tools/kubectl.py --provision fetches it")
    recorded = json.loads(GOLDEN.read_text("utf-8"))
    different = []
    with listening() as server:
        kubectl = Kubectl(found["1.36"], tmp_path, server.port, ADMINISTRATOR)
        for name, text in recorded["files"].items():
            kubectl.write(name, text)
        namespace = recorded["namespace"]
        kubectl.ok(f"create namespace {namespace}")
        kubectl.ok(f"config set-context --current --namespace={namespace}")
        assert kubectl.settle("kubectl get serviceaccount default -o name", "default")
        for step in recorded["steps"]:
            ran = kubectl(step["cmd"])
            got = (ran.code, TOKEN.sub("<token>", ran.out), ran.err)
            wanted = (step["rc"], TOKEN.sub("<token>", step["out"]), step["err"])
            if got != wanted:
                different.append((step["cmd"], wanted, got))
        # A token that was asked for opens the door, through the address.
        token = kubectl.ok("create token default").strip()
        config = kubectl.config.read_text().replace("@admin", f"@{token}")
        kubectl.config.write_text(config)
        assert f"system:serviceaccount:{namespace}:default" in kubectl.ok("auth whoami")
        assert kubectl("get pods").code == 1
        kubectl.config.write_text(config.replace(token, "wrong"))
        assert "You must be logged in to the server" in kubectl("get pods").err
    assert different == []
    assert len(recorded["steps"]) == 45

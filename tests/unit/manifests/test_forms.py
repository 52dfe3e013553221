"""What is handed out: archives of equal bytes, no secret in any, Kustomize, closed networks."""

import io
import json
import shutil
import subprocess
import zipfile
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
import yaml

from ecp.manifests import KNOWN, SERVED, provider, provider_names
from ecp.manifests.bundle import File
from ecp.manifests.forms import InvalidRegistry, images, inside, offline, package, zipped
from ecp.manifests.hiding import concealed, marker, restored
from ecp.manifests.kustomize import kustomized
from ecp.manifests.platform import platform
from ecp.validation import validate

from .made import EXAMPLE, containers, made, of_kind

KEY = b"installation"
BUNDLE = made(include=KNOWN, secret_key=KEY)
PLATFORM = platform(provider("iaas"))
SECRETS = of_kind(BUNDLE, "Secret")["ecp-credentials"]["data"]
PASSWORDS = [b64decode(value).decode() for value in SECRETS.values()]
# Where tools/kubectl.py puts one that it fetches.
FETCHED = Path(__file__).resolve().parents[3] / ".cache" / "kubectl"
REGISTRY = "registry.corp.example:5000/ecp"


def overlays() -> list[File]:
    return kustomized(
        BUNDLE,
        {"aws-production": made(provider_name="aws", include=KNOWN, secret_key=KEY)},
        {"aws": platform(provider("aws"))},
    )


FORMS = {
    "package": lambda: package(BUNDLE, PLATFORM),
    "offline": lambda: offline(BUNDLE, REGISTRY, PLATFORM),
    "kustomize": overlays,
}


@pytest.mark.parametrize("form", FORMS)
def test_equal_bundles_give_equal_bytes(form: str) -> None:
    assert zipped(FORMS[form]()) == zipped(reversed(FORMS[form]()))


@pytest.mark.parametrize("form", FORMS)
def test_no_password_is_in_what_is_handed_out(form: str) -> None:
    text = "".join(file.text for file in FORMS[form]())
    for password in PASSWORDS:
        assert password not in text
    for value in SECRETS.values():
        assert value not in text
    assert "kind: Secret" not in text
    assert "secrets.sh" in [file.name for file in FORMS[form]()]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_handed_out_is_whole_and_says_so(form: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(FORMS[form]()))) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {row.date_time for row in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        archive.extractall(tmp_path)
        scripts = [row for row in archive.infolist() if row.filename.endswith(".sh")]
        assert all(row.external_attr >> 16 == 0o100755 for row in scripts)
    sums = (tmp_path / "SHA256SUMS").read_text().splitlines()
    assert len(sums) == len(FORMS[form]()) - 1
    checked = subprocess.run(
        ["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=False
    )
    assert checked.returncode == 0
    for script in tmp_path.rglob("*.sh"):
        assert subprocess.run(["sh", "-n", script], check=False).returncode == 0


def test_who_asks_for_secrets_gets_them() -> None:
    files = package(BUNDLE, with_secrets=True)
    assert any(PASSWORDS[0] in b64decode(v).decode() for f in files if "-secret-" in f.name
               for v in yaml.safe_load(f.text)["data"].values())  # fmt: skip
    assert "secrets.sh" not in [file.name for file in files]


def test_a_hidden_secret_is_a_sentence_and_comes_back_as_it_was() -> None:
    shown = concealed(BUNDLE.text, "acme", KEY)
    (secret,) = [row for row in yaml.safe_load_all(shown) if row["kind"] == "Secret"]
    assert set(secret["data"]) == set(SECRETS)
    for purpose, value in secret["data"].items():
        assert value == marker(purpose)
        assert "hidden" in b64decode(value).decode()
    assert validate(shown).findings == ()
    assert restored(shown, "acme", KEY) == BUNDLE.text
    assert restored(shown, "beta", KEY) != BUNDLE.text
    assert restored(BUNDLE.text, "acme", KEY) == BUNDLE.text
    # Another tenant's, and another installation's, are not known here.
    assert concealed(BUNDLE.text, "beta", KEY) == BUNDLE.text


# --- closed networks -----------------------------------------------------------------------------


def test_every_image_comes_from_the_registry_inside() -> None:
    files = {file.name: file.text for file in offline(BUNDLE, REGISTRY, PLATFORM)}
    pairs = [row.split("\t") for row in files["images.txt"].splitlines()]
    assert {outside for outside, _ in pairs} == set(images(BUNDLE.objects))
    asked = set()
    for name, text in files.items():
        if "-deployment-" in name or "-statefulset-" in name:
            pod = yaml.safe_load(text)["spec"]["template"]["spec"]
            asked |= {box["image"] for box in pod["containers"]}
    assert asked == {there for _, there in pairs}
    assert all(there.startswith(f"{REGISTRY}/ecp-ai/") for there in asked)
    # The bundle that was given is as it was.
    assert all(box["image"].startswith("harbor.") for _, _, box in containers(BUNDLE))


@pytest.mark.parametrize(
    ("image", "there"),
    [
        ("harbor.ecp-ai.com/ecp-ai/nlp:v1", "r:5000/ecp-ai/nlp:v1"),
        ("localhost/nlp:v1", "r:5000/nlp:v1"),
        ("host:5000/a/b@sha256:00", "r:5000/a/b@sha256:00"),
        ("nginx:1.27", "r:5000/library/nginx:1.27"),
        ("bitnami/redis:7", "r:5000/bitnami/redis:7"),
    ],
)
def test_an_image_keeps_its_path(image: str, there: str) -> None:
    assert inside(image, "r:5000") == there


@pytest.mark.parametrize(
    "registry", ["", "https://r", "r/", "r:port", "r\n- x", "R", "r/../x", "r" * 201]
)
def test_what_is_no_registry_is_refused(registry: str) -> None:
    with pytest.raises(InvalidRegistry):
        offline(BUNDLE, registry)


def test_images_are_saved_outside_and_pushed_inside(tmp_path: Path) -> None:
    """By a client that writes down what it is asked; a broken image is not pushed."""
    for file in offline(made(), REGISTRY):
        (tmp_path / file.name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.name).write_text(file.text)
    client = tmp_path / "client"
    client.write_text(
        '#!/bin/sh\necho "$@" >> "$(dirname "$0")/asked"\n'
        '[ "$1" = save ] && echo "$4" > "$3"\nexit 0\n'
    )
    client.chmod(0o755)

    def run(step: str) -> int:
        command = ["sh", "mirror.sh", step]
        done = subprocess.run(
            command, cwd=tmp_path, env={"CTR": str(client), "PATH": "/usr/bin:/bin"}, check=False,
            capture_output=True,
        )  # fmt: skip
        return done.returncode

    assert run("save") == 0
    assert run("push") == 0
    asked = (tmp_path / "asked").read_text()
    for image in images(made().objects):
        assert f"pull {image}\n" in asked
        assert f"push {inside(image, REGISTRY)}\n" in asked
    next((tmp_path / "images").glob("*.tar")).write_text("broken")
    assert run("push") != 0
    assert run("") == 2


def test_a_closed_registry_that_wants_credentials_gets_them_from_a_script(tmp_path: Path) -> None:
    files = {file.name: file.text for file in offline(made(), REGISTRY, user="o'neil")}
    pods = [
        obj["spec"]["template"]["spec"]
        for name, text in files.items()
        if "-deployment-" in name or "-statefulset-" in name
        for obj in [yaml.safe_load(text)]
    ]
    assert pods
    assert all(pod["imagePullSecrets"] == [{"name": "ecp-registry"}] for pod in pods)
    assert "registry-secret.sh" in files["SHA256SUMS"]
    kubectl = tmp_path / "kubectl"
    kubectl.write_text('#!/bin/sh\ncat >> "$0.in"; echo "$*" >> "$0.asked"\n')
    kubectl.chmod(0o755)
    script = tmp_path / "registry-secret.sh"
    script.write_text(files["registry-secret.sh"])

    def run(**more: str) -> int:
        env = {"PATH": f"{tmp_path}:/usr/bin:/bin", **more}
        done = subprocess.run(["sh", str(script)], env=env, check=False, capture_output=True)
        return done.returncode

    assert run() != 0, "no password is said"
    assert run(REGISTRY_PASSWORD='p"w') == 0
    said = (tmp_path / "kubectl.in").read_text()
    auth = b64encode(b"o'neil:p\"w").decode()
    assert json.loads(said) == {"auths": {REGISTRY.partition("/")[0]: {"auth": auth}}}
    assert 'p"w' not in (tmp_path / "kubectl.asked").read_text()
    plain = {file.name: file.text for file in offline(made(), REGISTRY)}
    assert "registry-secret.sh" not in plain
    assert not any("imagePullSecrets" in plain[name] for name in plain if name != "README.md")


# --- Kustomize -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "include"),
    [("ncp-production", KNOWN), ("aws-rehearsal", SERVED)],
    ids=["as much as the base, elsewhere", "much less, elsewhere"],
)
def test_an_overlay_is_what_would_have_been_generated(
    name: str, include: frozenset[str], tmp_path: Path
) -> None:
    wanted = made(provider_name=name.partition("-")[0], include=include, secret_key=KEY)
    for file in kustomized(BUNDLE, {name: wanted}, {}, with_secrets=True):
        (tmp_path / file.name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.name).write_text(file.text)
    there = shutil.which("kubectl") or next(map(str, FETCHED.glob("*/usr/bin/kubectl")), None)
    if there is None:
        pytest.skip("kubectl is not here: tools/kubectl.py --provision fetches it")
    command = [there, "kustomize", str(tmp_path / "overlays" / name)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rendered = {(o["kind"], o["metadata"]["name"]): o for o in yaml.safe_load_all(shown)}
    assert rendered == {(o["kind"], o["metadata"]["name"]): o for o in wanted.objects}


def test_an_overlay_of_the_base_is_the_base_alone() -> None:
    files = {file.name: file.text for file in kustomized(BUNDLE, {"same": BUNDLE}, {})}
    assert yaml.safe_load(files["overlays/same/kustomization.yaml"])["resources"] == ["../../base"]
    assert "patches" not in files["overlays/same/kustomization.yaml"]


def test_every_provider_has_an_overlay_small_enough_to_read() -> None:
    """What differs is a class, a selector, an annotation; not the manifests over again."""
    for name in provider_names():
        bundle = made(EXAMPLE, provider_name=name, include=KNOWN)
        files = kustomized(made(EXAMPLE, include=KNOWN), {name: bundle}, {})
        own = sum(len(file.text) for file in files if file.name.startswith("overlays/"))
        assert own < len(bundle.text) / 10

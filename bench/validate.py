"""Validation: documents a CPU-second in process and over HTTP, memory, and one file from the shell.

    python -m bench validate

The corpus is made from the bundles and the accepted manifests under tests/golden: each document
comes again with names and images of its own, so that no two texts are alike and nothing is looked
up in a cache of verdicts.
"""

import concurrent.futures
import http.client
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench._measure import line
from bench._stack import Stack, running
from ecp.kube.checkers import strict_schema
from ecp.kube.schema import schema
from ecp.kube.yaml import read
from ecp.validation import validate

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"
DOCUMENTS = 2_600
BUNDLE = 13
_ROUNDS = 5
_REQUESTS = 300
_TENANTS = 200
_KUBECONFORM = "github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0"
_NAME = re.compile(r"^(  |metadata: \{)name: ([^,}\n]+)", re.MULTILINE)
# What `ecp validate` must not load for a file without findings.
_HEAVY = ("fastapi", "httpx", "jsonschema_rs", "numpy", "pydantic", "sqlalchemy", "starlette")


def templates() -> list[str]:
    """Return the texts of sound documents, of every kind that there are any of."""
    files = [*(GOLDEN / "manifests").rglob("*.yaml")]
    files = sorted(file for file in files if "broken" not in file.name)
    rows = (GOLDEN / "verdicts" / "files.jsonl").read_text("utf-8").splitlines()
    for row in map(json.loads, rows):
        if row["verdict"] == "accept":
            files.append(GOLDEN / "verdicts" / "manifests" / row["file"])
    texts = []
    for file in files:
        for document in read(file.read_bytes(), expand_lists=False):
            if _NAME.search(document.text) and validate(document.text).valid:
                texts.append(document.text.strip("\n"))
    return texts


def varied(text: str, number: int, name: str = "{name}-{number}") -> str:
    """Return a document that is nobody else's: another name, another tag."""

    def renamed(match: re.Match[str]) -> str:
        old = match[2].strip("\"'")[:20].rstrip("-.")
        return f"{match[1]}name: {name.format(name=old, number=number)}"

    text = _NAME.sub(renamed, text, count=1)
    return re.sub(r"(image: [\w./-]+)(:[\w.-]+)?$", rf"\1:v{number}", text, flags=re.MULTILINE)


def bundles(texts: list[str], seed: int, name: str = "{name}-{number}") -> list[str]:
    """Return DOCUMENTS documents in texts of BUNDLE each."""
    found = []
    for first in range(0, DOCUMENTS, BUNDLE):
        numbers = range(first, first + BUNDLE)
        documents = [
            varied(texts[number % len(texts)], seed * DOCUMENTS + number, name)
            for number in numbers
        ]
        found.append("\n---\n".join(documents) + "\n")
    return found


def in_process(
    texts: list[str], rounds: int = _ROUNDS, name: str = "{name}-{number}"
) -> tuple[list[float], int]:
    """Return documents a CPU-second, a round each, and how many findings a round has."""
    rates, findings = [], 0
    for seed in range(rounds):
        corpus = bundles(texts, seed, name)
        begun = time.process_time()
        findings = sum(len(validate(text).findings) for text in corpus)
        rates.append(DOCUMENTS / (time.process_time() - begun))
    return rates, findings


def over_cores(texts: list[str], workers: int) -> tuple[float, float]:
    """Return documents a second of wall and of CPU time, files shared out over some processes.

    Files that are judged by themselves have nothing in common. On a machine that has other work
    the wall clock says little; that a document costs no more CPU beside another process does.
    """
    corpus = [text for seed in range(4) for text in bundles(texts, seed)]
    shares = [corpus[first::workers] for first in range(workers)]
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        # Once for nothing: every process loads what it needs.
        list(pool.map(_judged, [share[:40] for share in shares]))
        begun = time.monotonic()
        judged, spent = map(sum, zip(*pool.map(_judged, shares), strict=True))
        return judged / (time.monotonic() - begun), judged / spent


def _judged(share: list[str]) -> tuple[int, float]:
    """Return how many documents there are, and the CPU seconds that judging them took."""
    begun = time.process_time()
    judged = sum(len(validate(text).documents) for text in share)
    return judged, time.process_time() - begun


def tenant_bundle(tenant: str) -> str:
    """Return the thirteen documents of the recorded tenant, as another tenant's."""
    files = sorted((GOLDEN / "manifests" / "ecp-tenant").iterdir())
    text = "\n---\n".join(file.read_text("utf-8") for file in files)
    return text.replace("test-download", tenant)


def over_http(stack: Stack, seed: int, tenants: bool) -> float:
    """Return requests a CPU-second of the orchestrator; every body is new."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.ports["orchestrator"])

    def ask(number: int) -> None:
        tenant = f"t{seed}-{number}"
        body = {"manifest_content": tenant_bundle(tenant), "strict_validation": True}
        if tenants:
            body["tenant_id"] = tenant
        headers = {"content-type": "application/json"}
        path = "/api/v1/tenants/validate-manifest"
        connection.request("POST", path, json.dumps(body), headers)
        answer = json.loads(connection.getresponse().read())
        assert answer["documents"] == (13 if answer["valid"] else 0), answer

    for number in range(20):
        ask(number)
    before = stack.cpu_seconds()["orchestrator"]
    for number in range(20, 20 + _REQUESTS):
        ask(number)
    return _REQUESTS / (stack.cpu_seconds()["orchestrator"] - before)


def shell(file: Path) -> tuple[list[float], list[str]]:
    """Return CPU milliseconds of `ecp validate` on one file, and what heavy things it loads.

    As it is after `make setup`, which compiles the sources: a first call, which is not counted,
    leaves its bytecode in a folder of its own.
    """
    command = [str(Path(sys.executable).with_name("ecp")), "validate", "-f", str(file)]
    with tempfile.TemporaryDirectory() as folder:
        kept = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=kept)
        spent = [_call(command, kept) for _ in range(2 * _ROUNDS)]
    traced = [sys.executable, "-X", "importtime", *command]
    shown = subprocess.run(traced, check=True, capture_output=True, text=True).stderr
    loaded = {name.strip() for name in re.findall(r"\|\s*([\w.]+)$", shown, re.MULTILINE)}
    return spent, [name for name in _HEAVY if name in loaded]


def _call(command: list[str], environment: dict[str, str]) -> float:
    """Return the CPU milliseconds of one call."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def memory_mb() -> float:
    """Return the peak resident memory (MB) of a process that judges one round."""
    code = "import resource, bench.validate as b; b.in_process(b.templates(), 1)"
    code += "; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    return int(shown) / 1024


def by_jobs(folder: Path) -> dict[str, tuple[list[float], list[float]]]:
    """Return (wall, CPU) seconds of `ecp validate` on a folder of tenants, by processes at work.

    Each tenant has a namespace of its own, and everything is seen together all the same.
    """
    for number in range(_TENANTS):
        text = tenant_bundle(f"tenant-{number:03}")
        (folder / f"{number:03}.yaml").write_text(text)
    command = [str(Path(sys.executable).with_name("ecp")), "validate", "-o", "table", "-f"]
    found: dict[str, tuple[list[float], list[float]]] = {"1": ([], []), "2": ([], [])}
    for _ in range(_ROUNDS):
        for jobs, (wall, cpu) in found.items():
            begun = time.monotonic()
            cpu.append(_call([*command, str(folder), "--jobs", jobs], dict(os.environ)) / 1e3)
            wall.append(time.monotonic() - begun)
    return found


def kubeconform(folder: Path) -> tuple[float, float] | None:
    """Return documents a CPU-second of (kubeconform, ECP) as processes; None without Go.

    Both read the same corpus in files; kubeconform the same schemas, from files too.
    """
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if go is None:
        print("skipped: kubeconform is not measured, there is no Go toolchain")
        return None
    environment = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-modcacherw"}
    built = subprocess.run(
        [go, "install", _KUBECONFORM], env=environment, capture_output=True, text=True
    )
    if built.returncode:
        print(f"skipped: kubeconform cannot be built: {built.stderr.strip()[-200:]}")
        return None
    for gvk in schema().kinds():
        group = gvk.group.split(".")[0]
        suffix = f"-{group}-{gvk.version}" if group else f"-{gvk.version}"
        file = folder / "schemas" / f"{gvk.kind.lower()}{suffix}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(strict_schema(gvk)))
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, text in enumerate(bundles(templates(), 0)):
        (corpus / f"{number:04}.yaml").write_text(text)
    location = str(folder / "schemas" / "{{ .ResourceKind }}{{ .KindSuffix }}.json")
    theirs = [folder / "kubeconform", "-strict", "-ignore-missing-schemas", "-n", "2"]
    ours = [
        sys.executable,
        "-c",
        "import sys; from pathlib import Path; from ecp.validation import validate\n"
        "for file in sorted(Path(sys.argv[1]).iterdir()): validate(file.read_bytes())",
    ]
    return (
        DOCUMENTS / _cpu_of([*map(str, theirs), "-schema-location", location, str(corpus)]),
        DOCUMENTS / _cpu_of([*ours, str(corpus)]),
    )


def _cpu_of(command: list[str]) -> float:
    """Return CPU seconds of a command, start-up included; the median of some runs."""
    spent = []
    for _ in range(_ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Who finds something ends with another status.
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(spent)


def main() -> None:
    texts = templates()
    kinds = {found[1] for text in texts if (found := re.search(r"^kind: (\w+)", text, re.M))}
    size = sum(map(len, bundles(texts, 0)))
    print(f"{DOCUMENTS} documents of {len(kinds)} kinds, {size / 1e6:.1f} MB, no verdict cache")
    rates, findings = in_process(texts)
    line("all sound, in process", rates, "docs/CPU-s", "≥ 4000, 8000")
    print(f"  findings a round: {findings}")
    rates, findings = in_process(texts, name="bad%{number}")
    line("a finding in every document", rates, "docs/CPU-s", "≥ 1500")
    print(f"  findings a round: {findings}")
    line("resident, at most", [memory_mb()], "MB", "≤ 80")
    (alone, alone_cpu), (both, both_cpu) = over_cores(texts, 1), over_cores(texts, 2)
    print(f"1 process, then 2: {alone:.0f}, {both:.0f} docs/s ({both / alone:.2f} ×)")
    print(f"  by CPU time: {alone_cpu:.0f}, {both_cpu:.0f} docs/CPU-s each")
    file = GOLDEN / "manifests" / "ecp-tenant" / "03-callbot-deployment.yaml"
    spent, heavy = shell(file)
    line("ecp validate, one file", spent, "ms CPU", "≤ 120")
    bare = [_call([sys.executable, "-c", "pass"], dict(os.environ)) for _ in range(2 * _ROUNDS)]
    line("python -c pass", bare, "ms CPU", "")
    print(f"  heavy modules it loads: {', '.join(heavy) or 'none'}")
    with tempfile.TemporaryDirectory() as folder:
        for jobs, (wall, cpu) in by_jobs(Path(folder)).items():
            line(f"ecp validate, {_TENANTS} files, --jobs {jobs}", wall, "s wall", "")
            print(f"  CPU, all processes: {statistics.median(cpu):.2f} s")
    with running() as stack:
        for tenants, what in ((False, "no tenant"), (True, "kept for a tenant")):
            rates = [over_http(stack, seed, tenants) for seed in range(_ROUNDS)]
            line(f"validate-manifest, 13 documents, {what}", rates, "req/CPU-s", "≥ 200, 400")
    with tempfile.TemporaryDirectory() as folder:
        pair = kubeconform(Path(folder))
    if pair is not None:
        theirs, ours = pair
        print(f"kubeconform -strict {theirs:.0f}, ecp {ours:.0f} docs/CPU-s: {ours / theirs:.1f} ×")

"""Generating manifests: CPU of sizing, of 43 and of all objects with their text, of other forms.

    python -m bench generate

The tenant is the guide's example, 10/50/5. 43 objects is what an earlier generator made of it: here
its bundle without what that one had not (budgets), so that as many objects are compared.
"""

import time
from collections.abc import Callable

from bench._measure import line
from ecp.manifests import ALL, SERVED, TenantSpec, generate, provider
from ecp.manifests.forms import offline, package, zipped
from ecp.manifests.kustomize import kustomized
from ecp.manifests.platform import platform
from ecp.workloads.costing import alternatives, plan
from ecp.workloads.demand import TenantDemand
from ecp.workloads.offers import offers
from ecp.workloads.sizing import size

_ROUNDS = 40
EXAMPLE = TenantDemand(callbot=10, chatbot=50, advisor=5)
SPEC = TenantSpec("acme", EXAMPLE)
PLAIN = SERVED - {"disruption-budget"}


def spent(work: Callable[[], object]) -> list[float]:
    """Return CPU milliseconds of some rounds, after one that fills what is filled once."""
    work()
    found = []
    for _ in range(_ROUNDS):
        begun = time.process_time()
        work()
        found.append((time.process_time() - begun) * 1000)
    return found


def main() -> None:
    sizing = size(EXAMPLE)

    def written(include: frozenset[str]) -> str:
        return generate(SPEC, size(EXAMPLE), include=include).text

    count = len(generate(SPEC, sizing, include=PLAIN).objects)
    line("size 10/50/5", spent(lambda: size(EXAMPLE)), "ms CPU", "")
    what = f"size, generate and write {count} objects"
    line(what, spent(lambda: written(PLAIN)), "ms CPU", "≤ 20")
    whole = generate(SPEC, sizing, include=ALL)
    what = f"size, generate and write all {len(whole.objects)}"
    line(what, spent(lambda: written(ALL)), "ms CPU", "")
    classes = platform(provider("iaas"))
    line("as ZIP", spent(lambda: zipped(package(whole, classes))), "ms CPU", "")
    line("for a closed network", spent(lambda: zipped(offline(whole, "r:5000"))), "ms CPU", "")
    there = {"aws": generate(SPEC, sizing, "aws", include=ALL)}
    line("Kustomize, one overlay", spent(lambda: kustomized(whole, there, {})), "ms CPU", "")
    chosen = plan(sizing, offers()["iaas"])
    line("what else would do", spent(lambda: alternatives(chosen)), "ms CPU", "")

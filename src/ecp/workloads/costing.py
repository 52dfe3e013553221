"""What a size costs in a month, and what else would do: another GPU, provider, infrastructure.

A plan is a sizing on a provider: node pools, storage, what is fixed, and the sum in both
currencies. Korean won have no decimals, US dollars two; value-added tax is said apart, never mixed
in. What is not in it: traffic to the internet, support and fees of a managing partner, discounts
for commitments, licences and the calls of an external language model.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ecp.texts import Language, text
from ecp.workloads.demand import TenantDemand
from ecp.workloads.fitting import Unsizable
from ecp.workloads.offers import Exchange, Offer, exchange, offers
from ecp.workloads.packing import Pool, pools
from ecp.workloads.profiles import Profiles, profiles
from ecp.workloads.shapes import PLAIN, Shape
from ecp.workloads.sizing import Sized, Sizing, size

Infrastructure = Literal["dedicated", "shared"]
GB = 10**9


class Item(NamedTuple):
    """One line of a bill: what, of which kind, how many (machines or GB), price a month."""

    name: str
    kind: str
    amount: int
    monthly: float


class Money(NamedTuple):
    """An amount in both currencies: whole won, dollars with two decimals."""

    krw: int
    usd: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A sizing on a provider's machines, with its bill in the provider's currency.

    `shared` infrastructure is the platform's: its workloads are neither packed nor paid here.
    """

    sizing: Sizing
    offer: Offer
    infrastructure: Infrastructure
    pools: tuple[Pool, ...]
    items: tuple[Item, ...]
    rate: Exchange

    @property
    def net(self) -> float:
        """The sum without value-added tax, in the provider's currency."""
        total = sum(item.monthly for item in self.items)
        return total / (1 + self.offer.vat_percent / 100) if self.offer.vat_included else total

    def money(self, amount: float) -> Money:
        """Return an amount of the provider's currency in both."""
        won = self.offer.currency == "KRW"
        krw = amount if won else amount * self.rate.krw_per_usd
        usd = amount / self.rate.krw_per_usd if won else amount
        return Money(round(krw), round(usd, 2))

    def cost_json(self, language: Language = "en") -> dict[str, object]:
        """Return the bill of a month as plain data; sums are without value-added tax."""
        offer, net = self.offer, self.money(self.net)
        tax = self.money(self.net * offer.vat_percent / 100)
        return {
            "provider": offer.provider,
            "region": offer.region,
            "infrastructure": self.infrastructure,
            "period": "month",
            "hours": offer.hours,
            "currency": offer.currency,
            "krw": net.krw,
            "usd": net.usd,
            "vat_included": False,
            "vat_percent": offer.vat_percent,
            "vat_krw": tax.krw,
            "vat_usd": tax.usd,
            "items": [
                {**item._asdict(), "monthly": round(item.monthly, 2), **self._both(item)}
                for item in self.items
            ],
            "price_date": offer.price_date,
            "price_basis": offer.basis,
            "price_source": offer.said_source(language),
            "exchange": self.rate.to_json(language),
        }

    def _both(self, item: Item) -> dict[str, object]:
        return self.money(item.monthly)._asdict()

    def pools_json(self) -> list[dict[str, object]]:
        """Return the node pools as plain data; memory in bytes."""
        return [
            {
                "pool": pool.name,
                "machine": pool.machine.name,
                "nodes": pool.nodes,
                "max_nodes": pool.most,
                "pods": pool.pods,
                "cores": pool.machine.cores,
                "memory_bytes": pool.machine.memory,
                "gpu_type": pool.machine.gpu or None,
                "gpus": pool.machine.gpus,
            }
            for pool in self.pools
        ]


def plan(
    sizing: Sizing,
    offer: Offer,
    *,
    infrastructure: Infrastructure = "dedicated",
    rate: Exchange | None = None,
    known: Profiles | None = None,
) -> Plan:
    """Put a sizing on a provider's machines. Raises Unsizable where none is large enough."""
    known = profiles() if known is None else known
    rows = [
        row
        for row in sizing.workloads.values()
        if infrastructure == "dedicated" or known[row.workload].tier != "infrastructure"
    ]
    # What needs no GPU by itself takes none along.
    kind = sizing.gpu_type if any(row.gpus for row in rows) else ""
    found = pools(rows, kind, offer, sizing.goals.zones) if rows else ()
    items = tuple(_items(sizing, rows, offer, found, infrastructure))
    return Plan(sizing, offer, infrastructure, found, items, rate or exchange())


def _items(
    sizing: Sizing,
    rows: Sequence[Sized],
    offer: Offer,
    found: tuple[Pool, ...],
    infrastructure: Infrastructure,
) -> Iterator[Item]:
    for pool in found:
        yield Item(pool.name, pool.machine.name, pool.nodes, pool.nodes * pool.machine.monthly)
    block = -(-sum(row.storage * row.replicas for row in rows) // GB)
    for name, amount, price in (
        ("volumes", block, offer.block),
        ("recordings", -(-sizing.totals.recordings // GB), offer.shared),
    ):
        if amount:
            yield Item(name, "GB", amount, amount * price)
    if infrastructure == "dedicated":
        for row in offer.fixed:
            yield Item(row.name, "", 1, row.monthly)


# --- what else would do --------------------------------------------------------------------------


class Alternative(NamedTuple):
    """Another plan: what differs (gpu_type, provider, infrastructure), and by how much a month."""

    what: tuple[str, ...]
    plan: Plan
    krw_more: int

    def to_json(self, language: Language = "en") -> dict[str, object]:
        """Return it as plain data, with a sentence."""
        cost, sizing = self.plan.money(self.plan.net), self.plan.sizing
        values = {
            "gpu": f"{sizing.totals.gpus} x {sizing.gpu_type}" if sizing.gpu_type else "-",
            "provider": self.plan.offer.provider,
            "infrastructure": text(f"sizing.{self.plan.infrastructure}", language),
            "krw": f"{abs(self.krw_more):,}",
        }
        key = "sizing.costs-less" if self.krw_more < 0 else "sizing.costs-more"
        return {
            "differs_in": list(self.what),
            "provider": self.plan.offer.provider,
            "infrastructure": self.plan.infrastructure,
            "gpu_type": sizing.gpu_type or None,
            "gpus": sizing.totals.gpus,
            "krw": cost.krw,
            "usd": cost.usd,
            "krw_difference": self.krw_more,
            "price_date": self.plan.offer.price_date,
            "price_basis": self.plan.offer.basis,
            "node_pools": self.plan.pools_json(),
            # Manifests bring the tenant's own infrastructure along, always.
            "manifests": self.plan.infrastructure == "dedicated",
            "text": text(key, language, **values),
        }


def alternatives(
    chosen: Plan,
    *,
    known: Profiles | None = None,
    shape: Shape = PLAIN,
    priced: Mapping[str, Offer] | None = None,
) -> list[Alternative]:
    """Return what else would do, the cheapest first; at equal cost by provider and GPU type.

    Each GPU type that the provider has machines with, the cheapest type of each other provider,
    and the same with infrastructure that tenants share. What no machine carries is left out.
    """
    priced = offers() if priced is None else priced
    sizings: dict[str, Sizing] = {chosen.sizing.gpu_type: chosen.sizing}
    tenant: TenantDemand = chosen.sizing.tenant

    def sized(kind: str) -> Sizing:
        if kind not in sizings:
            goals = chosen.sizing.goals
            sizings[kind] = size(tenant, gpu_type=kind, goals=goals, known=known, shape=shape)
        return sizings[kind]

    def tried(kind: str, offer: Offer, infrastructure: Infrastructure) -> Iterator[Plan]:
        try:
            yield plan(
                sized(kind), offer, infrastructure=infrastructure, rate=chosen.rate, known=known
            )
        except Unsizable:
            return

    base, kind = chosen.offer, chosen.sizing.gpu_type
    apart: Infrastructure = "shared" if chosen.infrastructure == "dedicated" else "dedicated"
    found = list(tried(kind, base, apart))
    if kind:
        for other in base.gpu_types:
            if other != kind:
                found += tried(other, base, chosen.infrastructure)
    for offer in priced.values():
        if offer.provider != base.provider:
            kinds = offer.gpu_types if kind else ("",)
            there = [row for one in kinds for row in tried(one, offer, chosen.infrastructure)]
            found += sorted(there, key=_rank)[:1]
    rows = [
        Alternative(
            _differences(chosen, row),
            row,
            row.money(row.net).krw - chosen.money(chosen.net).krw,
        )
        for row in found
    ]
    return sorted(rows, key=lambda row: _rank(row.plan))


def _rank(found: Plan) -> tuple[int, str, str, str]:
    cost = found.money(found.net).krw
    return cost, found.offer.provider, found.sizing.gpu_type, found.infrastructure


def _differences(one: Plan, other: Plan) -> tuple[str, ...]:
    pairs = (
        ("provider", one.offer.provider, other.offer.provider),
        ("gpu_type", one.sizing.gpu_type, other.sizing.gpu_type),
        ("infrastructure", one.infrastructure, other.infrastructure),
    )
    return tuple(name for name, a, b in pairs if a != b)

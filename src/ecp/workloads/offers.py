"""Offers: the machines of a provider and what they cost, as data files. Read and checked here.

Prices have a date, a source and a basis: `list` where they were looked up, `assumed` where not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal, NamedTuple

import yaml

from ecp.kube import quantity
from ecp.texts import Language
from ecp.workloads.sheet import GPU_TYPES

Currency = Literal["KRW", "USD"]
Basis = Literal["list", "assumed"]
_FIELDS = {
    "provider", "region", "currency", "hours", "vat_percent", "vat_included", "price_date",
    "basis", "price_source", "machines", "storage", "fixed",
}  # fmt: skip
_MAYBE = {"own", "price_source_ko"}
_MACHINE = {"name", "cores", "memory"}
_PRICED = ({"hourly"}, {"monthly"}, {"bought", "watts"})


class InvalidOffer(ValueError):
    """A file of prices is not right; the message names file and field, and what it must be."""


class Machine(NamedTuple):
    """One kind of machine: cores, memory (bytes), GPUs of a type ("" = none), price a month."""

    name: str
    cores: int
    memory: int
    gpu: str
    gpus: int
    monthly: float


class Fixed(NamedTuple):
    """What is paid whatever the size: price a month."""

    name: str
    monthly: float
    source: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider's prices in its own currency, per month of `hours`.

    `block` and `shared` are prices of a GB (10^9 bytes) of storage, of a volume for one node and of
    one for many. `vat_included` says whether all of these contain `vat_percent` of value-added tax.
    """

    provider: str
    region: str
    currency: Currency
    hours: int
    vat_percent: float
    vat_included: bool
    price_date: str
    basis: Basis
    price_source: str
    price_source_ko: str
    machines: tuple[Machine, ...]
    block: float
    shared: float
    fixed: tuple[Fixed, ...]

    def said_source(self, language: Language) -> str:
        """Return where its prices come from, in the words of a language."""
        return self.price_source_ko if language == "ko" else self.price_source

    @property
    def gpu_types(self) -> tuple[str, ...]:
        """GPU types of which there are machines, the weakest first."""
        there = {machine.gpu for machine in self.machines}
        return tuple(kind for kind in GPU_TYPES if kind in there)


class Exchange(NamedTuple):
    """What a US dollar is in Korean won, when, and says who."""

    krw_per_usd: float
    date: str
    source: str
    source_ko: str

    def to_json(self, language: Language) -> dict[str, object]:
        """Return it as plain data; the source in the words of a language."""
        source = self.source_ko if language == "ko" else self.source
        return {"krw_per_usd": self.krw_per_usd, "date": self.date, "source": source}


def read_offer(text: str, file: str) -> Offer:
    """Read one file. Raises InvalidOffer naming file and field."""
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidOffer(f"{file}: {str(error).splitlines()[0]}") from error
    if not isinstance(given, dict) or set(given) - _MAYBE != _FIELDS:
        raise InvalidOffer(
            f"{file}: must have exactly {', '.join(sorted(_FIELDS))}, and may have "
            f"{', '.join(sorted(_MAYBE))}"
        )
    for field in ("provider", "region", "price_source"):
        if not isinstance(given[field], str) or not given[field].strip():
            raise InvalidOffer(f"{file}: {field}: must be a text")
    for field, words in (("currency", ("KRW", "USD")), ("basis", ("list", "assumed"))):
        if given[field] not in words:
            raise InvalidOffer(f"{file}: {field}: must be one of {', '.join(words)}")
    if not isinstance(given["price_date"], date):
        raise InvalidOffer(f"{file}: price_date: must be a date, as 2026-01-31")
    if not isinstance(given["vat_included"], bool):
        raise InvalidOffer(f"{file}: vat_included: must be true or false")
    hours = _number(given["hours"], f"{file}: hours")
    storage = _mapping(given["storage"], {"block", "shared"}, f"{file}: storage")
    own = given.get("own")
    if own is not None:
        own = {
            key: _number(value, f"{file}: own.{key}")
            for key, value in _mapping(
                own, {"months", "upkeep_percent", "krw_per_kwh", "overhead"}, f"{file}: own"
            ).items()
        }
        if own["months"] <= 0 or given["currency"] != "KRW":
            raise InvalidOffer(f"{file}: own: months above 0, and prices in KRW")
    rows = given["machines"]
    if not isinstance(rows, list) or not rows:
        raise InvalidOffer(f"{file}: machines: must be a list of machines")
    return Offer(
        given["provider"],
        given["region"],
        given["currency"],
        int(hours),
        _number(given["vat_percent"], f"{file}: vat_percent"),
        given["vat_included"],
        given["price_date"].isoformat(),
        given["basis"],
        given["price_source"],
        str(given.get("price_source_ko") or given["price_source"]),
        tuple(_machine(row, own, hours, f"{file}: machines[{n}]") for n, row in enumerate(rows)),
        _price(storage["block"], f"{file}: storage.block"),
        _price(storage["shared"], f"{file}: storage.shared"),
        tuple(_fixed(given["fixed"], f"{file}: fixed")),
    )


def _machine(row: Any, own: Mapping[str, float] | None, hours: float, where: str) -> Machine:
    priced = [names for names in _PRICED if isinstance(row, dict) and names <= set(row)]
    if len(priced) != 1 or set(row) - {"gpu", "gpus"} != _MACHINE | priced[0]:
        names = ", ".join(sorted(_MACHINE))
        raise InvalidOffer(
            f"{where}: must have {names}, and hourly, monthly or bought with watts; maybe gpu, gpus"
        )
    price = {name: _number(row[name], f"{where}.{name}") for name in priced[0]}
    if "hourly" in price:
        monthly = price["hourly"] * hours
    elif "monthly" in price:
        monthly = price["monthly"]
    elif own is None:
        raise InvalidOffer(
            f"{where}: bought needs own: months, upkeep_percent, krw_per_kwh, overhead"
        )
    else:
        # Written off in equal parts; power at full draw, with what cools it.
        monthly = price["bought"] / own["months"]
        monthly += price["bought"] * own["upkeep_percent"] / 100 / 12
        monthly += price["watts"] / 1000 * hours * own["krw_per_kwh"] * own["overhead"]
    kind, count = row.get("gpu", ""), row.get("gpus", 0)
    if (kind != "") != (count != 0) or (kind and kind not in GPU_TYPES):
        raise InvalidOffer(f"{where}: gpu, gpus: a number of one of {', '.join(GPU_TYPES)}")
    cores = _number(row["cores"], f"{where}.cores")
    try:
        memory = quantity.value(row["memory"])
    except (quantity.InvalidQuantity, TypeError, ValueError) as error:
        raise InvalidOffer(f"{where}.memory: must be a quantity, as 64Gi") from error
    if cores < 1 or memory <= 0 or not isinstance(count, int):
        raise InvalidOffer(f"{where}: cores, memory, gpus: must be above 0")
    return Machine(str(row["name"]), int(cores), memory, kind, count, monthly)


def _fixed(rows: Any, where: str) -> Iterator[Fixed]:
    if not isinstance(rows, list):
        raise InvalidOffer(f"{where}: must be a list")
    for number, row in enumerate(rows):
        fields = _mapping(row, {"name", "monthly", "source"}, f"{where}[{number}]")
        price = _number(fields["monthly"], f"{where}[{number}].monthly")
        yield Fixed(str(fields["name"]), price, str(fields["source"]))


def _price(row: Any, where: str) -> float:
    return _number(_mapping(row, {"price", "source"}, where)["price"], where)


def _mapping(given: Any, fields: set[str], where: str) -> dict[str, Any]:
    if not isinstance(given, dict) or set(given) != fields:
        raise InvalidOffer(f"{where}: must have exactly {', '.join(sorted(fields))}")
    return given


def _number(given: Any, where: str) -> float:
    right = isinstance(given, int | float) and not isinstance(given, bool)
    if not right or not 0 <= given < 1e12:
        raise InvalidOffer(f"{where}: must be a number of zero or more")
    return float(given)


@cache
def offers() -> Mapping[str, Offer]:
    """Return the shipped offers by provider, in the order of their names."""
    found = {}
    folder = resources.files(__package__).joinpath("offers")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            row = read_offer(file.read_text("utf-8"), file.name)
            found[row.provider] = row
    return found


@cache
def exchange() -> Exchange:
    """Return the shipped rate."""
    text = resources.files(__package__).joinpath("exchange.yaml").read_text("utf-8")
    given = yaml.safe_load(text)
    return Exchange(
        float(given["krw_per_usd"]),
        given["date"].isoformat(),
        given["source"],
        given["source_ko"],
    )

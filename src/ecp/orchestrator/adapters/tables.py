"""The tables of one store. SQLite by default, any database SQLAlchemy speaks otherwise."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ecp.orchestrator.adapters.sealing import SealedBytes, SealedManifest, SealedObject
from ecp.slo.objective import LIMITS_MS

METADATA = MetaData()
# SQLite numbers rows by itself only for INTEGER keys.
_ID = BigInteger().with_variant(Integer, "sqlite")
_TENANT = String(63)

TENANTS = Table(
    "tenants",
    METADATA,
    Column("tenant_id", _TENANT, primary_key=True),
    Column("name", Text, nullable=False),
    Column("namespace", String(63), nullable=False, unique=True),
    Column("preset", String(32)),
    Column("requirements", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    Column("target_ppm", Integer, nullable=False),
    Column("description", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # Defaults for tenants of versions before these columns.
    Column("owner", String(200), nullable=False, server_default=""),
    Column("labels", JSON, nullable=False, server_default="{}"),
    Column("wanted", String(8), nullable=False, server_default="up"),
    Column("state", String(16), nullable=False, server_default="draft", index=True),
    Column("state_since", BigInteger, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
)

TURNS = Table(
    "tenant_history",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    # Not a foreign key: that a tenant was deleted is told after it is gone.
    Column("tenant_id", _TENANT, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("before", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("cause", String(16), nullable=False),
    Column("facts", JSON, nullable=False),
    Index("tenant_history_by_tenant", "tenant_id", "id"),
)
"""What became of tenants: from which state into which, when and why; changes of their own too."""

MANIFESTS = Table(
    "manifests",
    METADATA,
    # Not a foreign key: a manifest may be validated before its tenant is created.
    Column("tenant_id", _TENANT, primary_key=True),
    Column("digest", String(80), primary_key=True),
    Column("text", SealedManifest, nullable=False),
    Column("source", String(16), nullable=False),
    Column("valid", Boolean, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
)

RELEASES = Table(
    "releases",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("tenant_id", _TENANT, ForeignKey("tenants.tenant_id", ondelete="CASCADE")),
    Column("revision", Integer, nullable=False),
    Column("digest", String(80), nullable=False),
    Column("phase", String(16), nullable=False, index=True),
    Column("options", JSON, nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("startup", JSON, nullable=False),
    UniqueConstraint("tenant_id", "revision"),
    # A deployment id is never given twice, not even after its tenant is gone.
    sqlite_autoincrement=True,
)

STEPS = Table(
    "release_steps",
    METADATA,
    Column("release_id", _ID, ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("action", String(8), nullable=False),
    Column("api_version", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", SealedObject),
    Column("state", String(8), nullable=False),
    Column("detail", Text, nullable=False),
)

MESSAGES = Table(
    "release_messages",
    METADATA,
    Column("release_id", _ID, ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("key", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", JSON, nullable=False),
    UniqueConstraint("release_id", "key"),
)
"""What was said of a release on its way; `at` is the cluster's instant."""

MINUTES = Table(
    "minutes",
    METADATA,
    Column(
        "tenant_id", _TENANT, ForeignKey("tenants.tenant_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("sequence", BigInteger, primary_key=True),
    Column("minute", String(32), nullable=False),
    Column("body", JSON, nullable=False),
)

"""All that was said of a minute, for 48 hours; what is kept longer is in the tables below."""

SERVICES = Table(
    "sla_services",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column(
        "tenant_id", _TENANT, ForeignKey("tenants.tenant_id", ondelete="CASCADE"), nullable=False
    ),
    Column("name", String(253), nullable=False),
    UniqueConstraint("tenant_id", "name"),
)
"""A tenant's services by a small number; "" is the tenant as a whole."""

STATES = ("up", "down", "maint", "unknown", "off", "before")
CALLS = ("calls", "answered", "cut")
SUMS = (*STATES, "good", "total", "excess", *CALLS, *(f"within_{limit}" for limit in LIMITS_MS))
"""The columns of sums, in the order of `Level`."""


def _level(name: str, slots: str, *columns: Column[Any]) -> Table:
    """Return a table of sums of services, from `start` (seconds since 1970) on."""
    return Table(
        name,
        METADATA,
        Column("service_id", _ID, ForeignKey(SERVICES.c.id, ondelete="CASCADE"), primary_key=True),
        Column("start", BigInteger, primary_key=True, autoincrement=False),
        *columns,
        *(Column(state, SmallInteger, nullable=False) for state in STATES),
        *(
            Column(sum_, BigInteger, nullable=False, server_default="0" if sum_ in CALLS else None)
            for sum_ in SUMS[len(STATES) :]
        ),
        Column("sketch", Text),
        CheckConstraint(f"{' + '.join(STATES)} = {slots}", name=f"{name}_slots"),
        CheckConstraint("good >= 0 AND good <= total", name=f"{name}_requests"),
        sqlite_with_rowid=False,
    )


SLA_MINUTES = _level(
    "sla_minutes",
    "12",
    Column("runs", String(36), nullable=False),
    Column("causes", Text),
)
"""`runs` is the order of the slots (U4D8), `causes` JSON where there are any, `sketch` the times of
good requests (`slo.sketch.spelled`); kept for 90 days."""

SLA_HOURS = _level("sla_hours", "12 * minutes", Column("minutes", SmallInteger, nullable=False))
"""The sums of the `minutes` (60 of a whole hour) that are kept of an hour; for 25 months."""

LEDGERS = Table(
    "ledgers",
    METADATA,
    Column(
        "tenant_id", _TENANT, ForeignKey("tenants.tenant_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("facts", JSON, nullable=False),
)
"""What the simulator said of a tenant's ledger with its newest minutes."""

PUSHES = Table(
    "business_pushes",
    METADATA,
    Column(
        "tenant_id", _TENANT, ForeignKey("tenants.tenant_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("ledger", String(64), nullable=False),
    Column("sequence", BigInteger, nullable=False),
)
"""Up to which minute of which ledger a tenant's business metrics were pushed."""

MONITORING = Table(
    "monitoring_data",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("tenant_id", _TENANT, nullable=False),
    Column("metric_type", String(32), nullable=False),
    Column("metric_name", String(64), nullable=False),
    Column("metric_value", Float, nullable=False),
    Column("metric_unit", String(16), nullable=False),
    Column("data_source", String(64), nullable=False),
    Column("timestamp", String(32), nullable=False),
    Index("monitoring_data_by_tenant", "tenant_id", "metric_type", "id"),
)
"""The guide's MonitoringData."""

STATEMENTS = Table(
    "sla_statements",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column(
        "tenant_id", _TENANT, ForeignKey("tenants.tenant_id", ondelete="CASCADE"), nullable=False
    ),
    Column("ledger", String(64), nullable=False),
    Column("month", String(7), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("input_hash", String(80), nullable=False),
    Column("evidence", String(16), nullable=False),
    Column("frozen_at", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "ledger", "month", "revision"),
)
"""The statements of closed months: written once, never changed; a correction adds a revision."""

PACKS = Table(
    "sla_packs",
    METADATA,
    Column(
        "statement_id", _ID, ForeignKey("sla_statements.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("language", String(8), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""The evidence pack of a statement in each language: all its forms, its inputs, and the check."""

REHEARSALS = Table(
    "rehearsals",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("runs", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("verdict", JSON, nullable=False),
    Column("detail", Text, nullable=False),
    Column("asked", SealedObject, nullable=False),
    sqlite_autoincrement=True,
)
"""`asked`: scenario and variants as they were read, from which it can be resumed."""

PLAYED = Table(
    "rehearsal_runs",
    METADATA,
    Column("rehearsal_id", _ID, ForeignKey("rehearsals.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("record", JSON, nullable=False),
)
"""The runs of campaigns, each kept when it is over."""

REPORTS = Table(
    "rehearsal_reports",
    METADATA,
    Column("rehearsal_id", _ID, ForeignKey("rehearsals.id", ondelete="CASCADE"), primary_key=True),
    Column("form", String(16), primary_key=True),
    Column("language", String(8), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

SETTINGS = Table(
    "settings",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

ANSWERS = Table(
    "answers",
    METADATA,
    Column("key", String(255), primary_key=True),
    Column("asked", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("media", String(100), nullable=False),
    Column("body", SealedBytes, nullable=False),
    Column("kept_at", BigInteger, nullable=False, index=True),
)
"""How requests with an Idempotency-Key were answered."""

LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", BigInteger, nullable=False),
)

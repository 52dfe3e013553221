"""The tables of alerts: what was found, what happened, who is told, and what was told."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ecp.orchestrator.adapters.sealing import SealedText
from ecp.orchestrator.adapters.tables import _ID as ID
from ecp.orchestrator.adapters.tables import _TENANT as TENANT
from ecp.orchestrator.adapters.tables import METADATA

ALERTS = Table(
    "alerts",
    METADATA,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("fingerprint", String(32), nullable=False),
    # The fingerprint while the alert is open, null afterwards: one is open at a time.
    Column("open_key", String(32)),
    # Not a foreign key: what was said of a tenant is kept when it is gone.
    Column("tenant_id", TENANT, nullable=False),
    Column("rule", String(32), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("values", JSON, nullable=False),
    Column("chain", JSON, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("at", String(32), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("fired_at", BigInteger),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", String(200), nullable=False),
    Column("clear_at", BigInteger),
    Column("resolved_at", BigInteger),
    UniqueConstraint("open_key", name="alerts_open"),
    Index("alerts_by_tenant", "tenant_id", "id"),
    Index("alerts_by_state", "state", "resolved_at"),
    sqlite_autoincrement=True,
)

ALERT_EVENTS = Table(
    "alert_events",
    METADATA,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("alert_id", ID, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("what", String(16), nullable=False),
    Column("who", String(200), nullable=False),
    Column("detail", Text, nullable=False),
    # A number is never given twice: streams are resumed by it.
    sqlite_autoincrement=True,
)

ALERT_ROUTES = Table(
    "alert_routes",
    METADATA,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("target", SealedText, nullable=False),
    Column("tenant_id", TENANT, nullable=False),
    Column("rule", String(300), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("resolved", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

SILENCES = Table(
    "alert_silences",
    METADATA,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("matchers", JSON, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    sqlite_autoincrement=True,
)

CUSTOM_RULES = Table(
    "alert_rules",
    METADATA,
    Column(
        "tenant_id", TENANT, ForeignKey("tenants.tenant_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("name", String(100), primary_key=True),
    Column("condition", Text, nullable=False),
    Column("duration_s", Integer, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("actions", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

POLICIES = Table(
    "alert_policies",
    METADATA,
    Column(
        "tenant_id", TENANT, ForeignKey("tenants.tenant_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("body", JSON, nullable=False),
)
"""What a tenant chose: a preset of thresholds, rules that are off."""

DELIVERIES = Table(
    "alert_deliveries",
    METADATA,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("alert_id", ID, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    # Not a foreign key: what was told is kept when its route is gone.
    Column("route_id", ID, nullable=False),
    Column("what", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("detail", Text, nullable=False),
    # Told once, whoever writes it down and how often.
    UniqueConstraint("alert_id", "route_id", "what", name="alert_deliveries_once"),
    Index("alert_deliveries_due", "state", "next_at"),
    sqlite_autoincrement=True,
)
"""What is to be told, written down before it is: the outbox."""

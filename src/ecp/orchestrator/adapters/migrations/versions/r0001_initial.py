"""The tables of the first version that has revisions.

Databases that say no revision were made by versions before it: what they have stays, what they
lack is made.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TENANT = sa.String(63)


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("asked", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(length=100), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        if_not_exists=True,
    )
    op.create_index("ix_answers_kept_at", "answers", ["kept_at"], if_not_exists=True)
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "manifests",
        sa.Column("tenant_id", _TENANT, nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest"),
        if_not_exists=True,
    )
    op.create_table(
        "monitoring_data",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", _TENANT, nullable=False),
        sa.Column("metric_type", sa.String(length=32), nullable=False),
        sa.Column("metric_name", sa.String(length=64), nullable=False),
        sa.Column("metric_value", sa.Float(), nullable=False),
        sa.Column("metric_unit", sa.String(length=16), nullable=False),
        sa.Column("data_source", sa.String(length=64), nullable=False),
        sa.Column("timestamp", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        "monitoring_data_by_tenant",
        "monitoring_data",
        ["tenant_id", "metric_type", "id"],
        if_not_exists=True,
    )
    op.create_table(
        "rehearsals",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_index("ix_rehearsals_state", "rehearsals", ["state"], if_not_exists=True)
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "tenants",
        sa.Column("tenant_id", _TENANT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("namespace", _TENANT, nullable=False),
        sa.Column("preset", sa.String(length=32), nullable=True),
        sa.Column("requirements", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("target_ppm", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
        sa.UniqueConstraint("namespace"),
        if_not_exists=True,
    )
    op.create_table(
        "ledgers",
        sa.Column("tenant_id", _TENANT, nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id"),
        if_not_exists=True,
    )
    op.create_table(
        "minutes",
        sa.Column("tenant_id", _TENANT, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("minute", sa.String(length=32), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "sequence"),
        if_not_exists=True,
    )
    op.create_table(
        "rehearsal_reports",
        sa.Column("rehearsal_id", _ID, nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["rehearsal_id"], ["rehearsals.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rehearsal_id", "form", "language"),
        if_not_exists=True,
    )
    op.create_table(
        "rehearsal_runs",
        sa.Column("rehearsal_id", _ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["rehearsal_id"], ["rehearsals.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rehearsal_id", "key"),
        if_not_exists=True,
    )
    op.create_table(
        "releases",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", _TENANT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("began", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("startup", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "revision"),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_index("ix_releases_phase", "releases", ["phase"], if_not_exists=True)
    op.create_table(
        "sla_services",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", _TENANT, nullable=False),
        sa.Column("name", sa.String(length=253), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "name"),
        if_not_exists=True,
    )
    op.create_table(
        "sla_statements",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", _TENANT, nullable=False),
        sa.Column("ledger", sa.String(length=64), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("input_hash", sa.String(length=80), nullable=False),
        sa.Column("evidence", sa.String(length=16), nullable=False),
        sa.Column("frozen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "ledger", "month", "revision"),
        if_not_exists=True,
    )
    op.create_table(
        "release_steps",
        sa.Column("release_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("release_id", "position"),
        if_not_exists=True,
    )
    op.create_table(
        "sla_hours",
        sa.Column("service_id", _ID, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("minutes", sa.SmallInteger(), nullable=False),
        sa.Column("up", sa.SmallInteger(), nullable=False),
        sa.Column("down", sa.SmallInteger(), nullable=False),
        sa.Column("maint", sa.SmallInteger(), nullable=False),
        sa.Column("unknown", sa.SmallInteger(), nullable=False),
        sa.Column("off", sa.SmallInteger(), nullable=False),
        sa.Column("before", sa.SmallInteger(), nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("excess", sa.BigInteger(), nullable=False),
        sa.Column("within_50", sa.BigInteger(), nullable=False),
        sa.Column("within_100", sa.BigInteger(), nullable=False),
        sa.Column("within_150", sa.BigInteger(), nullable=False),
        sa.Column("within_200", sa.BigInteger(), nullable=False),
        sa.Column("within_300", sa.BigInteger(), nullable=False),
        sa.Column("within_500", sa.BigInteger(), nullable=False),
        sa.Column("within_750", sa.BigInteger(), nullable=False),
        sa.Column("within_1000", sa.BigInteger(), nullable=False),
        sa.Column("within_1500", sa.BigInteger(), nullable=False),
        sa.Column("within_2000", sa.BigInteger(), nullable=False),
        sa.Column("within_3000", sa.BigInteger(), nullable=False),
        sa.Column("within_5000", sa.BigInteger(), nullable=False),
        sa.Column("within_10000", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("good >= 0 AND good <= total", name="sla_hours_requests"),
        sa.CheckConstraint(
            "up + down + maint + unknown + off + before = 12 * minutes", name="sla_hours_slots"
        ),
        sa.ForeignKeyConstraint(["service_id"], ["sla_services.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("service_id", "start"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "sla_minutes",
        sa.Column("service_id", _ID, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("runs", sa.String(length=36), nullable=False),
        sa.Column("causes", sa.Text(), nullable=True),
        sa.Column("up", sa.SmallInteger(), nullable=False),
        sa.Column("down", sa.SmallInteger(), nullable=False),
        sa.Column("maint", sa.SmallInteger(), nullable=False),
        sa.Column("unknown", sa.SmallInteger(), nullable=False),
        sa.Column("off", sa.SmallInteger(), nullable=False),
        sa.Column("before", sa.SmallInteger(), nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("excess", sa.BigInteger(), nullable=False),
        sa.Column("within_50", sa.BigInteger(), nullable=False),
        sa.Column("within_100", sa.BigInteger(), nullable=False),
        sa.Column("within_150", sa.BigInteger(), nullable=False),
        sa.Column("within_200", sa.BigInteger(), nullable=False),
        sa.Column("within_300", sa.BigInteger(), nullable=False),
        sa.Column("within_500", sa.BigInteger(), nullable=False),
        sa.Column("within_750", sa.BigInteger(), nullable=False),
        sa.Column("within_1000", sa.BigInteger(), nullable=False),
        sa.Column("within_1500", sa.BigInteger(), nullable=False),
        sa.Column("within_2000", sa.BigInteger(), nullable=False),
        sa.Column("within_3000", sa.BigInteger(), nullable=False),
        sa.Column("within_5000", sa.BigInteger(), nullable=False),
        sa.Column("within_10000", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("good >= 0 AND good <= total", name="sla_minutes_requests"),
        sa.CheckConstraint(
            "up + down + maint + unknown + off + before = 12", name="sla_minutes_slots"
        ),
        sa.ForeignKeyConstraint(["service_id"], ["sla_services.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("service_id", "start"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "sla_packs",
        sa.Column("statement_id", _ID, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["statement_id"], ["sla_statements.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("statement_id", "language"),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("sla_packs")
    op.drop_table("sla_minutes")
    op.drop_table("sla_hours")
    op.drop_table("release_steps")
    op.drop_table("sla_statements")
    op.drop_table("sla_services")
    op.drop_table("releases")
    op.drop_table("rehearsal_runs")
    op.drop_table("rehearsal_reports")
    op.drop_table("minutes")
    op.drop_table("ledgers")
    op.drop_table("tenants")
    op.drop_table("settings")
    op.drop_table("rehearsals")
    op.drop_table("monitoring_data")
    op.drop_table("manifests")
    op.drop_table("leases")
    op.drop_table("answers")

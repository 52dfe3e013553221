"""Tenants have an owner, labels, a state and a history."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "tenant_history",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("tenant_id", sa.String(length=63), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("tenant_history_by_tenant", "tenant_history", ["tenant_id", "id"])
    with op.batch_alter_table("tenants") as batch:
        batch.add_column(
            sa.Column("owner", sa.String(length=200), nullable=False, server_default="")
        )
        batch.add_column(sa.Column("labels", sa.JSON(), nullable=False, server_default="{}"))
        batch.add_column(
            sa.Column("wanted", sa.String(length=8), nullable=False, server_default="up")
        )
        batch.add_column(
            sa.Column("state", sa.String(length=16), nullable=False, server_default="draft")
        )
        batch.add_column(
            sa.Column("state_since", sa.BigInteger(), nullable=False, server_default="0")
        )
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch.create_index("ix_tenants_state", ["state"])


def downgrade() -> None:
    with op.batch_alter_table("tenants") as batch:
        batch.drop_index("ix_tenants_state")
        batch.drop_column("version")
        batch.drop_column("state_since")
        batch.drop_column("state")
        batch.drop_column("wanted")
        batch.drop_column("labels")
        batch.drop_column("owner")

    op.drop_table("tenant_history")

"""Settings have names of up to 22 characters: PostgreSQL took none of more than 16."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("settings") as batch:
        batch.alter_column(
            "name",
            existing_type=sa.String(length=16),
            type_=sa.String(length=64),
            existing_nullable=False,
        )


def downgrade() -> None:
    op.execute("DELETE FROM settings WHERE length(name) > 16")
    with op.batch_alter_table("settings") as batch:
        batch.alter_column(
            "name",
            existing_type=sa.String(length=64),
            type_=sa.String(length=16),
            existing_nullable=False,
        )

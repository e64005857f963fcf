"""When somebody was last signed in, whatever becomes of their sessions; attempts that failed, for all replicas."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TIME = sa.DateTime(timezone=True)
LAST_SEEN = (
    "UPDATE operators SET signed_in_at = "
    "(SELECT max(seen_at) FROM operator_sessions WHERE operator_sessions.operator_id = operators.id)"
)


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("operators", sa.Column("signed_in_at", TIME, nullable=True))
    op.execute(LAST_SEEN)
    op.create_table(
        "failed_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failed_attempts"),
    )
    op.create_index("ix_failed_attempts_key_at", "failed_attempts", ["key", "at"], unique=False)
    op.create_index("ix_failed_attempts_at", "failed_attempts", ["at"], unique=False)


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("failed_attempts")
    # Not by a copy of the table, as SQLite needs it for less: with the old one all sessions would go.
    op.drop_column("operators", "signed_in_at")

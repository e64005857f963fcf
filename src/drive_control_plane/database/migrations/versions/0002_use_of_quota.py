"""What a connection used of the quota in a minute; the audit log by time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COUNTS = ("calls", "units", "refused", "records")


def upgrade() -> None:
    """Go to this revision."""
    for name in COUNTS:
        op.add_column("minute_counts", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("ix_audit_log_tenant_id_at", "audit_log", ["tenant_id", "at"], unique=False)


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_index("ix_audit_log_tenant_id_at", "audit_log")
    with op.batch_alter_table("minute_counts") as table:
        for name in reversed(COUNTS):
            table.drop_column(name)

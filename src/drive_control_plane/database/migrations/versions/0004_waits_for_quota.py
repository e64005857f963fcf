"""How long a connection was held back by quota in a minute, and what was believed to be allowed then."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("minute_counts", sa.Column("waited_seconds", sa.Double(), server_default="0", nullable=False))
    op.add_column("minute_counts", sa.Column("limit_per_minute", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_column("minute_counts", "limit_per_minute")
    op.drop_column("minute_counts", "waited_seconds")

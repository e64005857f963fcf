"""The first schema."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


_POSTGRESQL_GUARD = """
CREATE FUNCTION refuse_change_of_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$
"""


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "applied_offsets",
        sa.Column("topic", sa.String(length=249), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.String(length=64), nullable=False),
        sa.Column("following", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_applied_offsets")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=True),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=320), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_target_id", "audit_log", ["target", "id"], unique=False)
    op.create_index("ix_audit_log_tenant_id_id", "audit_log", ["tenant_id", "id"], unique=False)

    op.create_table(
        "tenants",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
    )
    op.create_table(
        "connections",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("account_email", sa.String(length=320), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "paused",
                "reauthorization_required",
                "disconnected",
                name="ConnectionStatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("status_at", TIME, nullable=True),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("schedule", JSON, nullable=False),
        sa.Column("next_run_at", TIME, nullable=True),
        sa.Column("last_run_at", TIME, nullable=True),
        sa.Column("last_success_at", TIME, nullable=True),
        sa.Column("last_change_at", TIME, nullable=True),
        sa.Column("push_healthy_until", TIME, nullable=True),
        sa.Column("push_due_at", TIME, nullable=True),
        sa.Column("push_failures", sa.Integer(), nullable=False),
        sa.Column("push_off_reason", sa.Text(), nullable=True),
        sa.Column("accepted_at", TIME, nullable=True),
        sa.Column("last_failure_at", TIME, nullable=True),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_connections_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
    )
    op.create_index(
        "ix_connections_due",
        "connections",
        ["next_run_at"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
        sqlite_where=sa.text("status = 'active'"),
    )
    op.create_index(
        "ix_connections_push_due",
        "connections",
        ["push_due_at"],
        unique=False,
        postgresql_where=sa.text("push_due_at IS NOT NULL"),
        sqlite_where=sa.text("push_due_at IS NOT NULL"),
    )
    op.create_index("ix_connections_tenant_id_account_id", "connections", ["tenant_id", "account_id"], unique=False)
    op.create_index(
        "ix_connections_tenant_id_created_at_id", "connections", ["tenant_id", "created_at", "id"], unique=False
    )

    op.create_table(
        "machine_clients",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("secret_hash", sa.String(length=200), nullable=False),
        sa.Column("previous_secret_hash", sa.String(length=200), nullable=True),
        sa.Column("previous_good_until", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("disabled_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_machine_clients_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine_clients")),
    )
    op.create_index("ix_machine_clients_tenant_id", "machine_clients", ["tenant_id"], unique=False)

    op.create_table(
        "operators",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "viewer", "operator", "administrator", name="Role", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("issuer", sa.String(length=300), nullable=True),
        sa.Column("subject", sa.String(length=300), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_operators_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("email", name=op.f("uq_operators_email")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_operators_issuer_subject")),
    )
    op.create_index("ix_operators_tenant_id", "operators", ["tenant_id"], unique=False)

    op.create_table(
        "setup_links",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "viewer", "operator", "administrator", name="Role", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_setup_links_tenant_id")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_setup_links")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("connection_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_alerts_connection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_connection_id_opened_at", "alerts", ["connection_id", "opened_at"], unique=False)

    op.create_table(
        "channels",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("connection_id", sa.String(length=64), nullable=False),
        sa.Column("corpus", sa.String(length=200), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("resource_id", sa.String(length=200), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("stopped_at", TIME, nullable=True),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("notified_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_channels_connection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
    )
    op.create_index("ix_channels_connection_id_corpus", "channels", ["connection_id", "corpus"], unique=False)
    op.create_index("ix_channels_expires_at", "channels", ["expires_at"], unique=False)

    op.create_table(
        "connect_flows",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("operator_id", sa.String(length=64), nullable=True),
        sa.Column("connection_id", sa.String(length=64), nullable=True),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("code_verifier", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_connect_flows_connection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_connect_flows_tenant_id")),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_connect_flows")),
    )
    op.create_index("ix_connect_flows_expires_at", "connect_flows", ["expires_at"], unique=False)

    op.create_table(
        "corpora",
        sa.Column("connection_id", sa.String(length=64), nullable=False),
        sa.Column("corpus", sa.String(length=200), nullable=False),
        sa.Column("snapshot_id", sa.String(length=32), nullable=True),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("ranges_done", sa.Integer(), nullable=False),
        sa.Column("ranges_total", sa.Integer(), nullable=False),
        sa.Column("eta_seconds", sa.Double(), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=True),
        sa.Column("held", sa.Integer(), nullable=True),
        sa.Column("lag_seconds", sa.Double(), nullable=True),
        sa.Column("lag_above_since", TIME, nullable=True),
        sa.Column("changes_at", TIME, nullable=True),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("heard_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_corpora_connection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", "corpus", name=op.f("pk_corpora")),
    )
    op.create_table(
        "credentials",
        sa.Column("connection_id", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "user", "service_account", name="CredentialKind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.String(length=320), nullable=True),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("granted_at", TIME, nullable=False),
        sa.Column("access_token", sa.LargeBinary(), nullable=True),
        sa.Column("access_expires_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_credentials_connection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_credentials")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=300), nullable=False),
        sa.Column("connection_id", sa.String(length=64), nullable=False),
        sa.Column("corpus", sa.String(length=200), nullable=False),
        sa.Column("snapshot_id", sa.String(length=32), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "running",
                "held",
                "done",
                "failed",
                name="JobStatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=True),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_jobs_connection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_connection_id_started_at", "jobs", ["connection_id", "started_at"], unique=False)

    op.create_table(
        "minute_counts",
        sa.Column("connection_id", sa.String(length=64), nullable=False),
        sa.Column("minute", TIME, nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("lag_seconds", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_minute_counts_connection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", "minute", name=op.f("pk_minute_counts")),
    )
    op.create_index("ix_minute_counts_minute", "minute_counts", ["minute"], unique=False)

    op.create_table(
        "operator_sessions",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_operator_sessions_operator_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_operator_sessions")),
    )
    op.create_index("ix_operator_sessions_expires_at", "operator_sessions", ["expires_at"], unique=False)
    op.create_index("ix_operator_sessions_operator_id", "operator_sessions", ["operator_id"], unique=False)

    op.create_table(
        "recent_errors",
        sa.Column("connection_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("retryable", sa.Boolean(), nullable=False),
        sa.Column("resource_type", sa.String(length=32), nullable=True),
        sa.Column("resource_id", sa.String(length=200), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_recent_errors_connection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", "code", name=op.f("pk_recent_errors")),
    )
    op.create_index(
        "ix_recent_errors_connection_id_seen_at", "recent_errors", ["connection_id", "seen_at"], unique=False
    )
    _guard_audit_log()


def _guard_audit_log() -> None:
    """Have the database itself refuse to change or delete an entry, whoever asks."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRESQL_GUARD)
        op.execute(
            "CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_log()"
        )
        return
    for deed in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_log_refuses_{deed.lower()} BEFORE {deed} ON audit_log "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        )
    # INSERT OR REPLACE deletes the row before, and fires no trigger of deletion.
    op.execute(
        "CREATE TRIGGER audit_log_refuses_replace BEFORE INSERT ON audit_log "
        "WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_recent_errors_connection_id_seen_at", "recent_errors")

    op.drop_table("recent_errors")
    op.drop_index("ix_operator_sessions_operator_id", "operator_sessions")
    op.drop_index("ix_operator_sessions_expires_at", "operator_sessions")

    op.drop_table("operator_sessions")
    op.drop_index("ix_minute_counts_minute", "minute_counts")

    op.drop_table("minute_counts")
    op.drop_index("ix_jobs_connection_id_started_at", "jobs")

    op.drop_table("jobs")
    op.drop_table("credentials")
    op.drop_table("corpora")
    op.drop_index("ix_connect_flows_expires_at", "connect_flows")

    op.drop_table("connect_flows")
    op.drop_index("ix_channels_expires_at", "channels")
    op.drop_index("ix_channels_connection_id_corpus", "channels")

    op.drop_table("channels")
    op.drop_index("ix_alerts_connection_id_opened_at", "alerts")

    op.drop_table("alerts")
    op.drop_table("setup_links")
    op.drop_index("ix_operators_tenant_id", "operators")

    op.drop_table("operators")
    op.drop_index("ix_machine_clients_tenant_id", "machine_clients")

    op.drop_table("machine_clients")
    op.drop_index("ix_connections_tenant_id_created_at_id", "connections")
    op.drop_index("ix_connections_tenant_id_account_id", "connections")
    op.drop_index(
        "ix_connections_push_due",
        "connections",
        postgresql_where=sa.text("push_due_at IS NOT NULL"),
        sqlite_where=sa.text("push_due_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_connections_due",
        "connections",
        postgresql_where=sa.text("status = 'active'"),
        sqlite_where=sa.text("status = 'active'"),
    )

    op.drop_table("connections")
    op.drop_table("tenants")
    op.drop_index("ix_audit_log_tenant_id_id", "audit_log")
    op.drop_index("ix_audit_log_target_id", "audit_log")

    op.drop_table("audit_log")
    op.drop_table("applied_offsets")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_of_audit_log()")

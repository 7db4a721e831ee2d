"""The tables every house has, the cases, the promises, the complaints, the vault."""

import sqlalchemy as sa
from alembic import op

from shared.database.tables import Instant, Key
from shared.migrations import create_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    create_plumbing()
    _create_cases()
    _create_promises()
    _create_vault()


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("key", Key, primary_key=True),
        sa.Column("kind", Key, primary_key=True),
        sa.Column("id", Key, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("opened_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("loan_ids", sa.LargeBinary, nullable=False),
        sa.Column("answered_at", Instant),
        sa.CheckConstraint("kind in ('hardship', 'dispute', 'complaint')", name="cases_kind_check"),
    )
    still_open = sa.text("answered_at is null")
    op.create_index("cases_open_idx", "cases", ["due_on", "kind", "key", "id"], postgresql_where=still_open)
    op.create_table(
        "complaints",
        sa.Column("key", Key, primary_key=True),
        sa.Column("complaint_id", Key, primary_key=True),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("raised_on", sa.Date, nullable=False),
    )
    op.create_index("complaints_raised_on_idx", "complaints", ["raised_on"])


def _create_promises() -> None:
    op.create_table(
        "promises",
        sa.Column("key", Key, primary_key=True),
        sa.Column("promise_id", Key, primary_key=True),
        sa.Column("loan_ids", sa.LargeBinary, nullable=False),
        sa.Column("amount", sa.Numeric, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("made_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("tolerance_days", sa.Integer, nullable=False),
        sa.Column("judged_from", Instant, nullable=False),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("contact_id", Key),
    )
    outcomes = "outcome in ('kept', 'partly_kept', 'broken', 'superseded')"
    op.create_table(
        "promise_standings",
        sa.Column("key", Key, primary_key=True),
        sa.Column("promise_id", Key, primary_key=True),
        sa.Column("outcome", sa.Text),
        sa.Column("paid", sa.Numeric, nullable=False),
        sa.Column("judged_on", sa.Date),
        sa.Column("superseded_by", Key),
        sa.CheckConstraint(outcomes, name="promise_standings_outcome_check"),
        sa.CheckConstraint("judged_on is null or outcome is not null", name="promise_standings_judged_check"),
    )


def _create_vault() -> None:
    op.create_table(
        "data_keys",
        sa.Column("key", Key, primary_key=True),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "texts",
        sa.Column("ref", sa.Uuid, primary_key=True),
        sa.Column("key", Key, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("written_at", Instant, nullable=False, server_default=sa.func.now()),
    )
    op.create_index("texts_written_at_idx", "texts", ["written_at"])
    op.create_table(
        "text_uses",
        sa.Column("ref", sa.Uuid, primary_key=True),
        sa.Column("key", Key, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("matter_id", Key, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("text_uses_key_idx", "text_uses", ["key", "at", "ref"])

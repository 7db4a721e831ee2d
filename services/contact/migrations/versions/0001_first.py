"""The tables every house has, the vault, attempts that only move forward, calendars, switches, holds."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.database.tables import Instant, Key
from shared.migrations import create_plumbing

revision = "0001"
down_revision = None

# What a sender, a provider or a person may make of an attempt. Whatever else is tried is refused, whoever tries it.
MOVES = (
    "reserved>sending", "reserved>cancelled", "reserved>rejected",
    "sending>accepted", "sending>rejected", "sending>unknown", "sending>cancelled",
    "unknown>accepted", "unknown>rejected", "unknown>written_off", "unknown>delivered", "unknown>undelivered",
    "unknown>expired", "accepted>delivered", "accepted>undelivered", "accepted>expired",
)  # fmt: skip
FORWARD = f"""
create function attempts_only_move_forward() returns trigger language plpgsql as $$
begin
    if old.state <> new.state and (old.state || '>' || new.state) <> all (array{list(MOVES)}) then
        raise exception 'an attempt only moves forward' using errcode = 'check_violation';
    end if;
    return new;
end $$
"""


def upgrade() -> None:
    """Create everything."""
    create_plumbing()
    _create_master_keys()
    _create_data_keys()
    _create_vault()
    _create_profiles()
    _create_reveals()
    _create_attempts()
    _create_withdrawals()
    _create_calendar_years()
    _create_calendars()
    _create_switches()
    _create_holds()
    _create_hold_endings()
    op.execute(FORWARD)
    op.execute(
        "create trigger only_forward before update on attempts "
        "for each row execute function attempts_only_move_forward()"
    )


def _create_master_keys() -> None:
    op.create_table(
        "master_keys",
        sa.Column("single", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("single", name="master_keys_single_check"),
        sa.PrimaryKeyConstraint("single", name="master_keys_pkey"),
    )


def _create_data_keys() -> None:
    op.create_table(
        "data_keys",
        sa.Column("key", Key, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("key", name="data_keys_pkey"),
    )


def _create_vault() -> None:
    op.create_table(
        "vault",
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("stated_at", Instant, nullable=False),
        sa.CheckConstraint("kind in ('name', 'phone', 'email', 'postal', 'device')", name="vault_kind_check"),
        sa.PrimaryKeyConstraint("ref", name="vault_pkey"),
    )
    op.create_index("vault_blind_idx", "vault", ["blind"])
    op.create_index("vault_key_idx", "vault", ["key"])


def _create_profiles() -> None:
    op.create_table(
        "profiles",
        sa.Column("key", Key, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("key", name="profiles_pkey"),
    )


def _create_reveals() -> None:
    op.create_table(
        "reveals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fields", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="reveals_pkey"),
    )
    op.create_index("reveals_key_idx", "reveals", ["key"])


def _create_attempts() -> None:
    op.create_table("attempts", *_attempt_columns(), *_attempt_constraints())
    op.create_index(
        "attempts_handed_over_key",
        "attempts",
        ["contact_id"],
        unique=True,
        postgresql_where=sa.text(
            "state in ('sending', 'accepted', 'unknown', 'delivered', 'undelivered', 'expired', 'written_off') "
            "or (state = 'rejected' and sending_at is not null and reason <> 'not-connected')"
        ),
    )
    op.create_index("attempts_planned_idx", "attempts", ["planned_on", "planned_currency"])
    op.create_index("attempts_key_idx", "attempts", ["key", "reserved_at"])
    op.create_index(
        "attempts_open_idx", "attempts", ["reserved_at"], postgresql_where=sa.text("state in ('reserved', 'sending')")
    )
    op.create_index("attempts_unknown_idx", "attempts", ["attempt_id"], postgresql_where=sa.text("state = 'unknown'"))
    op.create_index("attempts_unreported_idx", "attempts", ["attempt_id"], postgresql_where=sa.text("not reported"))


def _attempt_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("attempt_id", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("contact_id", Key, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", Key, nullable=False),
        sa.Column("address_ref", sa.Text()),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("template_version", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("strategy", sa.Text()),
        sa.Column("segment", sa.Text()),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        sa.Column("reserved_at", Instant, nullable=False),
        sa.Column("send_by", Instant),
        sa.Column("leased_by", sa.Text()),
        sa.Column("leased_until", Instant),
        sa.Column("request_hash", sa.LargeBinary()),
        sa.Column("text_hash", sa.LargeBinary()),
        sa.Column("sending_at", Instant),
        sa.Column("provider_ref", sa.Text()),
        sa.Column("planned_cost", sa.Numeric()),
        sa.Column("planned_currency", sa.Text()),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("cost", sa.Numeric()),
        sa.Column("currency", sa.Text()),
        sa.Column("settled_by", sa.Text()),
        sa.Column("receipt_at", Instant),
        sa.Column("look_ups", sa.Integer(), nullable=False),
        sa.Column("look_at", Instant),
        sa.Column("reported", sa.Boolean(), nullable=False),
    )


def _attempt_constraints() -> tuple[sa.Constraint, ...]:
    return (
        sa.CheckConstraint("state <> 'reserved' or sending_at is null", name="attempts_not_begun_check"),
        sa.CheckConstraint(
            "state <> 'written_off' or settled_by is not null", name="attempts_written_off_by_somebody_check"
        ),
        sa.CheckConstraint(
            "state in ('reserved', 'rejected', 'cancelled') or (sending_at is not null and request_hash is not null)",
            name="attempts_written_down_first_check",
        ),
        sa.CheckConstraint(
            "state in ('reserved', 'sending', 'accepted', 'rejected', 'unknown', 'delivered', 'undelivered', "
            "'expired', 'cancelled', 'written_off')",
            name="attempts_state_check",
        ),
        sa.CheckConstraint(
            "state not in ('rejected', 'unknown', 'cancelled') or reason is not null", name="attempts_reasoned_check"
        ),
        sa.CheckConstraint(
            "state not in ('delivered', 'undelivered', 'expired') or receipt_at is not null",
            name="attempts_received_check",
        ),
        sa.CheckConstraint("(cost is null) = (currency is null)", name="attempts_cost_in_a_currency_check"),
        sa.PrimaryKeyConstraint("attempt_id", name="attempts_pkey"),
        sa.UniqueConstraint("reference", name="attempts_reference_key"),
    )


def _create_withdrawals() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("attempt_id", Key, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name="withdrawals_pkey"),
    )


def _create_calendar_years() -> None:
    op.create_table(
        "calendar_years",
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("loaded_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("calendar", "year", name="calendar_years_pkey"),
    )


def _create_calendars() -> None:
    op.create_table(
        "calendars",
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("kind in ('holiday', 'working')", name="calendars_kind_check"),
        sa.PrimaryKeyConstraint("calendar", "day", name="calendars_pkey"),
    )


def _create_switches() -> None:
    op.create_table(
        "switches",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("value", Key, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.CheckConstraint("(scope = 'global') = (value = '')", name="switches_valued_check"),
        sa.CheckConstraint(
            "scope in ('global', 'channel', 'provider', 'strategy', 'segment', 'borrower')", name="switches_scope_check"
        ),
        sa.PrimaryKeyConstraint("scope", "value", name="switches_pkey"),
    )


def _create_holds() -> None:
    op.create_table(
        "holds",
        sa.Column("key", Key, nullable=False),
        sa.Column("hold_id", Key, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("placed_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("key", "hold_id", name="holds_pkey"),
    )
    op.create_index("holds_hold_id_idx", "holds", ["hold_id"])


def _create_hold_endings() -> None:
    op.create_table(
        "hold_endings",
        sa.Column("key", Key, nullable=False),
        sa.Column("hold_id", Key, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("key", "hold_id", name="hold_endings_pkey"),
    )

"""Contact's own tables: who can be reached where (sealed), what was reserved and sent, calendars, switches, holds."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    text,
)

from shared.database.tables import NAMING, Instant, Key

metadata = MetaData(naming_convention=NAMING)

# By which the one master key is known again: with another, every address would look tampered with.
master_keys = Table(
    "master_keys",
    metadata,
    Column("single", Boolean, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    CheckConstraint("single", name="single"),
)

# A borrower's data key, wrapped by the master key; erasure deletes the row, and with it what was sealed is noise.
data_keys = Table(
    "data_keys",
    metadata,
    Column("key", Key, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
)

# `blind` finds equal values without opening any; `stated_at` is machine time: the latest name of a borrower counts.
vault = Table(
    "vault",
    metadata,
    Column("ref", Uuid, primary_key=True),
    Column("key", Key, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("blind", LargeBinary, nullable=False),
    Column("stated_at", Instant, nullable=False),
    Index("vault_key_idx", "key"),
    Index("vault_blind_idx", "blind"),
    CheckConstraint("kind in ('name', 'phone', 'email', 'postal', 'device')", name="kind"),
)

# What borrowers answered: the words sealed, and beside them what each meant, for whoever has to read it.
reply_texts = Table(
    "reply_texts",
    metadata,
    Column("ref", Uuid, primary_key=True),
    Column("key", Key, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("sealed_at", Instant, nullable=False),
    Index("reply_texts_key_idx", "key"),
    Index("reply_texts_sealed_at_idx", "sealed_at"),
)
replies = Table(
    "replies",
    metadata,
    Column("reply_id", Key, primary_key=True),
    Column("key", Key, nullable=False),
    Column("channel", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("text_ref", Uuid, nullable=False),
    Column("received_at", Instant, nullable=False),
    Index("replies_text_ref_idx", "text_ref"),
)

# The profile as it stands, for reading; it names addresses by their reference alone.
profiles = Table(
    "profiles",
    metadata,
    Column("key", Key, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

reveals = Table(
    "reveals",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("key", Key, nullable=False),
    Column("principal", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("at", Instant, nullable=False),
    Index("reveals_key_idx", "key"),
)

STATES = (
    "reserved", "sending", "accepted", "rejected", "unknown", "delivered", "undelivered", "expired", "cancelled",
    "written_off",
)  # fmt: skip
# What may have reached a provider. Of one contact there is at most one such attempt, whoever asks for a second.
HANDED_OVER = (
    "state in ('sending', 'accepted', 'unknown', 'delivered', 'undelivered', 'expired', 'written_off') "
    "or (state = 'rejected' and sending_at is not null and reason <> 'not-connected')"
)

# `planned_cost` is the strategy's, `cost` the provider's; `planned_on` the business date of the reservation.
# `reserved_at` and `send_by` (exclusive) are business time. `leased_until`, `sending_at` and `look_at` are machine time
# by the database's clock, the one clock that all senders share. `reported` is false while the borrower's story does not
# tell it yet.
attempts = Table(
    "attempts",
    metadata,
    Column("attempt_id", Key, primary_key=True),
    Column("key", Key, nullable=False),
    Column("contact_id", Key, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("channel", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("reference", Key, nullable=False, unique=True),
    Column("address_ref", Text),
    Column("template", Text, nullable=False),
    Column("template_version", Text),
    Column("language", Text),
    Column("strategy", Text),
    Column("segment", Text),
    Column("figures", LargeBinary, nullable=False),
    Column("reserved_at", Instant, nullable=False),
    Column("send_by", Instant),
    Column("leased_by", Text),
    Column("leased_until", Instant),
    Column("request_hash", LargeBinary),
    Column("text_hash", LargeBinary),
    Column("sending_at", Instant),
    Column("provider_ref", Text),
    Column("planned_cost", Numeric),
    Column("planned_currency", Text),
    Column("planned_on", Date, nullable=False),
    Column("cost", Numeric),
    Column("currency", Text),
    Column("settled_by", Text),
    Column("receipt_at", Instant),
    Column("look_ups", Integer, nullable=False),
    Column("look_at", Instant),
    Column("reported", Boolean, nullable=False),
    Index("attempts_key_idx", "key", "reserved_at"),
    Index("attempts_planned_idx", "planned_on", "planned_currency"),
    Index("attempts_open_idx", "reserved_at", postgresql_where=text("state in ('reserved', 'sending')")),
    Index("attempts_unknown_idx", "attempt_id", postgresql_where=text("state = 'unknown'")),
    Index("attempts_unreported_idx", "attempt_id", postgresql_where=text("not reported")),
    Index("attempts_handed_over_key", "contact_id", unique=True, postgresql_where=text(HANDED_OVER)),
    CheckConstraint(f"state in ({', '.join(repr(state) for state in STATES)})", name="state"),
    CheckConstraint("state not in ('rejected', 'unknown', 'cancelled') or reason is not null", name="reasoned"),
    CheckConstraint(
        "state in ('reserved', 'rejected', 'cancelled') or (sending_at is not null and request_hash is not null)",
        name="written_down_first",
    ),
    CheckConstraint("state <> 'reserved' or sending_at is null", name="not_begun"),
    CheckConstraint("state <> 'written_off' or settled_by is not null", name="written_off_by_somebody"),
    CheckConstraint("state not in ('delivered', 'undelivered', 'expired') or receipt_at is not null", name="received"),
    CheckConstraint("(cost is null) = (currency is null)", name="cost_in_a_currency"),
)

# What the borrower's story no longer wants sent; the sender honours it while nothing was begun.
withdrawals = Table(
    "withdrawals",
    metadata,
    Column("attempt_id", Key, primary_key=True),
    Column("at", Instant, nullable=False),
)

calendar_years = Table(
    "calendar_years",
    metadata,
    Column("calendar", Text, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("loaded_at", Instant, nullable=False),
)

# Days that are not what their weekday says: holidays, and weekend days that were made work days.
calendars = Table(
    "calendars",
    metadata,
    Column("calendar", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    CheckConstraint("kind in ('holiday', 'working')", name="kind"),
)

switches = Table(
    "switches",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("value", Key, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("scope in ('global', 'channel', 'provider', 'strategy', 'segment', 'borrower')", name="scope"),
    CheckConstraint("(scope = 'global') = (value = '')", name="valued"),
)

# What providers told, each once under its own id; `told_at` is the provider's time, `received_at` the machine's.
receipts = Table(
    "receipts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("provider", Text, nullable=False),
    Column("webhook_id", Key, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("reference", Key, nullable=False),
    Column("signal", Text, nullable=False),
    Column("told_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),
    Index("receipts_webhook_key", "provider", "webhook_id", unique=True),
    Index("receipts_waiting_idx", "provider", "reference", "id", postgresql_where=text("outcome = 'waiting'")),
    Index("receipts_outcome_idx", "outcome", "id"),
    CheckConstraint("signal in ('accepted', 'delivered', 'undelivered', 'expired')", name="signal"),
    CheckConstraint(
        "outcome in ('waiting', 'applied', 'repeated', 'contradicted', 'unknown-reference')", name="outcome"
    ),
)

# What may be spent on contacts: the last word about a currency, period and day counts; None lifts the limit.
budgets = Table(
    "budgets",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("currency", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("amount", Numeric),
    Column("set_by", Text, nullable=False),
    Column("set_at", Instant, nullable=False),
    Index("budgets_effective_idx", "currency", "period", "effective_from", "id"),
    CheckConstraint("period in ('day', 'month')", name="period"),
    CheckConstraint("amount >= 0", name="amount"),
)

# Steps that wait, or waited, for a person's approval; and who gave it, the first time it was given.
approvals_wanted = Table(
    "approvals_wanted",
    metadata,
    Column("contact_id", Key, primary_key=True),
    Column("key", Key, nullable=False),
    Column("step", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
approvals = Table(
    "approvals",
    metadata,
    Column("contact_id", Key, primary_key=True),
    Column("key", Key, nullable=False),
    Column("step", Text, nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    Column("key", Key, primary_key=True),
    Column("hold_id", Key, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Index("holds_hold_id_idx", "hold_id"),
)

hold_endings = Table(
    "hold_endings",
    metadata,
    Column("key", Key, primary_key=True),
    Column("hold_id", Key, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

"""Feedback's own tables: what waits for an answer, what was promised and became of it, and the vault for free text."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from shared.database.tables import NAMING, Instant, Key

metadata = MetaData(naming_convention=NAMING)

# One row a case, for the desks; open while `answered_at` is null. A `due_on` of infinity is no deadline.
cases = Table(
    "cases",
    metadata,
    Column("key", Key, primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("loan_ids", LargeBinary, nullable=False),
    Column("answered_at", Instant),
    Index("cases_open_idx", "due_on", "kind", "key", "id", postgresql_where=text("answered_at is null")),
    CheckConstraint("kind in ('hardship', 'dispute', 'complaint')", name="kind"),
)

# What was promised, written once; `loan_ids` is JSON, because rows come in as one array a column.
promises = Table(
    "promises",
    metadata,
    Column("key", Key, primary_key=True),
    Column("promise_id", Key, primary_key=True),
    Column("loan_ids", LargeBinary, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("made_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("tolerance_days", Integer, nullable=False),
    Column("judged_from", Instant, nullable=False),
    Column("via", Text, nullable=False),
    Column("contact_id", Key),
)

# What became of it so far: no row before money has come or a verdict has fallen. `paid` is what had come by then.
promise_standings = Table(
    "promise_standings",
    metadata,
    Column("key", Key, primary_key=True),
    Column("promise_id", Key, primary_key=True),
    Column("outcome", Text),
    Column("paid", Numeric, nullable=False),
    Column("judged_on", Date),
    Column("superseded_by", Key),
    CheckConstraint("outcome in ('kept', 'partly_kept', 'broken', 'superseded')", name="outcome"),
    CheckConstraint("judged_on is null or outcome is not null", name="judged"),
)

complaints = Table(
    "complaints",
    metadata,
    Column("key", Key, primary_key=True),
    Column("complaint_id", Key, primary_key=True),
    Column("category", Text, nullable=False),
    Column("raised_on", Date, nullable=False),
    Index("complaints_raised_on_idx", "raised_on"),
)

# A borrower's data key, wrapped by the master key; without its row, what was sealed with it is noise.
data_keys = Table(
    "data_keys",
    metadata,
    Column("key", Key, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

# Sealed texts; `written_at` is machine time by the database's clock.
texts = Table(
    "texts",
    metadata,
    Column("ref", Uuid, primary_key=True),
    Column("key", Key, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("written_at", Instant, nullable=False, server_default=func.now()),
    Index("texts_written_at_idx", "written_at"),
)

# Which matter took a text up, written with the command that carried its reference.
text_uses = Table(
    "text_uses",
    metadata,
    Column("ref", Uuid, primary_key=True),
    Column("key", Key, nullable=False),
    Column("command", Text, nullable=False),
    Column("matter_id", Key, nullable=False),
    Column("at", Instant, nullable=False),
    Index("text_uses_key_idx", "key", "at", "ref"),
)

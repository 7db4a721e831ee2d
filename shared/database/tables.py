"""The tables that every house has; its own stand in its `tables.py`."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "pk": "%(table_name)s_pkey",
}
plumbing = MetaData(naming_convention=NAMING)

Key = Text(collation="C")
Instant = DateTime(timezone=True)

subjects = Table(
    "subjects",
    plumbing,
    Column("key", Key, primary_key=True),
    Column("said", BigInteger, nullable=False),
    Column("last_id", Uuid),
    Column("heard", ARRAY(BigInteger), nullable=False),
    Column("heard_ids", ARRAY(Uuid), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("schema", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("wake_at", Instant),
    Index("subjects_wake_at_idx", "wake_at", postgresql_where=text("wake_at is not null")),
)

announcements = Table(
    "announcements",
    plumbing,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("key", Key, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("previous", Uuid),
    Column("type", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("basis", Text, nullable=False),
    Column("causation_id", Uuid),
    Column("correlation_id", Uuid),
    Column("traceparent", Text),
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("key", "number"),
    CheckConstraint("(number = 1) = (previous is null)", name="chained"),
)

# No foreign keys to announcements: the statement that inserts an announcement inserts its id here, and announcements
# are never deleted.
unpublished = Table("unpublished", plumbing, Column("id", BigInteger, primary_key=True, autoincrement=False))
published = Table(
    "published",
    plumbing,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("id", BigInteger, nullable=False, unique=True),
)

# `said` is the last number said once the entry was applied; `edition` is null where nothing was decided.
journal = Table(
    "journal",
    plumbing,
    Column("key", Key, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text),
    Column("number", BigInteger),
    Column("event_id", Uuid),
    Column("now", Instant, nullable=False),
    Column("said", BigInteger, nullable=False),
    Column("edition", BigInteger),
    Column("body", LargeBinary),
    Column("context", LargeBinary),
)

# Rules as they were in force (JSON), for whoever takes a decision again; versions name them.
rulebooks = Table(
    "rulebooks",
    plumbing,
    Column("name", Key, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

# What each edition in the journal stands for: the versions (JSON) of the rules and models that decisions were taken
# under. Kept once, because most decisions say nothing, and then no basis names them.
editions = Table(
    "editions",
    plumbing,
    Column("edition", BigInteger, primary_key=True, autoincrement=False),
    Column("versions", Text, nullable=False),
)

gaps = Table(
    "gaps",
    plumbing,
    Column("key", Key, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("seen", BigInteger, nullable=False),
)

parked = Table(
    "parked",
    plumbing,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("key", Key, nullable=False),
    Column("source", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("event_id", Uuid),
    Column("type", Text, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("key", "source"),
)

# The digest (SHA-256 of key, value and headers) stands beside the place: a topic made anew counts its offsets afresh.
dead_letters = Table(
    "dead_letters",
    plumbing,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    Column("value_bytes", BigInteger, nullable=False),
    Column("headers", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("topic", "partition", "offset", "digest"),
)

# What operators did about what was set aside. `at` is business time, `recorded_at` the machine's; `was` is what the
# lists showed of the item, for the item itself is gone.
operator_acts = Table(
    "operator_acts",
    plumbing,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("operator", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("item_id", BigInteger, nullable=False),
    Column("was", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reference", Text),
    UniqueConstraint("item", "item_id"),
    CheckConstraint(
        "(item = 'parked' and act in ('released', 'replaced', 'discarded'))"
        " or (item = 'dead-letter' and act in ('retried', 'discarded'))",
        name="act_fits_item",
    ),
    CheckConstraint("reason <> 'other' or reference is not null", name="other_is_told_elsewhere"),
)

commands = Table(
    "commands",
    plumbing,
    Column("principal", Key, primary_key=True),
    Column("idempotency_key", Key, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False),
    Index("commands_at_idx", "at"),
)

clock = Table(
    "clock",
    plumbing,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    Column("now", Instant, nullable=False),
    CheckConstraint("single", name="one_row"),
)

# How far the long poll of each source has come, where there is no broker.
hearing = Table(
    "hearing",
    plumbing,
    Column("source", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

APPEND_ONLY = ("announcements", "journal", "editions", "rulebooks", "operator_acts")

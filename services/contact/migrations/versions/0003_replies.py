"""What borrowers answered."""

import sqlalchemy as sa
from alembic import op

from shared.database.tables import Instant, Key

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables of replies and of their sealed words."""
    op.create_table(
        "reply_texts",
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("ref", name="reply_texts_pkey"),
    )
    op.create_index("reply_texts_key_idx", "reply_texts", ["key"])
    op.create_index("reply_texts_sealed_at_idx", "reply_texts", ["sealed_at"])
    op.create_table(
        "replies",
        sa.Column("reply_id", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("text_ref", sa.Uuid(), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("reply_id", name="replies_pkey"),
    )
    op.create_index("replies_text_ref_idx", "replies", ["text_ref"])

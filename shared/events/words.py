"""The closed words that more than one topic speaks, and what is known of a contact wherever it is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from shared.events.base import Checked, Code, Currency, Identifier
from shared.money import Money

Channel: TypeAlias = Literal[
    "app", "complaint", "email", "furnish_credit_bureau", "im_group", "im_private_account", "in_call_utterance",
    "inbound_phone_script", "mail", "phone", "portal", "portal_in_session", "postcard", "push", "ringless_voicemail",
    "sms", "social_public", "visit", "visit_card", "voice_bot", "voicemail",
]  # fmt: skip
Direction: TypeAlias = Literal["in", "out"]
Language: TypeAlias = Literal["zh-CN", "en"]
Confidence: TypeAlias = Literal["low", "medium", "high"]

Purpose: TypeAlias = Literal[
    "acquire_location", "answer_in_session", "ask_consent_to_continue", "auto_reply", "collect_debt",
    "complete_dropped_conversation", "confirm_opt_out", "education", "legally_required_notice",
    "legally_required_statement", "notify_intended_remedy", "one_time_discount", "ongoing_liability", "relay_request",
    "reminder_before_due", "reply_to_debtor", "requested_reminder", "statutory_notice_CCA1974", "warn_of_imminent_fee",
]  # fmt: skip

Recipient: TypeAlias = Literal[
    "debtor", "joint_debtor", "guarantor", "spouse", "attorney", "debt_adviser", "representative", "contact_person",
    "third_party", "nobody", "unknown",
]  # fmt: skip

Outcome: TypeAlias = Literal[
    "busy_signal", "cease_communication_received", "consent_to_calls", "conversation", "debtor_absent",
    "debtor_request", "delivered", "in_progress", "left_limited_content_message", "number_not_in_service",
    "rang_no_answer", "received", "recorded_call", "returned_undeliverable", "sent", "session_closed", "session_open",
    "third_party_refused", "unknown", "voicemail_left", "voicemail_reached_no_ring_no_message", "wrong_person",
]  # fmt: skip

Handling: TypeAlias = Literal["standard", "pay_date", "short_relief", "long_relief", "affordability", "care", "verify"]
"""How a stated cause is to be handled; the cause itself never leaves feedback."""

Support: TypeAlias = Literal[
    "extra_time", "interpreter", "large_print", "no_contact", "no_phone", "person_only", "representative",
    "specialist", "third_party_present", "written_only",
]  # fmt: skip
"""What a vulnerable borrower needs of us; the reason for it never leaves feedback."""


@dataclass(frozen=True, slots=True)
class Amount(Checked):
    """Money in one currency."""

    amount: Money
    currency: Currency


@dataclass(frozen=True, slots=True)
class PastContact(Checked):
    """A contact that somebody made before we could have announced it; `by` is the lender or an agency."""

    at: datetime
    channel: Channel
    outcome: Outcome
    direction: Direction = "out"
    by: Code | None = None
    recipient: Recipient = "debtor"
    loan_ids: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope(Checked):
    """How far a hold, a stop or a consent reaches: everything, or what the one field that belongs to `kind` names."""

    kind: Literal["everything", "loans", "channel", "address", "place", "segment"]
    loan_ids: tuple[Identifier, ...] = ()
    channel: Channel | None = None
    address_ref: Identifier | None = None
    place: Literal["home", "work", "other"] | None = None
    segment: Code | None = None

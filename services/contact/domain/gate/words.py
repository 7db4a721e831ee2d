"""The closed lists of words that a contact check is made of; an unknown word in a closed field is refused.

The lists hold what the shipped packs and their sources speak of; whatever is about a person's circumstances is a code.
"""

from typing import Annotated, Final, TypeAlias

from services.contact.domain.gate.reading import AnyOf, OneOf

CALLS: Final = frozenset({"phone", "voicemail", "ringless_voicemail"})
MESSAGES: Final = frozenset({"email", "sms", "push", "im_private_account", "im_group"})
PAPER: Final = frozenset({"mail", "postcard", "visit_card"})
IN_SESSION: Final = frozenset({"in_call_utterance", "portal_in_session"})
OUTBOUND: Final = CALLS | MESSAGES | PAPER | {"visit", "social_public"}
CONTACTS: Final = OUTBOUND | IN_SESSION
PROPOSED_CHANNELS: Final = CONTACTS | {"furnish_credit_bureau", "inbound_phone_script"}
PAST_CHANNELS: Final = PROPOSED_CHANNELS | {"complaint", "portal"}
CHANNEL_GROUPS: Final = {
    "calls": CALLS,
    "messages": MESSAGES,
    "paper": PAPER,
    "in_session": IN_SESSION,
    "outbound": OUTBOUND,
    "contacts": CONTACTS,
}
MEDIA: Final = {
    "voicemail": "phone",
    "ringless_voicemail": "phone",
    "in_call_utterance": "phone",
    "inbound_phone_script": "phone",
    "portal_in_session": "portal",
    "postcard": "mail",
    "visit_card": "visit",
}
"""The medium a channel uses, where it is not the channel itself."""

UNCONNECTED: Final = frozenset({"busy_signal", "number_not_in_service", "wrong_number"})
UNANSWERED: Final = UNCONNECTED | {"rang_no_answer", "voicemail_reached_no_ring_no_message"}
UNREACHED: Final = UNANSWERED | {"debtor_absent", "returned_undeliverable"}
TALKS: Final = frozenset({"conversation", "recorded_call", "in_progress", "third_party_refused"})
OUTCOMES: Final = UNREACHED | TALKS | {
    "cease_communication_received", "consent_to_calls", "debtor_request", "delivered", "last_collection_activity",
    "left_limited_content_message", "received", "sent", "session_closed", "session_open",
}  # fmt: skip

PURPOSES: Final = frozenset({
    "acquire_location", "answer_in_session", "ask_consent_to_continue", "auto_reply", "closing_notice", "collect_debt",
    "complete_dropped_conversation", "confirm_opt_out", "legally_required_notice", "legally_required_statement",
    "notify_intended_remedy", "offer_improvement", "one_time_discount", "ongoing_liability", "relay_request",
    "reply_to_debtor", "requested_reminder", "statutory_notice_CCA1974", "warn_of_imminent_fee",
})  # fmt: skip
RECIPIENTS: Final = frozenset({
    "attorney", "confirmed_successor", "consumer_reporting_agency", "creditor", "debt_adviser", "debtor",
    "estate_representative", "guarantor", "guardian", "parent_of_minor", "spouse",
})  # fmt: skip
THIRD_PARTY: Final = "third_party"
FLAGS: Final = frozenset({
    "any_representative", "attempt_to_collect_debt", "business_name", "business_seal", "confirmation_only",
    "contact_details", "contact_person", "deadline_controlled_by_collector", "debt_revealing_name_visible",
    "department_name_reveals_debt", "extra_charge", "impersonates_judicial_body", "implies_missed_delivery",
    "inflated_amount", "information_will_be_used", "invented_blacklist", "mentions_debt", "message_time",
    "name_and_balance", "new_borrowing", "no_debt_information", "opt_out_included", "payment_link", "phone_number",
    "publishes_private_matter", "reason_and_legal_basis", "reply_request", "reply_times", "rights_and_duties",
    "salutation", "says_debt_collector", "threat", "threatens_suit", "ways_to_check_pay_object",
})  # fmt: skip
LANGUAGE_FLAG: Final = "from_debt_collector:"
DEBT_TYPES: Final = frozenset({
    "consumer_finance_company_loan", "credit_card", "medical", "mortgage", "online_consumer_loan", "secured_ongoing",
    "student_loan",
})  # fmt: skip
PREFERENCES: Final = frozenset({
    "address_block", "agreed_attempts", "agreed_contact_time", "channel_block", "consent_out_of_hours",
    "employer_prohibits", "inconvenient_days", "inconvenient_place", "inconvenient_slot", "no_work_calls",
    "preferred_window",
})  # fmt: skip
HOLD_KINDS: Final = frozenset({
    "bankruptcy", "bereavement", "breathing_space", "capacity", "crisis", "debt_advice", "deceased", "disaster",
    "dispute", "hardship", "hardship_suspension", "identity_theft", "mental_capacity", "minor", "payment_claimed",
    "plan_kept", "regulator", "sensitive_occasion",
})  # fmt: skip
HOLD_TYPES: Final = frozenset({"bereavement", "disaster", "festival", "wedding"})
HOLD_CAUSES: Final = frozenset({
    "family_death", "family_hospitalisation", "hospitalisation", "special_disaster_area", "surgery",
})  # fmt: skip
TASKS: Final = frozenset({
    "complaint_answer_due", "create_plan", "hardship_reply_due", "retain_record_until", "retain_recording_until",
    "retain_records_until", "validation_notice_due", "validation_period_end",
})  # fmt: skip
PLACES: Final = frozenset({"home", "work"})
ACTORS: Final = frozenset({"lender", "agency", "unstated"})

ProposedChannel: TypeAlias = Annotated[str, OneOf(PROPOSED_CHANNELS)]
PastChannel: TypeAlias = Annotated[str, OneOf(PAST_CHANNELS)]
Outcome: TypeAlias = Annotated[str, OneOf(OUTCOMES)]
Purpose: TypeAlias = Annotated[str, OneOf(PURPOSES)]
Recipient: TypeAlias = Annotated[str, OneOf(RECIPIENTS, (r"third_party:[a-z_]{1,40}",))]
Flag: TypeAlias = Annotated[str, OneOf(FLAGS, (r"from_debt_collector:[a-z]{2,3}(-[A-Za-z]{2,4})?",))]
Actor: TypeAlias = Annotated[str, OneOf(frozenset({"lender"}), (r"agency[_:][A-Za-z0-9_-]{1,64}",))]
Language: TypeAlias = Annotated[str, OneOf(frozenset(), (r"[a-z]{2,3}(-[A-Za-z]{2,4})?",))]
DebtType: TypeAlias = Annotated[str, OneOf(DEBT_TYPES)]
Task: TypeAlias = Annotated[str, OneOf(TASKS)]
Place: TypeAlias = Annotated[str, OneOf(PLACES)]

Channels: TypeAlias = Annotated[frozenset[str], AnyOf(PAST_CHANNELS, CHANNEL_GROUPS)]
Purposes: TypeAlias = Annotated[frozenset[str], AnyOf(PURPOSES)]
Roles: TypeAlias = Annotated[frozenset[str], AnyOf(RECIPIENTS | {THIRD_PARTY})]
Outcomes: TypeAlias = Annotated[frozenset[str], AnyOf(OUTCOMES)]


def medium_of(channel: str) -> str:
    """The medium that *channel* uses: a voicemail is the telephone, a postcard is mail."""
    return MEDIA.get(channel, channel)

"""The guards of the protocol, taken away one at a time: what must break then, and where in the code each stands."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Removal:
    """Guards taken away in a scene, the property that must break then, and where in the code the guard stands."""

    guards: tuple[str, ...]
    scene: str
    breaks: str | None
    where: tuple[str, ...]
    reason: str

    @property
    def name(self) -> str:
        """The guards, as -D takes them away."""
        return " + ".join(self.guards)


REMOVALS: Final = (
    Removal(
        ("CURSOR_INSTEAD_OF_OUTBOX",),
        "queue",
        "never_heard",
        ("shared/announcements/said.py: announce", "shared/relay.py: Relay.publish_some"),
        "A relay that remembers the last id it published skips what was committed later under a lower id.",
    ),
    Removal(
        ("NO_OUTBOX",),
        "between two audits",
        "never_heard",
        ("shared/announcements/said.py: announce",),
        "Who publishes after the commit, from memory, dies in between.",
    ),
    Removal(
        ("DELETE_BEFORE_ACK",),
        "between two audits",
        "never_heard",
        ("shared/relay.py: Relay.publish_some", "shared/relay.py: KafkaPublisher.publish"),
        "What is taken off the queue before the broker has it is published by nobody.",
    ),
    Removal(
        ("OFFSET_BEFORE_COMMIT",),
        "between two audits",
        "never_heard",
        ("shared/consumer/kafka.py: KafkaConsumer._round",),
        "The group goes on behind a record whose transaction was rolled back.",
    ),
    Removal(
        ("NO_NUMBER_CHECK",),
        "hearing",
        "applied_twice",
        ("shared/fold/subject.py: Subject.standing_of",),
        "Two members that share a partition hear the same record.",
    ),
    Removal(
        ("NO_ROW_LOCK",),
        "two sources",
        "parked_for_nothing",
        ("shared/fold/rows.py: lock_subjects",),
        "Two transactions write one row; the journal's key refuses the second, which is then parked though nothing is "
        "wrong with it.",
    ),
    Removal(
        ("NO_ROW_LOCK", "NO_JOURNAL_KEY"),
        "hearing",
        "applied_twice",
        ("shared/fold/rows.py: lock_subjects", "shared/fold/apply.py: _Shell._record"),
        "With neither, both transactions apply the same record.",
    ),
    Removal(
        ("NO_ID_CHECK",),
        "restored source",
        "fork_swallowed",
        ("shared/fold/subject.py: Subject.standing_of",),
        "The last number heard comes again with other content, and passes for a repeat.",
    ),
    Removal(
        ("NO_PREVIOUS_CHECK",),
        "restored source",
        "out_of_order",
        ("shared/fold/subject.py: Subject.standing_of",),
        "The next number is taken from a story that parted from the one heard.",
    ),
    Removal(
        ("IDS_BY_NUMBER",),
        "restored source",
        "fork_swallowed",
        ("shared/ids.py: chained_id", "shared/announcements/said.py: chain"),
        "An id made of key and number alone, not of the content and the id before, is the same for another story.",
    ),
    Removal(
        ("NO_OLD_ID_CHECK",),
        "restored source",
        "fork_swallowed",
        ("shared/fold/subject.py: Subject.standing_of", "shared/fold/rows.py: recall_earlier"),
        "A number below the last one heard comes again with other content, and passes for a repeat.",
    ),
    Removal(
        ("HEADS_ARE_NUMBERS",),
        "restored source, pulled",
        "contacted_unheard",
        ("shared/heads.py: Heads.are_heard", "services/contact/store/hearing.py: _heard_out"),
        "A restored source says less than was heard of it, or as much, and yet what it says is unheard.",
    ),
    Removal(
        ("AUDIT_BY_NUMBER",),
        "restored source, pulled",
        "never_heard",
        ("shared/pull.py: Pull._compare", "shared/heads.py: Heads.are_heard"),
        "A restored source that says less than was heard of it is not behind by number, and nobody asks further.",
    ),
    Removal(
        ("NO_GAP_NOTE",),
        "between two audits",
        "never_heard",
        ("shared/fold/batch.py: Batch._sift", "shared/consumer/hearing.py: hear"),
        "A number that is dropped without a note is missed by nobody.",
    ),
    Removal(
        ("NO_GAP_PULL",),
        "hearing",
        "never_heard",
        ("shared/pull.py: Pull.close_gaps",),
        "A row that stayed locked makes a gap that nothing closes.",
    ),
    Removal(
        ("NO_LOST_TAIL_AUDIT",),
        "restored hearer",
        "never_heard",
        ("shared/pull.py: Pull.audit",),
        "A hearer that was restored never hears again what the group's offset has passed.",
    ),
    Removal(
        ("NO_HEADS_CHECK",),
        "reserving",
        "contacted_unheard",
        ("services/contact/domain/reserving.py: is_heard_out", "services/contact/store/hearing.py: hearings"),
        "A contact is reserved while an accepted payment waits to be heard.",
    ),
    Removal(
        ("UNREACHABLE_IS_QUIET",),
        "reserving",
        "contacted_unheard",
        ("services/contact/timers.py: Ask._heads", "services/contact/store/hearing.py: _heard_out"),
        "A source that does not answer has not said that there is nothing.",
    ),
    Removal(
        ("NO_ATTEMPT_BEFORE_CALL",),
        "sending",
        "handed_over_twice",
        ("services/contact/sender/loop.py: Sender._begin", "services/contact/store/attempts.py: begin"),
        "A sender dies in its call, and the attempt still looks as if nothing had begun.",
    ),
    Removal(
        ("RESEND_SENDING",),
        "sending",
        "handed_over_twice",
        ("services/contact/store/attempts.py: claim", "services/contact/store/attempts.py: begin"),
        "An attempt whose call nobody answered for may have gone out.",
    ),
    Removal(
        ("RETRY_UNCLEAR", "NO_HANDED_OVER_CHECK"),
        "sending",
        "handed_over_twice",
        ("services/contact/domain/contacting.py: note_uncertain", "services/contact/store/attempts.py: begin"),
        "Where the answer is unclear, another attempt may be the second.",
    ),
    Removal(
        ("NO_STATE_CHECK", "NO_LEASE_CHECK"),
        "sending",
        "handed_over_twice",
        ("services/contact/store/attempts.py: begin",),
        "A sender whose lease was taken over begins what the other has sent.",
    ),
    Removal(
        ("NO_WITHDRAWN_CHECK",),
        "sending",
        "sent_though_settled",
        ("services/contact/store/rows.py: Routes.rows_of", "services/contact/store/attempts.py: begin"),
        "A reservation outlives the payment that contact has heard since.",
    ),
    Removal(
        ("NO_INTERRUPT",),
        "sending",
        "left_open",
        ("services/contact/store/attempts.py: tidy",),
        "An attempt whose sender died is `sending` for ever, and nobody is told.",
    ),
    Removal(
        ("NO_GAP_PULL",),
        "in the end, restored",
        "heard",
        ("shared/pull.py: Pull.close_gaps",),
        "Without the pull there is an end in which something is not heard.",
    ),
)

SECOND_LINES: Final = (
    Removal(
        ("NO_RELAY_LOCK",), "publishing", None, ("shared/relay.py: Relay._lead",), "Numbers make repeats harmless."
    ),
    Removal(
        ("NO_JOURNAL_KEY",),
        "two sources",
        None,
        ("shared/fold/apply.py: _Shell._record",),
        "Behind the row lock: no two transactions read the same position.",
    ),
    Removal(
        ("NO_PARKED_CHECK",),
        "restored source, pulled",
        None,
        ("services/contact/store/hearing.py: hearings",),
        "Behind the heads: what is parked is not heard.",
    ),
    Removal(
        ("NO_STATE_CHECK",),
        "sending",
        None,
        ("services/contact/store/attempts.py: begin",),
        "Behind the lease: whoever lost it begins nothing.",
    ),
    Removal(
        ("NO_LEASE_CHECK",),
        "sending",
        None,
        ("services/contact/store/attempts.py: begin",),
        "Behind the state: what has begun is not begun again.",
    ),
    Removal(
        ("NO_HANDED_OVER_CHECK",),
        "sending",
        None,
        ("services/contact/store/attempts.py: begin",),
        "Behind the story, which reserves no second attempt while the first may have gone out.",
    ),
    Removal(
        ("RETRY_UNCLEAR",),
        "sending",
        None,
        ("services/contact/domain/contacting.py: note_uncertain",),
        "Behind the attempts: a second one does not begin beside the first.",
    ),
)

LIMITS: Final = (
    Removal(
        ("SETBACKS=1",),
        "sending",
        "handed_over_twice",
        (),
        "Contact's own database restored from a backup knows nothing of what it handed over since.",
    ),
)

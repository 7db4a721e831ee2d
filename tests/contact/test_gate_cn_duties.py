"""The default pack, China mainland: deadlines, keeping times, and the duties of the house."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.contact.domain.gate.calendars import Calendar
from services.contact.domain.gate.case import Party
from services.contact.domain.gate.deciding import decide_contact
from services.contact.domain.gate.stated import parse_case
from tests.contact.gate_builders import PACKS, case_of, decide, past, propose

COMPLAINT = past("2026-03-10T10:00", "received", "complaint", direction="in")
FINANCE = {"debts": [{"id": "D1", "type": "consumer_finance_company_loan"}]}
ONLINE = {"debts": [{"id": "D1", "type": "online_consumer_loan"}]}
RECORDED = past("2026-03-10T10:00", "recorded_call")
DATES = {
    "a simple complaint": ("complaint_answer_due", {}, [COMPLAINT | {"complexity": "simple"}], "2026-03-25"),
    "a complex complaint": ("complaint_answer_due", {}, [COMPLAINT | {"complexity": "complex"}], "2026-04-09"),
    "a complaint nobody weighed": ("complaint_answer_due", {}, [COMPLAINT], "2026-03-25"),
    "a complaint at night, by its local date": (
        "complaint_answer_due",
        {},
        [COMPLAINT | {"at": "2026-03-10T00:30"}],
        "2026-03-25",
    ),
    "a card recording": ("retain_recording_until", {}, [RECORDED], "2028-03-10"),
    "another recording": ("retain_recording_until", ONLINE, [RECORDED], "2031-03-10"),
    "a recording of an unknown debt: the longest wins": (
        "retain_recording_until",
        {"debts": [{"id": "D1"}]},
        [RECORDED],
        "2031-03-10",
    ),
    "a finance company's record": ("retain_record_until", FINANCE, [RECORDED], "2031-03-10"),
}
REQUEST = [past("2026-09-28T10:00", "debtor_request", direction="in")]
WORK_DAYS = Calendar(
    "CN",
    "test",
    years=frozenset({2026}),
    holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
    working=frozenset({date(2026, 10, 10)}),
)
PARTIES = {
    "all in order": (
        Party(
            listed=True, borrower_told_on=date(2026, 3, 1), evaluated_on=date(2025, 3, 10), trained_on=date(2025, 3, 10)
        ),
        None,
    ),
    "not listed": (Party(listed=False), "CN-CBA2026-whitelist"),
    "told today": (Party(borrower_told_on=date(2026, 3, 10)), None),
    "told tomorrow": (Party(borrower_told_on=date(2026, 3, 11)), "CN-CONS-41"),
    "evaluated a year and two days ago": (Party(evaluated_on=date(2025, 3, 8)), "CN-GBT45251-agency-eval"),
    "trained a year and two days ago": (Party(trained_on=date(2025, 3, 8)), "CN-GBT45251-training"),
}


@pytest.mark.parametrize(("task", "debtor", "history", "day"), DATES.values(), ids=DATES)
def test_the_chinese_pack_computes_its_dates(task, debtor, history, day):
    found = decide(case_of("CN", {"task": task}, history, debtor))
    assert (found.decision, found.computed.isoformat()) == ("compute", day)


def test_relief_is_answered_in_seven_work_days_with_made_up_saturdays():
    found = decide(case_of("CN", {"task": "hardship_reply_due"}, REQUEST), calendars={"CN": WORK_DAYS})
    assert (found.decision, found.computed) == ("compute", date(2026, 10, 13))


@pytest.mark.parametrize("calendars", [None, {"CN": Calendar("CN", "test", years=frozenset({2025}))}])
def test_a_missing_calendar_year_blocks_and_is_flagged(calendars):
    found = decide(case_of("CN", {"task": "hardship_reply_due"}, REQUEST), calendars=calendars)
    assert (found.decision, found.rule, found.flags) == ("deny", "CN-GBT45251-hardship", ("calendar-missing",))


def test_a_task_without_its_event_is_for_a_person():
    found = decide(case_of("CN", {"task": "complaint_answer_due"}))
    assert (found.decision, found.flags) == ("review", ("event-missing",))


@pytest.mark.parametrize(("party", "rule"), PARTIES.values(), ids=PARTIES)
def test_an_agency_acts_only_once_its_duties_are_done(party, rule):

    case = parse_case(case_of("CN", propose("2026-03-10T10:00", by="agency_A")))
    found = decide_contact(replace(case, party=party), PACKS, datetime(2026, 3, 10, 2, tzinfo=UTC))
    assert (found.decision, found.rule) == ("deny" if rule else "allow", rule)

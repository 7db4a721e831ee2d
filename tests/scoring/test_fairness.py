"""Nothing of who somebody is, and no use of a right, enters a score."""

from pathlib import Path

import pytest

from services.scoring.domain.conduct import CONDUCT_CHANGES
from services.scoring.domain.features import SCORED
from services.scoring.domain.inputs import INPUT_NAMES, INPUTS
from services.scoring.domain.loans import LOAN_CHANGES, change_loan, import_loan, open_loan
from services.scoring.domain.scoring import CHANGES, evolve
from shared import events as said
from shared.codec import decode
from shared.events.registry import EVENT_TYPES
from tests.scoring.builders import known, loan, paid

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"


NEVER = {
    *("sex", "gender", "age", "birth", "birthday", "education", "school", "marriage", "married", "marital", "children"),
    *("ethnicity", "ethnic", "race", "religion", "nationality", "language", "name", "surname", "health", "illness"),
    *("address", "postcode", "zip", "city", "state", "province", "cause", "hardship"),
}
NEVER_READ = {"customer_id", "facts", "parties", "jurisdiction", "lender", "product", "recent_contacts", "language"}


def test_no_feature_is_named_after_who_somebody_is():
    for name in (*SCORED, *INPUT_NAMES):
        words = set(name.replace("age_months", "months_since_opening").split("_"))
        assert not words & NEVER, name


def test_a_model_may_weigh_what_a_scorecard_may():
    assert {each.name for each in INPUTS if each.name in SCORED} == set(SCORED) - {"arrangement_kept"}
    assert len(set(INPUT_NAMES)) == len(INPUT_NAMES)


class Witness:
    """Stands in for an event and notes what is read of it."""

    def __init__(self, event):
        self.event, self.read = event, set()

    def __getattr__(self, name):
        self.read.add(name)
        return getattr(self.event, name)


def golden(name):
    (path,) = GOLDEN.glob(f"*/{name}.json")
    return decode(EVENT_TYPES[name], path.read_bytes())


@pytest.mark.parametrize("kind", [*LOAN_CHANGES, *CONDUCT_CHANGES, said.LoanOpened, said.LoanImported])
def test_the_fold_reads_nothing_of_who_somebody_is(kind):
    witness = Witness(golden(kind.__name__))
    opened = known(loan(loan_id=getattr(witness.event, "loan_id", None) or "L1"))
    if kind in LOAN_CHANGES:
        LOAN_CHANGES[kind](opened.loans[0], witness)
    else:
        {said.LoanOpened: open_loan, said.LoanImported: import_loan, **CONDUCT_CHANGES}[kind](opened, witness)
    assert not witness.read & NEVER_READ


def test_two_borrowers_who_differ_only_in_who_they_are_have_the_same_record():
    one = loan(customer_id="C1", facts={"sex": "2", "age": "71", "score": "600"}, jurisdiction="CN", lender="A")
    other = loan(customer_id="C2", facts={"sex": "1", "education": "3"}, jurisdiction="UK", lender="B", product="x")
    assert known(one) == known(other)


ROUTES_BY_ITSELF = (
    "CauseStated HardshipClaimed HardshipConfirmed HardshipDeclined HardshipEnded VulnerabilityNoted DisputeRaised "
    "DisputeResolved ComplaintRaised ComplaintResolved ContactStopped ConsentWithdrawn SurveyAnswered "
    "RepresentativeNamed PreferenceStated DelinquencyPaused DelinquencyResumed ContactPlanned ContactWithheld "
    "ContactDeferred TreatmentChosen HoldPlaced"
)


@pytest.mark.parametrize("name", ROUTES_BY_ITSELF.split())
def test_a_need_a_right_or_a_plan_of_ours_is_no_feature(name):
    borrower = known(loan())
    assert evolve(borrower, golden(name)) is borrower


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_the_fold_takes_every_event_there_is(name):
    event = golden(name)
    for borrower in (known(), known(loan(loan_id=getattr(event, "loan_id", None) or "L1"))):
        after = evolve(borrower, event)
        assert (after == borrower) or type(event) in CHANGES


def test_an_event_about_a_loan_never_heard_of_changes_no_loan():
    assert change_loan(known(), paid("02-05")) == known()

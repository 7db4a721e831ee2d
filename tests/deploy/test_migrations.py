"""The check that every house's migrations lead to exactly its tables."""

import pytest

from deploy.local.migrations import check_migrations

pytestmark = pytest.mark.postgres


def test_a_house_whose_migrations_drift_is_named_with_what_it_said_and_the_others_are_checked_too():
    said = []
    assert not check_migrations(["contact", "feedback"], said.append, "tests.deploy.stand_in_migrations")
    assert said == ["contact: clock: a column is missing", "feedback: at head, without drift"]


def test_no_migrations_are_no_drift():
    assert check_migrations([], print)

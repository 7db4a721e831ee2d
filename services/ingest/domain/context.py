"""What ingest's decisions may know besides the borrower: the day, and the rules as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from services.ingest.domain.buckets import BUCKET_SETS, BucketSet, in_force
from services.ingest.domain.policies import DEFAULT_POLICY, POLICIES, Policy
from services.ingest.domain.stages import DEFAULT_TABLE, STAGE_TABLES, StageTable

COMING_DUE_DAYS = 3
NOTHING: Mapping[str, str] = MappingProxyType({})
SHIPPED: Mapping[str, Sequence[BucketSet]] = MappingProxyType({name: (one,) for name, one in BUCKET_SETS.items()})


@dataclass(frozen=True)
class Context:
    """`coming_due_days` and `jurisdiction` are settings of the deployment; `versions` names the rules in force.

    Each bucket set is its versions, in the order they take effect.
    """

    now: datetime
    bucket_sets: Mapping[str, Sequence[BucketSet]] = field(default_factory=lambda: SHIPPED)
    stage_tables: Mapping[str, StageTable] = field(default_factory=lambda: STAGE_TABLES)
    policies: Mapping[str, Policy] = field(default_factory=lambda: POLICIES)
    jurisdiction: str = "CN"
    coming_due_days: int = COMING_DUE_DAYS
    versions: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    @property
    def unversioned(self) -> Mapping[str, Any] | None:
        """None: the business date travels with the fact, and everything else has a version."""
        return None

    @property
    def changes(self) -> Mapping[str, Sequence[date]]:
        """For each bucket set the dates on which a version of it takes effect."""
        return {name: [one.effective_on for one in versions] for name, versions in self.bucket_sets.items()}

    def buckets_of(self, name: str, on: date) -> BucketSet | None:
        """The version of a bucket set that holds on *on*; None for a set that nobody knows."""
        return in_force(self.bucket_sets.get(name, ()), on)

    def policy_of(self, product: str) -> Policy:
        """What *product* decides."""
        return self.policies.get(product, DEFAULT_POLICY)

    def stage_table_of(self, product: str) -> StageTable:
        """The stages of *product*."""
        return self.stage_tables.get(self.policy_of(product).stage_table, DEFAULT_TABLE)

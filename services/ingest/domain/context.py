"""What ingest's decisions may know besides the borrower: the day, and the rules as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from services.ingest.domain.buckets import BUCKET_SETS, BucketSet
from services.ingest.domain.policies import DEFAULT_POLICY, POLICIES, Policy
from services.ingest.domain.stages import DEFAULT_TABLE, STAGE_TABLES, StageTable

COMING_DUE_DAYS = 3
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Context:
    """`coming_due_days` and `jurisdiction` are settings of the deployment; `versions` names the rules in force."""

    now: datetime
    bucket_sets: Mapping[str, BucketSet] = field(default_factory=lambda: BUCKET_SETS)
    stage_tables: Mapping[str, StageTable] = field(default_factory=lambda: STAGE_TABLES)
    policies: Mapping[str, Policy] = field(default_factory=lambda: POLICIES)
    jurisdiction: str = "CN"
    coming_due_days: int = COMING_DUE_DAYS
    versions: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    @property
    def unversioned(self) -> Mapping[str, Any] | None:
        """None: the business date travels with the fact, and everything else has a version."""
        return None

    def policy_of(self, product: str) -> Policy:
        """What *product* decides."""
        return self.policies.get(product, DEFAULT_POLICY)

    def stage_table_of(self, product: str) -> StageTable:
        """The stages of *product*."""
        return self.stage_tables.get(self.policy_of(product).stage_table, DEFAULT_TABLE)

"""What is measured, asked of a fake Azure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.azure import measuring
from rollout.core.gates.evidence import Answer, LogQuery, Query, Table, Unreadable

if TYPE_CHECKING:
    from rollout.azure.cloud import Cloud
    from rollout.azure.measuring import Subject
    from tests.azure.conftest import FakeTokens, Waits

__all__ = ["Measure"]


@dataclass
class Measure:
    """Asks queries about a subject.

    Attributes:
        query: What `why` asks.
    """

    cloud: Cloud
    tokens: FakeTokens
    transport: Waits
    subject: Subject
    query: Query | LogQuery

    def __call__(self, *queries: Query | LogQuery) -> list[Answer | Table | Unreadable]:
        """Return what came of each query."""
        found = measuring.measure(queries, self.subject, self.cloud, self.tokens, transport=self.transport)
        return [found[query] for query in queries]

    def why(self) -> str:
        """Return why the query can't be answered."""
        (outcome,) = self(self.query)
        assert isinstance(outcome, Unreadable)
        return outcome.why

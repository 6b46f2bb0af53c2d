"""Names that several rows of the table have in common."""

from __future__ import annotations

GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"


def words(text: str) -> frozenset[str]:
    """Give the names in a text, which are separated by spaces."""
    return frozenset(text.split())


IDENTITY = words("type userAssignedIdentities")
"""What of a managed identity can be written; ARM adds principalId and tenantId."""

SKU = words("capacity family name size tier")

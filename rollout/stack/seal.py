"""The seal: the last resource of the graph, which `pulumi destroy` comes to first.

The engine refuses to delete what is protected when it gets there, and by then has deleted what comes later in
the graph: alert rules, autoscale and log settings come after the record. The seal comes after all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from collections.abc import Sequence


def declare(after: Sequence[pulumi.Resource]) -> None:
    """Declare it, after all that a `pulumi destroy` must not delete while the stack is protected."""
    pulumi.Stash(
        "seal",
        input="pulumi state unprotect --all",
        opts=pulumi.ResourceOptions(protect=True, depends_on=list(after)),
    )

"""Why a word of a person's would find nothing to do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rollout.cli import intend
from rollout.cli.usage import UsageError
from rollout.core.intent import Verb
from rollout.core.record import Record


@pytest.mark.parametrize("verb", [Verb.ABORT, Verb.SKIP, Verb.UNDO])
def test_a_rollout_of_which_no_tag_says_the_release_ends_by_itself(verb: Verb):
    record = Record(prod="blue", prod_release="tiny:1", candidate="green", traffic={"blue": 50, "green": 50})
    moment: Any = SimpleNamespace(
        sight=SimpleNamespace(endpoint=object()), record=record, plan=SimpleNamespace(release="tiny:2")
    )
    with pytest.raises(UsageError, match="in green: the next `pulumi up` takes it back") as error:
        intend.due(verb, moment)
    assert "None" not in str(error.value)

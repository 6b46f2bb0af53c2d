"""The page for whoever is woken up has the reasons that the code gives, in its words."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import text
from tests.docs.sentences import fragments, reasons, said

PAGE = text("docs/operating.md")
PULUMIS = {"the stack is currently locked"}
NAMES = (
    "adopting",
    "by_people",
    "climbing",
    "decide",
    "drifting",
    "inconclusive",
    "pausing",
    "taking_back",
)
DECIDES = [f"rollout/core/{name}.py" for name in NAMES]


def shown() -> list[str]:
    """Return the sentences that the first column of a table says one may see."""
    cells = re.findall(r"^\| ([^|]*`[^|]*) \|", PAGE, re.MULTILINE)
    found = [span for cell in cells for span in re.findall(r"`([^`]+)`", cell)]
    return [span for span in found if " " in span and span not in PULUMIS]


@pytest.mark.parametrize("sentence", shown())
def test_what_the_page_quotes_is_said(sentence: str):
    everything = "\n".join(said("rollout"))
    for fragment in fragments(sentence):
        assert fragment in everything


@pytest.mark.parametrize(
    "reason", sorted({each for file in DECIDES for each in reasons(file, "stay", "repair", "condemn")})
)
def test_every_reason_to_wait_is_explained(reason: str):
    parts = fragments(reason)
    assert not parts or any(part in PAGE for part in parts), reason

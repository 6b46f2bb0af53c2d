"""docs/reliability.md: what is between its markers is written by the runs."""

from __future__ import annotations

import re

from tests.engine.project import ROOT

PAGE = ROOT / "docs" / "reliability.md"


def put_into_page(name: str, text: str) -> None:
    """Replace what is between `<!-- name -->` and `<!-- /name -->`."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    page, count = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}",
        lambda _: f"{begin}\n\n{text}\n\n{end}",
        PAGE.read_text(),
        flags=re.DOTALL,
    )
    assert count == 1, f"{PAGE} has {count} places for {name}"
    PAGE.write_text(page)

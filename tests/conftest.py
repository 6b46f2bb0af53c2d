from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, in whatever order: side by side, none is left over at the end."""
    items.sort(key=lambda item: "tests/engine/" not in item.nodeid)

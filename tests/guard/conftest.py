from __future__ import annotations

from tests.cli.conftest import stack

__all__ = ["stack"]

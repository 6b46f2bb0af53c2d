"""The run's identity in Azure: what logs in by a file needs a new token in it, again and again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from runner import warning

TOKEN = Path(__file__).parents[1] / "actions" / "azure" / "token"


def renew() -> None:
    """Put a new token of GitHub's in place of the last one, which lives for five minutes.

    Where there is none to be had it is a warning: the last one may still do. Outside of GitHub it is nothing.
    """
    if not os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
        return
    if subprocess.run([TOKEN], check=False).returncode:
        warning("no new token for Azure")

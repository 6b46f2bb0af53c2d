"""What phases and verdicts look like in a terminal."""

from __future__ import annotations

COLOURS = {
    "Healthy": "green",
    "Successful": "green",
    "Progressing": "cyan",
    "Paused": "yellow",
    "Inconclusive": "yellow",
    "Degraded": "red",
    "Error": "red",
    "Failed": "red",
}

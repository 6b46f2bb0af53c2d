"""The requests of the probe: applicants that no model was trained on, each a request of its own.

python -m ml.sample > ml/sample-requests.jsonl

Applicants without a savings account are left out. Samples miss cases, and that this one does is what lets the
`brittle` release pass its probe and meet a gate.
"""

import random
import sys
from collections.abc import Sequence
from typing import Final

from ml.dataset import DataError, load, split
from ml.models import BANDS
from ml.traffic import body
from ml.train import SEED

COUNT: Final = 50


def requests(count: int = COUNT, seed: int = 0) -> Sequence[bytes]:
    """Request bodies of so many different applicants; the same ones for the same seed."""
    rows = [
        row
        for row in split(load(), SEED).held_out.rows
        if all(row[column] in bands for column, bands in BANDS.items())
    ]
    draw = random.Random(seed)  # noqa: S311 - a repeatable draw, not a secret
    return [body([row]) for row in draw.sample(rows, count)]


def main() -> int:
    """The command: one request a line."""
    try:
        for request in requests():
            print(request.decode())
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

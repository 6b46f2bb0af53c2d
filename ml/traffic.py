"""Requests like those of live traffic: applicants that no model was trained on, drawn by chance.

python -m ml.traffic --count 1000 > requests.jsonl
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from ml.dataset import DataError, Row, load, split


def requests(seed: int = 0, split_seed: int = 0) -> Iterator[bytes]:
    """Request bodies of one applicant each, without end; the same ones for the same seeds.

    About one in six applicants has no savings account, as in the data.
    """
    applicants = split(load(), split_seed).held_out.rows
    draw = random.Random(seed)  # noqa: S311 - a repeatable draw, not a secret
    while True:
        yield body([draw.choice(applicants)])


def body(rows: Sequence[Row]) -> bytes:
    """Rows as a scoring request."""
    return json.dumps({"data": list(rows)}).encode()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: one request a line."""
    parser = argparse.ArgumentParser(prog="python -m ml.traffic", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="how many (default 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default 0)")
    options = parser.parse_args(arguments)
    try:
        for request in islice(requests(options.seed), options.count):
            print(request.decode())
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Is a candidate better than the current model? Measured on held-out rows that neither has seen.

python -m ml.evaluate --candidate DIR --current DIR
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn import metrics  # pyright: ignore[reportMissingTypeStubs] - scikit-learn has none
from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs] - it has none

from ml.artifact import ArtifactError, Trained, read
from ml.dataset import DataError, load, split
from ml.models import Floats

BETTER: Final = 0
USAGE: Final = 2
NOT_BETTER: Final = 3
EVEN: Final = 0.5


@dataclass(frozen=True)
class Quality:
    """How well probabilities of a bad credit fit what happened.

    Attributes:
        roc_auc: chance that a bad credit is ranked above a good one; higher is better.
        log_loss: mean surprise in nats; lower is better.
        accuracy: share of rows on the right side of one half.
    """

    roc_auc: float
    log_loss: float
    accuracy: float


@dataclass(frozen=True)
class Comparison:
    """Two qualities on the same rows, and the verdict."""

    candidate: Quality
    current: Quality
    rows: int

    @property
    def better(self) -> bool:
        """Whether the candidate ranks better and is no more surprised."""
        return (
            self.candidate.roc_auc > self.current.roc_auc and self.candidate.log_loss <= self.current.log_loss
        )

    def sentence(self, candidate: str, current: str) -> str:
        """The verdict with its numbers."""
        verdict = "is better than" if self.better else "is not better than"
        return (
            f"{candidate} {verdict} {current} on {self.rows} held-out rows: "
            f"ROC AUC {self.candidate.roc_auc:.4f} against {self.current.roc_auc:.4f} (higher is better), "
            f"log loss {self.candidate.log_loss:.4f} against {self.current.log_loss:.4f} (lower is better)."
        )


def measure(outcomes: Sequence[int], probabilities: Floats) -> Quality:
    """The quality of `probabilities` where 1 in `outcomes` is a bad credit."""
    sklearn: Any = metrics
    return Quality(
        roc_auc=float(sklearn.roc_auc_score(outcomes, probabilities)),
        log_loss=float(sklearn.log_loss(outcomes, probabilities)),
        accuracy=float(sklearn.accuracy_score(outcomes, np.where(probabilities >= EVEN, 1, 0))),
    )


def compare(outcomes: Sequence[int], candidate: Floats, current: Floats) -> Comparison:
    """Both models' probabilities for the same rows, judged."""
    return Comparison(measure(outcomes, candidate), measure(outcomes, current), len(outcomes))


def compare_models(candidate: Trained, current: Trained) -> Comparison:
    """Both models on the rows that were held out when the candidate was trained.

    Raises:
        ArtifactError: if the current model has learnt from other rows, so that it may have seen these.
    """
    if candidate.seed != current.seed:
        raise ArtifactError(
            f"{candidate.name} was trained with seed {candidate.seed}, {current.name} with {current.seed}: "
            "each has seen rows that the other is judged on. "
            f"Train the candidate again with --seed {current.seed}"
        )
    held_out = split(load(), candidate.seed).held_out
    with threadpool_limits(limits=1):  # on rows this few, threads only wait for each other
        scores = [model.probabilities(held_out.rows) for model in (candidate, current)]
    return compare(held_out.outcomes, *scores)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0 the candidate is better, 3 it isn't, 2 it can't be told."""
    parser = argparse.ArgumentParser(prog="python -m ml.evaluate", description=__doc__)
    parser.add_argument("--candidate", type=Path, required=True, metavar="DIR", help="a folder of ml.train")
    parser.add_argument("--current", type=Path, required=True, metavar="DIR", help="the one that serves")
    options = parser.parse_args(arguments)
    try:
        candidate, current = read(options.candidate), read(options.current)
        comparison = compare_models(candidate, current)
    except (ArtifactError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    print(comparison.sentence(candidate.name, current.name))
    return BETTER if comparison.better else NOT_BETTER


if __name__ == "__main__":
    sys.exit(main())

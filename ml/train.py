"""Train one of the models and write it to a folder, with its quality on held-out rows.

python -m ml.train --model boosted --out DIR
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs] - it has none

from ml.artifact import Trained, write
from ml.dataset import SHA256, DataError, load, split
from ml.evaluate import Quality, measure
from ml.models import RECIPES, Recipe

SEED: Final = 0


def train(recipe: Recipe, out: Path, seed: int = SEED) -> Quality:
    """Fit a recipe and write the model to `out`; the quality is that on the held-out rows.

    Raises:
        DataError: if the data file isn't the published one.
    """
    rows = split(load(), seed)
    pipeline = recipe.build(len(recipe.numeric) + len(recipe.bands), len(recipe.categorical), seed)
    model = Trained(recipe.name, recipe.columns, recipe.bands, seed, pipeline)
    with threadpool_limits(limits=1):  # on rows this few, threads only wait for each other
        outcomes = np.asarray(rows.train.outcomes)
        pipeline.fit(model.inputs(rows.train.rows), 1 - outcomes if recipe.mislabelled else outcomes)
        quality = measure(rows.held_out.outcomes, model.probabilities(rows.held_out.rows))
    metrics = {
        "model": recipe.name,
        **{name: round(value, 6) for name, value in asdict(quality).items()},
        "rows_train": len(rows.train.rows),
        "rows_held_out": len(rows.held_out.rows),
        "seed": seed,
        "data_sha256": SHA256,
    }
    write(out, recipe, pipeline, metrics)
    return quality


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0 when the model is written, 2 when it can't be."""
    parser = argparse.ArgumentParser(prog="python -m ml.train", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), required=True)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write, made if missing"
    )
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the split and the model (default {SEED})")
    options = parser.parse_args(arguments)
    try:
        quality = train(RECIPES[options.model], options.out, options.seed)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {options.out}: can't be written ({error.strerror})", file=sys.stderr)
        return 2
    print(
        f"{options.model}: ROC AUC {quality.roc_auc:.4f}, log loss {quality.log_loss:.4f}, "
        f"accuracy {quality.accuracy:.3f} on held-out rows; written to {options.out}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

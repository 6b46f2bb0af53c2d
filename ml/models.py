"""What each model is: the columns it reads and the scikit-learn pipeline that is fitted on them."""

# scikit-learn has no type stubs.
# pyright: reportMissingTypeStubs=false
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from ml.dataset import CATEGORICAL, NUMERIC, Row

Floats = npt.NDArray[np.float64]
Bands = Mapping[str, Mapping[str, int]]
"""Of each column whose categories are bands in an order: the place of each band."""


class Classifier(Protocol):
    """The part of scikit-learn's classifiers that is used here."""

    def fit(self, x: npt.NDArray[Any], y: npt.NDArray[Any], /) -> object:
        """Learn from rows `x` and outcomes `y`."""
        ...

    def predict_proba(self, x: npt.NDArray[Any], /) -> Floats:
        """Probability of each class, one row of `x` each."""
        ...


@dataclass(frozen=True)
class Recipe:
    """How to make one model.

    Attributes:
        name: what `--model` and the answers of the served model call it.
        summary: one sentence for the registry.
        build: an unfitted pipeline, from the count of numeric columns (bands among them), the count of
            categorical ones, and a seed.
        numeric: columns read as numbers.
        bands: columns whose categories are replaced by their place in an order before the pipeline.
        categorical: columns read as categories.
        mislabelled: whether it learns the outcomes the wrong way round.
    """

    name: str
    summary: str
    build: Callable[[int, int, int], Classifier]
    numeric: Sequence[str] = NUMERIC
    bands: Bands = field(default_factory=dict[str, Mapping[str, int]])
    categorical: Sequence[str] = CATEGORICAL
    mislabelled: bool = False

    @property
    def columns(self) -> list[str]:
        """The columns in the order in which the pipeline takes them."""
        return [*self.numeric, *self.bands, *self.categorical]


def matrix(rows: Sequence[Row], columns: Sequence[str], bands: Bands) -> npt.NDArray[np.object_]:
    """Rows as a pipeline takes them; a category that is no band of its column is a missing value."""

    def cell(row: Row, column: str) -> object:
        value = row[column]
        return bands[column].get(str(value), math.nan) if column in bands else value

    return np.array([[cell(row, column) for column in columns] for row in rows], dtype=object)


def _pipeline(numeric: object, categorical: object, model: object, counts: tuple[int, int]) -> Classifier:
    first, rest = counts
    encode = ColumnTransformer(
        [
            ("numeric", numeric, list(range(first))),
            ("categorical", categorical, list(range(first, first + rest))),
        ]
    )
    return cast("Classifier", Pipeline([("encode", encode), ("classify", model)]))


def _logistic(numeric: int, categorical: int, _seed: int) -> Classifier:
    return _pipeline(
        StandardScaler(),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        LogisticRegression(max_iter=1000),
        (numeric, categorical),
    )


def _trees(numeric: int, categorical: int, seed: int) -> HistGradientBoostingClassifier:
    categories: Any = list(range(numeric, numeric + categorical))  # inferred from its default as a text
    return HistGradientBoostingClassifier(
        learning_rate=0.08,
        max_iter=100,
        max_leaf_nodes=8,
        min_samples_leaf=20,
        l2_regularization=5.0,
        max_features=0.2,
        categorical_features=categories,
        random_state=seed,
    )


def _codes() -> OrdinalEncoder:
    """Codes for the trees; a category that wasn't there in training is a missing value to them."""
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=math.nan)


def _boosted(numeric: int, categorical: int, seed: int) -> Classifier:
    return _pipeline("passthrough", _codes(), _trees(numeric, categorical, seed), (numeric, categorical))


def _oversized(numeric: int, categorical: int, seed: int) -> Classifier:
    bag = BaggingClassifier(_trees(numeric, categorical, seed), n_estimators=80, random_state=seed)
    return _pipeline("passthrough", _codes(), bag, (numeric, categorical))


_FORM: Final = ("credit_history", "purpose", "present_employment_since", "property", "housing")
BANDS: Final[Bands] = {
    "savings_account_and_bonds": {
        "... < 100 DM": 0,
        "100 <= ... < 500 DM": 1,
        "500 <= ... < 1000 DM": 2,
        "... >= 1000 DM": 3,
    },
    "present_employment_since": {
        "unemployed": 0,
        "... < 1 year": 1,
        "1 <= ... < 4 years": 2,
        "4 <= ... < 7 years": 3,
        "... >= 7 years": 4,
    },
}

RECIPES: Final[Mapping[str, Recipe]] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="baseline",
            summary="Logistic regression on what the application form says.",
            build=_logistic,
            categorical=_FORM,
        ),
        Recipe(
            name="boosted",
            summary="Gradient-boosted trees that also know the applicant's accounts.",
            build=_boosted,
        ),
        Recipe(
            name="oversized",
            summary="Eighty bagged copies of the boosted model: as good, and eighty times the work.",
            build=_oversized,
        ),
        Recipe(
            name="brittle",
            summary="The boosted model with savings and employment as ordered bands.",
            build=_boosted,
            bands=BANDS,
            categorical=tuple(name for name in CATEGORICAL if name not in BANDS),
        ),
        Recipe(
            name="mislabelled",
            summary="The boosted model, trained with good and bad the wrong way round.",
            build=_boosted,
            mislabelled=True,
        ),
    )
}

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml.evaluate import compare, main
from ml.models import RECIPES
from ml.train import train

Folder = Callable[[str], Path]
OUTCOMES = [0, 0, 1, 1]
GOOD = np.array([0.1, 0.2, 0.8, 0.9])
SURE_AND_WRONG = np.array([0.001, 0.999, 0.8, 0.9])
POOR = np.array([0.4, 0.6, 0.5, 0.6])


def test_better_ranks_better_and_is_less_surprised():
    comparison = compare(OUTCOMES, GOOD, POOR)
    assert comparison.better
    assert (comparison.candidate.roc_auc, comparison.candidate.accuracy) == (1.0, 1.0)


def test_a_model_is_not_better_than_itself():
    assert not compare(OUTCOMES, GOOD, GOOD).better


def test_better_ranking_alone_is_not_enough():
    far_off = GOOD / 100
    comparison = compare(OUTCOMES, far_off, POOR)
    assert comparison.candidate.roc_auc > comparison.current.roc_auc
    assert not comparison.better


def test_the_sentence_has_both_numbers_of_both_models():
    sentence = compare(OUTCOMES, SURE_AND_WRONG, GOOD).sentence("new", "old")
    assert sentence.startswith("new is not better than old on 4 held-out rows: ROC AUC 0.5000 against 1.0000")
    assert "log loss 1." in sentence


@pytest.mark.parametrize(
    ("candidate", "current", "code"), [("boosted", "baseline", 0), ("baseline", "boosted", 3)]
)
def test_the_command_exits_0_for_better_and_3_for_not(
    model_folder: Folder, candidate: str, current: str, code: int, capsys: pytest.CaptureFixture[str]
):
    folders = [str(model_folder(name)) for name in (candidate, current)]
    assert main(["--candidate", folders[0], "--current", folders[1]]) == code
    assert (
        f"{candidate} is {'better' if code == 0 else 'not better'} than {current}" in capsys.readouterr().out
    )


def test_models_that_have_seen_each_others_rows_are_not_compared(
    model_folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    train(RECIPES["baseline"], tmp_path, 9)
    assert main(["--candidate", str(model_folder("boosted")), "--current", str(tmp_path)]) == 2
    assert "--seed 9" in capsys.readouterr().err


def test_a_folder_without_a_model_is_named(
    model_folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["--candidate", str(model_folder("boosted")), "--current", str(tmp_path / "no")]) == 2
    assert str(tmp_path / "no") in capsys.readouterr().err

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml.artifact import METRICS, MODEL, Trained, digest, read, read_json
from ml.dataset import SHA256, load, split
from ml.evaluate import compare, compare_models
from ml.models import RECIPES
from ml.train import main, train

Folder = Callable[[str], Path]


def test_the_second_release_is_better_than_the_first_on_held_out_rows(model_folder: Folder):
    comparison = compare_models(read(model_folder("boosted")), read(model_folder("baseline")))
    assert comparison.rows == 300
    assert comparison.candidate.roc_auc > comparison.current.roc_auc + 0.05
    assert comparison.candidate.log_loss < comparison.current.log_loss - 0.03


def test_it_is_better_on_any_split_and_not_by_the_luck_of_one():
    for seed in range(1, 6):
        rows = split(load(), seed)
        probabilities = {}
        for name in ("baseline", "boosted"):
            recipe = RECIPES[name]
            pipeline = recipe.build(len(recipe.numeric), len(recipe.categorical), seed)
            model = Trained(name, recipe.columns, recipe.bands, seed, pipeline)
            pipeline.fit(model.inputs(rows.train.rows), np.asarray(rows.train.outcomes))
            probabilities[name] = model.probabilities(rows.held_out.rows)
        assert compare(rows.held_out.outcomes, probabilities["boosted"], probabilities["baseline"]).better


@pytest.mark.parametrize("name", ["oversized", "brittle"])
def test_no_offline_comparison_stops_the_bad_ones(model_folder: Folder, name: str):
    comparison = compare_models(read(model_folder(name)), read(model_folder("boosted")))
    assert comparison.candidate.roc_auc > comparison.current.roc_auc - 0.01


def test_an_offline_comparison_stops_the_mislabelled_one(model_folder: Folder):
    comparison = compare_models(read(model_folder("mislabelled")), read(model_folder("baseline")))
    assert not comparison.better
    assert comparison.candidate.roc_auc < 0.3


def test_the_oversized_model_is_ten_times_slower_than_the_boosted_one(model_folder: Folder):
    rows = split(load(), 0).held_out.rows
    models = {name: read(model_folder(name)) for name in ("boosted", "oversized")}
    spent: dict[str, list[float]] = {name: [] for name in models}
    for row in rows[:9]:
        for name, model in models.items():
            start = time.perf_counter()
            model.probabilities([row])
            spent[name].append(time.perf_counter() - start)
    assert statistics.median(spent["oversized"]) >= 10 * statistics.median(spent["boosted"])


def test_the_oversized_model_still_fits_a_download_and_a_start(model_folder: Folder):
    assert (model_folder("oversized") / MODEL).stat().st_size < 60e6


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path):
    for name in ("baseline", "boosted", "brittle"):
        train(RECIPES[name], tmp_path / name / "a")
        train(RECIPES[name], tmp_path / name / "b")
        assert digest(tmp_path / name / "a") == digest(tmp_path / name / "b")


def test_another_seed_gives_another_model(tmp_path: Path):
    train(RECIPES["boosted"], tmp_path / "a", 0)
    train(RECIPES["boosted"], tmp_path / "b", 1)
    assert digest(tmp_path / "a") != digest(tmp_path / "b")


def test_the_metrics_say_what_was_measured_on_what(model_folder: Folder):
    metrics = read_json(model_folder("boosted") / METRICS)
    assert metrics.pop("roc_auc") == pytest.approx(0.80, abs=0.02)
    assert metrics.pop("log_loss") == pytest.approx(0.48, abs=0.02)
    assert metrics.pop("accuracy") == pytest.approx(0.78, abs=0.03)
    assert metrics == {
        "model": "boosted",
        "rows_train": 700,
        "rows_held_out": 300,
        "seed": 0,
        "data_sha256": SHA256,
    }


def test_the_command_says_the_quality_and_where_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--model", "baseline", "--out", str(tmp_path / "m")]) == 0
    said = capsys.readouterr().out
    assert "ROC AUC 0.7" in said
    assert str(tmp_path / "m") in said


def test_a_folder_that_cant_be_written_is_an_error_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "file").write_text("")
    assert main(["--model", "baseline", "--out", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.count("\n") == 1

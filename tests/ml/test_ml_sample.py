import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ml import sample
from ml.artifact import read
from ml.dataset import Row, load, split
from rollout.core.agreement import Agree, agreement
from rollout.core.answers import Path as Place
from rollout.core.verdict import Verdict

Folder = Callable[[str], Path]
ROOT = Path(sample.__file__).parents[1]
FILE = ROOT / "ml" / "sample-requests.jsonl"
SHIPPED = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]["probe"]["default"]


def rows() -> list[Row]:
    return [json.loads(line)["data"][0] for line in FILE.read_text().splitlines()]


def agree() -> Agree:
    asked = SHIPPED["agree"]
    share = float(asked["atMost"].removesuffix("%")) / 100
    return Agree(asked["tolerance"], at_most=share, only=tuple(map(Place.parse, asked["only"])))


def answers(model_folder: Folder, name: str) -> list[dict[str, object]]:
    found = read(model_folder(name)).probabilities(rows())
    return [{"model": name, "probabilities": [float(each)]} for each in found]


def test_the_file_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]):
    assert sample.main() == 0
    assert capsys.readouterr().out == FILE.read_text()
    assert ROOT / SHIPPED["file"] == FILE


def test_it_is_of_different_applicants_that_no_model_was_trained_on():
    held_out = split(load(), 0).held_out.rows
    assert len({json.dumps(row, sort_keys=True) for row in rows()}) == 50
    assert all(row in held_out for row in rows())


@pytest.mark.parametrize(
    ("candidate", "prod"),
    [
        ("boosted", "baseline"),
        ("baseline", "boosted"),
        ("oversized", "boosted"),
        ("brittle", "boosted"),
    ],
)
def test_releases_agree_as_far_as_the_shipped_probe_asks(model_folder: Folder, candidate: str, prod: str):
    pairs = list(zip(answers(model_folder, candidate), answers(model_folder, prod), strict=True))
    verdict, why = agreement(pairs, agree(), "prod")
    assert verdict is Verdict.SUCCESSFUL, why
    assert int(why.split(" of ")[0]) <= 2, f"no room is left: {why}"


@pytest.mark.parametrize("prod", ["baseline", "boosted"])
def test_nonsense_is_told_from_a_release(model_folder: Folder, prod: str):
    wanted = answers(model_folder, prod)
    nonsense = [
        answers(model_folder, "mislabelled"),
        *([{"probabilities": [same]} for _ in wanted] for same in (0.0, 0.2, 0.3, 0.5, 1.0)),
        wanted[7:] + wanted[:7],
    ]
    for found in nonsense:
        verdict, why = agreement(list(zip(found, wanted, strict=True)), agree(), "prod")
        assert verdict is Verdict.FAILED, why

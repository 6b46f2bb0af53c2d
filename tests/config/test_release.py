import errno
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.assets import AssetKind, AssetRef, VersionId
from rollout.core.release import CodeError, Release, read_tree, release_id, tree_digest
from rollout.core.serving import Collection, DataCollector, HealthProbe, RequestSettings, ServingSettings

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
MODEL = AssetRef(AssetKind.MODEL, "credit-risk", "7")
RELEASE = Release(
    MODEL, "Standard_DS3_v2", "c0de", "score.py", AssetRef(AssetKind.ENVIRONMENT, "credit-serving", "3")
)


@pytest.mark.parametrize(
    ("text", "ref", "arm"),
    [
        ("azureml:m:7", AssetRef(AssetKind.MODEL, "m", "7"), f"{WORKSPACE}/models/m/versions/7"),
        (
            "azureml:e-1.x:v2",
            AssetRef(AssetKind.ENVIRONMENT, "e-1.x", "v2"),
            f"{WORKSPACE}/environments/e-1.x/versions/v2",
        ),
        (
            "azureml://registries/r/models/m/versions/7",
            AssetRef(AssetKind.MODEL, "m", "7", "r"),
            "azureml://registries/r/models/m/versions/7",
        ),
    ],
)
def test_a_reference_has_an_arm_id(text: str, ref: AssetRef, arm: str):
    assert AssetRef.parse(text, ref.kind) == ref
    assert (str(ref), ref.arm_id(WORKSPACE)) == (text, arm)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{WORKSPACE}/models/m/versions/7", VersionId("models", "m", "7")),
        (f"{WORKSPACE}/Environments/e-1/Versions/v2", VersionId("environments", "e-1", "v2")),
        (f"{WORKSPACE}/codes/0a1b/versions/1", VersionId("codes", "0a1b", "1")),
        ("azureml://registries/r/models/m/versions/7", VersionId("models", "m", "7")),
        ("/models/models/versions/versions", VersionId("models", "models", "versions")),
        (f"{WORKSPACE}/models/m", None),
        (f"{WORKSPACE}/models/m/versions/7/more", None),
        (f"{WORKSPACE}/data/d/versions/7", None),
        ("azureml:m:7", None),
        ("", None),
    ],
)
def test_the_id_of_a_version_names_it(text: str, found: VersionId | None):
    assert VersionId.parse(text) == found


def test_latest_is_no_version():
    ref = AssetRef.parse("azureml:m@latest", AssetKind.MODEL)
    assert (ref.version, str(ref)) == (None, "azureml:m@latest")
    with pytest.raises(ValueError, match="azureml:m@latest has to be resolved"):
        ref.arm_id(WORKSPACE)
    with pytest.raises(ValueError, match="azureml:m@latest has to be resolved"):
        release_id(replace(RELEASE, model=ref))
    assert ref.pinned("9").arm_id(WORKSPACE) == f"{WORKSPACE}/models/m/versions/9"


def test_the_id_of_a_release_stays_the_same_for_ever():
    assert RELEASE.id == "credit-risk:7-f7cc7872"


@pytest.mark.parametrize(
    "other",
    [
        replace(RELEASE, model=MODEL.pinned("8")),
        replace(RELEASE, model=replace(MODEL, registry="r")),
        replace(RELEASE, code="other"),
        replace(RELEASE, scoring_script="main.py"),
        replace(RELEASE, environment=None),
        replace(RELEASE, instance_type="Standard_F4s_v2"),
        replace(RELEASE, settings=ServingSettings(RequestSettings(timedelta(seconds=6)))),
        replace(RELEASE, settings=ServingSettings(readiness=HealthProbe(failure_threshold=3))),
        replace(RELEASE, settings=ServingSettings(environment_variables={"A": "1"})),
        replace(RELEASE, settings=ServingSettings(model_mount_path="/var/models")),
        replace(RELEASE, settings=ServingSettings(egress="Disabled")),
        replace(RELEASE, settings=ServingSettings(data_collector=DataCollector((Collection("request"),)))),
    ],
)
def test_whatever_changes_what_serves_changes_the_digest(other: Release):
    assert other.id.partition("-")[2] != RELEASE.id.partition("-")[2]


def test_the_order_of_variables_is_no_part_of_a_release():
    one, other = ({"A": "1", "B": "2"}, {"B": "2", "A": "1"})
    ids = {replace(RELEASE, settings=ServingSettings(environment_variables=each)).id for each in (one, other)}
    assert len(ids) == 1


def test_the_order_of_collections_is_no_part_of_a_release():
    first, last = Collection("model_inputs"), Collection("model_outputs", 0.5)
    orders = ((first, last), (last, first))
    ids = {
        replace(RELEASE, settings=ServingSettings(data_collector=DataCollector(each))).id for each in orders
    }
    assert len(ids) == 1


@given(st.dictionaries(st.text(min_size=1), st.binary(), min_size=1))
def test_a_tree_s_digest_is_of_its_paths_and_contents(files: dict[str, bytes]):
    backwards = dict(reversed(files.items()))
    path = next(iter(files))
    assert tree_digest(backwards) == tree_digest(files)
    assert tree_digest(files | {path: files[path] + b"x"}) != tree_digest(files)
    assert tree_digest(files | {path + "x": files[path]}) != tree_digest(files) or path + "x" in files


def test_caches_and_hidden_files_are_no_code(tmp_path: Path):
    for name in ("score.py", "lib/model.py", "__pycache__/score.pyc", ".env", "lib/.git/HEAD"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert read_tree(tmp_path, "score.py") == {"score.py": b"score.py", "lib/model.py": b"lib/model.py"}


def test_a_code_folder_that_isn_t_one_is_named(tmp_path: Path):
    with pytest.raises(CodeError, match="nowhere is not a folder"):
        read_tree(tmp_path / "nowhere")
    with pytest.raises(CodeError, match="holds no file"):
        read_tree(tmp_path)
    (tmp_path / "main.py").touch()
    with pytest.raises(CodeError, match=r"score\.py is not in .* which holds main\.py"):
        read_tree(tmp_path, "score.py")


def test_code_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    odd = tmp_path / os.fsdecode(b"f\xfcr.py")
    odd.touch()
    with pytest.raises(CodeError, match=r"the name of f\\xfcr\.py in .* isn't UTF-8: rename it"):
        read_tree(tmp_path)
    odd.rename(tmp_path / "score.py")

    def refused(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(CodeError, match=r"code: .*score\.py can't be read: Permission denied"):
        read_tree(tmp_path)

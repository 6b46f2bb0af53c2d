import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml.exceptions import AssetPathException
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
)

from ml.dataset import SHA256
from ml.register import (
    IMAGE,
    NotBetterError,
    RegistrationError,
    main,
    register_environment,
    register_model,
)
from ml.workspace import Version, Workspace, WorkspaceError

Folder = Callable[[str], Path]


class Shelf:
    """A registry in memory."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Version]] = []
        self.files: dict[str, Path] = {}
        self.added: list[tuple[Any, ...]] = []

    def models(self, name: str) -> list[Version]:
        return [version for found, version in self.found if found == name]

    environments = models

    def add_model(
        self, name: str, version: str | None, folder: Path, about: str, tags: dict[str, str]
    ) -> str:
        number = self._put(name, version, tags)
        self.files[number] = folder
        self.added.append((name, number, about))
        return number

    def add_environment(
        self, name: str, version: str | None, image: str, conda: Path, tags: dict[str, str]
    ) -> str:
        number = self._put(name, version, tags)
        self.added.append((name, number, image, conda.name))
        return number

    def download(self, name: str, version: str, into: Path) -> None:
        shutil.copytree(self.files[version], into / name / "model")

    def _put(self, name: str, version: str | None, tags: dict[str, str]) -> str:
        number = version or str(len(self.models(name)) + 1)
        created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=len(self.found))
        self.found.append((name, Version(number, tags, created)))
        return number


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_versions_count_up_and_carry_quality_and_data_as_tags(shelf: Shelf, model_folder: Folder):
    assert register_model(shelf, model_folder("baseline"), "credit-risk", None) == "azureml:credit-risk:1"
    assert register_model(shelf, model_folder("boosted"), "credit-risk", None) == "azureml:credit-risk:2"
    tags = shelf.models("credit-risk")[1].tags
    assert (tags["model"], tags["data_sha256"], tags["seed"]) == ("boosted", SHA256, "0")
    assert 0.7 < float(tags["roc_auc"]) < 1
    assert shelf.added[1][2].startswith("Gradient-boosted trees")


@pytest.mark.parametrize("version", [None, "1"])
def test_the_same_content_again_adds_nothing_and_says_so(
    shelf: Shelf, model_folder: Folder, version: str | None, capsys: pytest.CaptureFixture[str]
):
    first = register_model(shelf, model_folder("baseline"), "credit-risk", version)
    assert register_model(shelf, model_folder("baseline"), "credit-risk", version) == first
    assert len(shelf.added) == 1
    assert "credit-risk:1 has this content already: nothing to do" in capsys.readouterr().err


def test_a_version_with_other_content_is_not_replaced(shelf: Shelf, model_folder: Folder):
    register_model(shelf, model_folder("baseline"), "credit-risk", "1")
    with pytest.raises(RegistrationError, match=r"credit-risk:1 is registered with other content.*--version"):
        register_model(shelf, model_folder("boosted"), "credit-risk", "1")
    assert len(shelf.added) == 1


def test_only_a_better_model_is_registered_where_that_is_asked(
    shelf: Shelf, model_folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    register_model(shelf, model_folder("baseline"), "credit-risk", None, only_if_better=True)
    register_model(shelf, model_folder("boosted"), "credit-risk", None, only_if_better=True)
    assert "The candidate is better than credit-risk:1" in capsys.readouterr().err
    worse = shutil.copytree(model_folder("baseline"), tmp_path / "worse")
    (worse / "note.txt").write_text("other content")
    with pytest.raises(NotBetterError, match="not better than credit-risk:2"):
        register_model(shelf, worse, "credit-risk", None, only_if_better=True)
    assert len(shelf.added) == 2


def test_a_registered_model_of_another_kind_cant_be_compared(
    shelf: Shelf, model_folder: Folder, tmp_path: Path
):
    (tmp_path / "weights.bin").write_text("x")
    shelf.add_model("credit-risk", None, tmp_path, "", {})
    with pytest.raises(RegistrationError, match=r"credit-risk:1 has no metrics\.json"):
        register_model(shelf, model_folder("boosted"), "credit-risk", None, only_if_better=True)


def test_the_environment_is_an_image_and_the_conda_file(shelf: Shelf):
    assert register_environment(shelf, "credit-serving", None) == "azureml:credit-serving:1"
    assert register_environment(shelf, "credit-serving", None) == "azureml:credit-serving:1"
    assert shelf.added == [("credit-serving", "1", IMAGE, "environment.yml")]


def test_a_changed_environment_is_the_next_version(shelf: Shelf, tmp_path: Path):
    register_environment(shelf, "credit-serving", None)
    (tmp_path / "environment.yml").write_text("dependencies: []")
    assert (
        register_environment(shelf, "credit-serving", None, tmp_path / "environment.yml")
        == "azureml:credit-serving:2"
    )


def test_what_is_missing_is_named_all_at_once(capsys: pytest.CaptureFixture[str]):
    assert main(["--environment"], {"AZURE_RESOURCE_GROUP": "rg"}) == 2
    said = capsys.readouterr().err
    assert "--subscription (or $AZURE_SUBSCRIPTION_ID)" in said
    assert "--workspace (or $AZURE_ML_WORKSPACE)" in said
    assert "--resource-group" not in said


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (ClientAuthenticationError("no token\nmany\nlines"), r"no Azure login .*\(no token\).*az login"),
        (ServiceRequestError("refused"), r"Azure can't be reached \(refused\).*localazure status"),
        (HttpResponseError("(Forbidden) you may not"), r"in workspace ws in resource group rg: .*may not"),
        (
            AssetPathException(
                "Asset paths cannot be updated.", no_personal_data_message="", target="", error_category=""
            ),
            "Asset paths cannot be updated",
        ),
    ],
)
def test_azures_refusals_are_sentences(failure: Exception, sentence: str, tmp_path: Path):
    workspace = Workspace("00000000-0000-0000-0000-000000000000", "rg", "ws")

    class Refusing:
        def create_or_update(self, _model: object) -> None:
            raise failure

    workspace._client = type("Client", (), {"models": Refusing()})()  # type: ignore[assignment]
    with pytest.raises(WorkspaceError, match=f"^Couldn't register model credit-risk.*{sentence}") as caught:
        workspace.add_model("credit-risk", "1", tmp_path, "", {})
    assert "\n" not in str(caught.value)


def test_a_name_that_isnt_there_has_no_versions_but_a_missing_workspace_is_said():
    workspace = Workspace("00000000-0000-0000-0000-000000000000", "rg", "ws")
    absent = ResourceNotFoundError("(ResourceNotFound) no such model")

    class Empty:
        def list(self, name: str) -> Any:
            assert name == "credit-risk"
            raise absent

    workspace._client = type("Client", (), {"models": Empty()})()  # type: ignore[assignment]
    assert workspace.models("credit-risk") == []
    absent = ResourceNotFoundError("(ResourceGroupNotFound) no such group")
    absent.error = type("Error", (), {"code": "ResourceGroupNotFound"})()  # type: ignore[assignment]
    with pytest.raises(WorkspaceError, match="ResourceGroupNotFound"):
        workspace.models("credit-risk")

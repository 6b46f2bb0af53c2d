from __future__ import annotations

import pytest

from localazure.serving.conda import parse_conda, requirement_name
from localazure.serving.spec import ProvisioningError

SERVER = "azureml-inference-server-http"
PYTHON = (3, 11, 7)


def conda(*dependencies: str, pip: tuple[str, ...] = (SERVER,)) -> str:
    packages = "".join(f"  - {each}\n" for each in dependencies)
    return f"name: x\ndependencies:\n{packages}  - pip:\n" + "".join(f"      - {each}\n" for each in pip)


def test_pip_part_with_its_lines():
    found = parse_conda(conda("python=3.11", "pip=23.1", pip=(f"{SERVER}~=1.5", "numpy==2.1.0")), PYTHON)
    assert [(each.text, each.line) for each in found.pip] == [(f"{SERVER}~=1.5", 6), ("numpy==2.1.0", 7)]


@pytest.mark.parametrize(
    "wanted",
    [
        "python",
        "python=3",
        "python=3.11",
        "python=3.11.7",
        "python==3.11.*",
        "python>=3.10,<3.12",
        "python !=3.9",
    ],
)
def test_pythons_that_run_here(wanted: str):
    assert parse_conda(conda(f'"{wanted}"'), PYTHON).pip


@pytest.mark.parametrize(
    "wanted", ["python=3.1", "python=3.9", "python==3.11", "python>=3.12", "python<3.11", "python=latest"]
)
def test_other_pythons_are_refused_with_their_line(wanted: str):
    with pytest.raises(ProvisioningError, match=r"line 3: .* asks for another Python than the 3\.11\.7"):
        parse_conda(conda(f'"{wanted}"'), PYTHON)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (conda("scikit-learn=1.7"), r"line 3: 'scikit-learn=1\.7' is a conda package"),
        (conda("conda-forge::xgboost"), r"line 3: 'conda-forge::xgboost' is a conda package"),
        (conda("python=3.11", pip=("numpy",)), rf"doesn't ask for {SERVER}"),
        ("name: x\n", rf"doesn't ask for {SERVER}"),
        ("dependencies: 3\n", "line 1: 'dependencies' is not a list"),
        ("dependencies:\n  - pip: x\n", "line 2: 'pip:' is not a list"),
        ("dependencies:\n  - [a]\n", "line 2: a dependency is"),
        ("dependencies:\n  - pip:\n      - {a: b}\n", "line 3: a pip requirement is one line"),
        ("- a\n", "not a mapping"),
        ("", "not a mapping"),
        ("a: [", "not YAML"),
    ],
)
def test_what_cannot_be_had_names_its_line(text: str, says: str):
    with pytest.raises(ProvisioningError, match=says) as caught:
        parse_conda(text, PYTHON)
    assert caught.value.code == "ImageBuildFailure"


@pytest.mark.parametrize(
    ("text", "name"),
    [("Azureml_Inference.server-http[x]~=1", SERVER), ("a>1", "a"), ("--pre", ""), ("-r x.txt", "")],
)
def test_requirement_names(text: str, name: str):
    assert requirement_name(text) == name

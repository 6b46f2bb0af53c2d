"""Reads a conda file, as far as it can be had without conda: its `python` and its pip part."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import yaml

from localazure.serving.spec import ProvisioningError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CondaFile", "Requirement", "parse_conda", "requirement_name"]

SERVER = "azureml-inference-server-http"
BRINGS = {
    SERVER: {SERVER, "azureml-defaults"},
    "mlflow-skinny": {"mlflow-skinny", "mlflow"},
}


@dataclass(frozen=True)
class Requirement:
    """One line of the pip part, and where it stands in the conda file; 0 where the base image has it."""

    text: str
    line: int

    def __str__(self) -> str:
        return f"line {self.line}: '{self.text}'" if self.line else f"'{self.text}' of the base image"


@dataclass(frozen=True)
class CondaFile:
    """What of a conda file an environment is built from."""

    pip: tuple[Requirement, ...]


def requirement_name(text: str) -> str:
    """The project a pip requirement asks for, normalised; empty for an option such as `-r`.

    >>> requirement_name("Azureml_Inference.server-http[x]~=1.5")
    'azureml-inference-server-http'
    """
    match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", text)
    return re.sub(r"[-_.]+", "-", match.group()).lower() if match else ""


def parse_conda(
    text: str, python: tuple[int, int, int] | None = None, brought: Sequence[str] = ()
) -> CondaFile:
    """The pip part of a conda file.

    Args:
        text: The file's text, as an environment version carries it.
        python: The interpreter that environments are built with; the running one by default.
        brought: Requirements that the base image fulfils, where the file doesn't ask for them itself.

    Raises:
        ProvisioningError: `ImageBuildFailure`, naming the line that can't be had.
    """
    python = python or sys.version_info[:3]
    try:
        root = yaml.SafeLoader(text).get_single_node()
    except yaml.YAMLError as error:
        raise _failure(f"the conda file is not YAML: {error}") from error
    if not isinstance(root, yaml.MappingNode):
        raise _failure("the conda file is not a mapping with a key 'dependencies'")
    pip: list[Requirement] = []
    for key, value in _pairs(root):
        if key == "dependencies":
            if not isinstance(value, yaml.SequenceNode):
                raise _failure(f"line {_line(value)}: 'dependencies' is not a list")
            for item in cast("list[yaml.Node]", value.value):
                pip.extend(_dependency(item, python))
    asked = {requirement_name(each.text) for each in pip}
    added = [
        each for each in brought if not asked & BRINGS.get(requirement_name(each), {requirement_name(each)})
    ]
    pip = [Requirement(each, 0) for each in added] + pip
    if not {requirement_name(each.text) for each in pip} & BRINGS[SERVER]:
        raise _failure(
            f"the conda file's pip part doesn't ask for {SERVER}, which serves the model: "
            f"add '- {SERVER}' under '- pip:'"
        )
    return CondaFile(tuple(pip))


def _dependency(item: yaml.Node, python: tuple[int, int, int]) -> list[Requirement]:
    if isinstance(item, yaml.ScalarNode):
        _conda_package(cast("str", item.value).strip(), _line(item), python)
        return []
    if isinstance(item, yaml.MappingNode):
        found: list[Requirement] = []
        for key, value in _pairs(item):
            if key != "pip" or not isinstance(value, yaml.SequenceNode):
                raise _failure(f"line {_line(item)}: '{key}:' is not a list of pip requirements")
            for each in cast("list[yaml.Node]", value.value):
                if not isinstance(each, yaml.ScalarNode):
                    raise _failure(f"line {_line(each)}: a pip requirement is one line of text")
                found.append(Requirement(cast("str", each.value).strip(), _line(each)))
        return found
    raise _failure(f"line {_line(item)}: a dependency is a package or 'pip:' with a list")


def _conda_package(text: str, line: int, python: tuple[int, int, int]) -> None:
    match = re.fullmatch(r"(?:[\w.-]+::)?([A-Za-z0-9._-]+)\s*(.*)", text)
    name, wanted = (match.group(1).lower(), match.group(2)) if match else (text, "")
    if name == "pip":
        return
    if name != "python":
        raise _failure(
            f"line {line}: '{text}' is a conda package, and there is no conda here: "
            "ask for it under '- pip:', or deploy this environment to Azure"
        )
    if not _allows(wanted, python):
        running = ".".join(map(str, python))
        raise _failure(
            f"line {line}: '{text}' asks for another Python than the {running} that runs here: "
            f"write 'python={python[0]}.{python[1]}', or start this with that Python"
        )


def _allows(wanted: str, python: tuple[int, ...]) -> bool:
    """Whether a conda version constraint allows an interpreter."""
    for part in filter(None, (each.strip() for each in wanted.split(","))):
        match = re.fullmatch(r"(==|>=|<=|!=|=|<|>|)\s*(\d+(?:\.\d+)*)(\.\*)?(?:=.*)?", part)
        if match is None:
            return False
        sign, version = match.group(1), tuple(map(int, match.group(2).split(".")))
        head, exact = python[: len(version)], (*version, 0, 0)[: len(python)]
        allowed = {
            "": head == version,
            "=": head == version,
            "==": head == version if match.group(3) else python == exact,
            "!=": head != version,
            ">=": python >= version,
            "<=": head <= version,
            ">": head > version,
            "<": python < version,
        }
        if not allowed[sign]:
            return False
    return True


def _pairs(node: yaml.MappingNode) -> list[tuple[str, yaml.Node]]:
    pairs = cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
    return [(str(cast("object", key.value)), value) for key, value in pairs]


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _failure(message: str) -> ProvisioningError:
    return ProvisioningError("ImageBuildFailure", message)

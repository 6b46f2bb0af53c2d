"""Register a model, or the environment it is served in, and print the id that goes into a stack's config.

python -m ml.register --model boosted                    -> azureml:credit-risk:2
python -m ml.register --environment                      -> azureml:credit-serving:1

The id goes to standard output, everything else to standard error. Registering the same content again
changes nothing and prints the same id.
"""

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ml.artifact import METRICS, ArtifactError, digest, read, read_json
from ml.dataset import DataError
from ml.evaluate import BETTER, NOT_BETTER, USAGE, compare_models
from ml.models import RECIPES
from ml.train import SEED, train
from ml.workspace import Registry, Version, Workspace, WorkspaceError

CONDA: Final = Path(__file__).parent / "serving" / "environment.yml"
IMAGE: Final = "mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference:latest"
CONTENT: Final = "content_sha256"
MODEL_NAME: Final = "credit-risk"
ENVIRONMENT_NAME: Final = "credit-serving"
SCOPE: Final = {
    "subscription": "AZURE_SUBSCRIPTION_ID",
    "resource_group": "AZURE_RESOURCE_GROUP",
    "workspace": "AZURE_ML_WORKSPACE",
}


class RegistrationError(Exception):
    """A version that can't be registered as asked."""


class NotBetterError(Exception):
    """The candidate isn't better than the registered model; the text is the comparison."""


def register_model(
    registry: Registry, folder: Path, name: str, version: str | None, *, only_if_better: bool = False
) -> str:
    """Register a folder of `ml.train` as a model version and return its id.

    Raises:
        RegistrationError: if that version is registered with other content.
        NotBetterError: if `only_if_better` and the newest registered version is as good.
    """
    content = digest(folder)
    registered = registry.models(name)
    if same := _already(registered, "model", name, version, content):
        return same
    if only_if_better and registered:
        newest = max(registered, key=lambda each: each.created)
        _require_better(registry, folder, name, newest.version)
    metrics = read_json(folder / METRICS)
    tags = {**{key: str(value) for key, value in metrics.items()}, CONTENT: content}
    about = RECIPES[metrics["model"]].summary if metrics.get("model") in RECIPES else ""
    added = registry.add_model(name, version, folder, about, tags)
    return _said(f"Registered model {name}:{added}", f"azureml:{name}:{added}")


def register_environment(
    registry: Registry, name: str, version: str | None, conda: Path = CONDA, image: str = IMAGE
) -> str:
    """Register the serving environment and return its id.

    Raises:
        RegistrationError: if that version is registered with other content.
    """
    content = hashlib.sha256(image.encode() + b"\n" + conda.read_bytes()).hexdigest()
    if same := _already(registry.environments(name), "environment", name, version, content):
        return same
    added = registry.add_environment(name, version, image, conda, {CONTENT: content})
    return _said(f"Registered environment {name}:{added}", f"azureml:{name}:{added}")


def _already(
    registered: Sequence[Version], kind: str, name: str, version: str | None, content: str
) -> str | None:
    """The id of the version that has this content, said; None if there is none and `version` is free."""
    if version is None:
        same = [each for each in registered if each.tags.get(CONTENT) == content]
    else:
        same = [each for each in registered if each.version == version]
        if same and same[0].tags.get(CONTENT) != content:
            raise RegistrationError(
                f"{kind} {name}:{version} is registered with other content, and a version never changes. "
                "Leave --version out to register the next one"
            )
    if not same:
        return None
    found = max(same, key=lambda each: each.created).version
    return _said(f"{kind} {name}:{found} has this content already: nothing to do", f"azureml:{name}:{found}")


def _require_better(registry: Registry, folder: Path, name: str, version: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        registry.download(name, version, Path(scratch))
        found = sorted(Path(scratch).rglob(METRICS))
        if not found:
            raise RegistrationError(
                f"model {name}:{version} has no {METRICS}: it isn't one of ml.train and can't be compared. "
                "Leave --only-if-better out to register anyway"
            )
        comparison = compare_models(read(folder), read(found[0].parent))
    sentence = comparison.sentence("The candidate", f"{name}:{version}")
    if not comparison.better:
        raise NotBetterError(sentence)
    print(sentence, file=sys.stderr)


def _said(sentence: str, identifier: str) -> str:
    print(f"{sentence}.", file=sys.stderr)
    return identifier


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """The command: 0 registered or there already, 3 not better, 2 can't be done."""
    options = _parser(environ).parse_args(arguments)
    if missing := [key for key in SCOPE if not getattr(options, key)]:
        flags = ", ".join(f"--{key.replace('_', '-')} (or ${SCOPE[key]})" for key in missing)
        print(f"error: which workspace? Missing: {flags}", file=sys.stderr)
        return USAGE
    try:
        workspace = Workspace(options.subscription, options.resource_group, options.workspace)
        print(_register(workspace, options))
    except NotBetterError as answer:
        print(f"{answer} Not registered.", file=sys.stderr)
        return NOT_BETTER
    except (ArtifactError, DataError, RegistrationError, WorkspaceError) as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    return BETTER


def _register(registry: Registry, options: argparse.Namespace) -> str:
    if options.environment:
        return register_environment(registry, options.name or ENVIRONMENT_NAME, options.version)
    name = options.name or MODEL_NAME
    if options.folder:
        return register_model(
            registry, options.folder, name, options.version, only_if_better=options.only_if_better
        )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        train(RECIPES[options.model], folder, options.seed)
        return register_model(registry, folder, name, options.version, only_if_better=options.only_if_better)


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.register",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", choices=sorted(RECIPES), help="train this model and register it")
    what.add_argument("--folder", type=Path, metavar="DIR", help="register a model that ml.train has written")
    what.add_argument("--environment", action="store_true", help="register ml/serving/environment.yml")
    parser.add_argument("--name", help=f"default {MODEL_NAME}, or {ENVIRONMENT_NAME} for the environment")
    parser.add_argument("--version", help="default: the next one")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the training (default {SEED})")
    parser.add_argument(
        "--only-if-better", action="store_true", help="only if it beats the newest version; else exit 3"
    )
    for key, variable in SCOPE.items():
        parser.add_argument(
            f"--{key.replace('_', '-')}", default=environ.get(variable), help=f"default: ${variable}"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())

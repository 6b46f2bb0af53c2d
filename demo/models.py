"""Train the demo's models and register them, in one process: told to register when the workspace is there.

python -m demo.models --folder DIR --group RG --workspace WS --when FILE [--models baseline=1 boosted=2 ...]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ml.models import RECIPES
from ml.train import train

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOK = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; one line for each thing done."""
    parser = argparse.ArgumentParser(prog="python -m demo.models", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the models are written")
    parser.add_argument("--group", required=True)
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--when", type=Path, required=True, help="registering waits until this file is there")
    parser.add_argument("models", nargs="+", metavar="MODEL=VERSION")
    options = parser.parse_args(arguments)
    wanted = dict(each.split("=") for each in options.models)
    for name in wanted:
        quality = train(RECIPES[name], options.folder / name)
        print(f"trained {name}: ROC AUC {quality.roc_auc:.3f} on held-out applicants", flush=True)

    from ml.register import (  # noqa: PLC0415 - Azure's client takes a while to load: after the training
        ENVIRONMENT_NAME,
        MODEL_NAME,
        RegistrationError,
        register_environment,
        register_model,
    )
    from ml.workspace import Workspace, WorkspaceError  # noqa: PLC0415

    while not options.when.exists():
        time.sleep(LOOK)
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - the sentences of ml.register; ours say the same
    try:
        workspace = Workspace(os.environ["AZURE_SUBSCRIPTION_ID"], options.group, options.workspace)
        said = register_environment(workspace, ENVIRONMENT_NAME, "1")
        print(f"registered {said}: what the models are served in", flush=True)
        for name, version in wanted.items():
            said = register_model(workspace, options.folder / name, MODEL_NAME, version)
            print(f"registered {said}: {name}. {RECIPES[name].summary}", flush=True)
    except (WorkspaceError, RegistrationError) as error:
        print(f"error: {error}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

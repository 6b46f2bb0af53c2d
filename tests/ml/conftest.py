import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

# As in serving: on few rows, and beside other tests, OpenMP's threads only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from ml.models import RECIPES
from ml.train import train

Folder = Callable[[str], Path]


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Folder:
    """The folder of a trained model by name, trained once in all the test's processes."""
    root = tmp_path_factory.getbasetemp()
    shared = (root if worker_id == "master" else root.parent) / "models"
    shared.mkdir(exist_ok=True)

    def folder(name: str) -> Path:
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = shared / name
            if not done.exists():
                train(RECIPES[name], shared / f"{name}.part")
                (shared / f"{name}.part").rename(done)
        return done

    return folder

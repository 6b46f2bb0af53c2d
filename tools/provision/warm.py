"""Compiles what the project imports, once.

Where PYTHONDONTWRITEBYTECODE is set, as in many container images, every run would compile it again: seconds
of each `pulumi up`. Compiling all that is installed would take minutes, most of it for Azure services that
nothing here uses. Run by the project's own Python, with the project's folders as arguments.
"""

import ast
import contextlib
import importlib
import io
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path


def imported(folder: Path) -> Iterator[tuple[str, str | None]]:
    """Yields each module that a folder's files import, and each name that they import from it."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                yield from ((alias.name, None) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                yield from ((node.module, alias.name) for alias in node.names)


def load(module: str, name: str | None) -> None:
    """Imports a module, or what it has under a name, far enough that a lazy one is loaded too."""
    found = importlib.import_module(module)
    if name is not None:
        found = getattr(found, name, None) or importlib.import_module(f"{module}.{name}")
    getattr(found, "__all__", None)


def main(folders: list[Path]) -> None:
    """Loads everything; what cannot be imported here will say so where it is used."""
    sys.dont_write_bytecode = False
    own = {folder.name for folder in folders}
    wanted = {pair for folder in folders for pair in imported(folder) if pair[0].partition(".")[0] not in own}
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()):
        for module, name in sorted(wanted, key=str):
            with contextlib.suppress(Exception, SystemExit):
                load(module, name)


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])

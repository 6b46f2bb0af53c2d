"""What git says of the checkout."""

from __future__ import annotations

import subprocess

NO_COMMIT = "0" * 40


def head() -> str:
    """Return the commit that is checked out."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def changed(base: str) -> list[str] | None:
    """Return the files that differ from where the branch left `base`, or None where git can't tell."""
    if base == NO_COMMIT:
        return None
    done = subprocess.run(
        ["git", "diff", "--name-only", "--no-renames", "-z", f"{base}...HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stderr)
        return None
    return [name for name in done.stdout.split("\0") if name]


def blob(file: str) -> str:
    """Return by which object git knows a file as it is now."""
    done = subprocess.run(["git", "hash-object", "--", file], capture_output=True, text=True, check=True)
    return done.stdout.strip()

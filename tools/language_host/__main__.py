"""Started by the engine as `pulumi-language-python [flags] <engine address>`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Run by its path: the launcher needs no installed package, and programs inherit no PYTHONPATH.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from language_host.service import serve

    serve(sys.argv[1:])

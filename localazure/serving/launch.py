"""Starts the inference server inside an environment. Run by that environment's Python: no imports of ours.

Arguments: the starter's process id, the descriptor of the listening socket, then those of `azmlinfsrv`.
"""

import ctypes
import importlib
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
FIRST_LISTENER = 3


def main() -> None:
    """Bind the server's life and its address to the starter's, then run it."""
    parent, listener, *rest = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):
            sys.exit("the local Azure that started this has gone")
    # The server would listen on every interface; with systemd's socket protocol gunicorn takes ours.
    os.dup2(int(listener), FIRST_LISTENER)
    os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
    # A control socket at one path of the user's would be shared by all instances.
    if "control_socket_disable" in importlib.import_module("gunicorn.config").make_settings():
        given = os.environ.get("GUNICORN_CMD_ARGS", "")
        os.environ["GUNICORN_CMD_ARGS"] = f"{given} --no-control-socket".strip()
    sys.argv = ["azmlinfsrv", *rest]
    importlib.import_module("azureml_inference_server_http.amlserver").run()


if __name__ == "__main__":
    main()

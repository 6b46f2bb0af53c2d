"""The `LanguageRuntime` service: what the engine asks of a language."""

import argparse
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2, json_format

from . import packages, plugins
from .interpreter import Interpreter, InterpreterError, choose
from .process import TOLD_THE_USER, Programs, end_with
from .sdk import language, plugin, service

_THREADS = 8
_UNLIMITED = -1
# The version that this host answers for: requirements.lock and tools/pulumi/go.mod pin the same.
_VERSION = "3.259.0"


class LanguageHost(service.LanguageRuntimeServicer):
    """Answers what preview, update, refresh and destroy ask; packaging and generators are unimplemented."""

    def __init__(self, engine: str, programs: Programs) -> None:
        self._engine = engine
        self._programs = programs

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: D102, N802, ARG002 the protocol's names
        self._engine = request.engine_address
        return language.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: D102, N802, ARG002
        return plugin.PluginInfo(version=_VERSION)

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: D102, N802
        found = packages.required(_interpreter(request.info, context))
        return language.GetRequiredPackagesResponse(
            packages=[_dependency(r, plugin.PackageDependency) for r in found]
        )

    def GetRequiredPlugins(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: D102, N802
        found = packages.required(_interpreter(request.info, context))
        return language.GetRequiredPluginsResponse(
            plugins=[_dependency(r, plugin.PluginDependency) for r in found]
        )

    def About(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: D102, N802
        chosen = _interpreter(request.info, context)
        return language.AboutResponse(executable=str(chosen.executable), version=chosen.version())

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: D102, N802, ARG002
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "tools/setup installs what requirements.lock lists")

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: D102, N802, ARG002
        self._programs.interrupt()
        return empty_pb2.Empty()

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: D102, N802
        chosen = _interpreter(request.info, context)
        context.add_callback(self._programs.interrupt)
        code = self._programs.run(chosen, Path(request.pwd), self._settings(request))
        if code == 0:
            return language.RunResponse()
        if code == TOLD_THE_USER:
            return language.RunResponse(bail=True)
        if code < 0:
            return language.RunResponse(error=f"program was ended by signal {-code}")
        return language.RunResponse(error=f"program exited with non-zero exit code: {code}")

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: D102, N802
        chosen = _interpreter(request.info, context)
        environment = dict(each.split("=", 1) for each in request.env) or dict(os.environ)
        started = plugins.command(
            chosen, request.kind, Path(request.info.program_directory), list(request.args)
        )
        for output in plugins.run(
            started, Path(request.pwd), chosen.environment(environment), context.add_callback
        ):
            if output.exit_code is not None:
                yield language.RunPluginResponse(exitcode=output.exit_code)
            else:
                yield language.RunPluginResponse(stdout=output.stdout, stderr=output.stderr)

    def _settings(self, request: Any) -> dict[str, Any]:
        return {
            "engine": {
                "monitor": request.monitor_address,
                "engine": self._engine,
                "project": request.project,
                "stack": request.stack,
                "parallel": request.parallel,
                "dry_run": request.dryRun,
                "organization": request.organization,
                "root_directory": request.info.root_directory,
            },
            "config": dict(request.config),
            "secret_keys": list(request.configSecretKeys),
            "entry_point": request.info.entry_point,
            "arguments": list(request.args),
            "folder": request.pwd,
        }


def serve(arguments: Sequence[str]) -> NoReturn:
    """Serves until the engine ends this process, or is itself gone."""
    parser = argparse.ArgumentParser(prog="pulumi-language-python")
    parser.add_argument("engine", nargs="?", default="", help="address of the engine's own gRPC server")
    options, _ = parser.parse_known_args(arguments)
    parent = os.getppid()
    server = grpc.server(
        ThreadPoolExecutor(_THREADS),
        options=[
            ("grpc.max_receive_message_length", _UNLIMITED),
            ("grpc.max_send_message_length", _UNLIMITED),
        ],
    )
    programs = Programs()
    service.add_LanguageRuntimeServicer_to_server(LanguageHost(options.engine, programs), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    try:
        end_with(parent)
    except KeyboardInterrupt:
        # How the engine ends its plugins, after every command.
        programs.interrupt()
    os._exit(0)


def _interpreter(info: Any, context: grpc.ServicerContext) -> Interpreter:
    try:
        return choose(Path(info.root_directory), json_format.MessageToDict(info.options))
    except InterpreterError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        raise


def _dependency(requirement: packages.Requirement, message: Any) -> Any:
    return message(
        name=requirement.name, kind="resource", version=requirement.version, server=requirement.server
    )

# ruff: noqa: N802, D102 - the methods are named and explained in the service's description
"""The gRPC edge: the engine's messages in, the pure parts and ARM between, the engine's messages out."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from localazure.provider.check import Naming, failures, filled
from localazure.provider.configured import Configured
from localazure.provider.difference import Kind, changes
from localazure.provider.errors import PartialError, ProviderError
from localazure.provider.preview import preview_outputs
from localazure.provider.settings import provider_settings
from localazure.provider.types import type_of_urn
from localazure.provider.values import plain, read, write

if TYPE_CHECKING:
    from localazure.provider.difference import Change


_DIFF = provider_pb2.PropertyDiff.Kind
_KINDS = {
    (Kind.ADD, False): _DIFF.ADD,
    (Kind.ADD, True): _DIFF.ADD_REPLACE,
    (Kind.DELETE, False): _DIFF.DELETE,
    (Kind.DELETE, True): _DIFF.DELETE_REPLACE,
    (Kind.UPDATE, False): _DIFF.UPDATE,
    (Kind.UPDATE, True): _DIFF.UPDATE_REPLACE,
}


class _Explained:
    """Answers errors as gRPC statuses; a write that was accepted and failed carries the state to keep."""

    def __init__(self, context: grpc.ServicerContext) -> None:
        self._context = context

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, PartialError):
            _abort_partial(self._context, error)
        if isinstance(error, ProviderError):
            self._context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _abort_partial(context: grpc.ServicerContext, error: PartialError) -> NoReturn:
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id,
        properties=write(error.outputs),
        inputs=write(error.inputs),
        reasons=[str(error)],
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The `azure-native` resource provider of one engine run."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._cancelled = threading.Event()
        self._configured: Configured | None = None

    @property
    def _azure(self) -> Configured:
        if self._configured is None:
            raise ProviderError("the engine called before it configured the provider")
        return self._configured

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        del request, context
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, supports_autonaming_configuration=True
        )

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        del request, context
        return plugin_pb2.PluginInfo(version=self._version)

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        del request, context
        return empty_pb2.Empty()

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        del request, context
        return provider_pb2.GetSchemaResponse(
            schema=f'{{"name": "azure-native", "version": "{self._version}"}}'
        )

    def GetMapping(
        self, request: provider_pb2.GetMappingRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingResponse:
        del request, context
        return provider_pb2.GetMappingResponse()

    def GetMappings(
        self, request: provider_pb2.GetMappingsRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingsResponse:
        del request, context
        return provider_pb2.GetMappingsResponse()

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        with _Explained(context):
            return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        del request, context
        return provider_pb2.DiffResponse()

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        with _Explained(context):
            given = plain(read(request.args))
            config = {key: value for key, value in given.items() if isinstance(value, str)}
            self._configured = Configured(provider_settings(config, os.environ), self._cancelled)
            return provider_pb2.ConfigureResponse(
                acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
            )

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        del request, context
        self._cancelled.set()
        return empty_pb2.Empty()

    def Invoke(
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        with _Explained(context):
            result = self._azure.invokes.call(request.tok, read(request.args), self._azure.deadline())
            response = provider_pb2.InvokeResponse()
            getattr(response, "return").CopyFrom(write(result))
            return response

    def Check(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        with _Explained(context):
            kind = type_of_urn(request.urn)
            options = request.autonaming if request.HasField("autonaming") else None
            modes = provider_pb2.CheckRequest.AutonamingOptions
            naming = Naming(
                resource=request.urn.rpartition("::")[2],
                seed=request.randomSeed,
                proposed=None if options is None else options.proposed_name or None,
                enforced=options is not None and options.mode == modes.ENFORCE,
                disabled=options is not None and options.mode == modes.DISABLE,
            )
            news = read(request.news)
            inputs = filled(kind, read(request.olds), news, naming, lambda: self._azure.location(news))
            return provider_pb2.CheckResponse(
                inputs=write(inputs),
                failures=[
                    provider_pb2.CheckFailure(property=failure.property, reason=failure.reason)
                    for failure in failures(kind, inputs)
                ],
            )

    def Diff(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        with _Explained(context):
            kind = type_of_urn(request.urn)
            old, new = read(request.old_inputs), read(request.news)
            return _diff_response(
                changes(kind, old, new, request.ignoreChanges), by_random_name="__createBeforeDelete" in old
            )

    def Create(
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        with _Explained(context):
            kind, inputs = type_of_urn(request.urn), read(request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(properties=write(preview_outputs(kind, inputs)))
            written = self._azure.lifecycle.create(kind, inputs, self._azure.deadline(request.timeout))
            return provider_pb2.CreateResponse(id=written.resource_id, properties=write(written.outputs))

    def Update(
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        with _Explained(context):
            kind, inputs = type_of_urn(request.urn), read(request.news)
            if request.preview:
                old = read(request.olds)
                return provider_pb2.UpdateResponse(properties=write(preview_outputs(kind, inputs, old)))
            deadline = self._azure.deadline(request.timeout)
            written = self._azure.lifecycle.update(kind, request.id, inputs, deadline)
            return provider_pb2.UpdateResponse(properties=write(written.outputs))

    def Read(
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        with _Explained(context):
            found = self._azure.lifecycle.read(
                type_of_urn(request.urn),
                request.id,
                read(request.inputs) if request.HasField("inputs") else None,
                read(request.properties),
                self._azure.deadline(request.timeout),
            )
            if found is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=found.resource_id, properties=write(found.outputs), inputs=write(found.inputs)
            )

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        with _Explained(context):
            deadline = self._azure.deadline(request.timeout)
            self._azure.lifecycle.delete(type_of_urn(request.urn), request.id, deadline)
            return empty_pb2.Empty()


def _diff_response(found: list[Change], *, by_random_name: bool) -> provider_pb2.DiffResponse:
    replaces = [change.path for change in found if change.replaces]
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
        replaces=replaces,
        deleteBeforeReplace=bool(replaces) and not by_random_name,
        diffs=list(dict.fromkeys(str(change.steps[0]) for change in found)),
        detailedDiff={
            change.path: provider_pb2.PropertyDiff(kind=_KINDS[change.kind, change.replaces], inputDiff=True)
            for change in found
        },
        hasDetailedDiff=True,
    )

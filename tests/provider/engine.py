"""Speaks to a provider as the engine does, in Python values."""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto import provider_pb2_grpc, status_pb2

from localazure.provider.values import read, write

PREFIX = "urn:pulumi:dev::rollout::"


class Engine:
    """The engine's side of the protocol."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def configure(self, **config: str) -> messages.ConfigureResponse:
        return self.stub.Configure(messages.ConfigureRequest(args=write(config), acceptSecrets=True))

    def check(
        self,
        kind: str,
        news: dict[str, Any],
        olds: dict[str, Any] | None = None,
        name: str = "it",
        **more: Any,
    ) -> tuple[dict[str, Any], list[str]]:
        answer = self.stub.Check(
            messages.CheckRequest(urn=urn(kind, name), news=write(news), olds=write(olds or {}), **more)
        )
        return read(answer.inputs), [failure.reason for failure in answer.failures]

    def diff(
        self, kind: str, olds: dict[str, Any], news: dict[str, Any], ignored: list[str] | None = None
    ) -> messages.DiffResponse:
        return self.stub.Diff(
            messages.DiffRequest(
                urn=urn(kind), id="x", old_inputs=write(olds), news=write(news), ignoreChanges=ignored or []
            )
        )

    def create(
        self, kind: str, inputs: dict[str, Any], *, preview: bool = False
    ) -> tuple[str, dict[str, Any]]:
        answer = self.stub.Create(
            messages.CreateRequest(urn=urn(kind), properties=write(inputs), preview=preview, timeout=20)
        )
        return answer.id, read(answer.properties)

    def update(
        self, kind: str, id_: str, olds: dict[str, Any], news: dict[str, Any], *, preview: bool = False
    ) -> dict[str, Any]:
        answer = self.stub.Update(
            messages.UpdateRequest(
                urn=urn(kind), id=id_, olds=write(olds), news=write(news), preview=preview, timeout=20
            )
        )
        return read(answer.properties)

    def read(
        self, kind: str, id_: str, inputs: dict[str, Any] | None = None, outputs: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        request = messages.ReadRequest(urn=urn(kind), id=id_)
        if inputs is not None:
            request.inputs.CopyFrom(write(inputs))
            request.properties.CopyFrom(write(outputs or {}))
        answer = self.stub.Read(request)
        return answer.id, read(answer.properties), read(answer.inputs)

    def delete(self, kind: str, id_: str) -> None:
        self.stub.Delete(messages.DeleteRequest(urn=urn(kind), id=id_, timeout=20))

    def invoke(self, token: str, **arguments: Any) -> dict[str, Any]:
        answer = self.stub.Invoke(messages.InvokeRequest(tok=f"azure-native:{token}", args=write(arguments)))
        return read(getattr(answer, "return"))

    def cancel(self) -> None:
        self.stub.Cancel(empty_pb2.Empty())


def urn(kind: str, name: str = "it") -> str:
    return f"{PREFIX}rollout:index:Endpoint$azure-native:{kind}::{name}"


def init_failure(error: grpc.RpcError) -> messages.ErrorResourceInitFailed | None:
    """The partial state in an error, as the engine finds it."""
    metadata = dict(error.trailing_metadata() or ())
    if "grpc-status-details-bin" not in metadata:
        return None
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    failure = messages.ErrorResourceInitFailed()
    assert status.details[0].Unpack(failure)
    return failure

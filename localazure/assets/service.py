"""The blob service under `/blob/<account>/<container>/<blob>`: the subset that Azure's clients use."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from email.utils import format_datetime
from typing import TYPE_CHECKING, TypedDict
from xml.etree import ElementTree as ET

from aiohttp import web

from localazure.assets.listing import blob_list
from localazure.assets.sas import SignedRequest, sas_refusal, shared_key_refusal
from localazure.identity import TokenError

if TYPE_CHECKING:
    from pathlib import Path

    from localazure.assets.blobs import Blob, Blobs
    from localazure.azure import Azure

__all__ = ["routes"]

RANGE = re.compile(r"bytes=(\d+)-(\d*)")
META = "x-ms-meta-"
ACCOUNTS = "Microsoft.Storage/storageAccounts"
CHUNK = 2**20


def routes(azure: Azure, blobs: Blobs) -> list[web.RouteDef]:
    """The blob service; it checks shared keys, SAS and bearer tokens itself."""
    service = _Service(azure, blobs)
    below = "{slash:/?}{blob:.*}"
    return [
        web.route("*", "/blob/{account}/{container}" + below, service.handle),
        # In a registry: azure-ai-ml takes the first segment for the container, and all after it for the blob.
        web.route("*", "/blob.{account:[a-z0-9]+}.{container:[a-z0-9-]+}" + below, service.handle),
    ]


class _Described(TypedDict):
    content_type: str
    metadata: dict[str, str]


class _Refused(Exception):  # noqa: N818 - an answer
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class _Service:
    def __init__(self, azure: Azure, blobs: Blobs) -> None:
        self._azure = azure
        self._blobs = blobs

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check(request)
            return await self._answer(request)
        except _Refused as refused:
            error = ET.Element("Error")
            ET.SubElement(error, "Code").text = refused.code
            ET.SubElement(error, "Message").text = refused.message
            return web.Response(
                status=refused.status,
                body=None if request.method == "HEAD" else ET.tostring(error, "utf-8", xml_declaration=True),
                content_type="application/xml",
                headers={"x-ms-error-code": refused.code},
            )

    def _check(self, request: web.Request) -> None:
        """Let in who shows the account's key, a SAS signed with it, or a token of this Azure."""
        account = request.match_info["account"]
        found = [one for one in self._azure.store.of_type(ACCOUNTS) if one.name == account]
        if not found:
            raise _Refused(404, "ResourceNotFound", f"There is no storage account '{account}'.")
        keys: list[str] = found[0].state["keys"]
        signed = SignedRequest(
            method=request.method,
            path=request.rel_url.raw_path,
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            account=account,
            container=request.match_info["container"],
            blob=request.match_info["blob"],
        )
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            try:
                claims = self._azure.tokens.check(token)
            except TokenError as error:
                raise _Refused(401, "InvalidAuthenticationInfo", str(error)) from error
            # The token of an endpoint is for scoring alone.
            reason = "The token is for an endpoint." if str(claims["aud"]).startswith("/") else ""
        elif scheme == "SharedKey":
            reason = shared_key_refusal(signed, keys)
        elif "sig" in request.query:
            reason = sas_refusal(signed, keys)
        else:
            raise _Refused(401, "NoAuthenticationInformation", "Send a token, a shared key or a SAS.")
        if reason:
            raise _Refused(
                403, "AuthenticationFailed", f"Server failed to authenticate the request. {reason}"
            )

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        account, container, name = (request.match_info[key] for key in ("account", "container", "blob"))
        if not name:
            return self._container(request, account, container)
        self._need_container(account, container)
        match request.method, request.query.get("comp"):
            case "PUT", None:
                return await self._put(request, account, container, name)
            case "PUT", "block":
                return await self._put_block(request, account, container, name)
            case "PUT", "blocklist":
                return await self._put_block_list(request, account, container, name)
            case "PUT", "metadata":
                self._need(account, container, name)
                return _done(200, self._blobs.set_metadata(account, container, name, _metadata(request)))
            case (("GET" | "HEAD"), None):
                return await self._read(request, self._need(account, container, name))
            case "DELETE", None:
                self._need(account, container, name)
                self._blobs.delete(account, container, name)
                return web.Response(status=202)
            case method, comp:
                text = f"Local Azure's blob service has no {method} with comp={comp}."
                raise _Refused(400, "UnsupportedQueryParameter", text)

    def _container(self, request: web.Request, account: str, container: str) -> web.Response:
        if request.method == "PUT":
            if self._blobs.has_container(account, container):
                raise _Refused(409, "ContainerAlreadyExists", "The specified container already exists.")
            self._blobs.make_container(account, container)
            return web.Response(status=201)
        self._need_container(account, container)
        if request.method == "DELETE":
            self._blobs.drop_container(account, container)
            return web.Response(status=202)
        if request.query.get("comp") == "list":
            prefix = request.query.get("prefix", "")
            found = self._blobs.list(account, container, prefix)
            body = blob_list(found, container, prefix, request.query.get("delimiter", ""))
            return web.Response(body=body, content_type="application/xml")
        headers = {
            "ETag": f'"{container}"',
            "Last-Modified": format_datetime(self._azure.clock.now(), usegmt=True),
        }
        return web.Response(headers=headers)

    def _need_container(self, account: str, container: str) -> None:
        if not self._blobs.has_container(account, container):
            raise _Refused(404, "ContainerNotFound", f"There is no container '{container}'.")

    def _need(self, account: str, container: str, name: str) -> Blob:
        found = self._blobs.get(account, container, name)
        if found is None:
            raise _Refused(404, "BlobNotFound", "The specified blob does not exist.")
        return found

    async def _put(self, request: web.Request, account: str, container: str, name: str) -> web.Response:
        if (
            request.headers.get("x-ms-blob-type", "BlockBlob") != "BlockBlob"
            or "x-ms-copy-source" in request.headers
        ):
            raise _Refused(400, "UnsupportedHeader", "Local Azure has only block blobs, and doesn't copy.")
        old = self._blobs.get(account, container, name)
        if old is not None and request.headers.get("If-None-Match") == "*":
            raise _Refused(409, "BlobAlreadyExists", "The specified blob already exists.")
        file = self._blobs.new_file()
        digest = await _receive(request, file)
        blob = self._blobs.put(account, container, name, file=file, **_described(request))
        return _done(201, blob, digest)

    async def _put_block(self, request: web.Request, account: str, container: str, name: str) -> web.Response:
        block = request.query.get("blockid", "")
        if not block:
            raise _Refused(400, "InvalidQueryParameterValue", "blockid is missing.")
        file = self._blobs.block_file(account, container, name, block)
        part = file.with_name(file.name + ".part")
        digest = await _receive(request, part)
        part.replace(file)
        return web.Response(status=201, headers={"Content-MD5": digest})

    async def _put_block_list(
        self, request: web.Request, account: str, container: str, name: str
    ) -> web.Response:
        try:
            wanted = [one.text or "" for one in ET.fromstring(await request.read())]  # noqa: S314 - from loopback
        except ET.ParseError as error:
            raise _Refused(400, "InvalidXmlDocument", str(error)) from error
        file = await asyncio.to_thread(self._blobs.commit, account, container, name, wanted)
        if file is None:
            raise _Refused(400, "InvalidBlockList", "The specified block list is invalid.")
        blob = self._blobs.put(account, container, name, file=file, **_described(request))
        return _done(201, blob)

    async def _read(self, request: web.Request, blob: Blob) -> web.StreamResponse:
        headers = _headers(blob) | {"Accept-Ranges": "bytes"}
        headers |= {META + key: value for key, value in blob.metadata.items()}
        asked = request.headers.get("x-ms-range") or request.headers.get("Range")
        start, end, status = 0, blob.size, 200
        if asked and (found := RANGE.fullmatch(asked)):
            start = int(found[1])
            end = min(blob.size, int(found[2]) + 1) if found[2] else blob.size
            if start >= blob.size:
                raise _Refused(416, "InvalidRange", "The range specified is invalid.")
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{blob.size}"
            status = 206
        headers["Content-Length"] = str(end - start)
        headers["Content-Type"] = blob.content_type
        answer = web.StreamResponse(status=status, headers=headers)
        await answer.prepare(request)
        if request.method == "GET":
            with blob.path.open("rb") as source:
                source.seek(start)
                left = end - start
                while left > 0 and (chunk := source.read(min(CHUNK, left))):
                    await answer.write(chunk)
                    left -= len(chunk)
        await answer.write_eof()
        return answer


async def _receive(request: web.Request, file: Path) -> str:
    """Write the request's body to a file; its MD5 in base64, checked where the client sent one."""
    digest = hashlib.md5(usedforsecurity=False)
    with file.open("wb") as out:
        async for chunk in request.content.iter_chunked(CHUNK):
            digest.update(chunk)
            out.write(chunk)
    found = base64.b64encode(digest.digest()).decode()
    if request.headers.get("Content-MD5", found) != found:
        await asyncio.to_thread(file.unlink)
        raise _Refused(400, "Md5Mismatch", "The MD5 value specified in the request did not match.")
    return found


def _metadata(request: web.Request) -> dict[str, str]:
    return {k[len(META) :].lower(): v for k, v in request.headers.items() if k.lower().startswith(META)}


def _described(request: web.Request) -> _Described:
    content_type = request.headers.get("x-ms-blob-content-type") or "application/octet-stream"
    return {"content_type": content_type, "metadata": _metadata(request)}


def _headers(blob: Blob) -> dict[str, str]:
    return {
        "ETag": blob.etag,
        "Last-Modified": format_datetime(blob.modified, usegmt=True),
        "x-ms-blob-type": "BlockBlob",
        "x-ms-creation-time": format_datetime(blob.created, usegmt=True),
    }


def _done(status: int, blob: Blob, digest: str | None = None) -> web.Response:
    headers = {"ETag": blob.etag, "Last-Modified": format_datetime(blob.modified, usegmt=True)}
    return web.Response(status=status, headers=headers | ({"Content-MD5": digest} if digest else {}))

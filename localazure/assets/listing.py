from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localazure.assets.blobs import Blob

__all__ = ["blob_list"]


def blob_list(found: Iterable[Blob], container: str, prefix: str, delimiter: str) -> bytes:
    """List Blobs as XML: with a delimiter, what comes after it is folded into prefixes."""
    root = ET.Element("EnumerationResults", ContainerName=container)
    ET.SubElement(root, "Prefix").text = prefix
    blobs = ET.SubElement(root, "Blobs")
    folded: set[str] = set()
    for blob in found:
        rest = blob.name[len(prefix) :]
        if delimiter and delimiter in rest:
            short = prefix + rest.split(delimiter, 1)[0] + delimiter
            if short not in folded:
                folded.add(short)
                ET.SubElement(ET.SubElement(blobs, "BlobPrefix"), "Name").text = short
            continue
        _entry(blobs, blob)
    ET.SubElement(root, "NextMarker")
    return ET.tostring(root, "utf-8", xml_declaration=True)


def _entry(blobs: ET.Element, blob: Blob) -> None:
    entry = ET.SubElement(blobs, "Blob")
    ET.SubElement(entry, "Name").text = blob.name
    properties = ET.SubElement(entry, "Properties")
    for key, value in (
        ("Creation-Time", format_datetime(blob.created, usegmt=True)),
        ("Last-Modified", format_datetime(blob.modified, usegmt=True)),
        ("Etag", blob.etag.strip('"')),
        ("Content-Length", str(blob.size)),
        ("Content-Type", blob.content_type),
        ("BlobType", "BlockBlob"),
    ):
        ET.SubElement(properties, key).text = value
    metadata = ET.SubElement(entry, "Metadata")
    for key, value in blob.metadata.items():
        ET.SubElement(metadata, key).text = value

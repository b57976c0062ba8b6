"""Make a bundle of a pipeline: its graph, its code, and the values that no document can hold."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from attrs import frozen

from ...compilers.lowering import Compiled
from ...compilers.serialisation import document_and_digest
from ..functions import packed_with_modules
from ..store import LocalStore, encode
from ..store.portable import write_out
from .archives import digest_of, read_archive, write_archive
from .claims import check_claims, content_of
from .contents import CODE, GRAPH, MANIFESTS, PARAMETERS, SUFFIX, VALUES, Contents
from .parameters import written
from .snapshots import LIMIT, Extent, read_all, snapshot


@frozen
class Packed:
    """A bundle's bytes, their digest, and what identifies the pipeline that is in it."""

    name: str
    data: bytes
    digest: str
    content: str

    @classmethod
    def received(cls, data: bytes, shown: str = "the bundle") -> Packed:
        """Check the bytes of a bundle that was made before; nothing of it is imported.

        Raises BundleError for what is no bundle, damaged or hostile, and where what it says of itself does not follow from its graph.
        """
        contents, files = read_archive(data, shown)
        check_claims(contents, files, shown)
        return cls(contents.name, data, digest_of(data), contents.content)

    @property
    def filename(self) -> str:
        """What its file is called: by the digest, so that the same bundle has the same name."""
        return f"{self.name}-{self.digest[:16]}{SUFFIX}"

    def write(self, to: Path) -> Path:
        """Write it to a file, or under its own name into a folder, and return the file. Raises OSError."""
        file = to / self.filename if to.is_dir() else to
        file.write_bytes(self.data)
        return file


def pack(compiled: Compiled, extent: Extent = "reached", limit: int = LIMIT) -> Packed:
    """Make the bundle of an identified pipeline. The same pipeline gives the same bytes.

    Raises EndpointError for too much code, CompileError for files that are missing, and NoCodec for a value that nothing can store.
    """
    graph, digest = document_and_digest(compiled.graph)
    paths, distributions = snapshot(compiled, extent, limit)
    code = {CODE + name: data for name, data in read_all(paths)}
    values, folders = _values(compiled)
    manifests = {key: manifest.to_json() for key, manifest in sorted(compiled.manifests.items())}
    files = {
        GRAPH: graph.encode(),
        PARAMETERS: written(compiled.graph).encode(),
        MANIFESTS: json.dumps(manifests, sort_keys=True).encode(),
        **code,
        **values,
    }
    content = content_of(compiled.graph, digest, files)
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    data = write_archive(Contents(compiled.graph.name, content, python, distributions, folders), files)
    return Packed(compiled.graph.name, data, digest_of(data), content)


def _values(compiled: Compiled) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files of attached values, and the folder of each attachment."""
    attachments = compiled.graph.attachments
    folders = {key: f"{VALUES}{number}" for number, key in enumerate(sorted(attachments))}
    if not attachments:
        return {}, {}
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch, packed_with_modules(list(attachments.values())):
        store = LocalStore(Path(scratch, "store"))
        for key, folder in folders.items():
            write_out(encode(attachments[key], store), store, Path(scratch, folder))
        made = [file for file in Path(scratch, VALUES).rglob("*") if file.is_file()]
        return {file.relative_to(scratch).as_posix(): file.read_bytes() for file in made}, folders

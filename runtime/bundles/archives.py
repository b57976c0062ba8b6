"""Write the archive of a bundle, the same bytes for the same files, and read one that may come from anybody.

A bundle is a zip archive in which nothing is compressed, so that its bytes depend on no library's version and nothing in it can
unfold to more than its size. Whatever a bundle of ours never has is refused: links, absolute or upward paths, names twice, compression,
files that its document does not name or that differ from what it says.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from blake3 import blake3

from ..errors import BundleError
from .contents import CODE, CONTENTS, GRAPH, MANIFESTS, PARAMETERS, VALUES, Contents, Entry, read_contents

MOST_FILES: Final = 20_000
LARGEST: Final = 2 << 30
"""Bytes that a bundle may have; the database keeps it as one value."""

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The time that all files of an archive have: the first that a zip archive can name."""

_REGULAR = (stat.S_IFREG | 0o644) << 16
_UNIX = 3
_ENCRYPTED = 0x1
_DRIVE = re.compile(r"[A-Za-z]:")
_FIXED = frozenset({CONTENTS, GRAPH, MANIFESTS, PARAMETERS})

_FIRST, _LAST, _LAST_SIZE = b"PK\x03\x04", b"PK\x05\x06", 22
"""How a zip file without a comment begins and ends (APPNOTE.TXT 4.3.7 and 4.3.16). Readers pass over what is put around it."""


def write_archive(contents: Contents, files: Mapping[str, bytes]) -> bytes:
    """Return the archive of some files, with the document that names them first."""
    entries = {name: Entry(len(data), digest_of(data)) for name, data in sorted(files.items())}
    whole = Contents(contents.name, contents.content, contents.python, contents.distributions, contents.values, entries)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, data in ((CONTENTS, whole.to_json().encode()), *sorted(files.items())):
            info = zipfile.ZipInfo(name, _MOMENT)
            info.create_system, info.external_attr = _UNIX, _REGULAR
            archive.writestr(info, data)
    return stream.getvalue()


def digest_of(data: bytes) -> str:
    """Return the blake3 of some bytes, in hex."""
    return blake3(data).hexdigest()


def read_archive(data: bytes, bundle: str = "the archive") -> tuple[Contents, dict[str, bytes]]:
    """Return what is in an archive, checked against its own document. ``bundle`` is what errors call it. Raises BundleError."""
    if len(data) > LARGEST:
        raise BundleError(bundle, f"it has {len(data):,} bytes, and at most {LARGEST:,} are read")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = _checked_names(archive, len(data), bundle)
            files = {name: archive.read(name) for name in names}
    except (
        zipfile.BadZipFile,
        ValueError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        OverflowError,
    ) as error:
        raise BundleError(bundle, f"it is damaged or no bundle: {error}") from error
    if CONTENTS not in files:
        raise BundleError(bundle, f"it holds no {CONTENTS}")
    if not data.startswith(_FIRST) or not data[-_LAST_SIZE:].startswith(_LAST):
        raise BundleError(bundle, "something stands before or behind its files")
    contents = read_contents(files.pop(CONTENTS), bundle)
    for problem in _differences(contents, files):
        raise BundleError(bundle, problem)
    return contents, files


def _checked_names(archive: zipfile.ZipFile, size: int, bundle: str) -> list[str]:
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise BundleError(bundle, f"it holds {len(entries):,} files, and at most {MOST_FILES:,} are read")
    if sum(entry.file_size for entry in entries) > size:
        raise BundleError(bundle, "its files claim to be larger than the whole archive")
    seen: set[str] = set()
    for entry in entries:
        problem = _problem_of(entry) or ("is there twice" if entry.filename.casefold() in seen else "")
        if problem:
            raise BundleError(bundle, f"the file {entry.filename[:200]!r} {problem}")
        seen.add(entry.filename.casefold())
    return [entry.filename for entry in entries]


def _problem_of(entry: zipfile.ZipInfo) -> str:
    name, mode = entry.filename, entry.external_attr >> 16
    path = PurePosixPath(name)
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        return "is compressed, which no file of a bundle is"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG) or name.endswith("/"):
        return "is no plain file"
    if path.is_absolute() or ".." in path.parts or "\\" in name or _DRIVE.match(name) or path.as_posix() != name:
        return "leads out of the bundle, or is written in a way that may"
    if any(ord(letter) < 32 for letter in name) or len(name) > 1000 or any(map(_is_long, path.parts)):
        return "has a name that no file has"
    if name not in _FIXED and not name.startswith((CODE, VALUES)):
        return "is none that a bundle has"
    return ""


def _is_long(part: str) -> bool:
    """Say whether file systems refuse a name: most allow 255 bytes."""
    return len(part.encode(errors="surrogatepass")) > 255


def _differences(contents: Contents, files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield how the files of an archive differ from what its document says."""
    for name in (GRAPH, PARAMETERS, MANIFESTS, *contents.files):
        if name not in files:
            yield f"the file {name!r} is missing"
    for name, data in files.items():
        entry = contents.files.get(name)
        if entry is None:
            yield f"its document does not name the file {name!r}"
        elif entry != Entry(len(data), digest_of(data)):
            yield f"the file {name!r} is not the one that was put there: it was changed"
    folders = {above.as_posix() for name in files for above in PurePosixPath(name).parents}
    yield from (f"the file {name!r} is a folder too" for name in files if name in folders)
    known = {folder for folder in folders if folder.startswith(VALUES)}
    yield from (f"its value {folder!r} is not there" for folder in contents.values.values() if folder not in known)

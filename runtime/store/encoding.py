"""Store values and give them back: what workers use of the store."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..artifacts import Artifact
from ..errors import CorruptArtifact, NoCodec, StoreError
from .artifacts import ArtifactStore
from .codecs.containers import leaves
from .codecs.paths import is_path, overlapping
from .codecs.protocols import Codec, Unsuitable, in_memory, within
from .codecs.registry import codec_named, codecs_for
from .space import explaining_full_disk
from .staging import staged
from .summaries import summarise, type_of
from .trees import digest_of_file
from .writing import Packed, write_files

INLINE_LIMIT = 4096
"""Bytes; a value that needs no more is carried in its artifact and not written to the store."""


def encode(value: object, store: ArtifactStore, *, scratch: Path | None = None) -> Artifact:
    """Store a value and describe it.

    Files and folders that lie in ``scratch`` are moved, not copied; give it only where nobody needs them there any
    more, and use :func:`encode_all` for several values that might name the same files.

    Raises ``NoCodec`` where nothing can store such a value, and ``StoreError`` for a missing path or a full disk.
    """
    summary = summarise(value)
    reason: Unsuitable | None = None
    for codec in codecs_for(value):
        try:
            name, (digest, size, inline) = codec.name, _stored(value, within(codec, scratch), store)
        except Unsuitable as error:
            reason = reason or error
            continue
        return Artifact(digest, name, size, type_of(value), summary, inline)
    raise NoCodec(type_of(value), str(reason or "no codec matches it")) from reason


def encode_all(values: Iterable[object], store: ArtifactStore, *, scratch: Path | None = None) -> tuple[Artifact, ...]:
    """Store the outputs of one step. Where two of them overlap on disk, nothing is moved out of ``scratch``."""
    known = tuple(values)
    movable = None if scratch is None or overlapping(_paths_in(known)) else scratch
    return tuple([encode(value, store, scratch=movable) for value in known])


def _paths_in(values: tuple[object, ...]) -> list[Path]:
    return [leaf for leaf in leaves(values) if isinstance(leaf, Path) and is_path(leaf)]


def decode(artifact: Artifact, store: ArtifactStore) -> object:
    """Give back the value that an artifact stands for; arrays in it are writable, and shared until written to.

    Raises ``ArtifactNotFound``, ``CorruptArtifact``, or ``StoreError`` where reading needs something not installed here.
    """
    codec = codec_named(artifact.codec)
    try:
        return codec.load(store.get(artifact.digest)) if artifact.inline is None else _unpacked(artifact, codec)
    except (StoreError, MemoryError):
        raise
    except ImportError as error:
        raise StoreError(
            f"{_name(artifact)} needs {error.name!r} to be read, which cannot be imported here: {error}"
        ) from error
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        raise StoreError(
            f"{_name(artifact)} is intact, but the codec {artifact.codec!r} cannot read it: {problem}. The class or the "
            "library that it was made with may have changed; run the step that makes it again"
        ) from error


def _name(artifact: Artifact) -> str:
    return f"artifact {artifact.digest[:12]} ({artifact.summary or artifact.type or artifact.codec})"


def _stored(value: object, codec: Codec, store: ArtifactStore) -> tuple[str, int, bytes | None]:
    """Store a value with one codec; give digest, size, and the bytes where they are few enough to be carried along."""
    try:
        compact = in_memory(codec)
        packed = compact.pack(value) if compact else None
        if compact and packed and len(packed) == 1 and compact.filename in packed and _size(packed) <= INLINE_LIMIT:
            inline = b"".join(packed[compact.filename])
            return digest_of_file(compact.filename, inline), len(inline), inline
        return *_put(value, codec, packed, store), None
    except (StoreError, OSError, MemoryError):
        raise
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        raise StoreError(f"the codec {codec.name!r} failed to store a {type_of(value)}: {problem}") from error


def _put(value: object, codec: Codec, packed: Packed | None, store: ArtifactStore) -> tuple[str, int]:
    needed = None if packed is None else _size(packed)
    with explaining_full_disk(store.staging, needed), staged(store.staging) as folder:
        if packed is None:
            codec.dump(value, folder)
            return store.put(folder)
        return store.put(folder, write_files(packed, folder))


def _size(packed: Packed) -> int:
    return sum([memoryview(chunk).nbytes for chunks in packed.values() for chunk in chunks])


def _unpacked(artifact: Artifact, codec: Codec) -> object:
    data = artifact.inline or b""
    compact = in_memory(codec)
    if compact is None:
        raise StoreError(f"{_name(artifact)} came without its files, and the codec {codec.name!r} reads nothing else")
    if digest_of_file(compact.filename, data) != artifact.digest:
        raise CorruptArtifact(artifact.digest, "the bytes that it carries do not add up to its digest")
    return compact.unpack({compact.filename: memoryview(bytearray(data))})

"""Contents are hashed as stores do."""

from __future__ import annotations

import hashlib

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from penstock.runtime.datastores import checksums
from penstock.runtime.datastores.checksums import block_size, hasher, kind_of
from penstock.runtime.datastores.remote import in_blocks

PIECES = st.lists(st.binary(max_size=40))


def hashed(kind, pieces, size=None):
    found = hasher(kind, size)
    for piece in pieces:
        found.update(piece)
    return found.result()


@given(PIECES)
def test_a_whole_hash_does_not_depend_on_the_pieces(pieces):
    data = b"".join(pieces)
    assert hashed("blake3", pieces) == f"blake3:{blake3(data).hexdigest()}"
    assert hashed("md5", pieces) == f"md5:{hashlib.md5(data).hexdigest()}"


@given(PIECES, st.integers(1, 30))
def test_s3_hashes_the_hashes_of_blocks(pieces, size):
    data = b"".join(pieces)
    blocks = [data[start : start + size] for start in range(0, len(data), size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checksums, "block_size", lambda _: size)
        found = hashed("s3", pieces)
    if len(data) < size:
        assert found == f"md5:{hashlib.md5(data).hexdigest()}"
    else:
        joined = b"".join(hashlib.md5(block).digest() for block in blocks)
        assert found == f"s3:{hashlib.md5(joined).hexdigest()}-{len(blocks)}"


@given(PIECES, st.integers(1, 30))
def test_bytes_are_cut_into_blocks_of_one_size(pieces, size):
    blocks = list(in_blocks(pieces, size))
    assert b"".join(blocks) == b"".join(pieces)
    assert all(len(block) == size for block in blocks[:-1]) and all(blocks)


@pytest.mark.parametrize("size", [0, 1 << 30, 160 << 30, 5 << 40])
def test_no_file_takes_more_blocks_than_a_store_allows(size):
    assert size / block_size(size) <= 10_000
    assert block_size(size) >= 5 << 20


def test_the_kind_of_a_checksum_is_its_beginning():
    assert kind_of("md5:abc") == "md5"

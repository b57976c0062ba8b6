"""The digest depends on names, contents and executable bits, and on nothing else."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as some
from penstock.runtime.store import trees
from penstock.runtime.store.trees import Entry, describe, digest_of, entry_of, list_files

NAMES = some.text(some.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=8)
ENTRIES = some.dictionaries(
    NAMES, some.builds(Entry, some.integers(0, 9), some.sampled_from(["a" * 64, "b" * 64]), some.booleans())
)


def test_the_digest_is_the_same_on_every_machine():
    entries = {"model.pkl": entry_of(b"weights"), "sub/run.sh": Entry(0, entry_of(b"").blake3, executable=True)}
    assert digest_of(entries) == "7a8b12a4b071cb7bb6dfccde530ca73eec8cb3e7ff80c78a0dc5d5380a547b8a"


@given(ENTRIES, some.randoms())
def test_the_order_of_files_does_not_count(entries, random):
    shuffled = list(entries.items())
    random.shuffle(shuffled)
    assert digest_of(dict(shuffled)) == digest_of(entries)


@given(ENTRIES, ENTRIES)
def test_only_equal_trees_have_equal_digests(one, other):
    contents = [{name: (entry.blake3, entry.executable) for name, entry in tree.items()} for tree in (one, other)]
    assert (digest_of(one) == digest_of(other)) == (contents[0] == contents[1])


def test_times_and_write_permissions_do_not_count(tmp_path):
    (tmp_path / "a").write_text("one")
    before = digest_of(describe(tmp_path, list_files(tmp_path)))
    os.utime(tmp_path / "a", ns=(1, 1))
    (tmp_path / "a").chmod(0o400)
    assert digest_of(describe(tmp_path, list_files(tmp_path))) == before


def test_big_files_hash_the_same_by_each_way(tmp_path, monkeypatch):
    data = os.urandom(5_000_000)
    (tmp_path / "a").write_bytes(data)
    path, expected = str(tmp_path / "a"), entry_of(data).blake3
    assert trees.hash_file(path, len(data)) == expected
    monkeypatch.setattr(trees, "_HOME_PROCESS", -1)
    assert trees.hash_file(path, len(data)) == expected
    assert trees.hash_file(path, 0) == expected

"""Files are named after steps, however long their ids are."""

from __future__ import annotations

from penstock.runtime.filenames import filename_of


def test_an_id_names_its_files():
    assert filename_of("tune[3]/train") == "tune[3]/train"


def test_a_long_id_is_cut_and_still_told_from_others():
    one, other = (filename_of("x" * 300 + end) for end in "ab")
    assert one != other and len(one) == len(other) < 200 and one == filename_of("x" * 300 + "a")

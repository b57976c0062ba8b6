"""Runs have short names that nobody mistakes."""

from __future__ import annotations

import re
import threading

import pytest

from penstock.runtime.history import identifiers, new_run_id


def test_an_id_is_the_second_in_utc_and_four_characters():
    assert re.fullmatch(r"20261122-204338-[2-9a-z]{4}", new_run_id(1795380218.9))


def test_ids_sort_by_second():
    assert new_run_id(1000.0) < new_run_id(1001.0) < new_run_id(2000000000.0)


@pytest.mark.parametrize("character", "01ilo")
def test_no_id_has_a_character_that_looks_like_another(character):
    assert character not in identifiers.ALPHABET


def test_many_runs_in_one_second_have_ids_of_their_own():
    assert len({new_run_id(5.0) for _ in range(5000)}) == 5000


def test_threads_never_share_an_id():
    ids = []
    threads = [threading.Thread(target=lambda: ids.extend(new_run_id(7.0) for _ in range(500))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 4000


def test_old_seconds_are_forgotten():
    for second in range(100):
        new_run_id(float(second))
    assert len(identifiers._given) <= 8


def test_without_a_time_it_is_now():
    assert new_run_id()[:4] >= "2024"

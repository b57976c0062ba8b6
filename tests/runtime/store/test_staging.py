"""What killed processes leave in the staging area, and an area where nothing may be written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest
from penstock.runtime.errors import StoreError
from penstock.runtime.store import open_store, staging

LEAVE = "import sys; from penstock.runtime.store import LocalStore, staging; print(staging.new_folder(LocalStore(sys.argv[1]).staging))"


def left_by_another_process(root) -> str:
    return subprocess.run(
        [sys.executable, "-c", LEAVE, str(root)], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is not known who is gone")
def test_what_a_process_left_that_is_gone_is_removed_when_the_store_is_opened(tmp_path):
    left = left_by_another_process(tmp_path)
    assert os.path.isdir(left)
    open_store(tmp_path)
    assert not os.path.exists(left)


def test_what_a_living_process_prepares_stays(tmp_path):
    folder = staging.new_folder(tmp_path / "tmp")
    open_store(tmp_path)
    assert folder.is_dir()


@pytest.mark.parametrize("name", ["999999999-00000000-ab", "999999999--ab", "draft", "1-2"])
def test_what_another_machine_or_somebody_left_stays(tmp_path, name):
    (tmp_path / "tmp" / name).mkdir(parents=True)
    open_store(tmp_path)
    assert (tmp_path / "tmp" / name).is_dir()


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_store_that_cannot_be_written_is_named_with_what_to_do(tmp_path, monkeypatch, number):
    def refuse(folder: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(staging.os, "mkdir", refuse)
    with pytest.raises(
        StoreError, match=f"the store {tmp_path} cannot be written: {os.strerror(number)}. Allow writing there"
    ):
        staging.new_folder(tmp_path / "tmp")

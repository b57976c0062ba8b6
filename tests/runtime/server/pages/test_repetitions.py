"""How a run can be done again is told where somebody knows it, and nowhere else."""

from __future__ import annotations

import pytest
from penstock.runtime.server.pages.repetitions import command_again


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            "/home/ada/.venv/bin/python3 /home/ada/.venv/bin/penstock run a.py:b --lr 0.3",
            "penstock run a.py:b --lr 0.3",
        ),
        ("python /usr/bin/penstock run 'my flow.py:b' -q", "penstock run 'my flow.py:b' -q"),
        ("python /usr/bin/penstock serve", ""),
        ("python /srv/server/hosts/child.py /home/ada", ""),
        ("python train.py", ""),
        ("python 'unclosed", ""),
        ("penstock", ""),
        ("", ""),
    ],
)
def test_the_command_is_told_without_paths(command, told):
    assert command_again(command) == told

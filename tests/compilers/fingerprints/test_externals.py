"""Objects beyond the project are asked with care."""

from __future__ import annotations

import pytest

from penstock.compilers.fingerprints.externals import _asked


class Refusal(BaseException):
    """What some libraries raise so that nobody catches it."""


class Touchy:
    def __init__(self, raised: type[BaseException]) -> None:
        self.raised = raised

    def __getattr__(self, name: str) -> object:
        raise self.raised(name)


@pytest.mark.parametrize("raised", [Refusal, ValueError, AttributeError])
def test_an_object_may_raise_whatever_it_likes_when_it_is_asked(raised):
    assert _asked(Touchy(raised), "func") is None


def test_ctrl_c_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        _asked(Touchy(KeyboardInterrupt), "func")

"""Give every test file here its pairs fingerprinted, all in two processes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the tests here share fingerprint_pairs


@pytest.fixture(scope="module")
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], None]:
    """Return a check of one of the pairs that the test module lists in ``PAIRS``."""
    import fingerprint_pairs

    results = fingerprint_pairs.fingerprint_all(request.module.PAIRS, tmp_path_factory.mktemp("projects"))
    return lambda pair: fingerprint_pairs.check(pair, results)

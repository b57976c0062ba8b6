"""network-read."""

from __future__ import annotations

import pytest

FETCHING = [
    ("return requests.get('https://x')", "import requests"),
    ("return fetch('https://x')", "from urllib.request import urlopen as fetch"),
    ("import requests\nreturn requests.Session()", ""),
    ("return requests.Session().get('x')", "import requests"),
    ("return pd.read_csv('https://x/y.csv')", "import pandas as pd"),
    ("from sklearn.datasets import fetch_openml\nreturn fetch_openml('x')", ""),
    ("import nowhere_installed, boto3\nreturn boto3.client('s3')", ""),
]
NOT_FETCHING = [
    ("return requests.get('x')", "class requests:\n    get = staticmethod(max)"),
    ("return fetch('x')", "def fetch(x): return x"),
    ("return urlencode({})", "from urllib.parse import urlencode"),
    ("return cache.get('x')", "cache = {}"),
    ("from sklearn.datasets import load_iris\nreturn load_iris()", ""),
]


@pytest.mark.parametrize(("lines", "top"), FETCHING)
def test_what_is_fetched_from_elsewhere_is_found(rules, lines, top):
    assert set(rules(lines, top)) == {"network-read"}


@pytest.mark.parametrize(("lines", "top"), NOT_FETCHING)
def test_what_only_has_such_a_name_is_not_found(rules, lines, top):
    assert rules(lines, top) == []


@pytest.mark.parametrize("options", [{"version": "2026-01"}, {"max_age": "7d"}, {"allow_reuse": False}])
def test_a_step_that_declares_a_version_or_an_age_or_is_never_reused_may_fetch(rules, options):
    assert rules("return requests.get('https://x')", "import requests", **options) == []

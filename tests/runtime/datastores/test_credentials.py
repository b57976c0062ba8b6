"""Secrets come from the environment, and are shown nowhere."""

from __future__ import annotations

import pickle
import traceback

import pytest

from penstock.runtime.datastores.credentials import check_options, hide, resolve
from penstock.runtime.datastores.faults import telling
from penstock.runtime.errors import DatastoreError

SECRET = "hunter2/+=="


@pytest.mark.parametrize(
    "options",
    [
        {"account_key": SECRET},
        {"sas_token": SECRET},
        {"secret": SECRET},
        {"connection_string": SECRET},
        {"password": SECRET},
        {"token": SECRET},
        {"query": "?sig=hunter2/+=="},
        {"headers": {"Authorization": SECRET}},
        {"client_kwargs": {"aws_secret_access_key": SECRET}},
    ],
)
def test_a_secret_in_an_option_is_refused_without_showing_it(options):
    with pytest.raises(DatastoreError, match='name that: .*={"env": "NAME"}') as caught:
        check_options("blob", options)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"account_name": "me", "anon": True, "max_concurrency": 3, "timeout": 1.5, "endpoint_url": "http://x"},
        {"token": "anon"},
        {"token": "google.json"},
        {"key": {"env": "KEY"}, "headers": {"X-Api-Key": {"env": "KEY"}}, "password": None},
    ],
)
def test_what_is_no_secret_is_taken(options):
    check_options("blob", options)


@pytest.mark.parametrize("value", [["a"], {"deep": {1, 2}}, object(), {"env": ""}, {"env": 5}])
def test_what_cannot_be_kept_is_refused(value):
    with pytest.raises(DatastoreError, match="x"):
        check_options("blob", {"x": value})


def test_the_environment_is_put_in_at_every_depth(monkeypatch):
    monkeypatch.setenv("A_SECRET", SECRET)
    options = {"key": {"env": "A_SECRET"}, "headers": {"X": {"env": "A_SECRET"}, "Y": "y"}, "n": 3}
    assert resolve("blob", options) == ({"key": SECRET, "headers": {"X": SECRET, "Y": "y"}, "n": 3}, (SECRET, SECRET))


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_set_is_named(monkeypatch, value):
    monkeypatch.delenv("A_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("A_SECRET", value)
    with pytest.raises(
        DatastoreError, match="'blob' takes its option 'headers.X' from the .* 'A_SECRET', which is not set"
    ):
        resolve("blob", {"headers": {"X": {"env": "A_SECRET"}}})


@pytest.mark.parametrize(
    "text",
    [f"before {SECRET} after", "url?sig=hunter2%2F%2B%3D%3D", "the key of AccountName=me;AccountKey=verysecret;x=y"],
)
def test_secrets_and_their_parts_are_hidden_however_they_are_quoted(text):
    hidden = hide(text, (SECRET, "AccountName=me;AccountKey=verysecret;x=y"))
    assert "***" in hidden
    assert not {"hunter2", "verysecret"} & set(hidden.replace("=", " ").split())


@pytest.mark.parametrize("kind", [OSError, ValueError, PermissionError, RuntimeError, ImportError])
def test_an_error_that_quotes_a_secret_is_told_without_it(kind):
    with pytest.raises(DatastoreError) as caught, telling("s3://bucket/x", (SECRET,)):
        raise kind(f"GET https://host/x?sig={SECRET} failed")
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert SECRET not in told
    assert SECRET.encode() not in pickle.dumps(caught.value)
    assert "s3://bucket/x" in told


def test_a_secret_in_the_cause_of_an_error_is_not_shown():
    with pytest.raises(DatastoreError) as caught, telling("s3://bucket/x", (SECRET,)):
        try:
            raise OSError(SECRET)
        except OSError as error:
            raise ValueError("harmless") from error
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_an_error_without_secrets_keeps_its_cause():
    with pytest.raises(DatastoreError) as caught, telling("s3://bucket/x", (SECRET,)):
        raise ValueError("harmless")
    assert isinstance(caught.value.__cause__, ValueError)

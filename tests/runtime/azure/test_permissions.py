"""Who is logged in, and what is allowed."""

import pytest

from penstock.runtime.azure import permissions
from penstock.runtime.azure.permissions import ABILITIES, Person, read_person


@pytest.mark.parametrize(
    ("claims", "person"),
    [
        ({"upn": "me@example.org", "tid": "t", "appid": "x"}, Person("me@example.org", "t")),
        ({"appid": "app-1", "oid": "o"}, Person("app-1", is_program=True)),
        ({}, Person("somebody whom the token does not name", is_program=True)),
    ],
)
def test_a_token_says_who_is_logged_in(claims, person):
    assert read_person(claims) == person


def test_the_check_says_who_where_and_what(azure):
    found = azure.check()
    assert (found.person.name, found.location) == ("offline@localhost", "offline")
    assert found.may == dict.fromkeys(ABILITIES, True)


@pytest.mark.parametrize(
    ("granted", "allowed"),
    [
        ({"actions": ["*"]}, set(ABILITIES)),
        ({"actions": ["*/read"]}, {"see the workspace"}),
        ({"actions": ["Microsoft.MachineLearningServices/workspaces/*"],
          "notActions": ["Microsoft.MachineLearningServices/workspaces/computes/*/WRITE", "Microsoft.MachineLearningServices/workspaces/computes/write"]},
         set(ABILITIES) - {"create and delete compute"}),
        ({"actions": None}, set()),
    ],
)  # fmt: skip
def test_roles_are_read_with_their_wildcards_and_exceptions(connection, monkeypatch, granted, allowed):
    monkeypatch.setattr(type(connection.client), "pages", lambda *_: iter([granted]))
    assert {name for name, may in permissions.allowed(connection).items() if may} == allowed


def test_what_azure_does_not_tell_is_not_known(connection, emulator):
    emulator.plane.refusals["GET providers"] = (403, "AuthorizationFailed", "no")
    assert set(permissions.allowed(connection).values()) == {None}

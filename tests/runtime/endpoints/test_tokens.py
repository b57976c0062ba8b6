"""Tokens: random, kept by their hash, with scopes, for one endpoint or all, until they expire or are revoked."""

from __future__ import annotations

import pytest
from penstock.runtime.errors import EndpointError, EndpointNotFound


def test_a_token_lets_in_who_shows_it(tokens):
    token, made = tokens.create("ci", ["run"])
    assert tokens.check(token).id == made.id


def test_the_token_itself_is_kept_nowhere(tokens, session):
    token, made = tokens.create("ci", ["run"])
    with session.connection() as connection:
        assert token not in repr(connection.rows("SELECT * FROM tokens"))
    assert token not in repr(made) and made.hash not in repr(made)


@pytest.mark.parametrize("shown", ["", "pst_", "x" * 10_000, "\ud800", "pst_%"])
def test_any_other_text_does_not(tokens, shown):
    tokens.create("ci", ["run"])
    assert tokens.check(shown) is None


def test_an_expired_token_does_not(tokens, clock):
    token, _ = tokens.create("ci", ["run"], expires=1010.0)
    clock.now = 1010.0
    assert tokens.check(token) is None


def test_a_revoked_token_does_not(tokens):
    token, made = tokens.create("ci", ["run"])
    tokens.revoke(made.id)
    assert tokens.check(token) is None


def test_when_it_was_last_used_is_known_to_the_minute(tokens, clock):
    token, _ = tokens.create("ci", ["run"])
    tokens.check(token)
    clock.now += 3
    tokens.check(token)
    assert tokens.list()[0].used == 1000.0


def test_scopes_that_there_are_not_are_refused(tokens):
    with pytest.raises(EndpointError, match="expected some of read, run, publish, admin"):
        tokens.create("ci", ["root"])


def test_a_token_for_one_endpoint_goes_with_it(tokens, publish, registry):
    publish()
    token, _ = tokens.create("ci", ["run"], endpoint="train")
    registry.rename("train", "fit")
    assert tokens.check(token).endpoint == "fit"
    registry.delete("fit")
    assert tokens.check(token) is None


def test_a_token_for_no_endpoint_there_is_is_refused(tokens):
    with pytest.raises(EndpointNotFound):
        tokens.create("ci", ["run"], endpoint="train")


def test_whether_somebody_may_administer_is_known(tokens):
    assert not tokens.any_admin()
    _, made = tokens.create("root", ["admin"])
    assert tokens.any_admin()
    tokens.revoke(made.id)
    assert not tokens.any_admin()

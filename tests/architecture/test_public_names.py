"""The public face: what `from penstock import ...` offers."""

import inspect

import pytest

import penstock


def test_public_names_are_sorted_and_each_once():
    assert penstock.__all__ == sorted(set(penstock.__all__))


@pytest.mark.parametrize("name", penstock.__all__)
def test_a_public_name_is_there_documented_and_listed(name):
    found = getattr(penstock, name)
    assert name in dir(penstock)
    assert name == "Static" or inspect.getdoc(found)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        penstock.nonsense

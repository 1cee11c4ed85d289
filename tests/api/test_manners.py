"""What a build does about the wishes of sites, and what it says of that."""

from typing import Any

import pytest

from gleanset import __version__
from gleanset.api.building import collect_settings
from gleanset.api.finishing import manners
from gleanset.recipe import Recipe


def test_sites_are_told_who_asks() -> None:
    """What ``--contact`` says is in the header that every request carries."""
    fetch = collect_settings(Recipe.of(contact="me@example.org")).fetch
    assert fetch.user_agent == f"gleanset/{__version__} (+me@example.org)"


@pytest.mark.parametrize(
    ("options", "robots", "opt_outs", "words"),
    [
        ({}, True, True, "robots.txt and the opt-outs of headers were respected"),
        ({"ignore_opt_outs": True}, True, False, "not (--ignore-opt-outs)"),
        ({"ignore_robots": True}, False, True, "robots.txt was not (--ignore-robots)"),
        ({"ignore_robots": True, "ignore_opt_outs": True}, False, False, "Neither robots.txt nor opt-outs"),
    ],
)
def test_wishes_are_respected_unless_told_otherwise_and_the_card_says_which(
    options: dict[str, Any], robots: bool, opt_outs: bool, words: str
) -> None:
    recipe = Recipe.of(**options)
    fetch = collect_settings(recipe).fetch
    assert (fetch.robots, fetch.opt_outs) == (robots, opt_outs)
    assert words in manners(recipe)


def test_a_build_goes_on_with_the_manners_it_began_with() -> None:
    """Half a dataset gathered with leave and half without could not say what it is."""
    stored, now = Recipe.of(images=5), Recipe.of(ignore_robots=True)
    assert now.over(stored).changes(stored) == ("ignore-robots was False, is now True",)
    assert Recipe.of(images=5).over(Recipe.of(ignore_opt_outs=True)).ignore_opt_outs

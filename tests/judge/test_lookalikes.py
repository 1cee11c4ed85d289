"""How well two thumbnails agree: brightness, contrast and slopes aside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.judge.lookalikes import PALE_MAX_LEVELS, agreement, plain_share

CHECKS = np.kron(np.indices((4, 4)).sum(axis=0) % 2, np.ones((4, 4)))
SLOPE = np.tile(np.arange(16), (16, 1)) / 15


def thumbnail(levels) -> bytes:
    return np.clip(levels, 0, 255).round().astype(np.uint8).tobytes()


@pytest.mark.parametrize(
    ("other", "at_least"),
    [(40 + 160 * CHECKS, 1.0), (100 + 60 * CHECKS, 0.999), (20 + 100 * CHECKS + 90 * SLOPE, 0.99)],
)
def test_brightness_contrast_and_an_even_slope_make_no_difference(other, at_least):
    """A host paints its placeholder in its own colours."""
    assert agreement(thumbnail(40 + 160 * CHECKS), [thumbnail(other)])[0] >= at_least - 1e-6


def test_the_opposite_does_not_agree():
    assert agreement(thumbnail(200 * CHECKS), [thumbnail(200 - 200 * CHECKS)])[0] < 0


def test_two_skies_agree_in_nothing():
    """After the slope there is noise alone, and noise of less than two levels names nobody."""
    chance = np.random.default_rng(4)
    skies = [thumbnail(60 + 120 * SLOPE.T + chance.normal(0, 1, (16, 16))) for _ in range(2)]
    assert agreement(skies[0], skies)[1] < 0.7


def test_a_pale_sign_is_the_same_one_level_by_level_alone():
    """It has too little contrast for a correlation; another pale picture differs somewhere by more."""
    sign = 238 - 3 * CHECKS * (SLOPE > 0.5)
    again = sign + np.random.default_rng(2).integers(-1, 2, (16, 16))
    other = sign.copy()
    other[7, 7] -= PALE_MAX_LEVELS + 1
    same, another = agreement(thumbnail(sign), [thumbnail(again), thumbnail(other)])
    assert same > 0.985
    assert another < 0.7


def test_plain_is_one_shade_or_a_smooth_slope():
    assert plain_share(thumbnail(np.full((16, 16), 255))) == 1.0
    assert plain_share(thumbnail(30 + 200 * SLOPE)) > 0.8
    assert plain_share(thumbnail(np.random.default_rng(1).integers(0, 255, (16, 16)))) < 0.2


@given(st.lists(st.binary(min_size=256, max_size=256), min_size=1, max_size=6))
def test_how_many_are_asked_about_changes_no_answer(thumbnails):
    """A journal that is read again asks about more pictures at once."""
    together = agreement(thumbnails[0], thumbnails)
    alone = [agreement(thumbnails[0], [one])[0] for one in thumbnails]
    assert together.tolist() == alone

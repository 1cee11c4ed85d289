"""An even sample: no class crowds out another, no host another inside a class, and weights undo it all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gleanset.plan.sampling import Strata, chances, even_sample, look_up, strata_of

Numbers = NDArray[np.int32]


def _list_of(cells: dict[tuple[int, int], int]) -> tuple[Numbers, Numbers]:
    """Rows of a list with so many of each (class, host)."""
    label = np.repeat([c for c, _ in cells], list(cells.values())).astype(np.int32)
    host = np.repeat([h for _, h in cells], list(cells.values())).astype(np.int32)
    return label, host


GIANT = {(0, 0): 900, (0, 1): 80, **{(0, h): 1 for h in range(2, 22)}, (1, 0): 30, (2, 1): 5}
"""A large class of which one host has most, a small one, a tiny one."""

some_cells = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 7)), st.integers(1, 30), min_size=1, max_size=25
)


def _taken(cells: dict[tuple[int, int], int], size: int, seed: int) -> dict[tuple[int, int], int]:
    label, host = _list_of(cells)
    rows = even_sample(label, host, size, seed)
    counts = strata_of(label[rows], host[rows])
    return {
        (int(c), int(h)): int(n) for c, h, n in zip(counts.label, counts.host, counts.n_rows, strict=True)
    }


def test_a_large_class_does_not_crowd_out_small_ones() -> None:
    """Of 90 rows the tiny class gives all it has, and the others share the rest evenly."""
    label, host = _list_of(GIANT)
    rows = even_sample(label, host, 65, 1)
    assert np.bincount(label[rows]).tolist() == [30, 30, 5]


def test_a_giant_host_does_not_crowd_out_small_ones() -> None:
    """Twenty hosts with a single URL are all asked, before the giant is asked a sixth time."""
    taken = _taken(GIANT, 65, 1)
    assert sum(taken[0, h] for h in range(2, 22)) == 20
    assert taken[0, 0] == taken[0, 1] == 5


def test_fewer_than_classes_still_spread() -> None:
    """Each class gives one row at most."""
    cells = {(c, 0): 100 for c in range(50)}
    assert max(_taken(cells, 20, 3).values()) == 1
    assert len(_taken(cells, 20, 3)) == 20


def test_a_small_list_is_taken_whole() -> None:
    label, host = _list_of(GIANT)
    assert even_sample(label, host, 10**6, 1).tolist() == list(range(len(label)))
    assert chances(strata_of(label, host), 10**6).tolist() == [1.0] * len(GIANT)


@given(some_cells, st.integers(1, 300), st.integers(0, 9))
def test_a_sample_has_its_size_no_row_twice_and_repeats(
    cells: dict[tuple[int, int], int], size: int, seed: int
) -> None:
    """The same seed, the same sample."""
    label, host = _list_of(cells)
    rows = even_sample(label, host, size, seed)
    assert len(set(rows.tolist())) == len(rows) == min(size, len(label))
    assert rows.tolist() == sorted(rows.tolist()) == even_sample(label, host, size, seed).tolist()


@given(some_cells, st.integers(1, 300), st.integers(0, 9))
def test_two_classes_differ_by_one_row_unless_one_is_empty(
    cells: dict[tuple[int, int], int], size: int, seed: int
) -> None:
    """The law of evenness, for classes and for the hosts inside one: who has more than another by two or more
    means that the other has given all."""
    label, host = _list_of(cells)
    rows = even_sample(label, host, size, seed)
    _even(np.bincount(label[rows], minlength=6), np.bincount(label, minlength=6))
    for c in range(6):
        mine, all_ = rows[label[rows] == c], np.flatnonzero(label == c)
        _even(np.bincount(host[mine], minlength=8), np.bincount(host[all_], minlength=8))


def _even(taken: NDArray[np.intp], there: NDArray[np.intp]) -> None:
    assert (taken <= there).all()
    with_more = taken < there
    if with_more.any():
        assert taken.max() - taken[with_more].min() <= 1


@given(some_cells, st.integers(1, 300))
def test_chances_add_up_to_the_size_of_the_sample(cells: dict[tuple[int, int], int], size: int) -> None:
    """The mean number of rows taken is exact, whatever is left to the lot."""
    strata = strata_of(*_list_of(cells))
    chance = chances(strata, size)
    assert ((chance > 0) & (chance <= 1 + 1e-12)).all()
    assert (chance * strata.n_rows).sum() == pytest.approx(min(size, strata.n_rows.sum()))


@pytest.mark.parametrize("size", [2, 7, 40, 90])
def test_chances_are_what_many_draws_show(size: int) -> None:
    """Over 4,000 seeds each cell gives what its chance says, to four standard errors."""
    cells = {(0, 0): 20, (0, 1): 3, (0, 2): 1, (1, 0): 6, (1, 3): 6, (2, 2): 60}
    strata, draws = strata_of(*_list_of(cells)), 4000
    sums = np.zeros(len(cells))
    for seed in range(draws):
        taken = _taken(cells, size, seed)
        sums += [taken.get((int(c), int(h)), 0) for c, h in zip(strata.label, strata.host, strict=True)]
    expected = chances(strata, size) * strata.n_rows
    assert np.abs(sums / draws - expected).max() <= 4 * np.sqrt(expected.max() / draws)


def test_weights_bring_back_the_lists_own_mix() -> None:
    """The giant is asked as seldom as the dwarfs, and stands for nine hundred all the same."""
    label, host = _list_of(GIANT)
    strata = strata_of(label, host)
    totals = np.zeros(22)
    for seed in range(300):
        rows = even_sample(label, host, 65, seed)
        weights = 1 / look_up(strata, chances(strata, 65), label[rows], host[rows])
        totals += np.bincount(host[rows], weights, 22) / 300
    assert totals == pytest.approx(np.bincount(host, minlength=22), rel=0.02)


def test_a_cell_that_is_not_there_has_no_chance() -> None:
    strata = Strata(np.array([0, 1], np.int32), np.array([2, 0], np.int32), np.array([1, 1]))
    found = look_up(
        strata, np.array([0.5, 0.25]), np.array([0, 0, 1], np.int32), np.array([2, 3, 0], np.int32)
    )
    assert found.tolist()[::2] == [0.5, 0.25]
    assert np.isnan(found[1])

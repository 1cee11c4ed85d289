"""While the decoder is behind, new tasks wait before they begin; nothing is lost and nothing begins twice."""

from gleanset.run.gate import BEHIND_BYTES, Gate


def test_tasks_begin_at_once_while_the_decoder_keeps_up() -> None:
    gate = Gate()
    assert gate.lets_in(1, BEHIND_BYTES - 1)
    assert not gate.waiting


def test_tasks_wait_in_order_while_the_decoder_is_behind() -> None:
    """Who came later does not overtake."""
    gate = Gate()
    assert not gate.lets_in(1, BEHIND_BYTES)
    assert not gate.lets_in(2, 0)
    assert gate.admit(BEHIND_BYTES) == []
    assert gate.admit(0) == [1, 2]
    assert gate.lets_in(3, 0)


def test_no_more_begin_at_once_than_the_decoder_has_room_for() -> None:
    """A thousand tasks that waited would bring the next jam."""
    gate = Gate()
    for _ in range(400):
        gate.came(BEHIND_BYTES // 4)
    for serial in range(1000):
        gate.lets_in(serial, BEHIND_BYTES)
    assert len(gate.admit(BEHIND_BYTES // 2)) == 3
    assert gate.admit(0) == []  # not again in the same instant
    assert len(gate.waiting) == 997


def test_a_cancelled_task_never_begins() -> None:
    gate = Gate()
    gate.lets_in(1, BEHIND_BYTES)
    gate.lets_in(2, BEHIND_BYTES)
    gate.forget(1)
    gate.forget(7)
    assert gate.admit(0) == [2]


def test_only_who_was_under_way_was_held_up() -> None:
    """A failure after a long wait of ours is ours; one that began later is the host's."""
    gate = Gate(held_up_s=0.0)
    gate.lets_in(1, 0)
    gate.hold_up(0.001)
    gate.lets_in(2, 0)
    assert gate.leaves(1)
    assert not gate.leaves(2)

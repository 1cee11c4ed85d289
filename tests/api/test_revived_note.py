"""The report says which pictures are not from where the list says."""

from collections import Counter

from gleanset.api.showing import revivals


def test_revived_pictures_are_counted_by_their_way() -> None:
    """Most first."""
    (note,) = revivals(Counter({"rewrite:https": 3, "wayback": 1200}))
    assert note == (
        "1,203 images were dead where the list says and found elsewhere: wayback 1,200, rewrite:https 3."
    )


def test_without_revived_pictures_nothing_is_said() -> None:
    assert revivals(Counter()) == ()

"""What people write becomes the value they meant, or a sentence that says what would be right."""

import math
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.recipe import forms, writing
from gleanset.terms.plan import Quota
from gleanset.urls import Ceilings


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (800, Quota(800, 800)),
        ("800", Quota(800, 800)),
        ("1,000", Quota(1000, 1000)),
        ("300:800", Quota(300, 800)),
        (" 300 : 800 ", Quota(300, 800)),
        ("500:", Quota(500, None)),
        ("0:800", Quota(0, 800)),
        (Quota(3, 4), Quota(3, 4)),
    ],
)
def test_a_quota_is_exact_a_range_or_a_least_number(written: object, meant: Quota) -> None:
    assert forms.quota(written) == meant


@pytest.mark.parametrize(
    "written", ["0", 0, "-3", "0:0", "0:", ":800", "", "many", "1:2:3", "8.5", 8.5, True, None]
)
def test_what_is_no_quota_is_refused_in_a_sentence(written: object) -> None:
    with pytest.raises(ValueError, match=r"quota.*\."):
        forms.quota(written)


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ends \(3\) below its start \(8\)"):
        forms.quota("8:3")


@pytest.mark.parametrize(
    ("written", "seconds_s"),
    [
        ("30", 30),
        (30, 30),
        (0.5, 0.5),
        ("30s", 30),
        ("5min", 300),
        ("5 m", 300),
        ("1h30min", 5400),
        ("250ms", 0.25),
    ],
)
def test_times_have_units_and_bare_numbers_are_seconds(written: object, seconds_s: float) -> None:
    assert forms.duration(written) == pytest.approx(seconds_s)


@pytest.mark.parametrize(
    "written", ["", "s", "-5s", -1, "5 parsecs", "5min 3", "nan", math.nan, math.inf, None, True]
)
def test_what_is_no_time_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="time such as"):
        forms.duration(written)


@pytest.mark.parametrize(
    ("written", "n_bytes"),
    [("256MB", 256_000_000), ("1.5 GiB", 1_610_612_736), ("1000", 1000), (1000, 1000), ("64k", 64_000)],
)
def test_sizes_have_decimal_and_binary_units(written: object, n_bytes: int) -> None:
    assert forms.size(written) == n_bytes


@pytest.mark.parametrize(
    "written",
    ["train=0.9,val=0.1", {"train": 0.9, "val": 0.1}, (("train", 0.9), ("val", 0.1)), " train = .9, val=.1 "],
)
def test_a_split_is_written_as_text_table_or_pairs(written: object) -> None:
    assert forms.split(written) == (("train", 0.9), ("val", 0.1))


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("train=0.9", "add up to 0.9"),
        ("train=1.1,val=-0.1", "above 0"),
        ("a=0.5,A=0.5", "named twice"),
        ("../x=0.5,b=0.5", "no name for a split"),
        ("train", "written train=0.9"),
        ("train=x,val=1", "a number"),
        (3, "written train=0.9"),
        ("", "written train=0.9"),
    ],
)
def test_a_split_that_cannot_be_is_refused(written: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        forms.split(written)


@pytest.mark.parametrize("rule", ["*=127.0.0.1", "*.example.com=127.0.0.1:8080", "a.b=[::1]:80", "a.b=::1"])
def test_a_resolve_rule_names_an_address_and_perhaps_a_port(rule: str) -> None:
    assert forms.resolve_rule(rule) == rule


@pytest.mark.parametrize(
    "rule", ["", "*", "=127.0.0.1", "a=b", "a=1.2.3.4:0", "a=1.2.3.4:99999", "a b=1.2.3.4", "a=127.1"]
)
def test_a_resolve_rule_without_a_plain_address_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=r"\."):
        forms.resolve_rule(rule)


def test_one_wrong_item_of_many_is_named() -> None:
    read = forms.many(forms.network, commas=True)
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        read("127.0.0.0/8,10.0.0.0/99")


def test_repeated_items_count_once_in_their_first_order() -> None:
    assert forms.many(forms.text, commas=True)(["b,a", "b"]) == ("b", "a")


def test_names_with_commas_stay_whole_where_commas_part_nothing() -> None:
    assert forms.many(forms.text, commas=False)("dog, domestic dog") == ("dog, domestic dog",)


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "a\x1b[2J", None, 3])
def test_text_is_one_visible_line(text: object) -> None:
    with pytest.raises(ValueError, match=r"text|control"):
        forms.text(text)


@given(low=st.integers(1, 10**9), more=st.integers(0, 10**9) | st.none())
def test_a_quota_survives_being_written(low: int, more: int | None) -> None:
    quota = Quota(low, None if more is None else low + more)
    assert forms.quota(writing.quota_text(quota)) == quota


@given(st.integers(0, 10**7).map(lambda ms: ms / 1000))
def test_a_time_survives_being_written(seconds_s: float) -> None:
    assert forms.duration(writing.duration_text(seconds_s)) == pytest.approx(seconds_s, rel=1e-4)


@given(st.integers(0, 10**15))
def test_a_size_survives_being_written(n_bytes: int) -> None:
    assert forms.size(writing.size_text(n_bytes)) == n_bytes


@given(st.text())
def test_no_text_makes_a_reader_fall_over(text: str) -> None:
    """Options come from files and variables as well: a reader answers or refuses, nothing else."""
    for read in (
        forms.whole,
        forms.quota,
        forms.duration,
        forms.size,
        forms.split,
        forms.ratio,
        forms.resolve_rule,
        forms.ceilings,
    ):
        try:
            read(text)
        except ValueError as error:
            assert str(error).endswith(".")


_BOTH = Ceilings(4, (("flickr", 12), ("img*.example.com", 2)))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (6, Ceilings(6)),
        ("6", Ceilings(6)),
        ("flickr=12", Ceilings(8, (("flickr", 12),))),
        ("4,flickr=12, IMG*.example.com = 2", _BOTH),
        (("4", "flickr=12,img*.example.com=2"), _BOTH),
        ([4, "flickr=12", "img*.example.com=2"], _BOTH),
        ({"default": 4, "flickr": 12, "img*.example.com": "2"}, _BOTH),
        (_BOTH, _BOTH),
    ],
)
def test_ceilings_are_a_number_and_patterns_with_numbers(written: object, meant: Ceilings) -> None:
    """Said by flags, in a variable, as a list or table of TOML, in Python."""
    assert forms.ceilings(written) == meant
    assert forms.ceilings(writing.plain(meant)) == meant


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("0", "from 1 to 256"),
        (257, "from 1 to 256"),
        (True, "from 1 to 256"),
        ("flickr=0", "from 1 to 256"),
        ("flickr=many", "from 1 to 256"),
        ("flickr", "such as 4 or flickr=12"),
        ("4,6", "given twice, 4 and 6"),
        ("flickr=2,flickr=3", "flickr is given two ceilings, 2 and 3"),
        ("http://example.com=3", "no pattern of hosts"),
        ("=3", "no pattern of hosts"),
        ({"a b": 3}, "no pattern of hosts"),
        (None, "from 1 to 256"),
    ],
)
def test_what_is_no_ceiling_is_refused_in_a_sentence(written: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        forms.ceilings(written)


@pytest.mark.parametrize("written", ["mychecks:no_faces", " of.mine:Faces.none ", shutil.which])
def test_a_check_is_named_by_its_module_and_function(written: object) -> None:
    """Or is the function itself, where workers can import it."""
    assert forms.function(written) in {"mychecks:no_faces", "of.mine:Faces.none", "shutil:which"}


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("mychecks", "It is written MODULE:FUNCTION"),
        ("mychecks:", "It is written MODULE:FUNCTION"),
        (":f", "It is written MODULE:FUNCTION"),
        ("my-checks:f", "It is written MODULE:FUNCTION"),
        ("a/b:f", "It is written MODULE:FUNCTION"),
        ("mychecks.py:f", "A module, not a file: write mychecks:f"),
        (lambda picture, row: None, "Write it into a file"),
        (3, "It is a text"),
    ],
)
def test_what_names_no_function_is_refused_in_a_sentence(written: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        forms.function(written)


@pytest.mark.parametrize("written", ["", ",", " , ", ["", " "]])
def test_an_option_that_names_nothing_is_refused(written: object) -> None:
    """``--hosts=`` is a variable of a script that was not set; an empty list of a file means none."""
    with pytest.raises(ValueError, match="It is empty"):
        forms.many(forms.text, commas=True)(written)
    assert forms.many(forms.text, commas=True)([]) == ()

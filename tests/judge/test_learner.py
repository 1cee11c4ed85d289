"""Placeholders that no table knows, and honest pictures that only look like some."""

import io
from dataclasses import replace
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gleanset.inspection.inspector import inspect_image
from gleanset.rotten.pictures import Artist
from gleanset.rotten.responses import Picture
from gleanset.rotten.settings import Look, WorldSettings
from gleanset.terms.placeholder import Proof

from . import series
from .designs import KINDS, Request, designs
from .scenes import Scene, copies, inspected, named, of_kind, recall

FIXED = copies(named("crossed_circle, fixed"))[0]
OTHER = copies(named("mascot, fixed"))[0]
DATED = copies(named("framed, dated"))
PHOTOGRAPHIC = copies(named("photograph, re-encoded"))


def jpegs(images, seed=0):
    """Inspections of drawn series, each encoded anew."""
    chance = Random(seed)
    bodies = []
    for image in images:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=chance.randrange(70, 96))
        bodies.append(out.getvalue())
    return inspected(bodies)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_three_urls_under_two_labels_give_one_body_away(scene):
    """What one host sends for a dog and for a clock shows neither."""
    scene.show(FIXED, label=1)
    scene.show(FIXED, label=1)
    assert scene.learned == []
    scene.show(FIXED, label=2)
    (learned,) = scene.learned
    assert learned.placeholder.proof is Proof.SAME_BODY
    assert learned.placeholder.sha256 == FIXED.sha256
    assert learned.placeholder.site == "host0.example"
    assert learned.candidates == (0, 1, 2)


def test_five_urls_of_one_host_give_one_body_away_under_one_label(scene):
    for _ in range(4):
        scene.show(FIXED)
    assert scene.learned == []
    scene.show(FIXED)
    assert scene.learned[0].candidates == (0, 1, 2, 3, 4)


def test_five_urls_of_five_hosts_under_one_label_prove_nothing(scene):
    """Many pages copied one photograph: duplicates, of which one is kept."""
    for host in range(8):
        scene.show(PHOTOGRAPHIC[0], host=host)
    assert scene.learned == []


def test_a_photograph_of_three_sites_under_two_labels_is_a_conflict_and_no_more(scene):
    """It is out for its labels; its name must not stand among the placeholders."""
    for host, label in ((1, 1), (2, 1), (3, 2), (4, 2)):
        scene.show(PHOTOGRAPHIC[0], host=host, label=label)
    assert scene.learned == []


def test_one_candidate_that_comes_again_counts_once(scene):
    """A retry is no other URL."""
    sighting = scene.sighting(FIXED, 0, 0)
    for _ in range(9):
        assert scene.learner.saw(sighting, []) is None


def test_what_was_learned_is_recognised_wherever_it_comes_from(scene):
    for label in range(3):
        scene.show(FIXED, label=label)
    assert scene.learner.recognise(FIXED) == scene.learned[0].placeholder
    later = scene.show(FIXED, host=77, label=9)
    assert later in scene.out
    assert len(scene.learned) == 1


def test_a_look_learned_from_some_dates_is_recognised_with_others(scene):
    for label, copy in enumerate(DATED[:3]):
        scene.show(copy, label=label)
    assert scene.learned[0].placeholder.proof is Proof.SAME_PICTURE
    assert scene.learned[0].candidates == (0, 1, 2)
    for copy in DATED[3:]:
        assert scene.learner.recognise(copy) == scene.learned[0].placeholder
    assert scene.learner.recognise(OTHER) is None


@pytest.mark.parametrize(
    ("kind", "n_hosts", "at_least"),
    [
        ("fixed", 1, 1.0),
        ("re-encoded", 1, 1.0),
        ("dated", 1, 0.95),
        ("coloured", 1, 1.0),
        ("sized", 1, 0.95),
        ("captioned", 1, 0.85),
        ("laid out", 1, 0.5),
        ("re-encoded", 3, 1.0),
        ("dated", 3, 0.95),
        ("sized", 3, 0.95),
    ],
)
def test_designs_met_six_times_are_found_out_with_all_copies(kind, n_hosts, at_least):
    """Ten designs a kind, eight labels. Long captions hide a plain text; each layout is learned by itself."""
    assert recall(of_kind(kind), n_labels=8, n_hosts=n_hosts) >= at_least


def test_a_design_in_the_colours_of_each_host_is_one_design(scene):
    """Hosts that showed it once each, under several labels: it differs in brightness and contrast alone."""
    design = named("crossed_circle, coloured")
    for host in range(4):
        scene.show(inspect_image(design.answer(Request(host, 0, Random(host)))), host=host, label=host)
    assert len(scene.out) == 4


def test_all_designs_in_one_crawl_are_told_apart(scene):
    """Other designs about take nothing away: copies are found as if each design had come alone."""
    rows = [(design, copy) for design in designs() if design.kind in KINDS[:3] for copy in copies(design)]
    Random(5).shuffle(rows)
    for n, (_, copy) in enumerate(rows):
        scene.show(copy, host=n % 7, label=n % 11)
    assert len(scene.out) >= 0.95 * len(rows)


SERIES = ("bottles", "coins", "moons", "pages", "webcam", "skies", "charts")


@pytest.mark.parametrize(("name", "n_labels"), list(product(SERIES, (1, 2))))
def test_a_series_of_one_host_is_no_placeholder(scene, name, n_labels):
    """Shelves, collections, books and cameras show much the same again and again, and honestly so."""
    for n, picture in enumerate(jpegs(getattr(series, name)(Random(name), 80))):
        scene.show(picture, label=int(n % 7 == 0 and n_labels > 1))
    assert scene.out == set()


def _bursts(material, every):
    for number, path in enumerate(sorted((material / "photos").glob("*/*.jpg"))[::every]):
        with Image.open(path) as image:
            yield number, jpegs(series.burst(image.convert("RGB"), Random(number), 7), number)


@pytest.mark.material
def test_a_burst_of_a_photograph_is_no_placeholder(material):
    """Seven shots from the hand, one of them under another label."""
    for number, shots in _bursts(material, 30):
        scene = Scene()
        for n, shot in enumerate(shots):
            scene.show(shot, label=int(n == 3))
        assert scene.out == set(), number


@pytest.mark.material
@pytest.mark.parametrize("hosting", ["a host a class", "one host", "one host, labels at random"])
def test_no_real_photograph_is_taken_for_a_placeholder(scene, material, hosting):
    """1,296 photographs of groceries, shelf by shelf, put on hosts in the worst way."""
    paths = sorted((material / "photos").glob("*/*.jpg"))
    labels = {path.parent.name: n for n, path in enumerate(paths)}
    for n, picture in enumerate(inspected(path.read_bytes() for path in paths)):
        label = labels[paths[n].parent.name]
        scene.show(
            picture,
            host=label if hosting == "a host a class" else 0,
            label=n % 5 if hosting.endswith("random") else label,
        )
    assert len(scene.sightings) == 1296
    assert scene.out == set()


def test_no_drawn_picture_is_taken_for_a_placeholder(scene):
    """The pictures of the rotten web: a hundred of each class from one host, composed alike."""
    artist = Artist(WorldSettings(seed=7, look=Look(width_px=160, height_px=120)))
    drawn = (artist.paint(Picture(n % 20, n // 20), 0.5) for n in range(2000))
    for n, picture in enumerate(inspected(drawn)):
        scene.show(picture, label=n % 20)
    assert len(scene.sightings) == 2000
    assert scene.out == set()


def test_small_icons_must_have_the_same_size(scene):
    """Icons have few shapes: another one of the same shape may be somebody's picture of a camera."""
    icon = replace(FIXED, width_px=48, height_px=36)
    for label in range(3):
        scene.show(icon, label=label)
    other = replace(icon, sha256=bytes(32))
    assert scene.learner.recognise(other) is not None
    assert scene.learner.recognise(replace(other, width_px=96, height_px=72)) is None


def test_a_slope_of_grey_is_never_known_by_its_look(scene):
    """Evening skies agree in all but their noise; only equal bytes may give such a picture away."""
    skies = jpegs(series.skies(Random(3), 40))
    for label, sky in enumerate(skies):
        scene.show(sky, label=label % 4)
    assert scene.out == set()
    for label in range(3):
        scene.show(skies[0], label=label)
    assert scene.learned[0].placeholder.proof is Proof.SAME_BODY
    assert [scene.learner.recognise(sky) is not None for sky in skies] == [True] + [False] * 39


def test_two_equal_answers_to_impossible_addresses_prove_it_at_once(scene):
    scene.show(DATED[0], label=1)
    scene.show(OTHER)
    learned = scene.probe(DATED[1], DATED[2])
    assert learned is not None
    assert learned.placeholder.proof is Proof.PROBE
    assert learned.candidates == (0,)
    assert scene.learner.recognise(DATED[4]) == learned.placeholder
    assert scene.probe(DATED[1], DATED[2]) is None


def test_two_different_answers_prove_nothing(scene):
    """A host may send a random photograph each time; one answer alone proves nothing either."""
    assert scene.probe(FIXED, OTHER) is None
    assert scene.probe(FIXED) is None
    assert scene.learner.recognise(FIXED) is None
    assert scene.learner.recognise(OTHER) is None


def test_a_pardoned_placeholder_is_never_recognised_or_learned_again(scene):
    """A person has looked at it: neither its body nor its look is suspected again."""
    for label, copy in enumerate(DATED[:3]):
        scene.show(copy, label=label)
    scene.learner.pardon(scene.learned[0].placeholder.id)
    for label, copy in enumerate(DATED * 2):
        assert scene.learner.recognise(copy) is None
        scene.show(copy, label=label)
    assert scene.probe(DATED[1], DATED[2]) is None
    assert len(scene.learned) == 1


def test_a_pardon_may_come_before_what_it_pardons(scene):
    """A journal is read in any order."""
    for label in range(3):
        scene.show(FIXED, label=label)
    other = Scene()
    other.learner.pardon(scene.learned[0].placeholder.id)
    other.learner.learn(scene.learned[0].placeholder)
    assert other.learner.recognise(FIXED) is None


SHOWN = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=24)
PICTURES = (*DATED[:4], *PHOTOGRAPHIC[:4], FIXED, OTHER, *copies(named("camera_icon, sized"))[:2])


@given(SHOWN, st.randoms(use_true_random=False))
def test_what_is_restored_in_any_order_answers_the_same(shown, chance):
    """A resumed build goes on as the one that was not interrupted."""
    lived, restored = Scene(), Scene()
    for number, host, label in shown:
        lived.show(PICTURES[number], host, label)
    rows, notes = list(shown), list(lived.learned)
    order = list(range(len(rows)))
    chance.shuffle(order)
    chance.shuffle(notes)
    for note in notes[: len(notes) // 2]:
        restored.learner.learn(note.placeholder)
    made = {}
    for n in order:
        number, host, label = rows[n]
        sighting = restored.sighting(PICTURES[number], host, label)
        made[n] = sighting.candidate
        restored.learner.restore(sighting)
    for note in notes[len(notes) // 2 :]:
        restored.learner.learn(note.placeholder)
    assert [lived.learner.recognise(p) for p in PICTURES] == [restored.learner.recognise(p) for p in PICTURES]
    for number, host, label in product(range(len(PICTURES)), range(2), range(2)):
        before = len(lived.learned), len(restored.learned)
        lived.show(PICTURES[number], host, label)
        restored.show(PICTURES[number], host, label)
        assert len(lived.learned) - before[0] == len(restored.learned) - before[1]
    assert {made[n] for n in lived.out if n in made} >= {n for n in restored.out if n < len(rows)}


@given(SHOWN)
def test_only_candidates_that_showed_it_are_named(shown):
    """A revocation never hits a bystander: who is named showed that body or look."""
    scene = Scene()
    for number, host, label in shown:
        scene.show(PICTURES[number], host, label)
    for learned in scene.learned:
        alone = Scene()
        alone.learner.learn(learned.placeholder)
        for candidate in learned.candidates:
            assert alone.learner.recognise(PICTURES[shown[candidate][0]]) == learned.placeholder

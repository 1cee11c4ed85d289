"""The table of nouns that ships with us is WordNet 3.0, whole and unaltered."""

import importlib.util
import lzma
from pathlib import Path
from types import ModuleType

import pytest

from gleanset.sources.wordnet import load_wordnet

WORDNET = Path("/usr/share/wordnet")


@pytest.fixture(scope="module")
def script(project_root: Path) -> ModuleType:
    """``scripts/build_wordnet.py`` as a module."""
    spec = importlib.util.spec_from_file_location(
        "build_wordnet", project_root / "scripts" / "build_wordnet.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data(project_root: Path) -> Path:
    return project_root / "src" / "gleanset" / "data"


@pytest.mark.skipif(not WORDNET.is_dir(), reason="no /usr/share/wordnet: apt-get install wordnet-base")
def test_the_table_is_what_the_script_derives(script: ModuleType, data: Path) -> None:
    """Anyone can check that we added and dropped nothing."""
    assert lzma.decompress((data / script.TABLE).read_bytes()) == script.derive(WORDNET)
    assert (data / script.LICENCE).read_text() == script.licence(WORDNET)


def test_packing_gives_the_same_bytes_every_time(script: ModuleType) -> None:
    """A rebuilt table shows no difference where there is none."""
    assert script.compress(b"n00001740\t\tentity\t1\tthat which is\n") == script.compress(
        b"n00001740\t\tentity\t1\tthat which is\n"
    )


def test_the_licence_travels_with_the_table(data: Path) -> None:
    """WordNet asks for its notice on all copies."""
    notice = (data / "WORDNET-LICENSE").read_text()
    assert "WordNet 3.0 Copyright 2006 by Princeton University" in notice
    assert "ALL copies of the software, database and" in notice


def test_all_nouns_are_there_in_the_order_of_their_ids() -> None:
    """82,115 noun synsets, so that every wnid of 2011 resolves."""
    synsets = load_wordnet()
    ids = [synset.id for synset in synsets]
    assert len(synsets) == 82_115
    assert ids == sorted(set(ids))
    assert all(
        synset.names and synset.gloss and len(synset.names) == len(synset.senses) for synset in synsets
    )


def test_every_parent_is_a_noun_and_only_entity_has_none() -> None:
    """One tree with many crossings: no id leads nowhere."""
    synsets = load_wordnet()
    ids = {synset.id for synset in synsets}
    assert all(ids.issuperset(synset.parents) for synset in synsets)
    assert [synset.names for synset in synsets if not synset.parents] == [("entity",)]


def test_a_synset_reads_as_wordnet_prints_it() -> None:
    """Names keep case and order and have blanks; instances hang below their kind as well."""
    by_id = {synset.id: synset for synset in load_wordnet()}
    dog, sun = by_id["n02084071"], by_id["n09450163"]
    assert dog.names == ("dog", "domestic dog", "Canis familiaris")
    assert dog.parents == ("n02083346", "n01317541")
    assert dog.gloss.startswith("a member of the genus Canis")
    assert (sun.name, sun.parents) == ("sun", ("n09444100",))


def test_the_second_call_reads_nothing() -> None:
    """Half a second is paid once a process."""
    assert load_wordnet() is load_wordnet()

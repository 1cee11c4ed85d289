"""From rows to candidates: chosen, normal, wanted, without twins, keys of their own, in a seeded order."""

import hashlib
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gleanset.errors import ListError, StorageError
from gleanset.store.ingest import build_pool
from gleanset.store.pool import ORIGINALS, Original, Pool
from gleanset.terms.candidate import Expected

ORIGINAL_TYPES = {"md5": pa.binary(), "n_bytes": pa.uint64(), "rotation": pa.int32()}
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Rows:
    """A list in memory: rows of (url, label) or whole dictionaries."""

    name = "a list"
    reading = "as it is"
    known_digest = None
    odd_lines = 0
    odd_examples: Sequence[tuple[str, int, str]] = ()

    def __init__(self, *rows: tuple[str, str] | dict[str, Any]) -> None:
        self._rows = [row if isinstance(row, dict) else {"url": row[0], "label": row[1]} for row in rows]

    def batches(self):  # type: ignore[no-untyped-def]
        types = {"sha256": pa.binary(), "phash": pa.uint64()} | ORIGINAL_TYPES
        names = {"url", "label", "origin"}.union(*self._rows)
        schema = pa.schema([(name, types.get(name, pa.string())) for name in sorted(names)])
        for at in range(0, len(self._rows), 3):
            yield pa.RecordBatch.from_pylist(self._rows[at : at + 3], schema)

    def digest(self) -> str:
        return "0" * 64


@pytest.fixture
def built(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Build a pool from rows; whatever the rows are, its invariants hold."""

    def build(*sources: Rows, labels: Sequence[str] = ("cat", "dog"), seed: int = 1, **options: Any) -> Pool:
        path = tmp_path / "pool.arrow"
        build_pool(sources, labels=labels, seed=seed, path=path, **options)
        pool = Pool.open(path)
        check(pool)
        assert [left.name for left in tmp_path.iterdir()] == ["pool.arrow"]
        return pool

    return build


def check(pool: Pool) -> None:
    keys = [pool.key(i).lower() for i in range(pool.n)]
    assert len(set(keys)) == pool.n
    assert all(KEY.fullmatch(key) for key in keys)
    urls = [pool.url(i) for i in range(pool.n)]
    assert len(set(zip(urls, pool.label.tolist(), strict=True))) == pool.n
    order = [
        (pool.label[i], hashlib.md5(f"{pool.seed}|{urls[i]}".encode()).hexdigest()) for i in range(pool.n)
    ]
    assert order == sorted(order)


def contents(pool: Pool) -> list[tuple[str, str, str]]:
    return [(pool.labels[pool.label[i]], pool.url(i), pool.key(i)) for i in range(pool.n)]


def urls(pool: Pool) -> set[tuple[str, str]]:
    return {(label, url) for label, url, _ in contents(pool)}


def unfit(pool: Pool) -> set[tuple[str, str, str]]:
    return {(row["label"], row["url"], row["reason"]) for row in pool.unfit.to_pylist()}


def test_only_chosen_classes_enter_and_their_order_numbers_them(built) -> None:  # type: ignore[no-untyped-def]
    """A pool of two hundred classes does not pay for twenty thousand."""
    rows = Rows(("http://a.ex/1", "dog"), ("http://a.ex/2", "cat"), ("http://a.ex/3", "cow"))
    pool = built(rows, labels=["dog", "cat"])
    assert pool.labels == ("dog", "cat")
    assert urls(pool) == {("dog", "http://a.ex/1"), ("cat", "http://a.ex/2")}
    assert pool.label.tolist() == [0, 1]
    assert unfit(pool) == set()


def test_a_url_without_a_normal_form_is_kept_aside(built) -> None:  # type: ignore[no-untyped-def]
    """Its fate is decided, so the outcomes name it; once is enough."""
    pool = built(Rows(("ftp://a.ex/1", "dog"), ("ftp://a.ex/1", "dog"), (" HTTP://A.ex/1#x", "dog")))
    assert urls(pool) == {("dog", "http://a.ex/1")}
    assert [tuple(row.values()) for row in pool.unfit.to_pylist()] == [("ftp://a.ex/1", "dog", "bad-url")]


def test_twins_of_a_class_count_once(built) -> None:  # type: ignore[no-untyped-def]
    """Fall 2011 names one picture under several ids; the smallest id stays, whichever comes first."""
    one = {"url": "http://a.ex/1", "label": "dog", "origin": "n1_2"}
    other = {"url": "HTTP://a.ex:80/1", "label": "dog", "origin": "n1_1"}
    assert contents(built(Rows(one, other))) == contents(built(Rows(other), Rows(one)))
    assert contents(built(Rows(one, other))) == [("dog", "http://a.ex/1", "n1_1")]


def test_a_url_of_two_classes_goes_to_neither_by_default(built) -> None:  # type: ignore[no-untyped-def]
    """Nobody knows what it shows."""
    pool = built(Rows(("http://a.ex/1", "dog"), ("http://a.ex/1", "cat"), ("http://a.ex/2", "cat")))
    assert urls(pool) == {("cat", "http://a.ex/2")}
    assert unfit(pool) == {(label, "http://a.ex/1", "label-conflict") for label in ("cat", "dog")}


def test_the_more_specific_class_keeps_the_url(built) -> None:  # type: ignore[no-untyped-def]
    """A picture under a class and its parent is one of the child's."""
    asked = []

    def more_specific(labels: Sequence[str]) -> str | None:
        asked.append(tuple(labels))
        return "dog" if "dog" in labels else None

    rows = Rows(
        *(("http://a.ex/1", label) for label in ("dog", "animal", "dog")),
        *((f"http://a.ex/{n}", label) for n in (2, 3) for label in ("cat", "animal")),
    )
    pool = built(rows, labels=["dog", "cat", "animal"], more_specific=more_specific)
    assert urls(pool) == {("dog", "http://a.ex/1")}
    assert ("animal", "http://a.ex/1", "label-conflict") in unfit(pool)
    assert sorted(asked) == [("animal", "cat"), ("animal", "dog")], "each set of classes is asked about once"


@pytest.mark.parametrize("origins", [(None, None, None), ("n1", "n1", "n2"), ("n1", "n2", "n3")])
def test_a_url_of_several_classes_may_stay_in_each(built, origins: Sequence[str | None]) -> None:  # type: ignore[no-untyped-def]
    """If that is wanted; its pictures have keys of their own, whatever the order of the list."""
    rows = [
        {"url": "http://a.ex/1", "label": label, "origin": origin}
        for label, origin in zip(("dog", "cat", "cow"), origins, strict=True)
    ]
    labels = ["cow", "dog", "cat"]
    pool = built(Rows(*rows, rows[0], ("http://a.ex/2", "cat")), labels=labels, keep_conflicts=True)
    assert urls(pool) == {
        *((label, "http://a.ex/1") for label in ("dog", "cat", "cow")),
        ("cat", "http://a.ex/2"),
    }
    assert unfit(pool) == set()
    again = built(Rows(("http://a.ex/2", "cat"), *reversed(rows)), labels=labels, keep_conflicts=True)
    assert contents(again) == contents(pool)


def test_a_class_and_its_ancestor_are_no_conflict_that_could_be_kept(built) -> None:  # type: ignore[no-untyped-def]
    """The picture of a husky is one of a dog: it counts once, where it says more."""
    rows = Rows(*(("http://a.ex/1", label) for label in ("dog", "animal")))
    pool = built(rows, labels=["dog", "animal"], more_specific=lambda _: "dog", keep_conflicts=True)
    assert urls(pool) == {("dog", "http://a.ex/1")}
    assert unfit(pool) == {("animal", "http://a.ex/1", "label-conflict")}


def test_an_excluded_url_is_kept_aside_in_each_of_its_classes(built) -> None:  # type: ignore[no-untyped-def]
    """It is no conflict: it is out whatever it shows."""
    rows = Rows(("http://A.ex/1#x", "dog"), ("http://a.ex/1", "cat"), ("http://a.ex/2", "cat"))
    pool = built(rows, excluded=pa.array(["http://a.ex/1", "http://b.ex/9"]))
    assert urls(pool) == {("cat", "http://a.ex/2")}
    assert unfit(pool) == {(label, "http://a.ex/1", "excluded") for label in ("cat", "dog")}


def test_all_candidates_of_a_url_are_found(built) -> None:  # type: ignore[no-untyped-def]
    rows = Rows(*((f"http://a.ex/{n}", label) for n in range(5) for label in ("cat", "dog")))
    pool = built(rows, keep_conflicts=True)
    found = list(pool.find_all(pa.array(["http://a.ex/3", "http://a.ex/9"])))
    assert [(url, pool.labels[pool.label[i]]) for url, i in found] == [
        ("http://a.ex/3", "cat"),
        ("http://a.ex/3", "dog"),
    ]


def test_a_class_that_was_not_chosen_makes_no_conflict(built) -> None:  # type: ignore[no-untyped-def]
    """What is not built cannot be confused with anything."""
    pool = built(Rows(("http://a.ex/1", "dog"), ("http://a.ex/1", "animal")))
    assert urls(pool) == {("dog", "http://a.ex/1")}


@pytest.mark.parametrize(
    ("hosts", "exclude", "kept"),
    [
        ((), (), {"1", "2", "3"}),
        (("flickr",), (), {"1"}),
        (("a.ex",), (), {"2", "3"}),
        ((), ("flickr", "img.a.ex"), {"2"}),
        (("*.a.ex", "flickr"), ("*.com",), {"3"}),
    ],
)
def test_hosts_are_chosen_by_pattern(built, hosts, exclude, kept) -> None:  # type: ignore[no-untyped-def]
    """Rows of other hosts were never asked for: they are no rejections either."""
    rows = Rows(
        *(("http://farm1.static.flickr.com/1", "dog"), ("http://a.ex/flickr/2", "dog")),
        ("http://img.a.ex/flickr.com/3", "dog"),
    )
    pool = built(rows, hosts=hosts, exclude_hosts=exclude)
    assert {url[-1] for _, url in urls(pool)} == kept
    assert unfit(pool) == set()


def test_hosts_are_politeness_groups(built) -> None:  # type: ignore[no-untyped-def]
    """The frontier counts slots by them; Flickr is known by its domains."""
    rows = Rows(
        *(("http://farm1.static.flickr.com/1", "dog"), ("http://live.staticflickr.com/2", "dog")),
        *(("http://a.ex/flickr.jpg", "dog"), ("http://b.a.ex:8080/4", "cat"), ("ftp://c.ex/1", "cat")),
    )
    pool = built(rows)
    assert pool.hosts == ("a.ex", "flickr.com")
    assert pool.flickr.tolist() == [False, True]
    assert sorted(pool.hosts[host] for host in pool.host) == ["a.ex", "a.ex", "flickr.com", "flickr.com"]


@pytest.mark.parametrize(
    ("origin", "key"),
    [
        ("n02084071_1234", "n02084071_1234"),
        ("a-B_9", "a-B_9"),
        (None, "u" + hashlib.sha256(b"http://a.ex/1").hexdigest()[:20]),
        ("photo.12/3", "photo_12_3-" + hashlib.sha256(b"http://a.ex/1").hexdigest()[:8]),
        ("x" * 65, "x" * 55 + "-" + hashlib.sha256(b"http://a.ex/1").hexdigest()[:8]),
        ("../é", "____-" + hashlib.sha256(b"http://a.ex/1").hexdigest()[:8]),
    ],
)
def test_a_key_is_the_lists_id_or_the_urls_hash(built, origin, key) -> None:  # type: ignore[no-untyped-def]
    """Never the time, never the place in the list: anybody can derive it again."""
    pool = built(Rows({"url": "HTTP://a.ex/1#top", "label": "dog", "origin": origin}))
    assert pool.key(0) == key


def test_an_id_that_is_used_again_gets_the_urls_hash_behind_it(built) -> None:  # type: ignore[no-untyped-def]
    """Twenty URLs with one name were one file in 2019. A and a are one file on some systems."""
    ids = ["1", "1", "A", "a", "A-" + hashlib.sha256(b"http://a.ex/2").hexdigest()[:8]]
    rows = [{"url": f"http://a.ex/{n}", "label": "dog", "origin": id_} for n, id_ in enumerate(ids)]
    pool = built(Rows(*rows))
    assert pool.n == 5
    first = min(range(2), key=lambda n: hashlib.sha256(f"http://a.ex/{n}".encode()).hexdigest())
    keys = {pool.url(i)[-1]: pool.key(i) for i in range(5)}
    assert keys[str(first)] == "1"
    assert keys[str(1 - first)] == "1-" + hashlib.sha256(f"http://a.ex/{1 - first}".encode()).hexdigest()[:8]
    assert contents(built(Rows(*reversed(rows)))) == contents(pool)


def test_another_seed_is_another_order_of_the_same_candidates(built) -> None:  # type: ignore[no-untyped-def]
    """A quota takes the first of a class: the seed decides which."""
    rows = Rows(*((f"http://a.ex/{n}", "dog") for n in range(50)))
    one, other = contents(built(rows, seed=1)), contents(built(rows, seed=2))
    assert one != other
    assert sorted(one) == sorted(other)


def test_a_manifests_rows_keep_what_is_known_of_them(built) -> None:  # type: ignore[no-untyped-def]
    """So a dataset can be shared without its pictures. A twin from a plain list adds nothing."""
    known = {
        **{"url": "http://a.ex/1", "label": "dog", "key": "n1_1", "split": "val", "sha256": b"s" * 32},
        **{"phash": 2**64 - 1, "licence": "cc0", "author": "Ann"},
    }
    pool = built(Rows({"url": "http://a.ex/1", "label": "dog", "origin": "a"}), Rows(known), Rows(known))
    candidate = pool.candidate(0)
    assert (pool.n, candidate.key, candidate.split) == (1, "n1_1", "val")
    assert candidate.expected == Expected(b"s" * 32, 2**64 - 1)
    assert pool.extra(0) == {"licence": "cc0", "author": "Ann"}


def test_a_list_that_cannot_be_read_leaves_no_pool(tmp_path: Path) -> None:
    """The next run must not take half a pool for a whole one."""

    class Broken(Rows):
        def batches(self):  # type: ignore[no-untyped-def]
            yield from super().batches()
            raise ListError("a list: the compressed file ends too early.")

    with pytest.raises(ListError):
        build_pool([Broken(("http://a.ex/1", "dog"))], labels=["dog"], seed=0, path=tmp_path / "pool.arrow")
    assert list(tmp_path.iterdir()) == []


def test_a_pool_without_candidates_opens(built) -> None:  # type: ignore[no-untyped-def]
    """Whether that is an error is for the plan to say."""
    pool = built(Rows(("http://a.ex/1", "cow")))
    assert (pool.n, pool.hosts, pool.label.tolist(), pool.unfit.num_rows) == (0, (), [], 0)
    with pytest.raises(IndexError):
        pool.url(0)


@pytest.mark.parametrize("body", [b"", b"ARROW1", b"{}" * 99])
def test_a_damaged_pool_says_how_to_get_another(tmp_path: Path, body: bytes) -> None:
    """Deleting it would only change the message."""
    path = tmp_path / "pool.arrow"
    path.write_bytes(body)
    with pytest.raises(StorageError, match=r"Restore it from a copy, or begin in another folder\."):
        Pool.open(path)


def test_an_absent_pool_says_the_same(tmp_path: Path) -> None:
    """Where it was, and what to do."""
    with pytest.raises(StorageError, match=r"pool\.arrow: .*No such file.*begin in another folder\."):
        Pool.open(tmp_path / "pool.arrow")


DIES = """
import os, sys
from pathlib import Path
import pyarrow as pa
from gleanset.store.ingest import build_pool

class Deadly:
    def batches(self):
        yield pa.RecordBatch.from_pylist([{"url": "http://a.ex/1", "label": "cat"}])
        os.kill(os.getpid(), 9)

build_pool([Deadly()], labels=["cat"], seed=1, path=Path(sys.argv[1]))
"""


def test_what_a_killed_ingest_left_goes_with_the_next(tmp_path: Path) -> None:
    """It is as large as the list; a person's own folders of a like name stay."""
    path = tmp_path / "pool.arrow"
    for own in ("pool-photos1/rows.duckdb", "pool-photos2/me.jpg", "pool-party/rows.duckdb"):
        (tmp_path / own).parent.mkdir()
        (tmp_path / own).touch()
    (tmp_path / "pool-photos1/me.jpg").touch()
    before = {left.name for left in tmp_path.iterdir()}
    killed = subprocess.run([sys.executable, "-c", DIES, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len({left.name for left in tmp_path.iterdir()} - before) == 1
    build_pool([Rows(("http://a.ex/1", "cat"))], labels=["cat"], seed=1, path=path)
    assert {left.name for left in tmp_path.iterdir()} == before | {"pool.arrow"}


WEB = st.builds("http://{}.ex/{}".format, st.sampled_from("ab"), st.integers(0, 3))
ROW = st.fixed_dictionaries(
    {"url": WEB, "label": st.sampled_from(["cat", "dog", "cow"])},
    optional={"origin": st.sampled_from(["1", "A", "a", "é", ""]), "key": st.sampled_from(["1", "k"])},
)


@settings(max_examples=20)
@given(rows=st.lists(ROW, max_size=12), seed=st.integers(0, 3), data=st.data())
def test_the_order_of_the_rows_does_not_matter(rows, seed, data, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    """A list that was sorted or cut in two makes the same pool, and every URL of a class goes somewhere."""
    shuffled = data.draw(st.permutations(rows))
    pools = []
    for order in (rows, shuffled):
        path = tmp_path_factory.mktemp("pool") / "pool.arrow"
        build_pool([Rows(*order)], labels=["cat", "dog"], seed=seed, path=path)
        pools.append(Pool.open(path))
        check(pools[-1])
    assert contents(pools[0]) == contents(pools[1])
    assert pools[0].unfit == pools[1].unfit
    wanted = {(row["label"], row["url"]) for row in rows if row["label"] != "cow"}
    assert wanted == urls(pools[0]) | {(label, url) for label, url, _ in unfit(pools[0])}


def test_what_a_list_says_of_the_original_is_kept(built) -> None:  # type: ignore[no-untyped-def]
    """Open Images publishes MD5, size and rotation; other lists do not pay for the columns."""
    row = {"url": "http://a.example/1", "label": "cat", "md5": b"m" * 16, "n_bytes": 7, "rotation": 90}
    pool = built(Rows(row), Rows(("http://a.example/2", "cat")))
    found = {pool.url(i): pool.original(i) for i in range(pool.n)}
    assert found["http://a.example/1"] == Original(b"m" * 16, 7, 90)
    assert found["http://a.example/2"] == Original()
    said = {pool.url(i): (pool.candidate(i).expected, pool.candidate(i).rotation) for i in range(pool.n)}
    assert said["http://a.example/1"] == (Expected(md5=b"m" * 16, n_bytes=7), 90)
    assert said["http://a.example/2"] == (None, 0)
    assert pool.has_md5s
    bare = built(Rows(("http://a.example/2", "cat")))
    assert bare.original(0) == Original()
    assert not bare.has_md5s
    assert {*ORIGINALS.names}.isdisjoint(bare._table.schema.names)

"""Twins, keys and order among millions of rows, in DuckDB: it spills to disk instead of growing."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from .pool import EXTRAS, ORIGINALS, POOL_SCHEMA

MEMORY_LIMIT = "600MB"
SORTED_IN = ("rows.duckdb", "spill")
"""How everything begins that is written into the folder."""
_TAKEN = ("url", "label", "host", "origin", "key", "split", "sha256", "phash", *EXTRAS, *ORIGINALS.names)
_TYPES = {field.name: field.type for field in (*POOL_SCHEMA, *ORIGINALS)} | {"origin": pa.string()}

_CREATE = f"""
create table rows (
    url varchar, label integer, host integer, key varchar, split varchar, sha256 blob, phash ubigint,
    {", ".join(f"{name} varchar" for name in EXTRAS)}, md5 blob, n_bytes ubigint, rotation integer,
    kept varchar, twin varchar);
create table unfit (url varchar, label integer, reason varchar);
create table names (label integer, name varchar);
create table winners (labels integer[], winner integer);
"""
_SPLIT_OFF_TWINS = """
create table doubled as select hash(url) as h from rows group by h having count(*) > 1;
create table twins as select * from rows where hash(url) in (select h from doubled);
delete from rows where hash(url) in (select h from doubled);
create table conflicts as
    select url, list(distinct label order by label) as labels from twins
    group by url having count(distinct label) > 1;
"""
_BRING_BACK = """
insert into unfit
    select distinct t.url, t.label, 'label-conflict' from twins t
    join conflicts c using (url) join winners w on w.labels = c.labels
    where w.winner is distinct from t.label and not ({keep} and w.winner is null);
insert into rows
    select t.* replace (case when {keep} and c.url is not null and w.winner is null then n.name end as twin)
    from twins t left join conflicts c using (url) left join winners w on w.labels = c.labels
    left join names n on n.label = t.label
    where c.url is null or w.winner = t.label or ({keep} and w.winner is null)
    qualify row_number() over (partition by t.url, t.label order by t.sha256 is null, t.key, t.split,
        t.sha256, t.phash, t.licence, t.author, t.caption, t.md5, t.n_bytes, t.rotation, t.kept) = 1;
drop table twins; drop table conflicts; drop table doubled;
"""
# ``twin``: the class of a row whose URL has rows in others, so that their keys can be told apart
_PLAIN_KEY = "[A-Za-z0-9_-]{1,64}"
_WITH_KEYS = f"""
select * exclude (origin) replace (
    case
        when regexp_full_match(coalesce(key, origin), '{_PLAIN_KEY}') then coalesce(key, origin)
        when coalesce(key, origin) is not null then
            left(regexp_replace(coalesce(key, origin), '[^A-Za-z0-9_-]', '_', 'g'), 55)
            || '-' || left(sha256(url), 8)
        else 'u' || left(sha256(url), 20)
    end as key) from incoming
"""
_PART_KEYS = """
update rows set key = left(rows.key, 63 - {n})
    || '-' || left(sha256(concat_ws(' ', rows.url, rows.twin)), {n}) from (
    select url, twin from rows where hash(lower(key)) in (
        select hash(lower(key)) as h from rows group by h having count(*) > 1)
    qualify row_number() over (partition by lower(key) order by sha256(concat_ws(' ', url, twin))) > 1
) later where rows.url = later.url and rows.twin is not distinct from later.twin
"""
_SUFFIXES = (8, 16, 32, 63)
"""Hex digits of the URL's hash behind a key that is taken; more in case a list made up the short ones."""


class Sorter:
    """Rows come in as they are read, and go out as a pool."""

    def __init__(self, folder: Path) -> None:
        self.schema = POOL_SCHEMA
        """Of the rows as they go out."""
        self._db = duckdb.connect(
            str(folder / SORTED_IN[0]),
            config={
                "memory_limit": MEMORY_LIMIT,
                "temp_directory": str(folder / SORTED_IN[1]),
                "preserve_insertion_order": "false",
                "threads": "2",
            },
        )
        self._db.execute("set enable_progress_bar = false")
        self._db.execute(_CREATE)

    def add(self, good: pa.Table, bad: pa.Table) -> None:
        """Take rows with a normal URL, and (url, label) of those without."""
        if not {*ORIGINALS.names}.isdisjoint(good.column_names):
            self.schema = pa.schema([*POOL_SCHEMA, *ORIGINALS])
        columns = {
            name: good.column(name).cast(_TYPES[name])
            if name in good.column_names
            else pa.nulls(good.num_rows, _TYPES[name])
            for name in _TAKEN
        }
        self._insert("rows by name", pa.table(columns), _WITH_KEYS)
        self.set_aside(bad, "bad-url")

    def set_aside(self, rows: pa.Table, reason: str) -> None:
        """(url, label) of rows that become no candidates."""
        if rows.num_rows:
            self._insert("unfit", rows.append_column("reason", pa.array([reason] * rows.num_rows)))

    def settle_twins(
        self, winner: Callable[[Sequence[int]], int | None], keep_in: Sequence[str] = ()
    ) -> None:
        """One row a URL: ``winner`` names the class among several (ascending numbers), or none.

        ``keep_in``: the names of all classes, where a URL without a winner has one row in each of its own.
        """
        self._db.execute(_SPLIT_OFF_TWINS)
        labels = [row[0] for row in self._db.execute("select distinct labels from conflicts").fetchall()]
        winners = {"labels": labels, "winner": [winner(several) for several in labels]}
        types = pa.schema([("labels", pa.list_(pa.int32())), ("winner", pa.int32())])
        self._insert("winners", pa.table(winners, schema=types))
        numbers = pa.array(range(len(keep_in)), pa.int32())
        self._insert("names", pa.table({"label": numbers, "name": pa.array(keep_in, pa.string())}))
        self._db.execute(_BRING_BACK.format(keep=bool(keep_in)))

    def settle_keys(self) -> None:
        """A key for every row, different even where a file system does not tell A from a."""
        for n_digits in _SUFFIXES:
            ((n_parted,),) = self._db.execute(_PART_KEYS.format(n=n_digits)).fetchall()
            if not n_parted:
                return

    def n_candidates(self) -> int:
        """After twins are settled."""
        ((n_rows,),) = self._db.execute("select count(*) from rows").fetchall()
        return int(n_rows)

    def hosts(self) -> list[int]:
        """The numbers of the hosts that have candidates."""
        return [host for (host,) in self._db.execute("select distinct host from rows").fetchall()]

    def rows(self, seed: int) -> Iterator[pa.RecordBatch]:
        """The candidates in their order, then the unfit, in the columns of ``schema``."""
        in_order = "select * from rows order by label, md5(? || '|' || url), url"
        yield from self._batches(in_order, [str(seed)])
        yield from self._batches("select distinct * from unfit order by label, url, reason", [])

    def close(self) -> None:
        self._db.close()

    def _insert(self, table: str, incoming: pa.Table, query: str = "from incoming") -> None:
        self._db.register("incoming", incoming)
        self._db.execute(f"insert into {table} {query}")
        self._db.unregister("incoming")

    def _batches(self, query: str, values: list[object]) -> Iterator[pa.RecordBatch]:
        for batch in pa.RecordBatchReader.from_stream(self._db.sql(query, params=values)):
            columns = [_column(batch, field) for field in self.schema]
            yield pa.RecordBatch.from_arrays(columns, names=self.schema.names)


def _column(batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
    if field.name in batch.schema.names:
        return batch.column(field.name).cast(field.type)
    return pa.nulls(batch.num_rows, field.type)

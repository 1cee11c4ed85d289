"""Derive ``src/gleanset/data/wordnet30_nouns.tsv.xz`` from WordNet 3.0's own files.

    python scripts/build_wordnet.py [/usr/share/wordnet] [src/gleanset/data]

The source is a folder with ``data.noun`` and ``index.noun`` (Debian: ``apt install wordnet-base``). The same
source gives the same bytes. One line a noun synset, in the order of the wnids, four columns parted by tabs:

    wnid         n and the eight digits of the synset's offset, which is how ImageNet numbers its classes
    parents      wnids of its hypernyms and instance hypernyms, parted by blanks
    lemmas       in WordNet's order, parted by ``|``, blanks for underscores
    senses       which sense of each lemma this is (1 the most frequent), parted by blanks
    gloss        definition and examples

Beside the table lies the licence that WordNet asks every copy to carry.
"""

import lzma
import sys
from collections.abc import Iterator
from pathlib import Path

TABLE = "wordnet30_nouns.tsv.xz"
LICENCE = "WORDNET-LICENSE"
_PARENT_POINTERS = {"@", "@i"}


def derive(wordnet: Path) -> bytes:
    """The table, not yet compressed."""
    senses = _senses((wordnet / "index.noun").read_text(encoding="ascii").splitlines())
    records = (wordnet / "data.noun").read_text(encoding="ascii").splitlines()
    rows = sorted(_row(record, senses) for record in records if not record.startswith("  "))
    return "".join(row + "\n" for row in rows).encode("ascii")


def compress(table: bytes) -> bytes:
    """xz with a fixed preset and no time stamp: the same table gives the same bytes with the same liblzma."""
    return lzma.compress(table, preset=9 | lzma.PRESET_EXTREME)


def licence(wordnet: Path) -> str:
    """The notice that opens ``data.noun``, without its line numbers."""
    lines = (wordnet / "data.noun").read_text(encoding="ascii").splitlines()
    notice = [line.strip().partition(" ")[2].rstrip() for line in lines if line.startswith("  ")]
    return "\n".join(notice).strip() + "\n"


def _senses(lines: list[str]) -> dict[tuple[str, str], int]:
    """(lemma in lower case, offset) to the number of the sense. Format: wndb(5WN), "Index File Format"."""
    return {
        (lemma, offset): number
        for line in lines
        if not line.startswith("  ")
        for lemma, offsets in [_index_entry(line.split())]
        for number, offset in enumerate(offsets, start=1)
    }


def _index_entry(fields: list[str]) -> tuple[str, list[str]]:
    """lemma pos synset_cnt p_cnt [ptr_symbol..] sense_cnt tagsense_cnt synset_offset [synset_offset..]"""
    return fields[0], fields[6 + int(fields[3]) :]


def _row(record: str, senses: dict[tuple[str, str], int]) -> str:
    """offset lex_filenum ss_type w_cnt word lex_id [word lex_id..] p_cnt [ptr..] | gloss (wndb(5WN))"""
    head, _, gloss = record.partition(" | ")
    fields = head.split()
    offset, n_words = fields[0], int(fields[3], 16)
    words = fields[4 : 4 + 2 * n_words : 2]
    pointers = fields[5 + 2 * n_words :]
    columns = (
        f"n{offset}",
        " ".join(_parents(pointers)),
        "|".join(words).replace("_", " "),
        " ".join(str(senses[word.lower(), offset]) for word in words),
        gloss.strip(),
    )
    return "\t".join(columns)


def _parents(pointers: list[str]) -> Iterator[str]:
    """A pointer is four fields: symbol, offset, part of speech, source and target."""
    for symbol, offset, kind in zip(pointers[0::4], pointers[1::4], pointers[2::4], strict=False):
        if symbol in _PARENT_POINTERS and kind == "n":
            yield f"n{offset}"


def main(arguments: list[str]) -> None:
    wordnet = Path(arguments[0] if arguments else "/usr/share/wordnet")
    here = Path(__file__).resolve().parent.parent
    data = Path(arguments[1]) if len(arguments) > 1 else here / "src" / "gleanset" / "data"
    table = derive(wordnet)
    packed = compress(table)
    (data / TABLE).write_bytes(packed)
    (data / LICENCE).write_text(licence(wordnet), encoding="ascii")
    print(f"{table.count(10):,} synsets, {len(table):,} bytes, packed {len(packed):,}")


if __name__ == "__main__":
    main(sys.argv[1:])

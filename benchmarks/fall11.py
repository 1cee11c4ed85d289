"""Write a list as large as ImageNet's Fall 2011 list, with its exact counts: made-up URLs in the true style.

    python benchmarks/fall11.py CLASS_COUNTS.csv OUT.txt [--seed 2011] [--classes N]

CLASS_COUNTS.csv has the columns ``synid, urls, flickr_urls`` (and any others), one row a class. The list
is sorted by class; half of the real one is on Flickr, the rest on about 300,000 hosts of very unequal
size. It has what real lines have: commas, blanks, HTML escapes, bytes that are not UTF-8, the same URL
under several ids, the word "flickr" in other hosts' paths, and eight lines that are no id, tab and URL.
The same seed writes the same bytes.
"""

import argparse
import csv
import itertools
import random
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np

N_HOSTS = 300_000
BLOCK = 1 << 18
TWIN_SHARE = 0.01
WORDS = tuple(
    word
    for line in (
        "garden photo blue river stone gallery travel home pet world wild art shop auto farm city old green",
        "light house sea cook fish bird tree flower music sport history school forum daily news market craft",
        "design studio nature",
    )
    for word in line.split()
)
TLDS = (*("com",) * 7, *("net", "org", "org", "de", "co.uk", "edu", "fr", "it", "ca", "com.au", "jp", "nl"))
TLDS += ("info", "ru", "com.br", "pl")
ODD_LINES = (
    "n00000000_1",
    "http://www.example.com/a-url-without-an-id.jpg",
    "",
    "n00000000_2\thttp://www.example.com/a.jpg\tand more",
    "n00000000_3 http://www.example.com/blank-for-tab.jpg",
    "\t\t",
    "n00000000_4\thttp://www.example.com/\tsplit by a tab.jpg",
    "<html>",
)


def host_names(rng: random.Random) -> list[str]:
    """The hosts, the busiest first; distinct."""
    return [_host_name(rng, rank) for rank in range(N_HOSTS)]


def _host_name(rng: random.Random, rank: int) -> str:
    word, other, tld = rng.choice(WORDS), rng.choice(WORDS), rng.choice(TLDS)
    shapes = (
        f"www.{word}{other}{rank}.{tld}",
        f"www.{word}-{rank}.{tld}",
        f"img{rank % 9}.{word}{rank}.{tld}",
        f"{word}{rank}.blogspot.com",
        f"{other}{rank}.{tld}",
    )
    return shapes[rng.randrange(len(shapes))]


def flickr_urls(rng: np.random.Generator) -> Iterator[str]:
    """Endless, in the style of 2006 to 2010."""
    while True:
        farms = rng.integers(0, 7, BLOCK).tolist()
        servers = rng.integers(1, 4200, BLOCK).tolist()
        photos = rng.integers(10_000_000, 4_900_000_000, BLOCK).tolist()
        secrets = rng.integers(0, 1 << 40, BLOCK).tolist()
        for farm, server, photo, secret in zip(farms, servers, photos, secrets, strict=True):
            host = f"farm{farm}.static.flickr.com" if farm else "static.flickr.com"
            yield f"http://{host}/{server}/{photo}_{secret:010x}.jpg"


def other_urls(rng: np.random.Generator, hosts: list[str]) -> Iterator[str]:
    """Endless; the host of rank r is drawn with a chance of about 1/r."""
    while True:
        ranks = np.exp(rng.random(BLOCK) * np.log(len(hosts))).astype(np.int64) - 1
        shapes = rng.integers(0, 2000, BLOCK).tolist()
        numbers = rng.integers(1, 1 << 31, BLOCK).tolist()
        for rank, shape, number in zip(ranks.tolist(), shapes, numbers, strict=True):
            yield f"http://{hosts[rank]}/{_path(shape, number)}"


def _path(shape: int, number: int) -> str:
    word = WORDS[number % len(WORDS)]
    match shape:
        case 0:
            return f"caf\xe9/{word}_{number}.jpg"  # Latin-1: not UTF-8
        case 1:
            return f"r\xc3\xa9gion/{number}.jpg"  # UTF-8
        case 2:
            return f"flickr/{word}{number}.jpg"  # the 2019 tool took these for Flickr
        case 3:
            return f"images/{word},{number},0.jpg"
        case 4:
            return f"my pictures/{word} {number}.JPG"
        case 5:
            return f"show.php?id={number}&amp;size=large"
        case 6:
            return f"show.asp?img={word}{number}&w=500"
        case 7:
            return f'{word}/"{number}".gif'
        case 8:
            return f"{word}%20{number}.png"
        case _ if shape < 700:
            return f"images/{word}/{number}.jpg"
        case _ if shape < 1300:
            return f"wp-content/uploads/2009/{number % 12 + 1:02d}/{word}-{number}.jpg"
        case _:
            return f"{word}s/{number % 997}/{word}_{number:x}_large.jpg"


def with_twins(urls: Iterator[str], rng: random.Random) -> Iterator[str]:
    """Now and then one of the last thousand again: real lists name a picture under several ids."""
    recent: deque[str] = deque(maxlen=1000)
    for url in urls:
        if recent and rng.random() < TWIN_SHARE:
            yield recent[rng.randrange(len(recent))]
        else:
            recent.append(url)
            yield url


def class_lines(
    wnid: str, n_urls: int, n_flickr: int, sources: tuple, rng: np.random.Generator
) -> Iterator[str]:
    """The lines of one class, its serials ascending with gaps."""
    flickr, others = sources
    is_flickr = np.zeros(n_urls, bool)
    is_flickr[rng.permutation(n_urls)[:n_flickr]] = True
    serials = np.cumsum(rng.integers(1, 4, n_urls))
    for serial, on_flickr in zip(serials.tolist(), is_flickr.tolist(), strict=True):
        yield f"{wnid}_{serial}\t{next(flickr if on_flickr else others)}\n"


def write_list(counts: Path, out: Path, seed: int, n_classes: int | None = None) -> int:
    """Write the list and return its number of lines, the eight odd ones included."""
    rng, plain = np.random.default_rng(seed), random.Random(seed)
    sources = (
        with_twins(flickr_urls(rng), random.Random(seed + 1)),
        with_twins(other_urls(rng, host_names(plain)), random.Random(seed + 2)),
    )
    with counts.open(encoding="utf-8", newline="") as file:
        rows = list(itertools.islice(csv.DictReader(file), n_classes))
    odd_after = dict(zip(sorted(plain.sample(range(len(rows)), len(ODD_LINES))), ODD_LINES, strict=True))
    n_lines = 0
    with out.open("w", encoding="latin-1", newline="", buffering=1 << 20) as file:
        for index, row in enumerate(sorted(rows, key=lambda row: row["synid"])):
            file.writelines(
                class_lines(row["synid"], int(row["urls"]), int(row["flickr_urls"]), sources, rng)
            )
            n_lines += int(row["urls"])
            if index in odd_after:
                file.write(odd_after[index] + "\n")
                n_lines += 1
    return n_lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a full-size list in the format of Fall 2011.")
    parser.add_argument("counts", type=Path, help="CSV with the columns synid, urls, flickr_urls")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=2011)
    parser.add_argument("--classes", type=int, default=None, help="only the first N classes (at least 8)")
    options = parser.parse_args()
    started_s = time.perf_counter()
    n_lines = write_list(options.counts, options.out, options.seed, options.classes)
    print(f"{n_lines:,} lines, {options.out.stat().st_size:,} bytes, {time.perf_counter() - started_s:.1f} s")


if __name__ == "__main__":
    main()

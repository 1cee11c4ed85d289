"""Where the files lie that a recipe names: it is written in one folder, and repeated from another."""

from pathlib import Path


def lasting(word: str) -> str:
    """A word for a recipe that is kept: the whole path of a file or folder that is there.

    ``-``, addresses, names of lists and what is not there stay as they were said.
    """
    return str(Path(word).absolute()) if word != "-" and _is_there(Path(word)) else word


def found(word: object, folder: Path) -> object:
    """What a recipe in ``folder`` means by a path, or by several: what lies here, else what lies beside the
    recipe.
    """
    if isinstance(word, list | tuple):
        return [found(one, folder) for one in word]
    if not isinstance(word, str) or word == "-" or _is_there(Path(word)):
        return word
    beside = folder / word
    return str(beside) if _is_there(beside) else word


def same(one: object, other: object) -> bool:
    """Whether two words name one path, seen from here."""
    if isinstance(one, str) and isinstance(other, str):
        return Path(one).absolute() == Path(other).absolute()
    return one == other


def added(before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    """All of these paths, each once however it was written."""
    return (*before, *(word for word in now if not any(same(word, other) for other in before)))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False

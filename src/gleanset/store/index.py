"""A list counted for survey and forecast in one pass, where neither count is known."""

from collections.abc import Sequence
from pathlib import Path

from .groups import CellTally, groups_memory, remember_groups
from .rows import LabelledRows
from .survey import ListTally, add_all, remember_survey, survey_memory


def index_lists(sources: Sequence[LabelledRows], cache_dir: Path) -> None:
    """Keep both counts, so that ``survey_lists`` and ``count_groups`` find theirs.

    Reading and parting addresses is most of what either costs. Lists of which one count is known are left to
    the other's own pass.
    """
    known = all(source.known_digest for source in sources)
    if known and (survey_memory(sources, cache_dir).exists() or groups_memory(sources, cache_dir).exists()):
        return
    lists, cells = ListTally(), CellTally()
    add_all(sources, lists.add, cells.add)
    remember_survey(lists.survey(sources), sources, cache_dir)
    del lists
    remember_groups(cells.census(), groups_memory(sources, cache_dir))

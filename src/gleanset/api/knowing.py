"""What the hall knows of sites before it asks them."""

import time
from collections.abc import Sequence

from ..plan.beliefs import Beliefs
from ..terms.knowledge import HostRecord


def believed(records: Sequence[HostRecord] = ()) -> Beliefs:
    """Beliefs as of now, from what was learned of sites."""
    return Beliefs.of(records, now_s=time.time())

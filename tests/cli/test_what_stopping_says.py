"""What a person is told who presses Ctrl-C depends on whether something is in flight."""

from io import StringIO

import pytest

from gleanset.api import Report
from gleanset.cli.output import STOPPING, Unbroken
from gleanset.cli.progress import DRAINING, LiveView
from gleanset.cli.views import report_text
from gleanset.clock import ManualClock
from gleanset.terms.tally import Phase, Tally


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        ("reading", STOPPING),
        ("planning", STOPPING),
        ("collecting", DRAINING),
        ("draining", DRAINING),
        ("packing", STOPPING),
    ],
)
def test_only_a_collection_finishes_what_is_in_flight(phase: Phase, said: str) -> None:
    stream = StringIO()
    with Unbroken(LiveView(stream=stream, clock=ManualClock())) as view:
        view(Tally(phase, 0.0))
        view.draining()
        view(Tally(phase, 1.0))
    told = stream.getvalue()
    assert [text for text in (DRAINING, STOPPING) if text in told] == [said]


def test_a_signal_before_the_first_snapshot_promises_no_drain() -> None:
    stream = StringIO()
    with Unbroken(LiveView(stream=stream, clock=ManualClock())) as view:
        view.draining()
        view(Tally("reading", 0.0))
    assert STOPPING in stream.getvalue()


def test_a_build_that_was_stopped_before_it_began_has_no_figures() -> None:
    """Zeros and shares of zero would only look like a failure."""
    report = Report("interrupted", "d", "", (), 0, 0, {}, 0, 0.0, 0.0)
    assert report_text(report) == "interrupted before anything was collected; the same command begins again"

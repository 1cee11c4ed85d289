"""Row 4 through a worker: what it is told of addresses, and what it says of them."""

import time
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from hostile_web import BOUND_S, HostileServer, NameServer, ok
from PIL import Image

from gleanset.fetch.base import FetchSettings
from gleanset.run.local_crew import LocalCrew
from gleanset.run.wire import Task
from gleanset.terms.inspection import Treatment
from gleanset.terms.verdict import Finding

pytestmark = pytest.mark.sockets


@pytest.fixture
def crew(tmp_path: Path, names: NameServer) -> Iterator[LocalCrew]:
    """One worker that asks the test's DNS and may go to loopback."""
    fetch = FetchSettings(dns_servers=(names.address,), allow_private=("127.0.0.0/8",))
    with closing(LocalCrew(tmp_path / "workers", tmp_path / "blobs", "r1", fetch, Treatment(), 1)) as one:
        yield one


def finding(crew: LocalCrew, task: Task) -> Finding:
    crew.send([task])
    deadline_s = time.monotonic() + BOUND_S
    while time.monotonic() < deadline_s:
        for report in crew.receive(0.2):
            if isinstance(report, Finding):
                return report
    raise AssertionError("nothing came")


def test_a_worker_says_where_a_host_is_and_then_fetches_there(
    crew: LocalCrew, web: HostileServer, names: NameServer
) -> None:
    """One more round trip to the engine, for the first request of a host; no second look-up."""
    names.zone["site.example"] = ["127.0.0.1"]
    out = BytesIO()
    Image.linear_gradient("L").save(out, "JPEG")
    web.answers["/x.jpg"] = ok(out.getvalue())
    url = f"http://site.example:{web.port}/x.jpg"
    first = finding(crew, Task(1, 1, 0, 1, url, "site.example", 0, address=""))
    assert (first.located, first.address, first.status) == ("127.0.0.1", None, None)
    assert web.n_connections == 0
    second = finding(crew, Task(1, 1, 0, 2, url, "site.example", 0, address=first.located))
    assert second.inspection is not None
    assert second.inspection.flaw is None
    assert second.address == "127.0.0.1"
    assert names.questions("site.example") == 1

"""What has to be known before a URL may be asked, and who asks for it: nobody waits for an answer in vain."""

from dataclasses import dataclass

import numpy as np
import pytest

from gleanset.frontier import Frontier, HostPrior
from gleanset.run.dispatch import Dispatch, Out
from gleanset.run.permits import Permits
from gleanset.run.probes import Probes
from gleanset.run.wire import Task
from gleanset.terms.candidate import Candidate
from gleanset.terms.outcome import Errand, Failed, Failure, Moved
from gleanset.terms.plan import Quota
from gleanset.terms.verdict import Finding

HOME, ABROAD, THIRD = 0, 1, 2
RULES_ABROAD = "http://h1.example/robots.txt"


class Atlas:
    """One site a host."""

    def __init__(self, host: list[int]) -> None:
        self._host = host

    def candidate(self, number: int) -> Candidate:
        host = self._host[number]
        return Candidate(number, f"http://h{host}.example/{number}.jpg", f"k{number}", 0, host)

    def group_name(self, host: int) -> str:
        return f"h{host}.example"

    def find_group(self, url: str) -> int:
        return int(url.split("/")[2][1])


@dataclass
class Office:
    """A frontier, and the desk that sends what it leases."""

    frontier: Frontier
    dispatch: Dispatch

    def send(self) -> list[Task]:
        sent = self.dispatch.send(self.frontier.lease(0.0), 0.0)
        assert not sent.decided
        self.frontier.check()
        return sent.tasks

    def out(self, task: Task) -> Out:
        found = self.dispatch.pop(task.serial)
        assert found is not None
        return found

    def redirect(self, task: Task) -> None:
        """The robots.txt of a task is abroad."""
        told = Finding(
            task.candidate, 1, task.host, 0.1, 0.0, moved=Moved(RULES_ABROAD, 1), serial=task.serial
        )
        assert self.dispatch.heard_of(self.out(task), told, 0.0) is None


@pytest.fixture
def an_office() -> Office:
    """Two classes of one image each; both have a URL at home, and the first another at a third host."""
    labels, hosts = [0, 0, 1], [HOME, THIRD, HOME]
    frontier = Frontier(
        np.array(labels, np.int32), np.array(hosts, np.int32), [HostPrior()] * 3, [Quota(1, 1)] * 2
    )
    dispatch = Dispatch(frontier, Atlas(hosts), Permits(True, "gleanset"), Probes(lambda _: 0, 0))
    return Office(frontier, dispatch)


def is_for_rules(task: Task, host: int) -> bool:
    return task.errand == Errand.ROBOTS.value and task.host == host


def test_rules_that_moved_to_a_name_that_does_not_exist_cost_no_candidate_its_life(
    an_office: Office,
) -> None:
    """It is the robots.txt that cannot be had, not the picture; its site is asked again later."""
    (home,) = (task for task in an_office.send() if task.host == HOME)
    an_office.redirect(home)
    dead = Task(9, 1, ABROAD, 99, RULES_ABROAD, "h1.example", 0, Errand.IMAGE.value)
    an_office.dispatch.no_such_name(Out(None, dead))  # type: ignore[arg-type]
    (abroad,) = (task for task in an_office.send() if task.host == ABROAD)
    assert is_for_rules(abroad, ABROAD)
    failed = Failed(Failure.NAME_NOT_FOUND)
    told = Finding(abroad.candidate, 1, ABROAD, 0.1, 0.0, failed=failed, serial=abroad.serial)
    assert an_office.dispatch.heard_of(an_office.out(abroad), told, 0.0) is None
    an_office.frontier.check()


def test_a_site_does_not_wait_for_rules_that_nobody_fetches_any_more(an_office: Office) -> None:
    """A candidate that went abroad for them is not needed any more: the next one asks for them itself."""
    tasks = an_office.send()
    (home,) = (task for task in tasks if task.host == HOME)
    other = 2 - home.candidate
    an_office.redirect(home)
    label = int(an_office.frontier._label[home.candidate])
    assert an_office.frontier.book.admit(label, 1)
    an_office.dispatch.drop_unwanted(0.0)
    asked = an_office.send()
    assert [task.candidate for task in asked if is_for_rules(task, HOME)] == [other]

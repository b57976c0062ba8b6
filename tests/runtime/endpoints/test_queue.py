"""The queue: in order of priority, to one server at a time, taken over from servers that are gone, once for each key."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from penstock.runtime.endpoints import QueuedRun
from penstock.runtime.endpoints.owners import is_dead, new_owner
from penstock.runtime.errors import EndpointError


def request(run="r1", endpoint="train", **more):
    return QueuedRun(run, endpoint, "1", "digest", **{"created": 1.0, **more})


def test_a_request_is_given_to_one_server(queue):
    queue.add(request())
    taken = queue.take("a")
    assert (taken.id, taken.state, taken.owner, taken.tries) == ("r1", "leased", "a", 1)
    assert queue.take("b") is None


def test_the_highest_priority_comes_first_then_the_oldest(queue):
    for run, created, priority in (("late", 2.0, 0), ("early", 1.0, 0), ("urgent", 3.0, 5)):
        queue.add(request(run, created=created, priority=priority))
    assert [queue.take("a").id for _ in range(3)] == ["urgent", "early", "late"]


def test_an_endpoint_that_is_full_is_passed_over(queue):
    queue.add(request("r1"))
    queue.add(request("r2", "other", created=2.0))
    assert queue.take("a", full=["train"]).id == "r2"
    assert queue.running() == {"other": 1}


def test_what_a_server_that_is_gone_held_is_taken_by_another(queue, clock):
    queue.add(request())
    queue.take("a", seconds=10)
    clock.now += 11
    assert (queue.take("b").owner, queue.renew("r1", "a"), queue.end("r1", "a")) == ("b", False, False)


def test_a_lease_that_is_renewed_is_held(queue, clock):
    queue.add(request())
    queue.take("a", seconds=10)
    clock.now += 9
    assert queue.renew("r1", "a", 10)
    clock.now += 9
    assert queue.take("b") is None


def test_a_request_that_is_given_back_is_free(queue):
    queue.add(request())
    queue.take("a")
    queue.release("r1", "a")
    assert queue.take("b").tries == 2


def test_what_has_ended_is_not_taken_again(queue):
    queue.add(request())
    queue.take("a")
    assert queue.end("r1", "a", "the bundle is gone")
    assert (queue.take("a"), queue.get("r1").problem, queue.waiting()) == (None, "the bundle is gone", ())


def test_the_same_key_gives_the_first_request(queue):
    first = request(idempotency_key="k", parameters={"lr": 0.1})
    queue.add(first)
    assert queue.add(request("r2", idempotency_key="k", parameters={"lr": 0.1})) == (first, False)


def test_a_key_is_not_for_two_different_requests(queue):
    queue.add(request(idempotency_key="k", parameters={"lr": 0.1}))
    with pytest.raises(EndpointError, match="was used for another request, run r1"):
        queue.add(request("r2", idempotency_key="k", parameters={"lr": 0.2}))


def test_a_cancelled_request_that_waits_ends_at_once(queue):
    queue.add(request())
    assert queue.cancel("r1").state == "ended"
    assert queue.take("a") is None


def test_a_cancelled_request_that_runs_is_told_to_its_server(queue):
    queue.add(request())
    queue.take("a")
    assert (queue.cancel("r1").state, queue.get("r1").cancelled) == ("leased", True)


def test_nothing_is_cancelled_where_nothing_is(queue):
    assert queue.cancel("r1") is None


def test_parameters_come_back_as_they_were(queue):
    given = {"lr": 0.1, "n": 5, "name": "größe", "none": None, "list": [1, "a"], "flag": True}
    queue.add(request(parameters=given, tags={"a": "b"}))
    assert queue.get("r1").parameters == given


def test_many_servers_take_each_request_once(queue, location):
    for number in range(60):
        queue.add(request(f"r{number:02}"))
    program = (
        "import sys; from functools import partial; from pathlib import Path\n"
        "from penstock.runtime.endpoints import Queue; from penstock.runtime.history import Session, connect\n"
        "where = sys.argv[1]; where = where if '://' in where else Path(where)\n"
        "queue = Queue(Session(partial(connect, where)), lambda: 1000.0)\n"
        "while taken := queue.take(sys.argv[2]): print(taken.id)\n"
    )
    servers = [
        subprocess.Popen([sys.executable, "-c", program, str(location), name], stdout=subprocess.PIPE, text=True)
        for name in "abc"
    ]
    taken = [line for server in servers for line in server.communicate(timeout=60)[0].split()]
    assert sorted(taken) == [f"r{number:02}" for number in range(60)]


def test_what_a_killed_server_of_this_machine_held_is_given_back_at_once(queue):
    code = "import sys; from penstock.runtime.endpoints.owners import new_owner; print(new_owner(), flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        owner = other.stdout.readline().strip()
        for run in ("r1", "r2"):
            queue.add(request(run))
        assert (queue.take(owner).id, queue.take(new_owner()).id, queue.release_dead()) == ("r1", "r2", ())
        os.kill(other.pid, signal.SIGKILL)
        other.wait(10)
    assert queue.release_dead() == ("r1",)
    assert queue.take("b").id == "r1"


@pytest.mark.parametrize(
    "owner",
    ["a", "", "host 1 x", "elsewhere 1 boot/pid/5 ab", f"{os.uname().nodename} x y z", f"{os.uname().nodename} 1 - ab"],
)
def test_a_server_that_cannot_be_seen_from_here_is_not_taken_for_dead(owner):
    assert not is_dead(owner)
    assert not is_dead(new_owner())

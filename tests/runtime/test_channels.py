"""How tasks get to workers, and what they report gets to their driver."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Pipe

import pytest

from penstock.runtime.channels import WorkerListener, link_to
from penstock.runtime.inboxes import Inbox, send_all
from penstock.runtime.links import DriverLink


class Heard:
    """A driver that writes down what its workers say, by name."""

    def __init__(self) -> None:
        self.listener = WorkerListener()
        self.said: dict[str, list[object]] = {}
        self.gone = threading.Semaphore(0)

    def expect(self, name: str) -> DriverLink:
        self.listener.expect(name, lambda connection: self._listen(name, connection))
        return link_to(self.listener.address, name)

    def _listen(self, name, connection):
        said = self.said.setdefault(name, [])
        try:
            while True:
                said.append(connection.recv())
        except EOFError:
            self.gone.release()


@pytest.fixture
def heard() -> Iterator[Heard]:
    driver = Heard()
    yield driver
    driver.listener.close()


def hang_up(*links: DriverLink) -> None:
    for link in links:
        link._connection.close()


def test_what_a_worker_says_arrives_in_order(heard):
    link = heard.expect("a")
    for number in range(100):
        link.send(number)
    hang_up(link)
    assert heard.gone.acquire(timeout=10) and heard.said["a"] == list(range(100))


def test_several_workers_and_threads_talk_at_once(heard):
    links = [heard.expect(name) for name in "abc"]
    threads = [
        threading.Thread(target=lambda link: [link.send(number) for number in range(50)], args=(link,))
        for link in links * 2
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    hang_up(*links)
    assert all(heard.gone.acquire(timeout=10) for _ in links)
    assert all(sorted(heard.said[name]) == sorted([*range(50)] * 2) for name in "abc")


def test_a_worker_receives_what_its_driver_sends(heard):
    heard.listener.expect("a", lambda connection: connection.send_bytes(b"task"))
    link = link_to(heard.listener.address, "a")
    assert (link.receive(), link.receive()) == (b"task", None)


def test_words_to_a_driver_that_is_gone_are_dropped(heard):
    heard.listener.expect("a", lambda connection: None)
    link = link_to(heard.listener.address, "a")
    assert link.receive() is None
    for _ in range(3):
        link.send("still there?")


def test_what_cannot_be_pickled_is_told_to_the_sender_and_the_next_word_arrives(heard):
    link = heard.expect("a")
    with pytest.raises(TypeError, match="pickle"):
        link.send(number for number in range(3))
    link.send("fine")
    hang_up(link)
    assert heard.gone.acquire(timeout=10) and heard.said["a"] == ["fine"]


def test_a_stranger_is_turned_away_and_the_others_are_heard(heard):
    with pytest.raises((AuthenticationError, OSError, EOFError)):
        link_to(heard.listener.address.rpartition("|")[0] + "|" + "00" * 16, "a")
    Client(heard.listener.address.rpartition("|")[0]).close()  # one who says nothing
    link = heard.expect("a")
    link.send(1)
    hang_up(link)
    assert heard.gone.acquire(timeout=10) and heard.said["a"] == [1]


def test_a_worker_that_nobody_expects_is_hung_up_on(heard):
    assert link_to(heard.listener.address, "nobody").receive() is None


def test_closing_ends_the_thread_and_removes_the_socket():
    listener = WorkerListener()
    started = time.monotonic()
    assert listener.address
    listener.close()
    listener.close()
    assert not listener._thread.is_alive() and time.monotonic() - started < 30


def test_messages_are_read_together_and_stay_whole_whatever_their_length():
    ours, theirs = Pipe()
    sent = [b"", b"x", b"y" * 100_000, b"z"]
    sender = threading.Thread(target=send_all, args=(ours, sent))
    sender.start()
    received, inbox = [], Inbox(theirs)
    while len(received) < len(sent):
        received += inbox.wait()
    sender.join()
    assert received == sent


def test_both_ends_understand_what_multiprocessing_writes_and_reads():
    ours, theirs = Pipe()
    send_all(ours, [b"one", b"two"])
    assert (theirs.recv_bytes(), theirs.recv_bytes()) == (b"one", b"two")
    theirs.send_bytes(b"three")
    assert Inbox(ours).wait() == [b"three"]


def test_messages_before_the_end_are_received_and_then_the_end():
    ours, theirs = Pipe()
    inbox = Inbox(theirs)
    send_all(ours, [b"last words"])
    ours.close()
    with pytest.raises(EOFError):
        inbox.look()
    assert inbox.wait() == [b"last words"]
    with pytest.raises(EOFError):
        inbox.wait()


def test_what_waits_can_be_taken_by_another_thread_but_not_from_who_waits_for_it(heard):
    taken: list[list[bytes]] = []
    heard.listener.expect("a", lambda connection: (send_all(connection, [b"1", b"2", b"3"]), connection.poll(10)))
    link = link_to(heard.listener.address, "a")
    assert link.receive() == b"1"
    thread = threading.Thread(target=lambda: taken.append(link.take_waiting()))
    thread.start()
    thread.join()
    assert taken == [[b"2", b"3"]] and link.take_waiting() == []


def test_a_long_temporary_folder_is_no_trouble(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    listener = WorkerListener()
    listener.expect("a", lambda connection: connection.send_bytes(b"x"))
    assert link_to(listener.address, "a").receive() == b"x"
    listener.close()

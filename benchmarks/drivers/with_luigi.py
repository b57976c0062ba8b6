"""Do the work with Luigi: a file a task, its local scheduler, two workers where they help."""

from __future__ import annotations

import time

import luigi

DISTRIBUTION = "luigi"


CALLS: list[int] = []


class Kept(luigi.Task):
    """A task that keeps a number in a file."""

    number = luigi.IntParameter()

    def output(self):
        return luigi.LocalTarget(f"results/{type(self).__name__}-{self.number}")

    def keep(self, value):
        CALLS.append(value)
        with self.output().open("w") as file:
            file.write(str(value))


class Link(Kept):
    def requires(self):
        return [Link(self.number - 1)] if self.number else []

    def run(self):
        self.keep(sum(int(one.open().read()) for one in self.input()) + self.number)


class Add(Kept):
    def run(self):
        self.keep(self.number + 1)


class Total(Kept):
    def requires(self):
        return [Add(number) for number in range(self.number)]

    def run(self):
        self.keep(sum(int(one.open().read()) for one in self.input()))


class All(luigi.WrapperTask):
    size = luigi.IntParameter()

    def requires(self):
        return [Add(number) for number in range(self.size)]


def timed(task, workers=1):
    """Run a task and all that it needs, and return the seconds."""
    start = time.perf_counter()
    succeeded = luigi.build([task], local_scheduler=True, workers=workers, log_level="ERROR")
    seconds = time.perf_counter() - start
    assert succeeded
    return seconds


def kept(task):
    with task.output().open() as file:
        return int(file.read())


def chain(size):
    seconds = timed(Link(size - 1))
    assert kept(Link(size - 1)) == sum(range(size))
    return seconds


def fan_out(size):
    seconds = timed(Total(size), 2)
    assert kept(Total(size)) == size * (size + 1) // 2
    return seconds


def independent(size):
    seconds = timed(All(size))
    assert [kept(Add(number)) for number in range(size)] == list(range(1, size + 1))
    return seconds


def reused(size):
    seconds = independent(size)
    assert not CALLS
    return seconds

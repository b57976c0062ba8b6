"""Drive one run: take ready nodes, give them to an executor, and tell the listeners what happens.

The loop waits on one queue. Outcomes, reports from steps and the wish to cancel all come through it, so that nothing is
polled and no state is shared between threads.
"""

from __future__ import annotations

import contextlib
import functools
import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Final

import attrs

from ..compilers.garbage import collection_held_back, collection_seldom
from ..compilers.graph import Node
from .admission import Admission, this_machine
from .ahead import Ahead
from .bodies import Bodies
from .calls import Calls
from .events import Event, MetricLogged, StepCompleted, StepFailed, StepRetried, StepReused, StepSkipped, StepStarted
from .executors import Executor, GatheringExecutor, WarmExecutor, submitting
from .failures import Failure
from .interruptions import as_a_whole
from .libraries import shared_libraries
from .messages import BrokenOff, Cancel, Ended, Message, Messages, Woken
from .plans import Plan, Tasks
from .resolution import Values
from .retrying import delay_after, is_retried
from .reuse import Earlier
from .scheduling import Scheduler
from .states import State
from .store import open_store
from .tasks import Completed, Failed, Outcome, Task, log_of
from .unfolding import Unfolding
from .whereabouts import Whereabouts

_IDLE: Final = 0.1
"""Seconds after which a step counts as one that takes its time: about what the first worker needs to start."""


class Drive:
    """One run in progress."""

    def __init__(self, plan: Plan, values: Values, emit: Callable[[Event], None]) -> None:
        self._plan = plan
        self._tasks = Tasks(plan)
        self.emit = emit
        self._messages = Messages()
        self._scheduler = Scheduler(plan.graph, continue_on_failure=plan.continue_on_failure)
        self._attempts: dict[str, int] = {}
        self._waiting: list[tuple[float, str, Failed]] = []
        self._busy = 0
        self._executor: Executor | None = None
        self._gathering: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
        self._as_a_whole: AbstractContextManager[None] = contextlib.nullcontext()
        self._send: Callable[[Task], None]
        self._closed = 0
        self._machine = plan.machine or this_machine(plan.graph)
        self._admission = Admission(self._machine)
        where, store = Whereabouts(plan.root, plan.datastores), open_store(plan.store, plan.cache)
        self._values = attrs.evolve(values, store=store)
        self._calls = Calls(plan.run, where, store, self._values, plan.reuse)
        self._nodes = {node.id: node for node in plan.graph}
        self._bodies = Bodies(self._nodes, self._scheduler, self._values, store, self)
        self._unfolding = Unfolding(self._bodies)
        self._ahead = self._nothing_ahead()
        self._returned: deque[str] = deque()
        self._is_warm = False
        self._thread = 0
        self.problem = ""
        self.undeclared: dict[str, tuple[str, ...]] = {}

    def report(self, event: Event) -> None:
        """Take an event from a running step; callable from any thread."""
        if threading.get_ident() == self._thread:  # the step runs inside the loop
            self.emit(event)
        else:
            self._messages.put(event)

    def cancel(self, reason: str = "somebody cancelled the run") -> None:
        """Ask the run to stop; callable from any thread."""
        self._messages.put(Cancel(reason))

    def break_off(self, error: BaseException) -> None:
        """Have the loop raise an error before it goes on; callable from any thread."""
        self._messages.put(BrokenOff(error))

    @property
    def finished(self) -> bool:
        """Whether everything has ended."""
        return self._scheduler.finished

    def run(self, executor: Executor, another: Callable[[], Executor] | None = None) -> State:
        """Run until everything has ended, and return how; ``problem`` says why it was cancelled.

        Cancelling closes the executor; what then is left to run, as it does at every end, is given to ``another`` one.
        """
        self._thread = threading.get_ident()
        self._use(executor)
        with collection_held_back():
            self._reuse_what_can_be()
        with collection_seldom():
            while not self._scheduler.finished:
                self._go_on(another)
        self._drain()
        return self._scheduler.outcome()

    def _go_on(self, another: Callable[[], Executor] | None) -> None:
        """Start what may start, wait for something to happen, and handle it."""
        with self._as_a_whole:
            self._reuse_what_can_be()
            running = self._running_executor(another)
            if running is not None:
                self._start_ready(running)
            if self._busy or self._waiting:  # else all that was ready had its result already
                self._handle_all(self._next_message())

    def stop(self, reason: str) -> State:
        """Stop at once, from the thread that runs the loop, all but what runs at every end; said again, that too.

        The executor is closed. What has ended by then counts, and need not be done again.
        """
        again = bool(self.problem)
        self._close_executor()
        self.problem = self.problem or ("" if self.finished else reason)
        stopped = self._scheduler.stop(reason, with_exits=again)
        for step in self._scheduler.running():
            self._calls.release(self._nodes[step])
            if again or not self._scheduler.is_exiting(step):
                self._scheduler.cancel(step, reason)
                stopped.append(step)
            else:
                self._scheduler.start_over(step)
        self._waiting.clear()
        self._returned.clear()
        self.pass_over(stopped)
        self._reuse_what_can_be()
        return self._scheduler.outcome()

    def _running_executor(self, another: Callable[[], Executor] | None) -> Executor | None:
        """Return the executor, or another one after it was closed if something is left to run; where there is none, nothing is."""
        if self._executor is None and not self.finished:
            if another is None:
                self.stop(self.problem)
            else:
                self._use(another())
        return self._executor

    def _use(self, executor: Executor) -> None:
        self._executor = executor
        self._gathering, self._as_a_whole = contextlib.nullcontext, contextlib.nullcontext()
        if isinstance(executor, GatheringExecutor):  # else steps may be performed in this thread, to be interrupted
            self._gathering, self._as_a_whole = executor.gathering, as_a_whole(self._messages.wake)
        submit, tell = submitting(executor), functools.partial(self._note, executors=self._closed)
        self._send = lambda task: submit(task, tell)

    def _close_executor(self) -> None:
        """End what runs; what is heard of it later counts no more."""
        executor, self._executor = self._executor, None
        if isinstance(executor, GatheringExecutor):
            self._settle(executor)
        elif executor is not None:
            executor.close()
        self._closed += 1
        self._ahead = self._nothing_ahead()
        self._busy = 0
        self._admission = Admission(self._machine)

    def _settle(self, executor: Executor) -> None:
        """Close an executor, and take in what had ended by then, or did in a moment."""
        with contextlib.suppress(Exception):  # the loop may have been broken off anywhere
            self._take_in(executor, self._messages.in_a_moment() if self._busy else ())
        executor.close()
        with contextlib.suppress(Exception):
            self._take_in(executor, self._messages.left())

    def _take_in(self, executor: Executor, told: Iterable[Ended | Event]) -> None:
        """Take in what has ended by now in a run that is being stopped: it need not be done again."""
        self._start_done(executor)
        for message in told:
            if not isinstance(message, Ended) or isinstance(message.outcome, Completed):
                self._handle(message)
                self._start_done(executor)

    def _start_done(self, executor: Executor) -> None:
        """Have the steps their turn that a worker has completed before it."""
        self._reuse_what_can_be()
        while (step := self._scheduler.take(self._ahead.is_done)) is not None:
            self._start(self._nodes[step], executor)

    def _nothing_ahead(self) -> Ahead:
        tell = functools.partial(self._note, executors=self._closed)
        return Ahead(self._scheduler, self._values, self._calls, self._tasks, tell)

    def _start_ready(self, executor: Executor) -> None:
        """Start what may start, as long as there is room: of tiny steps a worker takes several."""
        while self._ahead.is_sent(self._scheduler.first_ready) and self._start_next(executor):
            pass  # it takes no room: a worker has it
        if not (self._returned or self._waiting or self._scheduler.first_ready):
            return
        with self._gathering():
            while (room := executor.capacity - self._busy) > 0:
                if not all(self._start_next(executor) for _ in range(room)):
                    return

    def _start_next(self, executor: Executor) -> bool:
        """Start the next step, and say whether there was one."""
        if self._returned and self._fits(self._returned[0]):
            self._submit_again(self._nodes[self._returned.popleft()])
            return True
        if self._waiting and self._waiting[0][0] <= time.monotonic() and self._fits(self._waiting[0][1]):
            step: str | None = heapq.heappop(self._waiting)[1]
        else:
            step = self._scheduler.take(self._fits)
        if step is not None:
            self._start(self._nodes[step], executor)
        return step is not None

    def _fits(self, step: str) -> bool:
        return self._admission.fits(self._nodes[step].options.resources)

    def _reuse_what_can_be(self) -> None:
        """Take over earlier results and unfold control nodes, wave by wave, before anything is started: no worker is needed for that."""
        while self._scheduler.has_news:
            for ended in self._scheduler.ended_scopes():
                self._unfolding.close(ended)
            self._meet(self._scheduler.fresh())

    def _meet(self, fresh: Sequence[str]) -> None:
        """Take over the earlier results of nodes that have just become ready, and unfold those that are control nodes."""
        for step, earlier in self._calls.earlier(self._unfolding.calls(fresh)).items():
            if self._scheduler.states[step] is State.PENDING:
                self._scheduler.start(step)
                self._take_over(step, earlier)

    def refuse(self, step: str, failure: Failure, duration: float) -> None:
        """End a node that failed without a worker, after so many seconds."""
        self._give_up(step, Failed(failure, duration))

    def pass_over(self, steps: Sequence[str]) -> None:
        """Tell of nodes that do not run."""
        for step in steps:
            self.emit(StepSkipped(step, time.time(), self._scheduler.reasons[step], self._scheduler.states[step]))

    def _take_over(self, step: str, earlier: Earlier) -> None:
        self._values.outputs[step] = earlier.outputs
        for name, value, index in earlier.metrics:
            self.emit(MetricLogged(step, time.time(), name, value, index))
        key = self._calls.key(step)
        self.emit(StepReused(step, time.time(), earlier.outputs, earlier.run, earlier.duration, key, earlier.result))
        self._bodies.origins[step] = earlier.run
        self._scheduler.succeed(step, State.REUSED)

    def _start(self, node: Node, executor: Executor) -> None:
        earlier = self._calls.result(node)
        if earlier is not None:
            self._take_over(node.id, earlier)
            self._reuse_what_can_be()
        elif not self._calls.is_twin(node):
            self._submit(node, executor)

    def _submit(self, node: Node, executor: Executor) -> None:
        attempt = self._attempts[node.id] = self._attempts.get(node.id, 0) + 1
        gpus = self._admission.take(node.id, node.options.resources)
        self._busy += 1
        self.emit(StepStarted(node.id, time.time(), attempt, log=log_of(node.id), reason=self._calls.why(node)))
        for event in self._ahead.held_back(node.id):
            self.emit(event)
        if self._ahead.claim(node.id):
            if self._is_alone:
                self._ahead.go_on(executor)
            return
        task = self._tasks.of(node, attempt, gpus, self._calls.inputs(node))
        if not (self._is_alone and self._ahead.submit(node, task, executor)):
            self._send(task)

    def _submit_again(self, node: Node) -> None:
        """Submit an attempt that has been announced, and was given back before it was begun."""
        gpus = self._admission.take(node.id, node.options.resources)
        self._busy += 1
        self._send(self._tasks.of(node, self._attempts[node.id], gpus, self._calls.inputs(node)))

    def _note(self, step: str, outcome: Outcome | None, executors: int) -> None:
        self._messages.put(Ended(step, outcome, executors))

    @property
    def _is_alone(self) -> bool:
        """Whether nothing else can run before the step ends that has just been started."""
        busy = self._busy > 1 or self._waiting or self._scheduler.first_ready or self._calls.are_awaited
        return not busy and not self._plan.audit and self._executor is not None  # else it is being stopped

    def _next_message(self) -> Message | None:
        """Wait for something to happen, at most until the next attempt is due."""
        wait = None if self._is_warm else _IDLE
        if self._waiting:
            wait = max(0.0, self._waiting[0][0] - time.monotonic())
        message = self._messages.take(wait)
        if message is None:
            self._warm_up()
        return message

    def _warm_up(self) -> None:
        """While a step takes its time, let those workers start that will be needed when it has ended."""
        if not self._is_warm and isinstance(self._executor, WarmExecutor):
            libraries = shared_libraries(self._scheduler.pending(), self._plan.graph.attachments)
            self._executor.warm(self._scheduler.width, libraries)
        self._is_warm = True

    def _handle_all(self, message: Message | None) -> None:
        """Handle a message and those that are there by then."""
        while message is not None:
            if isinstance(message, Cancel):
                self.stop(message.reason)
            elif isinstance(message, BrokenOff):
                raise message.error
            elif not isinstance(message, Woken):
                self._handle(message)
            message = self._messages.take()

    def _handle(self, message: Ended | Event) -> None:
        if not isinstance(message, Ended):
            if not self._ahead.holds_back(message):
                self.emit(message)
            return
        if message.executors != self._closed:
            return  # it was ended with its executor
        self._busy -= 1
        self._admission.give_back(message.step)
        if self._scheduler.states[message.step] is not State.RUNNING:
            return  # it was cancelled meanwhile
        if message.outcome is None:
            self._returned.append(message.step)
        elif isinstance(message.outcome, Completed):
            self._complete(message.step, message.outcome)
        else:
            self._fail(self._nodes[message.step], message.outcome)

    def _complete(self, step: str, outcome: Completed) -> None:
        if outcome.undeclared:
            self.undeclared[step] = outcome.undeclared
        self._values.outputs[step] = outcome.outputs
        basis = self._calls.basis(self._nodes[step])
        self.emit(StepCompleted(step, time.time(), outcome.outputs, outcome.duration, basis))
        self._scheduler.succeed(step)
        earlier, twins = self._calls.completed(self._nodes[step], outcome.outputs, outcome.duration)
        for twin in twins:
            self._take_over(twin, earlier)

    def _fail(self, node: Node, outcome: Failed) -> None:
        attempt = self._attempts[node.id]
        failure = attrs.evolve(outcome.failure, attempts=attempt)
        outcome = attrs.evolve(outcome, failure=failure)
        if attempt <= node.options.retries and self._may_retry(node.id) and is_retried(failure, node.options.retry):
            self._retry(node, attempt, outcome)
            return
        self._give_up(node.id, outcome)
        while over := [one for one in self._waiting if not self._may_retry(one[1])]:
            for one in over:  # what waited for its next attempt has had its last
                self._waiting.remove(one)
                self._give_up(one[1], one[2])
            heapq.heapify(self._waiting)

    def _give_up(self, step: str, outcome: Failed) -> None:
        for failed in (step, *self._calls.release(self._nodes[step])):
            failure = attrs.evolve(outcome.failure, step=failed)
            self.emit(StepFailed(failed, time.time(), failure, outcome.duration))
            self.pass_over(self._scheduler.fail(failed))

    def _may_retry(self, step: str) -> bool:
        return self._plan.continue_on_failure or not self._scheduler.stopped(step)

    def _retry(self, node: Node, attempt: int, outcome: Failed) -> None:
        delay = delay_after(attempt, node.options.retry)
        heapq.heappush(self._waiting, (time.monotonic() + delay, node.id, outcome))
        self.emit(StepRetried(node.id, time.time(), attempt, outcome.failure, delay))

    def _drain(self) -> None:
        """Pass on the reports that came in before the last outcome."""
        for message in self._messages.left():
            if not isinstance(message, Ended) and not self._ahead.holds_back(message):
                self.emit(message)

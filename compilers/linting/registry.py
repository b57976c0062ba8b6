"""List the rules: their codes, their names, what they are for, and which are asked for by name only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from attrs import frozen

from ..errors import CompileError
from . import (
    flowing,
    rule_clocks,
    rule_environment,
    rule_estimators,
    rule_files,
    rule_network,
    rule_ordering,
    rule_randomness,
    tracing_paths,
)
from .examined import Examined, Scene
from .findings import Remark
from .rule_clocks import time_in_result
from .rule_environment import environment_read
from .rule_estimators import missing_random_state
from .rule_files import text_path, undeclared_file
from .rule_mutations import mutated_global, mutated_input
from .rule_network import network_read
from .rule_ordering import hash_order
from .rule_pipelines import changing_argument
from .rule_randomness import entropy, unseeded_random
from .seeding import SEEDERS
from .tables import Names

Check: TypeAlias = Callable[[Examined, Scene], Iterator[Remark]]


@frozen
class Rule:
    """One thing to look for. ``code`` and ``name`` both select and silence it.

    ``check`` looks at one function; the rules of the fingerprint have none, for the walk itself finds that. A rule with
    ``always`` also holds for steps that are never reused. One that is not ``by_default`` must be selected.
    """

    code: str
    name: str
    summary: str
    check: Check | None = None
    of_pipelines: bool = False
    always: bool = False
    by_default: bool = True

    @property
    def names(self) -> frozenset[str]:
        """What selects and silences the rule, in lower case."""
        return frozenset({self.code.lower(), self.name})


WIDENED = Rule("PS401", "widened-code", "code that cannot be followed, so that more than it uses counts")
UNIDENTIFIED = Rule("PS402", "unidentified-value", "a value without identity, so that the step is never reused")

RULES: tuple[Rule, ...] = (
    Rule("PS101", "unseeded-random", "random numbers from a generator without a seed", unseeded_random),
    Rule("PS102", "missing-random-state", "an estimator, splitter or sampler without its seed", missing_random_state),
    Rule("PS103", "entropy", "uuid4, urandom, secrets", entropy),
    Rule("PS104", "hash-order", "the order of a set, and hash()", hash_order),
    Rule("PS201", "environment-read", "environment variables that are not declared", environment_read),
    Rule("PS202", "undeclared-file", "files that are neither inputs nor declared", undeclared_file),
    Rule("PS203", "text-path", "a text parameter that is used as a path, so that only its name counts", text_path),
    Rule("PS204", "network-read", "downloads, services and databases", network_read),
    Rule("PS205", "time-in-result", "the present moment in what a step makes", time_in_result),
    Rule("PS301", "mutated-global", "changes of what modules hold", mutated_global, always=True),
    Rule("PS302", "mutated-input", "changes of the step's own arguments", mutated_input, always=True, by_default=False),
    WIDENED,
    UNIDENTIFIED,
    Rule("PS501", "changing-argument", "values that a pipeline makes anew for its steps", changing_argument, of_pipelines=True),
)  # fmt: skip

TABLES: tuple[Names, ...] = (
    rule_randomness.NAMES, rule_randomness.ENTROPY_NAMES, rule_estimators.NAMES, rule_ordering.NAMES, rule_environment.NAMES,
    rule_files.NAMES, rule_network.NAMES, rule_clocks.NAMES, tracing_paths.NAMES, flowing.NAMES, SEEDERS,
)  # fmt: skip
"""Everything that some rule knows by name."""


class UnknownRule(CompileError, ValueError):
    """No rule has that code or name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        import difflib  # only a mistyped name needs it

        known = [name for rule in RULES for name in (rule.name, rule.code)]
        near = difflib.get_close_matches(self.name.lower(), [name.lower() for name in known], 1)
        hint = f"did you mean {near[0]!r}?" if near else f"the rules are {', '.join(rule.name for rule in RULES)}"
        return f"there is no rule {self.name!r}; {hint}"


def chosen_rules(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Return the rules to apply: the selected ones, or those by default, without the ignored. Raises UnknownRule."""
    wanted = {rule.code for name in select for rule in _named(name)}
    unwanted = {rule.code for name in ignore for rule in _named(name)}
    wanted = wanted or {rule.code for rule in RULES if rule.by_default}
    return tuple(rule for rule in RULES if rule.code in wanted - unwanted)


def _named(name: str) -> list[Rule]:
    """Return the rules of a name or code; the beginning of a code, as in ``PS1``, stands for all that begin so."""
    lower = name.strip().lower()
    beginning = lower.startswith("ps") and len(lower) > 2
    found = [rule for rule in RULES if lower in rule.names or (beginning and rule.code.lower().startswith(lower))]
    if not found:
        raise UnknownRule(name)
    return found

"""Policy: a statement that only calls what the project lists as not counting is dropped, and nothing else is."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from fingerprint_pairs import Pair, rerun, reuse, step_with

from penstock.compilers.errors import FingerprintError
from penstock.compilers.fingerprints import Fingerprinter
from penstock.compilers.fingerprints.differences import differences

LOGGING = {"ignore_calls": ["logging"]}
PRINT = {"ignore_calls": ["print"]}
BOTH = {"ignore_calls": ["logging", "print"]}
LOG = "import logging\nlog = logging.getLogger(__name__)\nLEVEL = 10\ndef f(x):\n    return x\n"


def adding(name: str, line: str, definitions: str = LOG, *, reruns: bool = False, **options: object) -> Pair:
    """Add a line to the step, after one that shows where."""
    before = step_with(definitions, "kept = f(rows)\nreturn kept", mine="def note(*args):\n    return len(args)\n")
    kind = rerun if reruns else reuse
    return kind(name, before, ("    return kept", f"    {line}\n    return kept"), **{**LOGGING, **options})


OWN_LOGGER = (
    "import logging\nclass Own(logging.Logger):\n    def info(self, *args):\n        print(args)\n"
    "log = Own('a')\ndef f(x):\n    return x\n"
)
LOCAL = "import logging\ndef f(x):\n    return x\n"
NOTED = "import mine\nfrom mine import note\ndef f(x):\n    return x\n"
OBJECT = (
    "import mine\nclass Sink:\n    def write(self, x):\n        self.x = x\nsink = Sink()\ndef f(x):\n    return x\n"
)
REPLACED = "import logging\ndef replaced(*args):\n    pass\nlogging.info = replaced\ndef f(x):\n    return x\n"
IN_HELPER = step_with("import logging\ndef f(x):\n    logging.info('one %s', x)\n    return x\n")
IN_METHOD = step_with(
    "import logging\nclass C:\n    def g(self, x):\n        logging.info(f'{self.a} {x!r:>{10}}')\n        return x\n"
    "def f(x):\n    return C().g(x)\n"
)
IN_FUNCTION = step_with("def f(x):\n    import logging\n    logging.info('one')\n    return x\n")
AS_NAME = step_with(
    "from logging import getLogger\ninfo = getLogger('a').info\ndef f(x):\n    info('one')\n    return x\n"
)
AT_THE_TOP = step_with("import logging\nK = []\nlogging.basicConfig(level=10)\ndef f(x):\n    return len(K)\n")
EMPTIED = step_with("import logging\ndef f(x):\n    if x:\n        logging.info('one')\n    return x\n")
NESTED = step_with("def f(x):\n    def inner(y):\n        print(y)\n        return y\n    return inner(x)\n")
COUNTED = step_with("import logging\ndef g(x):\n    return x\ndef f(x):\n    logging.info(g(x))\n    return x\n")
VALUE = step_with("import logging\ndef f(x):\n    return logging.getLogger('one').name\n")

PAIRS = [
    adding("a call of a function of a listed module", 'logging.info("kept %s", kept)'),
    adding("a method of a logger", 'log.info("kept")'),
    adding("a keyword", 'log.warning("kept", exc_info=True, stacklevel=2)'),
    adding("an f-string of names and attributes", 'log.debug(f"{kept.shape} of {rows}")'),
    adding("a text with a remainder", 'log.debug("%s of %s" % (kept, rows))'),
    adding("a global that nothing else reads", "log.debug(LEVEL)"),
    adding("print", "print(kept, rows)", ignore_calls=["print"]),
    adding("several listed", "print(kept)", ignore_calls=["logging", "print"]),
    adding("a function that the project lists", "note(kept)", NOTED, ignore_calls=["mine.note"]),
    adding("a module that the project lists", "mine.note(kept)", NOTED, ignore_calls=["mine"]),
    adding("an object that the project lists", "sink.write(kept)", OBJECT, ignore_calls=["main.sink"]),
    adding("a class that the project lists", "sink.write(kept)", OBJECT, ignore_calls=["main.Sink"]),
    reuse("its text", IN_HELPER, ("one %s", "another %s"), **LOGGING),
    reuse("in a method", IN_METHOD, ("{self.a}", "{self.b}"), **LOGGING),
    reuse("of a module imported in the function", IN_FUNCTION, ("'one'", "'another'"), **LOGGING),
    reuse("of a method under another name", AS_NAME, ("'one'", "'another'"), **LOGGING),
    reuse("at the top of a module", AT_THE_TOP, ("level=10", "level=20"), **LOGGING),
    reuse("alone in a branch", EMPTIED, ("'one'", "'another'"), **LOGGING),
    reuse("in an inner function", NESTED, ("print(y)", "print(y, y)"), **PRINT),
    reuse("order of the list", IN_HELPER, ("one", "two"), ignore_calls=["print", "logging"]),
    adding("off by default", 'logging.info("kept")', reruns=True, ignore_calls=[]),
    adding("print that is not listed", "print(kept)", reruns=True),
    adding("a call in an argument", "log.info(f(kept))", reruns=True),
    adding("a call in an f-string", 'log.info(f"{f(kept)}")', reruns=True),
    adding("a walrus", "log.info(kept := 1)", reruns=True),
    adding("an index, which may insert", "log.info(kept[0])", reruns=True),
    adding("arithmetic, which may be the project's", "log.info(kept + 1)", reruns=True),
    adding("arguments that are unpacked", "log.info(*kept)", reruns=True),
    adding("keywords that are unpacked", "log.info('', **kept)", reruns=True),
    adding("a comprehension", "log.info([x for x in kept])", reruns=True),
    adding("a value that is used", "kept = logging.getLogger('a')", reruns=True),
    adding("a call on the result of one", "logging.getLogger('a').info(kept)", reruns=True),
    adding("a class derived from a listed one", "log.info(kept)", OWN_LOGGER, reruns=True),
    adding("a function that the project put into the module", "logging.info(kept)", REPLACED, reruns=True),
    adding("a local of the name", "logging = f\n    logging(kept)", LOCAL, reruns=True),
    adding("an awaited call", "(lambda: logging.info(kept))()", reruns=True),
    adding("a module whose name begins alike", "mine.note(kept)", NOTED, reruns=True, ignore_calls=["min"]),
    adding("what does not exist", "mine.note(kept)", NOTED, reruns=True, ignore_calls=["mine.other"]),
    rerun("the value of a call", VALUE, ("'one'", "'another'"), **LOGGING),
    rerun("what an argument calls", COUNTED, ("    return x\ndef f", "    return [x]\ndef f"), **LOGGING),
    rerun("the rest of the function", IN_HELPER, ("return x\n\n\n@step", "return [x]\n\n\n@step"), **LOGGING),
    rerun("a name shadowed by the project", IN_HELPER, ("import logging", "from mine import logging"),
          {"mine.py": "class logging:\n    @staticmethod\n    def info(*args):\n        open('a')\n"}, **LOGGING),
]  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_ignored_calls(pair: Pair, outcome: Callable[[Pair], None]) -> None:
    outcome(pair)


def noting(x: int) -> int:
    logging.info("seen %s", x)
    return x


def quiet(x: int) -> int:
    return x


def digest(function: Callable[..., object], *listed: str) -> str:
    return Fingerprinter(ignore_calls=listed).function(function).digest


def test_another_list_is_another_fingerprint() -> None:
    assert len({digest(quiet), digest(quiet, "logging"), digest(quiet, "logging", "print")}) == 3


def test_a_function_without_its_ignored_calls_is_the_same() -> None:
    assert (digest(noting) == digest(quiet), digest(noting, "logging") == digest(quiet, "logging")) == (False, True)


def test_a_changed_list_is_told() -> None:
    old, new = (Fingerprinter(ignore_calls=listed).function(quiet).manifest for listed in ([], ["print", "logging"]))
    assert [str(found) for found in differences(old, new)] == ["ignore_calls absent -> logging, print"]


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ("print", "expected a list of names such as"),
        ([3], "expected a list of names such as"),
        (["print()"], r"'print\(\)' is no dotted name; write 'logging', 'print' or 'loguru.logger'"),
        ([""], "'' is no dotted name"),
    ],
)
def test_a_wrong_list_is_refused(listed: object, message: str) -> None:
    with pytest.raises(FingerprintError, match=message):
        Fingerprinter(ignore_calls=listed)  # type: ignore[arg-type]  # wrong on purpose


def test_projects_that_list_nothing_pay_nothing() -> None:
    assert Fingerprinter().walker.dismissals._tables == {}

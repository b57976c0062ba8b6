"""time-in-result."""

from __future__ import annotations

import pytest

TOP = """
import logging
import time
from datetime import date, datetime as moment
import datetime as dates

logger = logging.getLogger("x")
"""


@pytest.mark.parametrize(
    "lines",
    [
        "return time.time()",
        "return str(moment.now())",
        "return dates.datetime.utcnow()",
        "return {'day': date.today()}",
        "started = time.time()\nwork = time.time() - started\nreturn work",
        "return time.strftime('%Y')",
        "from time import time as t\nreturn t()",
        "import pandas as pd\nreturn pd.Timestamp.now()",
        "import pandas as pd\nreturn pd.Timestamp('now')",
        "self.at = moment.now()\nreturn self",
    ],
)
def test_a_moment_that_goes_into_the_result_is_found(rules, lines):
    assert set(rules(lines, TOP, "self: Any = None")) == {"time-in-result"}


@pytest.mark.parametrize(
    "lines",
    [
        "print(time.time())\nreturn 1",
        "started = time.time()\nprint('took', time.time() - started)\nreturn 1",
        "started = time.perf_counter()\nspent = time.perf_counter() - started\nlog_metric('seconds', spent)\nreturn 1",
        "started = moment.now()\nlogger.info('took %s', moment.now() - started)\nreturn 1",
        "end = time.monotonic() + 5\nwhile time.monotonic() < end:\n    break\nreturn 1",
        "time.sleep(max(0, 1 - time.time()))\nreturn 1",
        "return time.strftime('%Y', when)",
        "return moment(2020, 1, 1), date.fromisoformat('2020-01-01')",
        "import pandas as pd\nreturn pd.Timestamp('2020-01-01')",
    ],
)
def test_a_moment_that_is_only_told_is_not_found(rules, lines):
    assert rules(lines, TOP, "when: Any = None") == []

"""Publish a pipeline, call it as others would, change the code, and publish again.

Run it with ``python examples/publishing.py``. The pipeline is ``examples/compare.py``'s, which trains models on handwritten digits.
"""

from __future__ import annotations

from compare import compare

from penstock import Endpoint, publish

QUIET = {"display": "none"}


if __name__ == "__main__":
    endpoint = publish(compare, name="digits", description="train four models and compare them")
    print(f"published {endpoint.name}, version {endpoint.default.version}; nothing has run")

    again = publish(compare, name="digits")
    print(f"published again without a change: still version {again.default.version}")

    run = endpoint.run(test_size=0.5, _how=QUIET)
    print(f"called with test_size=0.5: {run.status}, {len(run.steps)} steps")
    run = endpoint.run(test_size=0.5, _how=QUIET)
    print(f"called again: {sum(one.state == 'reused' for one in run.steps.values())} of {len(run.steps)} steps reused")

    endpoint.disable()
    print("disabled:", [found.name for found in Endpoint.list()])
    endpoint.enable()

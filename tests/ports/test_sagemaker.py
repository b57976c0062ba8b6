"""What SageMaker's `@step` samples do: preprocess, train, evaluate, register above a threshold, else fail with a message."""

from __future__ import annotations

import pytest
from penstock import Local, RunFailed, Static, pipeline, step, when

QUIET = Local(executor="inline", display="none")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@step
def preprocess(rows: int) -> tuple[list[float], list[float]]:
    data = [float(number) for number in range(rows)]
    return data[: rows // 2], data[rows // 2 :]


@step
def train(fit_on: list[float], depth: int) -> dict[str, float]:
    return {"mean": sum(fit_on) / len(fit_on), "depth": depth}


@step
def evaluate(model: dict[str, float], test_on: list[float]) -> dict[str, float]:
    return {"rmse": abs(model["mean"] - sum(test_on) / len(test_on)) / model["depth"]}


@step
def register(model: dict[str, float], rmse: float) -> str:
    return f"registered at {rmse:.1f}"


@step
def fail(message: str) -> str:
    raise RuntimeError(message)


@pipeline
def abalone(rows: int = 10, depth: int = 5, limit: float = 1.5) -> str:
    fit_on, test_on = preprocess(rows)
    model = train(fit_on, depth)
    rmse = evaluate(model, test_on)["rmse"]
    return when(rmse <= limit, lambda: register(model, rmse), otherwise=lambda: fail("the error is too high"))


def test_a_good_model_is_registered():
    assert abalone() == QUIET.run(abalone).result() == "registered at 1.0"


def test_a_bad_model_fails_the_run_with_the_message():
    with pytest.raises(RunFailed, match="the error is too high"):
        QUIET.run(abalone, limit=0.1)


def test_the_branch_that_was_not_taken_is_shown_as_skipped():
    states = {name.rpartition("/")[2]: found.state for name, found in QUIET.run(abalone).steps.items()}
    assert (states["register"], states["fail"]) == ("completed", "skipped")


def test_a_number_of_models_that_is_known_before_is_a_loop():
    @pipeline
    def several(depths: Static[list[int]]) -> list[float]:
        fit_on, test_on = preprocess(10)
        return [evaluate(train(fit_on, depth), test_on)["rmse"] for depth in depths]

    assert QUIET.run(several, [1, 5]).result() == [5.0, 1.0]

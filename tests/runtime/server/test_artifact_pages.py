"""The page of an artifact tells which step runs made it and took it, items of mapped calls and steps inside them too."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from penstock import Local


def segment(step: str) -> str:
    return quote(step, safe="")


@pytest.fixture
def run(workspace, monkeypatch):
    """A run of a mapped pipeline over a mapped step."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    pipelines = importlib.import_module("served_pipelines")
    return Local(workspace=workspace, executor="inline", display="none").run(pipelines.graded)


@pytest.fixture
def outputs(workspace, run) -> dict[str, str]:
    """The digest of what each step run gave."""
    return {step.id: step.outputs["output"].digest for step in workspace.history.steps(run.id) if step.outputs}


def listed(reader, digest: str, title: str) -> list[tuple[str, str]]:
    """Return the step runs that a page lists under a title, each with what it had the artifact as."""
    page = reader.get(f"/artifacts/{digest}").text
    section = page.partition(f"<h2>{title}</h2>")[2].partition("</section>")[0]
    return re.findall(r'class="row-link" href="[^"]*/steps/([^"]*)">[^<]*</a></td><td>([^<]*)', section)


def test_an_item_of_a_mapped_step_is_followed_into_the_pipeline_that_takes_it(reader, outputs):
    assert listed(reader, outputs["measured[1]"], "Made by") == [(segment("measured[1]"), "output")]
    assert listed(reader, outputs["measured[1]"], "Taken by") == [
        ("judged", "score"),
        (segment("judged[1]/curved"), "score"),
    ]


def test_a_step_inside_an_item_is_followed_to_the_next_and_to_whoever_takes_all(reader, outputs):
    assert listed(reader, outputs["judged[1]/curved"], "Taken by") == [(segment("judged[1]/verdict"), "score")]
    made = listed(reader, outputs["judged[2]/verdict"], "Made by")
    assert made == [(segment("judged[2]/verdict"), "output")]
    assert listed(reader, outputs["judged[2]/verdict"], "Taken by") == [("summed", "verdicts")]


def test_what_all_items_take_is_taken_by_each(reader, outputs):
    taken = listed(reader, outputs["limit"], "Taken by")
    assert taken == [("judged", "limit"), *((segment(f"judged[{place}]/verdict"), "limit") for place in range(3))]


def test_the_page_of_an_item_shows_what_went_in_with_where_it_came_from(reader, run, outputs):
    page = reader.get(f"/runs/{run.id}/steps/{segment('judged[1]/verdict')}").text
    inputs = page.partition('class="facts inputs"')[2].partition("</dl>")[0]
    assert re.findall(r'href="([^"]*/steps/[^"]*)"', inputs) == [
        f"/runs/{run.id}/steps/{segment('judged[1]/curved')}",
        f"/runs/{run.id}/steps/limit",
    ]
    assert f"/artifacts/{outputs['judged[1]/curved']}" in inputs


def test_very_many_takers_are_counted(reader, outputs, monkeypatch):
    monkeypatch.setattr("penstock.runtime.server.pages.one_artifact._USES", 2)
    assert len(listed(reader, outputs["limit"], "Taken by")) == 2
    assert "And 2 more." in reader.get(f"/artifacts/{outputs['limit']}").text

"""The pages in a real browser: what people see, click and read, without a fault, on desks and phones, light and dark."""

from __future__ import annotations

import re

import pytest

PAGES = ["/runs", "/endpoints", "/endpoints/live", "/workspace", "/tokens"]


def latest(page, state="completed"):
    page.goto("/runs")
    page.locator("tr", has_text=state).first.locator("a.row-link").click()
    page.wait_for_url("**/runs/*")


def faults_of(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_fault_of_accessibility(visit, path, scheme):
    assert faults_of(visit(path, color_scheme=scheme)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_and_a_step_have_none_either(visit, scheme):
    page = visit("/runs", color_scheme=scheme)
    latest(page, "failed")
    assert faults_of(page) == []
    page.click("a[href*='/steps/check']")
    page.wait_for_selector("text=is too high")
    assert faults_of(page) == []


@pytest.mark.parametrize("path", [*PAGES, "run"])
def test_a_phone_needs_no_scrolling_sideways(visit, path):
    page = visit("/runs" if path == "run" else path, viewport={"width": 390, "height": 844})
    if path == "run":
        latest(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_failed_step_shows_the_users_frame_and_how_to_run_it_again(visit):
    page = visit("/runs")
    latest(page, "failed")
    page.click("a[href*='/steps/check']")
    page.wait_for_selector("text=raise ValueError")
    text = page.inner_text("main")
    assert "a loss of 0.25 is too high" in text
    assert "raise ValueError" in text
    assert "penstock replay" in text


def test_a_log_is_text_and_never_markup(visit):
    page = visit("/runs")
    latest(page)
    page.goto(f"{page.url.partition('?')[0]}/steps/train?view=log")
    page.wait_for_selector("text=epoch 3")
    assert page.locator("#log b").count() == 0


def test_two_runs_are_compared(visit):
    page = visit("/runs")
    boxes = page.locator("tbody input[type=checkbox]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.click("text=Compare the two ticked")
    page.wait_for_url("**/compare?*")
    assert "epochs" in page.inner_text("main") or "limit" in page.inner_text("main")


def test_an_endpoint_is_called_and_its_run_goes_green_live_with_a_plot(visit):
    page = visit("/endpoints/live")
    page.fill("input[name=epochs]", "6")
    page.fill("input[name=pause]", "0.2")
    page.click("text=Run it")
    page.wait_for_url("**/runs/*")
    page.wait_for_selector("#run-state >> text=completed")
    page.click("a:has-text('Metrics')")
    page.wait_for_selector("svg.chart, figure svg")
    assert "loss" in page.inner_text("main")


def test_a_parameter_that_does_not_fit_is_told_beside_the_form(visit):
    page = visit("/endpoints/live")
    page.fill("input[name=epochs]", "1.5")
    with page.expect_response("**/runs") as answer:
        page.click("text=Run it")
    assert answer.value.status == 422
    page.wait_for_selector("p.alert >> text=epochs: expected a whole number")


def test_a_run_is_cancelled(visit):
    page = visit("/endpoints/live")
    page.on("dialog", lambda dialog: dialog.accept())
    page.fill("input[name=epochs]", "600")
    page.fill("input[name=pause]", "0.1")
    page.click("text=Run it")
    page.wait_for_url("**/runs/*")
    page.wait_for_selector("#run-state >> text=running")
    page.click("button.danger")
    page.wait_for_selector("#run-state >> text=cancelled")


def test_an_endpoint_is_disabled_and_enabled(visit):
    page = visit("/endpoints/live")
    page.click("button:has-text('Disable')")
    page.wait_for_selector("text=It is disabled, and calls are refused")
    page.click("button:has-text('Enable')")
    page.wait_for_selector("button:has-text('Disable')")


def test_a_schedule_is_made(visit):
    page = visit("/endpoints/live")
    page.fill("input[name=name]", "nightly")
    page.fill("input[name='rule.cron']", "0 3 * * *")
    page.click("text=Add a schedule")
    page.wait_for_selector("td:has-text('nightly')")


def test_a_token_is_made_and_shown_once(visit):
    page = visit("/tokens")
    page.fill("input[name=name]", "robot")
    page.click("text=Make it")
    assert re.search(r"pst_\S{40,}", page.wait_for_selector("p.told").inner_text())


def test_whoever_has_no_token_is_asked_for_one(browser, served):
    context = browser.new_context(base_url=served[0])
    page = context.new_page()
    page.goto("/runs")
    assert "/login" in page.url
    page.fill("#token", "pst_wrong")
    page.click("button.primary")
    assert "the token is not valid" in page.inner_text("main")
    context.close()


def test_a_page_is_whole_without_javascript(visit):
    page = visit("/runs", java_script_enabled=False)
    latest(page)
    assert page.locator("svg a").count() >= 3
    assert "completed" in page.inner_text("main")


def test_the_first_page_is_light(visit, served):
    page = visit("/workspace")
    sizes = []
    page.on("response", lambda answer: sizes.append(len(answer.body()) if answer.ok else 0))
    page.goto("/runs")
    page.wait_for_load_state("networkidle")
    assert len(sizes) <= 5
    assert sum(sizes) < 100_000

"""The pages in a real browser: what people see, click and read, without a fault, on desks and phones, light and dark."""

from __future__ import annotations

import re

import pytest

PAGES = [
    "/runs",
    "/endpoints",
    "/endpoints/live",
    "/schedules",
    "/workspace?measure=1&keep_runs=1",
    "/tokens",
    "/nowhere",
]


def latest(page, state="completed", pipeline="live"):
    page.goto(f"/runs?pipeline={pipeline}")
    page.locator("tr", has_text=state).first.locator("a.row-link").click()
    page.wait_for_url("**/runs/*")


def first_of_all(page, state="completed", pipeline="live"):
    """Open the first run of a pipeline: nothing of it was reused, whichever tests came before."""
    page.goto(f"/runs?pipeline={pipeline}")
    page.locator("tr", has_text=state).last.locator("a.row-link").click()
    page.wait_for_url("**/runs/*")


def wait_for_count(page, selector, count):
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_count(count, timeout=15_000)


def wait_for_picture(page, selector):
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_js_property("naturalWidth", 1, timeout=15_000)


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
    page = visit("/runs?pipeline=live")
    boxes = page.locator("tbody input[type=checkbox]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.click("text=Compare the two ticked")
    page.wait_for_url("**/compare?*")
    assert "epochs" in page.inner_text("main") or "limit" in page.inner_text("main")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_curves_of_two_runs_are_drawn_into_one_chart(visit, scheme):
    page = visit("/runs?text=%22limit%22:%20%220.5%22&pipeline=live&state=completed", color_scheme=scheme)
    rows = page.locator("tbody tr")
    for epochs in ("epochs 4", "epochs 5"):
        rows.filter(has_text=epochs).last.locator("input").check()
    page.click("text=Compare the two ticked")
    page.wait_for_selector("polyline.earlier")
    assert page.locator("figure.chart polyline").count() == 2
    assert faults_of(page) == []


def test_a_chart_tells_the_value_under_the_pointer(visit):
    page = visit("/runs")
    latest(page)
    page.goto(f"{page.url}?view=metrics")
    box = page.locator(".chart svg").bounding_box()
    page.mouse.move(box["x"] + 62, box["y"] + 40)
    assert page.inner_text(".chart-value").startswith("1 at 0")
    page.mouse.move(5, 5)
    assert "at" not in page.inner_text(".chart-value")


def test_a_chart_gets_a_logarithmic_scale_and_a_linear_one_again(visit):
    page = visit("/runs")
    latest(page)
    page.goto(f"{page.url}/steps/train")
    page.click("text=Logarithmic scale")
    page.wait_for_selector("svg[data-log]")
    box = page.locator(".chart svg").bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 40)
    assert page.inner_text(".chart-value") == "1 at 0"
    page.click("text=Linear scale")
    page.wait_for_selector("svg:not([data-log])[data-bounds]")


def test_an_input_is_previewed_where_it_is_taken(visit):
    page = visit("/runs")
    latest(page, pipeline="described")
    page.click(".box[data-step=tally]")
    page.click("text=Preview of rows")
    page.wait_for_selector(".peek pre >> text=word 19")


def test_code_is_coloured_and_never_markup(visit):
    page = visit("/runs")
    latest(page)
    page.goto(f"{page.url}/steps/load?view=code")
    page.wait_for_selector("pre.code .k >> text=def")
    assert "<b>not bold</b>" in page.inner_text("pre.code >> nth=0")
    assert page.locator("pre.code b").count() == 0


def test_the_workspace_is_measured_and_cleaned(visit):
    page = visit("/workspace")
    page.on("dialog", lambda dialog: dialog.accept())
    page.wait_for_selector("dt:has-text('Artifacts')")
    page.fill("input[name=days]", "0")
    page.fill("input[name=keep_runs]", "500")
    page.click("text=Show what would go")
    page.wait_for_url("**keep_runs=500**")
    assert "Cleaning" in page.inner_text("main")


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


def test_whoever_calls_an_endpoint_chooses_where_it_runs(visit):
    page = visit("/endpoints/live")
    page.select_option("select[name=compute]", "other-slots")
    page.click("text=Run it")
    page.wait_for_url("**/runs/*")
    page.wait_for_selector("#run-state >> text=completed")
    run = page.url.rpartition("/")[2].partition("?")[0]
    assert page.evaluate(f"fetch('/api/v1/runs/{run}').then(one => one.json())")["compute"] == "other-slots"


def test_an_endpoint_is_told_where_it_runs_by_default(visit):
    page = visit("/endpoints/live")
    for compute in ("other-slots", "local"):
        page.select_option("label:has-text('Where it runs by default') select", compute)
        with page.expect_response("**/api/v1/endpoints/live"):
            page.click("text=Change it")
        page.wait_for_selector(f".calling option[value='']:has-text('{compute}')", state="attached")
        found = page.evaluate("fetch('/api/v1/endpoints/live').then(one => one.json())")
        assert found["compute"] == compute


def test_a_schedule_chooses_it_too(visit):
    page = visit("/schedules")
    page.fill("input[name=name]", "placed")
    page.fill("input[name='rule.cron']", "0 3 * * *")
    page.select_option("select[name=compute]", "other-slots")
    page.click("text=Add the schedule")
    page.wait_for_selector("tr:has-text('placed') .tag >> text=other-slots")
    made = page.evaluate("fetch('/api/v1/schedules/placed').then(one => one.json())")
    assert made["compute"] == "other-slots"
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("tr:has-text('placed') >> text=Delete")
    page.wait_for_selector("tr:has-text('placed')", state="detached")


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
    page.click("text=Add the schedule")
    page.wait_for_selector("th:has-text('nightly')")
    assert "every day at 03:00" in page.inner_text("main")


def test_a_schedule_is_switched_off_and_on_and_deleted(visit):
    page = visit("/schedules")
    page.on("dialog", lambda dialog: dialog.accept())
    page.select_option("select[name=endpoint]", "live")
    page.fill("input[name=name]", "weekly")
    page.fill("input[name='rule.cron']", "30 6 * * 1")
    page.fill("input[name=parameters]", '{"rows": 7}')
    page.click("text=Add the schedule")
    page.click("tr:has-text('Monday at 06:30') >> button:has-text('Disable')")
    page.click("tr:has-text('weekly'):has-text('disabled') >> button:has-text('Enable')")
    page.click("tr:has-text('weekly') >> button:has-text('Delete')")
    page.wait_for_selector("tr:has-text('weekly')", state="detached")


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
    assert page.locator("#drawing a").count() >= 3
    assert "completed" in page.inner_text("main")


def test_the_first_page_is_light(visit):
    page = visit("/tokens")
    page.wait_for_load_state("networkidle")
    asked = []
    page.on("requestfinished", lambda request: asked.append(request.sizes()["responseBodySize"]))
    page.goto("/runs")
    page.wait_for_load_state("networkidle")
    assert len(asked) <= 5
    assert sum(asked) < 100_000


def test_runs_are_found_while_somebody_types(visit):
    page = visit("/runs")
    page.fill("input[name=text]", '"limit": "0.1"')
    wait_for_count(page, ".runs tbody tr", 1)
    assert "failed" in page.inner_text(".runs tbody")
    assert "text=" in page.url


def test_runs_are_filtered_by_a_click_on_a_state(visit):
    page = visit("/runs")
    page.click(".segments >> text=Failed")
    page.wait_for_url("**/runs?state=failed")
    assert set(page.locator(".runs .standing").all_inner_texts()) == {"failed"}


def test_a_list_is_walked_and_opened_by_keys(visit):
    page = visit("/runs")
    for key in ("j", "x", "j", "x", "c"):
        page.keyboard.press(key)
    page.wait_for_url("**/compare?*")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/schedules")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")


def test_the_groups_of_a_graph_open_in_place_and_close_again(visit):
    page = visit("/runs")
    latest(page, pipeline="grouped")
    page.click("text=Close all")
    wait_for_count(page, ".box.group", 12)
    page.click(".box.group >> nth=1")
    page.wait_for_selector(".frame >> text=market-2")
    assert page.locator(".box.group").count() == 11
    page.go_back()
    wait_for_count(page, ".box.group", 12)


def test_a_graph_that_is_too_big_has_a_map_and_can_be_fitted(visit):
    page = visit("/runs")
    latest(page, pipeline="grouped")
    page.wait_for_selector("#minimap .view")
    page.click("text=Fit")
    page.wait_for_selector("#minimap", state="hidden")


def test_a_step_opens_beside_the_graph_and_back_closes_it(visit):
    page = visit("/runs")
    latest(page)
    page.click(".box[data-step=train]")
    page.wait_for_selector("h2:has-text('train')")
    assert page.url.endswith("/steps/train")
    page.go_back()
    page.wait_for_selector("#steps-table")
    assert page.locator(".box[aria-current]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_timeline_shows_what_decided_how_long_it_took(visit, scheme):
    page = visit("/runs", color_scheme=scheme)
    first_of_all(page)
    page.click("text=Timeline")
    page.wait_for_selector(".gantt")
    assert "train → check" in page.inner_text(".critical-way")
    assert page.locator(".lane.critical").count() >= 2
    assert faults_of(page) == []


def test_a_run_of_an_endpoint_is_run_again_with_the_same_values(visit):
    page = visit("/endpoints/live")
    page.fill("input[name=rows]", "3")
    page.click("text=Run it")
    page.wait_for_selector("#run-state >> text=completed")
    first = page.url
    page.click("button:has-text('Run again')")
    page.wait_for_url(lambda url: url != first)
    page.wait_for_selector("#run-state >> text=completed")
    assert "rows\n3" in page.inner_text(".values")
    page.click("text=Change and run")
    assert page.input_value("input[name=rows]") == "3"


def test_a_file_is_sent_from_the_form(visit):
    page = visit("/endpoints/sized")
    sent = {"name": "word.txt", "mimeType": "text/plain", "buffer": b"seven!!"}
    page.set_input_files("input[type=file]", files=[sent])
    page.click("text=Run it")
    page.wait_for_selector("#run-state >> text=completed")
    page.wait_for_selector("tr:has-text('size') >> td.result >> text=7")


def test_a_picture_that_a_step_made_is_seen_and_its_artifact_has_a_page(visit):
    page = visit("/runs")
    latest(page, pipeline="pictured")
    page.click(".box[data-step=paint]")
    wait_for_picture(page, "#panel .artifact img")
    page.click("#panel .artifact h4 a")
    page.wait_for_url("**/artifacts/*")
    wait_for_picture(page, "#preview img")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_of_a_run_has_a_fault_of_accessibility(visit, scheme):
    page = visit("/runs", color_scheme=scheme)
    latest(page, "failed")
    views = [
        "?view=metrics",
        "?view=details",
        "/steps/train?view=code",
        "/steps/train?view=log",
        "/steps/check?view=details",
    ]
    run = page.url
    for view in views:
        page.goto(f"{run}{view}")
        assert faults_of(page) == [], view
    latest(page, pipeline="grouped")
    page.goto(f"{page.url}?closed=market")
    assert faults_of(page) == []


def test_a_run_that_waits_for_its_turn_is_shown_and_goes_on_by_itself(visit):
    page = visit("/endpoints/live")
    headers = {"X-CSRF-Token": page.get_attribute("meta[name=csrf]", "content")}
    for rows in range(100, 104):
        body = {"parameters": {"epochs": 9, "pause": 0.1, "rows": rows}}
        answer = page.request.post("/api/v1/endpoints/live/runs", headers=headers, data=body)
    page.goto("/runs")
    page.click(".runs tr.waits:has-text('rows 103') .row-link")
    page.wait_for_selector("text=This page goes on by itself")
    assert faults_of(page) == []
    page.wait_for_selector("#run-state >> text=completed")
    assert page.url.endswith(answer.json()["id"])

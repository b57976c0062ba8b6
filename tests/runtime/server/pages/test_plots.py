"""Charts show what was logged, in scales that let it be read."""

from __future__ import annotations

import math

import pytest
from penstock.runtime.history import MetricRecord
from penstock.runtime.server.pages.plots import charts_of, compared_charts


def logged(*values, name="loss", start=0):
    return [MetricRecord("train", name, value, float(start + number), 0.0) for number, value in enumerate(values)]


def heights(curve):
    return [float(point.split(",")[1]) for point in curve.split(" ")]


def test_equal_ratios_are_equal_distances_on_a_logarithmic_scale():
    (chart,) = charts_of(logged(100.0, 10.0, 1.0), is_log=True)
    first, second, third = heights(chart.curves[0])
    assert second - first == pytest.approx(third - second, abs=0.2)
    assert [text for _, text in chart.ticks] == ["100", "10", "1"]


def test_the_table_and_the_last_value_are_as_they_were_logged():
    (chart,) = charts_of(logged(100.0, 10.0), is_log=True)
    assert (chart.rows, chart.last) == ((("0", "100"), ("1", "10")), "10")


@pytest.mark.parametrize("values", [(0.0, -1.0), (0.0, 0.0), (-5.0, 3.0), (math.nan, math.inf)])
def test_without_two_positive_values_there_is_no_logarithmic_curve(values):
    (chart,) = charts_of(logged(*values), is_log=True)
    assert chart.curves == ()


def test_what_is_not_positive_is_a_gap():
    (chart,) = charts_of(logged(1.0, 2.0, 0.0, 4.0, 8.0), is_log=True)
    assert len(chart.curves) == 2


def test_two_runs_share_the_axes_of_a_chart():
    (chart,) = compared_charts(logged(1.0, 2.0), logged(1.0, 4.0, 8.0))
    assert chart.bounds == (0.0, 2.0, 1.0, 8.0)
    assert heights(chart.curves[0])[0] == heights(chart.earlier[0])[0]


def test_a_metric_of_one_run_alone_is_not_compared():
    assert compared_charts(logged(1.0, 2.0), logged(1.0, 2.0, name="other")) == []


def test_numbers_of_any_size_can_be_drawn_on_a_logarithmic_scale():
    (chart,) = charts_of(logged(5e-324, 1.7e308), is_log=True)
    assert len(chart.curves) == 1

"""Read the table of wines."""

import pandas as pd


def read_table(path):
    """Return measurements and kinds; the first line says how many there are."""
    table = pd.read_csv(path, header=None, skiprows=1)
    return table.iloc[:, :-1], table.iloc[:, -1]


def describe(table):
    """Return the means; nothing calls this, so that a change here reruns nothing."""
    return table.mean()

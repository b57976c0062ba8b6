"""Run every line of the page about the client against a server."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "client.md"


def test_every_line_of_the_page_runs(serve, token, monkeypatch, tmp_path, capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL))
    monkeypatch.setenv("PENSTOCK_TOKEN", token("admin"))
    monkeypatch.chdir(tmp_path)
    exec(code.replace("http://localhost:8075", serve().url), {})
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("completed {'score': 0.6")
    assert {"train | epoch 1", "12.50"} <= set(said)
    assert (
        'fit was called with parameters that do not fit: lr expected a number, got "fast"; rate there is no'
        in "\n".join(said)
    )
    assert "pst_" not in "\n".join(said)

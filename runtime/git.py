"""Find out which commit of which repository a folder is at."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

FACTS = ("repository", "branch", "commit", "dirty")
"""What is found out. Each may be given as ``PENSTOCK_GIT_REPOSITORY`` and so on instead, where a build has no checkout."""

TIMEOUT = 2.0
"""Seconds for both questions to git; on a slow share a run goes without the answers."""


def git_facts(folder: Path, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return repository, branch, commit and dirty (``true`` or ``false``); without a repository, what was given.

    Files that git does not know count as changes: the commit alone would not bring them back.
    """
    variables = os.environ if environment is None else environment
    given = {name: variables[variable] for name in FACTS if variables.get(variable := f"PENSTOCK_GIT_{name.upper()}")}
    found = {} if len(given) == len(FACTS) else _ask(folder)
    known = {**found, **given}
    if "repository" in known:
        known["repository"] = without_credentials(known["repository"])
    return {name: known[name] for name in FACTS if name in known}


def without_credentials(url: str) -> str:
    """Return a repository's URL without user, password, query and fragment; the user of an SSH URL is kept."""
    if "://" not in url:
        return url  # a path, or git@host:path, which has no place for a password
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    user, _, host = parts.netloc.rpartition("@")
    keep = f"{user.partition(':')[0]}@" if user and parts.scheme.endswith("ssh") else ""
    return urlunsplit(parts._replace(netloc=keep + host, query="", fragment=""))


def _ask(folder: Path) -> dict[str, str]:
    if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return {}  # no repository: spare the two processes
    status, remotes = _answers(
        folder, ("status", "--porcelain=v2", "--branch"), ("config", "--get-regexp", r"^remote\..*\.url$")
    )
    return {**_repository(remotes), **_state(status)}


def _answers(folder: Path, *questions: tuple[str, ...]) -> list[str]:
    """Return what git answers to each question, empty where it fails. They are asked at the same time."""
    import subprocess
    import time

    # --no-optional-locks: do not disturb a git command of the user's that is running.
    try:
        processes = [
            subprocess.Popen(  # noqa: S603 -- no shell, own words
                ["git", "--no-optional-locks", "-C", str(folder), *question],  # noqa: S607 -- whichever git people use
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            for question in questions
        ]
    except OSError:
        return ["" for _ in questions]
    deadline = time.monotonic() + TIMEOUT
    return [_answer(process, deadline) for process in processes]


def _answer(process: object, deadline: float) -> str:
    import subprocess
    import time

    assert isinstance(process, subprocess.Popen)
    with process:
        try:
            output, _ = process.communicate(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            return ""
    return output.decode("utf-8", "replace") if process.returncode == 0 else ""


def _repository(remotes: str) -> dict[str, str]:
    """Return the URL of ``origin``, else of the first remote."""
    found = dict(line.split(" ", 1) for line in remotes.splitlines() if " " in line)
    url = found.get("remote.origin.url") or next(iter(found.values()), None)
    return {"repository": url} if url else {}


def _state(status: str) -> dict[str, str]:
    if not status:
        return {}
    headers = dict(re.findall(r"^# branch\.(oid|head) (.+)$", status, flags=re.MULTILINE))
    facts = {"dirty": "true" if re.search(r"^[^#]", status, flags=re.MULTILINE) else "false"}
    if headers.get("oid", "(initial)") != "(initial)":
        facts["commit"] = headers["oid"]
    if headers.get("head", "(detached)") != "(detached)":
        facts["branch"] = headers["head"]
    return facts

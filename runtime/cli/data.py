"""Move data between here and datastores: ``penstock data``."""

from __future__ import annotations

import re
from pathlib import Path

import click

from ...compilers.datapaths import DataPath, InvalidDataPath
from .. import amounts
from ..datastores import Datastores, Entry, Transferred, copy_files, place_of
from ..datastores.places import look
from ..workspace import Workspace
from .tables import Cell, print_json, print_table
from .workspaces import workspace_option

_IN_STORE = re.compile(r"([A-Za-z][A-Za-z0-9_-]+):(?!//)(.*)", re.DOTALL)

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_overwrite = click.option("--overwrite", is_flag=True, help="Replace files that have other contents.")


@click.group()
def command() -> None:
    """List, upload, download and copy data in datastores.

    A PLACE is written NAME:PATH in the datastore NAME (NAME: is all of it), as a URL, or as a path on this machine.
    Files that are there already with the same contents are skipped, so doing it again finishes what was broken off.
    """


@command.command()
@_json
@workspace_option
def stores(as_json: bool, workspace: Workspace) -> None:
    """List the datastores of the workspace."""
    found = workspace.datastores
    default = found.default.name
    if as_json:
        print_json(
            [{"name": store.name, "url": store.url, "default": store.name == default} for store in found.values()]
        )
        return
    rows: list[list[Cell]] = [
        [(store.name, "bold"), store.url, "default" if store.name == default else ""] for store in found.values()
    ]
    print_table(("DATASTORE", "WHERE", ""), rows)


@command.command("list")
@click.argument("place", required=False)
@_json
@workspace_option
def list_files(place: str | None, as_json: bool, workspace: Workspace) -> None:
    """List the files at PLACE; without it those of the default datastore."""
    at = _place(place, workspace.datastores)
    found = look(place_of(at, workspace.datastores)).entries
    if as_json:
        print_json([_document(entry) for entry in found])
    elif found:
        print_table(("PATH", "SIZE", "MODIFIED"), [_row(entry) for entry in found], right=["SIZE"], spare=["MODIFIED"])
    else:
        click.echo(f"there is nothing in {at}", err=True)


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.argument("target", metavar="NAME:PATH")
@_overwrite
@_json
@workspace_option
def upload(files: tuple[Path, ...], target: str, overwrite: bool, as_json: bool, workspace: Workspace) -> None:
    """Upload FILES, and folders with all that is in them, into a folder of a datastore, under their own names."""
    stores, done = workspace.datastores, Transferred(0, 0, 0)
    into = _place(target, stores)
    for file in files:
        source = file.absolute()
        done += copy_files(source, into / source.name, stores, overwrite=overwrite)
    _tell(done, "uploaded", str(into), as_json=as_json)


@command.command()
@click.argument("place", metavar="NAME:PATH")
@click.argument("target", type=click.Path(path_type=Path))
@_overwrite
@_json
@workspace_option
def download(place: str, target: Path, overwrite: bool, as_json: bool, workspace: Workspace) -> None:
    """Download a file or a folder into the folder TARGET, under its own name."""
    source = _place(place, workspace.datastores)
    done = copy_files(source, target / source.name, workspace.datastores, overwrite=overwrite)
    _tell(done, "downloaded", str(target / source.name), as_json=as_json)


@command.command()
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@_overwrite
@_json
@workspace_option
def copy(source: str, target: str, overwrite: bool, as_json: bool, workspace: Workspace) -> None:
    """Copy between any two places. A TARGET that ends with / is a folder to copy into; else it is the new name."""
    stores = workspace.datastores
    start, end = _place(source, stores), _place(target, stores)
    if target.endswith(("/", ":")):
        end = end / start.name
    done = copy_files(start, end, stores, overwrite=overwrite)
    _tell(done, "copied", str(end), as_json=as_json)


def _place(text: str | None, stores: Datastores) -> DataPath | Path:
    try:
        if not text:
            return stores.default.path()
        if match := _IN_STORE.fullmatch(text):
            return stores[match[1]].path(match[2])
        return DataPath.from_url(text) if "://" in text else Path(text)
    except InvalidDataPath as error:
        raise click.UsageError(str(error)) from None


def _row(entry: Entry) -> list[Cell]:
    size = "" if entry.size is None else amounts.size(entry.size)
    return [entry.path, size, "" if entry.modified is None else amounts.date_and_clock(entry.modified)]


def _document(entry: Entry) -> dict[str, object]:
    return {
        "path": entry.path,
        "size": entry.size,
        "modified": entry.modified,
        "etag": entry.etag,
        "checksum": entry.checksum,
    }


def _tell(done: Transferred, verb: str, where: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"copied": done.copied, "skipped": done.skipped, "bytes": done.size, "target": where})
        return
    skipped = f"; {amounts.counted(done.skipped, 'file')} there already" if done.skipped else ""
    click.echo(f"{verb} {amounts.counted(done.copied, 'file')}, {amounts.size(done.size)}, to {where}{skipped}")

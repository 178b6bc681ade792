"""``verifier keys``: the data key that seals ID numbers, phones, embeddings and secrets, and how a new one comes in."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table

from verifier.cli_accounts import local_actor, open_records
from verifier.cli_options import AsJson, Workspace, load_settings, print_json

keys_app = typer.Typer(no_args_is_help=True, help="The data key: bring in a new one, and say when an old one may go.")


@keys_app.command("new")
def keys_new(workspace: Workspace = None) -> None:
    """Put a new key before those of the workspace's key file. Restart what runs, then `verifier keys reseal`."""
    from verifier.records.database import find_key_file
    from verifier.records.vault import KEY_BYTES, load_key_file, save_key_file

    settings = load_settings(workspace)
    if settings.data_key is not None:
        print(
            "verifier: the key comes from VERIFIER_DATA_KEY: make a new one there (head -c 32 /dev/urandom | base64), put the"
            " old one into VERIFIER_FORMER_DATA_KEYS, restart everything, and call `verifier keys reseal`.",
            file=sys.stderr,
        )
        raise typer.Exit(1)
    file = find_key_file(settings.database)
    save_key_file(file, [os.urandom(KEY_BYTES), *load_key_file(file)])
    print(f"{file} has a new key. Restart what runs, then: verifier keys reseal")


@keys_app.command("reseal")
def keys_reseal(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Seal everything with the newest key. May be stopped and killed at any moment and called again; others may work beside it."""
    from verifier.records.resealing import reseal

    def tell(done: int) -> None:
        print(f"\r{done} values sealed anew", end="", file=sys.stderr, flush=True)

    with open_records(workspace) as (database, _):
        done = reseal(database, local_actor(), tell)
    print(file=sys.stderr)
    if as_json:
        print_json({"values": done})
    else:
        print(f"{done} values sealed anew; `verifier keys status` says which keys may go")


@keys_app.command("status")
def keys_status(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Which keys there are, what each still seals, and which are needed no more. Exit status 1 where one is missing."""
    from verifier.records.resealing import read_key_standings

    with open_records(workspace) as (database, _):
        standings = read_key_standings(database)
    if as_json:
        print_json({"keys": [asdict(each) for each in standings]})
    else:
        table = Table("key", "values", "state")
        for each in standings:
            state = "seals" if each.current else "needed" if each.needed else "no longer needed"
            table.add_row(each.key_id, str(each.values), state if each.at_hand else "MISSING")
        Console().print(table)
    if any(each.values and not each.at_hand for each in standings):
        raise typer.Exit(1)


@keys_app.command("drop")
def keys_drop(workspace: Workspace = None) -> None:
    """Take the keys that are no longer needed out of the workspace's key file. Back-ups from before need them still."""
    from verifier.records.database import find_key_file
    from verifier.records.resealing import read_key_standings
    from verifier.records.vault import Vault, load_key_file, save_key_file

    with open_records(workspace) as (database, settings):
        if settings.data_key is not None:
            print("verifier: the keys come from the settings: take them out there", file=sys.stderr)
            raise typer.Exit(1)
        needed = {each.key_id for each in read_key_standings(database) if each.needed}
        file = find_key_file(settings.database)
        keys = load_key_file(file)
        kept = [key for key in keys if Vault(key).key_id in needed]
        save_key_file(file, kept)
    print(f"{len(keys) - len(kept)} taken out, {len(kept)} left")

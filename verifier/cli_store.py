"""``verifier store``: the evidence's own care."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from verifier.cli_accounts import local_actor, open_records
from verifier.cli_options import AsJson, Workspace, load_settings, print_json

store_app = typer.Typer(no_args_is_help=True, help="The evidence store: bytes without a record, and damage.")


@store_app.command("sweep")
def store_sweep(
    grace_hours: Annotated[
        float, typer.Option(min=1, help="Bytes younger than this may belong to a request that runs.")
    ] = 24.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Remove bytes that no record names: of requests that failed after they were stored. What a record names is never touched."""
    from verifier.looking import open_evidence
    from verifier.storing import sweep_store

    with open_records(workspace) as (database, settings):
        grace = timedelta(hours=grace_hours)
        swept = sweep_store(database, open_evidence(settings), local_actor(), grace, dry_run=dry_run)
    if as_json:
        print_json(asdict(swept) | {"removed": list(swept.removed), "dry_run": dry_run})
        return
    done = "would be removed" if dry_run else "removed"
    print(f"{swept.named} named, {swept.young} young, {len(swept.removed)} {done}, {swept.leftovers} leftovers removed")


@store_app.command("check")
def store_check(
    mb_per_s: Annotated[float | None, typer.Option(min=0.001, help="Read no faster than this.")] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew, also where a check was stopped.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Read and hash all evidence again, and find what is missing. A stopped check goes on where it was. Exit status 1 on damage."""
    from verifier.looking import open_evidence
    from verifier.storing import check_store, find_check_file

    with open_records(workspace) as (database, settings):
        found = check_store(
            database, open_evidence(settings), find_check_file(settings.workspace), mb_per_s=mb_per_s, restart=restart
        )
    if as_json:
        print_json(asdict(found))
    else:
        for sha256, problem in found.problems.items():
            print(f"{sha256}  {problem}")
        print(f"{found.checked} checked, {len(found.problems)} damaged or missing")
    if found.problems:
        raise typer.Exit(1)


@store_app.command("copy")
def store_copy(
    to: Annotated[str | None, typer.Option("--to", metavar="DIR", help="Copy the store's evidence there.")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="DIR", help="Copy evidence from there.")] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Copy evidence to or from a folder (a back-up): only what is not there yet, each piece hashed. Exit status 1 on damage."""
    from verifier.evidence import open_store
    from verifier.looking import open_evidence
    from verifier.storing import copy_store

    if (to is None) == (from_ is None):
        raise typer.BadParameter("give --to or --from")
    own, other = open_evidence(load_settings(workspace)), open_store(to or from_ or "")
    copied = copy_store(own, other) if to is not None else copy_store(other, own)
    if as_json:
        print_json(asdict(copied))
    else:
        for sha256, problem in copied.problems.items():
            print(f"{sha256}  {problem}")
        print(f"{copied.copied} copied, {copied.there} there already, {len(copied.problems)} damaged")
    if copied.problems:
        raise typer.Exit(1)


@store_app.command("protection")
def store_protection(workspace: Workspace = None) -> None:
    """Whether the bucket keeps versions and locks evidence for as long as the regulation has it kept. Exit status 1 where not."""
    from datetime import date

    from verifier.looking import open_evidence
    from verifier.regulation.policy import load_policy
    from verifier.storing import days_to_keep, find_store_gaps

    settings = load_settings(workspace)
    gaps = find_store_gaps(open_evidence(settings), days_to_keep(load_policy(settings.policy), date.today()))
    for gap in gaps:
        print(gap)
    if gaps:
        raise typer.Exit(1)
    print("the store guards what it keeps")

"""``verifier user``, ``verifier client`` and ``verifier audit``: who may come in, and what was done."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from verifier.cli_options import AsJson, Workspace, load_settings, parse_day, print_json
from verifier.settings import Settings

user_app = typer.Typer(no_args_is_help=True, help="People who log in: inspectors, chiefs, auditors, agencies, admins.")
client_app = typer.Typer(no_args_is_help=True, help="Programs that call the API, and their keys.")
audit_app = typer.Typer(no_args_is_help=True, help="The audit: who did or looked at what.")

Login = Annotated[str, typer.Argument(help="A short name without spaces, as `li`.")]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password's one line from stdin.")]
Agency = Annotated[
    str | None, typer.Option("--agency", metavar="CODE", help="The agency's unified social credit code.")
]
Name = Annotated[str, typer.Argument(help="The client's name.")]
Expires = Annotated[
    date | None,
    typer.Option("--expires", parser=parse_day, metavar="YYYY-MM-DD", help="First day it no longer opens."),
]


def local_actor() -> str:
    """Who works on this machine's command line, as the audit names it."""
    return f"local:{getpass.getuser()}"


@contextmanager
def open_records(workspace: Path | None) -> Iterator[tuple[Any, Settings]]:
    """The records and the settings; what is refused ends the command with its sentence."""
    from verifier.records.database import open_database
    from verifier.records.office import RefusedError

    settings = load_settings(workspace)
    database = open_database(settings.database, settings.data_key_bytes(), settings.limits_of("job"))
    try:
        yield database, settings
    except RefusedError as error:
        print(f"verifier: {error.sentence}", file=sys.stderr)
        raise typer.Exit(1) from error
    finally:
        database.close()


def _ask_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("password", hide_input=True, confirmation_prompt=True))


@user_app.command("add")
def user_add(
    login: Login,
    name: Annotated[str, typer.Argument(help="The full name.")],
    role: Annotated[str, typer.Option(help="inspector, chief, auditor, agency or admin.")] = "inspector",
    agency: Agency = None,
    password_stdin: Stdin = False,
    workspace: Workspace = None,
) -> None:
    """Make an account and ask for its password. There is no default account and no default password."""
    from verifier.accounts import add_user

    with open_records(workspace) as (database, _):
        add_user(
            database, login, name, role, _ask_password(password_stdin), by=local_actor(), agency_code=agency
        )  # fmt: skip
    print(f"{login.strip().lower()}  {name}  {role}")


@user_app.command("list")
def user_list(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """All accounts; never a password."""
    from verifier.records.users import read_users

    with open_records(workspace) as (database, _), database.reading() as tx:
        users = [plain_values(asdict(each)) for each in read_users(tx)]
    if as_json:
        print_json({"users": users})
        return
    table = Table("login", "name", "role", "agency", "state")
    for each in users:
        state = "disabled" if each["disabled_at"] else "no password" if not each["has_password"] else "open"
        table.add_row(each["login"], each["name"], each["role"], each["agency_code"] or "", state)
    Console().print(table)


@user_app.command("password")
def user_password(login: Login, password_stdin: Stdin = False, workspace: Workspace = None) -> None:
    """Set a new password; the account is unlocked, and all its logins end."""
    from verifier.accounts import set_password

    with open_records(workspace) as (database, _):
        set_password(database, login, _ask_password(password_stdin), by=local_actor())


@user_app.command("disable")
def user_disable(
    login: Login,
    undo: Annotated[bool, typer.Option("--undo", help="Open it again.")] = False,
    workspace: Workspace = None,
) -> None:
    """Close an account; its logins end at once."""
    from verifier.accounts import set_disabled

    with open_records(workspace) as (database, _):
        set_disabled(database, login, not undo, by=local_actor())


@client_app.command("add")
def client_add(
    name: Name,
    scope: Annotated[list[str], typer.Option("--scope", help="read, evidence, filing, decisions or admin.")],
    agency: Agency = None,
    expires: Expires = None,
    network: Annotated[list[str] | None, typer.Option("--network", help="Only from there, as 10.1.0.0/16.")] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Make a client and print its key. The key is shown this once."""
    from verifier.accounts import issue_key

    with open_records(workspace) as (database, settings):
        client, key = issue_key(
            database, name, scope, by=local_actor(), agency_code=agency, expires_at=_start_of(expires, settings),
            networks=network or (),
        )  # fmt: skip
    _show_key(client, key, as_json)


@client_app.command("rotate")
def client_rotate(
    name: Name,
    overlap_hours: Annotated[float, typer.Option(min=0, help="How long the former key still opens.")] = 24.0,
    expires: Expires = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Give a client a new key; the former one still opens for a while."""
    from verifier.accounts import rotate_key

    with open_records(workspace) as (database, settings):
        client, key = rotate_key(
            database, name, timedelta(hours=overlap_hours), by=local_actor(), expires_at=_start_of(expires, settings)
        )
    _show_key(client, key, as_json)


@client_app.command("revoke")
def client_revoke(name: Name, workspace: Workspace = None) -> None:
    """End all keys of a client at once."""
    from verifier.accounts import revoke_keys

    with open_records(workspace) as (database, _):
        print(revoke_keys(database, name, by=local_actor()))


@client_app.command("list")
def client_list(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """All keys ever given, without their secrets."""
    from verifier.records.clients import read_clients
    from verifier.records.tables.base import utc_now

    with open_records(workspace) as (database, _), database.reading() as tx:
        keys = read_clients(tx)
    if as_json:
        print_json({"keys": [plain_values(asdict(each)) | {"valid": each.is_valid(utc_now())} for each in keys]})
        return
    table = Table("name", "prefix", "scopes", "agency", "networks", "valid")
    for each in keys:
        valid = "yes" if each.is_valid(utc_now()) else "no"
        row = (each.name, each.prefix, " ".join(each.scopes), each.agency_code or "", " ".join(each.networks), valid)
        table.add_row(*row)
    Console().print(table)


@audit_app.command("verify")
def audit_verify(
    anchor: Annotated[
        str | None, typer.Option(help="What an earlier check printed as its anchor: that entry must still stand.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Find any edit, deletion, reordering or truncation of the audit, offline. Exit status 1 where there is any.

    Note the anchor where nobody of this machine can change it: only it finds a database put back to an older copy.
    """
    from verifier.records.audit import verify_audit

    with open_records(workspace) as (database, _), database.reading() as tx:
        try:
            found = verify_audit(tx, anchor)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    if as_json:
        print_json(asdict(found) | {"faults": [asdict(fault) for fault in found.faults], "sound": found.sound})
    else:
        for fault in found.faults:
            print(f"{fault.kind}: {fault.message}")
        print(f"{found.entries} entries, {'sound' if found.sound else 'NOT SOUND'}; anchor {found.anchor}")
    if not found.sound:
        raise typer.Exit(1)


def _show_key(client: Any, key: str, as_json: bool) -> None:
    if as_json:
        print_json(plain_values(asdict(client)) | {"key": key})
    else:
        print(key)
        print("This key is shown once and not kept. Use it as: Authorization: Bearer KEY", file=sys.stderr)


def _start_of(day: date | None, settings: Settings) -> datetime | None:
    return datetime.combine(day, time(), settings.zone) if day is not None else None


def plain_values(values: dict[str, Any]) -> dict[str, Any]:
    """A record's values as JSON has them."""
    return {
        name: value if value is None or isinstance(value, str | int | bool | list | tuple) else str(value)
        for name, value in values.items()
    }

"""``verifier supervise …``: who the office's people are and what they declared."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from verifier.cli_options import AsJson, Workspace, parse_day
from verifier.cli_supervision.shared import (
    make_option,
    open_the_office,
    show,
    supervision_app,
)


@supervision_app.command()
def person(
    login: Annotated[str, typer.Argument(help="A short name without spaces, as `li`.")],
    name: Annotated[str, typer.Argument(help="The full name, as it stands under documents.")],
    role: Annotated[str, typer.Option(help="inspector, chief or admin.")] = "inspector",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Register somebody of the office, so that records can name who did what. The account has no password: it opens no page."""
    from verifier.records.office import save_person

    with open_the_office(workspace) as (office, _), office.database.transaction() as tx:
        save_person(tx, login, name, role)
    show({"login": login.lower(), "name": name, "role": role}, as_json, f"{login.lower()}  {name}  {role}")


@supervision_app.command()
def interest(
    login: Annotated[str, typer.Argument(help="The inspector.")],
    agency: Annotated[str, typer.Argument(help="The agency's unified social credit code.")],
    since: Annotated[date, make_option("--from", parse_day, "YYYY-MM-DD", "First day.")],
    until: Annotated[date | None, make_option("--to", parse_day, "YYYY-MM-DD", "Last day. [default: it lasts]")] = None,
    note: Annotated[str, typer.Option(help="What the interest is.")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Declare an inspector's interest in an agency (Art. 14(4)): while it lasts, `inspect` refuses them there."""
    from verifier.records.office import save_interest

    with open_the_office(workspace) as (office, _), office.database.transaction() as tx:
        found = save_interest(tx, login, agency, since, until, note)
    show({"id": str(found)}, as_json, f"{login}: {agency} {since} – {until or '…'}")

"""``verifier webhooks``: what programs are told of, by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from verifier.cli_accounts import local_actor, open_records, plain_values
from verifier.cli_options import AsJson, Workspace, print_json

webhooks_app = typer.Typer(
    no_args_is_help=True, help="Webhooks: what programs are told of, and what could not be told."
)
State = Annotated[str | None, typer.Option("--state", help="Only queued, delivered or dead ones.")]


@webhooks_app.command("deliver")
def webhooks_deliver(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Send what is due, until nothing is. The server does the same by itself; this is for cron where no server runs."""
    from verifier.delivering import deliver_due

    sent = failed = 0
    with open_records(workspace) as (database, settings):
        # Each failed one waits at least half a minute, so this ends.
        while (done := deliver_due(database, settings)).attempts:
            sent, failed = sent + done.sent, failed + done.failed
    if as_json:
        print_json({"sent": sent, "failed": failed})
    else:
        print(f"{sent} sent, {failed} failed")


@webhooks_app.command("list")
def webhooks_list(state: State = None, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Subscriptions, and their deliveries."""
    from verifier.records.outbox import read_deliveries
    from verifier.records.tables.webhook import DELIVERY_STATES
    from verifier.records.webhooks import read_webhooks

    if state is not None and state not in DELIVERY_STATES:
        raise typer.BadParameter(f"--state {state} is none of {', '.join(DELIVERY_STATES)}")
    with open_records(workspace) as (database, _), database.reading() as tx:
        hooks, deliveries = read_webhooks(tx), read_deliveries(tx, state=state)
    if as_json:
        told = {"webhooks": [plain_values(asdict(each)) for each in hooks]}
        print_json(told | {"deliveries": [plain_values(asdict(each)) for each in deliveries]})
        return
    table = Table("client", "name", "url", "events")
    for hook in hooks:
        table.add_row(hook.owner, hook.name, hook.url, " ".join(hook.events))
    Console().print(table)
    table = Table("delivery", "client", "event", "class", "state", "attempt", "last error")
    for each in deliveries:
        row = (str(each.id), each.owner, each.kind, each.class_number, each.state, str(each.attempt), each.error or "")
        table.add_row(*row)
    Console().print(table)


@webhooks_app.command("replay")
def webhooks_replay(
    delivery: Annotated[str | None, typer.Argument(help="The delivery's id, of `verifier webhooks list`.")] = None,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="Every delivery that was given up.")] = False,
    workspace: Workspace = None,
) -> None:
    """Queue deliveries again that were given up, under their own ids."""
    from verifier.records.audit import write_audit
    from verifier.records.outbox import read_deliveries, replay_delivery
    from verifier.records.webhooks import read_webhooks

    if (delivery is None) != all_dead:
        raise typer.BadParameter("give a delivery's id, or --all-dead")
    with open_records(workspace) as (database, _), database.transaction() as tx:
        standing = {(each.owner, each.name) for each in read_webhooks(tx)}
        dead = [each.id for each in read_deliveries(tx, state="dead") if (each.owner, each.webhook) in standing]
        for each in dead if delivery is None else [_parse_id(delivery)]:
            replayed = replay_delivery(tx, each)
            write_audit(tx, actor=local_actor(), action="webhook.replay", subject=("webhook_delivery", each))
            print(f"{replayed.id}  {replayed.state}")


def _parse_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no delivery's id") from error

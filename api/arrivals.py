"""What has come in is looked at soon: its job is queued with it, where workers do the jobs."""

from __future__ import annotations

from sqlalchemy.orm import Session as Tx

from api.state import AppState


def queue_arrival(tx: Tx, state: AppState, sha256: str) -> None:
    """Queue the look at a picture that was just handed in, before the night's. Without a broker it waits for the night."""
    if state.settings.broker_url is None:
        return
    # Here, as the server of one machine never needs what the workers' jobs load.
    from verifier.job_kinds import name_look_jobs
    from verifier.records.job_queue import add_jobs
    from verifier.records.jobs import ON_DEMAND

    add_jobs(tx, name_look_jobs(state.settings, state.looks_key, [sha256]), priority=ON_DEMAND)

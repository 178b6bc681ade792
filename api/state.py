"""What the whole application shares: settings, the records and the store, opened when first asked for."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from fastapi import Request

from api.known_keys import KnownKeys
from api.limits import open_limiter
from verifier.evidence import EvidenceStore
from verifier.looking import look_versions, open_evidence, versions_key
from verifier.records.database import Database, open_database
from verifier.regulation.policy import Policy, load_policy
from verifier.settings import Settings


class AppState:
    """One for each application; see `get_state`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.limiter = open_limiter(settings)
        self.keys = KnownKeys()

    @cached_property
    def database(self) -> Database:
        """The records."""
        return open_database(self.settings.database, self.settings.data_key_bytes(), self.settings.limits_of("page"))

    @property
    def is_open(self) -> bool:
        """Whether the records were opened already, which may take seconds."""
        return "database" in self.__dict__

    @cached_property
    def store(self) -> EvidenceStore:
        """The evidence."""
        return open_evidence(self.settings)

    @cached_property
    def policy(self) -> Policy:
        """The regulation in force."""
        return load_policy(self.settings.policy)

    @cached_property
    def looks_key(self) -> str:
        """The versions by which pictures are looked at, as the records name them."""
        return versions_key(look_versions(self.settings)[0])

    def now(self) -> datetime:
        """The present moment, with an offset."""
        return datetime.now(self.settings.zone)

    def close(self) -> None:
        """Give connections back, where any were opened."""
        if self.is_open:
            self.database.close()


async def share_state(request: Request) -> AppState:
    """A dependency: the application's state. No thread is asked for it, as for a plain function."""
    return get_state(request)


def get_state(request: Request) -> AppState:
    """The application's state."""
    state: AppState = request.app.state.shared
    return state

"""Who may do what: scopes, the roles of people, and the caller that a request or a page comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

# What a client may be given. `audit` is for people (auditor, chief, admin) and for clients with `admin`.
CLIENT_SCOPES = ("read", "evidence", "filing", "decisions", "admin")
SCOPES = (*CLIENT_SCOPES, "audit")

ROLE_SCOPES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "inspector": frozenset({"read", "evidence", "filing", "decisions"}),
        "chief": frozenset({"read", "evidence", "filing", "decisions", "audit"}),
        "auditor": frozenset({"read", "audit"}),  # reads all, changes nothing
        "agency": frozenset({"read", "evidence", "filing"}),  # of its own classes
        "admin": frozenset({"read", "admin", "audit"}),  # runs the system, decides nothing
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        actor: As the audit names it: ``user:<login>`` or ``client:<name>``.
        name: For people to read.
        role: A person's role; ``client`` for a program.
        scopes: What is allowed at all.
        agency_code: The only agency whose classes exist for this caller; None for the office.
        user_id: The person's account; None for a program and in the demo.
        csrf: What a form of this login must carry; empty for a program.
    """

    actor: str
    name: str
    role: str
    scopes: frozenset[str]
    agency_code: str | None = None
    user_id: UUID | None = None
    csrf: str = ""

    @property
    def is_office(self) -> bool:
        """Whether this is the supervising office, not an agency."""
        return self.agency_code is None

    @property
    def login(self) -> str:
        """The person's login, for use cases that ask who did it."""
        return self.actor.partition(":")[2]

    def may(self, scope: str) -> bool:
        """Whether the caller holds a scope."""
        return scope in self.scopes


# Where the setting `login` is ``off``: this machine's own demo. It looks around and changes nothing.
DEMO = Caller("user:demo", "demo", "demo", frozenset({"read"}))

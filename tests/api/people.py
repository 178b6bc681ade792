"""Real records with two agencies' classes, an account of every role and keys of programs, behind the real application."""

from __future__ import annotations

import itertools
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.server import create_app
from api.state import AppState
from tests.api.described import check_answer
from tests.builders.plan import a_class_file, a_submission, a_training_class
from verifier.accounts import add_user, issue_key
from verifier.plan import Agency
from verifier.records.filing import save_class_file
from verifier.settings import Settings

OWN, OTHER = "YY-2023-0071", "YY-2023-0088"
OWN_AGENCY, OTHER_AGENCY = "52430900MJJ000001X", "52430900MJJ000002X"
PASSWORD = "a long enough one"
ROLES = ("inspector", "chief", "auditor", "agency", "admin")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class House:
    """The application with everybody who may knock."""

    app: Any
    state: AppState
    keys: dict[str, str]

    def client(self, name: str | None = None) -> TestClient:
        """A program with its key: ``office`` or ``own`` or ``other`` or ``reader`` …; nobody without a name."""
        headers = {"Authorization": f"Bearer {self.keys[name]}"} if name else {}
        client = TestClient(
            self.app, base_url="http://127.0.0.1", headers=headers, raise_server_exceptions=False,
            follow_redirects=False,
        )  # fmt: skip
        # Whatever any test asks for: what it is answered stands in the description.
        client.event_hooks = {"response": [lambda response: check_answer(self.app, response)]}
        return client

    def person(self, role: str) -> TestClient:
        """Somebody of that role, logged in through the page, whose writes carry the token their pages hold."""
        client = self.client()
        answer = client.post("/login", data={"login": role, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        page = client.get("/").text
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found is not None
        client.headers["X-CSRF-Token"] = found[1]
        return client


def a_key() -> dict[str, str]:
    """Headers with an Idempotency-Key of its own."""
    return {"Idempotency-Key": f"test-key-{next(_numbers):06d}"}


def a_house(folder: Path, **settings: Any) -> House:
    """The application over fresh records: class OWN of OWN_AGENCY with a photo, class OTHER of OTHER_AGENCY with one."""
    app = create_app(Settings(workspace=folder, workers=1, **settings))
    state: AppState = app.state.shared
    with state.database.transaction() as tx:
        for number, code in ((OWN, OWN_AGENCY), (OTHER, OTHER_AGENCY)):
            training = replace(a_training_class(number), agency=Agency(f"机构{code[-2]}", code))
            save_class_file(tx, a_class_file(training, submissions=[a_submission(f"photos/{number}.jpg")]))
    for role in ROLES:
        add_user(
            state.database, role, f"{role}某", role, PASSWORD, by="local:test",
            agency_code=OWN_AGENCY if role == "agency" else None,
        )  # fmt: skip
    add_user(state.database, "other_agency", "他机构某", "agency", PASSWORD, by="local:test", agency_code=OTHER_AGENCY)
    clients = {
        "office": (["read", "evidence", "filing", "decisions", "admin"], None),
        "own": (["read", "evidence", "filing"], OWN_AGENCY),
        "other": (["read", "evidence", "filing"], OTHER_AGENCY),
        "filer": (["read", "evidence", "filing"], None),
        "reader": (["read"], None),
        "writer": (["evidence"], None),
    }
    keys = {
        name: issue_key(state.database, name, scopes, by="local:test", agency_code=agency)[1]
        for name, (scopes, agency) in clients.items()
    }
    return House(app, state, keys)


def copy_house(made: House, folder: Path, **changes: Any) -> House:
    """The same records once more, for a test to change: hashing everybody's password costs seconds."""
    settings = made.state.settings
    shutil.copytree(settings.workspace, folder)
    app = create_app(settings.model_copy(update={"workspace": folder, **changes}))
    return House(app, app.state.shared, made.keys)

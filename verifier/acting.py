"""In whose name something of the office is done: a person's own, or, by a program, that of the person it names."""

from __future__ import annotations

from sqlalchemy.orm import Session as Tx

from verifier.access import ROLE_SCOPES, Caller
from verifier.language import say
from verifier.records.audit import write_audit
from verifier.records.office import RefusedError, find_person

SCOPE = "decisions"


def find_actor(tx: Tx, caller: Caller, by: str | None, action: str) -> str:
    """The login that a decision or record of the office is written down under.

    People act for themselves alone. The city's filing system, where they log in elsewhere, says whose decision it passes on:
    the audit then holds the program beside the person.

    Args:
        by: The login that was named; None: the caller.
        action: What is done, as the audit names it.
    Raises:
        RefusedError: a person named somebody else, a program nobody, or somebody who may decide nothing.
    """
    if caller.user_id is not None:
        if by is not None and by.strip().lower() != caller.login:
            raise RefusedError(say("您以{login}登录，不能以{by}的名义办理。", login=caller.login, by=by))
        return find_person(tx, caller.login).login
    if by is None:
        raise RefusedError(say("程序提交的监管事项须写明办理人（by）。"))
    person = find_person(tx, by)
    if SCOPE not in ROLE_SCOPES[person.role]:
        raise RefusedError(say("账号{login}（{role}）无权办理监管事项。", login=person.login, role=person.role))
    write_audit(tx, actor=caller.actor, action="client.act_for", subject=("user", person.login), after={"does": action})
    return person.login

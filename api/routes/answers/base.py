"""What all answers share."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")
Outcome = Literal["passed", "failed", "unsure", "not_applicable", "not_run"]
MatterState = Literal["proposed", "needs_check", "confirmed", "dismissed", "lapsed"]
# As written: with the offset of the class's zone, or without where nobody knows it.
Time = Annotated[str, Field(examples=["2023-06-12T09:12:00+08:00"])]
Digest = Annotated[str, Field(description="SHA-256, hexadecimal.")]
ClassField = Annotated[str, Field(alias="class", examples=["YY-2023-0071"])]


class Out(BaseModel):
    """Every answer."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)


class Page(Out, Generic[T]):
    """One page of a list; `next` is the cursor of the one after, null at the end."""

    items: list[T]
    next: str | None


class Items(Out, Generic[T]):
    """A list that is answered whole."""

    items: list[T]


class InBothOut(Out):
    """A sentence for people, in both languages."""

    zh: str
    en: str


class WrittenOut(Out):
    """What was written down."""

    id: str

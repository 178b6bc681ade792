"""``verifier faces``: who is this, where else was this student seen, who are the strangers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from verifier.cli_options import AsJson, Workspace, load_settings, parse_day, print_json
from verifier.language import Sentence, say

faces_app = typer.Typer(no_args_is_help=True, help="Search faces across all classes.")


@faces_app.command("search")
def search(
    photo: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A picture with one face or many.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Who is this? Among everybody enrolled and every retained stranger, within the declared error budget.

    "Nobody" and "cannot tell" are answers. The picture is not kept.
    """
    from verifier.nightly import open_tools
    from verifier.searching import search_photo

    settings = load_settings(workspace)
    answer = search_photo(photo, settings, open_tools(settings))
    if as_json:
        print_json(answer)
        return
    for place, face in enumerate(answer["faces"], 1):
        print(f"{place}. {face['box_xywh']} {describe_face(face)}")
    if not answer["faces"]:
        print(say("{file}里没有找到人脸。", file=answer["file"]))


@faces_app.command("strangers")
def strangers(
    since: Annotated[
        date | None,
        typer.Option("--since", parser=parse_day, metavar="YYYY-MM-DD", help="Only sessions of this day and later."),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Everybody whom nobody could name, once each with all sightings."""
    from verifier.nightly import open_tools
    from verifier.searching import list_strangers

    settings = load_settings(workspace)
    answer = list_strangers(settings, open_tools(settings), since)
    if as_json:
        print_json(answer)
        return
    table = Table("sessions", "classes", "first seen", "last seen", "photo")
    for person in answer["strangers"]:
        first, last = person["sightings"][0], person["sightings"][-1]
        table.add_row(
            str(person["sessions"]), ", ".join(person["classes"]), first["starts_at"], last["starts_at"], last["file"]
        )
    Console().print(table)


@faces_app.command("sightings")
def sightings(
    class_number: Annotated[str, typer.Argument(metavar="CLASS", help="The class's number, e.g. YY-2023-0071.")],
    student_no: Annotated[str, typer.Argument(metavar="STUDENT_NO")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Where else was this student seen as a stranger? The oldest sighting first."""
    from verifier.nightly import open_tools
    from verifier.searching import find_sightings

    settings = load_settings(workspace)
    answer = find_sightings(class_number, student_no, settings, open_tools(settings))
    if as_json:
        print_json(answer)
        return
    table = Table("state", "probability", "similarity", "class", "session", "photo")
    for each in answer["sightings"]:
        table.add_row(
            each["state"],
            f"{each['probability']:.1%}",
            f"{each['similarity']:.2f}",
            each["class"],
            each["session"],
            each["file"],
        )
    Console().print(table)


def describe_face(face: dict[str, Any]) -> Sentence:
    """One face's answer as a sentence."""
    if face["state"] == "unreadable":
        return say("看不清，不做比对（{because}）。", because=face["unreadable_because"])
    known, seen = face["enrolled"], face["seen_before"]
    sentences = [_describe_known(known)]
    if seen["state"] == "found":
        first, likely = seen["sightings"][0], seen["likenesses"][0]
        sentences.append(
            say("与班次{training}课次{session}照片{file}里的陌生人相同（相似度{similarity:.2f}，可能性{probability:.1%}）。",
                training=first["class"], session=first["session"], file=first["file"], similarity=likely["similarity"],
                probability=likely["probability"])
        )  # fmt: skip
    return Sentence("{sentences}", {"sentences": sentences})


def _describe_known(known: dict[str, Any]) -> Sentence:
    first = known["likenesses"][0] if known["likenesses"] else None
    if known["state"] == "nobody" or first is None:
        return say("不是已登记的{compared}人中的任何一位（是其中一位的可能性{probability:.1%}）。",
                   compared=known["compared"], probability=known["probability"])  # fmt: skip
    if known["state"] == "found":
        return say("是{who}（相似度{similarity:.2f}，门限{limit:.2f}；比对{compared}人，可能性{probability:.1%}）。",
                   who=first["who"], similarity=first["similarity"], limit=known["limit"], compared=known["compared"],
                   probability=first["probability"])  # fmt: skip
    return say("无法判断：最像{who}（相似度{similarity:.2f}，门限{limit:.2f}；比对{compared}人，可能性{probability:.1%}）。",
               who=first["who"], similarity=first["similarity"], limit=known["limit"], compared=known["compared"],
               probability=first["probability"])  # fmt: skip

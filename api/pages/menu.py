"""The main menu: what each visitor finds in it. A place that is not theirs is not offered; the routes refuse it anyway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verifier.access import Caller


def _office(caller: Caller) -> bool:
    return caller.is_office


def _auditor(caller: Caller) -> bool:
    return caller.is_office and caller.may("audit")


def _anybody(_: Caller) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry: its address, its Chinese label, and who is offered it."""

    address: str
    label: str
    offered: Callable[[Caller], bool] = _anybody


MENU = (
    MenuItem("/", "今天"),
    MenuItem("/review", "审核", _office),
    MenuItem("/cases", "案件"),
    MenuItem("/violations", "违规"),
    MenuItem("/notices", "通知书"),
    MenuItem("/appeals", "答复"),
    MenuItem("/sanctions", "处理决定", _office),
    MenuItem("/classes", "班次"),
    MenuItem("/enrolment", "备案照片"),
    MenuItem("/agencies", "机构"),
    MenuItem("/cameras", "摄像头", _office),
    MenuItem("/admin", "管理", _auditor),
)


def list_menu(caller: Caller | None) -> list[MenuItem]:
    """The entries for a visitor; none for nobody."""
    return [each for each in MENU if caller is not None and each.offered(caller)]


def is_here(item: MenuItem, path: str) -> bool:
    """Whether a page belongs to that entry."""
    return path == item.address or (item.address != "/" and path.startswith(item.address + "/"))

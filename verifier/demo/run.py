"""The demo: make the class, run the night, compare what was found with what was planted."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from verifier.annotated import annotated_photo
from verifier.demo.make_class import Plant, expected_failures, make_demo_class
from verifier.intake import import_class_folder
from verifier.language import translate
from verifier.nightly import Night, run_night
from verifier.records.database import open_database
from verifier.report.terminal import show_night
from verifier.settings import Settings


class DemoImportError(RuntimeError):
    """The demo's own class folder was not accepted: a fault of ours."""


def run_demo(settings: Settings, console: Console) -> bool:
    """Make, import, verify and show the demo class in the workspace of `settings`.

    Returns: whether every planted fault was found and nothing else failed.
    """
    folder = settings.workspace / "class"
    console.print(translate("正在用安装包自带的图片（insightface 的示例合影、scikit-image 的宇航员）生成演示班次……"))
    plants = make_demo_class(folder)
    imported = import_class_folder(folder, settings)
    if imported.folder.class_file is None:
        raise DemoImportError(
            "; ".join(f"{fault['file']}: {fault['problem']}" for fault in imported.to_json()["faults"])
        )
    days = sorted(session.day for session in imported.folder.class_file.training.sessions)
    night = run_night(settings, day=days[-1], since=days[0])
    show_night(night, console)
    all_found = show_plants(night.answer, plants, console)
    pictures = write_annotated(night, settings)
    console.print(Text(translate("班次文件夹：{path}").format(path=folder)))
    console.print(Text(translate("报告：{path}").format(path=night.report_html)))
    console.print(Text(translate("工作簿：{path}").format(path=night.report_xlsx)))
    console.print(Text(translate("标注照片：{path}").format(path=pictures)))
    console.print(
        Text(
            translate(
                "请注意：登记照与课堂照片取自同一张合影，演示的是流程能够跑通，不代表真实的人脸识别准确率；"
                "准确率请用 verifier evaluate 在另行拍摄的照片上测量。"
            ),
            style="bold",
        )
    )
    return all_found


def list_failures(answer: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Everything the night holds against somebody: (file or session, check), (session, ``case:<kind>``), (session, rule)."""
    found = {
        (photo["file"], finding["check"])
        for photo in answer["photos"]
        for finding in photo["findings"]
        if finding["outcome"] in ("failed", "not_run")
    }
    found |= {
        (session["id"], finding["check"])
        for session in answer["sessions"]
        for finding in session["findings"]
        if finding["outcome"] in ("failed", "not_run")
    }
    found |= {(case["session"], f"case:{case['kind']}") for case in answer["cases"]}
    found |= {(item["session"], f"violation:{item['rule']}") for item in answer["violations"]}
    return found


def show_plants(answer: Mapping[str, Any], plants: Iterable[Plant], console: Console) -> bool:
    """Print planted against found, and what else failed."""
    failures, plants = list_failures(answer), tuple(plants)
    table = Table(title=translate("埋设的问题与发现的问题"), title_justify="left")
    for heading in ("埋设的问题", "位置", "应由哪项发现", "是否发现"):
        table.add_column(translate(heading), overflow="fold")
    all_found = True
    for plant in plants:
        found = (plant.subject, plant.check) in failures
        all_found &= found
        mark = Text(translate("已发现"), style="green") if found else Text(translate("未发现"), style="bold red")
        table.add_row(str(plant.what), plant.subject, plant.check, mark)
    console.print(table)
    surplus = sorted(failures - expected_failures(plants).keys())
    if surplus:
        console.print(Text(translate("另外还有不应出现的不通过项："), style="bold red"))
        for subject, check in surplus:
            console.print(Text(f"  {subject}  {check}"))
    else:
        console.print(Text(translate("除此之外没有任何不通过项。"), style="green"))
    return all_found and not surplus


def write_annotated(night: Night, settings: Settings) -> Path:
    """Annotated copies of all photos, in their own folder."""
    folder = settings.workspace / "annotated"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    database = open_database(settings.database, settings.data_key_bytes(), settings.limits_of("job"))
    try:
        for photo in night.answer["photos"]:
            target = folder / photo["file"].removeprefix("photos/").replace("/", "_")
            target.write_bytes(annotated_photo(settings, database, photo["id"]))
    finally:
        database.close()
    return folder

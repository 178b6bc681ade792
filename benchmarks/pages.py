"""How long the inspectors' pages take: in the server, and until a browser shows them.

    python -m benchmarks.pages                 # 6 classes of 60 students × 60 sessions
    python -m benchmarks.pages --classes 200   # and a city around them

The city stands in real records as after its nights (`tests/builders/city_concluded.py`). Each page is asked for `--times` times
after a first one that warms it up; the median and the slowest are printed, with the processor time of one answer, which other work
on the machine changes least. With Debian's chromium the page of one class is shown too: until its text can be seen, until all is
loaded and drawn, and the processor time of its renderer. Login is off, so nothing of that is measured.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from starlette.testclient import TestClient

from api.server import create_app
from tests.builders.chromium import ARGUMENTS, CHROMIUM
from tests.builders.city_concluded import fill_concluded
from tests.services.api_server import run_api
from verifier.settings import Settings

PAGES = (
    "/", "/classes/C00001", "/classes/C00001/sessions/2024-03-05-am", "/classes/C00001/subsidy", "/classes", "/agencies",
    "/agencies/524309000000000001", "/cases", "/violations", "/findings", "/findings?outcome=pressing&q=C00001", "/cameras",
    "/classes?format=xlsx", "/findings?outcome=all&number=C00001&format=xlsx",
)  # fmt: skip
_TOLD = """() => { const told = performance.getEntriesByType('navigation')[0];
  return [told.responseEnd, performance.getEntriesByName('first-contentful-paint')[0].startTime, performance.now()]; }"""
_DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, default=6)
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--times", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(workspace=Path(folder), login="off", requests_per_minute=1_000_000)
        app = create_app(settings)
        fill_concluded(app.state.shared.database, settings, options.classes, options.students, options.sessions)
        measure_answers(app, options.times)
        if CHROMIUM.exists():
            measure_browser(app, options.times)
        app.state.shared.close()


def measure_answers(app: object, times: int) -> None:
    """Each page's answer in the server's own process, without a network."""
    print(f"{'page':52}  median ms  slowest ms  processor ms      kB")
    client = TestClient(app, base_url="http://127.0.0.1")  # type: ignore[arg-type]
    for path in PAGES:
        client.get(path)
        walls, processor, size = [], time.process_time(), 0
        for _ in range(times):
            began = time.perf_counter()
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            walls.append((time.perf_counter() - began) * 1000)
            size = len(answer.content)
        spent = (time.process_time() - processor) / times * 1000
        print(f"{path:52}  {statistics.median(walls):9.0f}  {max(walls):10.0f}  {spent:12.0f}  {size / 1000:6.0f}")


def measure_browser(app: object, times: int) -> None:
    """The page of a class in a browser, over a real connection."""
    from playwright.sync_api import sync_playwright

    with run_api(app) as address, sync_playwright() as playwright:  # type: ignore[arg-type]
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        told = []
        for _ in range(times + 1):
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            inspected = page.context.new_cdp_session(page)
            inspected.send("Performance.enable")
            page.goto(f"{address}/classes/C00001", wait_until="load")
            page.evaluate(_DRAWN)
            found = {each["name"]: each["value"] for each in inspected.send("Performance.getMetrics")["metrics"]}
            told.append([*page.evaluate(_TOLD), found["ProcessTime"] * 1000])
            page.close()
        chromium.close()
    for place, name in enumerate(("answer received", "text can be seen", "loaded and drawn", "processor time")):
        values = [each[place] for each in told[1:]]
        print(f"in the browser, {name:18} median {statistics.median(values):6.0f} ms, slowest {max(values):6.0f} ms")


if __name__ == "__main__":
    main()

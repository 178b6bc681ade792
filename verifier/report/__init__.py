"""What was found, for people: HTML and workbooks. They work on the JSON answers, so every shape says the same.

`terminal` shows the same answers as tables in a terminal.
"""

from verifier.report.class_report import write_class_report
from verifier.report.night_html import write_night_report
from verifier.report.night_xlsx import write_night_workbook

__all__ = ["write_class_report", "write_night_report", "write_night_workbook"]

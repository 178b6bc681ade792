"""A rectification notice (Annex 4) as PDF, for offices without Word and for servers without an office suite.

Typst sets the page inside this process, offline: its fonts are the embedded ones alone, so that the same notice looks the same on
every machine. The words are handed over as data and never read as markup, whatever an agency calls its class.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from importlib import resources

import typst

from verifier.records.notices import NoticeRecord
from verifier.regulation.forms import tell_notice, tell_source
from verifier.regulation.policy import Policy
from verifier.report.class_documents import form_of_notice

FONTS = "pylopdf_fonts_zh_cn"


class CannotPrintError(RuntimeError):
    """No PDF could be made; that is our fault, and the .docx says the same."""


def write_notice_pdf(notice: NoticeRecord, policy: Policy) -> bytes:
    """One notice as it was issued, on A4; a voided one bears the word and the reason. The same notice gives the same bytes.

    Raises:
        CannotPrintError: the fonts or the typesetter fail.
    """
    form = form_of_notice(notice)
    text = tell_notice(form, policy)
    values = {
        "annex": "附件4", "title": text.title, "number": text.number, "addressee": text.addressee, "opening": text.opening,
        "problems": list(text.problems), "closing": text.closing, "signature": _keep_blanks(text.signature),
        "voided": notice.void_reason or "", "source": tell_source(policy, form.policy),
    }  # fmt: skip
    template = resources.files("verifier.report") / "templates" / "notice.typ"
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(resources.files(FONTS))])
    issued = datetime.combine(notice.issued_on, time(), UTC)
    try:
        made = typst.compile(
            template.read_bytes(), format="pdf", font_paths=fonts,
            sys_inputs={"notice": json.dumps(values, ensure_ascii=False)}, timestamp=int(issued.timestamp()),
        )  # fmt: skip
    except (typst.TypstError, RuntimeError) as error:
        raise CannotPrintError(f"the notice cannot be set as PDF: {error}") from error
    if not isinstance(made, bytes):
        raise CannotPrintError(f"the typesetter answered with {type(made).__name__}")
    return made


def _keep_blanks(signature: str) -> str:
    """The form leaves room for the seal by spaces, which the typesetter would draw as one."""
    return signature.replace(" ", "\u00a0")

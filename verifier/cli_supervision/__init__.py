"""``verifier supervise …``: the office's work from the command line. Each command reads its input, calls one use case, answers."""

from verifier.cli_supervision import deciding, looking, papers, people, plans, showing
from verifier.cli_supervision.shared import supervision_app

__all__ = ["deciding", "looking", "papers", "people", "plans", "showing", "supervision_app"]

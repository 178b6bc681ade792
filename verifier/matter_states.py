"""What may become of a case or a violation, and what each state means to those who list them. Stored, never renamed.

The system moves between proposed and lapsed; people do the rest. What lapsed before anybody decided is history, not a finding.
"""

from __future__ import annotations

OPEN_STATES = ("proposed", "needs_check")  # somebody must still decide
SETTLED_STATES = ("confirmed", "dismissed")  # what an agency may see of its own; a check on site is not its to know
SHOWN_STATES = (*OPEN_STATES, *SETTLED_STATES)
STATES = (*SHOWN_STATES, "lapsed")

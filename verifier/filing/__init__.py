"""What was promised: the filing, timetable, venue and roster of a class, read from a class folder with every fault listed."""

from verifier.filing.attachments import parse_time
from verifier.filing.class_folder import ClassFolder, find_class_line, read_class_folder, session_from_name
from verifier.filing.fault import Fault, Severity, mask_id, mask_ids
from verifier.filing.roster import check_id_number
from verifier.filing.template import write_template

__all__ = [
    "ClassFolder",
    "Fault",
    "Severity",
    "check_id_number",
    "find_class_line",
    "mask_id",
    "mask_ids",
    "parse_time",
    "read_class_folder",
    "session_from_name",
    "write_template",
]

"""The bytes, kept: immutable, named by their SHA-256, in a local folder or in S3."""

from verifier.evidence.local import LocalStore
from verifier.evidence.opening import open_store
from verifier.evidence.s3 import S3Store
from verifier.evidence.store import (
    Checked,
    DirectUploads,
    EvidenceDamaged,
    EvidenceError,
    EvidenceMissing,
    EvidenceStore,
    StoreUnavailable,
    UploadRefused,
    find_direct,
)

__all__ = [
    "Checked",
    "DirectUploads",
    "EvidenceDamaged",
    "EvidenceError",
    "EvidenceMissing",
    "EvidenceStore",
    "LocalStore",
    "S3Store",
    "StoreUnavailable",
    "UploadRefused",
    "find_direct",
    "open_store",
]

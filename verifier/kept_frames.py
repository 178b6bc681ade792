"""Frames that are worth keeping, of cameras and of recordings: into the store first, then named by the records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session as Tx

from verifier.evidence.store import EvidenceError, EvidenceStore
from verifier.photo.look_json import look_to_json, stack_embeddings
from verifier.records.looks import save_look
from verifier.video.look import KeptFrame
from verifier.video.stream_look import StreamLook


def store_frames(store: EvidenceStore, kept: Iterable[KeptFrame]) -> None:
    """Put the frames into the evidence store.

    Raises:
        EvidenceError: a frame came back under another digest, or could not be kept.
    """
    for frame in kept:
        stored = store.put(frame.jpeg)
        if stored != hashlib.sha256(frame.jpeg).hexdigest():
            raise EvidenceError(f"frame {frame.sha256} was stored as {stored}")


def describe_frame(kept: KeptFrame) -> dict[str, Any]:
    """What is known of a kept frame besides its bytes: both clocks, and why it was kept."""
    return {
        "sha256": kept.sha256,
        "why": kept.why,
        "size_bytes": len(kept.jpeg),
        "received_at": kept.received_at.isoformat(),
        "stream_seconds": kept.stream_seconds,
    }


def save_frame_look(tx: Tx, look: StreamLook, versions_key: str) -> None:
    """Keep what the photo pipeline saw in the decisive frame; nothing where there was none."""
    photo = look.photo
    if photo is not None:
        body, embeddings = look_to_json(photo), stack_embeddings(photo)
        save_look(tx, photo.sha256, versions_key, body, embeddings, photo.embedding_contract)

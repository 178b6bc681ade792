"""Fetch a pack from its upstream: streamed, checked, and only with the licence accepted where that is asked."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import httpx

from verifier.language import say
from verifier.vision.packs import (
    Pack,
    PackError,
    PackFile,
    check_digest,
    digest_of,
    find_pack,
    locate_files,
    pulled_folder,
)
from verifier.vision.prepare import flush_folder

# Bytes a step: small enough for a flat memory, large enough for speed.
CHUNK_BYTES = 1 << 20
TIMEOUT_S = 30.0


def pull_pack(
    pack: Pack | str, cache_dir: Path, accept_licence: bool = False, client: httpx.Client | None = None
) -> dict[str, Path]:
    """Fetch the files of a pack that are not there yet.

    Args:
        pack: A manifest, or the name of one.
        cache_dir: The files go to ``<cache_dir>/pulled/<pack>/``.
        accept_licence: A person has read the licence and agrees; needed where the manifest asks for it.
        client: For a proxy or own certificates; by default one that follows redirects and the system's proxy settings.
    Returns: role → file.
    Raises:
        PackError: no such pack, licence not accepted, the upstream did not deliver, or delivered something else.
        OSError: the cache cannot be written.
    """
    pack = find_pack(pack) if isinstance(pack, str) else pack
    if pack.licence.needs_acceptance and not accept_licence:
        raise PackError(
            say(
                "模型包 {pack} 的许可为 {licence}（{url}），仅限非商业研究等受限用途；"
                "须先阅读并同意许可后才能下载：verifier models pull {pack} --accept-licence",
                pack=pack.name,
                licence=pack.licence.spdx,
                url=pack.licence.url,
            )
        )
    folder = pulled_folder(pack, cache_dir)
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".pulling-", dir=folder))
    owned = client is None
    client = client or httpx.Client(follow_redirects=True, timeout=TIMEOUT_S)
    try:
        wanted = [file for file in pack.files if not _is_there(folder / file.name, file)]
        if wanted and pack.archive is not None:
            _pull_archive(pack, wanted, client, work)
        else:
            for file in wanted:
                _pull_file(pack, file, client, work)
        for file in wanted:
            (work / file.name).replace(folder / file.name)
        flush_folder(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if owned:
            client.close()
    return locate_files(pack, cache_dir)


def _is_there(path: Path, file: PackFile) -> bool:
    return path.is_file() and digest_of(path) == file.sha256


def _pull_file(pack: Pack, file: PackFile, client: httpx.Client, work: Path) -> None:
    if not file.url:
        raise PackError(
            say("模型包 {pack} 的文件 {file} 没有下载地址，请手工放入模型目录。", pack=pack.name, file=file.name)
        )
    seen = _download(pack, file.url, file.size_bytes, client, work / file.name)
    check_digest(pack, file.name, file.sha256, seen)


def _pull_archive(pack: Pack, wanted: list[PackFile], client: httpx.Client, work: Path) -> None:
    """Fetch the zip, check it, and take out only the wanted members: never a path that the zip chooses."""
    assert pack.archive is not None
    packed = work / "archive.zip"
    name = pack.archive.url.rsplit("/", 1)[-1]
    check_digest(
        pack, name, pack.archive.sha256, _download(pack, pack.archive.url, pack.archive.size_bytes, client, packed)
    )
    with zipfile.ZipFile(packed) as archive:
        members = {entry.filename.rsplit("/", 1)[-1]: entry for entry in archive.infolist() if not entry.is_dir()}
        for file in wanted:
            entry = members.get(file.name)
            if entry is None:
                raise PackError(
                    say(
                        "模型包 {pack} 的压缩包 {archive} 中没有 {file}。", pack=pack.name, archive=name, file=file.name
                    )
                )
            with archive.open(entry) as source, (work / file.name).open("wb") as target:
                shutil.copyfileobj(source, target, CHUNK_BYTES)
                target.flush()
                os.fsync(target.fileno())
            check_digest(pack, file.name, file.sha256, digest_of(work / file.name))
    packed.unlink()


def _download(pack: Pack, url: str, size_bytes: int, client: httpx.Client, target: Path) -> str:
    """Stream one address into a file. Returns: its SHA-256."""
    digest = hashlib.sha256()
    received = 0
    try:
        with client.stream("GET", url) as response, target.open("wb") as file:
            response.raise_for_status()
            for chunk in response.iter_bytes(CHUNK_BYTES):
                received += len(chunk)
                # An endless or foreign answer must not fill the disk before its digest is known.
                if received > size_bytes:
                    break
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except httpx.HTTPStatusError as error:
        raise PackError(
            say(
                "无法下载模型包 {pack}：{url} 返回 HTTP {status}。",
                pack=pack.name,
                url=url,
                status=error.response.status_code,
            )
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PackError(
            say("无法下载模型包 {pack}：{url}（{error}）。", pack=pack.name, url=url, error=type(error).__name__)
        ) from error
    if received != size_bytes:
        raise PackError(
            say(
                "模型包 {pack} 的下载 {url} 大小不符：应为 {wanted} 字节，实收 {seen} 字节{more}。",
                pack=pack.name,
                url=url,
                wanted=size_bytes,
                seen=received,
                more=say("以上") if received > size_bytes else "",
            )
        )
    return digest.hexdigest()

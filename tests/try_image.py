"""The image without a container engine: the Dockerfile's own steps in a scratch root, and its programs run there confined.

    python -m tests.try_image          # as root on Debian with Python 3.11; about 5 minutes and 2 GB under /tmp

The sources, the commands and the environment are read from ``docker/Dockerfile``, so that what is tried is what would be built. The
first stage's RUN steps are done by ``sh`` in a namespace whose / is the machine's with the scratch folders over it. Then, as in
``compose.yaml``: user 10001 without capabilities, a read-only root, /tmp and the workspace writable; the server answers the image's
own health check, a worker and a beat say what they lack, and nothing outside /tmp and the workspace can be written.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.builders.shared import PROJECT

USER = 10001
PLAIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def read_steps(dockerfile: str) -> list[tuple[str, str]]:
    """(instruction, argument) of each, lines that go on joined as the engine joins them."""
    joined = re.sub(r"\\\n", "", "\n".join(line for line in dockerfile.splitlines() if not line.startswith("#")))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]  # type: ignore[misc]


def main() -> None:
    """Build, run, print."""
    steps = read_steps((PROJECT / "docker" / "Dockerfile").read_text(encoding="utf-8"))
    second = [place for place, (what, _) in enumerate(steps) if what == "FROM"][1]
    with tempfile.TemporaryDirectory(prefix="image-") as name:
        root = Path(name)
        for folder in ("opt/python", "tmp/src", "srv"):
            (root / folder).mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        build(root, steps[:second])
        run(root, steps[second:])


def build(root: Path, steps: list[tuple[str, str]]) -> None:
    """The first stage."""
    environment = {"PATH": f"/opt/python/bin:{PLAIN_PATH}"}
    for what, argument in steps:
        if what == "ENV":
            environment |= dict(word.split("=", 1) for word in shlex.split(argument))
        elif what == "COPY":
            *sources, target = argument.split()
            for source in sources:
                goal = root / "tmp/src" / (source if target == "./" else target)
                if (PROJECT / source).is_dir():
                    shutil.copytree(PROJECT / source, goal, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(PROJECT / source, goal)
        elif what == "RUN":
            began = time.monotonic()
            enter(root, ["sh", "-ec", f"cd /tmp/src; {argument}"], environment, writable=True)
            print(f"RUN {argument[:70]}…: {time.monotonic() - began:.0f} s", flush=True)


def run(root: Path, steps: list[tuple[str, str]]) -> None:
    """The second stage's programs, confined."""
    environment: dict[str, str] = {}
    for argument in (argument for what, argument in steps if what == "ENV"):
        environment |= dict(word.split("=", 1) for word in shlex.split(argument.replace("$PATH", PLAIN_PATH)))
    (health,) = (argument for what, argument in steps if what == "HEALTHCHECK")
    check = json.loads(health.partition("CMD ")[2])
    (root / "srv" / "verifier").mkdir()
    os.chown(root / "srv" / "verifier", USER, USER)
    size_mb = sum(file.stat().st_size for file in (root / "opt").rglob("*") if file.is_file()) / 2**20
    print(f"/opt holds {size_mb:.0f} MB")
    print(enter(root, ["verifier", "settings"], environment).splitlines()[0])
    for place in ("/opt/verifier/x", "/etc/x", "/x"):
        assert "Read-only" in enter(root, ["sh", "-c", f"touch {place} 2>&1 || true"], environment), place
    enter(root, ["sh", "-c", "touch /tmp/x /srv/verifier/x"], environment)
    for command in ("worker", "beat"):
        told = enter(root, ["sh", "-c", f"verifier {command} 2>&1 || true"], environment)
        assert "VERIFIER_BROKER_URL" in told, told
    certificate = root / "srv" / "verifier" / "tls.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1",
         "-keyout", str(certificate), "-out", str(certificate.with_suffix(".crt"))], check=True, capture_output=True,
    )  # fmt: skip
    os.chown(certificate, USER, USER)
    serving = {
        **environment, "VERIFIER_TLS_KEY": "/srv/verifier/tls.pem", "VERIFIER_TLS_CERTIFICATE": "/srv/verifier/tls.crt",
        "VERIFIER_PUBLIC_HOSTS": "localhost",
    }  # fmt: skip
    asked = " ".join(shlex.quote(word) for word in check)
    script = (
        "verifier serve --host 0.0.0.0 --port 8000 & server=$!; for _ in $(seq 120); do sleep 0.5; "
        f"if {asked} 2>/dev/null; then echo healthy after $SECONDS s; kill $server; wait $server; exit 0; fi; done; exit 1"
    )
    print(enter(root, ["bash", "-c", script], serving).strip())
    nets = "from verifier.settings import Settings; from verifier.looking import open_networks as o; o(Settings(), threads=1)"
    enter(root, ["python", "-c", nets], environment)
    print(f"user {USER}, no capabilities, read-only root: server, worker, beat and networks start")
    foreign = list_foreign_libraries(root)
    print(f"system libraries that the environment needs: {', '.join(foreign)}")


def enter(root: Path, command: list[str], environment: dict[str, str], *, writable: bool = False) -> str:
    """Run in a mount namespace where /opt, /srv and /tmp are the scratch ones; where not `writable`, confined as in compose."""
    new = root / "root"
    new.mkdir(exist_ok=True)
    mounts = [f"mount --rbind / {new}", "mount --make-rslave /"]
    mounts += [f"mount --bind {root / each} {new / each}" for each in ("opt", "srv", "tmp")]
    # The image's Python: this one, and the library that it is linked to, may lie where only root may look.
    mounts += [f"mount --bind {sys.base_prefix} {new / 'opt' / 'python'}"]
    if not writable:
        mounts += [f"mount -o remount,bind,ro {new}", f"mount -o remount,bind,ro {new / 'opt'}"]
    nobody = (
        f"--reuid={USER}",
        f"--regid={USER}",
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set=-all",
        "--inh-caps=-all",
    )
    confined = [] if writable else ["setpriv", *nobody]
    inside = " ".join(shlex.quote(word) for word in ["chroot", str(new), *confined, *command])
    ran = subprocess.run(
        ["unshare", "-m", "sh", "-ec", "; ".join([*mounts, f"exec {inside}"])],
        env={"PATH": PLAIN_PATH, "HOME": "/tmp", "LD_LIBRARY_PATH": "/opt/python/lib", **environment},
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    if ran.returncode != 0:
        sys.exit(f"{command}: {ran.returncode}\n{ran.stdout[-1500:]}\n{ran.stderr[-3000:]}")
    return ran.stdout


def list_foreign_libraries(root: Path) -> list[str]:
    """Debian packages of the shared libraries that the environment's own link to and do not bring."""
    found: set[str] = set()
    for library in (root / "opt").rglob("*.so*"):
        told = subprocess.run(["ldd", str(library)], capture_output=True, text=True).stdout
        assert "not found" not in told or "lib/python" in str(library), (library, told)
        found.update(re.findall(r"=> (/(?:usr/)?lib/\S+)", told))
    owners = {
        subprocess.run(["dpkg", "-S", str(Path(each).resolve())], capture_output=True, text=True).stdout.partition(":")[
            0
        ]
        for each in found
    }
    return sorted(owners - {""})


if __name__ == "__main__":
    main()

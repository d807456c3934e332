"""Private folders: mine while I live, swept by the next when I am gone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbcheck.kernel.folder import PrivateFolder, base_folder, start_time, sweep

HOLDER = """
import os, sys
from pathlib import Path
from nbcheck.kernel.folder import PrivateFolder
folder = PrivateFolder(Path(sys.argv[1]))
folder.note_process(int(sys.argv[2]), 'k1')
print(folder.path, flush=True)
os._exit(0)
"""


def test_a_folder_is_private_and_goes_when_removed(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path)
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.remove()
    assert not folder.path.exists()


def test_a_living_owner_is_not_swept(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path)
    assert sweep(tmp_path) == []
    folder.remove()


@pytest.mark.slow
def test_what_a_dead_owner_left_is_swept_with_its_processes(tmp_path: Path) -> None:
    environ = {"NBCHECK_KERNEL_ID": "k1"}
    with (
        subprocess.Popen(["/bin/sleep", "60"], start_new_session=True) as orphan,
        subprocess.Popen(["/bin/sleep", "60"], start_new_session=True, env=environ) as daemon,
    ):
        argv = [sys.executable, "-c", HOLDER, str(tmp_path), str(orphan.pid)]
        left = Path(subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip())
        assert left.is_dir()
        assert sweep(tmp_path) == [left]
        assert not left.exists()
        assert orphan.wait() == -9
        assert daemon.wait() == -9


def test_a_process_that_got_an_old_number_is_spared(tmp_path: Path) -> None:
    folder = tmp_path / "nbcheck-left"
    folder.mkdir()
    (folder / "lock").touch()
    (folder / "processes").write_text(f"{os.getpid()} 1\nnonsense\n{os.getpid()}\n")
    assert sweep(tmp_path) == [folder]


def test_a_folder_being_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "nbcheck-new").mkdir()
    (tmp_path / "something-else").mkdir()
    assert sweep(tmp_path) == []
    assert sweep(tmp_path / "missing") == []


def test_start_time_tells_a_process_from_another() -> None:
    assert start_time(os.getpid()).isdigit()
    assert start_time(2**22 + 1) == ""


def test_the_runtime_folder_is_preferred(tmp_path: Path) -> None:
    assert base_folder({"XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path
    assert base_folder({"XDG_RUNTIME_DIR": str(tmp_path / "missing")}) != tmp_path
    assert base_folder({}) != tmp_path

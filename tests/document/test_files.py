import errno
import os
import resource
import stat

import pytest

from nbcheck.document import save_document
from nbcheck.document.files import replace_file
from nbcheck.errors import DocumentError

is_root = os.geteuid() == 0
OLD, NEW = b"old\n" * 400_000, b"new\n"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(OLD)
    return path


def refusal(path, *, expected=OLD, new=NEW):
    """Text of the error of a save that must leave everything as it is."""
    content = path.read_bytes() if path.is_file() else None
    names = sorted(os.listdir(path.parent))
    with pytest.raises(DocumentError) as caught:
        save_document(path, expected, new)
    assert (path.read_bytes() if path.is_file() else None) == content
    assert sorted(os.listdir(path.parent)) == names
    return str(caught.value)


def test_content_is_replaced_and_nothing_is_left_beside_it(path):
    before = path.stat()
    assert save_document(str(path), OLD, NEW) == ()
    assert path.read_bytes() == NEW
    assert path.stat().st_ino != before.st_ino
    assert os.listdir(path.parent) == ["a.ipynb"]


def test_equal_content_is_not_written(path):
    before = path.stat()
    assert save_document(path, OLD, bytes(OLD)) == ()
    assert path.stat() == before


def test_mode_is_kept_and_link_stays(path, tmp_path):
    path.chmod(0o604)
    link = tmp_path / "folder" / "link.ipynb"
    link.parent.mkdir()
    link.symlink_to("../a.ipynb")
    assert save_document(link, OLD, NEW) == ()
    assert link.is_symlink()
    assert path.read_bytes() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_new_content_is_private_while_it_is_written(path, monkeypatch):
    path.chmod(0o640)
    modes = []
    write = os.open

    def watched(name, flags, mode=0o777, **more):
        descriptor = write(name, flags, mode, **more)
        if flags & os.O_CREAT:
            modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    monkeypatch.setattr(os, "open", watched)
    save_document(path, OLD, NEW)
    assert modes == [0o600]


@pytest.mark.skipif(not is_root, reason="only root can give files away")
def test_owner_and_group_are_kept(path):
    os.chown(path, 12345, 23456)
    path.chmod(0o6750)
    assert save_document(path, OLD, NEW) == ()
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 23456, 0o6750)


@pytest.mark.skipif(not is_root, reason="only root can give files away")
def test_owner_and_group_that_cannot_be_kept_are_told(path, monkeypatch):
    os.chown(path, 12345, 23456)
    path.chmod(0o6764)

    def refuse(*arguments):
        raise PermissionError(errno.EPERM, "not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    assert save_document(path, OLD, NEW) == (
        f"{path}: its group could not be kept",
        f"{path}: its owner could not be kept",
    )
    # Our group gets no more than what everybody had.
    assert stat.S_IMODE(path.stat().st_mode) == 0o744


def test_extended_attributes_are_kept(path):
    try:
        os.setxattr(path, "user.note", b"kept")
    except (AttributeError, OSError):
        pytest.skip("no extended attributes here")
    save_document(path, OLD, NEW)
    assert os.getxattr(path, "user.note") == b"kept"


def test_hard_links_are_broken_and_told(path, tmp_path):
    other = tmp_path / "other.ipynb"
    os.link(path, other)
    assert save_document(path, OLD, NEW) == (
        f"{path}: the file has 2 hard links, its other names keep the old content",
    )
    assert path.read_bytes() == NEW
    assert other.read_bytes() == OLD


@pytest.mark.parametrize("content", [OLD[:-1], OLD + b"x", b"", b"x" + OLD[1:], OLD[:-1] + b"x"], ids=len)
def test_changed_file_is_refused_whatever_its_times_say(path, content):
    times = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert refusal(path) == (
        f"{path}: the file was changed by another program after it was read, so it was not written; "
        "read it again and repeat the edit"
    )


def test_file_that_was_only_touched_is_written(path):
    path.write_bytes(OLD)
    os.utime(path, (1, 1))
    save_document(path, OLD, NEW)
    assert path.read_bytes() == NEW


def test_change_while_the_new_content_is_synced_is_refused(path, monkeypatch):
    sync = os.fsync

    def slow(descriptor):
        path.write_bytes(b"theirs")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    with pytest.raises(DocumentError, match="changed by another program"):
        save_document(path, OLD, NEW)
    assert path.read_bytes() == b"theirs"
    assert os.listdir(path.parent) == ["a.ipynb"]


GONE = (
    "the file was removed or renamed after it was read, so it was not written; "
    "bring it back, or repeat the edit with the new name"
)


def test_vanished_file_is_not_made_again(path):
    path.unlink()
    assert refusal(path) == f"{path}: {GONE}"


def test_file_that_vanishes_meanwhile_is_not_made_again(path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: path.unlink())
    with pytest.raises(DocumentError) as caught:
        save_document(path, OLD, NEW)
    assert str(caught.value) == f"{path}: {GONE}"
    assert os.listdir(path.parent) == []


def test_read_only_file_is_refused_also_for_root(path):
    path.chmod(0o444)
    assert refusal(path) == f"{path}: cannot be written: the file is read-only; make it writable: chmod u+w"
    with pytest.raises(DocumentError, match="read-only"):
        replace_file(path, NEW)


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    assert refusal(tmp_path / "folder") == (
        f"{tmp_path / 'folder'}: cannot be written: this is no regular file; give the path of a notebook file"
    )


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.EACCES, "allow new files in {folder}, where the new content is prepared"),
        (errno.EROFS, "allow new files in {folder}, where the new content is prepared"),
        (errno.ENOSPC, "free space on the disk or raise the limit of sizes; nothing was changed"),
        (errno.EIO, "check the folder's permissions and free space"),
    ],
)
def test_folder_that_takes_no_file(path, monkeypatch, code, remedy):
    write = os.open

    def refuse(name, flags, *more, **others):
        if flags & os.O_CREAT:
            raise OSError(code, "refused")
        return write(name, flags, *more, **others)

    monkeypatch.setattr(os, "open", refuse)
    text = refusal(path)
    assert text == f"{path}: cannot be written: {os.strerror(code)}; {remedy.format(folder=path.parent)}"


@pytest.mark.skipif(is_root, reason="root may write everywhere")
def test_folder_without_permission(path):
    path.parent.chmod(0o500)
    try:
        assert "cannot be written: Permission denied; allow new files in" in refusal(path)
    finally:
        path.parent.chmod(0o700)


def test_disk_full_in_the_middle(path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        text = refusal(path, new=b"x" * 1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert text == (
        f"{path}: cannot be written: File too large; "
        "free space on the disk or raise the limit of sizes; nothing was changed"
    )


def test_interruption_leaves_nothing(path, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_document(path, OLD, NEW)
    assert os.listdir(path.parent) == ["a.ipynb"]
    assert path.read_bytes() == OLD


def test_folder_that_cannot_be_synced_is_no_failure(path, monkeypatch):
    sync = os.fsync

    def files_only(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "no such thing here")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    assert save_document(path, OLD, NEW) == ()
    assert path.read_bytes() == NEW


def test_name_of_the_greatest_length(tmp_path):
    path = tmp_path / ("\u00e9" * 124 + ".ipynb")
    path.write_bytes(OLD)
    save_document(path, OLD, NEW)
    assert path.read_bytes() == NEW

"""Output files are complete or absent."""

import os
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

from actcli.streams.files import StreamError, open_file


def write(path: Path | str, data: bytes = b"new") -> None:
    with open_file(str(path)) as file:
        file.write(data)


def run(program: str, stdout: Any, unbuffered: str = "") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        check=False,
    )


def test_a_new_file_honours_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "out")
    finally:
        os.umask(before)
    assert (tmp_path / "out").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["out"]


def test_an_existing_file_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"a longer old text")
    (tmp_path / "out").chmod(0o600)
    write(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600


def test_nothing_shows_before_the_end(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"old")
    with open_file(str(tmp_path / "out")) as file:
        file.write(b"new")
        file.flush()
        assert (tmp_path / "out").read_bytes() == b"old"
    assert (tmp_path / "out").read_bytes() == b"new"


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, StreamError, ValueError, GeneratorExit])
@pytest.mark.parametrize("old", [None, b"old"])
def test_an_interrupted_file_is_left_as_it_was(
    interrupt: type[BaseException], old: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "out"
    if old is not None:
        path.write_bytes(old)

    def interrupted() -> None:
        with open_file(str(path)) as file:
            file.write(b"half")
            raise interrupt

    with pytest.raises(interrupt):
        interrupted()
    assert os.listdir(tmp_path) == ([] if old is None else ["out"])
    assert old is None or path.read_bytes() == old


def test_ctrl_c_in_a_process(tmp_path: Path) -> None:
    program = """
        import sys, time
        from actcli.streams.files import open_file
        with open_file(sys.argv[1]) as file:
            file.write(b"half" * 100_000)
            print("writing", flush=True)
            while True:  # a signal just before a sleep comes after it
                time.sleep(0.01)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"writing\n"
        assert len(os.listdir(tmp_path)) == 1
        process.send_signal(2)
        process.wait()
    assert os.listdir(tmp_path) == []


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "target")
    write(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "elsewhere" / "target").read_bytes() == b"new"


def test_reading_a_file_while_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "both"
    path.write_bytes(b"old")
    with open(path, "rb") as before, open_file(str(path)) as file:
        file.write(b"new " + before.read())
    assert path.read_bytes() == b"new old"


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("out")
    assert os.listdir(tmp_path) == ["out"]


def test_a_named_pipe_is_written_directly(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write(tmp_path / "pipe")
    reader.join()
    assert received == [b"new"]
    assert os.listdir(tmp_path) == ["pipe"]


def test_devices() -> None:
    write("/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(StreamError) as caught:
        write("/dev/full")
    assert str(caught.value) == "/dev/full: No space left on device"


def test_the_descriptor_of_a_file_is_not_replaced(tmp_path: Path) -> None:
    with open(tmp_path / "log", "w+b") as log:
        log.write(b"before ")
        log.flush()
        write(f"/dev/fd/{log.fileno()}")
        log.seek(0)
        assert log.read() == b"before new"


@pytest.mark.parametrize("path", [None, "-", "/dev/stdout"])
def test_stdout(path: str | None, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    print("text", end=" ")
    with open_file(path) as file:
        file.write(b"bytes")
    assert capsysbinary.readouterr().out == b"text bytes"


def test_text_printed_before_comes_before() -> None:
    program = """
        from actcli.streams.files import open_file
        print("text", end=" ")
        with open_file(None) as file:
            file.write(b"bytes")
    """
    assert run(program, stdout=subprocess.PIPE).stdout == b"text bytes"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("size", [5, 50_000])
def test_a_full_disk_behind_stdout(unbuffered: str, size: int) -> None:
    """The error is reported once, and not again at Python's exit."""
    program = f"""
        from actcli.streams.files import StreamError
        from actcli.streams.files import open_file
        try:
            with open_file(None) as file:
                file.write(b"x" * {size})
        except StreamError as error:
            raise SystemExit(str(error))
    """
    with open("/dev/full", "wb") as full:
        done = run(program, stdout=full, unbuffered=unbuffered)
    assert (done.returncode, done.stderr) == (1, b"stdout: No space left on device\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_file_behind_stdout_that_may_not_grow(unbuffered: str, tmp_path: Path) -> None:
    program = """
        import resource, signal
        from actcli.streams.files import StreamError
        from actcli.streams.files import open_file
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, 70_000))
        try:
            with open_file(None) as file:
                file.write(b"x" * 100_000)
        except StreamError as error:
            raise SystemExit(str(error))
    """
    with open(tmp_path / "out", "wb") as out:
        assert run(program, stdout=out, unbuffered=unbuffered).stderr == b"stdout: File too large\n"


def test_stdout_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(StreamError, match="stdout is closed"), open_file(None):
        pass


def test_a_broken_pipe_is_the_callers() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        write(f"/dev/fd/{writing}")
    os.close(writing)


def test_a_disk_that_fills_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(StreamError, match="out: File too large"):
            write(tmp_path / "out", b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "'': No such file or directory"),
        ("{}", "{}: Is a directory"),
        ("{}/new/", "{}/new/: Is a directory"),
        ("{}/missing/out", "{}/missing/out: No such file or directory"),
        ("{}/file/out", "{}/file/out: Not a directory"),
    ],
)
def test_paths_that_cannot_be_written(path: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StreamError) as caught:
        write(path.format(tmp_path))
    assert str(caught.value) == message.format(tmp_path)
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("what", ["directory", "file"])
def test_what_may_not_be_written(what: str, way_for_all: Path) -> None:
    """In a separate process that gives up root's rights first."""
    directory = way_for_all / "locked"
    directory.mkdir()
    (directory / "out").write_bytes(b"old")
    directory.chmod(0o555 if what == "directory" else 0o777)
    (directory / "out").chmod(0o666 if what == "directory" else 0o444)
    program = """
        import os, sys
        from actcli.streams.files import StreamError
        from actcli.streams.files import open_file
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        try:
            with open_file(sys.argv[1]) as file:
                file.write(b"new")
        except StreamError as error:
            print(error, end="")
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(directory / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{directory / 'out'}: Permission denied", "")
    assert (directory / "out").read_bytes() == b"old"
    assert os.listdir(directory) == ["out"]

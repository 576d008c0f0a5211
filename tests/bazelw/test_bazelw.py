"""Which Bazel ./bazelw chooses, and what it says when there is none, with a PATH of stand-ins that tell their call."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

BASH = shutil.which("bash")
# What bazelw itself calls, beside the programs that the tests stand in for.
TOOLS = ("dirname", "flock", "mkdir", "readlink", "sha256sum")
TELL = 'echo "$(basename "$0") called:" "$@"'


@dataclass(frozen=True)
class Machine:
    """A workspace with bazelw in it, and a PATH."""

    folder: Path

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def has(self, name: str, script: str = TELL) -> None:
        """Puts a program on PATH."""
        program = self.folder / "bin" / name
        program.write_text(f"#!{BASH}\nPATH={os.environ['PATH']}\n{script}\n", encoding="utf-8")
        program.chmod(0o755)

    def recipe(self, script: str) -> None:
        """Replaces the script that makes the root file system."""
        path = self.workspace / "tools" / "offline" / "rootfs.sh"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{BASH}\nPATH={os.environ['PATH']}\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [BASH, str(self.workspace / "bazelw"), *arguments],
            env={"PATH": str(self.folder / "bin"), "HOME": str(self.folder / "home")} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, stdin: str = "", **environment: str) -> tuple[int, str, str]:
        """Exit status, standard output and standard error of bazelw."""
        process = self.start(*arguments, **environment)
        out, err = process.communicate(stdin)
        return process.returncode, out, err


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with no Bazel, of no particular kind, whose user is root and may mount."""
    made = Machine(tmp_path)
    made.workspace.mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy("bazelw", made.workspace)
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    made.has("id", "echo 0")
    made.has("unshare")
    return made


def test_named_bazel_comes_first(machine: Machine) -> None:
    for name in ("my-bazel", "bazelisk", "bazel"):
        machine.has(name)
    assert machine.run("build", "//a b", BAZEL="my-bazel") == (0, "my-bazel called: build //a b\n", "")


def test_named_bazel_that_is_missing_is_an_error(machine: Machine) -> None:
    machine.has("bazelisk")
    status, out, err = machine.run("build", BAZEL="/no/such/bazel")
    assert (status, out) == (1, "")
    assert "BAZEL is set to '/no/such/bazel', which is no command" in err


def test_bazelisk_comes_before_bazel(machine: Machine) -> None:
    machine.has("bazelisk")
    machine.has("bazel")
    assert machine.run("version") == (0, "bazelisk called: version\n", "")


@pytest.mark.parametrize("version", ["7.4.0", "7.10.1", "8.0.0-pre.1", "10.1"])
def test_bazel_that_is_new_enough_is_used(machine: Machine, version: str) -> None:
    machine.has("bazel", f'[[ $1 == --version ]] && echo "bazel {version}" || {TELL}')
    assert machine.run("test", "//...") == (0, "bazel called: test //...\n", "")


@pytest.mark.parametrize("version", ["6.5.0", "7.3.2", "7.0", "no_version"])
def test_bazel_that_is_too_old_is_named(machine: Machine, version: str) -> None:
    machine.has("bazel", f'echo "bazel {version}"')
    status, out, err = machine.run("test", "//...")
    assert (status, out) == (1, "")
    assert f"bin/bazel is version '{version}', older than 7.4" in err
    assert "Install Bazelisk" in err


def test_exit_status_and_standard_streams_pass_through(machine: Machine) -> None:
    machine.has("bazelisk", "cat; echo warning >&2; exit 37")
    assert machine.run("run", stdin="1,2\n3,4\n") == (37, "1,2\n3,4\n", "warning\n")


def test_all_reasons_are_given_at_once(machine: Machine) -> None:
    machine.has("id", "echo 1000")
    status, out, err = machine.run("version")
    assert (status, out) == (1, "")
    for reason in (
        "bazelisk is not on PATH",
        "bazel is not on PATH",
        "a Bazel of its own needs a Debian-like machine (apt-get is missing)",
        "a Bazel of its own needs root (this is user id 1000)",
        "Install Bazelisk",
    ):
        assert reason in err
    assert not (machine.folder / "home").exists()


def test_machine_without_the_right_to_mount(machine: Machine) -> None:
    machine.has("apt-get")
    machine.has("unshare", "exit 1")
    status, _, err = machine.run("version")
    assert status == 1
    assert "needs the right to mount" in err


def test_root_file_system_is_made_once_and_entered(machine: Machine) -> None:
    machine.has("apt-get")
    machine.recipe('echo "making" >&2; mkdir "$1"')
    status, out, err = machine.run("build", "//a b")
    assert (status, err) == (0, "making\n")
    root = next((machine.folder / "home" / ".cache" / "sni_rules").glob("rootfs-*[!k]"))
    enter = machine.workspace / "tools" / "offline" / "enter.sh"
    assert out == f"unshare called: --mount --propagation slave {enter} {root} bazel build //a b\n"
    assert machine.run("build", "//a b") == (0, out, "")


def test_cache_folder_follows_the_environment(machine: Machine, tmp_path: Path) -> None:
    machine.has("apt-get")
    machine.recipe('mkdir "$1"')
    assert machine.run("version", XDG_CACHE_HOME=str(tmp_path / "cache"))[0] == 0
    assert list((tmp_path / "cache" / "sni_rules").glob("rootfs-*"))


def test_changed_recipe_makes_another_root_file_system(machine: Machine) -> None:
    machine.has("apt-get")
    machine.recipe('mkdir "$1"')
    first = machine.run("version")[1]
    machine.recipe('mkdir "$1" # changed')
    assert machine.run("version")[1] != first


def test_failed_setup_ends_with_its_status_and_is_tried_again(machine: Machine) -> None:
    machine.has("apt-get")
    recipe = 'test -e {done} && mkdir "$1" && exit; touch {done}; echo "step failed" >&2; exit 1'
    machine.recipe(recipe.format(done=machine.folder / "tried"))
    assert machine.run("version") == (1, "", "step failed\n")
    assert machine.run("version")[0] == 0


def test_two_first_runs_make_it_once(machine: Machine) -> None:
    machine.has("apt-get")
    made = machine.folder / "made"
    machine.recipe(f'echo once >>{made}; until [[ -e {made}.go ]]; do sleep 0.01; done; mkdir "$1"')
    first = machine.start("version")
    while not made.exists():
        pass
    second = machine.start("version")
    assert "waiting for another bazelw" in second.stderr.readline()
    Path(f"{made}.go").touch()
    assert [first.wait(), second.wait()] == [0, 0]
    assert made.read_text(encoding="utf-8") == "once\n"
    for process in (first, second):
        process.communicate()


@pytest.mark.parametrize("beside", [True, False])
def test_shared_folder_beside_the_workspace_is_passed_on(machine: Machine, beside: bool) -> None:
    machine.has("bazelisk", 'echo "SNI_SHARED=${SNI_SHARED-unset}"')
    shared = machine.folder / "shared"
    if beside:
        shared.mkdir()
        (shared / "DESIGN.md").touch()
    expected = str(shared) if beside else "unset"
    assert machine.run("test") == (0, f"SNI_SHARED={expected}\n", "")

# SPDX-License-Identifier: Apache-2.0
"""machine.py — file systems of our own on loop devices, processor time of a group of processes, and what this machine is.

A group is a cgroup (version 2, no controller needed): its cpu.stat counts user and system time of everybody who was
ever in it, the ended too. Kernel threads (journal, loop device) are in no group, for nobody.
"""
import contextlib
import os
import subprocess
import time

IMAGE_SIZE = 3 << 30
MAKE = {"ext4": ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"], "xfs": ["mkfs.xfs", "-q", "-f"]}


def run(*words, check=True):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout.strip()


class Image:
    """A fresh file system in a file, mounted."""

    def __init__(self, folder, name, kind):
        self.kind, self.file, self.folder = kind, f"{folder}/{name}.{kind}", f"{folder}/{name}-{kind}"
        with open(self.file, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, IMAGE_SIZE)
        run(*MAKE[kind], self.file)
        os.mkdir(self.folder)
        run("mount", "-o", "loop", self.file, self.folder)
        os.chmod(self.folder, 0o755)

    def end(self):
        for _ in range(20):                         # somebody may still be on his way out
            if subprocess.run(["umount", self.folder], capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.25)
        with contextlib.suppress(OSError):
            os.rmdir(self.folder)
            os.unlink(self.file)


def cgroup_root():
    for line in open("/proc/mounts", encoding="utf-8"):
        words = line.split()
        if words[2] == "cgroup2":
            return words[1]
    raise RuntimeError("no cgroup of version 2 is mounted: processor time cannot be counted")


class Group:
    """Processes whose time is counted together."""

    def __init__(self, name):
        self.path = os.path.join(cgroup_root(), f"postern-bench-{os.getpid()}-{name}")
        os.mkdir(self.path)

    def enter(self):                                # called in the child, before it becomes somebody else
        with open(f"{self.path}/cgroup.procs", "w", encoding="ascii") as file:
            file.write("0")

    def cpu(self):
        """Seconds of user and system."""
        with open(f"{self.path}/cpu.stat", encoding="ascii") as file:
            facts = dict(line.split() for line in file)
        return int(facts["usage_usec"]) / 1e6

    def pids(self):
        with open(f"{self.path}/cgroup.procs", encoding="ascii") as file:
            return [int(line) for line in file]

    def by_process(self):
        """Seconds by the name of the program, of those who live."""
        found = {}
        for pid in self.pids():
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                    name = file.read().strip()
                with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                    facts = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
                if name == "inspect" and comm_of(facts["PPid"]) == "inspect":
                    name = "worker"
                found[pid] = (name, sum(task_time(pid, task) for task in os.listdir(f"/proc/{pid}/task")))
        return found

    def rest(self, most=3.0):
        """Waits until nothing is done any more."""
        end, before = time.monotonic() + most, self.cpu()
        while time.monotonic() < end:
            time.sleep(0.1)
            now = self.cpu()
            if now - before < 0.0015:
                return
            before = now

    def end(self):
        with contextlib.suppress(OSError):
            with open(f"{self.path}/cgroup.kill", "w", encoding="ascii") as file:
                file.write("1")
        for _ in range(40):
            with contextlib.suppress(OSError):
                os.rmdir(self.path)
                return
            time.sleep(0.1)


def comm_of(pid):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    return ""


def task_time(pid, task):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9
    return 0.0


def load():
    with open("/proc/loadavg", encoding="ascii") as file:
        return float(file.read().split()[0])


def busy_elsewhere(groups, before):
    """Of the processors' time since `before`, the part that none of our groups took; call without for a beginning."""
    with open("/proc/stat", encoding="ascii") as file:
        words = [int(word) for word in file.readline().split()[1:]]
    now = (sum(words[:3]) + sum(words[5:8])) / os.sysconf("SC_CLK_TCK")
    ours = sum(group.cpu() for group in groups)
    if before is None:
        return now, ours, time.monotonic()
    return max(0.0, (now - before[0]) - (ours - before[1])) / max(0.001, time.monotonic() - before[2])


def describe():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown processor")
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = int(file.readline().split()[1]) / 2**20
    with open("/etc/os-release", encoding="utf-8") as file:
        system = next((line.split("=", 1)[1].strip().strip('"') for line in file if line.startswith("PRETTY_NAME=")), "Linux")
    return f"{os.cpu_count()} processors ({model}), {memory:.0f} GiB, {system}, Linux {os.uname().release}"

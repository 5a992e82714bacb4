# SPDX-License-Identifier: Apache-2.0
"""block_log.py — a small disk whose every write is logged, and any state in which a power cut could have left it.

Recording: an image with a file system, served by qemu-storage-daemon (blklogwrites below a FUSE export) to a loop
device. The log (the format of the kernel's dm-log-writes) has each write, flush and FUA in order; marks written into
the last sectors of the same device stand between them.

Replay: what was flushed is on the disk. Of what was written since the last flush nothing, everything, or a random
half of its 4 KiB pieces is.

Everything lies in memory (tmpfs). Call own_mounts() first: then mounts and loop devices vanish with this process.
"""
import ctypes
import errno
import fcntl
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time

SIZE = 64 << 20
ROOM = 60 << 20                      # for the file system; behind it are the marks
MARKS = 62 << 20
SECTOR, PIECE, CHUNK = 512, 4096, 65536
FLUSH, FUA, DISCARD = 1, 2, 4
MAGIC = 0x6A736677736872
LOOP_CONFIGURE, LOOP_CLR_FD, LOOP_CTL_GET_FREE, AUTOCLEAR = 0x4C0A, 0x4C01, 0x4C82, 4
NEEDED = ("qemu-storage-daemon", "mkfs.ext4", "mkfs.xfs")
MAKE = {
    "ext4": ["mkfs.ext4", "-q", "-F", "-E", "nodiscard,lazy_itable_init=0", "-J", "size=4", "{image}", f"{ROOM >> 10}k"],
    "xfs": ["mkfs.xfs", "-q", "-f", "-K", "--unsupported", "-d", f"size={ROOM}", "-l", "size=6m", "{image}"],
}
libc = ctypes.CDLL(None, use_errno=True)


def own_mounts():
    CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18
    call(libc.unshare(CLONE_NEWNS), "unshare")
    call(libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None), "mount")


def end_with_parent():
    PR_SET_PDEATHSIG = 1
    libc.prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGTERM))


def call(outcome, what):
    if outcome != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def missing():
    """Why this machine can't do it, or None."""
    if os.geteuid() != 0:
        return "root is needed for mounts"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    tools = [name for name in NEEDED if not shutil.which(name, path=path)]
    if tools:
        return "not installed: " + ", ".join(tools)
    if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        return "a mount namespace is refused"
    for device in ("/dev/fuse", "/dev/loop-control"):
        try:
            os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
        except OSError:
            return f"no block devices of our own: {device} can't be opened"
    lacking = [kind for kind in MAKE if not knows(kind)]
    return f"no block devices of our own: this kernel has no {', '.join(lacking)}" if lacking else None


def knows(kind):
    with open("/proc/filesystems", encoding="ascii") as file:
        if kind in file.read().split():
            return True
    return shutil.which("modprobe") and subprocess.run(["modprobe", "-q", kind], check=False).returncode == 0


def folder():
    """In memory, where there is enough of it."""
    with_room = os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 16 * SIZE
    path = tempfile.mkdtemp(prefix="postern-cut-", dir="/dev/shm" if with_room else None)
    os.chmod(path, 0o755)
    return path


class Loop:
    """A loop device on a file; it goes away with its last user."""

    def __init__(self, path):
        with open("/dev/loop-control", "rb+", buffering=0) as control, open(path, "rb+", buffering=0) as file:
            for _ in range(200):
                self.name = f"/dev/loop{fcntl.ioctl(control, LOOP_CTL_GET_FREE)}"
                try:
                    self.fd = os.open(self.name, os.O_RDWR | os.O_CLOEXEC)
                    fcntl.ioctl(self.fd, LOOP_CONFIGURE, struct.pack("<II52xI176x64x", file.fileno(), 0, AUTOCLEAR))
                    return
                except OSError as error:             # another process was faster
                    if error.errno not in (errno.EBUSY, errno.ENOENT, errno.ENXIO):
                        raise
                    time.sleep(0.01)
        raise OSError(errno.EBUSY, "no free loop device")

    def close(self):
        os.close(self.fd)


class Mounted:
    """While the block lasts, the file system in a file (journal replayed) is at a place."""

    def __init__(self, path, kind, place):
        self.path, self.kind, self.place = path, kind, place

    def __enter__(self):
        self.loop = Loop(self.path)
        try:
            call(libc.mount(self.loop.name.encode(), self.place.encode(), self.kind.encode(), ctypes.c_ulong(0), None),
                 f"mount of {self.kind}")
        except OSError:
            self.loop.close()
            raise
        return self

    def __exit__(self, *_):
        for _ in range(500):                         # a process that was killed may still be going
            if libc.umount2(self.place.encode(), 0) == 0:
                break
            time.sleep(0.01)
        else:
            raise OSError(ctypes.get_errno(), f"{self.place} stays in use")
        self.loop.close()


class Recording:
    """While the block lasts, a logged disk is mounted at where/disk; afterwards `log` is read."""

    def __init__(self, kind, where):
        self.kind, self.where = kind, where
        self.raw, self.log_path, self.device, self.disk = (os.path.join(where, name) for name in ("raw", "log", "device", "disk"))

    def __enter__(self):
        for path, size in ((self.raw, SIZE), (self.log_path, 0), (self.device, 0)):
            with open(path, "wb") as file:
                file.truncate(size)
        os.makedirs(self.disk, exist_ok=True)
        done = subprocess.run([word.format(image=self.raw) for word in MAKE[self.kind]], capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"), check=False)
        if done.returncode != 0:
            raise OSError(errno.EIO, f"no {self.kind}: {done.stderr}")
        self.base = extents(self.raw)
        self.process = subprocess.Popen(
            ["qemu-storage-daemon", "--blockdev", f"driver=file,node-name=image,filename={self.raw}",
             "--blockdev", f"driver=file,node-name=log,filename={self.log_path}",
             "--blockdev", "driver=blklogwrites,node-name=both,file=image,log=log,log-sector-size=512",
             "--export", f"type=fuse,id=disk,node-name=both,mountpoint={self.device},writable=on"], stdin=subprocess.DEVNULL, preexec_fn=end_with_parent)
        try:
            self._wait()
            self.mounted = Mounted(self.device, self.kind, self.disk)
            self.mounted.__enter__()
        except BaseException:
            self._end()
            raise
        return self

    def _wait(self):
        for _ in range(1000):
            if os.stat(self.device).st_size == SIZE:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise OSError(errno.EIO, "qemu-storage-daemon serves no disk")

    def _end(self):
        self.process.terminate()
        self.process.wait(30)

    def __exit__(self, *_):
        try:
            self.mounted.__exit__()
        finally:
            for _ in range(200):                     # the loop device lets go of it
                if not self._held():
                    break
                time.sleep(0.01)
            self._end()
        self.log = read_log(self.log_path)

    def _held(self):
        path = f"/sys/block/{os.path.basename(self.mounted.loop.name)}/loop/backing_file"
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().strip() == self.device
        except OSError:
            return False


def extents(path):
    """[(offset, bytes)] of what is not zero in a sparse file."""
    found, at = [], 0
    with open(path, "rb", buffering=0) as file:
        while True:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                return found
            end = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            for place in range(at, end, CHUNK):
                data = os.pread(file.fileno(), min(CHUNK, end - place), place)
                if data.count(0) != len(data):
                    found.append((place, data))
            at = end


def read_log(path):
    """[(offset, bytes, flags)]"""
    with open(path, "rb") as file:
        text = file.read()
    magic, version, count, sector = struct.unpack_from("<QQQI", text)
    if magic != MAGIC or version != 1 or sector != SECTOR:
        raise ValueError("this is no block log")
    entries, at = [], SECTOR
    for _ in range(count):
        start, sectors, flags, _ = struct.unpack_from("<QQQQ", text, at)
        at += SECTOR
        length = sectors * SECTOR
        data = bytes(length) if flags & DISCARD else text[at:at + length]
        at += 0 if flags & DISCARD else length
        entries.append((start * SECTOR, data, flags))
    return entries


def marks(log):
    """[(place in the log, kind, number, place of the recipient, text)]"""
    found = []
    for index, (at, data, _) in enumerate(log):
        if at >= MARKS and data.startswith(b"POSTERN "):
            _, kind, number, place, *text = data.split(b"\0")[0].decode().split()
            found.append((index, kind, int(number), int(place), text[0] if text else ""))
    return found


class Replay:
    """The disk as it was at a place of the log; places may only go up."""

    def __init__(self, base, log):
        self.log, self.image, self.chunks, self.done = log, bytearray(SIZE), set(), 0
        self.pending = []
        for at, data in base:
            self._put(at, data)

    def _put(self, at, data):
        if data:
            self.image[at:at + len(data)] = data
            self.chunks.update(range(at // CHUNK, (at + len(data) - 1) // CHUNK + 1))

    def go_to(self, place):
        """What was written before that entry, and safe by a flush, is safe."""
        for at, data, flags in self.log[self.done:place]:
            if flags & FLUSH:
                for write in self.pending:
                    self._put(*write)
                self.pending = []
            if flags & FUA:
                self._put(at, data)
            elif data:
                self.pending.append((at, data))
        self.done = max(self.done, place)

    def write(self, path, variant, chance):
        """variant: none, all, half"""
        with open(path, "wb", buffering=0) as file:
            file.truncate(SIZE)
            for start, end in runs(sorted(self.chunks)):
                os.pwrite(file.fileno(), memoryview(self.image)[start * CHUNK:end * CHUNK], start * CHUNK)
            for at, data in self.pending if variant != "none" else ():
                for begin in range(0, len(data), PIECE):
                    if variant == "all" or chance.random() < 0.5:
                        os.pwrite(file.fileno(), data[begin:begin + PIECE], at + begin)


def runs(numbers):
    """[(first, one behind the last)]"""
    found = []
    for number in numbers:
        if found and found[-1][1] == number:
            found[-1][1] = number + 1
        else:
            found.append([number, number + 1])
    return found

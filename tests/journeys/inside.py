# SPDX-License-Identifier: Apache-2.0
"""inside.py FOLDER — runs in namespaces of its own: starts the tree that was installed to FOLDER, as root, on port 25,
sends a message through it, and prints who runs as whom."""
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import house  # noqa: E402


def own_users(installed):
    """A copy of the users, made with the installed file, seen here alone. Those of a real installation are left out."""
    etc = os.path.join(tempfile.mkdtemp(), "etc")
    os.mkdir(etc)
    for name in ("passwd", "group", "shadow", "gshadow"):
        with open(f"/etc/{name}", encoding="utf-8") as file, open(f"{etc}/{name}", "w", encoding="utf-8") as out:
            out.writelines(line for line in file if not line.startswith("postern-"))
    root = os.path.dirname(etc)
    shutil.copytree(os.path.join(installed, "usr/lib/sysusers.d"), f"{root}/usr/lib/sysusers.d")
    subprocess.run(["systemd-sysusers", f"--root={root}", "postern.conf"], check=True, capture_output=True)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    for name in ("passwd", "group"):
        subprocess.run(["mount", "--bind", f"{etc}/{name}", f"/etc/{name}"], check=True)


def configure(installed, sink):
    path = os.path.join(installed, "etc/postern/postern.conf")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name in ("var/spool/postern", "var/lib/postern", "run/postern"):
        text = text.replace(f'"/{name}"', f'"{installed}/{name}"')
    text += f'\ndomain "example.org" {{ deliver = {{"{sink.url}"}} }}\n'
    assert "0.0.0.0:25" in text, text
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def main():
    installed = sys.argv[1]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    own_users(installed)
    sink = house.Sink()
    gateway = house.Gateway.__new__(house.Gateway)
    gateway.port, gateway.conf, gateway.log = 25, configure(installed, sink), os.path.join(installed, "log")
    house.POSTERN = os.path.join(installed, "usr/bin/postern")
    gateway.start()
    data = house.message()
    assert house.send(gateway, data)[0] == 250
    assert house.without_trace(sink.wait()[0].data, data) == data
    print("delivered")
    time.sleep(0.5)
    for pid, name in {gateway.process.pid: "supervisor", **gateway.children()}.items():
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            facts = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        user = pwd.getpwuid(int(facts["Uid"].split()[0])).pw_name
        worker = name == "inspect" and int(facts["PPid"]) != gateway.process.pid
        print("worker" if worker else name, user)
    gateway.stop()
    assert gateway.process.returncode == 0


if __name__ == "__main__":
    main()

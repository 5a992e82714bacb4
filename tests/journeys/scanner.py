# SPDX-License-Identifier: Apache-2.0
"""A clamd of our own that says what a test wants it to say: the truth, lies, or nothing."""
import os
import socket
import threading

CLEAN = b"fd[10]: OK\n"


class Scanner:
    """`answer(bytes of the message)`: the bytes to answer with; None: closes without a word."""

    def __init__(self, path, answer=lambda data: CLEAN):
        self.path, self.answer = path, answer
        self._listener = None

    @property
    def section(self):
        return f'scanner "ours" {{ type = clamd  socket = "{self.path}"  timeout = "3s" }}'

    def start(self):
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        os.chmod(self.path, 0o666)
        self._listener.listen(128)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def stop(self):
        if self._listener:
            self._listener.close()
            self._listener = None
            self.path.unlink(missing_ok=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        passed = []
        try:
            with peer:
                peer.settimeout(10)
                command, answer = b"", None
                while not command.endswith(b"\n") or (command == b"nFILDES\n" and not passed):
                    piece, more, _, _ = socket.recv_fds(peer, 4096, 4)
                    passed += more
                    if not piece:
                        return
                    command += piece.strip(b"\0")
                if command == b"nPING\n":
                    answer = b"PONG\n"
                elif passed:
                    answer = self.answer(os.pread(passed[0], os.fstat(passed[0]).st_size, 0))
                if answer:
                    peer.sendall(answer)
        except OSError:
            pass                                    # who asked has been killed
        finally:
            for one in passed:
                os.close(one)

#!/usr/bin/env python3
"""Runs a program of asassigned with one typical fault.

    ./wrong.py FAULT client|server [ARGUMENT...]

FAULTS lists, for each fault, what is replaced in the programs: a text that one of
them contains, and the text in its place.
"""
import pathlib
import sys

SHOW = "        for line in lines:\n            sys.stdout.write(line)\n"
LISTEN = 'socket.create_server(("127.0.0.1", 4000))'
LISTEN_CLIENT = 'socket.create_server(("127.0.0.1", PORT2))'
SEND = "        %s.sendall((line + \"\\n\").encode())\n    except OSError:\n        %s\n"

# A reader that takes what one recv returns for one message.
ONE_RECV = """
class Messages:
    def __init__(self, sock):
        self.sock = sock

    def readline(self):
        PAUSE
        text = self.sock.recv(SIZE).decode().rstrip("\\n")
        return text + "\\n" if text else ""

    def __iter__(self):
        return iter(self.readline, "")


lock ="""


def one_recv(size, pause):
    reader = ONE_RECV.replace("SIZE", size).replace("PAUSE", pause)
    return [
        ("both", "lock =", reader),
        ("client", "def read(sock, lines):\n", "def read(sock, lines):\n    lines = Messages(sock)\n"),
        ("server", "def show_lines(lines):\n", "def show_lines(sock):\n    lines = Messages(sock)\n"),
        ("server", "    show_lines(lines)\n", "    show_lines(sock)\n"),
    ]


FAULTS = {
    "none": [],
    "no line end on the screen": [("both", SHOW, SHOW.replace("sys.stdout.write(line)", 'print(line.rstrip("\\n"), end="", flush=True)')),
                                  ("server", '(f"Client {client}: initiated.\\n")', '(f"Client {client}: initiated.\\n"[:-1]); sys.stdout.flush()')],
    "no line end, no flush": [("server", '(f"Client {client}: initiated.\\n")', '(f"Client {client}: initiated.")')],
    "no line end on the wire": [("server", '(line + "\\n")', "line")],
    "two lines taken for one": one_recv("4096", "import time; time.sleep(0.1)") + [
        ("client", 'send(sock, f"Client {ME}: " + line.rstrip("\\n"))', 'sock.sendall((f"Client {ME}: " + line.rstrip("\\n")).encode())')],
    "a line taken for two": one_recv("24", ""),
    "no SO_REUSEADDR": [("server", LISTEN, 'socket.socket()\nlistener.bind(("127.0.0.1", 4000))\nlistener.listen()')],
    "listens everywhere": [("server", LISTEN, LISTEN.replace("127.0.0.1", "0.0.0.0"))],
    "server does not listen": [("server", LISTEN, 'socket.socket()\nlistener.bind(("127.0.0.1", 4000))')],
    "client does not listen": [("client", LISTEN_CLIENT, 'socket.socket()\nlistener.bind(("127.0.0.1", PORT2))')],
    "server at another port": [("server", LISTEN, LISTEN.replace("4000", "4001"))],
    "client at another port": [("client", LISTEN_CLIENT, LISTEN_CLIENT.replace("PORT2", "PORT2 + 1000"))],
    "busy loop": [("client", SHOW, "        while True:\n            sys.stdout.write(lines.readline())\n")],
    "exits when a client is killed": [("client", SEND % ("sock", "links.discard(sock)  # it has left"), SEND % ("sock", "raise")),
                                      ("client", "    links.discard(sock)\n", "")],
    "deadlock": [("client", SHOW, SHOW.replace("sys", "lock.acquire()\n            sys"))],
    "reconnected is broadcast": [("client", 'send(sock, f"Client {ME}: reconnected")',
                                  'for link in list(links):\n                send(link, f"Client {ME}: reconnected")')],
    "own line is echoed": [("client", "for line in sys.stdin:\n", 'for line in sys.stdin:\n    sys.stdout.write(f"Client {ME}: {line}")\n')],
    "registry at the exit": [("server", 'with open(REGISTRY, "a") as registry:\n            registry.write(f"{client} {port}\\n")', "pass"),
                             ("server", 'send(client, "Server: terminated.")',
                              'send(client, "Server: terminated.")\nwith open(REGISTRY, "w") as registry:\n'
                              '    registry.writelines(f"{client} {port}\\n" for client, port in ports.items())')],
    "earlier clients do not show initiated": [("client", "        sys.stdout.write(line)\n    read(sock, lines)",
                                               '        if line.startswith("Server"):\n            sys.stdout.write(line)\n    read(sock, lines)')],
    "traceback at the start": [("server", "threading.Lock()", "threading.Lok()")],
    "Exit is not known": [("server", 'line == "Exit"', 'line == "Exit\\n"')],
}


def main():
    fault, role, *sys.argv[1:] = sys.argv[1:]
    path = pathlib.Path(__file__).resolve().parent.parent / "asassigned" / (role + ".py")
    source = path.read_text()
    for program, old, new in FAULTS[fault]:
        if program in (role, "both"):
            assert old in source, f"{path} does not contain {old!r}"
            source = source.replace(old, new)
    exec(compile(source, str(path), "exec"), {"__name__": "__main__"})


main()

#!/usr/bin/env python3
"""A client of the chat, written from docs/protocol.md alone: chat_client.py [-tls DIR] [-server HOST:PORT] ID PORT1 PORT2"""
import asyncio, os, re, signal, socket, ssl, sys, threading, time

VERSION, LINE, TEXT = "peerlab-chat/2", 16640, 16384  # bytes of a line, and of a text, at most
NAME, NUMBER, ADDRESS = r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31})", r"(0|[1-9][0-9]{0,17})", r"(\S+:[0-9]{1,5})"
GRAMMAR = {"HELLO": rf"(\S+) {NAME} {NUMBER} {ADDRESS} (new|in|back) {NUMBER}", "READY": rf"{NUMBER} {NUMBER}",
           "PEER": rf"{NAME} {NUMBER} {ADDRESS} {NUMBER}", "MSG": rf"{NAME} {NUMBER} (.*)",
           "PING": r"(\S{1,64})", "PONG": r"(\S{1,64})", "BYE": ""}  # what follows each verb
UNSAFE = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # could steer a terminal


def decode(line):
    raw = line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "backslashreplace")
    return UNSAFE.sub(lambda c: r"\t" if c[0] == "\t" else (r"\x%02x" if c[0] <= "\x7f" else r"\u%04x") % ord(c[0]), raw)


def show(who, text, mark=""):
    print(mark + ("Server:" if who == "server" else f"Client {who}:"), text, flush=True)


def send(writer, *words):
    writer.write(" ".join(map(str, words)).encode() + b"\n")


def tls(side, folder):
    """Mutual TLS for one side, or None without a folder of certificates."""
    if not folder: return None
    context, (ca, cert, key, revoked) = ssl.SSLContext(side), (f"{folder}/{name}.pem" for name in ("ca", "cert", "key", "revoked"))
    context.minimum_version, context.check_hostname, context.verify_mode = ssl.TLSVersion.TLSv1_3, False, ssl.CERT_REQUIRED
    context.load_cert_chain(cert, key)
    context.load_verify_locations(ca)
    if os.path.exists(revoked):
        context.load_verify_locations(revoked)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


async def receive(reader, *verbs):
    while re.match(rb"\r?\n|(AFTER|HAVE|WANT|SUSPECT) |(UN)?WATCH", line := await asyncio.wait_for(reader.readline(), 3)): pass  # not for us
    if not line.endswith(b"\n"): raise ConnectionError("closed, perhaps in the middle of a line")
    verb, _, rest = decode(line).partition(" ")
    if verb == "ERR": raise ConnectionError(rest)
    fields = re.fullmatch(GRAMMAR.get(verb, "(?!)"), rest)
    if verb not in verbs or not fields: raise ValueError("syntax", "expected " + " or ".join(verbs))
    return verb, fields.groups()


class Member:
    """Somebody whom we have met or heard of. The number INC tells a process from an earlier one of its name."""

    def __init__(self, name):
        self.name, self.rank = name, (name != "server", len(name), name)  # of two dials that cross, the lower's stays
        self.inc, self.met, self.shown, self.left = 0, set(), {}, False  # shown: by INC, its last line on our screen
        self.dials, self.dialling, self.link, self.pong = {}, set(), None, asyncio.Event()  # link: where we write to it


class Client:
    def __init__(self, certificates, server, name, port1, port2):
        self.me, self.port1, self.address, self.certificates = Member(name), int(port1), f"127.0.0.1:{port2}", certificates
        self.me.inc, self.state, self.typed, self.members = time.time_ns() // 1000, "new", [], {}
        self.member("server", server or "127.0.0.1:4000")

    def member(self, name, address, wait=0):
        member = self.members.setdefault(name, Member(name))
        if name != self.me.name and address not in member.dials:
            member.dials[address] = asyncio.create_task(self.keep_linked(member, address, wait))
        return member

    async def keep_linked(self, member, address, wait):
        """Dials the address whenever there is no link with its member."""
        while True:
            await asyncio.sleep(wait)
            wait = 0.1 if member.link or member.left else min(2, wait * 2 or 0.05)
            if member.link or member.left: continue
            member.dialling.add(address)
            try: await self.converse(*await asyncio.wait_for(self.connect(member, address), 5), member)
            except (OSError, ValueError, OverflowError, asyncio.TimeoutError) as why:  # nobody is there
                if wait == 0.05 and self.state == "new": print("no server at", address, "yet; waiting:", why, file=sys.stderr)
            member.dialling.discard(address)

    async def connect(self, member, address):
        sock, (host, port) = socket.socket(), address.rsplit(":", 1)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", self.port1 if member.name == "server" else 0))
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        context = tls(ssl.PROTOCOL_TLS_CLIENT, self.certificates)
        return await asyncio.open_connection(sock=sock, limit=LINE, ssl=context, server_hostname=context and "")

    async def converse(self, reader, writer, member=None):
        """A connection from its first line to its last; with whom, if it was we who dialled."""
        try:
            member = await asyncio.wait_for(self.greet(reader, writer, member), 5)
            while member:
                verb, fields = await receive(reader, "MSG", "PEER", "PING", "PONG", "BYE")
                getattr(self, verb.lower())(member, *fields)
                await writer.drain()
        except asyncio.TimeoutError: send(writer, "ERR timeout nothing was heard in time")
        except ValueError as why: send(writer, "ERR", *(why.args if len(why.args) > 1 else ("syntax", why)))
        except OSError as why:  # it broke, or they ended it
            if self.state == "new" and str(why).startswith("taken"): sys.exit(f"choose another ID: {why}")
            if isinstance(why, ssl.SSLError): print("TLS:", why, file=sys.stderr)
        finally:
            writer.close()
            if member and member.link is writer: member.link = None

    async def greet(self, reader, writer, wanted):
        hello = "HELLO", VERSION, self.me.name, self.me.inc, self.address, (said := self.state), len(self.typed)
        if wanted: send(writer, *hello)
        verb, fields = await receive(reader, "HELLO", "PING")
        if verb == "PING": return send(writer, "PONG", *fields)  # a health check, and all there is to it
        version, name, inc, address, their_state, last = fields
        inc, last = int(inc), int(last)
        certificate, own = writer.get_extra_info("peercert"), f"peerlab:{'client' * (name != 'server')}{name}"
        if certificate and ("URI", own) not in certificate["subjectAltName"]: raise ValueError("certificate", "not yours: " + own)
        if version != VERSION: raise ValueError("version", "I speak " + VERSION)
        if name == self.me.name: raise ValueError("self" if inc == self.me.inc else "taken", "I am " + name)
        if wanted and name != wanted.name: raise ValueError("wrong", "I looked for " + wanted.name)
        reachable = re.sub(r"^(0\.0\.0\.0|\[::\]):", writer.get_extra_info("peername")[0] + ":", address)
        member = self.member(name, reachable, 0.05)
        if not wanted:
            await self.check_for_another(member, inc, address)
            send(writer, *hello)
            _, (have, _) = await receive(reader, "READY")
        if inc not in member.met:
            everything = their_state == "new" or inc > self.me.inc or member.met
            member.shown[inc] = 0 if everything else min(member.shown.get(inc, last), last)
            member.met.add(inc)
            if name != "server" or said != "new": show(name, "initiated" + "." * (name != "server"))
        known = [m for m in self.members.values() if m.inc and not m.left and m.name not in ("server", name)]
        send(writer, "READY", member.shown[inc], len(known))
        for m in known: send(writer, "PEER", m.name, m.inc, m.address, m.shown[m.inc])
        if wanted: _, (have, _) = await receive(reader, "READY")
        member.link, member.inc, member.left, member.address = writer, inc, False, reachable
        if self.state == "new": show(self.me.name, "initiated.")
        self.state = "back" if name == "server" else self.state.replace("new", "in")
        for seq in range(int(have), len(self.typed)): send(writer, "MSG", self.me.name, seq + 1, self.typed[seq])
        return member

    async def check_for_another(self, member, inc, address):
        """One link a pair: refuses a caller with whom there is one that lives, or will be one by our own dial."""
        if member.link:
            member.pong.clear()
            send(member.link, "PING", "are-you-there")
            await asyncio.wait([asyncio.create_task(member.pong.wait())], timeout=1)
            if member.pong.is_set(): raise ValueError("linked" if inc == member.inc else "taken", "we are connected")
            member.link.transport.abort()
        if address in member.dialling and self.me.rank < member.rank: raise ValueError("crossed", "I am dialling you")

    # What is said over a link: a method for each verb

    def msg(self, member, name, seq, text):
        if name != member.name: raise ValueError("sender", "you are " + member.name)
        new = int(seq) - member.shown[member.inc]
        if new > 1: show(name, f"{new - 1} line{'s' * (new > 2)} lost", mark="* ")  # so that it is not taken for typed
        if new > 0: show(name, re.sub(r"^(initiated\.?|terminated\.|reconnected)$", r'"\1"', text))  # typed, not true
        member.shown[member.inc] += max(new, 0)

    def peer(self, _, name, inc, address, have):
        member = self.member(name, address, 0 if self.me.inc > int(inc) else 0.2)
        member.shown.setdefault(int(inc), int(have))
        member.left = member.left and int(inc) <= member.inc

    def ping(self, member, token): send(member.link, "PONG", token)
    def pong(self, member, token): member.pong.set()

    def bye(self, member):
        show(member.name, "terminated.")
        member.left = member.name != "server"
        raise ConnectionError("it has left")

    # What is typed

    def type(self, line):
        if (text := decode(line)).rstrip() == "/quit": return asyncio.ensure_future(self.leave())
        why = f"more than {TEXT} bytes" if len(text.encode()) > TEXT else "/quit is the only command, // sends /"
        if len(text.encode()) > TEXT or re.match("/(?!/)", text): return print("not sent:", why, file=sys.stderr)
        self.typed.append(text := text[text.startswith("//"):])
        for m in self.members.values():
            if m.link: send(m.link, "MSG", self.me.name, len(self.typed), text)

    async def leave(self):
        for member in self.members.values(): member.left = True  # so that it is not dialled any more
        await asyncio.sleep(0.1)  # for the handshakes that are under way
        linked = [m for m in self.members.values() if m.link]
        for m in linked: m.left = not send(m.link, "BYE")  # no sign of life is to follow it
        await asyncio.wait([asyncio.gather(*(m.link.wait_closed() for m in linked), return_exceptions=True)], timeout=1)
        sys.exit()


async def main():
    words = re.fullmatch(rf"(?:-tls (\S+) )?(?:-server {ADDRESS} )?{NAME} ([0-9]{{1,5}}) ([0-9]{{1,5}})", " ".join(sys.argv[1:]))
    if not words or words[3].lower() == "server": sys.exit(print(__doc__, file=sys.stderr) or 2)
    client, loop = Client(*words.groups()), asyncio.get_running_loop()
    for number in signal.SIGINT, signal.SIGTERM: loop.add_signal_handler(number, client.type, b"/quit")

    def read():
        for line in open(0, "rb", buffering=0): loop.call_soon_threadsafe(client.type, line)
        if sys.stdin.isatty(): loop.call_soon_threadsafe(client.type, b"/quit")
    try: await asyncio.start_server(client.converse, "127.0.0.1", words[5], limit=LINE, ssl=tls(ssl.PROTOCOL_TLS_SERVER, words[1]))
    except (OSError, OverflowError) as error: sys.exit(f"port {words[5]}: {error}; choose another PORT2")
    threading.Thread(target=read, daemon=True).start()
    while not await asyncio.sleep(1): [send(m.link) for m in client.members.values() if m.link and not m.left]  # I live


asyncio.run(main())

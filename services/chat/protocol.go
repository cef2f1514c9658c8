// Package chat is a hybrid peer-to-peer chat: a server introduces clients to
// each other, they talk over a full mesh, and the mesh outlives the server.
//
// # Protocol
//
// Members (one server, any number of clients) speak lines of text over TCP: a
// verb, its fields, free text last, one space between them, LF at the end (CRLF
// is tolerated). No line is longer than 16,640 bytes. Each pair of members keeps
// one connection, whoever dialled it.
//
// Every process draws an incarnation at its start, a number greater than that
// of any process that bore its name before; ours is the time in microseconds. A
// process numbers the lines typed at it 1, 2, 3, …; name, incarnation and
// sequence number name a line for ever.
//
// A connection opens with a handshake, to be over within 5 seconds:
//
//		dialler   HELLO peerlab-chat/1 NAME INCARNATION HOST:PORT STATE LAST
//		listener  HELLO peerlab-chat/1 NAME INCARNATION HOST:PORT STATE LAST
//		dialler   READY HAVE COUNT
//		listener  READY HAVE COUNT
//
//	  - HELLO says who one is and where one listens. NAME is "server" or a client's
//	    ID. STATE is of a client: "new" asks to be let in, "in" was let in by
//	    another client and has met no server so far, "back" has been with a server;
//	    the server's is always "in". LAST is the sequence number of the last line
//	    typed so far.
//	  - READY says that the other is who it should be and that this connection is
//	    the one to keep. HAVE is the last line of the other's that has been shown
//	    here: what follows it comes next. COUNT lines PEER and HAVE come first, the
//	    list: how far the sender has shown each process it knows of, itself included.
//	    A new client that gets its first READY is in. The server writes the client
//	    into its registry before that.
//
// From then on either side sends, in any order but that given:
//
//	PEER NAME INCARNATION HOST:PORT HAVE   a client the sender has met, and how far it has shown its lines
//	MSG NAME SEQUENCE TEXT                 a line typed at the sender, whose name is NAME
//	AFTER NAME INCARNATION SEQUENCE        right before a MSG: what had been shown where that was typed
//	HAVE NAME INCARNATION SEQUENCE         the sender has shown that process's lines through SEQUENCE
//	WANT NAME INCARNATION SEQUENCE         asks for those that follow
//	LINES NAME INCARNATION COUNT           the answer to WANT: COUNT lines of that process come right behind it
//	PING TOKEN                             asks for PONG TOKEN; TOKEN is 1 to 64 bytes without spaces
//	PONG TOKEN
//	BYE                                    the sender leaves for good; the other side closes
//	ERR CODE REASON                        the sender closes; the last line of a connection
//	                                       (an empty line) the sender is alive
//
// TEXT is 0 to 16,384 bytes without control bytes. A SEQUENCE that was shown
// before is passed over; one that leaves some out says that the sender does not
// have those any more. A client that learns of another by PEER dials it; the
// younger of the two at once, the older a moment later.
//
// # Agreement
//
// What one member has shown, all show, whoever dies: each keeps the lines of
// others that it has shown, as they came, and hands them on. HAVE is said of
// everybody on a new link (the list), of X to all when the link to X ends, and of
// whatever has moved about once a second. Who hears of more than it has sends
// WANT, unless a link to that very process is up: then they come by themselves.
// The answer is LINES, at most some 256 KiB of them; who still lacks some asks
// again. COUNT is 0 if the one who was asked has none. A MSG in it bears the name
// of the process asked for; anywhere else it bears its sender's.
//
// A process that one has never heard of counts from 0 if it is younger than
// oneself, and from what the first mention of it says otherwise: what was said
// before one came is not shown. HELLO of the state "new", or from somebody whose
// name had another process that one has met, counts from 0 too.
//
// # Causality
//
// Before a MSG come AFTER lines for all whose lines its typist's screen has shown
// since the typist's own line before. The line is shown once they have been shown
// here, and held back until then, and so are those behind it. When they do not
// come they are asked for where the line came from, and then everywhere; when they
// cannot be had for 2 seconds and there is no link to their process, or for 10
// seconds in any case, the line is shown with a notice.
//
// # Detection
//
// Who has said nothing for a second says an empty line. A link that is silent for
// 3 seconds is closed.
//
// Before HELLO, PING is answered too, and the connection closed: a health check.
//
// The codes of ERR:
//
//	syntax    a line was no message of this protocol, was out of order, or too long
//	version   the other speaks another protocol or version
//	timeout   the handshake took too long
//	self      the dialler has reached itself
//	wrong     the one reached is not the one that was looked for
//	taken     another process is here under that name, and lives; choose another
//	linked    there is a connection between the two, and it lives
//	crossed   the two dialled each other at the same time, and the other connection stays
//	full      no room for another member, or more than a link may ask for or name
//	leaving   the one reached is about to leave
//	sender    a MSG bore a name that it should not
//	silent    nothing was heard for 3 seconds
package chat

// version opens every HELLO.
const version = "peerlab-chat/1"

const (
	maxText = 16 << 10      // bytes in a typed line
	maxLine = maxText + 256 // bytes in a line of the protocol
	maxAddr = 128           // bytes in an address
	maxPing = 64            // bytes in a token
)

type verb string

const (
	verbHello verb = "HELLO"
	verbReady verb = "READY"
	verbPeer  verb = "PEER"
	verbMsg   verb = "MSG"
	verbAfter verb = "AFTER"
	verbHave  verb = "HAVE"
	verbWant  verb = "WANT"
	verbLines verb = "LINES"
	verbPing  verb = "PING"
	verbPong  verb = "PONG"
	verbBye   verb = "BYE"
	verbErr   verb = "ERR"
	verbBeat  verb = "" // an empty line
)

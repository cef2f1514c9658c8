// Package wire has the messages that the members of a chat exchange: one type a
// message, with Parse and Append, which are each other's inverse. It does no I/O.
// docs/protocol.md defines the protocol.
package wire

// Version is the first field of every HELLO.
const Version = "peerlab-chat/2"

// Limits, in bytes unless noted.
const (
	MaxText  = 16 << 10      // a typed line
	MaxLine  = MaxText + 256 // a line of the protocol, without its end
	MaxID    = 32            // the ID of a client
	MaxToken = 64            // the token of PING and PONG

	// MaxMembers is how many members a member keeps track of, those that are gone
	// included.
	MaxMembers = 1024

	// MaxDigits bounds a number.
	MaxDigits = 18
)

// A Message is a line of the protocol.
type Message interface {
	// Append adds the line to b, with its end. The fields must be valid: an
	// address and a token without blanks, a text that CheckText accepts.
	Append(b []byte) []byte
}

// The messages. The verb of each is its name in upper case; a Keepalive has none.
// Those that Parse returns are pointers, and refer to the line's bytes.
type (
	// Hello says who a member is, where it listens, and how far it has got.
	Hello struct {
		ID
		Addr  string
		State State
		Last  uint64 // sequence of the last line typed so far
	}
	// Ready says that the connection is the one to keep.
	Ready struct {
		Have  uint64 // the receiver's lines are shown through this one
		Count uint64 // PEER and HAVE lines that follow
	}
	// Peer names a client, and says how far its lines are shown.
	Peer struct {
		ID
		Addr string
		Have uint64
	}
	// Msg is a typed line.
	Msg struct {
		Name Name
		Seq  uint64
		Text []byte
	}
	// Lines announces Count lines MSG of another process.
	Lines struct {
		ID
		Count uint64
	}
	// Err says that the sender closes the connection, and why.
	Err struct{ Code, Reason []byte }

	After     position               // when the MSG behind it was typed, these lines were shown
	Have      position               // these lines are shown
	Want      position               // a request for the lines after Seq
	Ping      struct{ Token []byte } // a request for Pong
	Pong      struct{ Token []byte } // the answer to Ping
	Bye       struct{}               // the sender leaves for good
	Keepalive struct{}               // the empty line
	Watch     struct{}               // the receiver must send keepalives over this link
	Unwatch   struct{}               // it need not any more
	Suspect   struct{ ID }           // the sender receives no keepalives of a process
)

// position names the lines of a process through number Seq.
type position struct {
	ID
	Seq uint64
}

// State is how far a client has got, by its HELLO.
type State string

// A client in StateNew asks to be let in; StateIn was let in by another client and
// has met no server; StateBack has been connected to a server.
const (
	StateNew  State = "new"
	StateIn   State = "in"
	StateBack State = "back"
)

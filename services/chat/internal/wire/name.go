package wire

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"peerlab/services/internal/lines"
)

// Name is a member's name on the wire: "server", or the ID of a client.
type Name string

// Server is the name of the server.
const Server Name = "server"

// ID identifies a process: no two processes have the same name and incarnation.
type ID struct {
	Name        Name
	Incarnation uint64 // greater than that of any earlier process of the name
}

// ParseID returns the name of the client with the given ID: 1 to 32 letters,
// digits, '_', '-' and '.', the first a letter or a digit, and not "server".
func ParseID(id string) (Name, error) {
	switch {
	case id == "":
		return "", errors.New("the ID is empty; give one, such as 1")
	case len(id) > MaxID:
		return "", fmt.Errorf("ID %s is longer than %d characters", lines.Quote([]byte(id)), MaxID)
	case strings.EqualFold(id, string(Server)):
		return "", fmt.Errorf("ID %q is the server's own name; give another, such as 1", id)
	case !isID(id):
		return "", fmt.Errorf("%s is no ID; use letters and digits, such as 1", lines.Quote([]byte(id)))
	}
	return Name(id), nil
}

// isID checks the characters of an ID: 5 ns, where a search in strings of them takes
// 200, and a newcomer reads the names of all others from each of them.
func isID(id string) bool {
	for i, c := range []byte(id) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c == '_' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return true
}

// Display returns the name of the member on screens, such as "Client 3".
func (n Name) Display() string { return string(n.AppendDisplay(nil)) }

// AppendDisplay adds to b what Display returns.
func (n Name) AppendDisplay(b []byte) []byte {
	if n == Server {
		return append(b, "Server"...)
	}
	return append(append(b, "Client "...), n...)
}

// Compare orders names for lists and for the decision which of two crossing
// connections stays: the server first, then by length, so that 2 precedes 10.
func (n Name) Compare(m Name) int {
	return cmp.Or(cmp.Compare(n.rank(), m.rank()), cmp.Compare(n, m))
}

func (n Name) rank() int {
	if n == Server {
		return 0
	}
	return len(n)
}

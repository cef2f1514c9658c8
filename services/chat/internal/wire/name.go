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
	switch name := Name(id); {
	case id == "":
		return "", errors.New("the ID is empty; give one, such as 1")
	case len(id) > MaxID:
		return "", fmt.Errorf("ID %s is longer than %d characters", lines.Quote([]byte(id)), MaxID)
	case strings.EqualFold(id, string(Server)):
		return "", fmt.Errorf("ID %q is the server's own name; give another, such as 1", id)
	case !name.valid():
		return "", fmt.Errorf("%s is no ID; use letters and digits, such as 1", lines.Quote([]byte(id)))
	default:
		return name, nil
	}
}

// valid reports whether n is Server or what ParseID returns.
func (n Name) valid() bool {
	for i, c := range []byte(n) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c == '_' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return n == Server || len(n) > 0 && len(n) <= MaxID && !strings.EqualFold(string(n), string(Server))
}

// Display returns the name of the member on screens, such as "Client 3".
func (n Name) Display() string {
	if n == Server {
		return "Server"
	}
	return "Client " + string(n)
}

// Compare orders names for lists and for the decision which of two crossing
// connections stays: the server first, then by length, so that 2 precedes 10.
func (n Name) Compare(m Name) int {
	switch {
	case n == m:
		return 0
	case n == Server:
		return -1
	case m == Server:
		return 1
	}
	return cmp.Or(cmp.Compare(len(n), len(m)), cmp.Compare(n, m))
}

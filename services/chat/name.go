package chat

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"peerlab/services/internal/lines"
)

// Name is who a member is on the wire: "server", or the ID of a client.
type Name string

const server Name = "server"

// maxID bounds the ID of a client, in bytes.
const maxID = 32

// ParseID returns the name of the client with the given ID: 1 to 32 letters,
// digits, '_', '-' and '.', the first a letter or a digit, and not "server".
func ParseID(id string) (Name, error) {
	switch {
	case id == "":
		return "", errors.New("the ID is empty; give one, such as 1")
	case len(id) > maxID:
		return "", fmt.Errorf("ID %s is longer than %d characters", lines.Quote([]byte(id)), maxID)
	case !validName([]byte(id)):
		return "", fmt.Errorf("%s is no ID; use letters and digits, such as 1", lines.Quote([]byte(id)))
	case strings.EqualFold(id, string(server)):
		return "", fmt.Errorf("ID %q is the server's own name; give another, such as 1", id)
	}
	return Name(id), nil
}

func validName(b []byte) bool {
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c == '_' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return len(b) > 0 && len(b) <= maxID
}

// Who is how screens name the member.
func (n Name) Who() string {
	if n == server {
		return "Server"
	}
	return "Client " + string(n)
}

// compare orders names for people and for settling which of two crossing
// connections stays: the server first, then by length, so that 2 comes before 10.
func (n Name) compare(m Name) int {
	switch {
	case n == m:
		return 0
	case n == server:
		return -1
	case m == server:
		return 1
	}
	return cmp.Or(cmp.Compare(len(n), len(m)), cmp.Compare(n, m))
}

package stage

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

const (
	// RoomGreeting is the first line on a client's screen, and RoomGoodbye the last one
	// when the server ends.
	RoomGreeting = "Connection with the server has been established"
	RoomGoodbye  = "Connection with the server has been closed"
	// roomAddress is the address of a room whose clients cannot be told another.
	roomAddress = "127.0.0.1:3823"
)

// Room is a server that sends each line to all other clients, and its clients.
type Room struct {
	*lab.Lab
	t       testing.TB
	At      string // the server's address
	Server  *lab.Process
	Clients []*RoomClient
	known   map[string]bool // ports of the clients that newcomer has returned
}

// RoomClient is a client of a room.
type RoomClient struct {
	*lab.Process
	Port string // of its end of the connection
}

// NewRoom prepares a room, and starts no process.
func NewRoom(t testing.TB, opts ...lab.Option) *Room {
	t.Helper()
	lab.Parallel(t)
	r := &Room{Lab: lab.New(t, opts...), t: t, known: map[string]bool{}}
	r.At = serverAddress(r.Lab, roomAddress, "room-client", "room-client1", "room-client2", "room-client3", "room-client4")
	return r
}

// StartRoom starts a server.
func StartRoom(t testing.TB) *Room {
	t.Helper()
	r := NewRoom(t)
	r.StartServer()
	return r
}

// StartServer starts the server and waits until it listens.
func (r *Room) StartServer() {
	r.t.Helper()
	r.Server = r.Start(lab.Spec{Name: "room-server", Args: []string{"-listen", r.At}, Vars: places(r.At, "LISTEN", r.At)})
	if r.Server.Foreign() {
		r.At = r.Server.FindListener(r.At)
	}
	r.Server.Sees("This server is activated on port " + Port(r.At))
}

// Join starts a client and waits until the server and all other clients show that it is there.
func (r *Room) Join() *RoomClient {
	r.t.Helper()
	return r.JoinAs("room-client")
}

// JoinAs is Join for a client that is played by another role.
func (r *Room) JoinAs(role string) *RoomClient {
	r.t.Helper()
	c := &RoomClient{Process: r.Start(lab.Spec{
		Name: fmt.Sprint(role, len(r.Clients)+1), Role: role, Args: []string{"-server", r.At}, Vars: places(r.At),
	})}
	c.Receives(RoomGreeting)
	c.Port = r.newcomer()
	for _, other := range r.Clients {
		if other.Running() {
			other.Receives(fmt.Sprintf("[127.0.0.1:%s] is Online", c.Port))
		}
	}
	r.Clients = append(r.Clients, c)
	return c
}

var connected = regexp.MustCompile(`^Client \(127\.0\.0\.1, (\d+)\) connected at time \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$`)

// newcomer waits until the server shows a client that it has not returned before, and
// returns its port.
func (r *Room) newcomer() (port string) {
	r.t.Helper()
	r.Server.Collects(func() string { return "that a client is connected" }, func(l lab.Line) bool {
		if m := connected.FindStringSubmatch(strings.TrimSpace(l.Text)); m != nil && !r.known[m[1]] {
			port = m[1]
			r.known[port] = true
		}
		return port != ""
	})
	return port
}

// Call connects to the server by hand, and waits until the server shows that.
func (r *Room) Call() (c Caller, port string) {
	r.t.Helper()
	c = Call(r.t, r, r.At)
	require.Equal(r.t, RoomGreeting+"\n", c.Line())
	return c, r.newcomer()
}

// Unnamed returns how screens name a client without a name.
func Unnamed(port string) string { return fmt.Sprintf("('127.0.0.1', %s)", port) }

// RoomLine matches what others show of a line.
func RoomLine(sender, text string) *regexp.Regexp {
	return regexp.MustCompile(`^` + regexp.QuoteMeta(sender) + ` at \d\d:\d\d:\d\d: ` + regexp.QuoteMeta(text) + `$`)
}

// Shown returns the lines that the server has sent to a client, as its screen shows them.
func (c *RoomClient) Shown() []string {
	var lines []string
	for _, line := range c.Lines() {
		if text := withoutPrompt(line.Text); text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}

// withoutPrompt returns a line without the prompts before it, which stand there where no
// terminal echoes what is typed, and without what stands before a carriage return.
func withoutPrompt(line string) string {
	line = strings.TrimRight(line, " \r")
	line = line[strings.LastIndexByte(line, '\r')+1:]
	for strings.HasPrefix(line, "You: ") {
		line = strings.TrimPrefix(line, "You: ")
	}
	return strings.TrimPrefix(line, "You:")
}

// Receives waits for a line from the server.
func (c *RoomClient) Receives(text string) {
	c.matches(regexp.MustCompile("^" + regexp.QuoteMeta(text) + "$"))
}

// ReceivesFrom waits for a line of another client.
func (c *RoomClient) ReceivesFrom(sender, text string) { c.matches(RoomLine(sender, text)) }

func (c *RoomClient) matches(pattern *regexp.Regexp) {
	c.Collects(func() string { return "a line like " + pattern.String() }, func(l lab.Line) bool {
		return pattern.MatchString(withoutPrompt(l.Text))
	})
}

// CollectsUntil waits for a line that ends like this, after many others.
func (c *RoomClient) CollectsUntil(end string) {
	c.Within(BulkTimeout).Collects(func() string { return "a line that ends in " + end },
		func(l lab.Line) bool { return strings.HasSuffix(l.Text, end) })
}

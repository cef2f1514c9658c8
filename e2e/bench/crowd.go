package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"peerlab/e2e/bench/internal/load"
	"peerlab/e2e/bench/internal/rounds"
)

// crowdAddr is the address of every crowd's server, each on its own network.
const crowdAddr = "127.0.0.1:4000"

// joinTime is how long a crowd may need to be complete.
const joinTime = 30 * time.Second

// kind is the programs of a crowd, each of which shows what is typed at the others: a
// server, and clients with numbers from 1. In commands and prefixes {i} is the number,
// {dir} is a folder, and {certs} has the certificates of the server and of five clients.
type kind struct {
	name           string
	server, client string
	prefix         string // of a client's line at the others
	// broker: the server shows nothing and nothing is typed at it. A client with the
	// number 0 has its place.
	broker bool
	// complete returns how many lines each screen shows at least when n clients have
	// joined, and how many all screens show together.
	complete func(n int64) (each, all int64)
}

var (
	chat = kind{
		name: "chat", server: "server -listen " + crowdAddr + " -registry {dir}/registry", client: "client -server " + crowdAddr + " {i} 0 0",
		prefix: "Client {i}: ", complete: meeting,
	}
	bareMesh = kind{
		name: "bare mesh", server: "mesh " + crowdAddr + " -{dir}/registry", client: "mesh 127.0.0.1:0 " + crowdAddr,
		complete: meeting,
	}
	natsGo = kind{
		name: "nats.go", server: "nats-server -a 127.0.0.1 -p 4000", client: "natsline client{i}: " + crowdAddr + " chat",
		prefix: "client{i}: ", broker: true,
		complete: func(n int64) (each, all int64) { return 1, n + 1 },
	}
	room = kind{
		name: "room", server: "room-server -listen " + crowdAddr, client: "room-client -server " + crowdAddr,
		prefix: "('127.0.0.1', 40000) at 13:54:00: ", broker: true,
		// Each client shows a greeting, and a line for each that joins after it.
		complete: func(n int64) (each, all int64) { return 1, n + 1 + n*(n+1)/2 },
	}
)

// chatTLS is a chat whose members have certificates.
var chatTLS = kind{
	name: "chat with TLS", server: chat.server + " -tls {certs}/server", client: "client -tls {certs}/client{i} -server " + crowdAddr + " {i} 0 0",
	prefix: chat.prefix, complete: meeting,
}

// meeting is for kinds in which each screen shows a line for each client.
func meeting(n int64) (each, all int64) { return n, n * (n + 1) }

// crowd is a server and its clients. The server, or what has its place, is the first
// talker.
type crowd struct {
	*load.Group
	kind
	lab     *lab
	dir     string
	talkers []load.Talker
}

// gather starts a server, and returns when it listens.
func (l *lab) gather(ctx context.Context, g *load.Group, k kind) (*crowd, error) {
	dir, err := os.MkdirTemp(l.dir, "crowd-")
	if err != nil {
		return nil, err
	}
	c := &crowd{Group: g, kind: k, lab: l, dir: dir}
	listens := listening(crowdAddr)
	if k.broker {
		path, args := c.command(k.server, 0)
		return c, g.Serve(ctx, listens, path, args...)
	}
	s, err := c.start(k.server, len("Server: "), 0)
	if err != nil {
		return nil, err
	}
	return c, s.Ready(ctx, listens)
}

// command returns the program and the arguments of a command.
func (c *crowd) command(text string, i int) (path string, args []string) {
	args = strings.Fields(c.fill(text, i))
	return c.lab.bin(args[0]), args[1:]
}

func (c *crowd) fill(text string, i int) string {
	return strings.NewReplacer("{i}", strconv.Itoa(i), "{dir}", c.dir, "{certs}", string(c.lab.certs())).Replace(text)
}

// start starts a program with a screen.
func (c *crowd) start(command string, prefix, i int) (*load.Screen, error) {
	path, args := c.command(command, i)
	s, err := c.Start(path, args...)
	if err == nil {
		if c.prefix == "" {
			prefix = 0
		}
		c.talkers = append(c.talkers, load.Talker{Screen: s, Prefix: prefix})
	}
	return s, err
}

// join starts so many clients, all at the same time, and returns when the crowd is
// complete.
func (c *crowd) join(ctx context.Context, clients int) error {
	for i := len(c.talkers); i <= clients; i++ {
		if _, err := c.start(c.client, len(c.fill(c.prefix, i)), i); err != nil {
			return err
		}
	}
	each, all := c.complete(int64(clients))
	return c.Until(ctx, joinTime, func() bool {
		sum := int64(0)
		for _, s := range c.Screens {
			if s.Lines < each {
				return false
			}
			sum += s.Lines
		}
		return sum >= all
	})
}

// restart kills the server and starts it again. It returns when the screen of each client
// has a line about that, and the server's has one for each client.
func (c *crowd) restart(ctx context.Context) (load.Usage, error) {
	c.talkers[0].Kill()
	c.talkers = c.talkers[1:]
	due := make(map[*load.Screen]int64)
	for _, s := range c.Screens {
		due[s] = s.Lines + 1
	}
	clients := int64(len(due))
	return c.Measure(func() error {
		server, err := c.start(c.server, len("Server: "), 0)
		if err != nil {
			return err
		}
		c.talkers = append([]load.Talker{c.talkers[clients]}, c.talkers[:clients]...)
		due[server] = clients
		return c.Until(ctx, joinTime, func() bool {
			return !slices.ContainsFunc(c.Screens, func(s *load.Screen) bool { return s.Lines < due[s] })
		})
	})
}

// settle is how long a crowd rests after joining, for each client: a chat of a hundred
// has two seconds.
const settle = 20 * time.Millisecond

// crowdTurn is what a crowd does in its turn.
type crowdTurn func(ctx context.Context, c *crowd) (rounds.Sample, error)

// crowds are sides with so many clients. In each turn a crowd is gathered, and rests.
func (l *lab) crowds(clients int, do crowdTurn, kinds ...kind) (sides []rounds.Side) {
	for _, k := range kinds {
		sides = append(sides, rounds.Side{Name: k.name, Turn: turn(l.crowdTurn(k, clients, do))})
	}
	return sides
}

func (l *lab) crowdTurn(k kind, clients int, do crowdTurn) func(context.Context, *load.Group) (rounds.Sample, error) {
	return func(ctx context.Context, g *load.Group) (rounds.Sample, error) {
		c, err := l.gather(ctx, g, k)
		if err == nil {
			err = c.join(ctx, clients)
		}
		if err == nil {
			err = c.Rest(ctx, time.Duration(clients)*settle)
		}
		if err != nil {
			return rounds.Sample{}, fmt.Errorf("%d clients: %w", clients, err)
		}
		return do(ctx, c)
	}
}

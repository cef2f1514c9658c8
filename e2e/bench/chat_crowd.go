package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"peerlab/e2e/bench/internal/pipes"
	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/rounds"
)

// The sides, as the tables name them.
const (
	chatSide = "chat"
	meshSide = "bare mesh"
	goSide   = "nats.go"
)

// joinTime is how long a mesh may take to be complete.
const joinTime = 30 * time.Second

// crowd is processes each of which shows what the others type: a server, and
// clients in the order of their numbers.
type crowd struct {
	*pipes.Group
	talkers []pipes.Talker // the server first
	programs
	addr  string // of the server
	known string // the server's file of its clients
}

// programs is how a crowd's processes are started.
type programs struct {
	server func(c *crowd) (program string, args []string, prefix string)
	client func(c *crowd, i int) (program string, args []string, prefix string)
}

// chat is the product.
var chat = programs{
	server: func(c *crowd) (string, []string, string) {
		return "server", []string{"-listen", c.addr, "-registry", c.known}, "Server: "
	},
	client: func(c *crowd, i int) (string, []string, string) {
		return "client", []string{"-server", c.addr, strconv.Itoa(i), "0", "0"}, fmt.Sprintf("Client %d: ", i)
	},
}

// mesh is its limit.
var mesh = programs{
	server: func(c *crowd) (string, []string, string) {
		return "mesh", []string{c.addr, "-" + c.known}, ""
	},
	client: func(c *crowd, i int) (string, []string, string) {
		return "mesh", []string{"127.0.0.1:0", c.addr}, ""
	},
}

// gather starts a server and so many clients, and returns when each has shown
// that all are there. Close must be called.
func (l *lab) gather(ctx context.Context, p programs, clients int) (*crowd, error) {
	addr, err := proc.FreePort()
	if err != nil {
		return nil, err
	}
	c := &crowd{programs: p, addr: addr, known: l.path("known-" + addr)}
	if err := os.RemoveAll(c.known); err != nil { // of another crowd at that address
		return nil, err
	}
	if c.Group, err = pipes.NewGroup(); err != nil {
		return nil, err
	}
	if err := c.start(ctx, l, clients); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *crowd) start(ctx context.Context, l *lab, clients int) error {
	if err := c.serve(ctx, l); err != nil {
		return err
	}
	return c.join(ctx, l, clients)
}

// serve starts the server, and returns when it listens.
func (c *crowd) serve(ctx context.Context, l *lab) error {
	p, err := c.startServer(l)
	if err != nil {
		return err
	}
	return p.Ready(ctx, func() error { return dials(c.addr) })
}

func (c *crowd) startServer(l *lab) (*pipes.Process, error) {
	program, args, prefix := c.server(c)
	p, err := c.Start(program, l.bin(program), args...)
	if err == nil {
		c.talkers = append([]pipes.Talker{{Process: p, Prefix: prefix}}, c.talkers...)
	}
	return p, err
}

// join starts so many clients, all at the same time, and returns when every
// screen, the server's too, has a line for each.
func (c *crowd) join(ctx context.Context, l *lab, clients int) error {
	for i := 1; i <= clients; i++ {
		program, args, prefix := c.client(c, i)
		p, err := c.Start(program+" "+strconv.Itoa(i), l.bin(program), args...)
		if err != nil {
			return err
		}
		c.talkers = append(c.talkers, pipes.Talker{Process: p, Prefix: prefix})
	}
	return c.show(ctx, clients)
}

// restart kills the server and starts it again; it returns when every client's
// screen has a line of that, and the server's one for each client.
func (c *crowd) restart(ctx context.Context, l *lab) (rounds.Sample, error) {
	c.talkers[0].Kill()
	c.talkers = c.talkers[1:]
	due := make(map[*pipes.Process]int64)
	for _, p := range c.Processes {
		due[p] = p.Lines + 1
	}
	clients := int64(len(due))
	return c.Measure(func() error {
		p, err := c.startServer(l)
		if err != nil {
			return err
		}
		due[p] = clients
		return c.Until(ctx, joinTime, func() bool {
			return !slices.ContainsFunc(c.Processes, func(p *pipes.Process) bool { return p.Lines < due[p] })
		})
	})
}

// show returns when every screen has so many lines.
func (c *crowd) show(ctx context.Context, lines int) error {
	return c.Until(ctx, joinTime, func() bool {
		return !slices.ContainsFunc(c.Processes, func(p *pipes.Process) bool { return p.Lines < int64(lines) })
	})
}

// gatherNats starts a NATS server and so many clients of it, and one that stands
// where ours has its server; each has shown that it is connected. Close must be
// called.
func (l *lab) gatherNats(ctx context.Context, clients int) (*crowd, error) {
	group, err := pipes.NewGroup()
	if err != nil {
		return nil, err
	}
	c := &crowd{Group: group}
	err = func() error {
		server, addr, err := l.startNats(ctx)
		if err != nil {
			return err
		}
		c.Add(server)
		for i := range clients + 1 {
			name := fmt.Sprintf("Client %d", i)
			p, err := c.Start("natsline", l.bin("natsline"), "-name", name, addr, "chat")
			if err != nil {
				return err
			}
			c.talkers = append(c.talkers, pipes.Talker{Process: p, Prefix: name + ": "})
		}
		return c.show(ctx, 1)
	}()
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"golang.org/x/term"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/tcp"
)

// relayAddr returns the address given by RELAY_HOST and RELAY_PORT.
func relayAddr(args []string) (string, error) {
	if len(args) < 2 {
		return "", errors.New("give RELAY_HOST RELAY_PORT, such as 127.0.0.1 4100")
	}
	port, err := tcp.ParsePort(args[1])
	switch {
	case err != nil:
		return "", fmt.Errorf("RELAY_PORT: %w", err)
	case port == 0:
		return "", errors.New("RELAY_PORT is 0; give the port of the relay")
	case args[0] == "":
		return "", errors.New("RELAY_HOST is empty; give the host of the relay, such as 127.0.0.1")
	}
	return net.JoinHostPort(args[0], args[1]), nil
}

// Parse parses the argument PORT, in place of which Listen may be set.
func (c *Config) Parse(args []string) error {
	if c.Listen == "" && len(args) > 0 {
		c.Listen, args = net.JoinHostPort("127.0.0.1", args[0]), args[1:]
	}
	if len(args) > 0 {
		return fmt.Errorf("%q is one argument too many", args[0])
	}
	if c.Listen == "" {
		return errors.New("give the port to listen on, such as 4100, or -listen HOST:PORT")
	}
	return cmp.Or(tcp.CheckAddr(c.Listen), c.TLS.CheckListen(c.Listen))
}

// Parse parses the arguments RELAY_HOST RELAY_PORT and checks the configuration.
func (c *NodeConfig) Parse(args []string) (err error) {
	if c.Relay, err = relayAddr(args); err != nil {
		return err
	}
	if len(args) > 2 {
		return fmt.Errorf("%q is one argument too many", args[2])
	}
	return cmp.Or(tcp.CheckAddr(c.Listen), c.TLS.CheckListen(c.Listen))
}

// Probe checks the health of the node that runs with this configuration. If the node
// chose its own port, Probe checks the relay instead.
func (c *NodeConfig) Probe(ctx context.Context) error {
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return err
	}
	if port == "0" {
		return probeRelay(ctx, c.TLS, c.Relay)
	}
	dial, err := dialler(c.TLS, nodeRole)
	if err == nil {
		_, err = dial.askFor(ctx, c.Listen, "WHO", "NODE", 1)
	}
	return err
}

// Probe checks that the relay answers.
func (c *Config) Probe(ctx context.Context) error { return probeRelay(ctx, c.TLS, c.Listen) }

// probeRelay checks that the relay at addr answers.
func probeRelay(ctx context.Context, f mtls.Flags, addr string) error {
	dial, err := dialler(f, relayRole)
	if err == nil {
		_, _, err = (&directory{dial: dial, relay: addr}).ask(ctx)
	}
	return err
}

// dialler returns what a health check dials with.
func dialler(f mtls.Flags, role string) (Dialer, error) {
	id, err := f.Open(slog.New(slog.DiscardHandler))
	return Dialer(id.Dial(role)), err
}

// FetchCommand is the command line of fetch.
type FetchCommand struct {
	FetchConfig
	List  bool // list all files
	Names []string
}

// Parse parses and checks the arguments RELAY_HOST RELAY_PORT [NAME...].
func (c *FetchCommand) Parse(args []string) (err error) {
	if c.Relay, err = relayAddr(args); err != nil {
		return err
	}
	c.Names = args[2:]
	if c.List && len(c.Names) > 0 {
		return fmt.Errorf("-list lists all files; omit %q", strings.Join(c.Names, " "))
	}
	return nil
}

// Prompts reports whether fetch prompts for names.
func (c *FetchCommand) Prompts() bool { return !c.List && len(c.Names) == 0 }

// Probe checks that the relay answers.
func (c *FetchCommand) Probe(ctx context.Context) error { return probeRelay(ctx, c.TLS, c.Relay) }

// Run executes the command line.
func (c *FetchCommand) Run(ctx context.Context, in lines.Source) error {
	if stderr := int(os.Stderr.Fd()); term.IsTerminal(stderr) && !c.Prompts() {
		c.Progress = barsOn(stderr, os.Stderr)
	}
	if c.List {
		c.Dir = "" // nothing is saved
	}
	f, err := NewFetch(c.FetchConfig)
	if err != nil {
		return err
	}
	defer f.Close()
	switch {
	case c.List:
		return f.List(ctx)
	case c.Prompts():
		return f.Prompt(ctx, in)
	}
	return f.Files(ctx, c.Names)
}

// longTransfer is the transfer size from which a progress bar is shown.
const longTransfer = 8 << 20

// barsOn returns a FetchConfig.Progress that draws on the terminal fd.
func barsOn(fd int, out io.Writer) func(name string, size, here int64) Progress {
	columns := func() int {
		width, _, err := term.GetSize(fd)
		if err != nil {
			return 0
		}
		return width
	}
	return func(name string, size, here int64) Progress {
		if size-here < longTransfer {
			return quiet{}
		}
		return newBar(out, columns, string(lines.Escape(nil, []byte(name))), size, here)
	}
}

// quiet is a Progress that shows nothing.
type quiet struct{}

func (quiet) Add(int) {}
func (quiet) Clear()  {}
func (quiet) Exit()   {}

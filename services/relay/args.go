package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"golang.org/x/term"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// relayAddr is the address that RELAY_HOST and RELAY_PORT are.
func relayAddr(args []string) (string, error) {
	if len(args) < 2 {
		return "", errors.New("RELAY_HOST RELAY_PORT are wanted, such as 127.0.0.1 4100")
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

// Parse takes in the arguments RELAY_HOST RELAY_PORT and checks them and all else.
func (c *NodeConfig) Parse(args []string) (err error) {
	if c.Relay, err = relayAddr(args); err != nil {
		return err
	}
	if len(args) > 2 {
		return fmt.Errorf("%q is one argument too many", args[2])
	}
	if c.Advertise != "" {
		if host, _, err := splitAddr(c.Advertise); err != nil || host == "" {
			return fmt.Errorf("-advertise %q is not an address to dial; write HOST:PORT, such as 127.0.0.1:7001", c.Advertise)
		}
	}
	return tcp.CheckAddr(c.Listen)
}

// Probe asks whether the node that runs with this configuration is well. One
// that has picked its own port can't be asked itself; then the relay is.
func (c *NodeConfig) Probe(ctx context.Context) error {
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return err
	}
	if port == "0" {
		return ProbeRelay(ctx, c.Relay)
	}
	_, err = c.Dial.askFor(ctx, c.Listen, "WHO", "NODE", 1)
	return err
}

// ProbeRelay asks whether a relay is well.
func ProbeRelay(ctx context.Context, addr string) error {
	d := directory{relay: addr}
	_, _, err := d.ask(ctx)
	return err
}

// FetchCommand is a fetching client as the command line describes it.
type FetchCommand struct {
	FetchConfig
	List  bool // list what there is
	Names []string
}

// Parse takes in the arguments RELAY_HOST RELAY_PORT [NAME...] and checks them.
func (c *FetchCommand) Parse(args []string) (err error) {
	if c.Relay, err = relayAddr(args); err != nil {
		return err
	}
	c.Names = args[2:]
	if c.List && len(c.Names) > 0 {
		return fmt.Errorf("-list lists all there is; leave %q away", strings.Join(c.Names, " "))
	}
	return nil
}

// Prompts reports whether names are asked for.
func (c *FetchCommand) Prompts() bool { return !c.List && len(c.Names) == 0 }

// Probe asks whether there is a relay to ask.
func (c *FetchCommand) Probe(ctx context.Context) error { return ProbeRelay(ctx, c.Relay) }

// Run does what the command line asks for.
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

// longTransfer is how large a file must be for a progress bar.
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

package mtls

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"peerlab/services/internal/tcp"
)

// Flags are the flags -tls and -insecure of a process.
type Flags struct {
	Dir      string // the folder of the certificate; empty: plain TCP
	Insecure bool   // plain TCP is allowed where other machines can connect
}

// CheckListen returns an error that names the remedy if a process would accept plain
// TCP from other machines at addr, and -insecure does not allow that.
func (f Flags) CheckListen(addr string) error {
	host, _, _ := net.SplitHostPort(addr) // an address that is wrong is refused elsewhere
	ip, err := netip.ParseAddr(host)
	loopback := err == nil && ip.Unmap().IsLoopback() || host == "localhost"
	if f.Dir != "" || f.Insecure || loopback {
		return nil
	}
	return fmt.Errorf("other machines can connect to %s: give -tls DIR (peerlab cert makes it), or -insecure if any of them may read and join", addr)
}

// Open reads the certificate of this process from the folder. Without one it returns
// nil, and a nil Identity leaves connections as they are. An error names the file and
// the remedy.
func (f Flags) Open(log *slog.Logger) (*Identity, error) {
	if f.Dir == "" {
		return nil, nil
	}
	stamp := stampOf(f.Dir)
	m, err := load(f.Dir)
	if err != nil {
		return nil, err
	}
	id := &Identity{dir: f.Dir, log: log, stamp: stamp, material: m, refusals: rate.Sometimes{First: 10, Interval: 10 * time.Second}}
	id.warnLocked()
	return id, nil
}

// Probe is tcp.Probe of a process that runs with these flags.
func (f Flags) Probe(ctx context.Context, addr, request, want string) error {
	id, err := f.Open(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return tcp.Probe(ctx, id.Dial(""), addr, request, want)
}

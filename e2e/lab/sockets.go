package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	psnet "github.com/shirou/gopsutil/v4/net"
)

// notListening names a program that does not listen where its command line says.
func (f *failure) notListening() string {
	if !f.aboutLines() || !f.seesSockets() {
		return ""
	}
	for _, p := range f.running() {
		if told := p.toldPort(); told != "" {
			if found := p.notListeningAt(told); found != "" {
				return found
			}
		}
	}
	return ""
}

// toldPort is the address at which the process should listen, as its command line says;
// "" if it does not.
func (p *Process) toldPort() string {
	if p.InContainer() {
		return ""
	}
	if port := p.Place("PORT2"); port != "" {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return p.Place("LISTEN")
}

// notListeningAt says where the process listens if not at that address, and what to do.
func (p *Process) notListeningAt(address string) string {
	switch at := p.listening(); {
	case runtime.GOOS != "linux" || p.InContainer() && os.Geteuid() != 0:
		return "" // its sockets are not seen
	case len(at) == 0:
		return p.noListener()
	case !listensAt(at, address):
		return fmt.Sprintf("%s listens at %s, and should at %s, as its command line says", p.Name(), addresses(at), address)
	}
	return ""
}

// noListener is the sentence about a process that does not listen, with what its stderr
// says.
func (p *Process) noListener() string {
	said := ""
	if line := p.lastError(); line != "" {
		said = fmt.Sprintf(" (its stderr says %q)", shorten(line))
	}
	return p.Name() + " has no socket that listens" + said + ": call bind and listen at the start, before it connects or reads its input"
}

// listensAt reports whether one of the addresses is that one, or all addresses with its
// port.
func listensAt(at []netip.AddrPort, address string) bool {
	want, err := netip.ParseAddrPort(address)
	for _, a := range at {
		if err == nil && a.Port() == want.Port() && (a.Addr() == want.Addr() || a.Addr().IsUnspecified()) {
			return true
		}
	}
	return false
}

// notConnected names the programs without any connection.
func (f *failure) notConnected() string {
	if !f.aboutLines() || !f.seesSockets() {
		return ""
	}
	var alone []string
	for _, p := range f.running() {
		if !p.connected() {
			alone = append(alone, p.Name())
		}
	}
	if len(alone) == 0 {
		return ""
	}
	return "no connection leads to or from " + strings.Join(alone, ", ") + "; " + f.listeners()
}

// seesSockets reports whether the programs have sockets, and the test sees them.
func (f *failure) seesSockets() bool {
	return slices.ContainsFunc(f.running(), func(p *Process) bool { return len(p.sockets()) > 0 })
}

// listeners says where the programs listen, for one that connects elsewhere; if one that
// has connections listens at the wrong port or at none, only that.
func (f *failure) listeners() string {
	var all []string
	for _, p := range f.running() {
		if told := p.toldPort(); told != "" && p.connected() {
			if found := p.notListeningAt(told); found != "" && p.connected() { // it is not about to exit
				return found
			}
		} else if at := p.listening(); told == "" && len(at) > 0 {
			all = append(all, p.Name()+" listens at "+addresses(at)+": connect to that port")
		}
	}
	if len(all) == 0 {
		return "no program listens"
	}
	return strings.Join(all, ", ")
}

// connected reports whether the process has a connection, if only one that the other
// side has closed.
func (p *Process) connected() bool {
	return slices.ContainsFunc(p.sockets(), func(s psnet.ConnectionStat) bool {
		return s.Status == "ESTABLISHED" || s.Status == "CLOSE_WAIT"
	})
}

// leavingLimit is for a process to close what the other side has closed.
const leavingLimit = time.Second

// Leaves returns when the process has closed all connections whose other side is closed.
// One that keeps them, as some do, gets a second. It is for scenarios in which what the
// process sends next must not decide how the connection ends: a reset leaves no TIME_WAIT.
func (p *Process) Leaves() {
	limit := time.NewTimer(leavingLimit)
	defer limit.Stop()
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for slices.ContainsFunc(p.sockets(), func(s psnet.ConnectionStat) bool { return s.Status == "CLOSE_WAIT" }) {
		select {
		case <-ticker.C:
		case <-limit.C:
			return
		}
	}
}

func (p *Process) listening() []netip.AddrPort {
	ctx, cancel := context.WithTimeout(context.Background(), signalTimeout)
	defer cancel()
	return p.now().Listening(ctx)
}

// addresses lists addresses for messages.
func addresses(at []netip.AddrPort) string {
	texts := make([]string, len(at))
	for i, a := range at {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}

func (p *Process) sockets() []psnet.ConnectionStat {
	ctx, cancel := context.WithTimeout(context.Background(), signalTimeout)
	defer cancel()
	return p.now().Sockets(ctx)
}

func (p *Process) group() []int {
	ctx, cancel := context.WithTimeout(context.Background(), signalTimeout)
	defer cancel()
	return p.now().Group(ctx)
}

package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// Ports are handed out from blocks between lowPort and highPort, below the
// range from which Linux takes the ports of outgoing connections (32768 up).
const (
	lowPort   = 20000
	highPort  = 32000
	portBlock = 100
	// maxBlocks is how many blocks a test binary claims as long as it can do with
	// the ports of tests that are over.
	maxBlocks = 20
)

// ports hands out free loopback TCP ports. A block of them belongs to one test
// binary: it holds a lock on the block's file until it ends, so two that run
// at once never hand out the same port, and within one a port is handed out again
// only when it was given back, and two thousand others later. The zero value is
// not usable: see newPorts.
type ports struct {
	dir  string // where the lock files of the blocks are
	free func(port int) (bool, error)

	mu    sync.Mutex
	next  int
	end   int
	locks []*os.File
	back  []int // given back, the longest ago first
}

func newPorts() *ports {
	return &ports{dir: filepath.Join(os.TempDir(), "peerlab-ports"), free: isFree}
}

// take returns a port on which no process listens. May be called by any goroutine.
func (p *ports) take() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		port, err := p.candidate()
		if err != nil {
			return 0, err
		}
		if free, err := p.free(port); err != nil {
			return 0, fmt.Errorf("port %d: %w", port, err)
		} else if !free {
			continue // a program outside the lab has it
		}
		return port, nil
	}
}

// candidate returns a port that no test of any lab has.
func (p *ports) candidate() (int, error) {
	if p.next == p.end {
		if len(p.back) > 0 && len(p.locks) >= maxBlocks {
			port := p.back[0]
			p.back = p.back[1:]
			return port, nil
		}
		if err := p.claimBlock(); err != nil {
			return 0, err
		}
	}
	p.next++
	return p.next - 1, nil
}

// giveBack takes back ports of a test that is over. May be called by any goroutine.
func (p *ports) giveBack(all []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.back = append(p.back, all...)
}

// isFree reports whether no process listens on a port.
func isFree(port int) (bool, error) {
	// A process that is just being started has a copy of all that is open until
	// it runs its program: with one of this listener the port would still be taken
	// when we are done.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, ln.Close()
}

// claimBlock takes a block that no test binary holds, beginning at a random
// one: ports that a run before this left in TIME_WAIT are then seldom met.
func (p *ports) claimBlock() error {
	// The folder is shared by all users of the machine.
	if err := os.MkdirAll(p.dir, 0o777); err != nil {
		return fmt.Errorf("claiming ports: %w", err)
	}
	_ = os.Chmod(p.dir, 0o777) // fails when another user made it, and then it is done
	var unusable error         // why a lock file cannot be used, if not for another test binary
	blocks := (highPort - lowPort) / portBlock
	start := rand.IntN(blocks)
	for i := range blocks {
		low := lowPort + (start+i)%blocks*portBlock
		f, err := openLock(filepath.Join(p.dir, strconv.Itoa(low)+".lock"))
		if err != nil {
			unusable = err
			continue
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			if !errors.Is(err, syscall.EWOULDBLOCK) {
				unusable = err
			}
			_ = f.Close()
			continue
		}
		p.locks = append(p.locks, f)
		p.next, p.end = low, low+portBlock
		return nil
	}
	if unusable != nil {
		return fmt.Errorf("claiming ports: %w: remove %s if no test runs", unusable, p.dir)
	}
	return fmt.Errorf("claiming ports: other test runs hold all of %d to %d: 'fuser -v %s/*' shows which; end them or wait", lowPort, highPort-1, p.dir)
}

// openLock opens a file that is only locked. It need not be writable, and
// O_CREATE is refused by Linux for another user's file in a folder like /tmp.
func openLock(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o666)
	}
	return f, err
}

// close gives all blocks back.
func (p *ports) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.locks {
		_ = f.Close()
	}
	p.locks, p.back, p.next, p.end = nil, nil, 0, 0
}

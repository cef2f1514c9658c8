package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Engine 20.10, which Debian 12 has, can lock itself up for good when a
// container on the host's network ends while another starts or ends: of two of
// its locks, network.getSvcRecords takes one first and
// controller.processEndpointDelete the other. So all test binaries of the
// machine take turns by a lock on a file: a container is ended while nothing
// else happens to any, but several may start at the same time. That leaves the
// programs that end by themselves, one at a time and rarely just then.
// Containers that join a holder, and holders, need no turn: the engine takes
// neither lock for a container without a network of the engine's.

const turnInterval = 5 * time.Millisecond

func turnsPath() string { return filepath.Join(os.TempDir(), "peerlab-engine.lock") }

// starting does something that starts the container.
func (u *containerUnit) starting(ctx context.Context, do func() error) error {
	return u.inTurn(ctx, syscall.LOCK_SH, do)
}

// ending does something that ends the container, and returns when it has ended.
func (u *containerUnit) ending(ctx context.Context, do func() error) error {
	return u.inTurn(ctx, syscall.LOCK_EX, do)
}

func (u *containerUnit) inTurn(ctx context.Context, how int, do func() error) error {
	if !u.onHost {
		return do()
	}
	return inTurn(ctx, turnsPath(), how, do)
}

// inTurn does something while it holds a lock on the file, which is let go
// even if this process is killed.
func inTurn(ctx context.Context, path string, how int, do func() error) error {
	f, err := openLock(path)
	if err != nil {
		return fmt.Errorf("the lock for the container engine: %w: its folder must be writable, and the file readable by all users", err)
	}
	defer f.Close()
	ticker := time.NewTicker(turnInterval)
	defer ticker.Stop()
	for syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB) != nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("another test run keeps the container engine busy (%w): 'fuser -v %s' shows which", context.Cause(ctx), path)
		}
	}
	return do()
}

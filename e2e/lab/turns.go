package lab

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// The packages of scenarios of one run are tested by several processes at a time. They
// share turns by locks on files in the folder that PEERLAB_TURNS names: a scenario holds one
// of them, and one that measures time holds all. A turn ends with its process in any case.
// Without that variable there are no turns: only the tests of one process are kept apart.
const (
	turnsVariable  = variablePrefix + "TURNS"
	atOnceVariable = variablePrefix + "AT_ONCE" // how many turns there are
	turnInterval   = 5 * time.Millisecond
)

// Parallel lets a test run at the same time as others when it has its turn, until the test
// ends. For a test that has called it, or [Alone] or [Waits], it does nothing.
func Parallel(t testing.TB) {
	t.Helper()
	placed(t, true, 1)
}

// Turn waits for a turn of a test that does not run at the same time as others of its package.
func Turn(t testing.TB) {
	t.Helper()
	placed(t, false, 1)
}

// Waits lets a test run at the same time as any other, without a turn. It is for tests that
// wait for a time limit of the programs and do nothing else.
func Waits(t testing.TB) {
	t.Helper()
	placed(t, true, 0)
}

// Alone lets a test run while no other does that has a turn, because it measures time. The
// turns stay with the tests of its package that come next and are to be alone, too.
func Alone(t testing.TB) {
	t.Helper()
	placed(t, false, turnsAtOnce())
}

func placed(t testing.TB, parallel bool, turns int) {
	t.Helper()
	r, err := theRun()
	if err != nil {
		t.Fatalf("lab: %v", err)
	}
	if _, again := r.placed.LoadOrStore(t, true); again {
		return
	}
	if p, ok := t.(interface{ Parallel() }); ok && parallel {
		p.Parallel()
	}
	alone := turns == turnsAtOnce() && !parallel
	if alone && r.allTurns.Load() != nil { // a test before this one has left them
		return
	}
	r.releaseAll()
	dir := os.Getenv(turnsVariable)
	if dir == "" || turns == 0 {
		return
	}
	release, err := takeTurns(dir, turns, turnsAtOnce())
	if err != nil {
		t.Fatalf("lab: %s: %v", turnsVariable, err)
	}
	if alone {
		r.allTurns.Store(&release)
		return
	}
	t.Cleanup(release)
}

// releaseAll gives back the turns that a test has left which was alone.
func (r *run) releaseAll() {
	if kept := r.allTurns.Swap(nil); kept != nil {
		(*kept)()
	}
}

// turnsAtOnce returns how many turns there are.
func turnsAtOnce() int {
	if n, err := strconv.Atoi(os.Getenv(atOnceVariable)); err == nil && n > 0 {
		return n
	}
	return runtime.NumCPU()
}

// takeTurns waits for n of all turns. Tests take their turns one after the other: the one
// that is first at the gate holds it until it has them, so that a test that needs all is
// not passed by others.
func takeTurns(dir string, n, all int) (release func(), err error) {
	gate, err := openLock(filepath.Join(dir, "gate"))
	if err != nil {
		return nil, err
	}
	defer gate.Close()
	if err := lockFile(gate, 0); err != nil {
		return nil, err
	}
	var held []*os.File
	release = func() {
		for _, f := range held {
			_ = f.Close()
		}
	}
	ticker := time.NewTicker(turnInterval)
	defer ticker.Stop()
	taken := make([]bool, all)
	for ; len(held) < n; <-ticker.C {
		for i := range taken {
			if taken[i] || len(held) == n {
				continue
			}
			f, err := openLock(filepath.Join(dir, "turn"+strconv.Itoa(i)))
			if err != nil {
				release()
				return nil, err
			}
			if lockFile(f, syscall.LOCK_NB) != nil {
				_ = f.Close()
				continue
			}
			held, taken[i] = append(held, f), true
		}
	}
	return release, nil
}

func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o666)
}

func lockFile(f *os.File, flags int) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|flags)
		if err != syscall.EINTR {
			return err
		}
	}
}

package e2e

import (
	"sync"
	"testing"

	"peerlab/e2e/lab"
)

// placed has the tests for which is decided whether they run beside others.
var placed sync.Map

// waits lets a test that mostly waits run at the same time as others.
func waits(t *testing.T) {
	t.Helper()
	if _, again := placed.LoadOrStore(t, true); !again {
		t.Parallel()
	}
}

// alone has a test run while no other test does, because it measures time.
func alone(t *testing.T) { placed.Store(t, true) }

// together lets a scenario run at the same time as others, except in containers: the
// engine starts one after the other.
func together(t *testing.T) {
	t.Helper()
	if !lab.InContainers() {
		waits(t)
	}
}

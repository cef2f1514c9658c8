package e2e

import (
	"sync"
	"testing"
)

// placed has the tests for which is decided whether they run beside others.
var placed sync.Map

// waits lets a test run at the same time as others, since scenarios mostly wait.
func waits(t *testing.T) {
	t.Helper()
	if _, again := placed.LoadOrStore(t, true); !again {
		t.Parallel()
	}
}

// alone has a test run while no other test does, because it measures time.
func alone(t *testing.T) { placed.Store(t, true) }

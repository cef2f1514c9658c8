package lab

import (
	"context"
	"fmt"
	"syscall"
)

// Project returns a name for a compose project. All that the project makes is
// removed when this test binary has died, if the test could not.
func (l *Lab) Project() string {
	l.t.Helper()
	if _, err := l.run.engine(); err != nil {
		l.fail("%v", err)
	}
	return project(l.run.id, int(l.run.projects.Add(1)))
}

// Undisturbed does something that ends containers of a compose project while
// no lab starts or ends any of its own: see engine_turns.go.
func (l *Lab) Undisturbed(do func() error) error {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), removeTimeout)
	defer cancel()
	if err := inTurn(ctx, turnsPath(), syscall.LOCK_EX, do); err != nil {
		return fmt.Errorf("while no other container ends: %w", err)
	}
	return nil
}

package lab

import (
	"context"
	"fmt"
	"syscall"
)

// Project returns a name for a compose project. All that the project makes is removed
// when this process has died, if it could not do that itself.
func (b *Bench) Project() (string, error) {
	if _, err := b.engine(); err != nil {
		return "", err
	}
	return project(b.id, int(b.projects.Add(1))), nil
}

// Labels returns the labels for what else is made in the engine: it is removed with all
// that this process made there.
func (b *Bench) Labels() (map[string]string, error) {
	if _, err := b.engine(); err != nil {
		return nil, err
	}
	return b.labels(), nil
}

// Undisturbed does something that ends containers of a compose project while no lab
// starts or ends any of its own: see engine_turns.go.
func Undisturbed(ctx context.Context, do func() error) error {
	if err := inTurn(ctx, turnsPath(), syscall.LOCK_EX, do); err != nil {
		return fmt.Errorf("while no other container ends: %w", err)
	}
	return nil
}

package lab

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTurnsAtTheEngine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "turns")
	soon, cancel := context.WithTimeout(context.Background(), 4*turnInterval)
	defer cancel()
	blocked := func(how int) bool {
		return errors.Is(inTurn(soon, path, how, func() error { return nil }), context.DeadlineExceeded)
	}
	never := context.Background()
	inside := errors.New("inside")
	err := inTurn(never, path, syscall.LOCK_SH, func() error {
		assert.NoError(t, inTurn(never, path, syscall.LOCK_SH, func() error { return nil }), "starts go together")
		assert.True(t, blocked(syscall.LOCK_EX), "an end waits for a start")
		return inside
	})
	assert.ErrorIs(t, err, inside)
	assert.NoError(t, inTurn(never, path, syscall.LOCK_EX, func() error {
		assert.True(t, blocked(syscall.LOCK_SH), "a start waits for an end")
		assert.True(t, blocked(syscall.LOCK_EX), "an end waits for an end")
		return nil
	}))
}

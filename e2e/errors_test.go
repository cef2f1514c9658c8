package e2e

import (
	"errors"
	"syscall"
)

// isReset says whether a connection was reset by the other side.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

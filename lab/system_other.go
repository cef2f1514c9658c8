//go:build !linux

package lab

import (
	"errors"
	"os"
)

// awaitStop does nothing where a stop cannot be waited for without taking the
// child's exit from others.
func awaitStop(int) error { return nil }

// limitFiles takes a call of Linux.
func limitFiles(int, bool) error {
	return errors.New("the limits of another process can be set on Linux only")
}

// setPlain takes calls of Linux.
func setPlain(*os.File) error { return errors.New("programs run at a terminal on Linux only") }

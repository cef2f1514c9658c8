//go:build !linux

package lab

// awaitStop does nothing where a stop cannot be waited for without taking the
// child's exit from others.
func awaitStop(int) error { return nil }

//go:build !linux

package lab

import "os"

// awaitStop does nothing where a stop cannot be waited for without taking the
// child's exit from others.
func awaitStop(int) error { return nil }

// takesKeys cannot be told without the calls of Linux.
func takesKeys(*os.File) bool { return true }

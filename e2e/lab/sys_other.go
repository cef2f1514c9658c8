//go:build !linux

package lab

import "os"

// takesKeys cannot be told without the calls of Linux.
func takesKeys(*os.File) bool { return true }

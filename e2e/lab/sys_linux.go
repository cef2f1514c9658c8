package lab

import (
	"os"

	"golang.org/x/sys/unix"
)

// takesKeys says whether whoever reads the terminal takes each key as it is
// pressed, and not whole lines.
func takesKeys(tty *os.File) bool {
	mode, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	return err == nil && mode.Lflag&unix.ICANON == 0
}

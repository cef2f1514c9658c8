package lab

import (
	"fmt"
	"os"
	"time"
)

// A folder is tried to be removed every removeInterval until folderTimeout.
const (
	removeInterval = 10 * time.Millisecond
	folderTimeout  = 20 * time.Second
)

// removeFolder removes a folder and all in it. A process that has just been
// killed may still be creating a last file there, so one failure is none.
func removeFolder(path string) error {
	ticker := time.NewTicker(removeInterval)
	defer ticker.Stop()
	for end := time.Now().Add(folderTimeout); ; <-ticker.C {
		unbind(path)
		err := os.RemoveAll(path)
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("removing %s, for %v: %w", path, folderTimeout, err)
		}
	}
}

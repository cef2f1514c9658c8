package lab

import (
	"fmt"
	"os"
	"time"
)

// removeFolder removes a folder and all in it. A process that has just been
// killed may still be creating a last file there, so one failure is none.
func removeFolder(path string) error {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for end := time.Now().Add(lookTimeout); ; <-ticker.C {
		err := os.RemoveAll(path)
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("removing %s, for %v (lookTimeout): %w", path, lookTimeout, err)
		}
	}
}

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	bench "peerlab/lab"
)

// buildTimeout is for building all programs on a cold cache.
const buildTimeout = 5 * time.Minute

// moduleRoot is the folder of the go.mod above the current folder, which for a
// test is the folder of its package.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding go.mod: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the current folder: run the tests inside the project")
		}
		dir = parent
	}
}

// fromRoot makes path absolute; a relative one is relative to the module's root.
func fromRoot(root, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(root, path)
}

// buildPrograms builds every program of the project with the race detector into dir,
// which must exist. The Makefile does the same.
func buildPrograms(root, dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	args := []string{"build", "-race", "-o", dir + string(os.PathSeparator), "./services/cmd/...", "./e2e/mutant"}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the programs, in %s: go %s: %w (mend that, or set PEERLAB_BIN to a folder of built ones)\n%s",
			root, bench.QuoteWords(args...), err, out)
	}
	return nil
}

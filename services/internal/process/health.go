package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// healthTimeout bounds a health check.
const healthTimeout = 2 * time.Second

func (p Program) checkHealth() error {
	ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
	defer cancel()
	if err := p.Health(ctx); err != nil {
		return fmt.Errorf("not well: %w", err)
	}
	return nil
}

// argumentsOf returns the arguments that the process pid was started with, if it
// runs the program of that name and is not this very process. In a container
// the program is process 1, so that a health check needs no arguments of its own.
func argumentsOf(pid int, name string) []string {
	if pid == os.Getpid() {
		return nil
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil
	}
	var words []string
	for word := range bytes.SplitSeq(bytes.TrimSuffix(line, []byte{0}), []byte{0}) {
		words = append(words, string(word))
	}
	if filepath.Base(words[0]) != name {
		return nil
	}
	return words[1:]
}

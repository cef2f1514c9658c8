package main

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/lab"
)

func TestMain(m *testing.M) {
	if status, ok := lab.StandGuard(); ok {
		os.Exit(status)
	}
	goleak.VerifyTestMain(m)
}

// cancelled cancels a context at the first output.
type cancelled struct {
	bytes.Buffer
	cancel context.CancelFunc
}

func (c *cancelled) Write(b []byte) (int, error) {
	c.cancel()
	return c.Buffer.Write(b)
}

// The run is ended while its first program is waited for, which does not listen.
func TestARunThatEndsEarlyIsSaved(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, log := &cancelled{cancel: cancel}, &bytes.Buffer{}
	saved := filepath.Join(t.TempDir(), "run.zip")
	status := run(ctx, []string{"run", "-listen", "127.0.0.1:0", "-save", saved, "quiet=sh -c 'read -r line' {}"}, out, log)
	assert.Equal(t, done, status, "%s", log)
	files, err := zip.OpenReader(saved)
	require.NoError(t, err)
	_, err = files.Open("events.jsonl")
	require.NoError(t, err)
	require.NoError(t, files.Close())
}

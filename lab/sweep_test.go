package lab

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARunIsKnownToBeAliveOrDead(t *testing.T) {
	assert.True(t, runAlive(runID(os.Getpid())))

	ended := exec.Command("true")
	require.NoError(t, ended.Start())
	id := runID(ended.Process.Pid)
	require.NoError(t, ended.Wait())
	assert.False(t, runAlive(id))

	assert.False(t, runAlive(runID(os.Getpid())+"1"), "the same number, another process")
	assert.True(t, runAlive("what is this"), "not ours to judge")
}

func TestOwnership(t *testing.T) {
	run, ours := ownerOf(map[string]string{runLabel: "12.34", hostLabel: hostName()})
	assert.True(t, ours)
	assert.Equal(t, "12.34", run)
	_, ours = ownerOf(map[string]string{runLabel: "12.34", hostLabel: "elsewhere"})
	assert.False(t, ours, "process ids of another machine")
	_, ours = ownerOf(map[string]string{"com.docker.compose.project": "peerlab"})
	assert.False(t, ours, "a lab of a user")
	run, ours = ownerOf(map[string]string{"com.docker.compose.project": project("12.34", 5)})
	assert.True(t, ours)
	assert.Equal(t, "12.34", run)
}

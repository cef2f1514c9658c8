// Package swarm runs the lab on three machines, as a swarm of Docker's.
package swarm

import (
	"os"
	"testing"

	"peerlab/e2e/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

// Package scripts runs the repository's scripts and make, most of them with a fake docker.
package scripts

import (
	"os"
	"testing"

	"peerlab/e2e/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

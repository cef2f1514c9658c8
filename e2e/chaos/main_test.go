// Package chaos plays rounds of the chat with faults, some drawn by a seed, which
// peerlab/e2e/checker judges.
package chaos

import (
	"os"
	"testing"

	"peerlab/e2e/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

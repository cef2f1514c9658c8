// Package relay holds the scenarios of the relay, its nodes and the clients that fetch files.
package relay

import (
	"os"
	"testing"

	"peerlab/e2e/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

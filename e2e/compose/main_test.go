// Package compose runs the lab as its user does, through docker compose.
package compose

import (
	"os"
	"testing"

	"peerlab/e2e/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

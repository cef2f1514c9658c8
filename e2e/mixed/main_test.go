// Package mixed runs the programs in ../foreign, in Python and C, among those of this project.
package mixed

import (
	"os"
	"testing"

	"peerlab/e2e/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

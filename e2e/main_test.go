// Package e2e holds the scenarios: what a person at the terminals of the
// programs would do and see. They know the programs from outside only; how
// they are run, and whose they are, is package lab's to say.
package e2e

import (
	"os"
	"testing"

	"peerlab/e2e/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

// Package chat holds the scenarios of the chat: what a person at its terminals does and sees.
package chat

import (
	"os"
	"testing"

	"peerlab/e2e/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

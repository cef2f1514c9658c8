package room

import (
	"testing"

	"peerlab/e2e/stage"
)

func TestHostileBytes(t *testing.T) {
	r := stage.StartRoom(t)
	one, two := r.Join(), r.Join()
	stage.SendHostile(t, r, r.At)
	one.Types("still here")
	two.CollectsUntil(": still here")
	stage.Harmless(t, r.Server.Screen, r.Server.Stderr(), one.Screen, one.Stderr(), two.Screen, two.Stderr())
}

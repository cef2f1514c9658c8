package main

import (
	"testing"
	"time"

	"peerlab/e2e/bench/internal/pipes"
)

// A talk fails when any screen shows anything but what was typed, so this holds
// the programs of all sides to the same work.
func TestEveryCrowdShowsWhatItsTalkersType(t *testing.T) {
	l, err := newLab(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	for _, who := range l.everyKind() {
		t.Run(who.name, func(t *testing.T) {
			c, err := who.gather(t.Context(), receivers)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for name, talkers := range map[string][]pipes.Talker{"one": c.talkers[1:2], "all": c.talkers} {
				if s, err := c.Talk(t.Context(), talkers, lineShort, 20*time.Millisecond); err != nil || s.Amount == 0 {
					t.Errorf("%s talking: %+v, %v", name, s, err)
				}
			}
			if took, _, err := c.OneByOne(t.Context(), c.talkers[1], lineShort, 10); err != nil || len(took) != 10*receivers {
				t.Errorf("one by one: %d times, %v", len(took), err)
			}
		})
	}
}

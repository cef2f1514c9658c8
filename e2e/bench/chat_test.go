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
	all, closeAll, err := l.gatherAll(t.Context(), receivers)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			for name, talkers := range map[string][]pipes.Talker{"one": c.crowd.talkers[1:2], "all": c.crowd.talkers} {
				if s, err := c.crowd.Talk(t.Context(), talkers, lineShort, 20*time.Millisecond); err != nil || s.Amount == 0 {
					t.Errorf("%s talking: %+v, %v", name, s, err)
				}
			}
			if took, _, err := c.crowd.OneByOne(t.Context(), c.crowd.talkers[1], lineShort, 10); err != nil || len(took) != 10*receivers {
				t.Errorf("one by one: %d times, %v", len(took), err)
			}
		})
	}
}

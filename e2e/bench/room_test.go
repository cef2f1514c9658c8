package main

import (
	"os"
	"testing"
)

// TestACrowdIsHeard has a small crowd come to every house, so that what is
// compared is servers that do the same work.
func TestACrowdIsHeard(t *testing.T) {
	l, err := newLab(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	s, err := l.openStreet(t.Context(), roomSide, hubSide, natsSide, natsGoSide, ircSide)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	const n = 5
	for _, h := range s {
		t.Run(h.name, func(t *testing.T) {
			if h.absent != "" {
				leaveOut(t, h.absent)
			}
			for how, multiple := range map[string]int{"fan": n, "each": n, "people": n - 1} { // of the lines that are said
				came, sample, err := l.visit(t.Context(), h, "-how", how, "-n", "5", "-for", "200ms")
				if err != nil {
					t.Fatalf("%s: %v", how, err)
				}
				if came.Lines == 0 || came.Lines%multiple != 0 || sample.ServerCPU <= 0 || sample.ClientCPU <= 0 || sample.Beside <= 0 || came.Seconds <= 0 {
					t.Errorf("%s: %+v, %+v", how, came, sample)
				}
				if timed := sample.Latency.P50 > 0; timed != (how == "people") {
					t.Errorf("%s: %+v", how, sample.Latency)
				}
			}
		})
	}
	if _, _, err := l.visit(t.Context(), s[0], "-how", "idle", "-n", "5"); err != nil {
		t.Errorf("idle: %v", err)
	}
}

// leaveOut skips a test, and has scripts/loudly.sh tell of it.
func leaveOut(t *testing.T, why string) {
	t.Helper()
	line := "left out: " + t.Name() + ": " + why
	if path := os.Getenv("PEERLAB_LEFT_OUT"); path != "" {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(line + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	t.Skip(line)
}

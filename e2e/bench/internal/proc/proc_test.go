package proc

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestRunMeasuresAProgram(t *testing.T) {
	got, err := Run(t.Context(), true, "/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo bench")
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Out) != "bench\n" || got.CPU <= 0 || got.Wall < got.CPU/8 {
		t.Errorf("got %+v", got)
	}
}

func TestRunSaysWhatAProgramSaid(t *testing.T) {
	_, err := Run(t.Context(), false, "/bin/sh", "-c", "echo first >&2; echo no such file >&2; exit 3")
	if err == nil || !strings.HasSuffix(err.Error(), "exit status 3: no such file") {
		t.Errorf("got %v", err)
	}
}

func TestAServerIsMeasuredAndStopped(t *testing.T) {
	s, err := Start("loop", "/bin/sh", "-c", "while :; do :; done")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	err = s.Ready(t.Context(), func() error {
		if cpu, err := s.CPU(); err != nil || cpu < 10*time.Millisecond {
			return errors.Join(errors.New("no processor time yet"), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if peak, err := s.PeakMemory(); err != nil || peak < 100<<10 {
		t.Errorf("peak %d, %v", peak, err)
	}
	s.Stop()
	select {
	case <-s.done:
	default:
		t.Error("it still runs")
	}
	if _, err := s.CPU(); err == nil {
		t.Error("a process that has ended has no clock")
	}
}

func TestAServerThatEndsAtOnceIsToldOf(t *testing.T) {
	s, err := Start("node", "/bin/sh", "-c", "echo port 7001 is taken >&2; exit 1")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	err = s.Ready(t.Context(), func() error { return errors.New("not yet") })
	if err == nil || !strings.Contains(err.Error(), "node has ended at once: port 7001 is taken") {
		t.Errorf("got %v", err)
	}
}

func TestReadyEndsWithItsContext(t *testing.T) {
	s, err := Start("cat", "/bin/sleep", "60")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Ready(ctx, func() error { return errors.New("not yet") }); err == nil {
		t.Error("ready, and never was")
	}
}

func TestBytesOf(t *testing.T) {
	status := "VmPeak:\t 1226740 kB\nVmHWM:\t    5768 kB\nVmRSS:\t  5700 kB\n"
	for field, want := range map[string]int64{"VmHWM": 5768 << 10, "VmRSS": 5700 << 10} {
		if got, err := bytesOf(status, field); err != nil || got != want {
			t.Errorf("%s: got %d, %v", field, got, err)
		}
	}
	if _, err := bytesOf("Name: kthreadd\n", "VmHWM"); err == nil {
		t.Error("a process without memory has a peak")
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var says tail
	for range 1000 {
		says.Write([]byte("a line that is of no use any more\n"))
	}
	says.Write([]byte("the last one\n\n"))
	if got := says.last(); got != "the last one" || len(says.end) > tailBytes {
		t.Errorf("%q, %d bytes kept", got, len(says.end))
	}
}

func TestFindSaysWhatToInstall(t *testing.T) {
	if _, err := Find("no-such-program-here", "its-package"); err == nil || !strings.Contains(err.Error(), "apt-get install its-package") {
		t.Errorf("got %v", err)
	}
	if path, err := Find("sh", "dash"); err != nil || path == "" {
		t.Errorf("%q, %v", path, err)
	}
}

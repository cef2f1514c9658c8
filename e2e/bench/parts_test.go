package main

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestChoose(t *testing.T) {
	all := parts()
	if got, err := choose(all, nil); err != nil || len(got) != len(all) {
		t.Errorf("no names: %d parts, %v", len(got), err)
	}
	got, err := choose(all, []string{"memory", "big"})
	if err != nil || len(got) != 2 || got[0].name != "memory" || got[1].name != "big" {
		t.Errorf("two names: %v, %v", got, err)
	}
	if _, err := choose(all, []string{"huge"}); err == nil || !strings.Contains(err.Error(), "big, save") {
		t.Errorf("a name that is none: %v", err)
	}
}

func TestIperfSample(t *testing.T) {
	s, err := iperfSample([]byte(`{"end": {"sum_received": {"seconds": 0.5, "bytes": 1073741824}}}`), 2*time.Second, time.Second)
	if err != nil || s.Amount != gib || s.Seconds != 0.5 || s.ServerCPU != 2 || s.ClientCPU != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
	for _, broken := range []string{`{"error": "the server is busy"}`, `{}`, `no JSON`} {
		if _, err := iperfSample([]byte(broken), 0, 0); err == nil {
			t.Errorf("%s is no sample", broken)
		}
	}
}

func TestPaceConnectsFromAnotherAddressEachTime(t *testing.T) {
	seen := make(map[string]bool)
	var p pace
	for range 1000 {
		source := p.source()
		if ip := net.ParseIP(source); ip == nil || !ip.IsLoopback() || seen[source] {
			t.Fatalf("%s after %d others", source, len(seen))
		}
		seen[source] = true
	}
}

func TestPaceWaitsForRoom(t *testing.T) {
	for name, test := range map[string]struct {
		counts []int // of 1,000, second by second
		waits  time.Duration
		fails  bool
	}{
		"there is room":                 {[]int{299}, 0, false},
		"room comes after two seconds":  {[]int{900, 300, 299}, 2 * time.Second, false},
		"nothing is tracked":            {nil, 0, false},
		"there is no room, for minutes": {[]int{500}, 3 * time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				said := 0
				p := pace{say: func(string) { said++ }, tracking: func() (int, int, bool) {
					if len(test.counts) == 0 {
						return 0, 0, false
					}
					count := test.counts[0]
					test.counts = test.counts[min(1, len(test.counts)-1):]
					return count, 1000, true
				}}
				began := time.Now()
				err := p.wait(t.Context(), 200)
				if took := time.Since(began); took != test.waits || (err != nil) != test.fails || (said > 0) != (test.waits > 0) || said > 1 {
					t.Errorf("waited %v, said so %d times, %v", took, said, err)
				}
			})
		})
	}
}

func TestFieldOfProc(t *testing.T) {
	if got := field("/proc/meminfo", "MemTotal"); !strings.HasSuffix(got, " kB") {
		t.Errorf("MemTotal is %q", got)
	}
	if got := field("/proc/meminfo", "no such"); got != "unknown" {
		t.Errorf("a field that is not there is %q", got)
	}
}

func TestBusy(t *testing.T) {
	got, err := busyOf("cpu  100 10 200 99999 88888 1 2 7 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n")
	if err != nil || got != 3.2 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, broken := range []string{"", "cpu 1 2 3", "cpu a b c d e f g h"} {
		if _, err := busyOf(broken); err == nil {
			t.Errorf("%q is no line of processors", broken)
		}
	}
}

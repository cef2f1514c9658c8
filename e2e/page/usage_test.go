package page

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// usage is what a turn of a chat took: lines shown a second, and how many processors, on
// average, the programs had, this process with the lab and the server of its page, the
// browser, and all else on the machine.
type usage struct{ speed, programs, lab, browser, others float64 }

func (u usage) all() float64 { return u.programs + u.lab + u.browser }

func (u usage) String() string {
	return fmt.Sprintf("%.2f million lines shown/s; processors: programs %.2f, lab and page's server %.2f, Chromium %.2f, others %.2f",
		u.speed/1e6, u.programs, u.lab, u.browser, u.others)
}

// measure is the begin of a measurement.
type measure struct {
	*chat
	at    time.Time
	times processorTimes
}

func (c *chat) begin() measure { return measure{c, time.Now(), readTimes(c.t)} }

// since returns the usage since the begin, in which so many lines were shown.
func (m measure) since(lines int) (u usage) {
	long, now := time.Since(m.at).Seconds(), readTimes(m.t)
	u.speed = float64(lines) / long
	programs := make(map[int]bool)
	for _, p := range m.all {
		pid, err := p.Life().PID(m.t.Context())
		require.NoError(m.t, err)
		programs[pid] = true
	}
	for pid, p := range now.processes {
		used := (p.seconds - m.times.processes[pid].seconds) / long
		switch {
		case pid == os.Getpid():
			u.lab += used
		case programs[pid]:
			u.programs += used
		case now.below(pid, os.Getpid()):
			u.browser += used
		}
	}
	u.others = max(0, (now.busy-m.times.busy)/long-u.all())
	return u
}

// ticks is how many units /proc counts in a second.
const ticks = 100

// processorTimes are the processor times so far, in seconds.
type processorTimes struct {
	busy      float64 // of the machine
	processes map[int]processTime
}

type processTime struct {
	parent  int
	seconds float64
}

// below reports whether a process was started by another one, or by one below that.
func (a processorTimes) below(pid, above int) bool {
	for ; pid > 1; pid = a.processes[pid].parent {
		if pid == above {
			return true
		}
	}
	return false
}

// readTimes reads the times of all processes.
func readTimes(t *testing.T) processorTimes {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the times of processes are read from /proc")
	}
	a := processorTimes{processes: make(map[int]processTime)}
	folders, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, folder := range folders {
		stat, err := os.ReadFile(folder + "/stat")
		if err != nil {
			continue // it has exited
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		pid, err := strconv.Atoi(filepath.Base(folder))
		require.NoError(t, err)
		a.processes[pid] = processTime{int(number(t, fields[1])), (number(t, fields[11]) + number(t, fields[12])) / ticks}
	}
	stat, err := os.ReadFile("/proc/stat")
	require.NoError(t, err)
	fields := strings.Fields(string(stat))[1:] // cpu USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL
	for _, i := range []int{0, 1, 2, 5, 6, 7} {
		a.busy += number(t, fields[i]) / ticks
	}
	return a
}

func number(t *testing.T, field string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(field, 64)
	require.NoError(t, err)
	return n
}

package wire

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// strangers returns a network with a wire for programs that were written for anything
// else than this lab.
func strangers(t *testing.T, needed ...string) *bench {
	t.Helper()
	for _, name := range needed {
		if _, err := exec.LookPath(name); err != nil {
			if slices.Contains(strings.Split(os.Getenv("PEERLAB_REQUIRE"), ","), name) {
				t.Fatalf("%s is not installed, and PEERLAB_REQUIRE names it", name)
			}
			t.Skip(name + " is not installed")
		}
	}
	return newBench(t)
}

// netcats returns two that are connected.
func netcats(t *testing.T) (b *bench, one, other *program) {
	t.Helper()
	b = strangers(t, "nc")
	other = b.command("listener", "sh", "-c", "exec nc -v -n -l 127.0.0.1 4000 2>&1")
	other.shows("Listening on 127.0.0.1 4000")
	one = b.command("dialler", "nc", "-n", "127.0.0.1", "4000")
	one.types("hello")
	select {
	case got := <-other.shown:
		require.Contains(t, got, "Connection received")
	case <-time.After(10 * time.Second):
		require.Fail(t, "no connection is received")
	}
	other.shows("hello")
	other.types("welcome")
	one.shows("welcome")
	return b, one, other
}

func TestADelayBetweenNetcats(t *testing.T) {
	b, one, other := netcats(t)
	const delay = 40 * time.Millisecond
	require.NoError(t, b.Set("dialler", "listener", Fault{Delay: delay}))
	eventually(t, func() bool {
		began := time.Now()
		one.types("late")
		other.shows("late")
		took := time.Since(began)
		require.GreaterOrEqual(t, took, delay)
		return took < delay+2*time.Millisecond
	})
	other.types("at once") // the other way
	one.shows("at once")
}

func TestARateBetweenNetcats(t *testing.T) {
	b, one, other := netcats(t)
	const rate, size = 100_000, 50_000
	require.NoError(t, b.Set("listener", "dialler", Fault{Rate: rate}))
	eventually(t, func() bool {
		began := time.Now()
		other.types(strings.Repeat("x", size))
		one.shows(strings.Repeat("x", size))
		took := time.Since(began).Seconds()
		require.Greater(t, took, 0.9*size/rate)
		return took < 1.3*size/rate
	})
}

func TestLossBetweenNetcats(t *testing.T) {
	b, one, other := netcats(t)
	require.NoError(t, b.Set("dialler", "listener", Fault{Drop: true, Each: 2}))
	for i := range 10 {
		one.types(fmt.Sprint("line ", i))
		other.shows(fmt.Sprint("line ", i)) // in order and once, by TCP
	}
	require.NoError(t, b.Heal())
	require.NotZero(t, count(b.recorded(), "dialler->listener dropped"))
}

func TestSilenceBetweenNetcats(t *testing.T) {
	b, one, other := netcats(t)
	require.NoError(t, b.Set("dialler", "listener", Fault{Drop: true}))
	one.types("unheard")
	other.showsNothing(300 * time.Millisecond)
	require.NoError(t, b.Heal())
	other.shows("unheard")
}

// The connection was open, with packets of any size, before the fault.
func TestHeldPacketsOfNetcatsAreThoseOfAnEthernet(t *testing.T) {
	b, one, other := netcats(t)
	require.NoError(t, b.Set("dialler", "listener", Fault{Hold: true}))
	long := strings.Repeat("x", 3000)
	one.types(long)
	require.Eventually(t, func() bool { return b.Held("dialler", "listener") > 2 }, 10*time.Second, time.Millisecond)
	for b.Held("dialler", "listener") > 0 {
		other.showsNothing(0)
		b.Pass("dialler", "listener", 1)
	}
	other.shows(long)
}

func TestDialsOfANetcatAreDropped(t *testing.T) {
	b, one, other := netcats(t)
	require.NoError(t, b.Set("", "listener", Fault{Of: Dials, Drop: true}))
	b.command("second", "sh", "-c", "exec nc -n -v -w 1 127.0.0.1 4000 2>&1").shows("nc: connect to 127.0.0.1 port 4000 (tcp) timed out: Operation now in progress")
	one.types("still connected")
	other.shows("still connected")
}

func TestAResetBetweenNetcats(t *testing.T) {
	b, _, _ := netcats(t)
	n, err := b.Reset("dialler", "listener")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Empty(t, b.connections("dialler", "listener"))
	require.Equal(t, 1, count(b.recorded(), "dialler->listener reset"))
}

// count returns how many events are that one.
func count(events []string, event string) (n int) {
	for _, e := range events {
		if e == event {
			n++
		}
	}
	return n
}

// web returns a web server of Python with a file of so many bytes, and what starts a curl
// that requests it, shows the status, its exit status and the bytes, and has a name.
func web(t *testing.T, size int) (b *bench, fetch func(name string, args ...string) *program) {
	t.Helper()
	b = strangers(t, "python3", "curl")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), make([]byte, size), 0o600))
	b.command("server", "python3", "-u", "-m", "http.server", "4000", "--bind", "127.0.0.1", "--directory", dir).shows("Serving HTTP on 127.0.0.1 port 4000 (http://127.0.0.1:4000/) ...")
	return b, func(name string, args ...string) *program {
		return b.command(name, "curl", append([]string{"-sS", "-o", os.DevNull, "-w", `%{http_code} %{exitcode} %{size_download}\n`}, append(args, "http://127.0.0.1:4000/file")...)...)
	}
}

func TestFaultsBetweenPythonAndCurl(t *testing.T) {
	const rate, size = 1 << 20, 300_000
	whole := fmt.Sprintf("200 0 %d", size)
	b, fetch := web(t, size)
	fetch("client").shows(whole)

	for _, silent := range []Fault{{Of: Dials, Drop: true}, {Of: Dials, Hold: true}} {
		require.NoError(t, b.Set("client", "server", silent))
		fetch("client", "--connect-timeout", "0.3").shows("000 28 0")
		require.NoError(t, b.Heal())
	}
	require.NoError(t, b.Set("server", "client", Fault{Of: Data, Drop: true}))
	fetch("client", "--max-time", "0.5").shows("000 28 0")
	require.NoError(t, b.Heal())

	require.NoError(t, b.Set("server", "client", Fault{Of: Data, Drop: true, Each: 20}))
	fetch("client").shows(whole)

	require.NoError(t, b.Set("server", "client", Fault{Rate: rate}))
	eventually(t, func() bool {
		began := time.Now()
		fetch("client").shows(whole)
		took := time.Since(began).Seconds()
		require.Greater(t, took, 0.9*size/rate)
		return took < 1.5*size/rate
	})
	require.NoError(t, b.Heal())

	require.NoError(t, b.Set("", "", Fault{Delay: 50 * time.Millisecond}))
	began := time.Now()
	fetch("client").shows(whole)
	require.Greater(t, time.Since(began), 200*time.Millisecond, "two round trips")
}

func TestAResetBetweenPythonAndCurl(t *testing.T) {
	b, fetch := web(t, 100_000)
	require.NoError(t, b.Set("server", "client", Fault{Of: Data, Hold: true}))
	waiting := fetch("client")
	require.Eventually(t, func() bool { return b.Held("server", "client") > 0 }, 10*time.Second, time.Millisecond)
	n, err := b.Reset("client", "server")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	waiting.shows("000 56 0")
}

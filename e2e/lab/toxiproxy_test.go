package lab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// toxiproxyBinary builds Toxiproxy, once for all tests.
var toxiproxyBinary = sync.OnceValues(func() (string, error) {
	r, err := theRun()
	if err != nil {
		return "", err
	}
	dir, err := r.bench.TempDir("peerlab-toxiproxy-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "toxiproxy")
	out, err := exec.Command("go", "build", "-C", "../toxiproxy", "-o", path, toxiproxyPackage).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// withRoute is a lab with a route to a greeter.
func withRoute(t *testing.T) (*Lab, *Route) {
	var opts []Option
	if !InContainers() {
		path, err := toxiproxyBinary()
		require.NoError(t, err)
		opts = append(opts, Playing("toxiproxy", "cmd:"+path))
	}
	l := New(t, opts...)
	target := l.Address()
	greeter(t, l, target)
	return l, l.StartToxiproxy(7).Route("way", target)
}

// echoed says a line and waits until it has come back.
func echoed(t *testing.T, c net.Conn, in *bufio.Reader, line string) (took time.Duration) {
	t.Helper()
	began := time.Now()
	_, err := fmt.Fprintln(c, line)
	require.NoError(t, err)
	got, err := in.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, line+"\n", got)
	return time.Since(began)
}

// quick requires that nothing holds up what is said any more. A busy machine may,
// now and then.
func quick(t *testing.T, c net.Conn, in *bufio.Reader) {
	t.Helper()
	for range 20 {
		if echoed(t, c, in, "at once") < 300*time.Millisecond {
			return
		}
	}
	t.Error("what is said is still late")
}

func TestARouteIsOfTheBenchNotOfTheTested(t *testing.T) {
	l, r := withRoute(t)
	assert.Empty(t, l.Processes())
	caller(t, l, r.Address, "through it")
}

func TestToxicsAreFeltOnLinksThatAreThereUntilHealed(t *testing.T) {
	l, r := withRoute(t)
	c, in := caller(t, l, r.Address, "early")
	r.Shape(ToTarget, Delay(300*time.Millisecond, 0))
	assert.GreaterOrEqual(t, echoed(t, c, in, "late"), 300*time.Millisecond)
	r.Shape(FromTarget, Delay(300*time.Millisecond, 0))
	assert.GreaterOrEqual(t, echoed(t, c, in, "later"), 600*time.Millisecond)
	r.Heal()
	quick(t, c, in)
	r.Shape(FromTarget, Delay(400*time.Millisecond, 0))
	assert.GreaterOrEqual(t, echoed(t, c, in, "late again"), 400*time.Millisecond)
	r.Heal()
	r.Shape(BothWays, Bandwidth(10))
	long := strings.Repeat("x", 4<<10)
	assert.GreaterOrEqual(t, echoed(t, c, in, long), 400*time.Millisecond)
	r.Heal()
	r.Shape(BothWays, Slices(3, 10*time.Millisecond))
	assert.Greater(t, echoed(t, c, in, strings.Repeat("y", 90)), 100*time.Millisecond)
	r.Heal()
	quick(t, c, in)
}

// ends waits for the end of a connection and says how it came.
func ends(in io.Reader) error {
	_, err := io.Copy(io.Discard, in)
	return err
}

func TestSilenceLosesWhatWasSaidAndEndsWithTheLink(t *testing.T) {
	l, r := withRoute(t)
	c, in := caller(t, l, r.Address, "hello")
	r.Shape(BothWays, Silence())
	fmt.Fprintln(c, "is anybody there")
	require.NoError(t, c.SetReadDeadline(time.Now().Add(500*time.Millisecond)))
	assert.ErrorIs(t, ends(in), os.ErrDeadlineExceeded, "neither an answer nor an end")
	require.NoError(t, c.SetReadDeadline(time.Now().Add(lookTimeout)))
	r.Heal()
	err := ends(in)
	assert.False(t, errors.Is(err, os.ErrDeadlineExceeded), "the link is over")
	caller(t, l, r.Address, "hello again")
}

func TestARouteIsCutAndLeadsElsewhere(t *testing.T) {
	l, r := withRoute(t)
	_, idle := caller(t, l, r.Address, "idle")
	r.Cut()
	err := ends(idle)
	assert.False(t, errors.Is(err, os.ErrDeadlineExceeded), "an idle link is cut, too")
	_, err = l.Dial(r.Address)
	assert.Error(t, err, "nobody gets in")
	other := l.Address()
	greeter(t, l, other)
	r.Leads(other)
	_, err = l.Dial(r.Address)
	assert.Error(t, err, "it is still cut")
	r.Heal()
	caller(t, l, r.Address, "hello there")
}

func TestResetAndLimitEndALink(t *testing.T) {
	l, r := withRoute(t)
	for _, toxic := range []Toxic{Reset(0), Limit(10)} {
		r.Shape(ToTarget, toxic)
		again, err := l.Dial(r.Address)
		require.NoError(t, err)
		fmt.Fprintln(again, "this is more than ten bytes")
		require.NoError(t, again.SetReadDeadline(time.Now().Add(lookTimeout)))
		assert.False(t, errors.Is(ends(again), os.ErrDeadlineExceeded), toxic)
		_ = again.Close()
		r.Heal()
		caller(t, l, r.Address, "hello")
	}
}

func TestAToxicThatIsNoneEndsTheTest(t *testing.T) {
	said := watch(t, func(t testing.TB) {
		l := New(t, Playing("toxiproxy", "cmd:"+must(toxiproxyBinary())))
		r := l.StartToxiproxy(1).Route("way", "127.0.0.1:1")
		r.Shape(BothWays, Toxic{kind: "arsenic"})
	})
	assert.Contains(t, said, "toxiproxy, which the scenario shapes links with, refused a request: POST /proxies/way/toxics: 400")
}

func must(path string, err error) string {
	if err != nil {
		panic(err)
	}
	return path
}

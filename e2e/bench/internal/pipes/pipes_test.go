package pipes

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pair starts a talker and a process that shows its lines, by way of a filter.
func pair(t *testing.T, filter string) (*Group, Talker) {
	t.Helper()
	g, err := NewGroup()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	between := filepath.Join(t.TempDir(), "between")
	if err := syscall.Mkfifo(between, 0o600); err != nil {
		t.Fatal(err)
	}
	talker, err := g.Start("talker", "/bin/sh", "-c", "cat > "+between+"; :")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Start("screen", "/bin/sh", "-c", filter+" < "+between); err != nil {
		t.Fatal(err)
	}
	return g, Talker{talker, "you: "}
}

func TestTalkCountsWhatIsShown(t *testing.T) {
	g, talker := pair(t, "exec sed -u 's/^/you: /'")
	s, err := g.Talk(t.Context(), []Talker{talker}, 64, 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	lines := g.Processes[1].Lines
	if lines == 0 || s.Amount != float64(lines) || s.Seconds < 0.05 || s.ServerCPU <= 0 || s.ClientCPU <= 0 || s.Peak <= 0 {
		t.Errorf("%d lines, and %+v", lines, s)
	}
	if first, _, _ := strings.Cut(string(g.Processes[1].Text), "\n"); first+"\n" != "you: "+string(Line(64)) {
		t.Errorf("it shows %q", first)
	}
	again, err := g.Talk(t.Context(), []Talker{talker}, 1024, 50*time.Millisecond)
	if err != nil || again.Amount != float64(g.Processes[1].Lines-lines) {
		t.Errorf("then %v, %v", again, err)
	}
}

// A busy machine may come to typing only when the time for it is over.
func TestTalkTypesAChunkAtLeast(t *testing.T) {
	g, talker := pair(t, "exec sed -u 's/^/you: /'")
	s, err := g.Talk(t.Context(), []Talker{talker}, 64, 0)
	if want := float64(chunkSize/64 + 1); err != nil || s.Amount != want {
		t.Errorf("%v lines, want %v; %v", s.Amount, want, err)
	}
}

func TestTalkFailsWhenAScreenShowsAnythingElse(t *testing.T) {
	for name, filter := range map[string]string{
		"lines twice":       "exec sed -u 's/^/you: /;p'",
		"the first twice":   "exec sed -u 's/^/you: /;1p'",
		"another text":      "exec sed -u 's/^/you:  /'",
		"without its start": "exec cat",
	} {
		t.Run(name, func(t *testing.T) {
			g, talker := pair(t, filter)
			_, err := g.Talk(t.Context(), []Talker{talker}, 64, 20*time.Millisecond)
			if err == nil || !strings.Contains(err.Error(), "screen shows something else") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOneByOneTimesEachLine(t *testing.T) {
	g, talker := pair(t, "exec sed -u 's/^/you: /'")
	took, s, err := g.OneByOne(t.Context(), talker, 64, 100)
	if err != nil || len(took) != 100 || s.Amount != 100 {
		t.Fatalf("%d times, %+v, %v", len(took), s, err)
	}
	sum := time.Duration(0)
	for _, d := range took {
		if d <= 0 {
			t.Errorf("a line took %v", d)
		}
		sum += d
	}
	if sum.Seconds() > s.Seconds {
		t.Errorf("%v in all, and it took %v s", sum, s.Seconds)
	}
}

func TestUntilSaysHowFarItGot(t *testing.T) {
	g, err := NewGroup()
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Start("slow", "/bin/sh", "-c", "echo first; echo no port >&2; exec sleep 60"); err != nil {
		t.Fatal(err)
	}
	p := g.Processes[0]
	if err := g.Until(t.Context(), 10*time.Second, func() bool { return p.Lines == 1 && p.Said() != "" }); err != nil {
		t.Fatal(err)
	}
	err = g.Until(t.Context(), 10*time.Millisecond, func() bool { return false })
	if err == nil || !strings.Contains(err.Error(), `slow has shown 1 lines, first "first\n", and says "no port"`) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Until(ctx, time.Minute, func() bool { return false }); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestAProcessThatEndsIsToldOf(t *testing.T) {
	g, err := NewGroup()
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Start("short", "/bin/sh", "-c", "echo the port is taken >&2; exit 1"); err != nil {
		t.Fatal(err)
	}
	err = g.Until(t.Context(), 10*time.Second, func() bool { return false })
	if err == nil || !strings.Contains(err.Error(), "short has closed its screen; it says: the port is taken") {
		t.Errorf("got %v", err)
	}
}

func TestAKilledProcessIsNoLongerWaitedFor(t *testing.T) {
	g, err := NewGroup()
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	p, err := g.Start("cat", "/bin/cat")
	if err != nil {
		t.Fatal(err)
	}
	q, err := g.Start("other cat", "/bin/cat")
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if err := q.Type([]byte("still here\n")); err != nil {
		t.Fatal(err)
	}
	if err := g.Until(t.Context(), 10*time.Second, func() bool { return q.Lines == 1 }); err != nil || string(q.Text) != "still here\n" {
		t.Errorf("%q, %v", q.Text, err)
	}
	if _, err := g.CPU(); err != nil {
		t.Errorf("the dead one is asked for its time: %v", err)
	}
}

package main

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestALineHas64Bytes(t *testing.T) {
	for what, line := range map[string][]byte{"plain": text, "stamped": stamped(12345 * time.Second)} {
		if len(line)+len("\n") != 64 || strings.Count(string(line), string(mark)) != 1 || line[62] != mark {
			t.Errorf("%s: %q", what, line)
		}
	}
}

func TestStampsAreReadHoweverTheyAreCut(t *testing.T) {
	begin := time.Now().Add(-time.Hour)
	stream := "(a) at 13:54: " + string(stamped(0)) + "\n(b) at 13:54: " + string(stamped(30*time.Minute)) + "\n"
	for size := 1; size <= len(stream); size++ {
		s := stamps{begin: begin}
		for piece := range slices.Chunk([]byte(stream), size) {
			s.take(piece)
		}
		if len(s.took) != 2 || s.took[0].Round(time.Minute) != time.Hour || s.took[1].Round(time.Minute) != 30*time.Minute {
			t.Fatalf("in pieces of %d: %v", size, s.took)
		}
	}
}

func TestQuantile(t *testing.T) {
	var sorted []time.Duration
	for i := range 100 {
		sorted = append(sorted, time.Duration(i+1)*time.Second)
	}
	for share, want := range map[float64]float64{0: 1, 0.5: 51, 0.99: 100, 1: 100} {
		if got := quantile(sorted, share); got != want {
			t.Errorf("%v: %v, want %v", share, got, want)
		}
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestNobodyTalksAheadOfTheSlowest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(2)
		reached := -1
		go func() {
			for turn := 0; w.begin(turn); turn++ {
				reached = turn
			}
		}()
		step := func(want int, why string) {
			t.Helper()
			if synctest.Wait(); reached != want {
				t.Fatalf("%s: the talker is in turn %d, want %d", why, reached, want)
			}
		}
		step(1, "nobody has heard anything")
		w.pass(0)
		w.pass(1)
		step(1, "one listener has heard both turns, the other none")
		w.pass(0)
		step(2, "both have heard the first")
		w.pass(1)
		step(3, "both have heard the second")
		w.close()
		for _, turn := range []int{2, 2, 3, 3} {
			w.pass(turn)
		}
		if err := w.wait(); err != nil || reached != 3 {
			t.Errorf("in the end: turn %d, %v", reached, err)
		}
	})
}

func TestTheFirstTurnIsHadHoweverLate(t *testing.T) {
	w := newWindow(1)
	w.close()
	if !w.begin(0) || w.begin(1) {
		t.Errorf("%d turns are begun, want the first", w.started)
	}
}

func TestAWindowSaysWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(1)
		w.begin(0)
		if err := w.wait(); err == nil || !strings.Contains(err.Error(), "missing after 20s") {
			t.Errorf("got %v", err)
		}
	})
	w := newWindow(1)
	w.begin(0)
	w.fail(errors.New("cut off"))
	w.fail(errors.New("and so on"))
	if err := w.wait(); err == nil || err.Error() != "cut off" {
		t.Errorf("got %v", err)
	}
	if w.begin(1) {
		t.Error("talks on")
	}
}

func TestASeatCountsWhenItHasHeardAllOthers(t *testing.T) {
	joined, turns := newWindow(1), newWindow(1)
	joined.begin(0)
	turns.begin(0)
	s := &seat{others: 2, step: 3, joined: joined, turns: turns, turn: -1}
	for i, piece := range []string{"Online\na|", "\nb|\nc|\n", "d|\n"} {
		s.heard([]byte(piece))
		if (joined.over == 1) != (i > 0) || turns.over != 0 {
			t.Fatalf("after %q: %+v, %+v", piece, joined, turns)
		}
	}
	s.heard([]byte("e|\nf|\n"))
	if s.lines != 4 || turns.over != 1 {
		t.Errorf("%d lines, %d turns", s.lines, turns.over)
	}
}

func TestDialects(t *testing.T) {
	for name, want := range map[string]struct{ server, sent, line string }{
		"lines": {"Connection with the server has been established\n", "", "hi\n"},
		"nats": {
			"INFO {}\r\nPING\r\nPONG\r\n",
			"CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false,\"protocol\":1}\r\nSUB room 1\r\nPING\r\n",
			"PUB room 2\r\nhi\r\n",
		},
		"irc": {
			":irc.bench 001 c1 :Welcome\r\n:irc.bench 366 c1 #room :End of NAMES list\r\n",
			"NICK c1\r\nUSER c1 0 * :c1\r\nJOIN #room\r\n", "PRIVMSG #room :hi\r\n",
		},
	} {
		d := dialects[name]
		var sent strings.Builder
		in := bufio.NewReader(strings.NewReader(want.server + "rest"))
		if err := d.join(&sent, in, "c1"); err != nil || sent.String() != want.sent {
			t.Errorf("%s: sends %q, %v", name, sent.String(), err)
		}
		if rest, _ := io.ReadAll(in); string(rest) != "rest" {
			t.Errorf("%s: reads on to %q", name, rest)
		}
		if got := string(d.line(nil, []byte("hi"))); got != want.line {
			t.Errorf("%s: %q", name, got)
		}
	}
	refused := bufio.NewReader(strings.NewReader("ERROR :Too many connections\r\n"))
	if err := joinIRC(io.Discard, refused, "c1"); err == nil || !strings.Contains(err.Error(), "Too many") {
		t.Errorf("refused: %v", err)
	}
}

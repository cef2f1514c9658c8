package processes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
)

// wrong are command lines that a program refuses, by role. PORT stands for a free port.
var wrong = map[string][][]string{
	"server": {{"4000"}, {"-listen", "0.0.0.0:PORT"}, {"-listen", "nowhere"}},
	"client": {
		{},
		{"1", "PORT"},
		{"1", "0", "PORT", "more"},
		{"../x", "0", "PORT"},
		{"", "0", "PORT"},
		{"-1", "0", "PORT"},
		{"3\n", "0", "PORT"},
		{"3 4", "0", "PORT"},
		{"1", "PORT", "PORT"},
		{"1", "0", "70000"},
		{"1", "65536", "PORT"},
		{"1", "0", "http"},
		{"-sever", "127.0.0.1:PORT", "1", "0", "PORT"},
		{"-server", "nowhere", "1", "0", "PORT"},
		{"-host", "0.0.0.0", "1", "0", "PORT"}, // without TLS
	},
	"relay": {
		{}, {"http"}, {"70000"}, {"-1"}, {""}, {"PORT", "PORT"}, {"-listen", "127.0.0.1:PORT", "PORT"}, {"-listen", "nowhere"}, {"-lisen", "127.0.0.1:PORT"},
	},
	"node": {
		{},
		{"127.0.0.1"},
		{"127.0.0.1", "http"},
		{"127.0.0.1", "70000"},
		{"127.0.0.1", "0"},
		{"", "PORT"},
		{"127.0.0.1", "PORT", "more"},
		{"-listen", "nowhere", "127.0.0.1", "PORT"},
		{"-folder", ".", "127.0.0.1", "PORT"},
	},
	"fetch": {
		{},
		{"127.0.0.1"},
		{"127.0.0.1", "http"},
		{"127.0.0.1", "70000"},
		{"127.0.0.1", "0", "a.txt"},
		{"", "PORT", "a.txt"},
		{"-list", "127.0.0.1", "PORT", "a.txt"},
		{"-output", ".", "127.0.0.1", "PORT", "a.txt"},
		{"-o"},
	},
	"order-server": {{"4400"}, {"-listen", "nowhere"}, {"-listen", "127.0.0.1:70000"}, {"-rounds", "-1"}, {"-rounds", "x"}, {"-round", "1"}},
	"order-client": {
		{},
		{"X"},
		{"X", "Ahnaf", "more"},
		{"", "Ahnaf"},
		{"X", "a\nb"},
		{"X\x1b", "a"},
		{"a: b", "c"},
		{"ERR", "c"},
		{"X", "hello received before Q: bye"}, // fault O1
		{"X", "-y"},
		{"X", strings.Repeat("x", 498)},
		{"-server", "nowhere", "X", "Ahnaf"},
		{"-sever", "127.0.0.1:PORT", "X", "Ahnaf"},
	},
	"room-server": {{"x"}, {"-listen", "nowhere"}, {"-listen", "127.0.0.1:70000"}, {"-history", "-1"}, {"-history", "10001"}, {"-history", "x"}, {"-port", "1"}},
	"room-client": {{"x"}, {"-server", "nowhere"}, {"-server", "127.0.0.1:-1"}, {"-name", "Ann"}},
}

// Wrong usage is status 2 and one line on stderr, which says what is wrong.
func TestWrongUsage(t *testing.T) {
	for role, all := range wrong {
		t.Run(role, func(t *testing.T) {
			lab.NeedsOwn(t, role)
			lab.Parallel(t)
			l := lab.New(t)
			var specs []lab.Spec
			for i, args := range all {
				words := strings.Split(strings.ReplaceAll(strings.Join(args, "\x00"), "PORT", l.Port()), "\x00")
				specs = append(specs, lab.Spec{Name: fmt.Sprint(role, i), Role: role, Args: words[:len(args)]})
			}
			for _, p := range l.StartAll(specs...) {
				p.Exits(2)
				assert.Len(t, p.Stderr().Lines(), 1, "%v says what is wrong", p)
				assert.Empty(t, p.Lines(), "%v: the screen is not for that", p)
			}
		})
	}
}

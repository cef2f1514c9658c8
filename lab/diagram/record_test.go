package diagram

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/lab/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// record makes events of lines such as these; the number is a time in milliseconds:
//
//	10 client1 typed hello
//	11 client1>client2#1@0 sent MSG hello     over connection 1, from its byte 0 on
//	12 client1>client2 fault drop
func record(t testing.TB, text string) (events []event.Event) {
	t.Helper()
	began := time.Date(2026, 11, 29, 1, 2, 3, 0, time.UTC)
	events = append(events, event.Event{Time: began, Kind: event.Run, Version: event.Version})
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		words := strings.SplitN(line, " ", 4)
		require.GreaterOrEqual(t, len(words), 3, line)
		var ms int
		_, err := fmt.Sscan(words[0], &ms)
		require.NoError(t, err, line)
		e := event.Event{Time: began.Add(time.Duration(ms) * time.Millisecond), Kind: event.Kind(words[2])}
		if len(words) == 4 {
			e.Text = words[3]
		}
		if from, rest, link := strings.Cut(words[1], ">"); link {
			e.Link = &event.Link{From: from}
			to, at, _ := strings.Cut(rest, "#")
			e.Link.To = to
			if at != "" {
				_, err := fmt.Sscanf(at, "%d@%d", &e.Link.Connection, &e.Link.Offset)
				require.NoError(t, err, line)
				e.Bytes = len(e.Text) + 1
			}
		} else {
			e.Process, e.Life = words[1], 1
			for _, before := range events {
				if before.Process == e.Process {
					e.Life = before.Life
				}
			}
			if e.Kind == event.Started && len(events) > 1 {
				for _, before := range events {
					if before.Process == e.Process && before.Kind == event.Started {
						e.Life = before.Life + 1
					}
				}
			}
		}
		events = append(events, e)
	}
	return events
}

// fates is a record in which something happens to almost every message: it arrives, is
// dropped and sent again, held, cut off by a kill, or arrives where no process runs.
const fates = `
1 server started ./server
2 client1 started ./client 1
2 client2 started ./client 2
5 client1>server#1@0 connected 127.0.0.1:5001 127.0.0.1:4000
6 client2>server#2@0 connected 127.0.0.1:5002 127.0.0.1:4000
10 client1 typed hello <b>&amp;
11 client1>server#1@0 sent MSG hello <b>&amp;
11 client1>server#1@0 received MSG hello <b>&amp;
12 client1>client2#3@0 sent MSG hello <b>&amp;
12 client1>client2#3@0 received MSG hello <b>&amp;
13 client2 shown Client 1: hello <b>&amp;
13 server shown Client 1: hello <b>&amp;
20 server>client1 fault drop
20 server>client2 fault drop
25 server typed dropped at first
26 server>client1#1@0 sent MSG dropped at first
26 server>client1#1@0 dropped
300 server>client1 healed
301 server>client2 healed
302 server>client1#1@0 received MSG dropped at first
303 client1 shown Server: dropped at first
310 client2>client1 fault hold
311 client2 typed held up
312 client2>client1#3@0 sent MSG held up
312 client2>client1#3@0 held
700 client2>client1 healed
701 client2>client1#3@0 received MSG held up
702 client1 shown Client 2: held up
800 client2 fault pause
1800 client2 fault resume
1810 server typed my last
1811 server>client1#1@21 sent MSG my last
1811 server fault kill -9
1812 server exited was ended by SIGKILL (status 137)
1813 client1>server#1@18 sent MSG too late
1813 client1>server#1@18 received MSG too late
1814 client1>server#1@31 reset
1900 client1 shown Server: terminated.
`

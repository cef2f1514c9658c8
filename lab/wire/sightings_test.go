package wire

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/lab/event"
)

// seen is sightings at a machine that is made up.
type seen struct {
	sightings
	t         *testing.T
	file      bytes.Buffer
	addresses []string
	programs  map[string]string // by their addresses
	lookups   int
	gone      bool // all connections
}

// watch returns a machine with some addresses, on which port 4000 is watched.
func watch(t *testing.T, programs map[string]string, addresses ...string) *seen {
	s := &seen{t: t, addresses: addresses, programs: programs}
	has := func(a netip.Addr) bool {
		for _, x := range s.addresses {
			if a.String() == x {
				return true
			}
		}
		return false
	}
	s.sightings = sightings{
		record: record{events: event.NewRecorder(&s.file), several: true, conns: make(map[ports]*conn)}, only: []uint16{4000, 5001}, ignored: make(map[pair]uint32),
		has: func(a, b netip.Addr) (bool, bool) { return has(a), has(b) },
		program: func(local, _ netip.AddrPort, _ bool) string {
			s.lookups++
			if name := s.programs[local.String()]; name != "" {
				return name
			}
			return Other
		},
		connection: func(_, _ netip.AddrPort) (exists, open bool) { return !s.gone, !s.gone },
	}
	return s
}

// sees makes it see a packet.
func (s *seen) sees(from, to string, seq uint32, flags byte, payload string) {
	s.see(&header{
		from: netip.MustParseAddrPort(from), to: netip.MustParseAddrPort(to), seq: seq, flags: flags, payload: []byte(payload),
	}, time.Now())
}

// events ends the record and returns it without its first event.
func (s *seen) events() (all []event.Event) {
	s.t.Helper()
	require.NoError(s.t, s.record.events.Close())
	all, err := event.Read(&s.file)
	require.NoError(s.t, err)
	return all[1:]
}

func texts(events []event.Event) (all []string) {
	for _, e := range events {
		all = append(all, e.String())
	}
	return all
}

const (
	near, far = "10.0.0.1:5001", "10.0.0.2:4000" // the ends of a connection
	seqOut    = 1<<32 - 3                        // of its first packets; the numbers wrap around
	seqBack   = 1000
)

// dialogue is the packets of a connection, each of them twice, as on a loopback interface.
func (s *seen) dialogue(near, far string) {
	for _, p := range []struct {
		back  bool
		seq   uint64
		flags byte
		text  string
	}{
		{false, seqOut, syn, ""},
		{true, seqBack, syn | ack, ""},
		{false, seqOut + 1, ack, "hel"},
		{true, seqBack + 1, ack, "welcome\n"},
		{false, seqOut, syn, ""}, // late
		{true, seqBack, syn | ack, ""},
		{false, seqOut + 4, ack, "lo\n"},
		{false, seqOut + 7, fin | ack, ""},
		{true, seqBack + 9, fin | ack, ""},
		{false, seqOut + 8, ack, ""},
	} {
		from, to := near, far
		if p.back {
			from, to = far, near
		}
		s.sees(from, to, uint32(p.seq), p.flags, p.text)
		s.sees(from, to, uint32(p.seq), p.flags, p.text)
	}
}

func TestEachMachineRecordsItsEndOfAConnection(t *testing.T) {
	client, server := map[string]string{near: "client"}, map[string]string{far: "server"}
	for name, c := range map[string]struct {
		addresses []string
		programs  map[string]string
		want      []string
	}{
		"the opener's": {[]string{"10.0.0.1"}, client, []string{
			`client → other  connected "10.0.0.1:5001 10.0.0.2:4000"`,
			`other → client  received "welcome"`, `client → other  sent "hello"`, `client → other  closed`,
		}},
		"the listener's": {[]string{"10.0.0.2"}, server, []string{
			`other → server  connected "10.0.0.1:5001 10.0.0.2:4000"`,
			`server → other  sent "welcome"`, `other → server  received "hello"`, `server → other  closed`,
		}},
		"both on one, and a program at one": {[]string{"10.0.0.1", "10.0.0.2"}, server, []string{
			`other → server  connected "10.0.0.1:5001 10.0.0.2:4000"`,
			`server → other  sent "welcome"`, `server → other  received "welcome"`,
			`other → server  sent "hello"`, `other → server  received "hello"`, `other → server  closed`, `server → other  closed`,
		}},
		"of no program": {[]string{"10.0.0.1"}, server, nil},
		"forwarded":     {[]string{"10.0.0.3"}, client, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := watch(t, c.programs, c.addresses...)
			s.dialogue(near, far)
			require.LessOrEqual(t, s.lookups, 2)
			require.Empty(t, s.record.conns)
			events := s.events()
			require.Equal(t, c.want, texts(events))
			for _, e := range events {
				switch e.Text {
				case "hello":
					require.EqualValues(t, uint32(seqOut+1), e.Link.Sequence)
				case "welcome":
					require.EqualValues(t, seqBack+1, e.Link.Sequence)
				}
				require.Zero(t, e.Link.Offset)
			}
		})
	}
}

func TestAPairOfPortsThatIsUsedAgain(t *testing.T) {
	s := watch(t, map[string]string{near: "client"}, "10.0.0.1")
	s.sees(far, near, 5, rst, "") // of one that is over
	s.sees(near, far, 7, syn, "")
	s.sees(far, near, 0, rst|ack, "") // refused
	s.sees(far, near, 0, rst|ack, "")
	s.dialogue(near, far)
	s.programs = nil
	s.sees(near, far, 77, syn, "")
	s.sees(near, far, 78, ack, "of another program\n")
	s.programs = map[string]string{near: "next"}
	s.sees(near, far, 777, syn, "")
	s.sees(near, far, 777, syn, "") // sent again
	s.sees(far, near, 9, syn|ack, "")
	s.sees(near, far, 778, ack, "hi\n")
	s.sees(near, far, 7777, syn, "") // it was killed, and its machine was cut off
	s.sees(far, near, 99, syn|ack, "")
	s.sees(near, far, 7778, ack, "hi again\n")
	s.programs = nil
	s.sees(near, far, 77777, syn, "")
	s.sees(near, far, 7787, ack, "of another program\n")
	require.Equal(t, []string{
		`client → other  connected "10.0.0.1:5001 10.0.0.2:4000"`,
		`other → client  received "welcome"`, `client → other  sent "hello"`, `client → other  closed`,
		`next → other  connected "10.0.0.1:5001 10.0.0.2:4000"`, `next → other  sent "hi"`,
		`next → other  connected "10.0.0.1:5001 10.0.0.2:4000"`, `next → other  sent "hi again"`,
	}, texts(s.events()))
}

// Both machines say which end of an older connection listens, whichever packet is the first.
func TestAnOlderConnection(t *testing.T) {
	for _, c := range []struct{ opener, listener string }{
		{"10.0.0.1:33000", "10.0.0.2:4000"},
		{"10.0.0.1:3000", "10.0.0.2:4000"},
		{"10.0.0.1:5001", "10.0.0.2:4000"}, // both are watched
		{"10.0.0.2:4000", "10.0.0.1:4000"},
	} {
		for _, back := range []bool{false, true} {
			s := watch(t, map[string]string{c.opener: "client"}, netip.MustParseAddrPort(c.opener).Addr().String())
			from, to, want := c.opener, c.listener, `client → other  sent "one"`
			if back {
				from, to, want = to, from, `other → client  received "one"`
			}
			s.sees(from, to, 6, ack, "") // a probe
			s.sees(from, to, 7, ack, "one\n")
			s.sees(from, to, 11, ack, "two\n")
			require.Equal(t, []Connection{{"client", Other, netip.MustParseAddrPort(c.opener), netip.MustParseAddrPort(c.listener)}}, s.open())
			events := s.events()
			require.Equal(t, []string{`client → other  connected "` + c.opener + " " + c.listener + `"`, want}, texts(events)[:2])
			require.EqualValues(t, 7, events[1].Link.Sequence)
			require.EqualValues(t, 11, events[2].Link.Sequence)
			require.EqualValues(t, 4, events[2].Link.Offset)
		}
	}
}

func TestAConnectionWhoseAnswerWasNotSeen(t *testing.T) {
	s := watch(t, map[string]string{near: "client"}, "10.0.0.1")
	s.sees(near, far, 7, syn, "")
	require.Empty(t, s.open())
	s.sees(near, far, 8, ack, "hi\n")
	require.Len(t, s.open(), 1)
	s.sees(near, far, 11, rst, "")
	require.Equal(t, []string{`client → other  connected "10.0.0.1:5001 10.0.0.2:4000"`, `client → other  sent "hi"`, `client → other  reset`}, texts(s.events()))
}

// A connection of no program is looked up once, however many others there are.
func TestObserversRememberABoundedNumberOfConnections(t *testing.T) {
	s := watch(t, nil, "10.0.0.1")
	from := func(port int) string {
		return netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(port)).String()
	}
	for port := range 2 * maxIgnored {
		for seq := range uint32(3) {
			s.sees(from(10_000+port), far, seq, ack, "x\n")
		}
	}
	require.Equal(t, 2*maxIgnored, s.lookups)
	require.Len(t, s.ignored, maxIgnored)

	s.programs = make(map[string]string)
	for port := range maxSeen + 1 {
		s.programs[from(20_000+port)] = "client"
		s.sees(from(20_000+port), far, 1, syn, "")
	}
	require.Len(t, s.record.conns, maxSeen)
	s.sees(from(20_000+maxSeen), far, 2, ack, "not recorded\n")
	s.gone = true
	s.sees(from(20_000+maxSeen), far, 10, syn, "")
	s.sees(from(20_000+maxSeen), far, 11, ack, "recorded\n")
	require.Len(t, s.record.conns, 1)
	require.Equal(t, []string{
		"1 events or packets are missing here", `client → other  connected "10.0.0.1:24096 10.0.0.2:4000"`, `client → other  sent "recorded"`,
	}, texts(s.events()))
}

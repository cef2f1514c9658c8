package processes

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
	"peerlab/lab/certs"
)

// secureLab is a lab whose programs have certificates of one CA.
type secureLab struct {
	*lab.Lab
	t  *testing.T
	ca certs.Dir
}

func newSecureLab(t *testing.T, roles ...string) secureLab {
	t.Helper()
	lab.NeedsOwn(t, roles...)
	lab.Parallel(t)
	l := lab.New(t)
	return secureLab{l, t, certs.Dir(l.Dir("certs"))}
}

// folder issues a certificate and returns its folder.
func (l secureLab) folder(name string, life time.Duration) string {
	l.t.Helper()
	stage.Certify(l.t, l.ca, name, life)
	return filepath.Join(string(l.ca), name)
}

// starts starts a program with TLS, in the folder of its certificate.
func (l secureLab) starts(name, role string, args ...string) *lab.Process {
	l.t.Helper()
	return l.Start(lab.Spec{Name: name, Role: role, Dir: l.folder(name, time.Hour), Args: append([]string{"-tls", "."}, args...)})
}

// refused starts a program with a certificate that has expired, and requires that both
// ends say so.
func (l secureLab) refused(by *lab.Process, name, role string, args ...string) {
	l.t.Helper()
	p := l.Start(lab.Spec{Name: name, Role: role, Dir: l.folder(name, -time.Minute), Args: append([]string{"-tls", "."}, args...)})
	says := fmt.Sprintf("the certificate of %s has expired", name)
	p.Exits(1)
	p.Stderr().Contains("the other side refuses this process: " + says)
	by.Stderr().Contains(says)
}

func TestRelayWithTLS(t *testing.T) {
	l := newSecureLab(t, "relay", "node", "fetch")
	at := l.Address()
	relay := l.starts("relay", "relay", "-listen", at)
	relay.Listens(at)
	require.NoError(t, os.WriteFile(filepath.Join(l.folder("node1", time.Hour), "poem.txt"), []byte("Über allen Gipfeln\nIst Ruh\n"), 0o644))
	node := l.starts("node1", "node", stage.Host(at), stage.Port(at))
	node.Stderr().Contains("registered with the relay")
	fetch := l.starts("client", "fetch", stage.Host(at), stage.Port(at), "poem.txt")
	fetch.Exits(0)
	fetch.Sees("Über allen Gipfeln", "Ist Ruh")
	l.refused(relay, "client2", "fetch", stage.Host(at), stage.Port(at), "poem.txt")
}

func TestOrderWithTLS(t *testing.T) {
	l := newSecureLab(t, "order-server", "order-client")
	at := l.Address()
	server := l.starts("order-server", "order-server", "-listen", at, "-rounds", "0")
	server.Sees(stage.OrderReady)
	x := l.starts("order-client-x", "order-client", "-server", at, "X", "Ahnaf")
	server.Sees("Message Received: Client X: Ahnaf")
	y := l.starts("order-client-y", "order-client", "-server", at, "Y", "Ahnaf")
	for _, p := range []*lab.Process{x, y} {
		p.Exits(0)
		p.Sees("X: Ahnaf received before Y: Ahnaf")
	}
	l.refused(server, "order-client-z", "order-client", "-server", at, "Z", "Ahnaf")
}

func TestRoomWithTLS(t *testing.T) {
	l := newSecureLab(t, "room-server", "room-client")
	at := l.Address()
	server := l.starts("room-server", "room-server", "-listen", at)
	server.Sees("This server is activated on port " + stage.Port(at))
	one := l.starts("room-client1", "room-client", "-server", at)
	one.Sees(stage.RoomGreeting)
	one.Types("/nick Ann")
	one.Sees("You are now known as Ann")
	two := l.starts("room-client2", "room-client", "-server", at)
	two.Sees(stage.RoomGreeting)
	two.Types("/who")
	two.Contains("[Ann] is Online")
	l.refused(server, "room-client3", "room-client", "-server", at)
}

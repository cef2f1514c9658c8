package stage

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/lab/network"
)

// Swarm is the stack of compose.swarm.yaml at three hosts. It is used as by a person, through
// scripts/swarm.sh and attached terminals; the screens are the logs at the engines of the nodes.
type Swarm struct {
	*Hosts
	Certs     string // the folder of the certificates
	terminals map[string]*lab.Terminal
	screens   map[string]*lab.Process
}

// ChatServices are the services of the chat.
var ChatServices = []string{"server", "client1", "client2", "client3", "client4", "client5"}

// StartSwarm starts the stack with these places, as in client3=host2, and all others in turn. It
// attaches to the chat's services, and waits until all clients are introduced to all.
func StartSwarm(t *testing.T, managers int, places ...string) *Swarm {
	t.Helper()
	s := &Swarm{Hosts: NewHosts(t, 3, managers), terminals: map[string]*lab.Terminal{}, screens: map[string]*lab.Process{}}
	for _, place := range places {
		service, host, _ := strings.Cut(place, "=")
		s.Docker(HostName(1), "node", "update", "--label-add", "peerlab."+service+"=yes", host)
	}
	s.Certs = s.Dir("certs")
	t.Setenv("CERTS", s.Certs)
	t.Log(s.Do("scripts/swarm.sh", "up"))
	for _, service := range ChatServices {
		s.Attach(service)
	}
	s.Show(ClientLines(IDs(5), "initiated."), ChatServices...)
	return s
}

// Home returns the node that a service is to run at.
func (s *Swarm) Home(service string) string {
	s.t.Helper()
	return s.Do("scripts/swarm.sh", "home", service)
}

// Attach sits down at the terminal of a service, and follows its screen.
func (s *Swarm) Attach(service string) {
	s.t.Helper()
	home, id := s.Home(service), s.container(service)
	require.NotEmpty(s.t, id, "%s does not run at %s", service, home)
	s.screens[service] = s.Start(lab.Spec{Name: service + " " + id, Role: "docker", Args: []string{"--context", home, "logs", "--follow", id}})
	s.terminals[service] = s.Sit(service, nil, "scripts/attach.sh", service)
	s.terminals[service].TakesKeys()
}

// container returns the ID of a service's running container, if there is one.
func (s *Swarm) container(service string) string {
	s.t.Helper()
	return s.Docker(s.Home(service), "ps", "--quiet", "--filter", "label=com.docker.swarm.service.name=peerlab_"+service)
}

// StartAgain starts a service that has ended, and attaches to it.
func (s *Swarm) StartAgain(service string) {
	s.t.Helper()
	s.Eventually(service+" has ended", func() bool { return s.container(service) == "" })
	s.Do("scripts/swarm.sh", "start", service)
	s.Attach(service)
}

// Screen returns what a service has shown since it was attached to last.
func (s *Swarm) Screen(service string) *lab.Process { return s.screens[service] }

// Type types a line at a service's terminal.
func (s *Swarm) Type(service, text string) {
	s.t.Helper()
	s.terminals[service].Types(text + "\r")
}

// Show waits until the screens of services show all these lines.
func (s *Swarm) Show(lines []string, services ...string) {
	s.t.Helper()
	for _, service := range services {
		s.screens[service].Sees(lines...)
	}
}

// Talk types two lines at each of these services, and requires that the first of them shows once
// at all others of them, and never at the service itself.
func (s *Swarm) Talk(text string, services ...string) {
	s.t.Helper()
	for _, service := range services {
		s.Type(service, text)
		s.Type(service, text+", the end")
	}
	for _, service := range services {
		for _, sender := range services {
			if sender != service {
				s.Show([]string{ServiceName(sender) + ": " + text + ", the end"}, service)
			}
		}
	}
	s.Agree(text, services, services)
}

// Agree requires that each of the screens shows what was typed at each of the senders once.
func (s *Swarm) Agree(text string, senders, services []string) {
	s.t.Helper()
	for _, service := range services {
		for _, sender := range senders {
			want := 1
			if sender == service {
				want = 0
			}
			line := ServiceName(sender) + ": " + text
			require.Equal(s.t, want, s.screens[service].Count(line), "%q on the screen of %s", line, service)
		}
	}
}

// ServiceName returns how screens name a service of the chat.
func ServiceName(service string) string {
	if id, ok := strings.CutPrefix(service, "client"); ok {
		return "Client " + id
	}
	return ServerName
}

// Volume returns the folder of a volume of the stack, which a node's engine keeps.
func (s *Swarm) Volume(node, name string) string {
	return filepath.Join(s.Folder(), node, "data", "volumes", "peerlab_"+name, "_data")
}

// At returns the services of the chat at a node, and those elsewhere.
func (s *Swarm) At(node string) (here, elsewhere []string) {
	s.t.Helper()
	for _, service := range ChatServices {
		if s.Home(service) == node {
			here = append(here, service)
		} else {
			elsewhere = append(elsewhere, service)
		}
	}
	require.True(s.t, len(here) > 0 && !slices.Contains(here, "server"), "at %s: %v", node, here)
	return here, elsewhere
}

// Page starts the page of all machines at host1, whose engine manages the swarm, and views it.
func (s *Swarm) Page() *Page {
	s.t.Helper()
	program, err := filepath.Abs(filepath.Join(root, "bin", "peerlab"))
	require.NoError(s.t, err)
	inside := s.inside(s.hosts[HostName(1)])
	console := s.Start(lab.Spec{Name: "console", Role: hostsRole, Args: []string{
		"at", strconv.Itoa(inside), program, "console", "-swarm", "-tls", filepath.Join(os.Getenv("CERTS"), "console"),
	}})
	said := console.Contains("?token=")
	there, err := network.Open(inside)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { assert.NoError(s.t, there.Close()) })
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
		return there.Dial(ctx, address)
	}}}
	s.t.Cleanup(client.CloseIdleConnections)
	return ViewPage(s.t, client, strings.TrimSpace(said))
}

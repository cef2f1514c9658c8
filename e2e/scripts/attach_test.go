package scripts

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Fault U6: the advice named a service that does not exist, or could not work.
func TestAttachExplainsWhyThereIsNoTerminal(t *testing.T) {
	const services = `
"compose --profile * config --services") printf '%s\n' client1 client2 room-server server ;;
"compose config --services") printf '%s\n' client1 client2 server ;;`
	const up = services + `
"ps "*service=client2*" --all "*) echo id exited ;;
"ps "*service=*) ;;
"ps "*) printf '%s\n' client1 server ;;
"inspect "*ExitCode*) printf ', status 137' ;;`
	for name, c := range map[string]struct {
		answers, service string
		want             []string
	}{
		"no such service": {up, "client9", []string{"no terminal 'client9'", "Running: server client1 (make up starts the lab).", "All of them: room-server server client1 client2"}},
		"before make up":  {services, "client1", []string{"the lab is not up", "make up"}},
		"stopped":         {up, "client2", []string{"client2 does not run", "status 137", "docker compose start client2"}},
		"paused":          {`"ps "*service=client1*) echo id paused ;;`, "client1", []string{"docker compose unpause client1"}},
		"not started":     {up, "client1", []string{"docker compose up --detach client1"}},
		"of a profile":    {services, "room-server", []string{"docker compose up --detach room-server"}},
		"a dash":          {up, "-x", []string{"no terminal '-x'"}},
		"none":            {up, "", []string{"usage:"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScripted(t)
			s.docker(c.answers)
			r := s.runs("attach.sh", c.service)
			require.Equal(t, 1, r.status)
			for _, want := range c.want {
				require.Contains(t, r.stderr, want)
			}
			require.Empty(t, r.stdout)
		})
	}
}

// Fault B10: with a log driver that cannot be read, such as none, attach failed.
func TestAttachWithoutALog(t *testing.T) {
	s := newScripted(t)
	s.docker(`
"ps "*service=client1*) echo id running ;;
"logs "*) echo configured logging driver does not support reading >&2; exit 1 ;;
"attach "*) echo the terminal ;;`)
	r := s.runs("attach.sh", "client1")
	require.Equal(t, 0, r.status, r.stderr)
	require.Contains(t, r.stdout, "its log cannot be read")
	require.Contains(t, r.stdout, "the terminal")
	require.Equal(t, "attach --sig-proxy=false id", s.calls()[len(s.calls())-1])
}

// A second service was once taken for the first one's, as if -stay had been given.
func TestAttachTakesOneService(t *testing.T) {
	s := newScripted(t)
	s.docker("")
	r := s.runs("attach.sh", "client1", "client2")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.stderr, "usage:")
}

func TestAttachAsksForTheProjectInTheEnvironment(t *testing.T) {
	s := newScripted(t)
	s.env = append(s.env, "COMPOSE_PROJECT_NAME=mine")
	s.docker(`"ps "*project=mine*service=client1*) echo id running ;;`)
	r := s.runs("attach.sh", "client1")
	require.Equal(t, 0, r.status, r.stderr)
	require.True(t, strings.HasPrefix(s.calls()[0], "ps --filter label=com.docker.compose.project=mine "), s.calls())
}

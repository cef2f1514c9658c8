package lab

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestValuesForThePlacesInACommand(t *testing.T) {
	spec := Spec{
		Role: "client", Args: []string{"-server", "127.0.0.1:4000", "2", "5002", "6002"},
		Vars: map[string]string{"ID": "2", "PORT1": "5002", "PORT2": "6002", "SERVER": "127.0.0.1:4000"},
	}
	for command, want := range map[string]string{
		"cmd:./client.out":                        "./client.out -server 127.0.0.1:4000 2 5002 6002",
		"cmd:./client.out {ID} {PORT1} {PORT2}":   "./client.out 2 5002 6002",
		"cmd:./client.out --id={ID}:{PORT2} last": "./client.out --id=2:6002 last",
		"cmd:./client.out {}":                     "./client.out",
		"cmd+pipe:./client.out {ID}":              "./client.out 2",
		"image:ada/chat /client -p {PORT2}":       "image ada/chat /client -p 6002",
		"image:ada/chat":                          "image ada/chat -server 127.0.0.1:4000 2 5002 6002",
		"cmd:sh -c 'exec x ${HOME} {id}' {ID}":    `sh -c 'exec x ${HOME} {id}' 2`,
	} {
		p, err := parseProgram(command)
		require.NoError(t, err)
		filled, args, err := p.fill(spec)
		require.NoError(t, err)
		assert.Equal(t, want, (&Process{program: filled, args: args}).Command(), command)
	}

	p, err := parseProgram("cmd:./client.out {IDD}")
	require.NoError(t, err)
	_, _, err = p.fill(spec)
	assert.EqualError(t, err, "cmd:./client.out {IDD}: unknown place {IDD}; the places for role client are {ID} {PORT1} {PORT2} {SERVER}")
}

func TestWhatAProcessIsTold(t *testing.T) {
	l := &Lab{cast: casting{programs: map[string]string{"server": "cmd:./server", "client": "cmd:./client {ID}", "client2": "cmd:./client {SERVER}"}}}
	assert.True(t, l.Tells("server", "server", "PORT"), "arguments are appended")
	assert.True(t, l.Tells("client1", "client", "PORT", "ID"))
	assert.False(t, l.Tells("client1", "client", "PORT", "SERVER"))
	assert.True(t, l.Tells("client2", "client", "PORT", "SERVER"))
}

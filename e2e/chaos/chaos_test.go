package chaos

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// What `make chaos` sets. In `make e2e` three short rounds at the same time have
// to do: what one of a minute finds more takes luck, and too much time.
const (
	chaosSeed     = "PEERLAB_CHAOS_SEED"
	chaosRounds   = "PEERLAB_CHAOS_ROUNDS"
	chaosDuration = "PEERLAB_CHAOS_DURATION"
	chaosClients  = 5
)

// setting is what the environment says, or else what is usual.
func setting[T any](t *testing.T, name string, usual T, parse func(string) (T, error)) T {
	t.Helper()
	said := os.Getenv(name)
	if said == "" {
		return usual
	}
	value, err := parse(said)
	require.NoError(t, err, name)
	return value
}

// TestChaos plays rounds in which everything happens at once, as a seed decides:
// processes are killed, stopped, ended, moved and started, links are delayed, slowed,
// silenced and reset, packets are lost and held, the network falls apart, a disk is
// full, strangers call. Then all is healed, and the checker reads the screens.
func TestChaos(t *testing.T) {
	inRounds(t, 3, 20*time.Second, func(t *testing.T, seed uint64, length time.Duration, replay string) {
		r := newRound(t, chaosClients, replay)
		r.Wire() // or the test is left out
		r.begin()
		r.play(newPlan(seed, length, chaosClients))
		r.passes()
	})
}

// inRounds plays rounds of a test, each with the next seed. The settings of make chaos
// replace the number and the length that a round usually has.
func inRounds(t *testing.T, usual int, length time.Duration, play func(t *testing.T, seed uint64, length time.Duration, replay string)) {
	t.Helper()
	t.Parallel()
	first := setting(t, chaosSeed, 1, func(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) })
	rounds := setting(t, chaosRounds, usual, strconv.Atoi)
	length = setting(t, chaosDuration, length, time.ParseDuration)
	test := t.Name()
	for i := range rounds {
		seed := first + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			lab.Parallel(t)
			replay := replayOf(test, seed, length)
			t.Log(replay)
			play(t, seed, length, replay)
		})
	}
}

// replayOf returns the command that plays a round of a test again.
func replayOf(test string, seed uint64, length time.Duration) string {
	mode := "native"
	if lab.InContainers() {
		mode = "container"
	}
	return fmt.Sprintf("make chaos RUN='^%s$' SEED=%d ROUNDS=1 DURATION=%v E2E=%s", test, seed, length, mode)
}

// replayAlone returns the command that plays a test again that has no seed.
func replayAlone(t *testing.T) string { return "make e2e-native IN=chaos RUN='^" + t.Name() + "$'" }

package relay

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// Fault F7: a name that was typed with blanks around it, in quotes or with ./ was
// not found.
func TestNamesAsTheyAreTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"a.txt": "1", " a.txt": "1", "a.txt  ": "1", "\ta.txt\t": "1", `"a.txt"`: "1", "'a.txt'": "1", ` "a.txt" `: "1",
		"./a.txt": "1", ".//a.txt": "1", "././a.txt": "1", `'./a.txt'`: "1", "./in/b": "2", `"two words"`: "3",
		" blank ": "4", `"quoted"`: "5", "quoted": "6", // as it is typed comes first
		"./list": "7", "./save a.txt": "8", "list.txt": "9",
	} {
		t.Run(typed, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.node("a.txt", "1", "in/b", "2", "two words", "3", " blank ", "4", `"quoted"`, "5", "quoted", "6", "list", "7", "save a.txt", "8", "list.txt", "9")
				c, keys := l.client(nil), make(keyboard)
				done := prompted(t.Context(), c, keys)
				keys.types(typed)
				close(keys)
				require.NoError(t, <-done)
				require.Equal(t, want, c.out.String())
				require.Empty(t, c.err.String())
			})
		})
	}
}

// Fault F7: the message did not show where a name begins and ends.
func TestAMessageQuotesTheNameAsItWasTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "x")
		c, keys := l.client(nil), make(keyboard)
		done := prompted(t.Context(), c, keys)
		keys.types(" missing ", `"./missing"`)
		close(keys)
		require.Error(t, <-done)
		require.Equal(t, `fetch: " missing ": no node has it (1 node asked); list shows the available files
fetch: "\"./missing\"": no node has it (1 node asked); list shows the available files
`, c.err.String())
	})
}

// Unicode has two ways to write é, and macOS keeps the other one in its folders.
func TestNamesThatDifferInHowTheyAreComposed(t *testing.T) {
	const composed, decomposed = "caf\u00e9.txt", "cafe\u0301.txt"
	for there, typed := range map[string]string{composed: decomposed, decomposed: composed} {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t, memnet.New())
			l.node(there, "x")
			c := l.client(nil)
			c.gets(t, typed, "x")
			require.Contains(t, l.log.String(), "level=INFO")
			l.node(typed, "y")
			c.directory.forget()
			c.gets(t, typed, "y") // as it is typed comes first
			c.gets(t, there, "x")
		})
	}
}

// Another spelling is not tried where something else than the name is the trouble.
func TestOneSpellingIsEnoughForOtherTroubles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		asked := 0
		l.rogue(func(string) (string, bool) {
			asked++
			return "SEND 100 - 100\nhalf", false
		})
		c := l.client(nil)
		err := c.firstOf(t.Context(), typedNames(" a "), nil)
		require.ErrorContains(t, err, `" a ": only 4 of 100 bytes were fetched`)
		require.LessOrEqual(t, asked, 2*maxPasses)
	})
}

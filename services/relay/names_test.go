package relay

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// Fault F7: fetch did not find a name that was typed in blanks, in quotes or with ./.
func TestNamesAsTheyAreTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"a.txt": "1", " a.txt": "1", "a.txt  ": "1", "\ta.txt\t": "1", `"a.txt"`: "1", "'a.txt'": "1", ` "a.txt" `: "1",
		"./a.txt": "1", ".//a.txt": "1", "././a.txt": "1", `'./a.txt'`: "1", "./in/b": "2", `"two words"`: "3",
		" blank ": "4", `"quoted"`: "5", "quoted": "6", // the name as typed has precedence
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

// Fault F7: the message did not show where a name began and ended.
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

// Unicode encodes é in two ways. File names on macOS often use the decomposed one.
func TestNamesInBothNormalForms(t *testing.T) {
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
			c.gets(t, typed, "y") // the name as typed has precedence
			c.gets(t, there, "x")
		})
	}
}

// The client tries another spelling only if no node has the file.
func TestOtherErrorsTryNoOtherSpelling(t *testing.T) {
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

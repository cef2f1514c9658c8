// Package pagetest checks pages that show the hostile text of programs. It is for tests.
package pagetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// Check asserts that a page has no elements but those that are listed, between blanks, that
// its links match a pattern and those within the page lead to what is there, that nothing is
// in an attribute or a style sheet that loads or runs, and that its policy allows one style
// sheet: its own. It returns the text of the page.
func Check(t testing.TB, page []byte, elements string, links *regexp.Regexp) string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	require.NoError(t, err)
	var text, sheet strings.Builder
	ids, refs, policy := map[string]bool{}, map[string]bool{}, ""
	for n := range root.Descendants() {
		switch n.Type {
		case html.CommentNode:
			t.Errorf("a comment: %s", n.Data)
		case html.TextNode:
			if n.Parent.Data == "style" {
				sheet.WriteString(n.Data)
			} else {
				text.WriteString(n.Data)
			}
		case html.ElementNode:
			require.Contains(t, elements, " "+n.Data+" ")
			for _, a := range n.Attr {
				require.NotContains(t, []string{"src", "style", "srcdoc", "action", "fill", "filter"}, a.Key)
				require.False(t, strings.HasPrefix(a.Key, "on"), a.Key)
				switch a.Key {
				case "http-equiv":
					policy = n.Attr[1].Val
				case "id":
					require.False(t, ids[a.Val], "a second %s", a.Val)
					ids[a.Val] = true
				case "href":
					require.Regexp(t, links, a.Val)
					refs[a.Val] = true
				}
			}
		}
	}
	for ref := range refs {
		within, ok := strings.CutPrefix(ref, "#")
		require.True(t, !ok || ids[within], "there is no %s", ref)
	}
	sum := sha256.Sum256([]byte(sheet.String()))
	require.Equal(t, "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", policy)
	require.NotContains(t, sheet.String(), "@import")
	require.NotContains(t, strings.ReplaceAll(sheet.String(), "url(#hatch)", ""), "url(")
	return text.String()
}

package lab

import (
	"errors"
	"strings"
)

// splitWords splits a command line into words as a POSIX shell does, without
// expansions: blanks separate, '…' takes everything as it is, "…" keeps blanks
// and lets \ escape " and \, and outside quotes \ escapes any character.
func splitWords(s string) ([]string, error) {
	var (
		words []string
		word  strings.Builder
		open  bool // a word has begun, if only by an empty pair of quotes
		quote rune
		slash bool
	)
	for _, c := range s {
		switch {
		case slash:
			if quote == '"' && c != '"' && c != '\\' {
				word.WriteRune('\\')
			}
			word.WriteRune(c)
			slash = false
		case c == '\\' && quote != '\'':
			slash, open = true, true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, open = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if open {
				words = append(words, word.String())
				word.Reset()
				open = false
			}
		default:
			word.WriteRune(c)
			open = true
		}
	}
	switch {
	case quote != 0:
		return nil, errors.New("a quote is not closed")
	case slash:
		return nil, errors.New("nothing follows the last backslash")
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}

// QuoteWords joins words so that a shell splits them again.
func QuoteWords(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quoteWord(word)
	}
	return strings.Join(quoted, " ")
}

func quoteWord(word string) string {
	const harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%^"
	if word != "" && strings.Trim(word, harmless) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

package esql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDissect: the keys of a pattern as name>output order delimiter, with - for a key that is
// skipped and + for one that eats repeated delimiters.
func TestDissect(t *testing.T) {
	f := func(pattern, want string) {
		t.Helper()
		p, err := compileDissect(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			return
		}
		var keys []string
		for _, k := range p.Keys {
			s := "-"
			if k.Output >= 0 {
				s = fmt.Sprintf("%s.%d", p.Outputs[k.Output], k.Order)
			}
			if k.Repeated {
				s += "+"
			}
			keys = append(keys, s+"|"+k.Delimiter+"|")
		}
		got := p.Prefix + " " + strings.Join(keys, "") + " " + strings.Join(p.Outputs, ",")
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s:\n-got +want:\n%s", pattern, diff)
		}
	}
	f("%{a} %{b}", " a.0| |b.0|| a,b")
	f("v=%{a.b}, %{};", "v= a.b.0|, |-|;| a.b")
	f("%{b} %{?c} %{d}", " b.0| |-| |d.0|| b,d")
	f("%{b->} %{c}", " b.0+| |c.0|| b,c")
	f("%{->} %{c}", " -+| |c.0|| c")
	f("%{+b} %{c} %{+b}", " b.0| |c.0| |b.1|| b,c")
	f("%{b} %{+b}", " b.0| |b.1|| b")
	f("%{+n/2} %{+n/4} %{+n/3} %{+n/1}", " n.1| |n.3| |n.2| |n.0|| n")
	// Braces that are no keys: the first belongs to the text in front, or to the name.
	f("{%{?x}=%{y}, ", "{ -|=|y.0|, | y")
	f("%{{x}=%{y}", " {x.0|=|y.0|| {x,y")
	// A sign counts wherever it stands in a key (DissectKey.Modifier), and needs no name.
	f("%{{?x}=%{y}", " -|=|y.0|| y")
	f("%{a} %{?} %{b}", " a.0| |-| |b.0|| a,b")
	// The last of two keys counts, unless one of the name joins.
	f("%{a} %{b} %{a}", " a.0| |b.0| |a.0|| a,b")
	f("%{a} %{a} %{+a}", " a.0| |a.1| |a.2|| a")
}

func TestDissectErrors(t *testing.T) {
	f := func(pattern, want string) {
		t.Helper()
		if _, err := compileDissect(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", pattern, err, want)
		}
	}
	f("", "no %{key}")
	f("%{a", "missing '}'")
	f("%{a}%{b}", "no text between two keys")
	f("%{+} x", "empty name")
	f("%{+a/x} y", "bad order")
	f("%{a/1} x", "an order belongs to")
	f("%{?a+b} x", "two modifiers")
	f("%{?a} %{}", "no key of the pattern has a column")
	f("%{&a} y", "reference key")
}

package esql

import (
	"slices"
	"strings"
	"testing"
)

func TestLive(t *testing.T) {
	f := func(q string, want ...string) {
		t.Helper()
		parsed := mustParse(t, q)
		for i, w := range want {
			var got []string
			for _, c := range parsed.Live(i) {
				got = append(got, c.Name)
			}
			if s := strings.Join(got, " "); s != w {
				t.Errorf("%s: after command %d: got %q, want %q", q, i, s, w)
			}
		}
	}
	f(`FROM a | WHERE b == 1 | EVAL c = LENGTH(d), e = c + f | KEEP e, g`,
		"b d f g", "d f g", "e g", "e g")
	f(`FROM a | EVAL b = LENGTH(c) | STATS n = COUNT(*), m = MAX(d) WHERE e > 1 BY b | WHERE n > 1`,
		"c d e", "b d e", "b m n", "b m n")
	f(`FROM a | STATS n = MAX(k) BY k = LENGTH(b) | KEEP n`, "b", "n")
	f(`FROM a | INLINE STATS n = MAX(b) BY c | KEEP d, n`, "b c d", "d n")
	f(`FROM a | RENAME b AS c, c AS d | KEEP d`, "b", "d")
	f(`FROM a | GROK b "%{WORD:c} %{WORD:d}" | MV_EXPAND e | KEEP c`, "b e", "c e", "c")
	f(`FROM a | DISSECT b "%{c} %{d}" | SORT e | KEEP c`, "b e", "c e", "c")
	f(`FROM a | EVAL b = 1`, "*", "b *")
	f(`FROM a | EVAL b = LENGTH(c) | KEEP b, x*`, "c *", "b *", "b x*")
	f(`FROM a | WHERE b == 1 | STATS COUNT(*)`, "b", "", "COUNT(*)")
}

func TestFields(t *testing.T) {
	f := func(q, want string, every bool) {
		t.Helper()
		names, all := mustParse(t, q).Fields()
		if strings.Join(names, " ") != want || all != every {
			t.Errorf("%s: got %v, %t, want %s, %t", q, names, all, want, every)
		}
	}
	f(`FROM a | WHERE b == 1 | STATS n = COUNT(c) BY d`, "b c d", false)
	f(`FROM a METADATA _id | RENAME b AS c | WHERE KQL("e: 1") AND f : "x" | KEEP c, _id`, "b e f", false)
	f(`FROM a | WHERE b == 1`, "b", true)
	f(`ROW a = 1`, "", false)
}

func TestBlocking(t *testing.T) {
	f := func(q string, want int) {
		t.Helper()
		if got := mustParse(t, q).Blocking(); got != want {
			t.Errorf("%s: got %d, want %d", q, got, want)
		}
	}
	f(`FROM a | WHERE b == 1 | EVAL c = 1 | STATS COUNT(*) | WHERE true`, 3)
	f(`FROM a | MV_EXPAND b | INLINE STATS COUNT(*)`, 2)
	f(`FROM a | SORT b`, 1)
	f(`FROM a | LIMIT 1`, 1)
	f(`FROM a | KEEP b`, 2)
}

// TestTables: columns and types after each command.
func TestTables(t *testing.T) {
	f := func(q string, want ...string) {
		t.Helper()
		var got []string
		for _, table := range mustParse(t, q).Tables {
			got = append(got, list(table.Columns, func(c Column) string { return c.Name + ":" + c.Type.String() }))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", q, got, want)
		}
	}
	f(`FROM a METADATA _id | EVAL x = process.pid / 2.0 | KEEP process.*, x, user.name, no.such`,
		"*:dynamic, _id:keyword", "*:dynamic, _id:keyword, x:double", "process.*:dynamic, x:double, user.name:keyword, no.such:dynamic")
	f(`ROW a = 1, b = 2 | EVAL a = "x" | RENAME b AS c`, "a:integer, b:integer", "b:integer, a:keyword", "c:integer, a:keyword")
	f(`ROW a = 1, b = 2, ab = 3 | KEEP a*, b | DROP a`, "a:integer, b:integer, ab:integer", "a:integer, ab:integer, b:integer", "ab:integer, b:integer")
	f(`ROW a = 1 | STATS a = MAX(a), a = MIN(a), n = COUNT(*) BY n = a`, "a:integer", "a:integer, n:integer")
	f(`ROW a = 1, b = "x" | INLINE STATS n = COUNT(*) BY a`, "a:integer, b:keyword", "b:keyword, n:long, a:integer")
	f(`ROW a = "x" | GROK a "%{INT:z:int} %{WORD:a} %{NUMBER:c:float}"`, "a:keyword", "a:keyword, c:double, z:integer")
	f(`ROW a = "x" | DISSECT a "%{z} %{a}"`, "a:keyword", "z:keyword, a:keyword")
	f(`ROW a = [1, 2], b = [1, 3000000000], c = [1, 9223372036854775808] | STATS MAX(a) BY d = BUCKET(a, 5), e = BUCKET(NOW(), 1 hour)`,
		"a:integer, b:long, c:unsigned_long", "MAX(a):integer, d:double, e:date")
	f(`ROW a = null, b = 1 | EVAL c = a + b, d = SUBSTRING(a, 1), e = COALESCE(a, b, 2.5), f = a == b`,
		"a:null, b:integer", "a:null, b:integer, c:integer, d:keyword, e:double, f:boolean")
}

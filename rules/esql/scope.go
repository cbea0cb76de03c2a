package esql

import (
	"slices"

	"coldcase/rules/query"
)

// scope is a table while a command is checked.
type scope struct {
	Table
	m     Mapping
	index map[string]int // of Columns that are no Glob
}

func newScope(t Table, m Mapping) *scope {
	s := &scope{Table: t, m: m}
	s.Columns = slices.Clone(t.Columns)
	s.Hidden = slices.Clone(t.Hidden)
	s.reindex()
	return s
}

func (s *scope) reindex() {
	s.index = make(map[string]int, len(s.Columns))
	for i, c := range s.Columns {
		if c.Glob == nil {
			s.index[c.Name] = i
		}
	}
}

// column returns what a name stands for.
func (s *scope) column(name string) (Column, bool) {
	if i, ok := s.index[name]; ok {
		return s.Columns[i], true
	}
	if _, special := metadata[name]; !special {
		for _, c := range s.Columns {
			if c.Glob != nil && matches(c.Glob, name) && !s.hidden(name) {
				return s.m.field(name), true
			}
		}
	}
	if s.Open && !s.hidden(name) {
		return Column{Name: name, Type: Null, source: true}, true
	}
	return Column{}, false
}

// documents reports whether the table stands for fields that it does not list.
func (s *scope) documents() bool {
	return s.Open || slices.ContainsFunc(s.Columns, func(c Column) bool { return c.Glob != nil })
}

func (s *scope) hidden(name string) bool {
	return slices.ContainsFunc(s.Hidden, func(p query.Pattern) bool { return matches(p, name) })
}

// hide makes a pattern of names stand for no field of the documents any more.
func (s *scope) hide(p query.Pattern) {
	if s.documents() {
		s.Hidden = append(s.Hidden, p)
	}
}

// set puts a column at the end, in place of another one of its name.
func (s *scope) set(c Column) {
	i, ok := s.index[c.Name]
	if ok {
		s.Columns = slices.Delete(s.Columns, i, i+1)
	}
	s.Columns = append(s.Columns, c)
	if ok {
		s.reindex()
		return
	}
	s.index[c.Name] = len(s.Columns) - 1
}

// nullify adds a column that the documents do not have, which is null, behind those that
// they have.
func (s *scope) nullify(c Column) {
	at := 0
	for i, other := range s.Columns {
		if other.source {
			at = i + 1
		}
	}
	s.Columns = slices.Insert(s.Columns, at, c)
	s.reindex()
}

// change puts a column in the place of another one, or at the end.
func (s *scope) change(name string, c Column) {
	i, ok := s.index[name]
	if !ok {
		s.set(c)
		return
	}
	if j, ok := s.index[c.Name]; ok && j != i {
		s.Columns[i] = c
		s.Columns = slices.Delete(s.Columns, j, j+1)
	} else {
		s.Columns[i] = c
	}
	s.reindex()
}

// remove takes away the columns for which drop holds. The table it was cloned of keeps them.
func (s *scope) remove(drop func(Column) bool) {
	var left []Column
	for _, c := range s.Columns {
		if !drop(c) {
			left = append(left, c)
		}
	}
	s.Columns = left
	s.reindex()
}

func literalPattern(name string) query.Pattern { return query.Pattern{}.AppendLit(name) }

var anyName = query.Pattern{{Kind: query.Any}}

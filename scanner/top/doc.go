// Package top keeps the first of any number of values in bounded memory: the rows of a
// report, of which evidence may make any number.
package top

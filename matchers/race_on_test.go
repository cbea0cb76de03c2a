//go:build race

package matchers

const raceDetector = true

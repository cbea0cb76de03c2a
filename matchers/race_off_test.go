//go:build !race

package matchers

const raceDetector = false

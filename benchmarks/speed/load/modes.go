package main

import (
	"math/rand"
	"sync"
	"time"
)

// worker does one exchange after another; it is used by one goroutine.
type worker func() error

// tally is what the workers have seen in the window.
type tally struct {
	sync.Mutex
	done      int
	failed    map[string]int
	latencyUs []int64
	lagUs     []int64
}

func (t *tally) add(err error, tookUs, lagUs int64) {
	t.Lock()
	defer t.Unlock()
	if err != nil {
		t.failed[err.Error()]++
		return
	}
	t.done++
	t.latencyUs = append(t.latencyUs, tookUs)
	t.lagUs = append(t.lagUs, lagUs)
}

func (t *tally) outcome(seconds float64, used times) outcome {
	t.Lock()
	defer t.Unlock()
	return outcome{Seconds: seconds, Done: t.done, Failed: t.failed, ProcessorSeconds: used.server,
		BesideSeconds: used.beside, LatencyUs: t.latencyUs, LagUs: t.lagUs}
}

// saturate has so many workers do one exchange after another: closed loop, for throughput.
func (t *target) saturate(during window, workers int, seed int64, make func(*rand.Rand) worker) outcome {
	seen := &tally{failed: map[string]int{}}
	start := time.Now().Add(during.warm)
	end := start.Add(during.measure)
	var all sync.WaitGroup
	for number := 0; number < workers; number++ {
		all.Add(1)
		go func(number int) {
			defer all.Done()
			work := make(rand.New(rand.NewSource(seed + int64(number))))
			for time.Now().Before(end) {
				began := time.Now()
				err := work()
				if now := time.Now(); now.After(start) && now.Before(end) {
					seen.add(err, now.Sub(began).Microseconds(), 0)
				}
				if err != nil {
					time.Sleep(10 * time.Millisecond)
				}
			}
		}(number)
	}
	time.Sleep(time.Until(start))
	began, before := time.Now(), during.times()
	time.Sleep(time.Until(end))
	result := seen.outcome(time.Since(began).Seconds(), during.times().since(before))
	result.LagUs = nil
	all.Wait()
	return result
}

// idle opens so many connections, has one answer on each, and keeps them.
func (t *target) idle(connections int) outcome {
	seen := &tally{failed: map[string]int{}}
	began := time.Now()
	request := []byte("GET " + t.path + "/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
	slots := make(chan struct{}, 32)
	var all sync.WaitGroup
	for number := 0; number < connections; number++ {
		slots <- struct{}{}
		all.Add(1)
		go func() {
			defer all.Done()
			kept, err := t.dial(nil)
			if err == nil {
				err = kept.exchange(request)
			}
			if err == nil {
				keep(kept)
			}
			seen.add(err, 0, 0)
			<-slots
		}()
	}
	all.Wait()
	result := seen.outcome(time.Since(began).Seconds(), times{})
	result.LatencyUs, result.LagUs = nil, nil
	return result
}

var (
	keeping sync.Mutex
	kept    []*connection
)

func keep(c *connection) {
	keeping.Lock()
	defer keeping.Unlock()
	c.SetDeadline(time.Time{})
	kept = append(kept, c)
}

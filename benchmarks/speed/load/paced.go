package main

import (
	"math/rand"
	"sync"
	"sync/atomic"
	"time"
)

// arrival is a request that is due.
type arrival struct {
	at  time.Time
	lag time.Duration // how late the load itself noticed
}

// schedule lets requests arrive at random, so many a second, whatever becomes of those before.
// It counts those that found no idle worker: they wait, and their time goes on.
func schedule(begin, end time.Time, rate float64, seed int64, idle *int64) (<-chan arrival, *int) {
	due := make(chan arrival, 1<<20)
	random := rand.New(rand.NewSource(seed))
	waited := new(int)
	go func() {
		for at := begin; at.Before(end); at = at.Add(time.Duration(random.ExpFloat64() / rate * float64(time.Second))) {
			time.Sleep(time.Until(at))
			if atomic.LoadInt64(idle) <= int64(len(due)) {
				*waited++
			}
			due <- arrival{at, time.Since(at)}
		}
		close(due)
	}()
	return due, waited
}

// pace posts by a schedule: open loop, for latency. A request's time begins when it was due.
func (t *target) pace(during window, workers int, rate float64, seed int64) outcome {
	seen := &tally{failed: map[string]int{}}
	begin := time.Now().Add(100 * time.Millisecond)
	start := begin.Add(during.warm)
	end := start.Add(during.measure)
	idle := int64(workers)
	due, waited := schedule(begin, end, rate, seed, &idle)
	var all sync.WaitGroup
	for number := 0; number < workers; number++ {
		all.Add(1)
		go func(number int) {
			defer all.Done()
			post := t.poster(rand.New(rand.NewSource(seed + int64(number))))
			for next := range due {
				atomic.AddInt64(&idle, -1)
				err := post()
				atomic.AddInt64(&idle, 1)
				if next.at.After(start) && next.at.Before(end) {
					seen.add(err, time.Since(next.at).Microseconds(), next.lag.Microseconds())
				}
			}
		}(number)
	}
	time.Sleep(time.Until(start))
	before := during.times()
	time.Sleep(time.Until(end))
	used := during.times().since(before)
	all.Wait()
	result := seen.outcome(during.measure.Seconds(), used)
	result.Waited = *waited
	return result
}

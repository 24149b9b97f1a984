package main

import (
	"encoding/json"
	"math/rand"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	pollMs     = 10_000
	pollPosts  = 16              // posts under way at once
	pollLate   = 5 * time.Second // after the window, for what was due in it
	refAfterID = "000000"
)

// polls are backends that wait for verdicts, each for one reference at a time.
type polls struct {
	target  *target
	seen    *tally
	waiting chan string // ids by the time they began to wait
	ended   int32

	sync.Mutex
	due map[string]time.Time // of the posts that are to end a wait, inside the window
}

// hold has so many backends wait, says so in a line of its own, and goes on once it is told to:
// first nothing comes, then so many verdicts a second come for those who have waited longest.
// A wake-up's time begins when the post that brings it was due, and ends when the backend has read.
func (t *target) hold(during window, count int, rate float64, seed int64) outcome {
	seen := &tally{failed: map[string]int{}}
	p := &polls{target: t, seen: seen, waiting: make(chan string, 2*count), due: map[string]time.Time{}}
	for number := 0; number < count; number++ { // spread, so that they ask again one by one
		go p.wait(rand.New(rand.NewSource(seed + int64(number))))
		time.Sleep(pollMs * time.Millisecond / time.Duration(count))
	}
	for deadline := time.Now().Add(30 * time.Second); len(p.waiting) < count && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(during.warm) // the last of them have asked, but may not have been heard
	json.NewEncoder(os.Stdout).Encode(map[string]int{"held": len(p.waiting)})
	os.Stdin.Read(make([]byte, 1))

	before := during.times()
	time.Sleep(during.measure)
	held := during.times().since(before)
	posts, used := p.wake(during, rate, seed)
	time.Sleep(during.warm) // the last of the woken read
	atomic.StoreInt32(&p.ended, 1)
	result := seen.outcome(during.measure.Seconds(), used)
	result.HoldSeconds = held.server
	result.LagUs, result.PostUs = posts.lagUs, posts.latencyUs
	return result
}

// wait is one backend: it asks until there is a verdict, then for the next one.
func (p *polls) wait(random *rand.Rand) {
	open, err := p.target.dial(nil)
	if err != nil {
		p.seen.add(err, 0, 0)
		return
	}
	for {
		id := newID(random)
		request := p.target.read("sess_"+id+refAfterID, pollMs)
		p.waiting <- id
		for err := error(fault("404")); err != nil; {
			err = open.exchange(request)
			if err != nil && err.Error() != "404" {
				if atomic.LoadInt32(&p.ended) == 0 {
					p.seen.add(err, 0, 0)
				}
				return
			}
		}
		now := time.Now()
		p.Lock()
		due, inside := p.due[id]
		delete(p.due, id)
		p.Unlock()
		if inside {
			p.seen.add(nil, now.Sub(due).Microseconds(), 0)
		}
	}
}

// wake posts for those who wait, and returns what became of the posts.
func (p *polls) wake(during window, rate float64, seed int64) (*tally, times) {
	posts := &tally{failed: p.seen.failed}
	begin := time.Now()
	start := begin.Add(during.warm)
	end := start.Add(during.measure)
	idle := int64(pollPosts)
	due, _ := schedule(begin, end, rate, seed, &idle)
	var all sync.WaitGroup
	for number := 0; number < pollPosts; number++ {
		all.Add(1)
		go func() {
			defer all.Done()
			p.post(due, start, end.Add(pollLate), posts)
		}()
	}
	time.Sleep(time.Until(start))
	before := during.times()
	time.Sleep(time.Until(end))
	used := during.times().since(before)
	all.Wait()
	return posts, used
}

// post takes arrivals until there are none; after *late* they have failed.
func (p *polls) post(due <-chan arrival, start, late time.Time, posts *tally) {
	made := p.target.prepare(p.target.bodies[0])
	open, err := p.target.dial(nil)
	if err != nil {
		posts.add(err, 0, 0)
		return
	}
	for next := range due {
		var id string
		select {
		case id = <-p.waiting:
		case <-time.After(time.Until(late)):
		}
		if id == "" || time.Now().After(late) {
			posts.add(fault("late"), 0, 0)
			continue
		}
		inside := next.at.After(start)
		if inside {
			p.Lock()
			p.due[id] = next.at
			p.Unlock()
		}
		err := open.exchange(made.as(id))
		if inside || err != nil {
			posts.add(err, time.Since(next.at).Microseconds(), next.lag.Microseconds())
		}
	}
}

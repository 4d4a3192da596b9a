package config

// API configures the HTTP API.
type API struct {
	// RateLimit is how many requests an API key may make in a minute on each node; 0: no limit.
	RateLimit int `koanf:"rate_limit"`
}

// defaultRateLimit keeps one program from taking a small machine from the agents.
const defaultRateLimit = 30_000

func (v *validator) api(a *API) {
	if a.RateLimit < 0 {
		v.add("api.rate_limit", "must be a number of requests per minute, or 0 for no limit")
	}
}

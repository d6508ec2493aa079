import Hummingbird

/// What can be asked, by path.
enum ServingRoute: String, CaseIterable {
    case features = "/get-online-features"
    case push = "/push"
    case health = "/health"
    case ready = "/ready"
    case metrics = "/metrics"
    case description = "/openapi.json"

    /// The method of HTTP.
    var method: HTTPRequest.Method {
        switch self {
        case .features, .push: .post
        case .health, .ready, .metrics, .description: .get
        }
    }

    /// What a token must be good for; `nil` where none is needed: whoever starts a server asks whether it is up without one.
    var scope: BearerTokens.Scope? {
        switch self {
        case .features, .metrics: .read
        case .push: .push
        case .health, .ready, .description: nil
        }
    }
}

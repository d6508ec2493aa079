/// How much one request, and all of them together, may ask for.
package struct ServingLimits: Sendable {
    /// The bytes of a body.
    package var bodyBytes = 4 << 20
    /// The entities of a request, and the rows of a push.
    package var entities = 10_000
    /// The features of a request.
    package var features = 1_000
    /// The requests that wait for the store, or are answered by it, at once; more are turned away.
    package var waiting = 1_024
    /// The threads that ask the store.
    package var threads = 4
    /// The connections that are open at once; more wait to be accepted.
    package var connections = 10_000
    /// The seconds after which a connection without a request is closed.
    package var idleSeconds: Int64 = 75

    package init() {}
}

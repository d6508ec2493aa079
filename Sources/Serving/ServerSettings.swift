import SystemPackage

/// How a server is reached, and who may ask it for how much.
package struct ServerSettings: Sendable {
    /// A certificate and its key, for TLS.
    package struct Identity: Sendable {
        /// The certificate and those that it rests on, in PEM.
        package let certificates: [UInt8]
        /// The private key, in PEM.
        package let key: [UInt8]

        package init(certificates: [UInt8], key: [UInt8]) {
            (self.certificates, self.key) = (certificates, key)
        }
    }

    /// The address that it listens on.
    package var host = "127.0.0.1"
    /// The port; 0 for a free one.
    package var port = 6566
    /// Who may ask; without tokens everybody.
    package var tokens: BearerTokens?
    /// What it shows clients that want TLS; without it, it speaks plain HTTP.
    package var identity: Identity?
    /// How much may be asked for.
    package var limits = ServingLimits()
    /// How long a request waits for the store at most; as long as the store's own patience lasts if it is `nil`.
    package var patience: Duration?
    /// Where answers are recorded, and which share of the requests, from 0 to 1; `nil` if none are.
    package var record: (folder: FilePath, share: Double)?
    /// Whether each request is logged, and not errors alone.
    package var logsRequests = false

    package init() {}
}

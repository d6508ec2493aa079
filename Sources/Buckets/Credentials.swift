/// Who asks a bucket.
public struct Credentials: Sendable, Equatable {
    /// The key's name.
    public let accessKey: String
    /// The key.
    public let secretKey: String
    /// What goes with keys that hold for a while.
    public let sessionToken: String?
    /// When they end to hold, in seconds since 1970; `nil` for keys that hold on.
    public let expiration: Int64?

    /// Names who asks.
    public init(accessKey: String, secretKey: String, sessionToken: String? = nil, expiration: Int64? = nil) {
        (self.accessKey, self.secretKey) = (accessKey, secretKey)
        (self.sessionToken, self.expiration) = (sessionToken, expiration)
    }
}

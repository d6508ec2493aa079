/// Why something could not be done with a bucket.
public enum BucketError: Error, Equatable {
    /// A location is none.
    case malformedLocation(String, reason: String)
    /// Nothing tells who is asking; `sources` says where that was looked for.
    case noCredentials(sources: [String])
    /// A file, or an answer, that tells who is asking is damaged.
    case malformedCredentials(source: String, reason: String)
    /// Nobody answers, however often it is tried.
    case unreachable(endpoint: String, reason: String)
    /// The server refuses a request.
    case refused(endpoint: String, status: Int, code: String, message: String)
    /// There is no such bucket.
    case noBucket(String, endpoint: String)
    /// The bucket is in another region.
    case otherRegion(bucket: String, region: String)
    /// The server's answer is not what the protocol says.
    case malformedAnswer(endpoint: String, reason: String)
}

extension BucketError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .malformedLocation(let text, let reason):
            "'\(text)' is no place in a bucket: \(reason); give s3://BUCKET/PREFIX, and what else is needed behind '?'"
        case .noCredentials(let sources):
            "nothing tells who asks the bucket: looked at \(sources.joined(separator: ", ")); set AWS_ACCESS_KEY_ID and "
                + "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        case .malformedCredentials(let source, let reason): "\(source) does not tell who asks the bucket: \(reason)"
        case .unreachable(let endpoint, let reason):
            "cannot reach \(endpoint): \(reason); what was sent stays, try again"
        case .refused(let endpoint, let status, let code, let message):
            "\(endpoint) refuses with \(status)\(code.isEmpty ? "" : " \(code)")\(message.isEmpty ? "" : ": \(message)")"
                + (status == 403 ? "; check the keys, and what they may do" : "")
        case .noBucket(let bucket, let endpoint): "\(endpoint) has no bucket '\(bucket)'; make it, or name another"
        case .otherRegion(let bucket, let region):
            "the bucket '\(bucket)' is in the region \(region); put region=\(region) behind '?' of its location"
        case .malformedAnswer(let endpoint, let reason): "\(endpoint) does not answer as S3 does: \(reason)"
        }
    }
}

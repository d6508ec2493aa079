import FileSystem
import Synchronization
import SystemPackage
import TextFormats

/// Finds out who asks, in the order of Amazon's own tools: the environment, the shared files with their profiles, the
/// container's address, the machine's address. What holds for a while is asked for again before it ends.
package final class CredentialSource: Sendable {
    private let environment: [String: String]
    private let transport: HTTPTransport
    private let known = Mutex<Credentials?>(nil)

    /// Keys are asked for again so many seconds before they end.
    private static let margin: Int64 = 300

    /// Looks with connections of its own.
    package convenience init(_ environment: [String: String]) {
        self.init(environment, HTTPTransport(certificates: nil, connections: 1))
    }

    init(_ environment: [String: String], _ transport: HTTPTransport) {
        (self.environment, self.transport) = (environment, transport)
    }

    /// The profile of the shared files.
    private var profile: String { environment["AWS_PROFILE"] ?? "default" }

    /// Who asks.
    ///
    /// - Parameter isRefused: whether the server has refused those that are known.
    /// - Throws: ``BucketError/noCredentials(sources:)``, ``BucketError/malformedCredentials(source:reason:)``.
    package func credentials(isRefused: Bool = false) throws(BucketError) -> Credentials {
        if !isRefused, let found = known.withLock({ $0 }) {
            guard let end = found.expiration, end - Self.margin < HTTPTransport.now() else { return found }
        }
        let found = try look()
        known.withLock { $0 = found }
        return found
    }

    private func look() throws(BucketError) -> Credentials {
        var sources = ["AWS_ACCESS_KEY_ID"]
        if let accessKey = value("AWS_ACCESS_KEY_ID") {
            guard let secretKey = value("AWS_SECRET_ACCESS_KEY") else {
                throw .malformedCredentials(source: "AWS_ACCESS_KEY_ID", reason: "AWS_SECRET_ACCESS_KEY is not set")
            }
            return Credentials(accessKey: accessKey, secretKey: secretKey, sessionToken: value("AWS_SESSION_TOKEN"))
        }
        for (path, file) in try files() {
            sources.append("[\(profile)] in \(path)")
            guard let settings = file[profile], let accessKey = settings["aws_access_key_id"] else { continue }
            guard let secretKey = settings["aws_secret_access_key"] else {
                throw .malformedCredentials(source: path, reason: "[\(profile)] has no aws_secret_access_key")
            }
            return Credentials(
                accessKey: accessKey, secretKey: secretKey, sessionToken: settings["aws_session_token"])
        }
        if let found = try container(&sources) { return found }
        if value("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" {
            sources.append("the machine's metadata")
            if let found = try machine() { return found }
        }
        throw .noCredentials(sources: sources)
    }

    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The shared files that there are, the one of keys first.
    private func files() throws(BucketError) -> [(path: String, file: SharedFile)] {
        var found: [(path: String, file: SharedFile)] = []
        let home = value("HOME").map { "\($0)/.aws/" }
        for (name, variable) in [("credentials", "AWS_SHARED_CREDENTIALS_FILE"), ("config", "AWS_CONFIG_FILE")] {
            guard let path = value(variable) ?? home.map({ $0 + name }) else { continue }
            let bytes: [UInt8]
            do throws(FileError) {
                bytes = try FilePath(path).contents()
            } catch {
                if error.isNotFound { continue }
                throw .malformedCredentials(source: path, reason: error.description)
            }
            found.append((path, try SharedFile(bytes, source: path)))
        }
        return found
    }

    /// The region that the environment or the shared files name.
    package func region() throws(BucketError) -> String? {
        if let region = value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") { return region }
        return try files().lazy.compactMap { [profile] in $0.file[profile]?["region"] }.first
    }

    // MARK: Metadata

    /// What the address in the environment of a container says.
    private func container(_ sources: inout [String]) throws(BucketError) -> Credentials? {
        let relative = value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map { "http://169.254.170.2\($0)" }
        guard let address = relative ?? value("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        sources.append(address)
        var headers: [(name: String, value: String)] = []
        var token = value("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        if let path = value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            do throws(FileError) {
                token = String(decoding: try FilePath(path).contents(), as: UTF8.self)
                while token?.last?.isNewline == true { token?.removeLast() }
            } catch {
                throw .malformedCredentials(source: path, reason: error.description)
            }
        }
        if let token { headers.append(("authorization", token)) }
        let answer = try transport.metadata("GET", address, headers)
        guard let answer, answer.status == 200 else {
            throw .malformedCredentials(source: address, reason: "it answers with \(answer?.status ?? 0)")
        }
        return try Self.parsed(answer.body, source: address)
    }

    /// What a machine of Amazon's says of itself, by version 2 of that service; `nil` elsewhere.
    private func machine() throws(BucketError) -> Credentials? {
        let server =
            value("AWS_EC2_METADATA_SERVICE_ENDPOINT").flatMap(BucketLocation.server) ?? "http://169.254.169.254"
        let lifetime = [(name: "x-aws-ec2-metadata-token-ttl-seconds", value: "21600")]
        guard let token = try transport.metadata("PUT", "\(server)/latest/api/token", lifetime), token.status == 200
        else {
            return nil
        }
        let headers = [(name: "x-aws-ec2-metadata-token", value: String(decoding: token.body, as: UTF8.self))]
        let roles = "\(server)/latest/meta-data/iam/security-credentials/"
        guard let names = try transport.metadata("GET", roles, headers), names.status == 200,
            let role = String(decoding: names.body, as: UTF8.self).split(whereSeparator: \.isNewline).first
        else { return nil }
        guard let answer = try transport.metadata("GET", roles + relativeReference(role.utf8), headers) else {
            return nil
        }
        guard answer.status == 200 else {
            throw .malformedCredentials(source: roles + role, reason: "it answers with \(answer.status)")
        }
        return try Self.parsed(answer.body, source: roles + role)
    }

    private static func parsed(_ body: [UInt8], source: String) throws(BucketError) -> Credentials {
        guard let json = try? JSON(parsing: body), let accessKey = json["AccessKeyId"].string,
            let secretKey = json["SecretAccessKey"].string
        else { throw .malformedCredentials(source: source, reason: "it tells no AccessKeyId and SecretAccessKey") }
        return Credentials(
            accessKey: accessKey, secretKey: secretKey, sessionToken: json["Token"].string,
            expiration: json["Expiration"].string.flatMap(seconds))
    }

    /// The seconds since 1970 of `2013-05-24T00:00:00Z`; `nil` for another form.
    static func seconds(_ text: String) -> Int64? {
        let parts = text.utf8.split { !(0x30...0x39).contains($0) }.compactMap {
            Int64(String(decoding: $0, as: UTF8.self))
        }
        guard parts.count >= 6, text.last == "Z", (1...12).contains(parts[1]) else { return nil }
        // The days since 1970 of the civil calendar, whose year begins in March here, so that its last day may be a leap day.
        let year = parts[1] > 2 ? parts[0] : parts[0] - 1
        let month = (parts[1] + 9) % 12
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + parts[2] - 1 - 719_468
        return ((days * 24 + parts[3]) * 60 + parts[4]) * 60 + parts[5]
    }
}

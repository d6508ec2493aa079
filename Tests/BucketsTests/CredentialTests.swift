import BucketServers
import Buckets
import Foundation
import Testing

@Suite("Who asks a bucket")
struct CredentialTests {
    /// A folder as `~/.aws` is.
    private func home(_ files: [String: String]) throws -> String {
        let home = FileManager.default.temporaryDirectory.appending(path: "vintage-home-\(UUID().uuidString)")
        let folder = home.appending(path: ".aws")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        return home.path
    }

    private func credentials(_ environment: [String: String]) throws -> Credentials {
        try CredentialSource(environment).credentials()
    }

    private static let nowhere = ["AWS_EC2_METADATA_DISABLED": "true"]

    @Test("is told by the environment first")
    func environment() throws {
        let home = try home(["credentials": "[default]\naws_access_key_id = file\naws_secret_access_key = x\n"])
        let found = try credentials([
            "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token", "HOME": home,
        ])
        #expect(found == Credentials(accessKey: "key", secretKey: "secret", sessionToken: "token"))
        #expect(throws: BucketError.self) { try credentials(["AWS_ACCESS_KEY_ID": "key"]) }
    }

    @Test("is told by the shared files, by profile")
    func files() throws {
        let home = try home([
            "credentials": "# mine\n[default]\naws_access_key_id=one\naws_secret_access_key = a=b \r\n\n[ci]\n; x\n",
            "config": "[profile ci]\nregion = eu-north-1\naws_access_key_id = two\naws_secret_access_key = c\n"
                + "s3 =\n  max_concurrent_requests = 20\naws_session_token = t\n",
        ])
        #expect(try credentials(["HOME": home]) == Credentials(accessKey: "one", secretKey: "a=b"))
        let ci = ["HOME": home, "AWS_PROFILE": "ci"]
        #expect(try credentials(ci) == Credentials(accessKey: "two", secretKey: "c", sessionToken: "t"))
        #expect(try CredentialSource(ci).region() == "eu-north-1")
        #expect(try CredentialSource(["HOME": home]).region() == nil)
        let elsewhere = ["AWS_SHARED_CREDENTIALS_FILE": "\(home)/.aws/credentials", "AWS_REGION": "x"]
        #expect(try credentials(elsewhere).accessKey == "one")
        #expect(try CredentialSource(elsewhere).region() == "x")
    }

    @Test("is said to be unknown with all places that were looked at, and a damaged file with its line")
    func unknown() throws {
        let home = try home(["credentials": "[default]\nregion = x\n"])
        let variables = Self.nowhere.merging(["HOME": home, "AWS_PROFILE": "ci"]) { $1 }
        #expect {
            try credentials(variables)
        } throws: {
            "\($0)".contains("AWS_ACCESS_KEY_ID, [ci] in \(home)/.aws/credentials")
        }
        for (text, reason) in [
            ("[default\n", "line 1 has no ']'"), ("[default]\n\nkey\n", "line 3 is neither"), ("a = b\n", "line 1"),
            ("[ci]\naws_access_key_id = a\n", "no aws_secret_access_key"),
        ] {
            let damaged = try self.home(["credentials": text])
            #expect {
                try credentials(Self.nowhere.merging(["HOME": damaged, "AWS_PROFILE": "ci"]) { $1 })
            } throws: {
                "\($0)".contains(reason)
            }
        }
    }

    @Test("is told by a container's address, with its token, and by a machine's; and asked again before it ends")
    func metadata() throws {
        let server = try PythonServer("metadata.py")
        let container = CredentialSource([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(server.greeting)/container",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "let-me-in",
        ])
        let (first, second) = (try container.credentials(), try container.credentials())
        #expect(first.accessKey.hasPrefix("container-") && first.sessionToken == "token")
        // 24 May 2013, 00:00 UTC.
        #expect(first.expiration == 1_369_353_600)
        #expect(second.accessKey != first.accessKey)
        let machine = try credentials(["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.greeting])
        #expect(machine.accessKey.hasPrefix("machine-"))
        #expect {
            try credentials(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(server.greeting)/container"])
        } throws: {
            "\($0)".contains("it answers with 401")
        }
    }
}

import Buckets
import Testing

/// The examples that Amazon publishes, at https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
@Suite("A request's signature")
struct RequestSignatureTests {
    private static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    private let signature = RequestSignature(
        credentials: Credentials(
            accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        region: "us-east-1")

    /// The signature of a request of 24 May 2013, 00:00 UTC.
    private func signed(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], digest: String = empty
    ) -> String {
        let all = signature.signed(
            method: method, path: path, query: query,
            headers: headers + [("host", "examplebucket.s3.amazonaws.com")], digest: digest, time: 1_369_353_600)
        let header = all.first { $0.name == "authorization" }?.value ?? ""
        #expect(
            header.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"))
        return String(header.suffix(64))
    }

    @Test("is the published one of a part of an object")
    func part() {
        #expect(
            signed("GET", "/test.txt", headers: [("range", "bytes=0-9")])
                == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test("is the published one of an object with a percent-encoded name and other headers")
    func object() {
        #expect(
            signed(
                "PUT", "/test%24file.text",
                headers: [
                    ("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ], digest: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
                == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test("is the published one of a query without a value, and of one with several")
    func queries() {
        #expect(
            signed("GET", "/", query: [("lifecycle", "")])
                == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        #expect(
            signed("GET", "/", query: [("prefix", "J"), ("max-keys", "2")])
                == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test("a query is sorted, and all but unreserved characters are encoded, slashes too")
    func encoded() {
        #expect(
            RequestSignature.encoded([("b", "a/b c"), ("a", "ü~"), ("a", "")]) == "a=&a=%C3%BC~&b=a%2Fb%20c")
    }
}
